# SPDX-License-Identifier: Apache-2.0
"""Whether a passage holds is decided by article, and never better than somebody checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from daulat.knowledge.errors import SourceError
from daulat.knowledge.legal import LegalRules, PassageStatus, RelationBook, load_relations, status_of
from daulat.knowledge.types import Document, Passage, Relation


def act(number: int, year: int, title: str = "x", **more: object) -> Document:
    return Document(f"ACT-{number}-{year}", title, kind="Act", number=str(number), year=year, **more)  # type: ignore[arg-type]


def section(document: Document, article: str, text: str = "Text.", seq: int = 1) -> Passage:
    return Passage(f"{document.doc_id}:s-{article}#{seq}", document.doc_id, seq, "body", text, article)


MARRIAGE = act(5, 1999, "Marriage")
AMENDING = act(7, 2015, "Amendment of Act 5 of 1999 on Marriage", date="2015-06-01")
NEW_7 = section(AMENDING, "7", "Both must be 19. 2. section 9 is changed", 1)
INSERTED = section(AMENDING, "20", "x" * 90 + ". 3. section 12 is deleted", 2)


def asked(document: Document, article: str, book: RelationBook, rules: LegalRules, on: str = "") -> PassageStatus:
    return status_of(document, section(document, article), book, rules, on=on)


def test_a_revoked_law_is_history_with_its_successor_and_source(rules: LegalRules, book: RelationBook) -> None:
    status = asked(act(1, 1990), "4", book, rules)
    assert (status.status, status.by, status.by_title) == ("revoked", "ACT-9-2020", "Health")
    assert (status.since, status.source) == ("2020-01-01", "Act 9 of 2020 section 80")


def test_what_is_decided_for_a_later_day_is_told_before_it_and_changes_no_status() -> None:
    licences = act(500, 1990)
    repeal = Relation("revoked_by", "ACT-9-2027", "Dogs", "2027-01-01", source="Gazette")
    change = Relation("amended_by", "ACT-3-2026", "Fees", "2026-07-01", ("7",), source="Gazette")
    book = RelationBook(changes={"ACT-500-1990": (repeal, change)}, in_force={"ACT-500-1990": "Bureau"})
    on = {"day before": "2026-06-30", "after": "2026-12-31", "then": "2027-01-01"}
    asked = {
        (article, when): status_of(licences, section(licences, article), book, None, on=day)
        for article in ("7", "8")
        for when, day in on.items()
    }
    told = {each: (status.status, status.ahead and status.ahead.other) for each, status in asked.items()}
    assert told == {
        ("7", "day before"): ("in_force", "ACT-3-2026"),
        ("7", "after"): ("amended", "ACT-9-2027"),
        ("7", "then"): ("revoked", None),
        ("8", "day before"): ("in_force", "ACT-9-2027"),
        ("8", "after"): ("in_force", "ACT-9-2027"),
        ("8", "then"): ("revoked", None),
    }


def test_a_law_was_still_in_force_the_day_before(rules: LegalRules, book: RelationBook) -> None:
    assert asked(act(1, 1990), "4", book, rules, on="2019-12-31").status == "unknown"
    assert asked(act(1, 1990), "4", book, rules, on="2020-01-01").status == "revoked"


def test_an_amendment_touches_its_own_articles_only(rules: LegalRules, book: RelationBook) -> None:
    assert asked(MARRIAGE, "7", book, rules).status == "amended"
    assert asked(MARRIAGE, "8", book, rules).status == "in_force"
    assert asked(MARRIAGE, "7", book, rules).note == "likely"


def test_an_amendment_of_unrecorded_articles_makes_every_article_doubtful(
    rules: LegalRules, book: RelationBook
) -> None:
    assert asked(act(3, 1992), "1", book, rules).status == "amended"


def test_articles_that_are_not_all_recorded_are_history_and_leave_the_others_doubtful(
    rules: LegalRules, book: RelationBook
) -> None:
    assert asked(act(6, 1994), "2", book, rules).by == asked(act(6, 1994), "9", book, rules).by == "ACT-8-2016"
    assert asked(act(6, 1994), "9", book, rules).status == "amended"


def test_an_act_that_names_the_article_is_told_before_a_later_one_that_may_have_changed_it(
    rules: LegalRules, book: RelationBook
) -> None:
    assert asked(act(6, 1994), "7", book, rules).by == "ACT-7-2015"


def test_an_act_that_names_a_part_is_told_before_a_later_one_that_changed_an_article(rules: LegalRules) -> None:
    older = Relation("amended_by", "ACT-8-2016", since="2016-01-01", articles=("2", "elucidation_general"), source="s")
    later = Relation("amended_by", "ACT-9-2020", since="2020-01-01", articles=("9",), source="s")
    law = act(6, 1994)
    book = RelationBook({law.doc_id: (older, later)})
    general = Passage(f"{law.doc_id}:general", law.doc_id, 0, "elucidation_general", "Text.")
    assert status_of(law, general, book, rules).by == "ACT-8-2016"
    assert status_of(law, None, book, rules).by == "ACT-9-2020"


def test_a_regulation_made_under_a_revoked_act_is_told_with_a_caution(rules: LegalRules, book: RelationBook) -> None:
    regulation = Document("REG-3-1991", "x", kind="Regulation", number="3", year=1991)
    status = asked(regulation, "1", book, rules)
    assert (status.status, status.by, status.under) == ("partly_revoked", "ACT-9-2020", "ACT-1-1990")
    assert asked(regulation, "1", book, rules, on="2019-12-31").status == "unknown"


def test_a_later_text_among_the_documents_is_no_check_that_the_rest_holds(
    rules: LegalRules, book: RelationBook
) -> None:
    other = act(7, 2001, "Ports")
    amending = act(8, 2010, "Amendment of Act 7 of 2001")
    learned = book.learn([(other, [section(other, "1")]), (amending, [section(amending, "2")])], rules)
    assert asked(other, "2", learned, rules).status == "amended"
    assert asked(other, "1", learned, rules).status == "unknown"


def test_a_revoked_part_leaves_the_rest_in_force(rules: LegalRules, book: RelationBook) -> None:
    assert asked(act(2, 1991), "3", book, rules).status == "revoked"
    assert asked(act(2, 1991), "4", book, rules).status == "in_force"
    assert status_of(act(2, 1991), None, book, rules).status == "partly_revoked"


def test_what_nobody_checked_is_unknown_and_what_is_no_law_is_not_law(rules: LegalRules, book: RelationBook) -> None:
    assert asked(act(99, 2001), "1", book, rules).status == "unknown"
    assert asked(act(4, 1993), "1", book, rules) == PassageStatus("in_force", source="Gazette")
    assert status_of(Document("FAQ", "Questions"), None, book, rules).status == "not_law"


def test_the_old_article_points_to_the_passage_that_restates_it(rules: LegalRules, book: RelationBook) -> None:
    learned = book.learn([(MARRIAGE, [section(MARRIAGE, "7")]), (AMENDING, [NEW_7, INSERTED])], rules)
    assert asked(MARRIAGE, "7", learned, rules).newer_passage_id == NEW_7.passage_id
    assert status_of(AMENDING, NEW_7, learned, rules).status != "amended"


def test_an_article_that_an_instruction_names_is_amended_though_its_text_is_not_found(
    rules: LegalRules, book: RelationBook
) -> None:
    learned = book.learn([(AMENDING, [NEW_7, INSERTED])], rules)
    for article in ("9", "12"):
        status = asked(MARRIAGE, article, learned, rules)
        assert (status.status, status.newer_passage_id) == ("amended", None)


def test_the_newest_of_two_amendments_counts_and_the_older_one_yields(rules: LegalRules, book: RelationBook) -> None:
    later = act(3, 2018, "Amendment of Act 5 of 1999 on Marriage", date="2018-01-01")
    newest = section(later, "7", "Both must be 21.")
    learned = book.learn([(later, [newest]), (AMENDING, [NEW_7])], rules)
    assert asked(MARRIAGE, "7", learned, rules).newer_passage_id == newest.passage_id
    assert status_of(AMENDING, NEW_7, learned, rules).newer_passage_id == newest.passage_id
    assert asked(MARRIAGE, "7", learned, rules, on="2016-01-01").newer_passage_id == NEW_7.passage_id


def test_an_amending_act_falls_with_the_law_it_amends(rules: LegalRules, book: RelationBook) -> None:
    amending = act(2, 1995, "Amendment of Act 1 of 1990")
    learned = book.learn([(amending, [section(amending, "4")])], rules)
    status = asked(amending, "4", learned, rules)
    assert (status.status, status.by) == ("revoked", "ACT-9-2020")
    assert "ACT-1-1990" in status.note


def test_a_table_of_relations_is_read_from_both_sides(rules: LegalRules, book: RelationBook) -> None:
    newer = act(6, 2005, "Ports", relations=(Relation("revokes", "ACT-6-1985", source="gazette"),))
    learned = book.learn([(newer, [])], rules)
    status = asked(act(6, 1985), "1", learned, rules)
    assert (status.status, status.by, status.by_title) == ("revoked", "ACT-6-2005", "Ports")


NOW = """
format: 1
acts:
  - act: ACT-2-2026
    source: its section 1
    now: {en: Pay 20.}
    amends:
      - {doc_id: ACT-1-2020, articles: ['7']}
      - {doc_id: ACT-1-2020, articles: ['8'], now: {en: Pay 30., id: Bayar 30.}}
