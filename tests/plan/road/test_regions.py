# SPDX-License-Identifier: Apache-2.0
"""Regions: who lives where, of what age and reading, and whatever is wrong in a table of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.nation import Nation, Pack, bootstrap, nation_of
from daulat.plan import Case, InputFaultsError, PlanError, document_of, make_plan, read_case
from daulat.plan.demand.adoption import active_users
from daulat.plan.result.tables import tables_of
from daulat.plan.shares import RegionalShare
from daulat.plan.uncertainty import tornado


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("b,B,g,-5,59,25,Europe/Tallinn,", "people is `-5`"),
        ("b,B,g,nan,59,25,Europe/Tallinn,", "people is `nan`"),
        ("b,B,g,10,590,25,Europe/Tallinn,", "latitude"),
        ("b,B,g,10,59,25,Europe/Talinn,", "did you mean `Europe/Tallinn`"),
        ("b,B,g,10,59,25,Europe/Tallinn,83", "age_share is `83.0`"),
        ("b,B,g,,59,25,Europe/Tallinn,", "people is ``"),
        ("b,B,g,10,59,,Europe/Tallinn,", "longitude is ``"),
        ("b,B,g,10,59,25,Europe/Tallinn,most", "age_share is `most`"),
        ("a,B,g,10,59,25,Europe/Tallinn,", "a code that no other row has"),
    ],
)
def test_a_bad_row_of_regions_is_told_with_its_line(nation: Nation, tmp_path: Path, bad: str, said: str) -> None:
    (tmp_path / "plan").mkdir()
    head = "code,name,group,people,latitude,longitude,time_zone,age_share\n"
    (tmp_path / "plan" / "regions.csv").write_text(f"{head}a,A,g,1000,59,25,Europe/Tallinn,\n{bad}\n")
    with pytest.raises(PlanError, match=r"regions\.csv line 3") as raised:
        read_case(nation, pack=Pack("EE", "a-pack", "1", tmp_path))
    assert said in str(raised.value)


def test_every_bad_row_of_regions_is_told(nation: Nation, tmp_path: Path) -> None:
    (tmp_path / "plan").mkdir()
    head = "code,name,group,people,latitude,longitude,time_zone,age_share\n"
    rows = "a,A,g,-5,59,east,,\na,B,g,10,590,25,,\nc,C,g,10,59,25,,\n"
    (tmp_path / "plan" / "regions.csv").write_text(head + rows)
    with pytest.raises(InputFaultsError) as raised:
        read_case(nation, pack=Pack("EE", "a-pack", "1", tmp_path))
    told = [one.what.partition(":")[0] for one in raised.value.faults]
    assert told == [f"plan/regions.csv line {line}" for line in (2, 2, 3, 3)]


def test_a_table_of_regions_without_a_column_is_refused(nation: Nation, tmp_path: Path) -> None:
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "regions.csv").write_text("code,name,people,latitude,longitude,time_zone\na,A,1,59,25,\n")
    with pytest.raises(PlanError, match=r"regions\.csv line 1: the column `group` is missing"):
        read_case(nation, pack=Pack("EE", "a-pack", "1", tmp_path))


def test_a_region_with_its_own_age_and_literacy_has_its_own_users(nation: Nation, tmp_path: Path) -> None:
    """Two regions alike but for age (a half against all) and literacy (all against a half): 1 to 1, then 1 to 2.

    The nation's inputs are the means of the table, so that its shares stand as they are.
    """
    rows = "a,A,g,1000,59,25,,0.5,0.5,1.0\nb,B,h,1000,59,25,,0.5,1.0,{}\n"
    for literacy, share in ((0.5, 1 / 2), (1.0, 1 / 3)):
        pack = _pack(tmp_path, rows.format(literacy))
        nations = [f"demand.literacy_share={(1 + literacy) / 2}", "demand.age_share=0.75", "demand.internet_share=0.5"]
        plan = make_plan(read_case(nation, pack=pack, changes=nations), n_draws=1)
        assert plan.demand.group_shares[0, 0, 0] == pytest.approx(share)


def _pack(path: Path, rows: str) -> Pack:
    (path / "plan").mkdir(exist_ok=True)
    head = "code,name,group,people,latitude,longitude,time_zone,internet_share,age_share,literacy_share\n"
    (path / "plan" / "regions.csv").write_text(head + rows)
    return Pack("EE", "a-pack", "1", path)


inner = st.floats(0.0, 1.0)


@given(
    rows=st.lists(st.tuples(inner | st.just(np.nan), st.floats(1, 1e7)), min_size=1, max_size=12),
    draws=st.lists(st.floats(0.001, 0.999), min_size=1, max_size=5),
)
def test_the_mean_of_the_regions_is_the_nations_share_in_every_draw(
    rows: list[tuple[float, float]], draws: list[float]
) -> None:
    table, people = np.array(rows).T
    found = RegionalShare(table, table, people).at(np.array(draws)[:, None])
    assert ((found >= 0) & (found <= 1)).all()
    np.testing.assert_allclose(found @ people / people.sum(), draws, rtol=1e-6)
    order = np.argsort(table)[: np.isfinite(table).sum()]
    assert (np.diff(found[:, order], axis=1) >= -1e-12).all()


def test_the_mean_is_the_nations_where_regions_of_a_group_differ_or_have_no_share(
    nation: Nation, tmp_path: Path
) -> None:
    rows = "a,A,g,1000,59,25,,0.9,,\nb,B,g,3000,59,25,,0.3,,\nc,C,h,500,59,25,,0.5,,\nd,D,i,2000,59,25,,,,\n"
    place = read_case(nation, pack=_pack(tmp_path, rows)).place
    draws = np.array([[0.2], [0.6], [0.93]])
    assert place.internet_share.at(draws) @ place.people / place.people.sum() == pytest.approx(draws[:, 0])


def test_a_part_of_the_nation_keeps_what_sets_it_apart(nation: Nation, tmp_path: Path) -> None:
    """Online 0.8 and 0.4, 0.6 together: served alone and at the nation's 0.6, the first still has 0.8."""
    pack = _pack(tmp_path, "a,A,g,1000,59,25,,0.8,,\nb,B,h,1000,59,25,,0.4,,\n")
    case = read_case(nation, pack=pack, changes=["regions=g", "demand.internet_share=0.6"])
    assert case.place.internet_share.at(np.array([[0.6]]))[0] == pytest.approx([0.8])


