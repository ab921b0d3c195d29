# SPDX-License-Identifier: Apache-2.0
"""Which engine holds the beginning of this prompt: numbers in; an order of engines, the same in every worker, out.

Rendezvous hashing with weights: each engine draws a number for each beginning, and the highest has it. When an engine
goes, only what it had moves; when one comes, it takes its share and nothing else moves. With a bound on the load, a
beginning that everybody sends spills over to the next in its own order.

    D. G. Thaler, C. V. Ravishankar: Using name-based mappings to increase hit rates, IEEE/ACM ToN 6 (1998)
    V. Mirrokni, M. Thorup, M. Zadimoghaddam: Consistent hashing with bounded loads, SODA 2018
"""

from __future__ import annotations

from math import ceil, log

# An engine takes up to a quarter more than its share before a beginning spills over, and never less than four at once.
SLACK = 1.25
FLOOR = 4


def draw(affinity: int, salt: int, weight: float) -> float:
    """Return an engine's draw for a beginning; the highest draw has it, each engine as often as its weight says.

    Parameters
    ----------
    affinity : int
        Made from the beginning of the prompt, 32 bits.
    salt : int
        Made from the engine's name, 32 bits.
    weight : float
        More than zero.
    """
    mixed = ((affinity ^ salt) * 0x9E37_79B1) & 0xFFFF_FFFF  # the finaliser of xxHash32
    mixed = ((mixed ^ (mixed >> 15)) * 0x85EB_CA77) & 0xFFFF_FFFF
    mixed = ((mixed ^ (mixed >> 13)) * 0xC2B2_AE3D) & 0xFFFF_FFFF
    return -weight / log(((mixed ^ (mixed >> 16)) + 1) / 4294967298.0)


def bound(total: int, share: float) -> int:
    """Return how many requests an engine may hold before a beginning spills over to the next.

    Parameters
    ----------
    total : int
        Requests that all engines of the route hold now.
    share : float
        The engine's share of them by weight, in (0, 1].

    Examples
    --------
    >>> bound(0, 0.5), bound(31, 0.5)    # never less than 4; 1.25 x 32 x 0.5
    (4, 20)
    """
    return max(FLOOR, ceil(SLACK * (total + 1) * share))
