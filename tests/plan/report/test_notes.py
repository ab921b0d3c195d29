# SPDX-License-Identifier: Apache-2.0
"""Notes: every key has its sentence in every language with the same values, and a report tells them in its language."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

import daulat.plan
from daulat.nation import Nation, Pack
from daulat.plan import Document
from daulat.plan.errors import PlanError
from daulat.plan.note import Messages, english, fields, note, note_of, pieces
from daulat.plan.report import Words, load_words, report_page
from daulat.plan.result import tables_of
from daulat.plan.result.joint import FailureRow

ROOM = Path(daulat.plan.__file__).parent
MAKERS = {"note", "Note"}
KINDS = ("hazard", "kind", "rule", "status")  # of words that are found by their name
STARTS = r"(failure|grid|sites|term|terms|offer)_[a-z_]+"
# What a key that is put together may end in.
ENDINGS = {
    "data_": ("internal", "personal"),
    "failure_": ("served", "residency", "round_trip"),
    "deal_": ("kept", "lost", "unknown"),
}


@pytest.fixture(scope="module")
def words(nation: Nation, pack: Pack) -> dict[str, Words]:
    return {one.language: one for one in load_words(pack, nation.language_tags)}


def calls() -> Iterator[tuple[ast.FunctionDef, ast.Call]]:
    """Every place in the room where a note is made, with the function around it."""
    for path in ROOM.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                made = [one for one in ast.walk(function) if isinstance(one, ast.Call)]
                yield from ((function, one) for one in made if isinstance(one.func, ast.Name) and one.func.id in MAKERS)


def keys_of(argument: ast.expr, function: ast.FunctionDef) -> list[str]:
    """The keys that an argument may come to; of a variable, what in its function begins as a key does."""
    if isinstance(argument, ast.Constant):
        return [argument.value] if isinstance(argument.value, str) else []
    if isinstance(argument, ast.IfExp):
        return [*keys_of(argument.body, function), *keys_of(argument.orelse, function)]
    if isinstance(argument, ast.JoinedStr):
        [start] = [key for one in argument.values[:1] for key in keys_of(one, function)]
        return [f"{start}{end}" for end in ENDINGS[start]]
    if isinstance(argument, ast.Name):
        inside = [key for one in ast.walk(function) if isinstance(one, ast.Constant) for key in keys_of(one, function)]
        return [key for key in inside if re.fullmatch(STARTS, key)]
    return []


def test_every_key_in_the_code_has_its_sentence_with_the_values_that_it_is_given() -> None:
    texts, seen = english().texts, set()
    for function, call in calls():
        keys, named = keys_of(call.args[0], function), {one.arg for one in call.keywords}
        seen |= set(keys)
        for key in keys:
            assert key in texts, (function.name, key)
        if isinstance(call.args[0], ast.Name) or None in named:  # one of several keys, or unpacked from a mapping
            continue
        for key in keys:
            assert set(fields(texts[key])) <= named, (function.name, key)
    words_of_a_kind = {key for key in texts if key.startswith(tuple(f"{kind}_" for kind in KINDS))}
    assert seen | words_of_a_kind == set(texts)  # nothing is kept that nobody says


@pytest.mark.parametrize("tag", ["id", "jv", "su"])
def test_every_language_has_every_sentence_with_the_same_values_written_alike(
    words: dict[str, Words], tag: str
) -> None:
    own, core = words[tag].notes.texts, english().texts
    assert set(own) == set(core)
    for key, text in own.items():
        assert fields(text) == fields(core[key]), key
        assert text != core[key] or not re.search(r"[a-z]{3}", re.sub(r"\{[^}]*\}", "", text)), key
    assert not words[tag].reviewed  # by a native speaker


def notes_in(page: str) -> list[str]:
    return re.findall(r"<li>(.*?)</li>", page.partition('<ul class="notes">')[2].partition("</ul>")[0], re.DOTALL)


@pytest.mark.parametrize("tag", ["id", "jv", "su"])
def test_the_report_tells_no_note_in_english(document: Document, words: dict[str, Words], tag: str) -> None:
    """Of the national scenario: each note, import condition and changed term, compared with its English."""
    every = list(words.values())
    own, core = (report_page(document, every, list(words).index(one)) for one in (tag, "en"))
    last = own.rpartition('<h2 id="notes">')[2].partition("</section>")[0]
    last_english = core.rpartition('<h2 id="notes">')[2].partition("</section>")[0]
    assert len(notes_in(last)) == len(notes_in(last_english)) == len(document.notes)
    assert not set(notes_in(last)) & set(notes_in(last_english))
    # What is left is what others named: the rule of another country and a map.
    left = {row.values[name] for row in document.notes_keyed for name in ("regime", "source") if name in row.values}
    assert {html.unescape(one) for one in re.findall(r'<span lang="en">(.*?)</span>', last)} == left
    assert len(left) == 2
    assert document.deal is not None
    rows = [*document.rules.imports_keyed, *document.deal.terms_keyed]
    rows += [one for row in document.deal.control_in for one in row.terms_keyed]
    rows += [row.fix_keyed for row in document.deal.covenants if row.fix_keyed]
    assert len(rows) > 20
    for row in rows:
        told = words[tag].told(row)
        assert not any(piece.is_english for piece in told)
        assert "".join(piece.text for piece in told) != str(note_of(row.model_dump()))


def test_numbers_are_written_as_the_language_writes_them(document: Document, words: dict[str, Words]) -> None:
    rows = [row for row in document.notes_keyed if row.key == "grid" and row.values["grid"] == "Kalimantan"]
    [told] = ["".join(piece.text for piece in words["id"].told(row)) for row in rows]
    assert "1.281 gCO2e/kWh" in told  # as in 1,281 in English
    assert "1,281" not in told


def test_the_english_of_a_plan_is_that_of_its_keys(document: Document) -> None:
    assert document.notes == [str(note_of(row.model_dump())) for row in document.notes_keyed]
    assert document.rules.imports == [str(note_of(row.model_dump())) for row in document.rules.imports_keyed]


def test_tables_hold_the_sentences_and_no_key_within_a_cell(document: Document) -> None:
    cells = [(name, cell) for name, rows in tables_of(document).items() for row in rows for cell in row.values()]
    assert {name for name, cell in cells if isinstance(cell, dict | list | tuple)} == set()
    assert any(row["fix"].startswith("raise their equity") for row in tables_of(document)["deal_rules"])


def test_what_a_language_lacks_is_told_in_english_and_says_so() -> None:
    lacking = Messages({"grid": "jaringan {grid}: {told:; }"}, Locale.parse("id"))
    one = note("grid", grid="Timur", told=[note("grid_spare_unknown")])
    assert [(piece.text, piece.is_english) for piece in pieces(one, lacking)] == [
        ("jaringan ", False),
        ("Timur", False),
        (": ", False),
        ("spare power not known", True),
    ]


def test_a_sentence_of_a_pack_is_english_until_the_pack_has_it_in_the_language() -> None:
    texts, said = {"import_condition": "impor: {what:text} ({citation})"}, "goods come in new"
    one = note("import_condition", what=said, citation="Act 1")
    without = pieces(one, Messages(texts, Locale.parse("id")))
    assert [piece.text for piece in without if piece.is_english] == [said]
    having = pieces(one, Messages(texts, Locale.parse("id"), {said: "barang masuk dalam keadaan baru"}))
    assert "".join(piece.text for piece in having) == "impor: barang masuk dalam keadaan baru (Act 1)"


@given(st.floats(0, 1e12), st.lists(st.text(min_size=1), max_size=4), st.integers(0, 3000))
def test_a_note_is_the_same_after_it_was_written_and_read(number: float, names: list[str], year: int) -> None:
    one = note(
        "failure_served", grid="x", users=number, share=0.5, year=year, regions=note("and_more", names=names, more=2)
    )
    assert note_of(one.as_dict()) == one
    assert str(one).endswith(f"{', '.join(names)} and 2 more")


def test_every_promise_of_a_failed_grid_has_its_sentence() -> None:
    promises = FailureRow.model_fields["promise"].annotation.__args__  # type: ignore[union-attr]
    assert {f"failure_{one}" for one in promises} <= set(english().texts)


@pytest.mark.parametrize("text", ["'{powr:,.2f} MW'", "'{power} MW'", "'{power:,.2f MW'", "20"])
def test_a_sentence_of_a_pack_with_other_values_is_refused_with_the_ones_that_it_has(tmp_path: Path, text: str) -> None:
    (tmp_path / "plan" / "messages").mkdir(parents=True)
    words = f"notes:\n  site_small: {text}\n  site_idle: 'seulement {{busy:.2%}}'\n"
    (tmp_path / "plan" / "messages" / "fr.yaml").write_text(words, encoding="utf-8")
    with pytest.raises(PlanError, match=r"a-pack/plan/messages/fr\.yaml: .* English: site_small\n") as raised:
        load_words(Pack("EE", "a-pack", "1", tmp_path), ["fr"])
    assert "{power:,.2f}" in str(raised.value.fix)
