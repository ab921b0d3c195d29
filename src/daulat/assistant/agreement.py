# SPDX-License-Identifier: Apache-2.0
"""Agreement: what a written sentence commits to and the statements of one passage in; what they do not say, out.

The sentence is held against the statement that is nearest to it, helped for a few words by those that it refers back
to. Every commitment must be found there: each number with its unit and bound, each duty, permission and denial upon the
same words, each doer and receiver in the same part, every word or one that the vocabulary says is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from daulat.assistant.claims import BOUNDS, DENIALS, DUTIES, JOINS, Claims, Number, Token, terms_after, terms_before
from daulat.assistant.conditions import WIDENING, conditions_kept, denied_whole, nothing_dropped
from daulat.assistant.roles import parts_kept, same_bearer

Disagreement = Literal["", "number", "negation", "modality", "relation", "role", "condition", "unsupported"]

_RELATIONS = frozenset({"before", "after", "until", "besides", "only", "more", "less", "to", "from", "exempt"})
_OTHERS_SHARE = 0.2  # of a sentence's terms may come from statements that the nearest refers back to


def disagreement(sentence: Claims, statements: Sequence[Sequence[Claims]]) -> Disagreement:
    """Return in what a sentence goes beyond or against a passage; empty where it does not.

    Parameters
    ----------
    sentence : Claims
    statements : sequence of sequences of Claims
        Of one passage, in order; the first of each is the whole statement, the others are the items of its list.
    """
    if not sentence.terms or not statements:
        return "unsupported"
    at, nearest = max(
        ((n, each) for n, group in enumerate(statements) for each in group),
        key=lambda found: _nearness(sentence, found[1]),
    )
    refers = any(token.kind == "sense" and token.value == "back" for token in nearest.tokens)
    before = [group[0] for group in statements[:at]] if refers else []
    if not _numbers_kept(sentence, nearest):
        return "number"
    return (
        _duties(sentence, nearest)
        or _denied_there(sentence, nearest)
        or ("relation" if not _joined_alike(sentence.tokens, nearest.tokens) else "")
        or ("role" if not parts_kept(sentence.tokens, nearest.tokens) else "")
        or ("condition" if not conditions_kept(sentence, nearest) or not nothing_dropped(sentence, nearest) else "")
        or ("unsupported" if not _covered(sentence, nearest, before) else "")
    )


def _nearness(sentence: Claims, statement: Claims) -> float:
    shared = len(sentence.terms & statement.terms)
    alike = len(sentence.surfaces & statement.surfaces) / max(len(sentence.surfaces), 1)
    numbers = {number.said for number in sentence.numbers}
    told = len(numbers & {number.said for number in statement.numbers}) / max(len(numbers), 1)
    # Numbers decide only between items of one list, which have the same words; the shorter is then the nearer.
    last = 0.001 * told - 0.0001 * len(statement.tokens)
    return shared / len(sentence.terms) + 0.1 * shared / len(sentence.terms | statement.terms) + 0.05 * alike + last


def _covered(sentence: Claims, nearest: Claims, before: Sequence[Claims]) -> bool:
    """Whether every word is the statement's; a few may be of those before it that it refers back to."""
    missing = sentence.terms - nearest.terms
    others = frozenset().union(*(each.terms for each in before))
    return missing <= others and len(missing) <= _OTHERS_SHARE * len(sentence.terms)


def _numbers_kept(sentence: Claims, statement: Claims) -> bool:
    """Whether every number, every bound, and every rate such as "7 hours a day", is the statement's."""
    bounds = [
        {token.value for token in each.tokens if token.kind == "sense" and token.value in BOUNDS}
        for each in (sentence, statement)
    ]
    rates = [
        {
            (one.said, other.said)
            for one, other in pairwise(each.numbers)
            if other.unit and ((one.unit and one.after == {one.unit}) or other.names)
        }
        for each in (sentence, statement)
    ]
    return (
        bounds[0] <= bounds[1]
        and rates[0] <= rates[1]
        and all(_has_number(number, statement) for number in sentence.numbers)
    )


def _has_number(number: Number, statement: Claims) -> bool:
    """Whether a statement says a number of the same thing: where it says several, of those around the same words."""
    same = [each for each in statement.numbers if each.said == number.said]
    rivals = [each for each in statement.numbers if each.unit == number.unit and each.value != number.value]
    rivals = [] if number.names else rivals  # an article's number stands by the number before it, not by words
    if not same or not rivals:
        return bool(same)
    return max(_around(number, each) for each in same) >= max(_around(number, each) for each in rivals)


def _around(number: Number, other: Number) -> float:
    whole, others = number.before | number.after, other.before | other.after
    return (
        _alike(number.before, other.before) + _alike(number.after, other.after) + 0.5 * _alike(whole, others)
    ) + 0.01 * (number.bound == other.bound)


def _alike(some: frozenset[str], others: frozenset[str]) -> float:
    return len(some & others) / (len(some | others) or 1)


def _duties(sentence: Claims, statement: Claims) -> Disagreement:
    """Compare each duty, permission, denial and relation with those of the statement upon the same words."""
    ours, theirs = sentence.tokens, statement.tokens
    for at, token in enumerate(ours):
        if token.kind != "sense" or token.value not in DUTIES | _RELATIONS:
            continue
        if token.value in DENIALS and not _denied_once(ours, at, theirs):
            return "negation"
        places = [n for n, other in enumerate(theirs) if other.kind == "sense" and other.value == token.value]
        upon = [n for n in places if _upon_the_same(ours, at, theirs, n)]
        if not upon:
            return _named(token.value)
        if token.value in DUTIES - {"free", "except", "not"} and not any(
            same_bearer(ours, at, theirs, n) for n in upon
        ):
            return "role"
        if token.value in WIDENING and not any(denied_whole(sentence, theirs, n) for n in upon):
            return "condition"
    return ""


