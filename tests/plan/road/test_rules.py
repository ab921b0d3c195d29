# SPDX-License-Identifier: Apache-2.0
"""Export rules: classes by hand; a plan that relies on what the country may not receive says so and offers another."""

from __future__ import annotations

from pathlib import Path

import pytest

from daulat.nation import Pack, bootstrap, find_pack, nation_of
from daulat.plan import InputFaultsError, PlanError, make_plan, read_case
from daulat.plan._tables import accelerators
from daulat.plan.rules import _carries, _check, export_class, regimes, total_processing_performance


@pytest.mark.parametrize(
    ("accelerator", "expected"),
    [
        ("h100-sxm", "3A090.a"),  # 1979 x 8 = 15,832
        ("h20", ""),  # 296 x 8 = 2,368, under 2,400, on 814 mm2: density 2.9, under 3.2
        ("l4", "3A090.a"),  # 242 x 8 = 1,936 on 294 mm2: density 6.6, over 5.92
        ("a10", ""),  # 250 x 8 = 2,000 on 628 mm2: density 3.18, under 3.2
        ("a40", "3A090.b"),  # 299.3 x 8 = 2,394 on 628 mm2: density 3.8
        ("t4", ""),  # 130 x 8 = 1,040
    ],
)
def test_a_class_follows_from_rate_and_area(accelerator: str, expected: str) -> None:
    [regime] = [one for one in regimes() if one["origin"] == "US"]
    assert export_class(regime, accelerator) == expected


def test_performance_counts_the_longest_product_of_rate_and_bits() -> None:
    # 9,000 x 4 = 36,000, and 2,250 x 16 = 36,000
    assert total_processing_performance(accelerators()["b200-sxm"]) == 36_000


@pytest.mark.parametrize(
    ("country", "status"), [("ID", "free"), ("KE", "free"), ("VN", "licence needed"), ("IR", "embargoed")]
)
def test_the_destination_decides(country: str, status: str) -> None:
    case = read_case(nation_of(bootstrap(country)))
    assert case.rules.status == status
    assert case.rules.as_of
    assert "3A090" in case.rules.source


@pytest.mark.parametrize(("country", "status"), [("ID", "free"), ("VN", "free"), ("CN", "licence needed")])
def test_a_letter_of_the_authority_asks_a_licence_below_the_thresholds(country: str, status: str) -> None:
    """The H20 lies below the limits of the class; a letter of April 2025 asks a licence for countries of D:5."""
    rules = read_case(nation_of(bootstrap(country)), changes=["accelerator=h20", "model=qwen3-8b"]).rules
    assert (rules.export_class, rules.status) == ("", status)
    assert ("letter of 2025-04-09" in rules.source) == (status != "free")


@pytest.mark.parametrize(
    ("country", "h100", "h20"),
    [
        ("CN", "licence needed", "licence needed"),
        ("HK", "licence needed", "licence needed"),  # part of China since 85 FR 83765
        ("MO", "licence needed", "licence needed"),  # in D:1 and D:4; the letter on the H20 names it beside D:5
        ("ID", "free", "free"),
    ],
)
def test_hong_kong_is_read_as_china_and_a_letter_reaches_macau(country: str, h100: str, h20: str) -> None:
    assert [_check(country, name).status for name in ("h100-sxm", "h20")] == [h100, h20]


def test_a_plan_that_may_not_have_its_hardware_says_so_and_offers_what_it_may() -> None:
    case = read_case(nation_of(bootstrap("VN")), changes=["model=qwen3-8b", "precision=bf16"])
    plan = make_plan(case, n_draws=1)
    [note, offer] = case.rules.notes
    assert "licence needed for VN" in str(note)
    assert "best permitted alternative" in str(offer)
    assert {note, offer} <= set(plan.notes())
    again = read_case(
        nation_of(bootstrap("VN")),
        changes=["model=qwen3-8b", "precision=bf16", f"accelerator={case.rules.alternative}"],
    )
    assert again.rules.status in ("free", "unknown")
    assert make_plan(again, n_draws=1).fleet.accelerators_installed[0, -1] > 0


