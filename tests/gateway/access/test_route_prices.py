# SPDX-License-Identifier: Apache-2.0
"""A route costs as much as the dearest of its own models, whatever others of the nation cost."""

import time
from decimal import Decimal

from daulat.gateway.access.settings import access_settings
from daulat.gateway.quota.prices import FREE, Price
from daulat.gateway.routing.declared import declared_router
from daulat.models import EngineSet, FakeEngine
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


def test_a_router_knows_no_name_that_leads_to_a_priced_model_and_has_no_price() -> None:
    nation = nation_of(bootstrap("EE").replace("models: []\n", DECLARED))
    router = declared_router(nation, EngineSet({m.id: FakeEngine([m.id]) for m in nation.models}), clock=time.monotonic)

    prices = access_settings(nation, {}).prices
    assert set(router.routes) == {"small", "large", "far", "writer"}
    assert all(prices[name] != FREE for name in router.routes)
