# SPDX-License-Identifier: Apache-2.0
"""Propose revocations from the closing articles of the bundled laws, for a person to read before they become data.

    python packs/id/tools/propose_relations.py FOLDER > proposals.yaml

Comes in: a folder of passages and documents. Goes out: YAML in the shape of relations.yaml, each act with the sentence
that says so as a comment. A sentence is a proposal only: "sepanjang mengatur ..." revokes a part, and "tetap berlaku"
nothing.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import daulat_id
from daulat.knowledge.cutting import sentences
from daulat.knowledge.ingest import ingest, load_rules
from daulat.knowledge.legal import find_citations
from daulat.knowledge.sources import folder_sources

REVOKED = re.compile(r"dicabut|tidak\s+berlaku", re.IGNORECASE)
KEPT = re.compile(r"tetap\s+berlaku|masih\s+berlaku|peraturan\s+pelaksana\w*\s+dari", re.IGNORECASE)
PART = re.compile(r"sepanjang\s+(?:mengatur|mengenai|menyangkut)|ketentuan\s+pasal|\bpasal\s+\d+", re.IGNORECASE)


def propose(folder: Path) -> None:
    """Write the proposals to standard output."""
    rules = load_rules(Path(daulat_id.__file__).parent)
    legal = rules.legal
    if legal is None:
        raise SystemExit("the pack has no legal.yaml")
    documents = [item for source in folder_sources(folder, language="id") for item in ingest(source, rules)]
    known = {item.document.doc_id for item in documents if hasattr(item, "document")}
    for item in documents:
        if not hasattr(item, "document"):
            continue
        for passage in item.passages:
            if passage.section != "body" or not REVOKED.search(passage.text):
                continue
            text = passage.text
            said = " ".join(text[a:b] for a, b in sentences(text) if not KEPT.search(text[a:b]))
            end = max((m.end() for m in REVOKED.finditer(said)), default=0)
            named = [m.doc_id for m in find_citations(said[:end], legal)]
            targets = [d for d in dict.fromkeys(named) if d in known and d != item.document.doc_id]
            if targets and end:
                kind = "partly_revokes?" if PART.search(said[:end]) else "revokes"
                sys.stdout.write(f"# {' '.join(said.split())[:700]}\n")
                sys.stdout.write(
                    f"- {{act: {item.document.doc_id}, source: {passage.passage_id}, {kind}: {targets}}}\n"
                )


if __name__ == "__main__":
    propose(Path(sys.argv[1]))
