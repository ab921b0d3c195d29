# SPDX-License-Identifier: Apache-2.0
"""Inputs: every default has a source, and what cannot be meant is refused with what was most likely meant."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.errors import DaulatError
from daulat.nation import Nation, Pack, bootstrap, find_pack, nation_of
from daulat.plan import (
    Case,
    DoesNotFitError,
    InputError,
    InputFaultsError,
    PlanError,
    make_plan,
    plan_nation,
    read_case,
    read_scenario,
)
from daulat.plan.inputs import Assumption, Settings, draw
from daulat.plan.inputs.assumption import BASES, first
from daulat.plan.inputs.draws import quantile
from daulat.plan.units import SLIPS


def test_every_default_has_a_source_a_date_a_licence_and_a_known_unit(rich: Case) -> None:
    for one in rich.assumptions:
        assert one.source, one.path
        assert one.about, one.path
        assert one.unit in SLIPS, one.path
        assert one.basis in BASES, one.path
        assert one.min <= one.low <= one.value <= one.high <= one.max, one.path
        if one.basis != "given":
            assert one.date, one.path
            assert one.licence, one.path


def test_no_default_of_the_package_is_cited_from_memory(rich: Case) -> None:
    assert not [one.path for one in rich.assumptions if one.basis == "recalled" and one.origin == "assumptions.yaml"]


def test_what_only_the_nation_knows_is_asked_for_until_it_is_given(nation: Nation) -> None:
    def asked(*changes: str) -> str:
        notes = map(str, make_plan(read_case(nation, changes=changes), n_draws=1).notes())
        return next((note for note in notes if note.startswith("needs national input")), "")

    assert "demand.age_share" in asked()
    assert "demand.age_share" not in asked("demand.age_share=0.8")


def test_a_figure_that_an_author_cites_from_memory_is_counted(nation: Nation) -> None:
    given = {"demand": {"age_share": {"value": 0.8, "basis": "recalled", "source": "a yearbook"}}}
    case = read_case(nation, scenario=(given, "mine.yaml"))
    assert any(
        note.startswith("1 inputs are published figures") for note in map(str, make_plan(case, n_draws=1).notes())
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("demand.internet_share=74", ("74 percent, which is 0.74 share", "0.01 to 1")),
        ("energy.electricity_price_usd_per_mwh=0.07", ("0.07 USD/kWh, which is 70 USD/MWh",)),
        ("money.facility_usd_per_mw=10", ("10 million USD/MW",)),
        ("site_power_mw=60000", ("60,000 kW, which is 60 MW", "0.02 to 20,000 MW")),
        ("demand.population_growth_per_year=-3", ("-0.05 to 0.08",)),
        ("demand.internet_share=nan", ("0.01 to 1",)),
        ("demand.internet_share=much", ("`much` is not a number", "alone, in share")),
        ("demand.intrenet_share=0.7", ("did you mean `demand.internet_share`",)),
        ("budget_usd=0", ("--set: plan.budget_usd", "1,000 to 1e+13 USD")),
        ("phases=1,0.5", ("phases", "none below the year before")),
        ("start_year=1999", ("2024 to 2060",)),
        ("start_year=2027.5", ("whole number",)),
        ("model=gpt-oss-120", ("did you mean `gpt-oss-120b`",)),
        ("model=lama-3", ("`llama-3.", " or `llama-3.", "`daulat plan choices` lists all")),
        ("accelerator=h100", ("did you mean `h100-",)),
        ("accelerator=H100", ("`h100-nvl` or `h100-pcie` or `h100-sxm`", "`daulat plan choices` lists all")),
        ("accelerator=quantum", ("a10, a100-pcie-80gb", " more")),
        ("site_power_mw=250 kW", ("`250 kW` is not a number", "Write the number alone, in MW")),
        ("tpot_s=50ms", ("is not a number", "in s")),
        ("mode=power", ("site_power_mw", "is needed in power mode")),
        ("regions=ID.04", ("is not a region",)),
        ("regions=99", ("`99` is not a region",)),
        ("regions=99,98", ("`99` is not a region",)),
        ("currency=USX", ("has no rate", "local_per_usd")),
        ("currency=EUR", ("has no rate", "local_per_usd")),
        ("sitting=1", ("did you mean `site`", "is not a choice")),
        ("energy.pue_base", ("path=value",)),
        ("money.electrical_share=0.9", ("sum to more than 1",)),
    ],
)
def test_what_cannot_be_meant_is_refused_with_path_value_and_likely_meaning(
    case_of,
    change: str,
    words: tuple[str, ...],  # type: ignore[no-untyped-def]
) -> None:
    with pytest.raises(PlanError) as caught:
        case_of(change)
    said = str(caught.value)
    for word in words:
        assert word in said


def test_all_faults_are_told_at_once(case_of) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputFaultsError) as caught:
        case_of("demand.internet_share=74", "energy.pue_base=0.2")
    assert len(caught.value.faults) == 2
    assert "energy.pue_base" in str(caught.value)


@pytest.mark.parametrize(
    "row",
    [
        {"low": 0.9, "value": 0.5},
        {"value": 0.5, "unit": "percent"},
        {"value": 0.5, "kind": "gaussian", "low": 0.4, "high": 0.6},
        {"value": 0.5, "colour": "red"},
        {"value": True},
    ],
)
def test_a_row_that_contradicts_itself_is_refused(case_of, row: dict[str, object]) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=r"scenario\.yaml: demand\.internet_share"):
        case_of(scenario={"demand": {"internet_share": row}})


def test_a_slip_of_unit_says_what_to_write(case_of) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=r"Write 0\.74 share"):
        case_of(scenario={"demand": {"internet_share": {"value": 74, "unit": "percent"}}})


def test_a_model_that_does_not_fit_is_told_with_the_arithmetic(case_of) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DoesNotFitError, match=r"--set: plan.model `deepseek-v3-671b` on l4 in bf16: does not fit"):
        make_plan(case_of("model=deepseek-v3-671b", "accelerator=l4", "precision=bf16"), n_draws=1)


def test_the_later_layer_wins_and_its_file_is_named(nation: Nation, tmp_path: Path) -> None:
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "assumptions.yaml").write_text("energy: {pue_base: 1.3}\nmoney: {discount_rate: 0.05}\n")
    pack = Pack("EE", "a-pack", "1", tmp_path)
    declared = nation.model_copy(update={"plan": {"energy": {"pue_base": 1.2}}})
    case = read_case(declared, pack=pack, changes=["energy.pue_slope_per_c=0"])
    found = {path: (case.assumptions[path].value, case.assumptions[path].origin) for path in
             ("money.discount_rate", "energy.pue_base", "energy.pue_slope_per_c")}  # fmt: skip
    assert found == {
        "money.discount_rate": (0.05, "a-pack/plan/assumptions.yaml"),
        "energy.pue_base": (1.2, "nation.yaml"),
        "energy.pue_slope_per_c": (0.0, "--set"),
    }


ROW = {
    "unit": "ratio",
    "min": 0.0,
    "max": 100.0,
    "about": "",
    "source": "a test",
    "date": "",
    "licence": "",
    "basis": "given",
}
SPREADS = st.tuples(
    st.sampled_from(["uniform", "triangular", "normal", "lognormal"]),
    st.floats(0.1, 5),
    st.floats(0.01, 5),
    st.floats(0.01, 5),
)


def assumption(kind: str, low: float, up: float, further: float) -> Assumption:
    return first("a.b", ROW | {"kind": kind, "low": low, "value": low + up, "high": low + up + further}, "a test")


@given(SPREADS)
def test_draws_fall_once_into_each_slice_and_stay_within_the_allowed_range(
    spread: tuple[str, float, float, float],
) -> None:
    one = assumption(*spread)
    n = 64
    drawn = np.sort(draw([one], n, 3)("a.b")[:, 0])
    edges = quantile(one, np.arange(n + 1) / n)
    assert (drawn >= edges[:-1] - 1e-9).all()
    assert (drawn <= edges[1:] + 1e-9).all()
    assert (drawn >= 0).all()
    assert (drawn <= 100).all()


@given(SPREADS)
def test_low_and_high_mean_what_the_table_says(spread: tuple[str, float, float, float]) -> None:
    one = assumption(*spread)
    ends = (0.1, 0.9) if one.kind in ("normal", "lognormal") else (0.0, 1.0)
    low, high = quantile(one, np.array(ends))
    assert (low, high) == pytest.approx((one.low, one.high), rel=1e-3)


def test_another_input_does_not_move_the_draws_of_the_rest() -> None:
    one = assumption("uniform", 1, 1, 1)
    row = ROW | {"kind": "uniform", "low": 0.0, "value": 1.0, "high": 2.0}
    alone, beside = draw([one], 50, 9), draw([one, first("a.a", row, "a test")], 50, 9)
    np.testing.assert_array_equal(alone("a.b"), beside("a.b"))
    assert abs(np.corrcoef(beside("a.a")[:, 0], beside("a.b")[:, 0])[0, 1]) < 0.5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("energy.electricity_price_usd_per_mwh=8", "did you mean 8 US cents/kWh, which is 80 USD/MWh?"),
        ("jobs.operation_jobs_per_mw=60", "far from the usual 0.3 to 3.4"),
        ("money.salary_usd_per_year=3000", "did you mean 3,000 USD/person/month, which is 36,000 USD/person/year?"),
    ],
)
def test_a_value_that_may_be_and_is_far_from_the_usual_is_asked_about(case_of, change: str, words: str) -> None:  # type: ignore[no-untyped-def]
    case = case_of(change)
    assert any(words in note for note in map(str, make_plan(case, n_draws=1).notes()))
    assert case_of("energy.electricity_price_usd_per_mwh=300").assumptions.warnings == ()


def test_a_site_that_stands_idle_is_asked_about(case_of) -> None:  # type: ignore[no-untyped-def]
    plan = make_plan(case_of("mode=power", "site_power_mw=500"), n_draws=1)
    assert any("was site_power_mw meant in kW?" in note for note in map(str, plan.notes()))


def test_a_currency_that_is_not_the_nations_is_refused(case_of) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="Allowed is USD or EUR"):
        case_of("currency=KES", "money.local_per_usd=129")


ODD: tuple[object, ...] = (None, [], {}, "x", -1, 1e300, True, [1, 2], {"a": 1}, [None], [{}], {"value": None}, [[1]])
KEYS = [one.name for one in dataclasses.fields(Settings)] + ["demand", "energy", "service", "event", "deal", "nonsense"]


@pytest.mark.parametrize("key", KEYS)
def test_whatever_stands_in_a_section_is_read_or_refused_in_words(case_of, key: str) -> None:  # type: ignore[no-untyped-def]
    for value in ODD:
        with contextlib.suppress(DaulatError):
            case_of(scenario={key: value})


def test_an_event_of_a_service_that_the_plan_has_not_is_refused(case_of) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="epidemic"):
        case_of("services=education", "events=epidemic")


def test_an_objective_has_no_range(case_of) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="the same in every draw"):
        case_of(scenario={"sizing": {"waiting_share": {"value": 0.05, "low": 0.01, "high": 0.1}}})


@pytest.mark.parametrize("day", ["2199-01-01", "31-02-2025", "2025-02-31", "soon"])
def test_a_source_of_a_day_that_cannot_be_is_refused(case_of, day: str) -> None:  # type: ignore[no-untyped-def]
    given = {"energy": {"pue_base": {"value": 1.2, "source": "a meter", "date": day}}}
    with pytest.raises(InputError, match=r"energy\.pue_base\.date"):
        case_of(scenario=given)


def test_what_nothing_was_measured_of_is_said(case_of) -> None:  # type: ignore[no-untyped-def]
    notes = make_plan(
        case_of("accelerator=mi250x", "model=gemma-3-27b", "precision=bf16", "start_year=2040"), n_draws=1
    )
    said = " ".join(map(str, notes.notes()))
    for words in ("no throughput of mi250x", "no throughput of `gemma-3-27b`", "service begins in 2040"):
        assert words in said
    usual = " ".join(map(str, make_plan(case_of("model=llama-3.1-8b"), n_draws=1).notes()))
    assert "no throughput of" not in usual
    assert "service begins" not in usual


def test_a_power_that_is_too_large_is_told_once(case_of) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputFaultsError) as raised:
        case_of("mode=power", "site_power_mw=1000000")
    assert len(raised.value.faults) == 1


BAD_FILE = """\
plan:
  name: Bad
  regions: ["99"]
  energy:
    pue_base: 0.9
  siting:
    spare_share: 100
    hazard:
      source: an invented map
      classes:
        low: {hardening_share: 3}
