# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: RUF012 (pydantic copies the defaults of its models)
"""What nation.yaml says of models: the engines that run them, their prices, and the routes between them, typed.

Comes in: plain data. Goes out: frozen models, as those of `daulat.nation.model`. Nothing here starts an engine.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from daulat.nation._codes import CurrencyCode, Declared, HostName, PlaceCode, Slug, Text, Url


def _decimal(value: object) -> object:
    # YAML gives binary fractions; the digits that the author wrote are those of the shortest text that reads the same.
    return Decimal(str(value)) if isinstance(value, int | float | str) and not isinstance(value, bool) else value


Money = Annotated[Decimal, BeforeValidator(_decimal), Field(ge=0, max_digits=18, decimal_places=8)]


class Price(Declared):
    """What tokens of a model cost, in units of the currency per million tokens."""

    input: Money
    """Tokens that are read."""
    output: Money
    """Tokens that are generated."""
    cached: Money | None = None
    """Tokens read from the prefix cache; none: as `input`."""
    currency: CurrencyCode
    """ISO 4217; limits of money are set in it."""


class Energy(Declared):
    """What is known of an engine's power, so that each answer can say what it drew."""

    meter: Text | None = None
    """Where its power is read, in watts: an http address that answers with a number, or the path of a file."""
    pue: Annotated[float, Field(ge=1, le=5)] | None = None
    """Site power over IT power; none: 1.2 where it is modelled, 1 where a meter stands."""
    grid_gco2_per_kwh: Annotated[float, Field(ge=0, le=3000)] | None = None
    """Grams of CO2 equivalent for each kWh; none: the grid of its country."""
    active_parameters_b: Annotated[float, Field(gt=0, le=100_000)] | None = None
    """Parameters used for one token, thousand millions; none: as in the catalogue."""
    total_parameters_b: Annotated[float, Field(gt=0, le=100_000)] | None = None
    """All parameters, thousand millions; none: as in the catalogue."""


class Adapter(Declared):
    """A LoRA adapter: a small file that changes what a model says, such as one trained on a national language."""

    weights: Text
    """The name that `daulat models pull` gave it, or a path to a GGUF file."""
    scale: Annotated[float, Field(ge=-10, le=10)] = 1.0
    """How strongly it counts; 0: not at all."""


class Model(Declared):
    """A language model and the engine that runs it."""

    id: Slug
    """The name by which callers ask for it."""
    kind: Literal["embedded", "remote", "fake"]
    """embedded: in a process of this machine; remote: an OpenAI-compatible server; fake: for demonstrations."""
    weights: Text | None = None
    """embedded: the name that `daulat models pull` gave the weights, or a path to a GGUF file."""
    adapters: list[Adapter] = []
    """embedded: LoRA adapters, laid over the weights in this order."""
    url: Url | None = None
    """remote: base URL, ending in /v1."""
    upstream: Text | None = None
    """remote: the server's own name of the model, where it differs from `id`."""
    key_from: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = None
    """remote: the environment variable that holds the key. The key itself never stands in this file."""
    place: PlaceCode | None = None
    """The country or part of it where it runs, for the residency rule; none: with this service if it runs on this
    machine, else unknown, so only data that may go anywhere."""
    operator: Text | None = None
    """Whose machine it runs on, for the residency rule."""
    catalogue: Slug | None = None
    """Its id in the catalogue of models, where it differs from `id`: for gates, sizes and energy."""
    concurrency: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Requests that it takes at once; more wait here in fair order. None: it keeps its own queue."""
    retries: Annotated[int, Field(ge=0, le=10)] = 0
    """How often a request that had no first token is sent to the same address again when no other engine is left: for
    clusters, where another replica may answer."""
    probe_s: Annotated[float, Field(ge=0, le=3600)] = 10.0
    """Seconds between two looks whether it is well; 0: never."""
    energy: Energy | None = None
    """What is known of the power that it draws; none: modelled from its size in the catalogue."""
    context_length: Annotated[int, Field(ge=256, le=10_000_000)] = 4096
    """Tokens of question, passages and answer together."""
    template_tokens: Annotated[int, Field(ge=0, le=100_000)] = 512
    """The most tokens that its chat template adds to a prompt by itself: a system prompt of its own, a date, a word on
    tools. Reserved from limits with each call, and given back where it was less."""
    output_limit: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    """The most tokens of one answer whose caller sets no bound: reserved from limits, and told to the engine. None:
    the whole `context_length` is reserved, and the engine stops where its own context ends."""
    price: Price | None = None
    """What its tokens cost whoever calls it; none: nothing."""


class RouteTarget(Declared):
    """One of the models that a route leads to."""

    model: Slug
    """Its id under `models`."""
    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """Its share of the requests beside those of the others."""


class Verify(Declared):
    """What an answer of the smaller model has to pass in a cascade; all that is declared."""

    finish_reasons: list[Text] = ["stop", "tool_calls"]
    """How it may end."""
    json_schema: bool = True
    """Where the request asks for JSON, the answer has to be JSON of that schema."""
    minimal_logprob: Annotated[float, Field(le=0)] | None = None
    """Mean log-probability of its tokens at least, where the answer tells them."""
    refusals: list[Text] = []
    """Regular expressions; an answer in which one is found goes to the larger model."""


class Route(Declared):
    """A name that stands for several models, and how one of them is chosen."""

    id: Slug
    """The name by which callers ask."""
    to: Annotated[list[RouteTarget], Field(min_length=1, max_length=64)]
    """Models of the same kind, on different engines; in a cascade from small to large."""
    policy: Literal["prefix", "least-busy", "weighted", "cascade"] = "prefix"
    """prefix: equal beginnings to the same engine, whose cache holds them; least-busy; weighted: in turn by weight;
    cascade: the first, and the next when its answer does not pass `verify`."""
    hedge_after_s: Annotated[float, Field(gt=0, le=600)] | None = None
    """After so long without a first byte a second engine is asked too, and the slower one stopped. None: never."""
    verify: Verify = Verify()
    """cascade: what an answer has to pass."""
    cache_s: Annotated[float, Field(ge=0, le=86_400)] = 0.0
    """How long whole answers to deterministic requests (temperature 0 or a seed) are kept for the same organisation."""


class Queue(Declared):
    """Where calls wait while every engine that may take them is at its `concurrency`."""

    limit: Annotated[int, Field(ge=0, le=1_000_000)] = 1000
    """How many may wait."""
    wait_s: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """How long one may wait before it is told to come back."""


class Media(Declared):
    """Pictures and recordings that a call names by their address. An engine is never given the address itself."""

    fetch_from: list[HostName] = []
    """Public hosts from which this service fetches them, over https, such as `images.example.org`; empty: callers send
    the bytes."""
    limit_bytes: Annotated[int, Field(ge=1_000, le=100_000_000)] = 10_000_000
    """The most that is fetched for one call."""
    limit_parts: Annotated[int, Field(ge=1, le=64)] = 8
    """How many addresses one call may name."""
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    """How long fetching may take for one call."""
