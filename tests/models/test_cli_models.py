# SPDX-License-Identifier: Apache-2.0
"""`daulat models`: data on stdout, talk on stderr, and each command names the next."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from daulat.cli.models import command
from daulat.models.errors import LicenceNotAccepted, SourceError, UnknownModel, WeightsError

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **options: object) -> Result:
        return CliRunner().invoke(command, arguments, catch_exceptions=False, **options)

    return run


def test_the_list_is_data_and_the_hint_is_talk(run: Run) -> None:
    result = run("list", "--json")

    rows = json.loads(result.stdout)
    assert len(rows) >= 40
    assert {"id", "licence", "licence_class", "here"} <= rows[0].keys()
    assert run("list", "--here").stdout.splitlines()[1:] == []
    assert "daulat models show" in run("list").stderr


def test_models_are_listed_by_a_language_that_their_publishers_claim(run: Run) -> None:
    claimed = {row["id"] for row in json.loads(run("list", "--language", "jv", "--json").stdout)}
    assert {"qwen3-8b", "sahabat-ai-gemma2-9b", "gemma2-sea-lion-v3-9b"} <= claimed
    assert not claimed & {"llama-3.1-8b", "qwen2.5-7b"}
    assert "no list of languages is known" in run("list", "--language", "jv").stderr


def test_a_language_that_does_not_exist_is_claimed_by_nobody_and_wrong_usage(run: Run) -> None:
    ended = run("list", "--language", "klingon")
    assert ended.exit_code == 2
    assert "`klingon` is not a known BCP 47 tag" in ended.stderr


def test_a_model_is_shown_with_its_obligations_and_sources(run: Run) -> None:
    shown = json.loads(run("show", "gemma-3-4b", "--json").stdout)

    assert shown["licence_class"] == "open-weight"
    assert shown["obligations"]
    assert shown["params_source"]
    assert "not for citizens" in run("show", "smollm2-135m-instruct").stderr
    assert "daulat models pull qwen3-4b" in run("show", "qwen3-4b").stderr


def test_a_model_is_pulled_listed_verified_run_and_removed(run: Run, tiny_weights: Path) -> None:
    pulled = run("pull", "tiny", "--from", f"file://{tiny_weights}", "--licence", "MIT", "--json")
    assert json.loads(pulled.stdout)["licence"] == "MIT"
    assert json.loads(run("list", "--here", "--json").stdout) == [{"id": "tiny", "here": True, "licence": "MIT"}]
    assert json.loads(run("verify", "--json").stdout)[0]["model"] == "tiny"
    answered = json.loads(run("run", "tiny", "Halo", "--max-tokens", "4", "--json").stdout)
    assert answered["completion_tokens"] == 4
    assert "checked against a source" in run("run", "tiny", "--max-tokens", "2", input="Halo").stderr
    removed = run("remove", "tiny").stdout
    assert removed.startswith("removed tiny, ")
    assert "tiny, 0 MB" not in removed
    assert "daulat models pull" in run("verify").stderr


def test_conditions_are_shown_before_a_byte_is_fetched(run: Run) -> None:
    with pytest.raises(LicenceNotAccepted, match="prohibited-use policy"):
        run("pull", "gemma-3-270m")


def test_a_pin_that_is_no_sha256_is_wrong_usage(run: Run, tiny_weights: Path) -> None:
    result = run("pull", "tiny", "--from", f"file://{tiny_weights}", "--licence", "MIT", "--sha256", "zz")
    assert result.exit_code == 2
    assert "64 hexadecimal digits" in result.stderr
    assert not Path(".daulat").exists()


def test_altered_weights_are_not_run(run: Run, tiny_weights: Path) -> None:
    run("pull", "tiny", "--from", f"file://{tiny_weights}", "--licence", "MIT")
    with Path(".daulat/models/tiny/tiny.gguf").open("r+b") as file:
        file.seek(1000)
        file.write(b"x")
    with pytest.raises(WeightsError, match="not what was pulled"):
        run("run", "tiny", "Halo")


def test_weights_of_unknown_licence_are_taken_only_by_name(run: Run, tiny_weights: Path) -> None:
    with pytest.raises(LicenceNotAccepted):
        run("pull", "tiny", "--from", f"file://{tiny_weights}")

    run("pull", "tiny", "--from", f"file://{tiny_weights}", "--accept-licence", "A. Person, Ministry")

    record = json.loads(Path(".daulat/models/tiny/provenance.json").read_text())
    assert record["accepted"]["by"] == "A. Person, Ministry"


def test_a_model_without_an_address_asks_for_one(run: Run) -> None:
    result = run("pull", "apertus-8b")

    assert result.exit_code == 2
    assert "--from" in result.stderr
    assert run("pull", "tiny", "--from", "file:///x.gguf", "--licence", "no-such").exit_code == 2


@pytest.mark.parametrize("verb", ["show", "pull", "run", "verify", "remove"])
def test_a_name_that_nobody_knows_is_told_what_was_meant(run: Run, verb: str) -> None:
    with pytest.raises(UnknownModel) as family:
        run(verb, "qwen3")
    assert "Did you mean `qwen3-0.6b`, `qwen3-1.7b`, " in family.value.fix
    with pytest.raises(UnknownModel) as misspelt:
        run(verb, "Qwen-3-4B")
    assert "`qwen3-4b`" in misspelt.value.fix
    with pytest.raises(UnknownModel) as unlike:
        run(verb, "zzzz")
    assert "Did you mean" not in unlike.value.fix
    assert "`daulat models pull zzzz`" not in unlike.value.fix  # which would fail too


def test_what_is_here_may_have_been_meant_too(run: Run, tiny_weights: Path) -> None:
    run("pull", "tiny", "--from", f"file://{tiny_weights}", "--licence", "MIT")
    with pytest.raises(UnknownModel, match="`tinny` is neither here nor in the catalogue") as refused:
        run("run", "tinny", "Halo")
    assert "Did you mean `tiny`?" in refused.value.fix


def test_a_path_is_told_how_it_is_written_as_an_address(run: Run) -> None:
    with pytest.raises(SourceError) as whole:
        run("pull", "tiny", "--from", "/media/usb/a model.gguf")
    assert "`file:///media/usb/a%20model.gguf`" in whole.value.fix
    with pytest.raises(SourceError) as beside:
        run("pull", "tiny", "--from", "tiny.gguf")
    assert f"`{Path('tiny.gguf').absolute().as_uri()}`" in beside.value.fix
    with pytest.raises(SourceError) as misspelt:
        run("pull", "tiny", "--from", "htps://host/tiny.gguf")
    assert "Did you mean `https://host/tiny.gguf`?" in misspelt.value.fix
    with pytest.raises(SourceError) as missing:
        run("pull", "tiny", "--from", "file:///not/here.gguf", "--licence", "MIT")
    assert "publisher" not in missing.value.fix


def test_an_empty_prompt_asks_nothing(run: Run, tiny_weights: Path) -> None:
    run("pull", "tiny", "--from", f"file://{tiny_weights}", "--licence", "MIT")
    for ended in (run("run", "tiny", ""), run("run", "tiny", " \n"), run("run", "tiny", input="")):
        assert ended.exit_code == 2
        assert "it is empty" in ended.stderr


def test_a_licence_that_is_misspelt_is_told_which_was_meant(run: Run) -> None:
    ended = run("pull", "tiny", "--from", "file:///x.gguf", "--licence", "apache")
    assert ended.exit_code == 2
    assert "it may be Apache-2.0." in ended.stderr


def test_weights_that_no_catalogue_knows_are_shown_with_where_they_came_from(run: Run, tiny_weights: Path) -> None:
    run("pull", "ours-7b", "--from", f"file://{tiny_weights}", "--accept-licence", "A. Person, Ministry")
    shown = run("show", "ours-7b").stdout
    assert f"file://{tiny_weights}" in shown
    assert "by: A. Person, Ministry; at: " in shown
    assert json.loads(run("show", "ours-7b", "--json").stdout)["licence"] == "unverified"
