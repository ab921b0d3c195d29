# SPDX-License-Identifier: Apache-2.0
"""Everyday wordings: how people ask leads to the passage that answers, and every fault of a curator is named."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from daulat.knowledge.encoder import Adapter
from daulat.knowledge.everyday import Wordings, read_everyday
from daulat.knowledge.ingest import IngestRules
from daulat.knowledge.release import Builder, Release
from daulat.knowledge.release.layout import MANIFEST
from daulat.knowledge.search import FEATURES, Filters, Ranking, Reader, Searcher, Weights, load_ranking
from daulat.knowledge.sources import Source

from ..conftest import WordEncoder

# These tests are of what is heard, whatever the fitted weights make of it.
HEARD = np.array([{"asked_vote": 1.0, "asked_main": 0.1}.get(name, 0.0) for name in FEATURES], np.float32)
NEAR = Weights.of_linear(np.array([float(name in ("dense", "words")) for name in FEATURES], np.float32))
ONLY_HEARD = Ranking(law=NEAR, everyday=Weights.of_linear(HEARD), defined=NEAR, text=NEAR)
BABY = "my baby arrived, whom do I tell?"
ROWS = (
    {
        "passages": ["ACT-1-2001:2"],
        "quote": ["A birth  must", "The registry gives"],
        "asks": {"en": [BABY, "where do I sign up a newborn"]},
    },
    {"passages": ["REG-3-2010:3", "REG-3-2010:1"], "asks": {"en": ["caught cycling in the dark, what now?"]}},
    {"passages": [], "asks": {"en": ["what does the lunch at the canteen cost"]}, "why": "No act speaks of canteens."},
)


def write(folder: Path, *lines: object) -> Path:
    folder.mkdir(exist_ok=True)
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (folder / "rows.jsonl").write_text(text, encoding="utf-8")
    return folder


Opened = Callable[..., Searcher]


@pytest.fixture(scope="module")
def opened(
    tmp_path_factory: pytest.TempPathFactory,
    make_builder: Callable[[Path], Builder],
    sources: list[Source],
    rules: IngestRules,
    reader: Reader,
) -> Opened:
    def build(*rows: object, beside: bool = False, of_pack: bool = False) -> Searcher:
        place = tmp_path_factory.mktemp("everyday")
        declared = [source.at(place) for source in sources] if beside else sources
        for path in sources[0].root.iterdir() if beside else ():
            shutil.copy(path, place)
        wordings = Wordings(write(place / "asked", *rows), reader.everyday, of_pack=of_pack)
        report = replace(make_builder(place), everyday=wordings).build(declared, rules)
        return Searcher(Release(report.folder), WordEncoder(), reader, ONLY_HEARD)

    return build


@pytest.fixture(scope="module")
def searcher(opened: Opened) -> Searcher:
    return opened(*ROWS)


def test_a_question_in_everyday_words_finds_the_passage_that_shares_no_word_with_it(searcher: Searcher) -> None:
    [hit] = searcher.search("a baby arrived, whom shall I tell", top_k=1)
    assert hit.passage.passage_id == "ACT-1-2001:2"
    assert hit.features["asked_main"] == 1


def test_the_first_passage_of_a_row_is_the_main_one(searcher: Searcher) -> None:
    hits = searcher.search("I was caught cycling in the dark", top_k=2)
    assert [hit.passage.passage_id for hit in hits] == ["REG-3-2010:3", "REG-3-2010:1"]


def test_a_question_like_one_that_no_source_answers_is_known_as_such(searcher: Searcher) -> None:
    heard = searcher.candidates(searcher.ask("what does lunch at the canteen cost")).heard
    assert heard is not None
    assert heard.none["none_dense"] == heard.none["asked_best"] > 0
    assert heard.none["none_vote"] > 0.5


def test_a_question_near_to_nothing_that_was_asked_is_searched_as_where_nobody_asked(searcher: Searcher) -> None:
    found = searcher.candidates(searcher.ask("How tall may a lighthouse be?"))
    assert found.heard is None
    assert searcher.newcomers(found, 5) == []
    assert not found.features[:, [n for n, name in enumerate(FEATURES) if name.startswith("asked")]].any()


def test_a_question_that_only_another_service_answers_is_one_that_no_source_answers_here(searcher: Searcher) -> None:
    asked = searcher.ask(BABY)
    only_rules = Filters(documents=frozenset({"REG-3-2010"}))
    heard = searcher.candidates(asked, only_rules).heard
    everywhere = searcher.candidates(asked).heard
    assert heard is not None
    assert everywhere is not None
    assert everywhere.none["none_dense"] < everywhere.none["asked_best"]
    assert heard.none["none_dense"] == heard.none["asked_best"] == everywhere.none["asked_best"]
    assert searcher.release.row_of("ACT-1-2001:2") not in heard.rows.tolist()


def test_a_document_that_nobody_asked_about_leads_where_it_is_nearest_by_meaning_and_words(searcher: Searcher) -> None:
    text = searcher.release.stored(searcher.release.row_of("ACT-2-2005:1") or 0).passage.text
    [hit] = searcher.search(text, top_k=1)
    assert (hit.passage.passage_id, hit.is_unheard) == ("ACT-2-2005:1", True)
    assert not searcher.search(BABY, top_k=1)[0].is_unheard


def test_the_best_of_a_document_that_nobody_asked_about_is_put_before_the_others(searcher: Searcher) -> None:
    found = searcher.candidates(searcher.ask(BABY))
    [led] = searcher.newcomers(found, 5)
    assert (led[0].document.doc_id, led[0].is_unheard) == ("ACT-2-2005", True)
    ids = [hit.passage.passage_id for hit in led]
    assert set(ids[1:]) > {searcher.rank(found, 1)[0].passage.passage_id}
    assert len(ids) == len(set(ids)) == 5
    only_asked = Filters(documents=frozenset({"ACT-1-2001", "REG-3-2010"}))
    assert searcher.newcomers(searcher.candidates(searcher.ask(BABY), only_asked), 5) == []


def test_what_a_pack_asks_nothing_of_among_its_own_sources_is_no_newcomer(opened: Opened) -> None:
    for rows in ([ROWS[2]], ROWS):
        beside = opened(*rows, beside=True, of_pack=True)
        assert beside.newcomers(beside.candidates(beside.ask(BABY)), 5) == []
        assert not beside.unheard.any()
    elsewhere, a_nations_own = opened(ROWS[2], of_pack=True), opened(ROWS[2], beside=True)
    assert elsewhere.unheard.all()
    assert a_nations_own.unheard.all()


def test_a_release_that_was_built_before_sources_were_written_down_opens(opened: Opened, tmp_path: Path) -> None:
    built = opened(*ROWS)
    older = tmp_path / "older"
    shutil.copytree(built.release.folder, older)
    (older / "everyday" / "sources.json").unlink()
    manifest = json.loads((older / MANIFEST).read_text())
    del manifest["files"]["everyday/sources.json"]
    (older / MANIFEST).chmod(0o644)
    (older / MANIFEST).write_text(json.dumps(manifest) + "\n")
    assert built.unheard.any()
    assert not Searcher(Release(older), WordEncoder(), built.reader, ONLY_HEARD).unheard.any()


def test_a_row_says_which_sentence_of_its_passage_answers(searcher: Searcher) -> None:
    heard = searcher.candidates(searcher.ask("a baby arrived, whom shall I tell")).heard
    row = searcher.release.row_of("ACT-1-2001:2")
    assert heard is not None
    assert row is not None
    said = heard.said_of(row)
    assert list(said) == ["A birth must", "The registry gives"]
    assert all(0 < near <= 1 for near in said.values())
    assert heard.said_of(row + 1) == {}


def test_passages_beside_the_one_that_is_named_hear_of_it(searcher: Searcher) -> None:
    found = searcher.candidates(searcher.ask(BABY))
    rank = {item.passage.passage_id: row for item, row in zip(found.stored, found.features, strict=True)}
    names = list(searcher.search(BABY)[0].features)
    beside = names.index("asked_beside")
    assert rank["ACT-1-2001:3"][beside] > rank["ACT-2-2005:1"][beside] == 0


def test_the_everyday_questions_are_part_of_the_signed_release(searcher: Searcher) -> None:
    assert {"everyday/questions.json", "everyday/vectors.npy"} <= set(searcher.release.manifest.files)


def test_a_release_without_everyday_questions_has_none(
    tmp_path: Path, make_builder: Callable[[Path], Builder], sources: list[Source], rules: IngestRules, reader: Reader
) -> None:
    report = make_builder(tmp_path).build(sources, rules)
    searcher = Searcher(Release(report.folder), WordEncoder(), reader, load_ranking())
    assert searcher.candidates(searcher.ask(BABY)).heard is None
    assert not (report.folder / "everyday").exists()


def test_a_changed_question_makes_another_release(
    tmp_path: Path, make_builder: Callable[[Path], Builder], sources: list[Source], rules: IngestRules, reader: Reader
) -> None:
    builder = replace(make_builder(tmp_path), everyday=Wordings(write(tmp_path / "asked", ROWS[0]), reader.everyday))
    first = builder.build(sources, rules)
    assert builder.build(sources, rules).unchanged
    write(tmp_path / "asked", ROWS[0], ROWS[1])
    assert builder.build(sources, rules).manifest.release_id != first.manifest.release_id


def test_an_adapter_goes_along_with_the_encoder_that_it_was_learnt_for(
    tmp_path: Path, make_builder: Callable[[Path], Builder], sources: list[Source], rules: IngestRules, reader: Reader
) -> None:
    folder = write(tmp_path / "asked", ROWS[0])
    builder = replace(make_builder(tmp_path), everyday=Wordings(folder, reader.everyday))
    for encoder, comes_along in (("another", False), (WordEncoder.name, True)):
        Adapter(encoder, {}).save(folder / "adapter.npz")
        everyday = Release(builder.build(sources, rules).folder).everyday
        assert everyday is not None
        assert (everyday.adapter is not None) is comes_along


def test_all_faults_are_named_at_once_and_stop_no_other_row(
    tmp_path: Path, make_builder: Callable[[Path], Builder], sources: list[Source], rules: IngestRules, reader: Reader
) -> None:
    folder = write(
        tmp_path / "asked",
        ROWS[0],
        "{not json",
        {"passages": ["ACT-9-2099:1"], "asks": {"en": ["of a passage that is not there"]}},
        {"passages": ["ACT-1-2001:3"], "asks": {"en": [BABY.upper()]}},
        {"passages": [], "asks": {"en": ["why is missing here"]}},
        {"passages": ["ACT-1-2001:3"], "asks": {"en": []}},
        {"passages": ["ACT-1-2001:3"], "ask": {"en": ["a key that is none"]}},
        {"passages": ["ACT-1-2001:3"], "asks": {"en": ["of a known language"], "xx": ["of none"]}},
    )
    report = replace(make_builder(tmp_path), everyday=Wordings(folder, reader.everyday)).build(sources, rules)
    named = {failure.doc_id: failure.reason for failure in report.failures}
    assert set(named) == {f"line {n}" for n in range(2, 9)}
    assert "`xx` under `asks` is no language tag" in named["line 8"]
    assert "ACT-9-2099:1" in named["line 3"]
    assert "rows.jsonl line 1" in named["line 4"]
    everyday = Release(report.folder).everyday
    assert everyday is not None
    assert len(everyday) == len(ROWS[0]["asks"]["en"])  # type: ignore[index]
    assert [question.text for question in everyday.read_questions()] == ROWS[0]["asks"]["en"]  # type: ignore[index]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert read_everyday(tmp_path / "none") == ((), ())


def test_what_is_no_file_is_named_and_the_others_are_read(
    tmp_path: Path, make_builder: Callable[[Path], Builder], sources: list[Source], rules: IngestRules, reader: Reader
) -> None:
    folder = write(tmp_path / "asked", *ROWS)
    (folder / "folder.jsonl").mkdir()
    os.mkfifo(folder / "pipe.jsonl")
    os.mkfifo(folder / "adapter.npz")
    wordings = Wordings(folder, reader.everyday)
    report = replace(make_builder(tmp_path), everyday=wordings).build(sources, rules)
    assert [(failure.path, failure.reason) for failure in report.failures] == [
        ("folder.jsonl", "cannot be read: it is a folder and no file"),
        ("pipe.jsonl", "cannot be read: it is a pipe and no file"),
    ]
    assert len(read_everyday(folder)[0]) == len(ROWS)


def test_the_progress_of_a_build_covers_the_questions_and_never_stands_at_its_end_while_work_goes_on(
    tmp_path: Path, make_builder: Callable[[Path], Builder], sources: list[Source], rules: IngestRules, reader: Reader
) -> None:
    told: list[tuple[str, int, int]] = []
    wordings = Wordings(write(tmp_path / "asked", *ROWS), reader.everyday)
    builder = replace(make_builder(tmp_path), everyday=wordings, progress=lambda *step: told.append(step))
    builder.build(sources, rules)
    stages = [stage for stage, _ in itertools.groupby(told, key=lambda step: step[0])]
    assert stages == ["read", "encode", "index", "everyday", "encode", "asked"]
    for stage, steps in itertools.groupby(told, key=lambda step: step[0]):
        *before, last = [(done, total) for _, done, total in steps]
        assert last[0] == last[1] > 0, stage
        assert all(done < total == last[1] for done, total in before), stage
    # ROWS ask four things; the sources lie in the files that are declared.
    assert told[-1] == ("asked", 4, 4)
    assert told[0] == ("read", 0, sum(len(source.files()) for source in sources))
