# SPDX-License-Identifier: Apache-2.0
"""A table of phrases: what is found is what trying every phrase at every word would find."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from daulat.language._phrases import PhraseTable

words = st.sampled_from(["a", "b", "c", "as", "bs", "ass"])
phrases = st.lists(words, min_size=1, max_size=4).map(" ".join)
texts = st.lists(st.tuples(words, st.sampled_from([" ", "  ", ", "])), max_size=12).map(
    lambda pairs: "".join(word + gap for word, gap in pairs)
)


def forms(word: str) -> tuple[str, ...]:
    return tuple(word[: len(word) - cut] for cut in range(3) if word[:1] and word.endswith("s" * cut))


def plainly(listed: list[str], text: str) -> list[str]:
    """Try every phrase at every word; of equally long ones the barest form goes last, then the later of the list."""
    found = []
    sentences = [sentence.split() for sentence in text.split(",")]
    for sentence in sentences:
        at = 0
        while at < len(sentence):
            best: list[str] = []
            for first in forms(sentence[at]):
                for phrase in (each.split() for each in listed):
                    here = sentence[at : at + len(phrase)]
                    if phrase[0] != first or not len(best) < len(phrase) == len(here):
                        continue
                    if all(part in forms(word) for part, word in zip(phrase[1:], here[1:], strict=True)):
                        best = phrase
            if best:
                found.append(" ".join(best))
            at += max(1, len(best))
    return found


@given(st.lists(phrases, max_size=12, unique=True), texts)
def test_the_longest_phrase_is_found_and_of_equals_the_first(listed: list[str], text: str) -> None:
    table = PhraseTable([(phrase, phrase) for phrase in listed], forms)
    assert [match.replacement for match in table.matches(text)] == plainly(listed, text)