"""


def test_what_holds_now_is_said_of_an_article_or_else_of_all_that_its_act_changed(
    tmp_path: Path, rules: LegalRules
) -> None:
    (tmp_path / "relations.yaml").write_text(NOW)
    book = load_relations(tmp_path / "relations.yaml")
    for known in (book, RelationBook().joined(book)):
        said = [asked(act(1, 2020, "Fees"), article, known, rules).now for article in ("7", "8", "9")]
        assert said == [(("en", "Pay 20."),), (("en", "Pay 30."), ("id", "Bayar 30.")), ()]


@pytest.mark.parametrize(
    ("now", "fault"), [("{English: Pay 20.}", "now.English"), ("{en: ''}", "now.en` is empty"), ("Pay 20.", "now")]
)
def test_what_holds_now_needs_a_language_and_a_sentence(tmp_path: Path, now: str, fault: str) -> None:
    (tmp_path / "relations.yaml").write_text(NOW.replace("{en: Pay 20.}", now))
    with pytest.raises(SourceError, match="line 6") as told:
        load_relations(tmp_path / "relations.yaml")
    assert fault in str(told.value)


GONE = """
format: 1
acts:
  - {act: ACT-9-2020, title: Health, source: section 80, since: '2020', revokes: [ACT-1-1990]}
  - act: ACT-9-2020
    source: section 80
    since: '2020'
    partly_revokes: [{doc_id: ACT-1-1990, articles: ['4'], source: section 12, now: {en: Hospitals must help.}}]
