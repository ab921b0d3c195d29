# SPDX-License-Identifier: Apache-2.0
"""A licence whose conditions a use breaks is refused with the clause named; a conversation remembers what was said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from daulat.cli._chat import converse
from daulat.cli.models import command
from daulat.models import FakeEngine, Use, broken_clause, load_catalogue
from daulat.models.errors import LicenceForbids
from daulat.nation import bootstrap


def clause(licence: str, **use) -> str:
    return broken_clause(load_catalogue().licences[licence].limits, Use(**use))


@pytest.mark.parametrize(
    ("licence", "use", "named"),
    [
        ("mistral-research", {"kind": "service"}, "non-commercial research only"),
        ("llama-3.1", {"monthly_users": 800_000_000}, "700 million"),
        ("qwen", {"monthly_users": 150_000_000}, "100 million"),
        ("llama-4", {"country": "FR"}, "European Union"),
        ("tencent-hunyuan-a13b", {"country": "KR"}, "South Korea"),
    ],
)
def test_a_use_beyond_a_licence_is_met_with_the_clause(licence: str, use: dict, named: str) -> None:
    assert named in clause(licence, **use)


@pytest.mark.parametrize(
    ("licence", "use"),
    [
        ("mistral-research", {"kind": "research"}),
        ("llama-3.1", {"monthly_users": 700_000_000}),
        ("llama-4", {"country": "ID"}),
        ("Apache-2.0", {"country": "FR", "monthly_users": 10**9}),
    ],
)
def test_a_use_within_a_licence_is_not_held_up(licence: str, use: dict) -> None:
    assert clause(licence, **use) == ""


def test_a_pull_for_a_service_is_refused_though_somebody_accepted(tmp_path: Path, monkeypatch, tiny_weights) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["pull", "large", "--from", f"file://{tiny_weights}", "--licence", "mistral-research",
             "--accept-licence", "A. Clerk, Data Office"]  # fmt: skip
    with pytest.raises(LicenceForbids, match="non-commercial research only"):
        CliRunner().invoke(command, words, catch_exceptions=False)
    assert not (tmp_path / ".daulat").exists()
    allowed = CliRunner().invoke(command, [*words, "--use", "research", "--json"], catch_exceptions=False)
    assert json.loads(allowed.stdout)["licence"] == "mistral-research"


def test_the_country_of_the_declaration_counts(tmp_path: Path, monkeypatch, tiny_weights) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nation.yaml").write_text(bootstrap("EE"), encoding="utf-8")
    words = [
        "pull",
        "large",
        "--from",
        f"file://{tiny_weights}",
        "--licence",
        "llama-4",
        "--accept-licence",
        "A. Clerk",
    ]
    with pytest.raises(LicenceForbids, match="European Union"):
        CliRunner().invoke(command, words, catch_exceptions=False)


async def test_a_conversation_remembers_what_was_said_and_ends_with_an_empty_line(capsys) -> None:
    engine, lines = FakeEngine(["tiny"]), iter(["hello there", "and again", ""])
    await converse(engine, "tiny", 50, lambda: next(lines))
    assert [message.role for message in engine.requests[1].messages] == ["user", "assistant", "user"]
    assert capsys.readouterr().out.splitlines()[0] == "A fake engine read 2 words."
