# SPDX-License-Identifier: Apache-2.0
"""Admission: a call in; a grant that has reserved what the call may come to, or a refusal that says which row refused.

A key's record is one look-up in memory, its limits whole numbers in memory: while the worker holds credit, nothing here
touches disk or network. The grant settles once, whatever became of the call, and leaves one row in the usage ledger.
Knows sizes and names of a call, never its words.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from daulat.gateway.access.anonymous import AnonymousLimit
from daulat.gateway.access.booked import Booked
from daulat.gateway.access.directory import Directory
from daulat.gateway.access.errors import Forbidden, QuotaReached, Unauthorised
from daulat.gateway.access.prompts import PromptBounds
from daulat.gateway.access.records import SERVICE_CLASS, KeyRecord, named_class, named_priority
from daulat.gateway.access.tokens import PREFIX
from daulat.gateway.errors import NotReady
from daulat.gateway.ports import Call, Caller, CallUsage, Grant
from daulat.gateway.quota.counters import CountersUnavailableError
from daulat.gateway.quota.credit import Slot
from daulat.gateway.quota.leases import Credits, Leases, LimitReachedError
from daulat.gateway.quota.model import MONEY, Limit, Needs, from_quanta
from daulat.gateway.quota.prices import FREE, Price, dearest
from daulat.ledger.usage import UsageLedger

# What a call without `max_tokens` reserves where no model's context is declared.
UNBOUNDED_TOKENS = 4096
# More than any engine can read or generate in one call.
MOST_TOKENS = 1_000_000_000
# Routes whose answer is not written token by token.
WITHOUT_COMPLETION = frozenset({"embeddings", "rerank", "moderations", "audio/speech", "vector_stores/search"})
_PATIENCE_S = 10.0
# When to come back where calls in progress hold what is short.
HELD_S = 1.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every call here.

    Attributes
    ----------
    open_models : bool
        While no key was ever given out, raw models answer without one: for one's own machine only.
    prices : mapping of str to Price
        By model and by route, each that is declared. Of other names a service's costs as much as the dearest until it
        is settled, where it has a model write; all else is done here and is free, such as encoding or moderation.
    contexts : mapping of str to int
        By model, tokens of prompt and answer together.
    output_limits : mapping of str to int
        By model, the most tokens of an answer whose caller set no bound; its engine is told the same.
    templates : mapping of str to int
        By model, the most tokens that its chat template adds to a prompt by itself.
    """

    open_models: bool
    prices: Mapping[str, Price]
    contexts: Mapping[str, int]
    output_limits: Mapping[str, int] = field(default_factory=dict)
    templates: Mapping[str, int] = field(default_factory=dict)


# What a call reserved, and where.
Reserved = tuple[tuple[Slot, ...], Credits]


class KeyGrant:
    """A call that was admitted under a key, or, with an empty one, without."""

    __slots__ = ("_admission", "_call", "_credits", "_slots", "data_class", "key", "organisation", "priority",
                 "project")  # fmt: skip

    def __init__(
        self,
        admission: KeyAdmission,
        call: Call,
        record: KeyRecord | None,
        rules: tuple[str, str],
        reserved: Reserved,
    ) -> None:
        self._admission, self._call = admission, call
        self.organisation, self.project, self.key = (
            (record.organisation, record.project, record.id) if record else ("", "", "")
        )
        self.data_class, self.priority = rules
        self._slots, self._credits = reserved

    def settle(self, usage: CallUsage) -> None:
        """Book what the call came to, free the rest, and hand a row to the ledger. A second time does nothing."""
        credits, self._credits = self._credits, ()
        slots, self._slots = self._slots, ()
        admission, self._admission = self._admission, None  # type: ignore[assignment]
        if admission is not None:
            admission.settled(self, self._call, usage, (slots, credits))

    def discard(self, usage: CallUsage) -> None:
        """Hand a row to the ledger of what an engine did for nobody; nothing is booked."""
        self._admission.discarded(self, self._call, usage)


