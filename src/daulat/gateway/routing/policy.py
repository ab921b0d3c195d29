# SPDX-License-Identifier: Apache-2.0
"""How one of several free seats is chosen: seats and a call in; a seat and a word for the reason out. Keeps no time."""

from __future__ import annotations

from collections.abc import Sequence

from daulat.gateway.routing.affinity import FLOOR, bound, draw
from daulat.gateway.routing.seats import Post, Seat


def choose_seat(policy: str, seats: Sequence[Seat], affinity: int, now: float) -> tuple[Seat, str]:
    """Choose among seats that are up and have room; at least one.

    Parameters
    ----------
    policy : str
        ``prefix``, ``least-busy``, ``weighted``, or ``preferred``: the first.
    affinity : int
        Made from the beginning of the prompt.
    now : float
        Monotonic seconds, for the share of an engine that came back lately.
    """
    if len(seats) == 1:
        return seats[0], "only"
    if policy == "prefix":
        return _by_prefix(seats, affinity, now)
    if policy == "weighted":
        return _in_turn(seats, now), "weighted"
    if policy == "preferred":
        return seats[0], "preferred"
    return _least_busy(seats, now), "least-busy"


def all_free(seats: Sequence[Seat]) -> bool:
    """Say whether every engine is well and has room."""
    for seat in seats:
        post = seat.post
        if post.troubled or post.in_flight >= post.concurrency:
            return False
    return True


def _by_prefix(seats: Sequence[Seat], affinity: int, now: float) -> tuple[Seat, str]:
    """Take the highest draw among the seats within their bound, else the least busy of all."""
    best, best_draw, first, first_draw = None, 0.0, None, 0.0
    for seat in seats:
        post = seat.post
        weight = seat.weight if not post.troubled else seat.weight * post.share(now)
        drawn = draw(affinity, post.salt, weight)
        if drawn > first_draw:
            first, first_draw = seat, drawn
        # So few are always within the bound; only beyond them is it worth working out.
        if drawn > best_draw and (post.in_flight < FLOOR or _within_bound(post, weight, seats)):
            best, best_draw = seat, drawn
    if best is None:
        return _least_busy(seats, now), "spilled"
    return best, "prefix" if best is first else "spilled"


def _within_bound(post: Post, weight: float, seats: Sequence[Seat]) -> bool:
    total, weights = 0, 0.0
    for seat in seats:
        total += seat.post.in_flight
        weights += seat.weight
    return post.in_flight < bound(total, weight / weights)


def _least_busy(seats: Sequence[Seat], now: float) -> Seat:
    """Take the seat that would be least busy with one more; ties go to the earlier declared."""
    return min(seats, key=lambda seat: (seat.post.in_flight + 1) / (seat.weight * seat.post.share(now)))


def _in_turn(seats: Sequence[Seat], now: float) -> Seat:
    """Take turns by weight, each as evenly spread as can be (nginx's smooth weighted round robin)."""
    total = 0.0
    for seat in seats:
        weight = seat.weight * seat.post.share(now)
        seat.credit += weight
        total += weight
    best = max(seats, key=lambda seat: seat.credit)
    best.credit -= total
    return best
