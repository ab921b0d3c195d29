# SPDX-License-Identifier: Apache-2.0
"""Ask the same questions in other languages: a folder of data in, what was found of each language out.

    python benchmarks/same_questions.py --data DATA

Of law_qa a sample of 400, whose two forms of question are put into Javanese, Sundanese and English by rule, the law's
name too; the term that is asked for stays as it is. Of IDK-MRC 120, put into Javanese and Sundanese by hand
(`packs/id/tests/questions/idk_mrc.tsv`). Not reviewed by a native speaker. One JSON object is printed; nothing is
fitted.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

BY_HAND = Path(__file__).parents[1] / "packs" / "id" / "tests" / "questions" / "idk_mrc.tsv"
SAMPLE, SEED = 400, 3
FORM = re.compile(
    r"Apa yang dimaksud dengan (.*) (menurut|dalam) ((?:Peraturan Pemerintah|Undang-Undang).*)\?", re.DOTALL
)
QUESTION = {
    "jv": ("Apa sing dikarepaké karo {0} {1} {2}?", {"menurut": "miturut", "dalam": "ing"}),
    "su": ("Naon anu dimaksud ku {0} {1} {2}?", {"menurut": "nurutkeun", "dalam": "dina"}),
    "en": ("What is meant by {0} {1} {2}?", {"menurut": "according to", "dalam": "in"}),
}
LAW = {
    "jv": {
        "Peraturan Pemerintah": "Peraturan Pamaréntah",
        "Undang-Undang": "Undhang-Undhang",
        " Nomor ": " Nomer ",
        " Tahun ": " Taun ",
        " tentang ": " babagan ",
    },
    "su": {"Peraturan Pemerintah": "Peraturan Pamaréntah", " Tahun ": " Taun ", " tentang ": " ngeunaan "},
    "en": {
        "Peraturan Pemerintah": "Government Regulation",
        "Undang-Undang": "Law",
        " Nomor ": " Number ",
        " Tahun ": " of ",
        " tentang ": " on ",
    },
}


def put_into(language: str, question: str) -> str:
    """Return a question of law_qa in another language.

    >>> put_into("su", "Apa yang dimaksud dengan Desa menurut Undang-Undang Nomor 5 Tahun 1979?")
    'Naon anu dimaksud ku Desa nurutkeun Undang-Undang Nomor 5 Taun 1979?'
    """
    found = FORM.fullmatch(question)
    if found is None:
        raise SystemExit(f"not of a form that is known: {question}")
    term, tie, law = found.groups()
    for ours, theirs in LAW[language].items():
        law = law.replace(ours, theirs)
    form, ties = QUESTION[language]
    return form.format(term, ties[tie], law)


def measure(data: Path, names: Iterable[str], questions: str, rows: list[Mapping[str, Any]]) -> dict[str, float]:
    """Measure retrieval over a folder of the files `names`, with `rows` for questions."""
    with TemporaryDirectory() as folder:
        for name in names:
            (Path(folder) / name).symlink_to((data / name).resolve())
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (Path(folder) / questions).write_text(lines, encoding="utf-8")
        command = [str(Path(sys.executable).with_name("daulat")), "bench", "retrieval", "--json", "--data", folder]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result = json.loads(done.stdout)
    return {key: result[key] for key in ("n", "recall_at_1", "recall_at_5", "mrr")}


def of_law(data: Path) -> dict[str, dict[str, float]]:
    """Measure the sample of law_qa in each language."""
    folder = data / "peraturan_id"
    rows = [json.loads(line) for line in (folder / "law_qa.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = random.Random(SEED).sample([row for row in rows if row["answerable"]], SAMPLE)
    names = sorted(path.name for path in folder.iterdir() if path.name.startswith(("passages_", "documents_")))
    asked = {"id": rows}
    for language in LAW:
        asked[language] = [row | {"question": put_into(language, row["question"])} for row in rows]
    return {tag: measure(folder, names, "law_qa.jsonl", asked[tag]) for tag in asked}


def of_idk_mrc(data: Path) -> dict[str, dict[str, float]]:
    """Measure the questions of IDK-MRC that were put into other languages by hand."""
    folder = data / "idk_mrc"
    with BY_HAND.open(encoding="utf-8", newline="") as file:
        by_hand = {row["id"]: row for row in csv.DictReader(file, delimiter="\t")}
    rows = [json.loads(line) for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["id"] in by_hand]
    asked = {"id": rows}
    for language in ("jv", "su"):
        asked[language] = [row | {"question": by_hand[row["id"]][language]} for row in rows]
    return {tag: measure(folder, ["contexts.jsonl.gz"], "questions.jsonl", asked[tag]) for tag in asked}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of peraturan_id and idk_mrc")
    data = parser.parse_args().data
    print(json.dumps({"law_qa": of_law(data), "idk_mrc": of_idk_mrc(data)}, indent=1))


if __name__ == "__main__":
    main()