class KeyAdmission:
    """Admits calls by key, and citizens without one.

    Parameters
    ----------
    directory : Directory
        The keys.
    leases : Leases
        This worker's credit.
    ledger : UsageLedger
        Where rows go.
    anonymous : AnonymousLimit
        How often callers without a key may ask.
    rules : Rules
        What holds for every call.
    wall_clock : callable
        Seconds since 1970 UTC.
    """

    def __init__(
        self,
        directory: Directory,
        leases: Leases,
        ledger: UsageLedger,
        anonymous: AnonymousLimit,
        rules: Rules,
        *,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._directory, self._leases, self._ledger = directory, leases, ledger
        self._anonymous, self._rules, self._wall = anonymous, rules, wall_clock
        # A name that stands for several models may lead to the dearest of them, and to the one that can go on longest.
        self._dearest = dearest(rules.prices.values())
        limits = rules.output_limits
        untold = [context for model, context in rules.contexts.items() if model not in limits]
        self._longest = max(untold, default=0 if limits else UNBOUNDED_TOKENS)
        self._largest = max(limits.values(), default=1)
        self._prompts = PromptBounds(rules.templates)

    async def admit(self, call: Call) -> Grant:
        """Admit a call, or raise what its caller gets; see `daulat.gateway.ports.Admission`."""
        if self._ledger.is_full:
            raise NotReady(
                "usage cannot be written down at present",
                why="No call is answered that could not be accounted for.",
                fix="try again in a few seconds.",
                code="ledger_unavailable",
            )
        # OpenAI's clients send a key always; one that is not of our form belongs to nobody.
        if call.on_behalf_of:
            record = self._directory.find_id(call.on_behalf_of)
        elif call.credential.startswith(PREFIX):
            record = self._directory.find(call.credential)
        else:
            return await self._without_key(call)
        self._check(record, call)
        _require_model(record, call)
        # Before anything is reserved: a header that cannot be read is refused here.
        rules = record.stricter_class(call.data_class, call.service), record.bounded_priority(call.priority)
        price = self._price(call)
        needs = self._needs(call, price)
        if not record.slots:
            reserved: Reserved = ((), ())
        else:
            if needs[MONEY]:
                _require_one_currency(record, price)
            credits = self._leases.take(record.slots, needs) or await self._reserve(record, call, price)
            reserved = (record.slots, credits)
        return KeyGrant(self, call, record, rules, reserved)

    def recognise(self, call: Call) -> None:
        """Refuse a key of ours that is no good; see `daulat.gateway.ports.Admission`."""
        if call.credential.startswith(PREFIX):
            with suppress(NotReady):
                self.holder(call)

    def reaches(self, call: Call) -> bool:
        """Say whether a model is shown to whoever calls; see `daulat.gateway.ports.Admission`."""
        if not call.credential.startswith(PREFIX):
            return True
        try:
            return self.holder(call).allows_model(call.model, call.service)
        except NotReady:
            return True

    async def identify(self, call: Call) -> Caller:
        """Say who calls; see `daulat.gateway.ports.Admission`."""
        if call.credential.startswith(PREFIX):
            record = self.holder(call)
            return Caller(record.organisation, record.project, record.id)
        if self._rules.open_models:
            await self._directory.loaded(_PATIENCE_S)
            if self._directory.is_empty:
                return Caller()
        raise _key_needed(call)

    def holder(self, call: Call) -> KeyRecord:
        """Return the record of the key that a call brings.

        Raises
        ------
        Unauthorised, Forbidden
            If there is none, or it has been revoked, has expired, or may not be used from the caller's network.
        """
        if not call.credential.startswith(PREFIX):
            raise _key_needed(call)
        record = self._directory.find(call.credential)
        self._check(record, call)
        return record

    def settled(self, grant: KeyGrant, call: Call, usage: CallUsage, reserved: Reserved) -> None:
        """Book a call that ended; called by its grant."""
        prices = self._rules.prices
        price = prices.get(usage.declared) or prices.get(usage.model) or prices.get(call.model) or FREE
        prompt, completion, reasoning, cached = _counts(usage)
        if prompt > call.prompt_bound and not usage.estimated:
            self._prompts.learn(usage.declared or call.model, call.prompt_bound, prompt)
        cost_q = price.cost_q(prompt, completion, cached)
        slots, credits = reserved
        if credits:
            self._leases.settle(credits, slots, (1, prompt, completion, 0, cost_q))
        self._put(grant, call, usage, (prompt, completion, reasoning, cached), (cost_q, price.currency))

    def discarded(self, grant: KeyGrant, call: Call, usage: CallUsage) -> None:
        """Write down what an engine did for nobody; called by its grant. It costs nothing and uses up nothing."""
        self._put(grant, call, usage, _counts(usage), (0, ""))

    def _put(
        self, grant: KeyGrant, call: Call, usage: CallUsage, counts: tuple[int, int, int, int], cost: tuple[int, str]
    ) -> None:
        """Hand a call to the ledger."""
        owner = grant.organisation, grant.project, grant.key, grant.data_class
        # A name that nothing has may be anything that a caller pasted.
        model = call.model if usage.code != "models.unknown" else "unknown"
        self._ledger.put(Booked(self._wall(), owner, model, call.route, call.stream, usage, counts, cost))

    def _check(self, record: KeyRecord, call: Call) -> None:
        if record.expires_s <= self._wall():
            raise Unauthorised(
                "this API key has expired",
                why="It was given out for a limited time.",
                fix="ask your operator for a new one.",
                code="key_expired",
            )
        # A batch was handed in from a network that was allowed; nobody's address is kept until it is worked off.
        if not call.on_behalf_of and not record.allows_network(call.client):
            raise Forbidden(
                "this API key may not be used from your network",
                why="The operator has restricted it to certain networks.",
                fix="call from the network that it was given out for, or ask your operator to add yours.",
                code="network_not_allowed",
            )

    async def _without_key(self, call: Call) -> Grant:
        if call.service:
            # Overruled below, and yet refused where they name nothing: the same word is wrong with a key and without.
            named_class(call.data_class)
            named_priority(call.priority)
            self._anonymous.admit(call.client)
            return KeyGrant(self, call, None, (SERVICE_CLASS, "interactive"), ((), ()))
        if self._rules.open_models:
            await self._directory.loaded(_PATIENCE_S)
            if self._directory.is_empty:
                rules = named_class(call.data_class) or "internal", named_priority(call.priority) or "interactive"
                return KeyGrant(self, call, None, rules, ((), ()))
        raise _key_needed(call)

    async def _reserve(self, record: KeyRecord, call: Call, price: Price) -> Credits:
        likely = min(call.prompt_tokens, self._prompts.most(call.model, call.prompt_bound))
        try:
            return await self._leases.reserve(record.slots, self._needs(call, price), self._needs(call, price, likely))
        except LimitReachedError as reached:
            raise self._refusal(reached) from None
        except CountersUnavailableError:
            raise NotReady(
                "limits cannot be checked at present",
                why="The counters do not answer, and no call is let in that they could not count.",
                fix="try again in a few seconds.",
                code="quota_unavailable",
            ) from None

    def _refusal(self, reached: LimitReachedError) -> QuotaReached:
        reading = reached.reading
        limit = reading.limit
        unit = f" {limit.currency}" if limit.currency else ""
        figures = (from_quanta(n, limit.metric).normalize() for n in (reading.amount, reading.used, reading.leased))
        most, used, reserved = (f"{figure:f}{unit}" for figure in figures)
        needed = f"{from_quanta(reached.needed, limit.metric).normalize():f}{unit}"
        waits = reached.is_held or limit.period in ("", "minute")
        too_large = reached.least > reading.amount
        return QuotaReached(
            f"{limit.name}: of {most}, {used} are used and {reserved} reserved; this call may need {needed}",
            why="A call is let in only if all that it may come to is there.",
            fix="come back when calls in progress have ended."
            if reached.is_held
            else _way_out(limit, too_large=too_large),
            code="rate_limit_exceeded" if waits and not too_large else "insufficient_quota",
            retry_after_s=HELD_S if reached.is_held else max(1.0, math.ceil(reached.ends_s - self._wall())),
        )

    def _needs(self, call: Call, price: Price, prompt: int | None = None) -> Needs:
        """Return the most that a call may come to, or what it comes to with a prompt of so many tokens."""
        completion = call.max_tokens or self._unbounded(call) * call.choices
        if call.route in WITHOUT_COMPLETION:
            completion = 0
        if prompt is None:
            prompt = self._prompts.most(call.model, call.prompt_bound)
        cached = prompt if price.cached_q > price.input_q else 0
        return 1, prompt, completion, 1, price.cost_q(prompt, completion, cached)

    def _price(self, call: Call) -> Price:
        """Return the price at which a call is let in; a router knows no name of a priced model beside these."""
        price = self._rules.prices.get(call.model)
        if price is not None:
            return price
        # Which model writes for a service is chosen later.
        return self._dearest if call.service and call.route not in WITHOUT_COMPLETION else FREE

    def _unbounded(self, call: Call) -> int:
        """Return the most tokens of one answer whose caller set no bound."""
        rules, most = self._rules, max(self._longest, self._largest)
        # The whole context: a prompt may turn out shorter than it was estimated, and leave more room.
        return rules.output_limits.get(call.model) or rules.contexts.get(call.model, most)


def _require_model(record: KeyRecord, call: Call) -> None:
    if not record.allows_model(call.model, call.service):
        raise Forbidden(
            "this API key does not reach that model",
            why="The operator has restricted it to certain models and services.",
            fix="use one of its models, or ask your operator to widen it.",
            code="model_not_allowed",
            param="model",
        )


def _key_needed(call: Call) -> Unauthorised:
    return Unauthorised(
        "an API key is needed here" if not call.credential else "this is not an API key of this service",
        why="Without a key only the public services answer.",
        fix="send `Authorization: Bearer daulat_sk_...`; your operator makes one with `daulat access keys create`.",
        code="invalid_api_key",
    )


def _counts(usage: CallUsage) -> tuple[int, int, int, int]:
    """Return what an engine counted, within what can be: an engine that lies must not give credit or fill a column."""
    counts = usage.prompt_tokens, usage.completion_tokens, usage.reasoning_tokens, usage.cached_tokens
    if min(counts) < 0 or max(counts) > MOST_TOKENS or usage.cached_tokens > usage.prompt_tokens:
        prompt, completion, reasoning, cached = (min(max(count, 0), MOST_TOKENS) for count in counts)
        return prompt, completion, reasoning, min(cached, prompt)
    return counts


def _way_out(limit: Limit, *, too_large: bool) -> str:
    """Say what the caller of a call that was refused can do."""
    if not limit.period:
        return "have the limit raised."
    smaller = {"tokens_in": "send less text, or ", "tokens_out": "lower `max_tokens`, or ",
               "money": "lower `max_tokens`, or "}.get(limit.metric, "")  # fmt: skip
    return smaller + ("have the limit raised." if too_large else f"come back when the {limit.period} is over.")


def _require_one_currency(record: KeyRecord, price: Price) -> None:
    for slot in record.slots:
        if slot.metric == MONEY and slot.limit.currency != price.currency:
            raise Forbidden(
                f"{slot.limit.name} cannot pay for this model, whose price is in {price.currency}",
                why="No rate of exchange is declared, so its cost could not be counted.",
                fix=f"have a limit in {price.currency} set.",
                code="currency_not_budgeted",
                param="model",
            )
