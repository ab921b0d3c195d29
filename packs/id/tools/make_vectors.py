# SPDX-License-Identifier: Apache-2.0
"""Writes `everyday.readings`, `vectors.e5.bin` and `vectors.e5.everyday.bin`: texts and everyday questions of the pack
in; how the questions are read, and the vectors of both, out.

Then no site computes them. Those of the questions are rounded more: they only point at texts.
What a file holds goes over to the next as it is, rounded no second time; remove the file to have all encoded again
(some 100,000 questions: twenty minutes of two cores).

Run it after any change of the sources, their titles or how they are cut, of the everyday questions, the glossary and
how questions are read (then raise `daulat.knowledge.readers.READING` too: only so does a site read its own again);
`daulat knowledge build` says how many texts it had to encode, which is 0 after this. Only what a file lacks is encoded;
an interrupted run goes on where it stopped. Vectors of texts that are no longer there are dropped. It changes no other
file.

    .venv/bin/python packs/id/tools/make_vectors.py
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # texts are parted among threads instead

import yaml
from rich.progress import Progress

from daulat.evaluation.encoding import ParallelEncoder
from daulat.knowledge.deciding import READINGS, pack_everyday
from daulat.knowledge.encoder import AsQueries, Encoder, adapt, open_e5
from daulat.knowledge.everyday import Readings, Wordings, read_everyday
from daulat.knowledge.everyday.index import questions_of
from daulat.knowledge.index.cache import VectorCache, key_of
from daulat.knowledge.index.seed import Seed, seed_dimensions, short_key, write_seed
from daulat.knowledge.ingest import ingest_all, load_rules
from daulat.knowledge.release.write import cut_segments
from daulat.knowledge.search import reader_for
from daulat.knowledge.sources import load_sources
from daulat.nation.packs import pack_at

PACK = Path(__file__).parents[1] / "daulat_id"
TEXT_STEP, QUESTION_STEP = 0.006, 0.045
WORK = Path(".daulat/vectors/multilingual-e5-small-q4.bin")


def make_vectors(pack: Path, work: Path) -> int:
    """Write the pack's vectors; return how many texts had to be encoded."""
    encoder = ParallelEncoder(open_e5(), os.cpu_count() or 1)
    of_texts, of_questions = pack / "vectors.e5.bin", pack / "vectors.e5.everyday.bin"
    ingested = ingest_all(load_sources(pack / "sources.yaml"), load_rules(pack))
    for failure in ingested.failures:
        sys.exit(f"{failure.path}: {failure.reason}. {failure.fix}")
    segments = [segment.text for segment in cut_segments(ingested.documents)]
    wordings = wordings_of(pack)
    asking = AsQueries(adapt(encoder, wordings.adapter_for(encoder.name)[1]))
    questions = write_readings(wordings, pack / READINGS)
    cache = VectorCache(work, encoder.dimensions, [of_texts, of_questions])
    missing = 0
    for target, encodes, texts, unit, step in (
        (of_texts, encoder, segments, "segments", TEXT_STEP),
        (of_questions, asking, questions, "questions", QUESTION_STEP),
    ):
        beside = target.with_suffix(".new")
        keys = [key_of(encodes.name, text) for text in texts]
        if held_by(target, keys):
            print(f"{target}: unchanged")
            continue
        missing += fill(cache, encodes, texts, unit)
        kept = Seed(target) if target.is_file() and seed_dimensions(target) == encoder.dimensions else None
        count = write_seed(beside, keys, *cache.read(keys), step=step, kept=kept)
        beside.rename(target)
        print(f"{target}: {count:,} vectors, {target.stat().st_size / 1e6:.1f} MB")
    return missing


def held_by(target: Path, keys: Sequence[bytes]) -> bool:
    """Whether a file holds the vectors of these texts and of no others."""
    if not target.is_file() or not seed_dimensions(target):
        return False
    return set(Seed(target).keys.tolist()) == {short_key(key) for key in keys}


def wordings_of(pack: Path) -> Wordings:
    """Return the pack's everyday questions, as the pack reads them."""
    nation = yaml.safe_load((pack / "nation.yaml").read_text(encoding="utf-8"))
    opened = pack_at(pack, "ID")
    wordings = pack_everyday(opened, reader_for(opened, [language["tag"] for language in nation["languages"]]))
    assert wordings is not None
    return wordings


def write_readings(wordings: Wordings, target: Path) -> list[str]:
    """Read every everyday question, whatever was read before; return what is encoded of each."""
    rows, faults = read_everyday(wordings.folder)
    for fault in faults:
        print(f"left out: {fault}", file=sys.stderr)
    asked = [(tag, text) for _, tag, text in questions_of(rows)]
    fresh = Readings(wordings.readings.rules)
    with Progress() as bar:
        task = bar.add_task("reading questions", total=len(asked))
        found = fresh.read(asked, wordings.read, lambda done: bar.update(task, completed=done))
    before = target.read_bytes() if target.is_file() else b""
    fresh.write(target, asked, found)
    print(f"{target}: {'unchanged' if target.read_bytes() == before else f'{target.stat().st_size / 1e6:.1f} MB'}")
    return [each.text for each in found]


def fill(cache: VectorCache, encoder: Encoder, texts: Sequence[str], unit: str) -> int:
    """Encode what is missing; return how many that were."""
    missing = cache.count_missing(encoder, texts)
    with Progress() as bar:
        task = bar.add_task(f"encoding {unit}", total=missing)
        for done in cache.fill(encoder, texts):
            bar.update(task, completed=done)
    return missing


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=WORK, help="where new vectors are kept until all are there")
    make_vectors(PACK, parser.parse_args().work)
