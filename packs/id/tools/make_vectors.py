# SPDX-License-Identifier: Apache-2.0
"""Writes `vectors.e5.bin`: the sources of the pack in, vectors of their segments out, so that no site computes them.

Run it after any change of the sources, their titles or how they are cut; `daulat knowledge build` says how many
segments it had to encode, which is 0 after this. Only what is missing is encoded; an interrupted run goes on where it
stopped. Vectors of texts that are no longer there are dropped. It changes no other file.

    .venv/bin/python packs/id/tools/make_vectors.py
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from daulat.cli._output import progress
from daulat.knowledge.encoder import open_e5
from daulat.knowledge.index.cache import VectorCache, key_of, write_seed
from daulat.knowledge.ingest import ingest_all, load_rules
from daulat.knowledge.release.write import cut_segments
from daulat.knowledge.sources import load_sources

PACK = Path(__file__).parents[1] / "daulat_id"
WORK = Path(".daulat/vectors/multilingual-e5-small-q4.bin")


def make_vectors(pack: Path, work: Path) -> int:
    """Write the pack's vectors; return how many texts had to be encoded."""
    encoder, target = open_e5(), pack / "vectors.e5.bin"
    ingested = ingest_all(load_sources(pack / "sources.yaml"), load_rules(pack))
    for failure in ingested.failures:
        sys.exit(f"{failure.path}: {failure.reason}. {failure.fix}")
    texts = [segment.text for segment in cut_segments(ingested.documents)]
    cache = VectorCache(work, encoder.dimensions, [target])
    missing = cache.count_missing(encoder, texts)
    with progress("encoding", missing, unit="segments") as advance:
        before = 0
        for done in cache.fill(encoder, texts):
            advance(done - before)
            before = done
    # Written beside and renamed: the cache still maps the old file.
    beside = target.with_suffix(".new")
    count = write_seed(beside, cache, [key_of(encoder.name, text) for text in texts])
    beside.rename(target)
    print(f"{target}: {count:,} vectors, {target.stat().st_size / 1e6:.1f} MB")
    return missing


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=WORK, help="where new vectors are kept until all are there")
    make_vectors(PACK, parser.parse_args().work)
