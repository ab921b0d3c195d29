# SPDX-License-Identifier: Apache-2.0
"""Make `words.txt.gz`: the words of the bundled texts that were read well, to tell a word from a misreading.

    python packs/id/tools/make_words.py

Comes in: the bundled regulations with an out-of-vocabulary rate of at most 1.5 %.
Goes out: one lower case word a line, sorted; a word must stand in two documents. The result is reproducible.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter
from pathlib import Path

PACK = Path(__file__).parent.parent / "daulat_id"
CLEAN = 0.015
DOCUMENTS = 2
WORD = re.compile(r"[^\W\d_]{2,}")


def words() -> list[str]:
    """Return the words that stand in at least two clean documents."""
    folder = PACK / "sources" / "regulations"
    with (folder / "documents.csv").open(encoding="utf-8", newline="") as file:
        clean = {row["doc_id"] for row in csv.DictReader(file) if float(row["oov_rate"]) <= CLEAN}
    found: dict[str, set[str]] = {}
    with gzip.open(folder / "passages.jsonl.gz", "rt", encoding="utf-8") as lines:
        for passage in map(json.loads, lines):
            if passage["doc_id"] in clean:
                found.setdefault(passage["doc_id"], set()).update(WORD.findall(passage["text"].lower()))
    counts = Counter(word for document in found.values() for word in document)
    return sorted(word for word, count in counts.items() if count >= DOCUMENTS)


if __name__ == "__main__":
    # A fixed time inside, so that the same texts make the same file.
    with (PACK / "words.txt.gz").open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as file:
        file.write("\n".join(words()).encode() + b"\n")
