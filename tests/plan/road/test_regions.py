# SPDX-License-Identifier: Apache-2.0
"""Regions: who lives where, of what age and reading, and whatever is wrong in a table of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from daulat.nation import Nation, Pack, bootstrap, nation_of
from daulat.plan import Case, InputFaultsError, PlanError, make_plan, read_case


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
    """Two regions alike but for age (a half against all) and literacy (all against a half): 1 to 1, then 1 to 2."""
    (tmp_path / "plan").mkdir()
    head = "code,name,group,people,latitude,longitude,time_zone,internet_share,age_share,literacy_share\n"
    rows = "a,A,g,1000,59,25,,0.5,0.5,1.0\nb,B,h,1000,59,25,,0.5,1.0,{}\n"
    for literacy, share in ((0.5, 1 / 2), (1.0, 1 / 3)):
        (tmp_path / "plan" / "regions.csv").write_text(head + rows.format(literacy))
        plan = make_plan(read_case(nation, pack=Pack("EE", "a-pack", "1", tmp_path)), n_draws=1)
        assert plan.demand.group_shares[0, 0, 0] == pytest.approx(share)


def test_literacy_by_province_and_of_the_rest_comes_to_the_published_share_of_the_nation(pack: Pack) -> None:
    """3.05 % of the nation's people aged ten and over cannot read and write, 27.47 % in Papua Pegunungan."""
    case = read_case(nation_of(bootstrap("ID", pack)), pack=pack)
    place, rest = case.place, case.assumptions["demand.literacy_share"].value
    own = dict(zip(place.groups, place.literacy_share, strict=True))
    assert own["95"] == pytest.approx(1 - 0.2747)
    assert sum(not np.isnan(one) for one in own.values()) == 8
    literate = np.where(np.isnan(place.literacy_share), rest, place.literacy_share)
    assert float(literate @ place.people / place.people.sum()) == pytest.approx(1 - 0.0305, abs=5e-4)
    assert any(one.endswith("says more: age_share") for one in place.notes)


def test_shares_that_no_table_gives_by_region_are_told_as_the_nations(rich: Case) -> None:
    assert any(one.endswith("says more: internet_share, age_share, literacy_share") for one in rich.place.notes)


def test_codes_of_regions_stay_text(nation: Nation, tmp_path: Path) -> None:
    (tmp_path / "plan").mkdir()
    head = "code,name,group,people,latitude,longitude,time_zone\n"
    rows = "11.10,A,11,1000,59,25,Europe/Tallinn\n11.20,B,11,500,59,25,Europe/Tallinn\n"
    (tmp_path / "plan" / "regions.csv").write_text(head + rows)
    pack = Pack("EE", "a-pack", "1", tmp_path)
    assert [one.name for one in read_case(nation, pack=pack, changes=["regions=11.10"]).place.regions] == ["A"]
    assert len(read_case(nation, pack=pack, changes=["regions=11"]).place.regions) == 2
