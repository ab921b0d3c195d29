# SPDX-License-Identifier: Apache-2.0
"""What encoding costs, and how near our arithmetic is to the C engine that travels with the weights.

    python benchmarks/encoder.py --data FOLDER [--passages 100]

FOLDER holds `passages_*.jsonl.gz`. CPU times of this process; run it with OMP_NUM_THREADS=1 for figures of one core.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import time
from pathlib import Path

import numpy as np

from daulat.knowledge.cutting.segments import segments
from daulat.knowledge.encoder import E5Encoder, bundled_weights
from daulat.knowledge.encoder.native import open_native


def sample(folder: Path, count: int) -> list[str]:
    texts: list[str] = []
    for path in sorted(folder.glob("passages_*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            texts += [json.loads(line)["text"] for line in file]
    drawn = random.Random(0).sample(texts, min(count, len(texts)))
    return [text[start:end] for text in drawn for start, end in segments(text)][:count]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--passages", type=int, default=100)
    given = parser.parse_args()
    texts = sample(given.data, given.passages)
    ours, native = E5Encoder(bundled_weights()), open_native(bundled_weights())
    ours.passages(texts[:2])
    started = time.process_time()
    rows = ours.passages(texts)
    numpy_s = time.process_time() - started
    started = time.process_time()
    reference = np.stack([native(text, False) for text in texts])
    native_s = time.process_time() - started
    questions = [" ".join(text.split()[:12]) for text in texts]
    times = []
    for question in questions:
        started = time.process_time()
        native(question, True)
        times.append((time.process_time() - started) * 1e3)
    figures = {
        "segments": len(texts),
        "numpy_segments_per_cpu_s": round(len(texts) / numpy_s, 1),
        "native_segments_per_cpu_s": round(len(texts) / native_s, 1),
        "least_cosine": round(float((rows * reference).sum(axis=1).min()), 5),
        "question_cpu_ms_p50": round(float(np.percentile(times, 50)), 1),
        "question_cpu_ms_p95": round(float(np.percentile(times, 95)), 1),
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