def test_a_group_has_the_same_users_whether_it_is_served_alone_or_with_the_nation(pack: Pack) -> None:
    """Papua's highlands are online later than the nation, and take it up as much later when nobody else is served."""
    nation = nation_of(bootstrap("ID", pack))
    alone, whole = (read_case(nation, pack=pack, changes=change) for change in (["regions=95"], []))
    v = make_plan(whole, n_draws=20).values
    _, users, _ = active_users(whole.place, v, whole.settings)
    np.testing.assert_allclose(
        active_users(alone.place, v, whole.settings)[1][:, :, 0], users[:, :, whole.place.groups.index("95")]
    )


def test_what_the_nation_says_of_its_shares_moves_a_plan_whose_table_has_them_by_region(pack: Pack) -> None:
    nation = nation_of(bootstrap("ID", pack))
    case = read_case(nation, pack=pack)
    users = make_plan(case, n_draws=1).demand.active_users
    for change in ("demand.internet_share=0.4", "demand.literacy_share=0.5", "demand.age_share=0.4"):
        fewer = make_plan(read_case(nation, pack=pack, changes=[change]), n_draws=1).demand.active_users
        assert (fewer < 0.75 * users).all(), change
    swings = {one.path: one for one in tornado(case, ["active_users"])["active_users"]}
    for path in ("demand.internet_share", "demand.literacy_share"):
        assert swings[path].at_low < swings[path].at_high, path
    spread = case.place.internet_share.at(make_plan(case, n_draws=50).values("demand.internet_share"))
    assert (spread.std(axis=0) > 0).all()


def test_a_plan_says_what_its_regions_shares_are_and_where_they_come_from(pack: Pack) -> None:
    """Java's 84.69 % against the nation's 80.66 (APJII 2025); by these people the islands come to 80.79."""
    nation = nation_of(bootstrap("ID", pack))
    plan = make_plan(read_case(nation, pack=pack, changes=["start_year=2025"]), n_draws=1)  # the year of the survey
    notes = [str(one) for one in plan.notes()]
    told = next(one for one in notes if one.startswith("internet_share by region"))
    assert "plan/regions.csv, whose mean by people is 80.79%" in told
    # Those online by island group; of literacy 8 were named.
    assert "internet_share: daulat-id/plan/regions.csv has 6 different figures for 38 groups" in notes
    assert "literacy_share: daulat-id/plan/regions.csv has 9 different figures for 38 groups" in notes
    assert "80.66%" in told
    document = document_of(plan, names={}, title="", seed=1, made_at=datetime(2026, 11, 25, tzinfo=UTC), made_by="")
    rows = tables_of(document)["regions"]
    mean = sum(one["internet_share"] * one["people"] for one in rows) / sum(one["people"] for one in rows)
    assert mean == pytest.approx(0.8066)
    jakarta = next(one for one in rows if one["group"] == "31")
    assert jakarta["internet_share"] == pytest.approx(0.8469, abs=0.002)
    assert jakarta["shares_source"].endswith("/plan/regions.csv")


def test_literacy_by_province_comes_to_the_published_share_of_the_nation(pack: Pack) -> None:
    """3.05 % of the nation's people aged ten and over cannot read and write, 27.47 % in Papua Pegunungan."""
    case = read_case(nation_of(bootstrap("ID", pack)), pack=pack)
    literate = case.place.literacy_share
    assert dict(zip(case.place.groups, literate.served, strict=True))["95"] == pytest.approx(1 - 0.2747)
    assert literate.mean == pytest.approx(1 - 0.0305, abs=5e-4)
    assert case.assumptions["demand.literacy_share"].value == pytest.approx(1 - 0.0305)
    assert any(one.endswith("says more: age_share") for one in map(str, case.place.notes))


def test_shares_that_no_table_gives_by_region_are_told_as_the_nations(rich: Case) -> None:
    assert any(
        one.endswith("says more: internet_share, age_share, literacy_share") for one in map(str, rich.place.notes)
    )


def test_codes_of_regions_stay_text(nation: Nation, tmp_path: Path) -> None:
    (tmp_path / "plan").mkdir()
    head = "code,name,group,people,latitude,longitude,time_zone\n"
    rows = "11.10,A,11,1000,59,25,Europe/Tallinn\n11.20,B,11,500,59,25,Europe/Tallinn\n"
    (tmp_path / "plan" / "regions.csv").write_text(head + rows)
    pack = Pack("EE", "a-pack", "1", tmp_path)
    assert [one.name for one in read_case(nation, pack=pack, changes=["regions=11.10"]).place.regions] == ["A"]
    assert len(read_case(nation, pack=pack, changes=["regions=11"]).place.regions) == 2
