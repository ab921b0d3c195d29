# SPDX-License-Identifier: Apache-2.0
"""A row of a deal is reached by its name, and who seeks it otherwise is told so."""

from __future__ import annotations

import pytest
from tests.plan.joint.least_deal import section

from daulat.plan.deal import read_agreement
from daulat.plan.errors import InputError


def test_a_row_that_is_sought_in_brackets_is_told_how_rows_are_named() -> None:
    """It said that the deal has no key `parties[1]`."""
    sections = [({"deal": section()}, "nation.yaml")]
    with pytest.raises(InputError) as raised:
        read_agreement(sections, ["deal.parties[1].discount_rate=0.2"])
    told = str(raised.value)
    assert "--set: plan.deal.parties[1].discount_rate: `parties[1]` is not how a row is named" in told
    assert "`deal.parties.NAME`" in told
    assert "Write deal.parties.Partner.discount_rate." in told
    agreement = read_agreement(sections, ["deal.parties.Partner.discount_rate=0.2"])
    assert agreement is not None
    assert agreement.deal.parties[1].discount_rate == 0.2
