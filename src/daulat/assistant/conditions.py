# SPDX-License-Identifier: Apache-2.0
"""Conditions: whether a written sentence keeps what narrows a statement.

A condition, an exception, the words that say of whom a statement speaks, and what exactly is forbidden: a sentence
without them says more than the law.
"""

from __future__ import annotations

from collections.abc import Sequence

from daulat.assistant.claims import DUTIES, JOINS, Claims, Token, clause_start

WIDENING = frozenset({"must_not", "need_not"})  # with less behind it, a denial denies more
_ENDS = frozenset({"must", "may", "right", "must_not", "back"})  # where a condition is over
_SHORT = 3  # terms of a condition
_OF_A_CONDITION = 0.3  # of a condition's terms that a sentence must keep
_OF_A_DENIAL = 0.75  # of the terms of what is forbidden, or need not be done


def nothing_dropped(sentence: Claims, statement: Claims) -> bool:
    """Whether who acts has the second word without which the statement never names him: a *private* company."""
    ours = sentence.tokens
    for at, token in enumerate(ours):
        if not (token.voice or (token.kind == "sense" and token.value in DUTIES | {"which"})):
            continue
        if not _whole(_name(ours, clause_start(ours, at), at, sentence), sentence, statement):
            return False
    roles = [at for at, token in enumerate(ours) if token.kind == "sense" and token.value in ("to", "by", "from")]
    return all(_whole(_name(ours, at + 1, len(ours), sentence), sentence, statement) for at in roles)


def _whole(name: str, sentence: Claims, statement: Claims) -> bool:
    there = statement.followed.get(name, frozenset())
    return not (name and there and "" not in there and not there & sentence.terms)


def _name(tokens: Sequence[Token], start: int, end: int, claims: Claims) -> str:
    """Return the last term of the name that stands there, where it ends before a sense or a free word."""
    for token in tokens[start:end]:
        if token.kind == "term" and "" in claims.followed[token.value]:
            return token.value
        if token.kind == "sense" or token.voice:
            break
    return ""


def conditions_kept(sentence: Claims, statement: Claims) -> bool:
    """Whether the sentence keeps what the statement makes its own saying depend on."""
    senses = {token.value for token in sentence.tokens if token.kind == "sense"}
    tokens = statement.tokens
    heads: set[str] = set()
    start, settled, narrowed = 0, False, False
    for at, token in enumerate(tokens):
        if token.kind != "sense":
            continue
        settled = settled or token.value in DUTIES - {"not", "except"}
        if token.value == "except" and "except" not in senses:
            return False
        if (
            token.value == "if"
            and _is_of(sentence, tokens, at)
            and not (_kept(sentence, _clause(tokens, at)) and _one_of_list(sentence, tokens, at))
        ):
            return False
        if token.value in ("to", "from", "by"):
            settled = settled or narrowed
        if token.value == "or":
            start = at
        if token.value == "which" and not settled:
            # The first narrows the nouns before it, and so do the next ones.
            heads = heads if narrowed else {other.value for other in tokens[start:at] if other.kind == "term"}
            narrowed = True
            narrowing = _clause(tokens, at)
            has_first = len(narrowing) > _SHORT and narrowing[0] in sentence.terms
            if heads & sentence.terms and not has_first and not _kept(sentence, narrowing):
                return False
    return True


def _is_of(sentence: Claims, tokens: Sequence[Token], at: int) -> bool:
    """Whether a condition is upon something that the sentence says, and not only upon the last of two things."""
    joined = max(
        (n for n, token in enumerate(tokens[:at]) if token.kind == "sense" and token.value == "and"), default=0
    )
    earlier = {token.value for token in tokens[:joined]}
    own = {token.value for token in tokens[joined:at] if token.kind == "term"} - earlier
    return not joined or not own or bool(own & sentence.terms)


def _one_of_list(sentence: Claims, tokens: Sequence[Token], at: int) -> bool:
    """Whether the sentence keeps something of a list of conditions: `if: a. he is ill; b. she marries`."""
    if at + 1 >= len(tokens) or tokens[at + 1].value != ":":
        return True
    before = {token.value for token in tokens[:at]}
    return bool(sentence.terms & {token.value for token in tokens[at + 1 :] if token.kind == "term"} - before)


def _kept(sentence: Claims, terms: list[str]) -> bool:
    """Whether enough of a condition is in the sentence: of a short one more than half."""
    kept = len(sentence.terms & set(terms))
    if not terms:
        return True
    return (
        kept >= _OF_A_CONDITION * len(set(terms))
        if len(set(terms)) > _SHORT
        else kept * 2 > len(set(terms)) or len(set(terms)) == kept
    )


def _clause(tokens: Sequence[Token], at: int) -> list[str]:
    """Return the terms from a condition's first word to its end, or to the duty that depends on it."""
    terms: list[str] = []
    if tokens[at].value == "if" and at + 1 < len(tokens) and tokens[at + 1].value == ":":
        return []
    for n, token in enumerate(tokens[at + 1 :]):
        if token.kind == "stop" or (token.kind == "sense" and token.value in _ENDS):
            break
        if token.voice == "passive" and n > 1 and tokens[at].value == "which":
            break
        terms += [token.value] if token.kind == "term" else []
    return terms


def denied_whole(sentence: Claims, theirs: Sequence[Token], at: int) -> bool:
    """Whether the sentence keeps one of the things that are denied with all that narrows it."""
    things: list[set[str]] = [set()]
    for token in theirs[at + 1 :]:
        if (token.kind == "stop" and token.value in ".;") or (token.kind == "sense" and token.value == "if"):
            break
        if token.kind == "stop" or (token.kind == "sense" and token.value in JOINS | {"which"}):
            things.append(set())
        elif token.kind == "term":
            things[-1].add(token.value)
    return any(thing and len(thing & sentence.terms) >= _OF_A_DENIAL * len(thing) for thing in things)