def test_the_alternative_is_the_permitted_accelerator_of_the_lowest_cost_a_token() -> None:
    """Each that is free and carries the model is planned with; none of them is cheaper than the one named."""
    changes = ["model=qwen3-8b", "precision=bf16"]
    nation = nation_of(bootstrap("VN"))
    case = read_case(nation, changes=changes)
    free = [name for name in accelerators() if _check("VN", name).status == "free" and _carries(name, case.settings)]
    costs = {}
    for name in free:
        other = read_case(nation, changes=[*changes, f"accelerator={name}"])
        costs[name] = float(make_plan(other, n_draws=1).cost.cost_per_mtok[0])
    assert len(costs) > 2
    assert case.rules.alternative == min(costs, key=lambda name: costs[name])
    assert {one.accelerator: one.usd_per_mtok for one in case.rules.offers} == pytest.approx(costs)
    assert list(costs.values()) != sorted(costs.values())  # the order is that of cost, not of the table
    assert [one.usd_per_mtok for one in case.rules.offers] == sorted(costs.values())


def test_a_model_that_nothing_permitted_carries_is_said_with_one_that_would_be() -> None:
    case = read_case(nation_of(bootstrap("CN")), changes=["model=deepseek-v3-671b", "precision=fp8"])
    [_, offer] = case.rules.notes
    assert (case.rules.alternative, case.rules.offers) == ("", ())
    assert "no permitted accelerator of the table carries every model" in str(offer)
    model = str(offer).partition("carries is ")[2].partition(",")[0]
    again = read_case(nation_of(bootstrap("CN")), changes=[f"model={model}", "precision=fp8"])
    assert again.rules.alternative


def test_under_an_embargo_no_accelerator_of_the_regime_is_offered() -> None:
    case = read_case(nation_of(bootstrap("IR")))
    assert (case.rules.status, case.rules.alternative) == ("embargoed", "")
    assert "ask counsel about ascend-910b" in str(case.rules.notes[1])


def test_every_regime_carries_its_date_and_citation() -> None:
    for regime in regimes():
        assert "CFR" in regime["source"]
        assert len(str(regime["as_of"])) == len("2025-05-13")


FAULTS = [
    ("from: 2027", "from: 2029"),
    ("most_per_year: 0, ", ""),
    ("most_per_year: 0", "most_per_year: -1"),
    ("Decree 1, article 2", " "),
]
LIMIT = "{accelerators: ['*'], from: 2027, to: 2028, most_per_year: 0, citation: 'Decree 1, article 2'}"


def pack_with(folder: Path, row: str) -> Pack:
    (folder / "plan").mkdir()
    (folder / "plan" / "import_rules.yaml").write_text(f"limits:\n  - {row}\n")
    return Pack("EE", "a-pack", "1", folder)


def test_an_import_limit_is_noted_in_the_years_in_which_it_stands(tmp_path: Path) -> None:
    case = read_case(nation_of(bootstrap("EE")), pack=pack_with(tmp_path, LIMIT))
    notes = [note for note in map(str, make_plan(case, n_draws=1).notes()) if "may come in" in note]
    assert [note[:4] for note in notes] == ["2027"]  # the first server is bought in 2027, the next after 2028
    assert "Decree 1, article 2" in notes[0]


def test_a_purchase_beyond_an_import_limit_is_offered_what_may_come_in(tmp_path: Path) -> None:
    """No h200 may come in; what is offered is free of export rules, is none that the limit names, and is cheapest."""
    row = LIMIT.replace("['*']", "[h200-sxm, h100-sxm]").replace("to: 2028", "to: 2040")
    case = read_case(nation_of(bootstrap("EE")), pack=pack_with(tmp_path, row))
    assert case.rules.status == "free"
    assert case.rules.alternative not in ("", "h200-sxm", "h100-sxm")
    names = [one.accelerator for one in case.rules.offers]
    assert "h100-sxm" not in names
    plan = make_plan(case, n_draws=20)
    assert plan.import_status() == "exceeded"
    assert str(plan.import_notes()[-1]).startswith(f"best permitted alternative: {names[0]}")
    wide = tmp_path / "wide"
    wide.mkdir()
    kept = read_case(
        nation_of(bootstrap("EE")), pack=pack_with(wide, row.replace("most_per_year: 0", "most_per_year: 999"))
    )
    plan = make_plan(kept, n_draws=20)
    assert plan.import_status() == "kept"  # nothing is offered to who keeps the limit
    assert not any("alternative" in note for note in map(str, plan.notes()))
    open_case = read_case(nation_of(bootstrap("EE")))
    assert (open_case.rules.alternative, open_case.rules.offers) == ("", ())


