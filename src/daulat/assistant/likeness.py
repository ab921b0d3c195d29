# SPDX-License-Identifier: Apache-2.0
"""How alike words look: a question's words and a passage's in, how far each is from the nearest out.

Where nobody stems a language, `permits` is another word than `permit`, `lapsele` than `lapse`, `magpabunot` than
`bunot`. Their letters say that they belong together, at whichever end a language bends its words: words are compared by
the share of their letters in threes that they have in common. It knows no language, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

_LONG = 8  # letters; short words are mostly those that build a sentence, in any language that is written with letters


def _threes(word: str) -> frozenset[str]:
    ended = f"^{word}$"
    return frozenset(ended[at : at + 3] for at in range(len(ended) - 2))


def likeness(words: Iterable[str], among: Collection[str]) -> dict[str, float]:
    """Return how like each word is to the most similar of others: 1 for the same, 0 for nothing in common.

    Parameters
    ----------
    words : iterable of str
        In lower case.
    among : collection of str
        In lower case. None are like nothing.

    Examples
    --------
    >>> {word: round(like, 2) for word, like in likeness(["permits", "cash"], {"permit", "fee"}).items()}
    {'permits': 0.77, 'cash': 0.0}
    """
    known = [_threes(word) for word in among]
    return {word: 1.0 if word in among else _nearest(_threes(word), known) for word in words}


def _nearest(own: frozenset[str], known: Iterable[frozenset[str]]) -> float:
    return max((2 * len(own & other) / (len(own) + len(other)) for other in known), default=0.0)


def unlike(sought: Mapping[str, float], names: Collection[str], among: Collection[str]) -> dict[str, float]:
    """Return how little of a question a passage has, also in other forms of its words; each 0 to 1.

    Parameters
    ----------
    sought : mapping of str to float
        The question's terms and how rare each is.
    names : collection of str
        Words of the question that look like names.
    among : collection of str
        The terms of the passage and of the headings above it.

    Returns
    -------
    dict of str to float
        `unlike` counts the rare and the long more, `unlike_count` each alike, `unlike_names` names alone; `unheld` is
        the share of terms that do not stand there as they are.
    """
    near = likeness(sought, among)
    weights = {term: rarity * min(len(term), _LONG) for term, rarity in sought.items()}
    named = likeness(names, among)
    return {
        "unlike": sum(weights[term] * (1 - near[term]) for term in weights) / (sum(weights.values()) or 1.0),
        "unlike_count": sum(1 - each for each in near.values()) / max(len(near), 1),
        "unlike_names": sum(1 - each for each in named.values()) / max(len(named), 1),
        "unheld": sum(term not in among for term in sought) / max(len(sought), 1),
    }
