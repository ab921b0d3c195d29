# SPDX-License-Identifier: Apache-2.0
"""What the gateway needs from the rooms below, as narrow promises.

The routes know these promises only, so that a test, a benchmark or another composition can supply its own.

The way of one call past them: a `Call` (sizes and names, never words) is admitted, which gives a `Grant`; routed, which
gives a `Target`; answered by the target's engine; and settled with a `CallUsage`, exactly once, however it ended.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec

from daulat.errors import DaulatError
from daulat.gateway.catalogue_schema import PassageCard
from daulat.ledger import Discarded, EnergyMethod, Receipt
from daulat.models.engine import Engine

if TYPE_CHECKING:  # a gateway without services does without the assistant, and without vectors
    import numpy as np
    from numpy.typing import NDArray

    from daulat.assistant import WriterFor
    from daulat.assistant.types import AnswerEvent, Question
    from daulat.gateway.api.vector_schema import FoundPassage
    from daulat.gateway.attempts import Together


class Assistant(Protocol):
    """Answers questions from the official text."""

    def stream(self, question: Question, writer_for: WriterFor | None = None) -> AsyncIterator[AnswerEvent]:
        """Yield the answer as it becomes certain; the last event carries the whole. Closing the iterator cancels.

        `writer_for` says who may write it, where that is not the assistant's own to say."""
        ...


class Engines(Protocol):
    """The raw models that this machine can reach."""

    async def list_models(self) -> list[str]:
        """Name the models that would answer now."""
        ...

    def engine_for(self, model_id: str) -> Engine:
        """Return the engine that runs a model, or raise `UnknownModel`."""
        ...


class Embedder(Protocol):
    """Turns text into vectors."""

    name: str
    dimensions: int

    async def embed(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], int]:
        """Return float32[n_texts, dimensions], rows of unit length, and the number of tokens read."""
        ...


class Library(Protocol):
    """The published release of the official text."""

    release: str
    as_of: str
    passages: int

    async def passage(self, passage_id: str) -> PassageCard | None:
        """Return a passage in its document, or None where there is none of that id."""
        ...

    def count(self, service: str) -> int:
        """Return how many documents a service answers from."""
        ...

    async def search(
        self, text: str, service: str, top_k: int, narrowed: Mapping[str, frozenset[str]]
    ) -> Sequence[FoundPassage]:
        """Return passages that bear on a text, best first; `narrowed` names what status, doc_id or jurisdiction may be,
        where it is not empty."""
        ...


class Receipts(Protocol):
    """Where receipts go: counts and hashes of an answer, never its words."""

    def put(self, receipt: Receipt) -> None:
        """Take a receipt without waiting; writing happens later."""
        ...


class Call(msgspec.Struct, frozen=True):
    """What admission and routing know about a request; never its words.

    Attributes
    ----------
    model : str
        As the caller named it: a service, a model or an alias.
    route : str
        Which part of the API: ``chat/completions``, ``completions``, ``embeddings``...
    prompt_tokens : int
        Estimated before the engine counted.
    prompt_bound : int
        The most that the prompt may come to, but for what a template adds by itself.
    max_tokens : int
        The most that may be generated, all choices together; 0 where the caller set no bound.
    choices : int
        How many answers may be generated, for a caller that set no bound on each.
    client : str
        Network address of the caller.
    credential : str
        The bearer token as it was sent; empty for an anonymous caller.
    data_class : str
        From the header ``X-Daulat-Data-Class``; admission may overrule it by key or service.
    priority : str
        From the header ``X-Daulat-Priority``: ``emergency``, ``interactive`` or ``batch``; bounded by the key.
    affinity : int
        A number made from the beginning of the prompt, the same in every worker: equal beginnings share a cache.
    stream : bool
        The answer is asked for as a stream.
    service : str
        The service that answers; empty for a raw model.
    language : str
        BCP 47 tag of the answer, where a service knows it; for gates.
    request_id : str
        As in the response header ``X-Request-Id``.
    on_behalf_of : str
        The id of the key under which the call was handed in earlier, for a batch that is worked off inside this
        process; empty for a caller who is there, and never taken from a request.
    trace_parent : str
        The W3C header ``traceparent`` as it was sent, for traces; empty where the caller has no trace.
    gone : callable, optional
        Returns when the caller has left, for whoever lets the call wait; None where nobody is there to leave.
    """

    model: str
    route: str
    prompt_tokens: int = 0
    prompt_bound: int = 0
    max_tokens: int = 0
    choices: int = 1
    client: str = ""
    credential: str = ""
    data_class: str = ""
    priority: str = ""
    affinity: int = 0
    stream: bool = False
    service: str = ""
    language: str = ""
    request_id: str = ""
    on_behalf_of: str = ""
    trace_parent: str = ""
    gone: Callable[[], Coroutine[None, None, None]] | None = None

    def __repr__(self) -> str:
        """Show a call without its key."""
        return f"Call({self.model!r}, {self.route!r}, request_id={self.request_id!r})"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: ids, all empty on one's own machine as long as no key was given out."""

    organisation: str = ""
    project: str = ""
    key: str = ""


