# SPDX-License-Identifier: Apache-2.0
"""A nation's own everyday questions and glossary lie beside its sources.yaml, and are read after the pack's."""

from __future__ import annotations

import json

import pytest

from daulat.cli import _checks
from daulat.knowledge.everyday import read_everyday
from daulat.language import LanguageError, wording_for
from daulat.nation import find_pack

LOST = {"passages": ["ACT-1:section-2"], "asks": {"en": ["my plastic is gone, what now?"]}}
NOWHERE = {"passages": ["ACT-1:section-9"], "asks": {"en": ["what about the moon"]}}
GLOSSARY = "language: en\nentries:\n  registry:\n    plastic | my plastic: identity card\n"


def write_everyday(site, *rows):
    (site.folder / "everyday").mkdir(exist_ok=True)
    (site.folder / "everyday/cards.jsonl").write_text("\n".join(map(json.dumps, rows)))


def ids_of(site) -> list[str]:
    found = json.loads(site.daulat("search", "--json", "Whoever loses an identity card").out)["hits"]
    return [hit["passage_id"] for hit in found]


def test_own_questions_are_read_without_a_pack_and_their_faults_are_listed(site, quick):
    (lost, *_) = [name for name in ids_of(site) if name.endswith("2")]
    write_everyday(site, {**LOST, "passages": [lost]}, NOWHERE)
    site.daulat("knowledge", "build")
    failures = json.loads(site.daulat("knowledge", "failures", "--json").out)
    assert [(each["path"], each["doc_id"]) for each in failures] == [("cards.jsonl", "line 2")]
    site.daulat("knowledge", "publish")
    hits = json.loads(site.daulat("search", "--json", "my plastic is gone, what now?").out)["hits"]
    heard = {hit["passage_id"]: hit["features"]["asked_main"] for hit in hits}
    assert heard[lost] > 0


def test_a_changed_question_or_glossary_asks_for_a_build(site, quick):
    ids_of(site)

    def state() -> str:
        return next(each.state for each in _checks.examine(site.folder / "nation.yaml", {}) if each.check == "sources")

    assert state() == "ok"
    for change in (lambda: write_everyday(site, LOST), lambda: (site.folder / "glossary.yaml").write_text(GLOSSARY)):
        change()
        assert state() == "warn"
        site.daulat("knowledge", "build")
        site.daulat("knowledge", "publish")
        assert state() == "ok"


def test_own_words_lead_to_the_law_without_a_pack_and_before_the_packs(tmp_path):
    own = tmp_path / "glossary.yaml"
    own.write_text(GLOSSARY)
    assert wording_for(None, own).expand("my plastic is gone", "en").phrases == ("identity card",)
    pack = find_pack("ID")
    own.write_text("entries:\n  civil-registry:\n    kos | dompet sampah: rumah sewa\nlanguage: id\n")
    both = wording_for(pack, own)
    assert both.expand("dompet sampah", "id").phrases == ("rumah sewa",)
    assert both.expand("kos", "id").phrases == ("rumah sewa",)
    assert both.expand("ktp hilang banjir", "id").phrases == wording_for(pack).expand("ktp hilang banjir", "id").phrases


def test_every_fault_of_an_own_glossary_is_told_with_its_line(tmp_path):
    own = tmp_path / "glossary.yaml"
    own.write_text("language: en\nentires: {}\nentries:\n  a:\n    kos: ''\n  b: [kos]\n")
    with pytest.raises(LanguageError) as told:
        wording_for(find_pack("ID"), own)
    for fault in ("line 1: `language` is `en`", "line 2: `entires`", "line 5: `kos`", "line 6: `b`"):
        assert fault in told.value.what


def test_own_files_are_named_with_their_folder_beside_a_packs(tmp_path):
    for folder in ("pack", "everyday"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "cards.jsonl").write_text(json.dumps(LOST))
    rows, faults = read_everyday(tmp_path / "pack", tmp_path / "everyday")
    assert [row.file for row in rows] == ["cards.jsonl"]
    assert [str(fault) for fault in faults] == [
        "everyday/cards.jsonl line 1: asks the same as cards.jsonl line 1: my plastic is gone, what now?"
    ]