def test_where_no_import_limit_is_known_the_plan_says_since_when_and_where_it_was_searched(tmp_path: Path) -> None:
    pack = find_pack("ID")
    told = [str(one) for one in make_plan(read_case(nation_of(bootstrap("ID")), pack=pack), n_draws=1).import_notes()]
    assert "no limit of ID on how many h200-sxm may come in is known, as of 2026-11-26" in told[0]
    assert "searched: UU 7/2014" in told[0]
    assert [("UU 7/2014, article 47" in one, "UU 3/2014" in one) for one in told[1:]] == [(True, False), (False, True)]
    unsearched = make_plan(read_case(nation_of(bootstrap("KE"))), n_draws=1).import_notes()
    assert [str(one) for one in unsearched] == [
        "imports: nobody has searched for limits of KE on accelerators; a pack's plan/import_rules.yaml says them"
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("searched: {on: soon, where: x}", "line 1: searched: "),
        ("searched: {on: 2026-11-26}", "line 1: searched: "),
        ("conditions: [{what: new goods}]", r"line 1: conditions\[0\]: "),
        ("conditions: none", "line 1: conditions: "),
        ("limit: []", "`limits:`, a list"),
    ],
)
def test_a_search_or_a_condition_without_its_date_or_citation_is_refused(tmp_path: Path, line: str, said: str) -> None:
    pack = pack_with(tmp_path, LIMIT)
    rules = tmp_path / "plan" / "import_rules.yaml"
    rules.write_text(f"{line}\n{rules.read_text(encoding='utf-8')}", encoding="utf-8")
    with pytest.raises(PlanError, match=said):
        read_case(nation_of(bootstrap("EE")), pack=pack)


@pytest.mark.parametrize("change", FAULTS)
def test_an_import_limit_that_cannot_be_kept_is_refused(tmp_path: Path, change: tuple[str, str]) -> None:
    pack = pack_with(tmp_path, LIMIT.replace(*change))
    with pytest.raises(PlanError, match=r"import_rules\.yaml line 2: limits\[0\]"):
        read_case(nation_of(bootstrap("EE")), pack=pack)


def test_every_fault_of_the_import_limits_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    pack = pack_with(tmp_path, LIMIT.replace("most_per_year: 0", "most_per_year: many").replace("to: 2028", "to: 2020"))
    rules = tmp_path / "plan" / "import_rules.yaml"
    rules.write_text(rules.read_text(encoding="utf-8") + "  - " + LIMIT.replace("from: 2027, ", "") + "\n")
    with pytest.raises(InputFaultsError) as raised:
        read_case(nation_of(bootstrap("EE")), pack=pack)
    told = str(raised.value)
    assert len(raised.value.faults) == 3
    for said in ("line 2: limits[0].most_per_year: `many`", "line 2: limits[0].from: `2027`", "line 3: limits[1]: "):
        assert said in told


def test_an_import_limit_of_an_unknown_accelerator_is_refused_with_near_names(tmp_path: Path) -> None:
    """A limit of a name that no plan can have would be kept by nobody."""
    pack = pack_with(tmp_path, LIMIT.replace("['*']", "[h200-sxm, h100-smx, abacus]"))
    with pytest.raises(InputFaultsError) as raised:
        read_case(nation_of(bootstrap("EE")), pack=pack)
    [fault] = raised.value.faults
    assert "import_rules.yaml line 2: limits[0].accelerators" in fault.what
    assert "not known: h100-smx (did you mean h100-sxm" in str(fault.why)
    assert "abacus" in str(fault.why)
    assert "h200-sxm (" not in str(fault.why)
