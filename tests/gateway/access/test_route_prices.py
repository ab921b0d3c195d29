# SPDX-License-Identifier: Apache-2.0
"""A route costs as much as the dearest of its own models, whatever others of the nation cost."""

from decimal import Decimal

from daulat.gateway.access.settings import access_settings
from daulat.gateway.quota.prices import Price
from daulat.nation import bootstrap, nation_of

DECLARED = """models:
- {id: small, kind: fake, price: {input: 0.1, output: 0.3, currency: IDR}}
- {id: large, kind: fake, price: {input: 0.2, output: 0.2, currency: IDR}}
- {id: far, kind: fake, price: {input: 9, output: 9, currency: IDR}}
routes:
- {id: writer, to: [{model: small}, {model: large}]}
"""


def test_a_route_costs_as_the_dearest_of_its_own_models() -> None:
    prices = access_settings(nation_of(bootstrap("EE").replace("models: []\n", DECLARED)), {}).prices

    assert prices["writer"] == Price.of("IDR", input=Decimal("0.2"), output=Decimal("0.3"))
    assert prices["far"].output_q == 9 * 10**8