class CallUsage(msgspec.Struct, frozen=True):
    """What a call came to, known when it has ended.

    Attributes
    ----------
    prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens : int
        As the engine counted; where it did not say, what was forwarded, and `estimated` is true.
    time_to_first_token_s : float or None
        From the arrival of the request to the first piece of the answer; None where there was none.
    duration_s : float
        From the arrival of the request to its end.
    status : int
        The HTTP status; 499 where the caller left before the end.
    code : str
        The code of the error that ended it; empty where none did.
    engine, model, place, reason : str
        Who answered, the engine's own name of the model, where the engine stands, and why it was chosen.
    declared : str
        The id by which the model that answered is declared; differs from what was asked for where that is a route.
    engine_s : float
        From the sending of the request to its engine to its end; what came before was waiting for a turn.
    energy_wh, carbon_g : float or None
        What answering drew, in watt-hours, and emitted, in grams of CO2 equivalent; None where nothing is known.
    energy_low_wh, energy_high_wh : float
        The range of the energy, where it is known.
    embodied_g : float or None
        Its share of what making the machines emitted, grams of CO2 equivalent; None where their size is not known.
    energy_method : str
        What says how much was drawn: ``meter``, ``ecologits`` where it is modelled, or empty where nothing is known.
    discarded : str
        Empty for a call; else this is an attempt within one that an engine worked on and nobody was given, and says
        what became of it: ``rejected`` by a cascade's verifier, ``lost`` to a hedge's other engine, or ``broke_off``.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    time_to_first_token_s: float | None = None
    duration_s: float = 0.0
    status: int = 200
    code: str = ""
    engine: str = ""
    model: str = ""
    place: str = ""
    reason: str = ""
    declared: str = ""
    engine_s: float = 0.0
    estimated: bool = False
    energy_wh: float | None = None
    carbon_g: float | None = None
    energy_low_wh: float = 0.0
    energy_high_wh: float = 0.0
    embodied_g: float | None = None
    energy_method: EnergyMethod = ""
    discarded: Discarded = ""


class Grant(Protocol):
    """One admitted call: on whose account, under which rules."""

    @property
    def organisation(self) -> str:
        """The id of the organisation that pays; empty where nobody does."""
        ...

    @property
    def project(self) -> str:
        """The id of its project."""
        ...

    @property
    def key(self) -> str:
        """The id of the key, never the key."""
        ...

    @property
    def data_class(self) -> str:
        """The class of the data in this call, as residency rules name it."""
        ...

    @property
    def priority(self) -> str:
        """``emergency``, ``interactive`` or ``batch``; empty where nothing was said."""
        ...

    def settle(self, usage: CallUsage) -> None:
        """Book what the call came to and release what was reserved beyond it. Called exactly once; never waits."""
        ...

    def discard(self, usage: CallUsage) -> None:
        """Write down what an engine did for nobody: it costs nothing and counts against no limit. Before `settle`."""
        ...


class Admission(Protocol):
    """Lets calls in, or says why not."""

    def admit(self, call: Call) -> Coroutine[None, None, Grant]:
        """Admit a call, reserving its estimate; touches neither disk nor network while this worker holds credit.

        Raises
        ------
        DaulatError
            With the HTTP status that the caller gets: 401, 403, or 429 with `Retry-After`.
        """
        ...

    def recognise(self, call: Call) -> None:
        """Refuse a key of ours that is no good, whatever it is brought for; knows nothing of whether one is needed.

        Raises
        ------
        DaulatError
            If it is not known, was revoked, has expired, or comes from another network than its own. While keys cannot
            be read, nothing is said here: what needs one says so.
        """
        ...

    def reaches(self, call: Call) -> bool:
        """Say whether whoever calls is shown this model or service; reserves nothing, and refuses nobody.

        All are shown to who brings no key of ours: that needs one is said where a model is asked.
        """
        ...

    async def identify(self, call: Call) -> Caller:
        """Say who calls, for a route that keeps something of theirs and asks no model; reserves nothing.

        Raises
        ------
        DaulatError
            If nobody is known by what was sent.
        """
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes.

    Attributes
    ----------
    engine : Engine
        Answers it.
    model : str
        The id by which that engine's owner declared the model; the engine translates it to its server's own name.
    place : str
        Where the engine stands, as residency rules name it; empty where none is declared.
    reason : str
        Why this one, in a few words of ASCII; for the response header and the ledger.
    hedge_after_s : float
        After this long without a first byte a second target is tried beside this one; 0: never.
    output_limit : int
        The most tokens of an answer whose caller set no bound, for the engine to be told; 0: it is told none.
    together : Together or None
        The engine again, where it asks several for one call.
    """

    engine: Engine
    model: str
    place: str = ""
    reason: str = ""
    hedge_after_s: float = 0.0
    output_limit: int = 0
    together: Together | None = None


