# SPDX-License-Identifier: Apache-2.0
"""A country's service answers from that country's law, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from daulat.cli._answering import nation_knowledge
from daulat.cli._checks import examine
from daulat.knowledge.errors import ReleaseError
from daulat.knowledge.opening import awaits_build, nation_shelf
from daulat.nation import bootstrap, load_nation


def become(site, country):
    (site.folder / "nation.yaml").write_text(bootstrap(country))


def in_use(site) -> str:
    return (site.releases / "current").read_text().strip()


@pytest.mark.parametrize(
    "words",
    [
        ("search", "births"),
        ("knowledge", "verify"),
        ("knowledge", "publish", "{}"),
        ("knowledge", "publish", "{}", "--dry-run"),
    ],
    ids=" ".join,
)
def test_a_release_of_another_country_is_refused_by_everything_that_opens_it(site, quick, words):
    name = site.daulat("knowledge", "build").out.strip()
    site.daulat("knowledge", "publish")
    become(site, "LV")
    refused = site.daulat(*(word.format(name) for word in words))
    assert refused.code == 1
    assert f"error[knowledge.release.country]: release {name} holds the law of EE" in refused.err
    assert "`daulat knowledge build` and `publish`" in refused.err


def test_a_service_says_that_the_release_in_use_is_of_another_country_and_does_not_answer_from_it(site, quick):
    site.daulat("knowledge", "build")
    site.daulat("knowledge", "publish")
    become(site, "LV")
    with pytest.raises(ReleaseError, match="holds the law of EE"):
        nation_knowledge(load_nation(site.folder / "nation.yaml"), None).open(lambda *_: None)
    [finding] = [each for each in examine(site.folder / "nation.yaml", {}) if each.check == "release"]
    assert (finding.state, "holds the law of EE" in finding.what) == ("fail", True)


def test_what_a_first_start_made_for_another_country_counts_as_nothing(site, quick):
    site.daulat("search", "births")
    assert in_use(site).startswith("ee-")
    become(site, "LV")
    nation = load_nation(site.folder / "nation.yaml")
    assert awaits_build(nation, None, nation_shelf(nation), today=datetime.now(UTC).date())
    assert site.daulat("search", "births", "--json").data["release"].startswith("lv-")
    assert in_use(site).startswith("lv-")
    assert site.daulat("knowledge", "rollback").code == 1  # to the law of another country
    assert in_use(site).startswith("lv-")


def test_a_release_of_another_country_is_listed_as_foreign_and_is_never_the_newest(site, quick):
    foreign = site.daulat("knowledge", "build").out.strip()
    become(site, "LV")
    ours = site.daulat("knowledge", "build").out.strip()
    (site.releases / foreign / "manifest.json").touch()
    states = {row["release_id"]: row["state"] for row in site.daulat("knowledge", "list", "--json").data}
    assert states == {foreign: "foreign", ours: "readable"}
    assert site.daulat("knowledge", "publish").out.startswith(ours)
