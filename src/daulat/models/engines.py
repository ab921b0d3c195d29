# SPDX-License-Identifier: Apache-2.0
"""The engines of a nation: the models that it declares come in, an engine for each model id goes out.

Nothing is started or reached before the first request: a declared engine that is down costs nothing but its answers.
It never chooses a model for anybody; callers name one, and gates say which may write to citizens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol, Self

from daulat.models.approval import Approval
from daulat.models.embedded import EmbeddedEngine, EmbeddedSettings
from daulat.models.engine import Engine
from daulat.models.errors import EngineError, ModelsError, UnknownModel
from daulat.models.fake import FakeEngine
from daulat.models.remote import RemoteEngine
from daulat.models.weights import WeightsStore

# Conversations that a declared model answers at once. Each holds memory for its own context.
DECLARED_SLOTS = 4


class DeclaredModel(Protocol):
    """A model as a nation declares it; `nation.Model` is one."""

    @property
    def id(self) -> str:
        """The name by which callers ask for it."""
        ...

    @property
    def kind(self) -> Literal["embedded", "remote", "fake"]:
        """Which kind of engine runs it."""
        ...

    @property
    def weights(self) -> str | None:
        """embedded: the id it was pulled under, or the path of a GGUF file."""
        ...

    @property
    def url(self) -> str | None:
        """remote: the base URL, ending in /v1."""
        ...

    @property
    def upstream(self) -> str | None:
        """remote: the server's own name of the model, where it differs."""
        ...

    @property
    def key_from(self) -> str | None:
        """remote: the environment variable that holds the key."""
        ...

    @property
    def context_length(self) -> int:
        """Tokens of prompt and answer together."""
        ...


class EngineSet:
    """Engines by the model ids that they run.

    Parameters
    ----------
    engines : mapping of str to Engine
        By model id, in the order of preference. One engine may run several models.

    Examples
    --------
    >>> engines = EngineSet({"fake": FakeEngine()})
    >>> engines.engine_for("fake").name
    'fake'
    >>> import asyncio
    >>> asyncio.run(engines.list_models())
    ['fake']
    """

    def __init__(self, engines: Mapping[str, Engine]) -> None:
        self._engines = dict(engines)

    @property
    def model_ids(self) -> list[str]:
        """Every declared model, whether its engine is up or not, in order of preference."""
        return list(self._engines)

    def engine_for(self, model_id: str) -> Engine:
        """Return the engine that runs a model.

        Raises
        ------
        UnknownModel
            If no engine is declared for it.
        """
        try:
            return self._engines[model_id]
        except KeyError:
            raise UnknownModel(
                f"no engine runs `{model_id[:100]}`",
                why="A request for it could go nowhere.",
                fix="Declare it under `models` in nation.yaml; `daulat models list` shows what is in the catalogue.",
                code="models.unknown",
            ) from None

    async def list_models(self) -> list[str]:
        """Name the models that would answer now, in order of preference. Engines are asked at the same time."""
        listed = await asyncio.gather(*map(_listed, by_server(self._distinct())))
        up = {model for each in listed for models in each for model in models}
        return [model for model in self._engines if model in up]

    async def close(self) -> None:
        """Stop everything that was started."""
        await asyncio.gather(*(engine.close() for engine in self._distinct()))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    def _distinct(self) -> list[Engine]:
        return list({id(engine): engine for engine in self._engines.values()}.values())


def by_server(engines: Iterable[Engine]) -> list[list[Engine]]:
    """Put those engines together that one question answers for: the same address, under the same key."""
    groups: list[list[Engine]] = []
    for engine in engines:
        for group in groups:
            first = group[0]
            if (
                isinstance(engine, RemoteEngine)
                and isinstance(first, RemoteEngine)
                and engine.shares_server_with(first)
            ):
                group.append(engine)
                break
        else:
            groups.append([engine])
    return groups


async def models_of(group: Sequence[Engine]) -> list[list[str]]:
    """Return the models that each engine of a group would run now; their server is asked once.

    Raises
    ------
    EngineError
        If it does not answer.
    """
    first = group[0]
    if not isinstance(first, RemoteEngine):
        return [await engine.models() for engine in group]
    served = await first.served()
    return [engine.named(served) for engine in group if isinstance(engine, RemoteEngine)]


async def _listed(group: Sequence[Engine]) -> list[list[str]]:
    try:
        return await models_of(group)
    except EngineError:
        return []


def declare_engines(
    models: Iterable[DeclaredModel], *, base: Path, weights: Path, environment: Mapping[str, str]
) -> EngineSet:
    """Make the engines of a declaration, starting none.

    Parameters
    ----------
    models : iterable of DeclaredModel
        As in `nation.yaml`, in the order of preference.
    base : Path
        The directory that relative paths of weights start at.
    weights : Path
        The directory that `daulat models pull` fills.
    environment : mapping
        Where the keys of remote engines are looked up.

    Raises
    ------
    ModelsError
        If an embedded model names no weights, a remote one no url, or a key is named and not set.
    """
    engines: dict[str, Engine] = {}
    servers: dict[tuple[str, str], RemoteEngine] = {}
    store = WeightsStore(weights)
    for model in models:
        match model.kind:
            case "remote":
                engines[model.id] = _remote(model, servers, environment)
            case "embedded":
                engines[model.id] = _embedded(model, base, store)
            case "fake":
                engines[model.id] = FakeEngine([model.id], name=model.id)
    return EngineSet(engines)


def _remote(
    model: DeclaredModel, servers: dict[tuple[str, str], RemoteEngine], environment: Mapping[str, str]
) -> RemoteEngine:
    """Return the engine of one model, named after it, over the connections of the server that runs it."""
    url, key_from = _required(model, "url", model.url), model.key_from or ""
    names, place = {model.id: model.upstream or model.id}, (url.rstrip("/"), _key(key_from, environment))
    server = servers.get(place)
    if server is not None:
        return server.beside(model.id, names)
    servers[place] = RemoteEngine(url, name=model.id, api_key=place[1], names=names)
    return servers[place]


def _embedded(model: DeclaredModel, base: Path, store: WeightsStore) -> EmbeddedEngine:
    """Return the engine of one model, which runs nothing that is not what was pulled."""
    # Declarations without adapters, such as those of tests, need not have the field.
    adapters = getattr(model, "adapters", ())
    names = [_required(model, "weights", model.weights), *(adapter.weights for adapter in adapters)]
    approval = Approval(names, base, store)
    paths = zip(approval.files[1:], adapters, strict=True)
    settings = EmbeddedSettings(
        context_length=model.context_length,
        slots=DECLARED_SLOTS,
        adapters=tuple((path, adapter.scale) for path, adapter in paths),
    )
    return EmbeddedEngine(model.id, approval.weights, name=model.id, settings=settings, approval=approval)


def _key(key_from: str, environment: Mapping[str, str]) -> str:
    if key_from and not environment.get(key_from):
        raise ModelsError(
            f"the environment variable {key_from} is not set",
            why="It should hold the key of a remote engine, which would refuse every request.",
            fix=f"Set {key_from}, or remove `key_from` from that model in nation.yaml.",
            code="models.engine.key",
        )
    return environment.get(key_from, "") if key_from else ""


def _required(model: DeclaredModel, field: str, value: str | None) -> str:
    if not value:
        raise ModelsError(
            f"model `{model.id}` is {model.kind} and has no `{field}`",
            why="It could not be started or reached.",
            fix=f"Add `{field}` to it in nation.yaml.",
            code="models.engine.declaration",
        )
    return value
