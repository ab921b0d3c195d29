# SPDX-License-Identifier: Apache-2.0
"""A corpus: one folder becomes a release that questions find their passages in, and nothing is encoded twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daulat.evaluation import Bench, Corpus, find_questions, measure_retrieval, open_corpus, read_questions
from daulat.evaluation.corpus import with_languages
from daulat.knowledge.index import seed
from daulat.knowledge.index.seed import write_seed
from daulat.knowledge.index.vectors import quantise
from daulat.knowledge.search import Ranking, Searcher
from daulat.knowledge.sources import folder_sources


def opened(bench: Bench, folder: Path, work: Path, ranking: Ranking) -> Corpus:
    work.mkdir()
    questions = read_questions(find_questions(folder))
    return open_corpus(bench, folder_sources(folder, language="id"), questions, ranking, work)


def test_a_question_that_names_a_law_finds_its_article(
    bench: Bench, law_folder: Path, tmp_path: Path, ranking: Ranking
) -> None:
    corpus = opened(bench, law_folder, tmp_path / "work", ranking)
    searcher = Searcher(corpus.release, corpus.encoder, corpus.reader, ranking)
    asked = with_languages(bench, read_questions(find_questions(law_folder)))
    report = measure_retrieval(searcher, asked, lambda done: None)
    assert (report.figures.n, report.figures.recall_at_1, report.unknown_gold) == (2, 1.0, 0)
    assert corpus.dense == "all"


def test_of_a_large_folder_only_what_words_propose_is_encoded_and_the_corpus_says_so(
    bench: Bench, law_folder: Path, tmp_path: Path, ranking: Ranking
) -> None:
    question = {"question": "Apa yang dimaksud dengan Upah?", "passage_id": "UU-2-2002:pasal-1#0", "answerable": True}
    (law_folder / "law_qa.jsonl").write_text(str(question).replace("'", '"').replace("True", "true"))
    corpus = opened(replace(bench, encode_all_up_to=0, proposed=1), law_folder, tmp_path / "work", ranking)
    assert (corpus.dense, corpus.encoded) == ("candidates", 1)
    assert len(corpus.release) == 5


def test_a_second_run_encodes_nothing(bench: Bench, law_folder: Path, tmp_path: Path, ranking: Ranking) -> None:
    assert opened(bench, law_folder, tmp_path / "first", ranking).encoded == 5
    assert opened(bench, law_folder, tmp_path / "second", ranking).encoded == 0


def test_what_a_pack_ships_is_not_unpacked_for_a_folder_of_other_texts(
    bench: Bench, law_folder: Path, tmp_path: Path, ranking: Ranking, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "vectors.words.bin"
    write_seed(shipped, [b"0123456789abcdef"], *quantise(np.full((1, 64), 0.125, np.float32)), step=0.01)

    def unpacked(_: bytes) -> None:
        raise AssertionError("it is unpacked")

    monkeypatch.setattr(seed.zlib, "decompress", unpacked)
    monkeypatch.setattr(Bench, "shipped_vectors", [shipped])
    assert opened(bench, law_folder, tmp_path / "work", ranking).encoded == 5
    assert opened(replace(bench, encode_all_up_to=0), law_folder, tmp_path / "again", ranking).dense == "candidates"


def test_a_language_that_the_file_does_not_name_is_recognised(bench: Bench, context_folder: Path) -> None:
    questions = read_questions(find_questions(context_folder))
    assert {language for _, language in with_languages(bench, questions)} == {"id"}
    named = [replace(question, language="su") for question in questions]
    assert {language for _, language in with_languages(bench, named)} == {"su"}