def _denied_once(ours: Sequence[Token], at: int, theirs: Sequence[Token]) -> bool:
    """Whether a denial that is itself denied, or denies a duty, stands so in the statement."""
    following = ours[at + 1] if at + 1 < len(ours) else None
    if following is None or following.kind != "sense" or following.value not in DUTIES:
        return True
    pairs = {(one.value, other.value) for one, other in pairwise(theirs) if one.kind == other.kind == "sense"}
    return (ours[at].value, following.value) in pairs


def _named(sense: str) -> Disagreement:
    if sense in DENIALS:
        return "negation"
    return "modality" if sense in DUTIES or sense == "exempt" else "role" if sense in ("by", "to") else "relation"


def _upon_the_same(ours: Sequence[Token], at: int, theirs: Sequence[Token], there: int) -> bool:
    sense = ours[at].value
    if sense == "free":
        mine = {*terms_after(ours, at, 3), *terms_before(ours, at, 3)}
        return bool(mine & {*terms_after(theirs, there, 6), *terms_before(theirs, there, 6)})
    few, more = (1, 2) if sense in ("by", "to", "from") else (2, 3)
    upon, found = terms_after(ours, at, few), terms_after(theirs, there, more)
    if sense == "not":
        return bool(upon and found) and (upon[0] in found[:2] or found[0] in upon)
    if not upon:
        return bool({*terms_before(ours, at, 3)} & {*terms_before(theirs, there, 3)})
    return bool(set(upon) & {*found, *_of_a_list(theirs, there)})


def _of_a_list(tokens: Sequence[Token], at: int) -> list[str]:
    """Return the terms of the list that a sense opens: `must: a. keep; b. tell`."""
    ahead = [token.value for token in tokens[at + 1 : at + 12] if token.kind == "stop"]
    if ":" not in ahead[:2]:
        return []
    colon = next(n for n in range(at + 1, len(tokens)) if tokens[n].value == ":" and tokens[n].kind == "stop")
    return [token.value for token in tokens[colon:] if token.kind == "term"]


def _denied_there(sentence: Claims, statement: Claims) -> Disagreement:
    """Whether the statement denies what the sentence says plainly."""
    ours, theirs = sentence.tokens, statement.tokens
    senses = {token.value for token in ours if token.kind == "sense"}
    if "free" in {token.value for token in theirs if token.kind == "sense"} - senses:
        return "negation"
    plain, denied = _by_denial(theirs, 2)
    said, refused = _by_denial(ours, 1)
    return "negation" if (denied - plain) & (said - refused) or (plain - denied) & (refused - said) else ""


def _by_denial(tokens: Sequence[Token], shaded: int) -> tuple[set[str], set[str]]:
    """Return the terms that stand plainly, and those that come right after a denial or are joined to one that does.

    The first `shaded` terms after a denial do not stand plainly.
    """
    plain: set[str] = set()
    denied: set[str] = set()
    under = 0
    for at, token in enumerate(tokens):
        if token.kind == "sense" and token.value in DENIALS - {"except", "free"}:
            under = shaded
        elif token.kind == "sense" and token.value in ("or", "and_or"):
            under = shaded if at and tokens[at - 1].value in denied else 0
        elif token.kind == "sense":
            under = under if token.value in DUTIES else 0
        elif token.kind == "term":
            if under == shaded:
                denied.add(token.value)
            elif not under:
                plain.add(token.value)
            under = max(under - 1, 0)
        else:
            under = 0
    return plain, denied


def _joined_alike(ours: Sequence[Token], theirs: Sequence[Token]) -> bool:
    """Whether two things that stand joined in the sentence are joined by the same word in the statement."""
    for at, token in enumerate(ours):
        if token.kind != "sense" or token.value not in JOINS:
            continue
        left, right = terms_before(ours, at, 1), terms_after(ours, at, 1)
        found = _nearest_joins(theirs, left, right)
        if found and token.value not in found and not (token.value == "or" and "and_or" in found):
            return False
        if not found and token.value != "and" and not _offers(theirs, left, right):
            return False
    return True


def _nearest_joins(tokens: Sequence[Token], left: Sequence[str], right: Sequence[str]) -> set[str]:
    """Return by what word two things are joined where they stand nearest to each other."""
    found: dict[int, set[str]] = {}
    for at, token in enumerate(tokens):
        if token.kind == "sense" and token.value in JOINS:
            before, after = terms_before(tokens, at, 3)[::-1], terms_after(tokens, at, 3)
            if left and right and left[0] in before and right[0] in after:
                found.setdefault(before.index(left[0]) + after.index(right[0]), set()).add(token.value)
    return found[min(found)] if found else set()


def _offers(theirs: Sequence[Token], left: Sequence[str], right: Sequence[str]) -> bool:
    """Whether the statement leaves a choice in which one of two things stands."""
    return any(
        token.kind == "sense"
        and token.value in ("or", "and_or")
        and {*left, *right} & {*terms_before(theirs, n, 4), *terms_after(theirs, n, 4)}
        for n, token in enumerate(theirs)
    )
