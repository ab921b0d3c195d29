# SPDX-License-Identifier: Apache-2.0
"""What is encoded of a question has an end, in tokens as its encoder counts them, whatever signs it is made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.knowledge.encoder import Encoder, Float32, open_e5
from daulat.knowledge.encoder.adapter import Adapter
from daulat.knowledge.release import Release
from daulat.knowledge.search import Reader, Searcher, load_ranking
from daulat.knowledge.search.ends import LONGEST_TOKENS, Counting, ends_of

PROSE = ("My child was born at home last week and I do not know where a birth is reported. " * 12)[:1_000]


class CountingEncoder:
    """Reads each letter as a token, and remembers how many it was given."""

    def __init__(self, encoder: Encoder) -> None:
        self.name, self.dimensions, self.passages = encoder.name, encoder.dimensions, encoder.passages
        self._encoder, self.read = encoder, [0]

    def count_tokens(self, text: str) -> int:
        return len(text)

    def queries(self, texts: list[str]) -> Float32:
        self.read += map(len, texts)
        return self._encoder.queries(texts)


def test_a_searcher_never_encodes_more_than_the_bound(release: Release, reader: Reader, encoder: Encoder) -> None:
    counting = CountingEncoder(encoder)
    Searcher(release, counting, reader, load_ranking()).search("birth " + "m,n," * 1_980, "en")
    assert 0 < max(counting.read) <= LONGEST_TOKENS + 1  # the space between the ends


@pytest.mark.parametrize("native", [True, False])
def test_every_encoder_of_this_machine_counts_its_tokens(native: bool) -> None:
    encoder = open_e5(native=native)
    for each in (encoder, encoder.adapted(Adapter(encoder.name, {}, "0" * 64))):
        assert isinstance(each, Counting)
        assert each.count_tokens("m,n," * 250) > 1_000 - 3
        assert ends_of(PROSE, each.count_tokens) == PROSE
        assert each.count_tokens(ends_of("m,n," * 250, each.count_tokens)) <= LONGEST_TOKENS + 2


@given(st.text(max_size=60), st.integers(2, 30))
def test_the_ends_are_those_of_the_text_and_no_longer_than_they_may_be(text: str, most: int) -> None:
    kept = ends_of(text, len, most)
    assert kept == text or len(kept) <= most + 1
    head, _, tail = kept.partition(" ")
    assert kept == text or (text.startswith(head) and text.endswith(tail.rpartition(" ")[2]))
