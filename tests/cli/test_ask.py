# SPDX-License-Identifier: Apache-2.0
"""`daulat ask` gives the promised fields, and works before anything is declared."""

import pytest
from click.testing import CliRunner

import daulat.cli.ask
from daulat.assistant.types import Answer, AnswerEvent, Citation, Contact
from daulat.cli._answering import Opened
from daulat.cli._declaration import declared_or_only_pack
from daulat.cli.ask import as_json_object, command
from daulat.nation import NationError, bootstrap, installed_packs

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
            async def stream(self, question):
                asked.append(question)
                yield AnswerEvent("answer", answer=answer)

        monkeypatch.setattr(daulat.cli.ask, "open_answering", lambda *_: Opened(Saying(), None, None))
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
    assert "[1] Law 1, Pasal 1 (amended); see XA-2" in result.stdout


def test_a_declined_question_shows_what_comes_nearest_and_is_no_failure(answers):
    _, path = answers(DECLINED)
    result = CliRunner().invoke(command, ["--file", path, "who wins?"])
    assert result.exit_code == 0
    assert result.output.count("Registry") == 1
    nearest = result.stdout.partition("The nearest official passages:\n")[2]
    assert nearest == "- Law 1, Pasal 1 (amended); see XA-2\n  > Births are reported.\n"


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
