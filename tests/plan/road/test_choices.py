# SPDX-License-Identifier: Apache-2.0
"""Choices of a plan: each is listed with what is allowed, written as people write lists, and followed by the demand."""

from __future__ import annotations

import dataclasses

import pytest

from daulat.nation import Nation, Pack, bootstrap, nation_of
from daulat.plan import make_plan, read_case
from daulat.plan.inputs import Settings, allowed_choices


@pytest.mark.parametrize("written", ["health,education", "[health, education]"])
def test_a_list_on_the_command_line_may_have_brackets(nation: Nation, written: str) -> None:
    settings = read_case(nation, changes=[f"services={written}", "phases=[0.2, 1]"]).settings
    assert [one.id for one in settings.services] == ["health", "education"]
    assert settings.phases == (0.2, 1)


def test_every_choice_of_a_plan_is_listed_with_what_is_allowed() -> None:
    allowed = allowed_choices()
    assert set(allowed) == {one.name for one in dataclasses.fields(Settings)}
    for name in ("model", "accelerator", "precision", "framework", "mode", "sites"):
        assert getattr(Settings(), name) in allowed[name]


@pytest.mark.parametrize(
    ("model", "same_text"),
    [("gpt-oss-120b", 1.206), ("gemma-3-27b", 1.202), ("gemma-sea-lion-v4-27b", 1.202), ("qwen3-8b", 1.322)],
)
def test_javanese_costs_what_was_measured_with_the_vocabulary_of_the_model(
    pack: Pack, model: str, same_text: float
) -> None:
    """Of a model whose vocabulary nobody measured the mean is taken: (1.206 + 1.558 + 1.202) / 3; and it is said."""
    case = read_case(nation_of(bootstrap("ID", pack)), pack=pack, changes=[f"model={model}", "precision=bf16"])
    assert case.assumptions["demand.tokens_vs_english_jv"].value == pytest.approx(same_text, abs=5e-4)
    said = any("vocabulary of `qwen3-8b`" in note for note in map(str, make_plan(case, n_draws=1).notes()))
    assert said == (model == "qwen3-8b")


def test_a_service_with_a_model_of_its_own_is_counted_with_the_vocabulary_of_that(pack: Pack) -> None:
    """All speak Indonesian: 0.965 of English on Gemma 3, 1.069 on gpt-oss; 200 English tokens of an answer."""
    given = {
        "services": {"health": {"model": "gemma-3-27b"}, "education": None, "ministries": {"model": "gpt-oss-20b"}},
        "service": {one: {"output_tokens": 200, "reasoning_share": 0} for one in ("health", "education", "ministries")},
    }
    declared = nation_of(bootstrap("ID", pack))
    indonesian = declared.model_copy(update={"languages": declared.languages[:1]})
    case = read_case(indonesian, pack=pack, scenario=(given, "mine.yaml"))
    answers = make_plan(case, n_draws=1).demand.output_tokens_per_request[0]
    assert answers == pytest.approx([193.0, 213.8, 213.8])
    paths = [one.path for one in case.assumptions if "tokens_vs_english_id" in one.path]
    assert sorted(paths) == ["demand.tokens_vs_english_id", "service.health.tokens_vs_english_id"]