"""


def test_of_a_law_that_is_gone_it_is_known_by_article_what_holds_in_its_place(
    tmp_path: Path, rules: LegalRules
) -> None:
    (tmp_path / "relations.yaml").write_text(GONE)
    book = load_relations(tmp_path / "relations.yaml")
    for known in (book, RelationBook().joined(book), book.joined(RelationBook())):
        told = {article: asked(act(1, 1990), article, known, rules) for article in ("4", "5")}
        assert {status.status for status in told.values()} == {"revoked"}
        assert (told["4"].now, told["4"].source) == ((("en", "Hospitals must help."),), "section 12")
        assert (told["5"].now, told["5"].source) == ((), "section 80")
        assert [change.kind for change in known.changes["ACT-1-1990"]] == ["revoked_by"]


COMPLETED = """
format: 1
acts:
  - act: ACT-4-2024
    title: Mothers
    source: Act 4 of 2024 section 4
    since: '2024-07-02'
    completes: [{doc_id: ACT-4-1993, articles: ['82'], now: {en: Leave is three months at least.}}]
in_force: [{source: Gazette, as_of: '2025', documents: [ACT-4-1993]}]
"""


def test_what_another_act_adds_to_an_article_leaves_it_as_it_was(tmp_path: Path, rules: LegalRules) -> None:
    (tmp_path / "relations.yaml").write_text(COMPLETED)
    book = load_relations(tmp_path / "relations.yaml")
    labour = act(4, 1993)
    told = {day: asked(labour, "82", book, rules, day) for day in ("", "2024-07-01")}
    assert {status.status for status in told.values()} == {"in_force"}
    assert [(each.other, each.now) for each in told[""].completed_by] == [
        ("ACT-4-2024", (("en", "Leave is three months at least."),))
    ]
    assert (told["2024-07-01"].completed_by, told["2024-07-01"].ahead) == ((), None)
    assert asked(labour, "83", book, rules).completed_by == ()
    assert status_of(labour, None, book, rules).completed_by == ()


def test_what_is_only_added_to_is_not_thereby_checked(tmp_path: Path, rules: LegalRules) -> None:
    (tmp_path / "relations.yaml").write_text(COMPLETED.split("in_force")[0])
    assert asked(act(4, 1993), "83", load_relations(tmp_path / "relations.yaml"), rules).status == "unknown"
