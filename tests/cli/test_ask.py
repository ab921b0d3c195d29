# SPDX-License-Identifier: Apache-2.0
"""`daulat ask` gives the promised fields, and works before anything is declared."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

import daulat.cli.ask
from daulat.assistant import Why
from daulat.assistant.quoting import Quoted, inert, quotation
from daulat.assistant.types import Answer, Citation, Contact
from daulat.cli import main
from daulat.cli._answering import Opened
from daulat.cli._declaration import declared_or_only_pack
from daulat.cli._output import has_colour
from daulat.cli._passages import mark_answers
from daulat.cli.ask import as_json_object, command, told_why
from daulat.language import Phrases
from daulat.nation import NationError, bootstrap, find_pack, installed_packs

CITATION = Citation("XA-1:pasal-1#1", "XA-1", "Law 1", "Pasal 1", "Births are reported.", "amended", "/p/x", "2023",
                    successor="XA-2")  # fmt: skip
ANSWER = Answer(True, "Births are reported. [1]", (CITATION,), "en", "2023-02-01", "quotation")
DECLINED = Answer(
    False,
    "No text says so. You can ask: Registry, 150",
    (),
    "en",
    "2023-02-01",
    "declined",
    related=(CITATION,),
    contacts=(Contact("Registry", "", "150"),),
)


@pytest.fixture
def answers(monkeypatch, tmp_path):
    """Let the command answer with what the test says; return what it was asked."""
    asked = []

    def install(answer):
        class Saying:
            searcher = SimpleNamespace(reader=None)

            async def answer(self, question):
                asked.append(question)
                return answer

        monkeypatch.setattr(daulat.cli.ask, "open_answering", lambda *_: Opened(Saying(), None, None))
        monkeypatch.setattr(daulat.cli.ask, "build_due", lambda *_: "")
        monkeypatch.setattr(daulat.cli.ask, "no_text_yet", lambda *_: "")
        path = tmp_path / "nation.yaml"
        path.write_text(bootstrap("EE"))
        return asked, str(path)

    return install


def test_the_promised_fields_are_all_there():
    printed = as_json_object(ANSWER)
    assert {"answered", "text", "citations", "language", "as_of"} <= set(printed)
    assert {"passage_id", "title", "article", "quote", "status", "url"} <= set(printed["citations"][0])


def test_an_answer_names_where_it_stands_and_what_replaced_it(answers):
    _, path = answers(ANSWER)
    result = CliRunner().invoke(command, ["--file", path, "when?"])
    assert result.exit_code == 0
    assert "[1] Law 1, Pasal 1 (Amended). See instead: XA-2" in result.stdout


QUOTED = "(1) Births are reported.\n(2) Within sixty days,\nby a parent. Deaths too."
SPAN = (QUOTED.index("Within"), QUOTED.index(" Deaths"))


def quoting(**fields):
    """An answer that quotes a law, from which one sentence over two lines answers."""
    citation = replace(CITATION, quote=QUOTED, answer_span=SPAN, **fields)
    text = "According to Law 1 [1]:\n\n" + "\n".join(f"> {line}" for line in QUOTED.split("\n"))
    return Answer(True, text, (citation,), "en", "2023-02-01", "quotation")


def test_the_sentence_that_answers_is_marked_without_colour(answers):
    _, path = answers(quoting(status="in_force", successor=""))
    printed = CliRunner().invoke(command, ["--file", path, "when?"]).stdout
    assert "> (1) Births are reported.\n> (2) » Within sixty days,\n> by a parent. « Deaths too.\n" in printed


def test_the_sentence_that_answers_is_bold_in_a_terminal():
    marked = mark_answers(quoting(), lambda _: True, bold=True)
    assert "> (2) \x1b[1mWithin sixty days,\x1b[0m\n> \x1b[1mby a parent.\x1b[0m Deaths too." in marked


def test_what_a_document_would_hide_or_colour_is_shown_plain_beside_what_we_mark():
    answer = quoting()
    hostile = [text.replace("by a", "\x1b[8mby\x1b[0m a") for text in (QUOTED, answer.text)]
    citation = replace(answer.citations[0], quote=hostile[0], answer_span=(SPAN[0], hostile[0].index(" Deaths")))
    marked = mark_answers(replace(answer, text=hostile[1], citations=(citation,)), lambda _: True, bold=True)
    assert "> \x1b[1m[8mby[0m a parent.\x1b[0m Deaths too." in marked


@pytest.mark.parametrize("answering", ["within <b>30</b> days [1](2)", "<b>30</b> days [1]", "30", "<", "]"])
def test_a_sentence_is_marked_whatever_markup_it_holds(answering):
    quote = "It is told within <b>30</b> days [1](2).\nNo fee."
    at = quote.index(answering)
    citation = replace(CITATION, quote=quote, answer_span=(at, at + len(answering)))
    page = quotation([Quoted(citation, "Law 1")], Phrases.for_language("en", None), opening=[], closing=[])
    marked = mark_answers(Answer(True, page.text, (citation,), "en", "", "quotation"), lambda _: True, bold=False)
    before, _, rest = marked.partition("» ")
    inside, _, behind = rest.partition(" «")
    assert inside == inert(answering)
    assert before + inside + behind == page.text


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_wants_no_colour_gets_none(monkeypatch, variable, value):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert has_colour()
    monkeypatch.setenv(variable, value)
    assert not has_colour()


@pytest.mark.parametrize("status", ["revoked", "amended"])
def test_old_text_is_not_marked_as_an_answer(answers, status):
    _, path = answers(quoting(status=status, standing="history"))
    assert "»" not in CliRunner().invoke(command, ["--file", path, "when?"]).stdout


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("id", "(Telah diubah). Lihat gantinya: XA-2"),
        ("jv", "(Sampun dipunéwahi). Mangga mirsani gantosipun: XA-2"),
        ("su", "(Parantos dirobih). Tingali gantina: XA-2"),
        ("en", "(Amended). See instead: XA-2"),
        ("min", "(Telah diubah). Lihat gantinya: XA-2"),
    ],
)
def test_a_standing_is_told_in_the_language_of_the_answer(answers, tmp_path, language, words):
    pytest.importorskip("daulat_id")
    answers(replace(ANSWER, language=language))
    path = tmp_path / "id.yaml"
    path.write_text(bootstrap("ID", find_pack("ID")))
    assert f"[1] Law 1, Pasal 1 {words}\n" in CliRunner().invoke(command, ["--file", str(path), "kapan?"]).stdout


@pytest.mark.parametrize(("tag", "hint"), [("not a tag", "such as `en`"), ("jawa", "`jv`"), ("xx1", "such as `en`")])
def test_what_is_no_language_is_refused_with_what_was_meant(answers, tag, hint):
    asked, path = answers(ANSWER)
    result = CliRunner().invoke(command, ["--file", path, "--language", tag, "when?"])
    assert (result.exit_code, asked) == (2, [])
    assert "BCP 47" in result.stderr
    assert hint in result.stderr


def test_a_declined_question_shows_what_comes_nearest_and_is_no_failure(answers):
    _, path = answers(DECLINED)
    result = CliRunner().invoke(command, ["--file", path, "who wins?"])
    assert result.exit_code == 0
    assert result.output.count("Registry") == 1
    nearest = result.stdout.partition("The nearest official passages:\n")[2]
    assert nearest == "- Law 1, Pasal 1 (Amended). See instead: XA-2\n  > Births are reported.\n"


def test_language_and_service_reach_the_assistant(answers):
    asked, path = answers(ANSWER)
    CliRunner().invoke(command, ["--file", path, "--language", "ru", "--service", "public-services", " when? "])
    assert (asked[0].text, asked[0].language, asked[0].service) == ("when?", "ru", "public-services")


@pytest.mark.parametrize("arguments", [["  "], ["--service", "gardening", "x"]])
def test_an_empty_question_and_an_unknown_service_are_wrong_usage(answers, arguments):
    _, path = answers(ANSWER)
    assert CliRunner().invoke(command, ["--file", path, *arguments]).exit_code == 2


def test_where_nothing_is_declared_the_only_pack_is_assumed_and_said(tmp_path, capsys):
    packs = installed_packs()
    if len(packs) != 1:
        with pytest.raises(NationError):
            declared_or_only_pack(tmp_path / "nation.yaml")
        return
    nation = declared_or_only_pack(tmp_path / "nation.yaml")
    assert nation.country == packs[0].country
    assert nation.path("x") == tmp_path / "x"
    assert packs[0].country in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["ask", "when?"], ["search", "when?"]])
def test_a_declaration_that_was_named_and_is_not_there_is_an_error_and_no_other_country(tmp_path, words, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*words, "--file", str(tmp_path / "naton.yaml")])
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert "naton.yaml: does not exist" in told
    assert "daulat init" in told
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_a_first_question_while_its_release_is_still_being_made(tmp_path):
    (tmp_path / "nation.yaml").write_text(bootstrap("ID"))
    asking = [Path(sys.executable).with_name("daulat"), "ask", "KTP hilang, lapor ke mana?"]
    # A shell that starts tests in the background has them ignore Ctrl-C, and what they start too.
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with subprocess.Popen(asking, cwd=tmp_path, stderr=subprocess.PIPE, text=True, **heard) as process:
        while "indexing" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        talk = process.communicate()[1]
    assert (process.returncode, talk.split()[-1]) == (130, "interrupted")
    assert not list((tmp_path / ".daulat/releases").glob("id-*"))  # a whole build would have left one


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (Why("weighed", 0.1, 0.47, "a#1", "Permits", "Fees", ("x",)), "declined; it answers with a probability of 0.1"),
        (Why("weighed", 0.8, 0.47, "a#1", "Permits", "Fees"), "answered; it answers with a probability of 0.80"),
        (Why("another law", 0.0, 0.47, "a#1", "Permits"), "declined; the question names a law"),
        (Why("ruled elsewhere"), "declined; an act that is not here rules on it"),
        (Why("nothing found"), "is its source declared, built and published?"),
        (Why("at once"), "no text was searched"),
    ],
)
def test_what_decided_is_told_to_who_keeps_the_sources(why, words):
    assert words in told_why(why)


def test_what_could_be_done_is_told_only_where_a_passage_was_weighed_and_found_wanting():
    weighed = Why("weighed", 0.15, 0.47, "a#1", "Permits", "Fees", ("late", "cash"))
    assert "a#1 (Permits / Fees)\n  not in it, its heading or title: late, cash\n  If it answers, " in told_why(weighed)
    assert "If it answers" not in told_why(Why("weighed", 0.8, 0.47, "a#1", "Permits", "Fees"))


def test_a_declined_question_names_the_way_to_learn_why(answers):
    _, path = answers(DECLINED)
    assert "`--why` tells what decided" in CliRunner().invoke(command, ["--file", path, "who wins?"]).stderr
