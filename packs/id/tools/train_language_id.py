# SPDX-License-Identifier: Apache-2.0
"""Train the language model of this pack, `daulat_id/languages/detector.npz`, and measure it on what it has not seen.

    python packs/id/tools/train_language_id.py --data ../shared/data

Comes in: parallel sentences (NusaX, NusaWrites, TICO-19), questions (MIRACL, Belebele, our everyday wordings), laws.
Goes out: the model and `detector.json`, which holds the sources and the accuracy by language and by length. Needs numpy
only; takes some ten minutes on one core. Same data and seed, same model.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daulat.language._ngrams import features, words_of
from daulat.language.detection import Detector, LanguageModel
from daulat.language.wording import read_pairs

PACK = Path(__file__).parents[1] / "daulat_id"
OUT = PACK / "languages"
BUCKETS = 1 << 16
EPOCHS = 6
BATCH = 64
LEARNING_RATE = 0.25
SHRINK = 1e-6
SEED = 20_260_101
STRINGS = 1_500
OFFICIAL = "id"
SHARED = 5  # a word that another language says less than this many times as often as the official one is no evidence
# Added to the official language's bias: it halves the Indonesian questions of 3 to 5 words that are taken for another
# language, 0.9 to 0.5 %, and costs one Javanese or Sundanese one in a hundred.
LEAN = 0.4
LENGTHS = {"1 or 2": (1, 2), "3": (3, 3), "4": (4, 4), "5 to 7": (5, 7), "8 or more": (8, 10_000)}  # words
LARGEST_BYTES = 400_000
TAGS = {
    "indonesian": "id", "english": "en", "javanese": "jv", "sundanese": "su", "minangkabau": "min", "balinese": "ban",
    "acehnese": "ace", "buginese": "bug", "madurese": "mad", "banjarese": "bjn", "ngaju": "nij", "toba_batak": "bbc",
    "jav": "jv", "sun": "su", "min": "min", "mad": "mad", "bug": "bug", "bew": "bew", "mak": "mak", "btk": "bbc",
    "jav_Latn": "jv", "sun_Latn": "su",
}  # fmt: skip
FULL, QUESTION = "full sentences", "cuts of 3 to 8 words"
# A question in a regional language or in English names papers by their Indonesian names; the model must not mind.
LOANS = [
    *(
        "akta kelahiran",
        "akta kematian",
        "akta nikah",
        "buku nikah",
        "kartu keluarga",
        "surat pindah",
        "surat keterangan",
    ),
    *("KTP", "e-KTP", "KK", "NIK", "BPJS", "SIM", "STNK", "SKCK", "NPWP", "paspor", "ijazah", "data pribadi"),
    *("puskesmas", "rumah sakit", "kelurahan", "kecamatan", "RT RW", "dukcapil", "Disdukcapil", "KUA", "PPDB"),
    *("THR", "PHK", "UMR", "pesangon", "wajib belajar", "disabilitas"),
]

Sample = tuple[str, str]


def is_held_out(key: str) -> bool:
    """Keep one in ten apart, by a hash of the sentence's key, so that parallel sentences stay on one side."""
    return zlib.crc32(key.encode()) % 10 == 0


def read(data: Path) -> tuple[list[Sample], list[Sample], list[Sample]]:
    """Return (training, held-out, held-out everyday) samples of language and text."""
    train: list[Sample] = []
    held: list[Sample] = []
    asked: list[Sample] = []
    for key, tag, text in sentences(data):
        (held if is_held_out(key) else train).append((tag, text))
    for key, tag, text in everyday():
        (asked if is_held_out(key) else train).append((tag, text))
    with (data / "nusax/parallel_valid.csv").open(encoding="utf-8") as file:
        held.extend((TAGS[name], row[name]) for row in csv.DictReader(file) for name in row if name in TAGS)
    return train, held, asked


def everyday() -> Iterator[tuple[str, str, str]]:
    """Yield (key, language, question) from the everyday wordings; those of one passage stay on one side."""
    for path in sorted((PACK / "everyday").glob("*.jsonl")):
        for row in lines(path):
            asks = [(tag, text) for tag, texts in row["asks"].items() for text in texts]
            yield from (((row["passages"] or [asks[0][1]])[0], tag, text) for tag, text in asks)


