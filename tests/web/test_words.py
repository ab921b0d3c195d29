# SPDX-License-Identifier: Apache-2.0
"""The words: messages of every language, markdown to safe HTML, marks in official text."""

from __future__ import annotations

import os
import re
import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup
from selectolax.lexbor import LexborHTMLParser

from daulat.assistant.types import Citation, Question, Spoken
from daulat.nation import NationError
from daulat.nation.packs import find_pack
from daulat.web import MessagesError, load_messages
from daulat.web.markdown import fence_quotes, place_marks, quotations, to_html
from daulat.web.quoting import excerpt, find_span, lines_of
from daulat.web.views import Figure, opening_of, view_answer

from .answers import FEES, NASTY, SEVERANCE, ScriptedAssistant, SmallLibrary, answer_to, quoting

WEB = Path(__file__).parents[2] / "src" / "daulat" / "web"
CORE = yaml.safe_load((WEB / "messages" / "en.yaml").read_text("utf-8"))
NATIONAL = ("id", "jv", "su")


def pack_words(language: str) -> dict[str, Any]:
    pack = find_pack("ID")
    assert pack is not None
    return dict(yaml.safe_load(pack.path("messages", f"{language}.yaml").read_text("utf-8")))


def fields(text: Any) -> set[str]:
    parts = text if isinstance(text, list) else [text]
    return {name for part in parts for _, name, _, _ in string.Formatter().parse(part) if name}


@pytest.mark.parametrize("language", NATIONAL)
def test_every_language_of_the_pack_says_everything_with_the_same_fields(language: str) -> None:
    words = pack_words(language)
    for section in ("page", "live"):
        assert words[section].keys() == CORE[section].keys()
        for key, text in words[section].items():
            assert fields(text) == fields(CORE[section][key]), key
    assert words["reviewed"] is False
    assert len(words["examples"]) >= 3


def test_every_word_is_used_somewhere() -> None:
    sources = "".join(file.read_text("utf-8") for file in WEB.rglob("*") if file.suffix in {".html", ".py", ".js"})
    made = (
        "status_",
        "mode_",
        "text_",
        "theme_",
        "section_",
        "relation_",
        "busy",
        "too_large",
        "failed",
        "not_found",
        "no_text",
        "wrong_",
    )
    for key in [*CORE["page"], *CORE["live"]]:
        assert key.startswith(made) or re.search(rf"['\".]{key}\b", sources), key


@pytest.mark.parametrize("content", ["page: {}", "language: xx\npage: [a]", "language: xx\nlive: {stop: 3}"])
def test_a_file_of_words_that_cannot_be_used_says_so(tmp_path: Path, content: str) -> None:
    (tmp_path / "xx.yaml").write_text(content, "utf-8")
    with pytest.raises(MessagesError) as error:
        load_messages([tmp_path], ["xx"])
    assert "xx.yaml" in error.value.what
    assert error.value.code == "web.messages"


@pytest.mark.parametrize("content", ["language: [", "\x00", f"language: xx\nlive: {{stop: {'9' * 5_000}}}"])
def test_a_file_of_words_that_is_no_yaml_is_named_with_its_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "xx.yaml").write_text(content, "utf-8")
    with pytest.raises(NationError) as error:
        load_messages([tmp_path], ["xx"])
    assert error.value.file.endswith("xx.yaml")


def test_a_pipe_in_place_of_words_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "xx.yaml")
    with pytest.raises(NationError, match="pipe"):
        load_messages([tmp_path], ["xx"])


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        ("ค่าธรรมเนียมใบอนุญาต" * 20, ("ค่าธรรมเนียมใบอนุญาต" * 20)[:60]),  # no space between words
        ("satu\tdua\n" * 60, ("satu\tdua\n" * 6 + "satu")),  # 9 characters each; "du" is no word
    ],
)
def test_words_in_an_address_are_cut_at_white_space_of_any_kind_else_anywhere(quote: str, words: str) -> None:
    assert opening_of(quote) == words


def cited(start: int, end: int, quote: str = "Satu dua.") -> Citation:
    return Citation("p:1", "d", "Act", "1", quote, "in_force", "/p/p:1", start=start, end=end)


