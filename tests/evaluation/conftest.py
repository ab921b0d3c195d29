# SPDX-License-Identifier: Apache-2.0
"""Two small folders of the shapes that `daulat bench` reads, and an encoder without weights.

All texts were written here, in the manner of a law and of an encyclopaedia.
"""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from daulat.evaluation import Bench
from daulat.knowledge.search import FEATURES, Ranking, Weights
from daulat.nation import find_pack

ARTICLES = {
    "UU-1-2001:pasal-1#0": "Dalam Undang-Undang ini yang dimaksud dengan: 1. Akta kelahiran adalah catatan kelahiran.",
    "UU-1-2001:pasal-2#1": "Setiap kelahiran wajib dilaporkan oleh penduduk paling lambat 60 (enam puluh) hari.",
    "UU-1-2001:pasal-3#2": "Penduduk yang pindah wajib melapor untuk mendapatkan surat keterangan pindah.",
    "UU-2-2002:pasal-1#0": "Dalam Undang-Undang ini yang dimaksud dengan: 1. Upah adalah hak pekerja sebagai imbalan.",
    "UU-2-2002:pasal-2#1": "Pengusaha wajib membayar upah tepat waktu sesuai perjanjian kerja dengan pekerja.",
}
DOCUMENTS = {"UU-1-2001": "Administrasi Kependudukan", "UU-2-2002": "Pengupahan"}


class CountingEncoder:
    """Hashes words into a vector, and counts what it was given: near texts share words."""

    name, dimensions = "words-64", 64

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encode(texts)

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded += texts
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.full((len(texts), 64), 0.1, np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                row[zlib.crc32(word.strip(".,?:").encode()) % 64] += 1
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def ranking() -> Ranking:
    """Weights that no fit moves: names first, then definitions, words and meaning."""
    weights = dict.fromkeys(FEATURES, 0.0) | {"named": 9.0, "defines": 3.0, "words": 1.0, "dense": 1.0}
    row = np.array([weights[name] for name in FEATURES], np.float32)
    return Ranking(*4 * (Weights.of_linear(row),))


@pytest.fixture
def law_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "law"
    folder.mkdir()
    rows = [
        {
            "passage_id": passage_id,
            "doc_id": passage_id.partition(":")[0],
            "seq": int(passage_id[-1]),
            "section": "body",
            "article": passage_id.partition("pasal-")[2][0],
            "chapter": None,
            "text": text,
        }
        for passage_id, text in ARTICLES.items()
    ]
    write_lines(folder / "passages_core.jsonl.gz", rows)
    with (folder / "documents_core.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["doc_id", "kind", "number", "year", "title", "citation", "topics", "relations"])
        for doc_id, title in DOCUMENTS.items():
            _, number, year = doc_id.split("-")
            citation = f"Undang-Undang Nomor {number} Tahun {year} tentang {title}"
            table.writerow([doc_id, "Undang-Undang", number, year, title, citation, "", ""])
    asked = {
        "Apa yang dimaksud dengan Akta kelahiran menurut Undang-Undang Nomor 1 Tahun 2001?": "UU-1-2001:pasal-1#0",
        "Apa yang dimaksud dengan Upah menurut Undang-Undang Nomor 2 Tahun 2002?": "UU-2-2002:pasal-1#0",
        "Apa yang dimaksud dengan Reaktor menurut Undang-Undang Nomor 9 Tahun 2009?": None,
    }
    write_lines(
        folder / "law_qa.jsonl",
        [
            {
                "qid": f"q-{n}",
                "kind": "definition" if gold else "unanswerable",
                "question": text,
                "passage_id": gold,
                "answerable": gold is not None,
            }
            for n, (text, gold) in enumerate(asked.items())
        ],
    )
    return folder


@pytest.fixture
def context_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "contexts"
    folder.mkdir()
    texts = {"c-1": "Danau itu terbentuk oleh letusan gunung api.", "c-2": "Kereta pertama berangkat pukul lima pagi."}
    write_lines(folder / "contexts.jsonl.gz", [{"context_id": key, "text": text} for key, text in texts.items()])
    write_lines(
        folder / "questions.jsonl",
        [
            {"id": "1", "context_id": "c-1", "question": "Bagaimana danau itu terbentuk?", "answerable": True},
            {"id": "2", "context_id": "c-2", "question": "Pukul berapa kereta pertama berangkat?", "answerable": True},
            {"id": "3", "context_id": "c-2", "question": "Siapa masinis kereta pertama?", "answerable": False},
        ],
    )
    return folder


@pytest.fixture
def bench(tmp_path: Path, encoder: CountingEncoder) -> Bench:
    return Bench(
        country="ID",
        pack=find_pack("ID"),
        languages=("id", "jv", "su"),
        encoder=encoder,
        cache=tmp_path / "cache",
        threads=2,
        version="0",
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        progress=lambda stage, done, total: None,
    )


def write_lines(path: Path, rows: Sequence[object]) -> None:
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