class Router(Protocol):
    """Chooses who answers, and learns from how it went."""

    async def choose(self, call: Call, grant: Grant, tried: Collection[Target] = ()) -> Target:
        """Choose a target that is not among those `tried`; may wait for the call's turn, in fair order.

        Raises
        ------
        DaulatError
            If there is none: no such model, no rule that allows one, or all of them busy or away.
        """
        ...

    def began(self, target: Target) -> None:
        """Note that a request was sent to a target."""
        ...

    def first_token(self, target: Target, seconds: float) -> None:
        """Note the first piece of its answer, and how long after `began` it came."""
        ...

    def ended(self, target: Target, usage: CallUsage, error: DaulatError | None, by: str = "") -> None:
        """Note the end of what `began`: once for each, with the error where one ended it. `by` is `asker_of` the call,
        so that no one caller's requests alone speak for how an engine is."""
        ...


class Answers(Protocol):
    """Whole answers to deterministic requests, kept for the same request again."""

    def find(self, call: Call, grant: Grant, body: bytes) -> bytes | None:
        """Return the answer to exactly this request, or None."""
        ...

    def keep(self, call: Call, grant: Grant, body: bytes, answer: bytes) -> None:
        """Keep a whole answer, if this request is one of those that always get the same."""
        ...


class Observer(Protocol):
    """Hears of every call once, when it has ended: metrics, traces, logs."""

    def measure(self, call: Call, grant: Grant, target: Target, usage: CallUsage) -> CallUsage:
        """Return the usage with what this side knows of its energy and carbon; before it is booked."""
        ...

    def annotate(self, call: Call, grant: Grant, target: Target, usage: CallUsage) -> bytes:
        """Return JSON members to add to the answer's `usage`, such as ``"energy_wh":0.1``; empty for none."""
        ...

    def finished(self, call: Call, grant: Grant | None, target: Target | None, usage: CallUsage) -> None:
        """Take note of a call. Never waits."""
        ...

    def discarded(self, call: Call, grant: Grant, usage: CallUsage) -> None:
        """Take note of an attempt within a call that nobody was given. Never waits."""
        ...
