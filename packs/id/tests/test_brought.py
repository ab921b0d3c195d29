# SPDX-License-Identifier: Apache-2.0
"""What the pack brings so that no site computes it: vectors of its texts and questions, and how the questions are read.

Where one fails, `tools/make_vectors.py` was not run after a change.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import NoReturn

import pytest

from daulat.knowledge.deciding import pack_everyday
from daulat.knowledge.encoder import AsQueries, E5Encoder, adapt, open_e5
from daulat.knowledge.everyday import Wordings, read_everyday
from daulat.knowledge.everyday.index import questions_of
from daulat.knowledge.index.cache import VectorCache, key_of
from daulat.knowledge.ingest import ingest_all, load_rules
from daulat.knowledge.release.write import cut_segments
from daulat.knowledge.search import reader_for
from daulat.knowledge.sources import load_sources
from daulat.nation.packs import pack_at

PACK = Path(__file__).parents[1] / "daulat_id"
VECTORS = sorted(PACK.glob("vectors.*.bin"))


@pytest.fixture(scope="module")
def wordings() -> Wordings:
    """The everyday questions, as the pack reads them."""
    pack = pack_at(PACK, "ID")
    languages = [language["tag"] for language in pack.yaml("nation.yaml")["languages"]]
    found = pack_everyday(pack, reader_for(pack, languages))
    assert found is not None
    return found


def test_every_segment_and_everyday_question_has_its_vector(wordings: Wordings) -> None:
    """Counted, not built: the release takes seconds."""
    cache = VectorCache(PACK / "none", E5Encoder.dimensions, VECTORS)
    documents = ingest_all(load_sources(PACK / "sources.yaml"), load_rules(PACK)).documents
    keys = {key_of(E5Encoder.name, segment.text) for segment in cut_segments(documents)}
    asking = open_e5()
    name = AsQueries(adapt(asking, wordings.adapter_for(asking.name)[1])).name
    keys |= {key_of(name, each.text) for each in wordings.read_all(read_everyday(wordings.folder)[0])}
    assert sum(key not in cache for key in keys) == 0


def test_the_vectors_weigh_at_most_fifteen_megabytes() -> None:
    assert sum(path.stat().st_size for path in VECTORS) <= 15e6


def not_brought(text: str, tag: str) -> NoReturn:
    raise AssertionError(f"run packs/id/tools/make_vectors.py: no reading of {text!r} ({tag}) is brought")


def test_every_everyday_question_has_its_reading_and_every_twelfth_is_read_so_today(wordings: Wordings) -> None:
    asked = [(tag, text) for _, tag, text in questions_of(read_everyday(wordings.folder)[0])]
    brought = wordings.readings.read(asked, not_brought)
    for (tag, text), reading in itertools.islice(zip(asked, brought, strict=True), 0, None, 12):
        read, terms = wordings.read(text, tag)
        assert reading == (read, tuple(terms))
