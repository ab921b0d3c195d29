# SPDX-License-Identifier: Apache-2.0
"""Stand in for a reranker that is always right: questions in, a `/rerank` endpoint that knows the answers out.

    python benchmarks/oracle_reranker.py --data ../shared/data/idk_mrc --port 8900

Declare it as `knowledge: {reranker: {url: http://127.0.0.1:8900/v1, model: oracle}}` and run `daulat bench retrieval
--reranked`: its figures are the most that any reranker of the first hits could reach. It is no model, and says nothing
about one.
"""

from __future__ import annotations

import argparse
import gzip
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def read_answers(folder: Path) -> dict[str, list[str]]:
    """Return the texts that answer each question, the two sides as a searcher gives them to a reranker."""
    with gzip.open(folder / "contexts.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = {row["context_id"]: row["text"].strip() for row in map(json.loads, lines)}
    answers: dict[str, list[str]] = {}
    for row in map(json.loads, (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()):
        answers.setdefault(" ".join(row["question"].split()), []).append(texts[row["context_id"]])
    return answers


def serve(answers: dict[str, list[str]], port: int) -> None:
    """Answer until somebody ends it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            right = answers.get(asked["query"], [])
            scores = [float(any(_holds(text, each) for each in right)) for text in asked["documents"]]
            results = [{"index": n, "relevance_score": score} for n, score in enumerate(scores)]
            body = json.dumps({"model": asked["model"], "results": results}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def _holds(read: str, whole: str) -> bool:
    """Say whether what is read, a title and a part of a passage, is of a text."""
    part = read.rpartition("\n")[2].strip()
    return whole in read or (len(part) > 40 and part in whole)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, default=8900)
    given = parser.parse_args()
    serve(read_answers(given.data), given.port)
