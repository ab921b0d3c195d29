# SPDX-License-Identifier: Apache-2.0
"""The report of a plan whose hardware is barred: it says so, offers what is permitted, and says where nothing is."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from daulat.nation import bootstrap, nation_of
from daulat.plan import plan_nation
from daulat.plan.report import load_words, report_page


def shown(country: str, *changes: str) -> str:
    """The chapter of rules as text, with single spaces."""
    made_at = datetime(2026, 11, 26, tzinfo=UTC)
    nation = nation_of(bootstrap(country))
    _, document = plan_nation(nation, made_at=made_at, n_draws=2, sensitivity=False, changes=list(changes))
    page = report_page(document, load_words(None, ["en"]))
    chapter = page.partition("May the country receive this hardware?")[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", chapter).split())


def test_a_barred_plan_shows_the_alternative_with_the_cost_of_each() -> None:
    told = shown("VN", "model=qwen3-8b", "precision=bf16")
    assert "h200-sxm: licence needed for VN" in told
    found = re.search(r"alternative in the table is (\S+)\. Permitted, .*? in USD: (.*?)\. An input for counsel", told)
    assert found
    offers = [one.split(" ") for one in found[2].split(", ")]
    assert offers[0][0] == found[1]
    costs = [float(cost) for _, cost in offers]
    assert costs == sorted(costs)
    assert "Nobody has searched for import limits of this country." in told


@pytest.mark.parametrize(("country", "changes"), [("CN", ("model=deepseek-v3-671b", "precision=fp8")), ("IR", ())])
def test_where_nothing_permitted_carries_the_models_the_report_says_so(country: str, changes: tuple[str, ...]) -> None:
    assert "No permitted accelerator of the table carries every model of the plan" in shown(country, *changes)


def test_a_free_plan_offers_no_other_hardware() -> None:
    told = shown("KE")
    assert "h200-sxm: free for KE" in told
    assert "alternative" not in told
    assert "No permitted" not in told
