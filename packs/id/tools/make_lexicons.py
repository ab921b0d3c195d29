# SPDX-License-Identifier: Apache-2.0
"""Make the word lists of this pack that come from published data: NusaX, TICO-19 and banyumasan-corpus.

    python packs/id/tools/make_lexicons.py --data ../shared/data

Comes in: `nusax/lexicon.csv`, `tico19/covid_terms.csv`, `banyumasan/pairs.jsonl` and the statutes. Goes out:
`languages/<tag>.<source>.tsv`, each with its licence and source on top. Local words that the statutes
or everyday Indonesian uses are left out: in a code-mixed question they are more often Indonesian.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
from collections import Counter, defaultdict
from pathlib import Path

OUT = Path(__file__).parents[1] / "daulat_id" / "languages"
OFTEN = 20  # a word that stands this often in the statutes is Indonesian
NUSAX = (
    "CC-BY-SA-4.0",
    "NusaX lexicon, github.com/IndoNLP/nusax @ 75b0be5 (Winata et al. 2023); changed: reversed, one sense kept",
)
SPOKEN = {
    **{"javanese": "jv", "sundanese": "su", "minangkabau": "min", "banjarese": "bjn"},
    **{"balinese": "ban", "madurese": "mad", "acehnese": "ace", "buginese": "bug"},
}
TICO = ("CC0-1.0", "TICO-19 terminology, github.com/tico-19/tico-19.github.io @ d97615f; joined over English")
BANYUMASAN = ("MIT", "banyumasan-corpus 0.1.0, PyPI; changed: ambiguous pairs left out")


def main() -> None:
    """Write every list."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    counts = statute_words(data)
    with (data / "nusax/lexicon.csv").open(encoding="utf-8") as file:
        nusax = list(csv.DictReader(file))
    for name, tag in SPOKEN.items():
        write(tag, "nusax", NUSAX, [(r["local"], r["indonesian"]) for r in nusax if r["language"] == name], counts)
    terms = covid_terms(data)
    for lang, tag in (("jav", "jv"), ("sun", "su")):
        pairs = [
            (word, id_) for english, words in terms[lang].items() for word in words for id_ in terms["ind"][english][:1]
        ]
        write(tag, "tico19", TICO, pairs, counts)
    write("en", "tico19", TICO, [(english, words[0]) for english, words in terms["ind"].items()], Counter())
    with (data / "banyumasan/pairs.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    write("jv", "banyumasan", BANYUMASAN, [(row["ngapak"], row["indonesia"]) for row in rows], counts)


def statute_words(data: Path) -> Counter[str]:
    """Count the words of the core statutes, and those of everyday Indonesian as if each stood there ten times."""
    counts: Counter[str] = Counter()
    with (data / "nusax/parallel_train.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            counts.update(re.findall(r"[a-z]+", row["indonesian"].lower()) * 10)
    with gzip.open(data / "peraturan_id/passages_core.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            counts.update(re.findall(r"[a-z]+", json.loads(line)["text"].lower()))
    return counts


def covid_terms(data: Path) -> dict[str, dict[str, list[str]]]:
    """Return language, then English term, then local terms."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    with (data / "tico19/covid_terms.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["lang"]][row["english"].strip().lower()].append(row["local"].strip().lower())
    return found


def write(tag: str, source: str, origin: tuple[str, str], pairs: list[tuple[str, str]], counts: Counter[str]) -> None:
    """Keep one sense a word, the one that the statutes use most, and write the list."""
    senses: dict[str, set[str]] = defaultdict(set)
    for local, official in pairs:
        local, official = clean(local), clean(official)
        if local and official and local != official and counts[local] < OFTEN and len(local) > 1:
            senses[local].add(official)
    licence, said = origin
    lines = [f"# SPDX-License-Identifier: {licence}", f"# Source: {said}.", "# Not reviewed by a native speaker here."]
    for local, official in sorted(senses.items()):
        best = min(official, key=lambda word: (-counts[word.split()[0]], word))
        lines.append(f"{local}\t{best}")
    (OUT / f"{tag}.{source}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def clean(text: str) -> str:
    """Return plain lower-case words, or nothing when there is more than words."""
    text = text.strip().lower()
    return text if re.fullmatch(r"[^\W\d_]+(?:[ '’-][^\W\d_]+){0,3}", text) else ""


if __name__ == "__main__":
    main()
