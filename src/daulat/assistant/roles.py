# SPDX-License-Identifier: Apache-2.0
"""Roles: who does what to whom in a written sentence, held against a statement.

A verb whose doer stands before it may be turned round into one whose doer stands behind `by`, and back; nobody may
change places. What is a verb, and which way round, the vocabulary says.
"""

from __future__ import annotations

from collections.abc import Sequence

from daulat.assistant.claims import JOINS, Token, head_of_clause, opening_name, terms_after


def same_bearer(ours: Sequence[Token], at: int, theirs: Sequence[Token], there: int) -> bool:
    """Whether the same has the duty: who stands before it, or behind `by` where the verb is turned round."""
    bearers = opening_name(ours, at)
    if all(_does(each, _voice_after(ours, at), theirs, there) for each in bearers):
        return True
    # "The duties of a seller are: ..." names the bearer behind the duty.
    colon = next((n for n in range(there, len(theirs)) if theirs[n].value == ":"), there)
    return set(bearers) <= {token.value for token in theirs[there:colon]} and not _voice_after(theirs[:colon], there)


def _does(doer: str, voice: str, theirs: Sequence[Token], there: int) -> bool:
    other = theirs[there].voice or _voice_after(theirs, there)
    before = {
        token.value
        for n, token in enumerate(theirs[:there])
        # What something is done to, or goes to, is no doer.
        if token.kind == "term"
        and not (n and (theirs[n - 1].voice == "active" or theirs[n - 1].value in ("to", "from")))
    }
    if not voice or not other or voice == other:
        return doer in before
    if voice == "active":
        agents = _agents(theirs, there)
        return doer in agents if agents else doer in before or doer in _behind(theirs, there)
    return doer in _behind(theirs, there)


def _behind(tokens: Sequence[Token], at: int) -> set[str]:
    return {token.value for token in tokens[at + 1 :] if token.kind == "term"}


def _voice_after(tokens: Sequence[Token], at: int) -> str:
    return next((token.voice for token in tokens[at + 1 : at + 4] if token.voice), "")


def _agents(tokens: Sequence[Token], at: int) -> set[str]:
    """Return the terms behind the next `by`, up to the next relation."""
    found: set[str] = set()
    inside = False
    for token in tokens[at + 1 :]:
        if token.kind == "sense":
            if inside and token.value not in JOINS:
                break
            inside = inside or token.value == "by"
        elif token.kind == "stop" and token.value in ".;:":
            break
        elif inside and token.kind == "term":
            found.add(token.value)
    return found


def parts_kept(ours: Sequence[Token], theirs: Sequence[Token]) -> bool:
    """Whether every verb has the doer, and what it is done to, that it has in the statement."""
    for at, verb in enumerate(ours):
        if verb.kind == "sense" and verb.value == "by" and not _by_the_same(ours, at, theirs):
            return False
        if verb.kind != "term" or not verb.voice:
            continue
        named = [n for n, token in enumerate(theirs) if token.kind == "term" and token.value == verb.value]
        places = [n for n in named if theirs[n].voice]
        if not places:
            if named and verb.voice == "active" and _only_behind(head_of_clause(ours, at), theirs):
                return False
            continue
        if verb.voice == "passive" and not _undergoes(head_of_clause(ours, at), theirs, places):
            return False
        if verb.voice == "active":
            kept = any(_keeps(ours, at, theirs, n) for n in places)
        else:
            agent = _agent(ours, at)
            kept = not agent or any(_is_agent(agent, theirs, n) for n in places)
        if not kept:
            return False
    return True


def _undergoes(head: str, theirs: Sequence[Token], places: Sequence[int]) -> bool:
    """Whether what a passive verb is said of is what the statement says it of."""
    if not head or head not in {token.value for token in theirs}:
        return True
    return not _only_behind(head, theirs) and any(
        theirs[n].voice == "active" or head in {*(token.value for token in theirs[:n]), *terms_after(theirs, n, 1)}
        for n in places
    )


def _only_behind(doer: str, theirs: Sequence[Token]) -> bool:
    """Whether a doer is in the statement only as the one from whom or to whom something goes."""
    places = [n for n, token in enumerate(theirs) if token.kind == "term" and token.value == doer]
    before = [theirs[n - 1] if n else None for n in places]
    return bool(places) and all(each and each.kind == "sense" and each.value in ("to", "from") for each in before)


def _keeps(ours: Sequence[Token], at: int, theirs: Sequence[Token], there: int) -> bool:
    doer = head_of_clause(ours, at)
    done_to = ours[at + 1].value if at + 1 < len(ours) and ours[at + 1].kind == "term" else ""
    if doer and not _does(doer, "active", theirs, there):
        return False
    if theirs[there].voice == "passive":  # "is received the answer" and "the answer is received" are one
        where = {*(token.value for token in theirs[:there]), *terms_after(theirs, there, 1)}
    else:
        where = _behind(theirs, there)
    return not done_to or done_to in where


def _agent(tokens: Sequence[Token], at: int) -> str:
    """Return the first term behind the `by` that belongs to a verb."""
    for n in range(at + 1, min(at + 7, len(tokens))):
        if tokens[n].kind == "sense" and tokens[n].value == "by":
            return next(iter(terms_after(tokens, n, 1)), "")
    return ""


def _by_the_same(ours: Sequence[Token], at: int, theirs: Sequence[Token]) -> bool:
    """Whether the statement has somebody behind `by`, or as the doer of the same verb turned round."""
    agent = terms_after(ours, at, 1)
    if not agent:
        return False
    verbs = {token.value for token in ours[:at] if token.voice}
    turned = [n for n, token in enumerate(theirs) if token.voice == "active" and token.value in verbs]
    by = [n for n, token in enumerate(theirs) if token.kind == "sense" and token.value == "by"]
    return any(agent[0] in terms_after(theirs, n, 2) for n in by) or any(_is_agent(agent[0], theirs, n) for n in turned)


def _is_agent(agent: str, theirs: Sequence[Token], there: int) -> bool:
    if theirs[there].voice == "passive":
        agents = _agents(theirs, there)
        return agent in agents if agents else agent in terms_after(theirs, there, 3)
    return agent in {token.value for token in theirs[:there]}