ALLOWED = {"p", "ul", "ol", "li", "blockquote", "strong", "em", "a", "br", "html", "head", "body"}
markup = st.text(alphabet=st.sampled_from("a <>&\"'*_[]()/:#>-1.\n\ue000\ue001!`\\"), max_size=200)


@given(st.one_of(st.text(max_size=300), markup))
def test_no_text_makes_an_element_or_a_link_that_is_not_allowed(text: str) -> None:
    tree = LexborHTMLParser(to_html(place_marks(text, ()), lambda number: Markup("")))
    for node in tree.css("*"):
        assert node.tag in ALLOWED
        assert set(node.attributes) <= {"href", "start", "dir"}
        assert node.attributes.get("dir", "auto") == "auto"
        assert (node.attributes.get("href") or "/").startswith("/")
        assert not (node.attributes.get("href") or "/").startswith("//")


def test_a_stretch_in_another_language_is_marked_around_its_citation() -> None:
    text = "According to the Act [1]: Sheria."
    html = to_html(place_marks(text, [cited(21, 24)], [Spoken(0, 25, "en")]), lambda number: Markup("<b>1</b>"))
    assert html == '<p dir="auto"><span lang="en">According to the Act <b>1</b>:</span> Sheria.</p>\n'


@given(st.text(max_size=80), st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), max_size=5))
def test_marks_replace_their_places_and_nothing_else(text: str, places: list[tuple[int, int]]) -> None:
    placed = place_marks(text, [cited(*place) for place in places])
    kept = [place for place in places if f"\ue000{places.index(place) + 1}\ue001" in placed]
    assert all(0 <= start < end <= len(text) for start, end in kept)
    rest = re.sub("\ue000\\d+\ue001", "", placed)
    assert len(rest) == len(text) - sum(end - start for start, end in set(kept))


@given(st.text(max_size=200), st.tuples(st.integers(0, 220), st.integers(0, 220)))
def test_marking_never_changes_a_letter(text: str, span: tuple[int, int]) -> None:
    lines = lines_of(text, span)
    assert ["".join(part.text for part in line.parts) for line in lines] == [
        line for line in text.split("\n") if line.strip()
    ]
    marked = "".join(part.text for line in lines for part in line.parts if part.marked)
    assert marked.split() == text[span[0] : max(span)].split() or span[1] <= span[0]


@given(st.lists(st.text(alphabet="ab |.", min_size=1, max_size=20), max_size=8), st.tuples(*[st.integers(0, 99)] * 2))
def test_the_cells_of_a_row_hold_all_its_letters(rows: list[str], span: tuple[int, int]) -> None:
    for line in lines_of("\n".join(rows), span):
        cells = ["".join(part.text for part in cell) for cell in line.cells]
        assert " | ".join(cells) == "".join(part.text for part in line.parts)


@pytest.mark.parametrize("marked", [FEES[1], FEES[5], FEES[-1], "\n".join(FEES[1:])])
def test_an_excerpt_shows_the_whole_table_whose_row_is_marked(marked: str) -> None:
    text = "\n".join((*FEES, "Lain. " * 90))
    at = text.index(marked)
    before, *shown, after = excerpt(lines_of(text, (at, at + len(marked))), limit=40)
    assert ["".join(part.text for part in line.parts) for line in shown] == FEES[1:]
    assert [line.cell for line in shown] == ["th", *["td"] * (len(FEES) - 2)]
    assert (len(before.rest), len(after.rest)) == (1, 1)


@given(st.lists(st.text(alphabet="ab ", min_size=1, max_size=30), min_size=1, max_size=12), st.data())
def test_a_quotation_is_found_whatever_its_white_space(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    start = data.draw(st.integers(0, len(text)))
    quote = text[start:].strip()
    found = find_span(text.replace(" ", "\n"), quote)
    assert text[slice(*found)].split()[: len(quote.split())] == quote.split() or not quote


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=60), min_size=1, max_size=20), st.data())
def test_an_excerpt_always_shows_the_marked_sentence(rows: list[str], data: st.DataObject) -> None:
    text = "\n".join(rows)
    at = data.draw(st.integers(0, len(rows) - 1))
    start = sum(len(row) + 1 for row in rows[:at])
    shown = excerpt(lines_of(text, (start, start + len(rows[at]))), limit=40)
    marked = [part.text for line in shown for part in line.parts if part.marked]
    assert marked == [rows[at]]
    assert sum(not line.parts for line in shown) <= 2
    assert [part.text for line in shown for each in (line, *line.rest) for part in each.parts] == rows