"""


def test_a_fault_names_the_line_of_its_value(tmp_path: Path, nation: Nation) -> None:
    """Lines counted by hand in the file above."""
    path = tmp_path / "bad.yaml"
    path.write_text(BAD_FILE, encoding="utf-8")
    section, origin = read_scenario(str(path), None)
    for key, said in (
        ("energy", "bad.yaml line 5: energy.pue_base: `0.9`"),
        ("siting", "bad.yaml line 11: plan.siting.hazard.classes.low.hardening_share: `3`"),
        ("regions", "bad.yaml line 3: plan.regions: `99`"),
    ):
        with pytest.raises(PlanError) as raised:
            read_case(nation, scenario=({key: section[key]}, origin))
        assert said in str(raised.value)


NOW = datetime(2026, 11, 26, tzinfo=UTC)
ALL_WRONG = """\
plan:
  start_year: 1999
  model: gpt-oss-121b
  regions: ["99"]
  services: {education: {modell: qwen3-8b}, public-services: {}}
  service: {education: {users_share: 7}}
  energy:
    pue_base: 0.9
    pue_bsae: 1.1
  siting:
    spare_share: 100
    hazard: {source: an invented map, classes: {low: {hardening_share: 3}}}
  deal:
    partys: []
"""


def test_whatever_is_wrong_in_a_file_is_told_at_once(tmp_path: Path, nation: Nation) -> None:
    """Choices, a region, numbers, rules of sites, hazards and the deal; nothing that only follows from them."""
    path = tmp_path / "bad.yaml"
    path.write_text(ALL_WRONG, encoding="utf-8")
    with pytest.raises(InputFaultsError) as raised:
        plan_nation(
            nation, scenario=read_scenario(str(path), None), changes=["tpot_s=50", "nonsense"], made_at=NOW, n_draws=1
        )
    told = [str(fault) for fault in raised.value.faults]
    for wrong in (
        "line 2: plan.start_year: `1999`",
        "line 3: plan.model: `gpt-oss-121b`",
        "line 4: plan.regions: `99`",
        "line 5: plan.services.education:",
        "line 8: energy.pue_base: `0.9`",
        "line 9: `energy.pue_bsae` is not an input",
        "line 11: siting.spare_share: `100`",
        "line 12: plan.siting.hazard.classes.low.hardening_share: `3`",
        "line 14: plan.deal.partys:",
        "--set: plan.tpot_s: `50",
        "--set: plan.nonsense: `nonsense` is not a change",
    ):
        assert any(wrong in one for one in told), (wrong, told)
    assert not any("service.education" in one for one in told)


def test_what_a_pack_says_is_the_usual_of_its_country() -> None:
    pack = find_pack("ID")
    nation = nation_of(bootstrap("ID", pack))
    case = read_case(nation, pack=pack, changes=["money.local_per_usd=16.7", "energy.grid_gco2_per_kwh=0.45"])
    assert any("16.7 thousand local/USD, which is 16,700" in note for note in map(str, case.assumptions.warnings))
    assert any("0.45 kgCO2e/kWh, which is 450" in note for note in map(str, case.assumptions.warnings))


def test_a_currency_without_a_rate_is_told_where_it_was_chosen(case_of: Callable[..., Case]) -> None:
    """It named the table of the package, in which nobody had chosen anything."""
    with pytest.raises(InputFaultsError, match=r"--set: plan\.currency: `EUR` has no rate"):
        case_of("currency=EUR")