def sentences(data: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (key, language, text) from everything but the official validation part of NusaX."""
    with (data / "nusax/parallel_train.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield from ((row["id"], TAGS[name], row[name]) for name in row if name in TAGS)
    for row in lines(data / "nusawrites_mt/sentences.jsonl.gz"):
        if row["lang"] in TAGS:
            yield row["indonesian"], TAGS[row["lang"]], row["local"]
            yield row["indonesian"], "id", row["indonesian"]
    for row in lines(data / "nusawrites_topic/paragraphs.jsonl.gz"):
        if row["lang"] in TAGS:
            yield row["text"], TAGS[row["lang"]], row["text"]
    for row in lines(data / "tico19/en_id.jsonl"):
        yield row["document"], "en", row["english"]
        yield row["document"], "id", row["indonesian"]
    for row in lines(data / "belebele/belebele.jsonl"):
        for text in (row["question"], row["passage"], *row["choices"]):
            yield row["passage"][:40], TAGS[row["lang"]], str(text)
    with (data / "miracl_id_questions/questions.csv").open(encoding="utf-8") as file:
        yield from ((row["question"], "id", row["question"]) for row in csv.DictReader(file))
    for row in lines(data / "peraturan_id/passages_core.jsonl.gz"):
        if zlib.crc32(row["passage_id"].encode()) % 10 < 2:
            yield row["passage_id"], "id", row["text"][:300]


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read JSON lines, gzipped or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def lexicons(rng: np.random.Generator) -> list[Sample]:
    """Return the pack's own word lists as samples: each entry, and strings of 2 to 5 entries mixed with loans.

    The lists of other languages teach their words; the list of informal spellings teaches informal Indonesian.
    """
    found: list[Sample] = []
    for path in [*sorted(OUT.glob("*.lexicon.tsv")), OUT / "id.informal.tsv"]:
        tag = path.name.split(".")[0]
        pairs = read_pairs(path.read_text(encoding="utf-8"))
        entries = [local for local, official in pairs if local.casefold() != official.casefold()]
        found.extend((tag, entry) for entry in entries)
        for _ in range(STRINGS):
            chosen = [entries[k] for k in rng.integers(len(entries), size=int(rng.integers(2, 6)))]
            if rng.random() < 0.5:
                chosen.insert(int(rng.integers(0, len(chosen) + 1)), LOANS[int(rng.integers(len(LOANS)))])
            found.append((tag, " ".join(chosen)))
    return found


def short(
    samples: Iterable[Sample], rng: np.random.Generator, loans: bool, least: int = 3, most: int = 8
) -> list[Sample]:
    """Cut `least` to `most` words from each sample at random; with `loans`, mix an Indonesian term into every third."""
    found: list[Sample] = []
    for tag, text in samples:
        words = text.split()
        size = int(rng.integers(least, most + 1))
        start = int(rng.integers(0, max(1, len(words) - size + 1)))
        cut = words[start : start + size]
        if loans and rng.random() < 0.33:
            cut.insert(int(rng.integers(0, len(cut) + 1)), LOANS[int(rng.integers(len(LOANS)))])
        if len(cut) >= least:
            found.append((tag, " ".join(cut)))
    return found


def only_shared(samples: list[Sample]) -> Callable[[Sample], bool]:
    """Return whether a text has no word that its language says much more often than the official one does."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for tag, text in samples:
        counts[tag].update(words_of(text))
    sums = {tag: counted.total() for tag, counted in counts.items()}

    def is_shared(word: str, tag: str) -> bool:
        here, official = counts[tag][word] / sums[tag], counts[OFFICIAL][word] / sums[OFFICIAL]
        return here < SHARED * official

    return lambda sample: all(is_shared(word, sample[0]) for word in words_of(sample[1]))


def fit(
    samples: list[Sample], tags: list[str], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit a softmax regression with Adagrad; each language weighs the same whatever its number of samples."""
    rows = [features(words_of(text), BUCKETS) for _, text in samples]
    labels = np.array([tags.index(tag) for tag, _ in samples])
    counts = np.bincount(labels, minlength=len(tags))
    share = np.sqrt(counts.mean() / counts)  # the square root: rare languages are helped, not amplified
    weights = np.zeros((BUCKETS, len(tags)), np.float32)
    bias = np.zeros(len(tags), np.float32)
    seen = np.full((BUCKETS, len(tags)), 1e-3, np.float32)
    usable = np.array([i for i, row in enumerate(rows) if len(row)])
    for epoch in range(EPOCHS):
        loss = 0.0
        order = rng.permutation(usable)
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            sizes = np.array([len(rows[i]) for i in batch])
            index = np.concatenate([rows[i] for i in batch])
            value = np.repeat(1 / np.sqrt(sizes), sizes).astype(np.float32)
            starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
            scores = np.add.reduceat(weights[index] * value[:, None], starts, axis=0) + bias
            odds = np.exp(scores - scores.max(axis=1, keepdims=True))
            odds /= odds.sum(axis=1, keepdims=True)
            loss -= float(np.log(odds[np.arange(len(batch)), labels[batch]] + 1e-9).sum())
            odds[np.arange(len(batch)), labels[batch]] -= 1
            odds *= (share[labels[batch]] / len(batch))[:, None].astype(np.float32)
            unique, inverse = np.unique(index, return_inverse=True)
            gradient = np.zeros((len(unique), len(tags)), np.float32)
            np.add.at(gradient, inverse, np.repeat(odds, sizes, axis=0) * value[:, None])
            seen[unique] += gradient**2
            step = LEARNING_RATE * gradient / np.sqrt(seen[unique])
            moved = weights[unique] - step
            weights[unique] = np.sign(moved) * np.maximum(np.abs(moved) - SHRINK / np.sqrt(seen[unique]), 0)
            bias -= 0.01 * odds.sum(axis=0)
        print(f"epoch {epoch + 1}/{EPOCHS}: loss {loss / len(order):.4f}", file=sys.stderr)
    return weights, bias


def accuracy(detect, samples: list[Sample], among: list[str]) -> dict[str, float]:  # type: ignore[no-untyped-def]
    """Return the share of right answers by language."""
    right: dict[str, int] = defaultdict(int)
    total: dict[str, int] = defaultdict(int)
    for tag, text in samples:
        if tag in among:
            total[tag] += 1
            right[tag] += detect(text, among).language == tag
    return {tag: round(right[tag] / total[tag], 4) for tag in among if total[tag]}


def main() -> None:
    """Train, write and measure; or only measure the model that is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, required=True, help="folder that holds nusax/, nusawrites_mt/, tico19/, ..."
    )
    parser.add_argument("--measure", action="store_true", help="measure the model that is there, train nothing")
    given = parser.parse_args()
    train, held, asked = read(given.data)
    path = OUT / "detector.npz"
    if not given.measure:
        write(path, train)
    report(path, held, asked, sorted({tag for tag, _ in train}, key=lambda tag: (tag != "id", tag)))


def write(path: Path, train: list[Sample]) -> None:
    """Train the model and write it as plain arrays."""
    rng = np.random.default_rng(SEED)
    tags = sorted({tag for tag, _ in train})
    whole = train + lexicons(rng)
    cuts = short(train, rng, loans=True) + short(train, rng, loans=True)
    cuts += short(train, rng, loans=False, least=2, most=5)
    # Three words from the middle of a Javanese question are often three Indonesian ones: then they are Indonesian.
    is_official = only_shared(train)
    samples = whole + [(OFFICIAL if is_official(cut) else cut[0], cut[1]) for cut in cuts]
    weights, bias = fit(samples, tags, rng)
    bias[tags.index(OFFICIAL)] += LEAN
    scale = float(np.abs(weights).max() / 127)
    small = np.rint(weights / scale).astype(np.int8)
    np.savez_compressed(path, languages=np.array(tags), weights=small, scale=scale, bias=bias)


def report(path: Path, held: list[Sample], asked: list[Sample], tags: list[str]) -> None:
    """Measure the model as it will be read, and write the figures beside it."""
    if path.stat().st_size > LARGEST_BYTES:
        raise SystemExit(f"{path} has {path.stat().st_size} bytes; the limit is {LARGEST_BYTES}")
    detect = Detector(LanguageModel.load(path)).detect
    cuts = short(held, np.random.default_rng(SEED), loans=False)
    parts = {FULL: [s for s in held if len(s[1].split()) > 8], QUESTION: cuts}
    parts["questions of 3 to 8 words"] = [s for s in held if s[1].strip().endswith("?") and 3 <= len(s[1].split()) <= 8]
    for length, (least, most) in LENGTHS.items():
        parts[f"everyday questions of {length} words"] = [s for s in asked if least <= len(s[1].split()) <= most]
    nation = ["id", "jv", "su", "en"]
    figures = {
        "bytes": path.stat().st_size,
        "samples": {name: len(part) for name, part in parts.items()},
        "among id, jv, su, en": {name: accuracy(detect, part, nation) for name, part in parts.items()},
        "among all, Indonesian first": {name: accuracy(detect, part, tags) for name, part in parts.items()},
        "trained_on": "NusaX (BY-SA-4.0), NusaWrites (Apache-2.0 / BY-SA-4.0), TICO-19 (CC0), Belebele (BY-SA-4.0), "
        "MIRACL questions (Apache-2.0), statutes (no copyright), word lists and everyday wordings of this pack",
    }
    (OUT / "detector.json").write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