@pytest.mark.parametrize("marked", [*SEVERANCE[1:11], "\n".join(SEVERANCE[1:4])])
def test_an_excerpt_shows_the_whole_list_whose_row_or_opening_is_marked_and_no_other(marked: str) -> None:
    text = "\n".join(SEVERANCE)
    at = text.index(marked)
    before, *shown, after = excerpt(lines_of(text, (at, at + len(marked))), limit=40)
    assert ["".join(part.text for part in line.parts) for line in shown] == SEVERANCE[1:12]
    assert (len(before.rest), len(after.rest)) == (1, 2)


def test_a_few_words_are_not_left_out() -> None:
    text = "\n".join(("(1) Kepada siapa.", *SEVERANCE[1:]))
    at = text.index("a. ")
    assert excerpt(lines_of(text, (at, at + 9)), limit=60)[0].parts[0].text == "(1) Kepada siapa."


def test_a_list_that_is_too_long_is_shown_around_its_marked_row() -> None:
    rows = ["(1) Daftar:", *(f"{letter}. {'x' * 200};" for letter in "abcdefghijklmnopqrstuvwxyz")]
    text = "\n".join(rows)
    at = text.index("m. ")
    before, *shown, after = excerpt(lines_of(text, (at, at + 9)))
    assert 3 <= len(shown) <= 5
    assert len(before.rest) + len(shown) + len(after.rest) == len(rows)


passages = st.text(alphabet=NASTY, min_size=1, max_size=60).filter(lambda text: re.search("[ab]", text))


@settings(deadline=None)
@given(st.lists(passages, min_size=1, max_size=3))
def test_any_text_that_is_quoted_is_shown_once_as_its_own_citation_in_its_place(texts: list[str]) -> None:
    blocks = view_answer(quoting(texts), CORE["live"]).blocks
    assert [block.number for block in blocks if isinstance(block, Figure)] == list(range(1, len(texts) + 1))
    assert not [block for block in blocks if not isinstance(block, Figure) and "<blockquote>" in block]
    assert "So far." in str(blocks[-1])


@pytest.mark.parametrize("told", ["(1) Satu.\n(2) Dua.", "> (1) Satu.\n(2) Dua.", "> (1) Satu.\n> (2) Dua."])
def test_a_quote_is_fenced_however_it_was_written(told: str) -> None:
    stretches = quotations(fence_quotes(f"Bunyinya:\n{told}\nBegitu.", [cited(0, 0, "(1) Satu.\n(2) Dua.")]))
    assert [text.strip() for quoted, text in stretches if quoted] == ["(1) Satu.\n(2) Dua."]
    assert [text.strip() for quoted, text in stretches if not quoted] == ["Bunyinya:", "Begitu."]


def test_a_citation_that_the_text_forgot_is_quoted_all_the_same() -> None:
    library = SmallLibrary()
    answer = replace(answer_to(Question("bayi"), ScriptedAssistant(library).library), text="Menurut undang-undang:")
    view = view_answer(answer, CORE["live"])
    assert len(view.blocks) == 2
    assert view.sources == ()


def test_whom_to_call_and_whom_to_ask_are_told_apart_from_the_words_of_the_answer() -> None:
    view = view_answer(answer_to(Question("saya dipukul"), ScriptedAssistant(SmallLibrary()).library), CORE["live"])
    told = "".join(str(block) for block in view.blocks if not isinstance(block, Figure))
    assert "Segera hubungi:" in view.alarm
    assert "Pasal 27" in told
    assert not [word for word in ("112", "Segera", "Dinas", "bertanya") if word in told]
    assert any(isinstance(block, Figure) for block in view.blocks)


def test_who_does_not_say_where_the_offices_are_listed_keeps_every_word() -> None:
    answer = replace(answer_to(Question("saya dipukul"), ScriptedAssistant(SmallLibrary()).library), listed=())
    view = view_answer(answer, CORE["live"])
    assert view.alarm == ""
    assert "112" in str(view.blocks[0])
