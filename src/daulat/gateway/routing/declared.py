# SPDX-License-Identifier: Apache-2.0
"""From a declaration to a router: models, routes, residency and queue in; a `ModelRouter` out. Starts nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from daulat.gateway.routing.board import Row
from daulat.gateway.routing.kept import KeptAnswers
from daulat.gateway.routing.residency import Residency
from daulat.gateway.routing.router import ModelRouter, QueueSettings
from daulat.gateway.routing.seats import Declared, Post, Route
from daulat.gateway.routing.shared import SharedRouter
from daulat.gateway.routing.verify import Verification
from daulat.models import Engine, EngineSet, Gates
from daulat.nation import Model, Nation
from daulat.nation import Route as DeclaredRoute
from daulat.nation.places import ANYWHERE, Rule, standing


def declared_router(
    nation: Nation,
    engines: EngineSet,
    *,
    clock: Callable[[], float],
    gates: Gates | None = None,
    row: Row | None = None,
) -> ModelRouter:
    """Make the router that a nation declares.

    Parameters
    ----------
    nation : Nation
        The declaration.
    engines : EngineSet
        Its engines.
    clock : callable
        Monotonic seconds.
    gates : Gates, optional
        What models have passed.
    row : Row, optional
        Where this worker and others count together. None: it is alone.
    """
    posts = {
        model.id: Post(
            Declared(
                model.id,
                engines.engine_for(model.id),
                place=place_of(model, nation.country),
                operator=model.operator or "",
                kind=model.catalogue or model.id,
                concurrency=model.concurrency or 0,
                probe_s=model.probe_s,
                retries=model.retries,
                output_limit=model.output_limit or 0,
            )
        )
        for model in nation.models
    }
    routes = [Route(model, ((post, 1.0),)) for model, post in posts.items()]
    routes += [_route(route, posts) for route in nation.routes]
    queue = QueueSettings(nation.gateway.queue.limit, nation.gateway.queue.wait_s)
    rule = residency_of(nation)
    if row is None:
        return ModelRouter(list(posts.values()), routes, rule, queue=queue, gates=gates, clock=clock)
    return SharedRouter(row, list(posts.values()), routes, rule, queue=queue, gates=gates, clock=clock)


def kept_answers(nation: Nation, clock: Callable[[], float]) -> KeptAnswers | None:
    """Return where whole answers are kept, if a route asks for it."""
    seconds = {route.id: route.cache_s for route in nation.routes if route.cache_s > 0}
    return KeptAnswers(seconds, clock=clock) if seconds else None


def place_of(model: Model, country: str) -> str:
    """Return where a model runs: as declared, else with this service where it runs on this machine, else unknown."""
    if model.kind == "remote":
        return standing(model.place, model.url or "", country)
    return model.place or country


def residency_of(nation: Nation) -> Residency:
    """Return the rules of a nation."""
    declared = nation.residency
    rules = {}
    for name in ("public", "internal", "personal"):
        places, operators = getattr(declared, name), getattr(declared.operators, name)
        rules[name] = Rule(
            None if places == ANYWHERE else frozenset(places), None if operators is None else frozenset(operators)
        )
    return Residency(rules)


def _route(route: DeclaredRoute, posts: dict[str, Post]) -> Route:
    verify = route.verify
    return Route(
        route.id,
        tuple((posts[target.model], target.weight) for target in route.to),
        policy=route.policy,
        hedge_after_s=route.hedge_after_s or 0.0,
        verify=Verification(
            tuple(verify.finish_reasons), verify.json_schema, verify.minimal_logprob, tuple(verify.refusals)
        )
        if route.policy == "cascade"
        else None,
    )


class RoutedEngines:
    """The engines of a nation under the names of its routes too; see `daulat.gateway.ports.Engines`."""

    def __init__(self, engines: EngineSet, routes: Iterable[DeclaredRoute]) -> None:
        self._engines = engines
        self._routes = {route.id: [target.model for target in route.to] for route in routes}

    async def list_models(self) -> list[str]:
        """Name the routes and models that would answer now; routes first."""
        up = await self._engines.list_models()
        return [route for route, models in self._routes.items() if set(models) & set(up)] + up

    def engine_for(self, model_id: str) -> Engine:
        """Return the engine of a model, or of the first of a route; raises `UnknownModel`."""
        models = self._routes.get(model_id)
        return self._engines.engine_for(models[0] if models else model_id)
