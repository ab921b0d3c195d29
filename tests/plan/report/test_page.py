# SPDX-License-Identifier: Apache-2.0
"""The report as a file: every chart with its table, every number with its source, nothing fetched, nothing run."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daulat.nation import Nation, Pack
from daulat.plan import Document, plan_nation, read_scenario
from daulat.plan.report import Words, load_words, report_page, sliders, write_report
from daulat.plan.report.chapters import chapters
from daulat.plan.report.exhibit import Reading
from daulat.plan.result.joint import NoteRow


@pytest.fixture(scope="module")
def words(nation: Nation, pack: Pack) -> list[Words]:
    return load_words(pack, nation.language_tags)


@pytest.fixture(scope="module")
def page(document: Document, words: list[Words]) -> str:
    return report_page(document, words, [one.language for one in words].index("en"))


def test_every_chart_that_a_ministry_asked_for_is_there(document: Document, words: list[Words]) -> None:
    found = {one.ident for chapter in chapters(Reading(document, words[-1])) for one in chapter.exhibits}
    asked = {
        "map",
        "hours",
        "requests-by-language",
        "power",
        "energy",
        "breakdown",
        "cost-years",
        "crossover",
        "ownership",
        "cover",
    }
    asked |= {f"waterfall-{place}" for place in range(4)} | {"tornado-cost-per-mtok", "tornado-capex-usd"}
    assert asked <= found


def test_every_link_inside_the_page_leads_somewhere(page: str) -> None:
    there = set(re.findall(r'\sid="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= there


def test_no_id_stands_twice(page: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_what_a_reader_meets_first_is_in_the_language_of_the_page(document: Document, words: list[Words]) -> None:
    """Plan, parties and scenarios of the pack's own deal; what is still English says so by its language."""
    at = [one.language for one in words].index("id")
    page = report_page(document, words, at)
    chapters_of_page = page.partition('<h2 id="traces">')[0]  # formulas and sources are English, and it says so
    shown = re.sub(r"<(\w+)[^>]*\slang=\"en\".*?</\1>", "", chapters_of_page, flags=re.DOTALL)
    for english, own in (
        ("National, three islands", "Nasional, tiga pulau"),
        ("Government", "Pemerintah"),
        ("Users pay a third less", "Pengguna membayar sepertiga lebih sedikit"),
        ("An example: shares", "Contoh: bagian"),
        ("no limit of", "Tidak diketahui adanya batas jumlah h200-sxm"),
    ):
        assert own in shown
        assert english not in shown


def test_commands_and_names_are_code_and_no_backtick_is_shown(
    document: Document, nation: Nation, words: list[Words]
) -> None:
    made_at = datetime(2026, 11, 25, tzinfo=UTC)
    _, plain = plan_nation(nation, made_at=made_at, n_draws=2, sensitivity=False)
    for place, own in enumerate(words):
        assert "<code>daulat plan --sites choose</code>" in report_page(plain, words, place), own.language
        assert "`" not in report_page(document, words, place) + report_page(plain, words, place), own.language


def test_nothing_is_fetched_and_nothing_is_run(page: str) -> None:
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert "default-src 'none'" in page


def test_every_figure_and_input_of_the_plan_can_be_opened(page: str, document: Document) -> None:
    for row in document.inputs:
        assert row.path in page
        assert row.source.split("&")[0].split('"')[0].split("'")[0].split("<")[0] in page
    for figure in document.figures:
        assert f"<b>{figure.name}</b>" in page


def test_each_table_is_as_wide_as_its_head(document: Document, words: list[Words]) -> None:
    for chapter in chapters(Reading(document, words[0])):
        for one in chapter.exhibits:
            assert one.rows
            assert {len(row) for row in one.rows} == {len(one.head)}, one.ident


def test_what_a_text_of_the_plan_holds_is_never_markup(document: Document, words: list[Words]) -> None:
    image = "<img src=x onerror=y>"
    note = NoteRow(key="inputs_national", values={"inputs": [image]})
    for notes in ({"notes_keyed": [note]}, {"notes_keyed": [], "notes": [image]}):  # the second as in an older plan
        hostile = document.model_copy(update={"title": "<script>alert(1)</script>", **notes})
        page = report_page(hostile, words, 0)
        assert "<script" not in page
        assert "<img" not in page
        assert "&lt;img src=x onerror=y&gt;" in page


def test_each_language_has_a_file_and_names_the_others(document: Document, words: list[Words], tmp_path: Path) -> None:
    files = write_report(document, words, tmp_path)
    assert [one.name for one in files] == ["report.html", "report.jv.html", "report.su.html", "report.en.html"]
    assert 'href="report.en.html" lang="en"' in files[0].read_text("utf-8")
    assert '<html lang="id"' in files[0].read_text("utf-8")


def test_words_that_no_native_speaker_has_reviewed_say_so(words: list[Words]) -> None:
    assert [(one.language, one.reviewed, bool(one["not_reviewed"])) for one in words] == [
        ("id", False, True), ("jv", False, True), ("su", False, True), ("en", True, False),
    ]  # fmt: skip


def test_a_language_fills_the_same_fields_as_english(words: list[Words]) -> None:
    *others, english = words
    for own in others:
        for key, text in english.texts.items():
            assert set(re.findall(r"{(\w+)}", own[key])) <= set(re.findall(r"{(\w+)}", text)), (own.language, key)


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0"), (0.21144, "0.211"), (12.34, "12.3"), (99.96, "100"), (1360.4, "1,360"), (56_600_000.0, "56.6M")],
)
def test_numbers_have_three_digits(words: list[Words], value: float, said: str) -> None:
    assert words[-1].number(value) == said


def test_a_language_without_words_for_millions_takes_those_of_the_first(words: list[Words]) -> None:
    sundanese = next(one for one in words if one.language == "su")
    assert sundanese.number(56_600_000.0, long=True).replace("\xa0", " ") == "56,6 juta"


def test_numbers_are_written_as_the_language_writes_them(words: list[Words]) -> None:
    assert words[0].number(12.34) == "12,3"
    assert words[0].number(56_600_000.0, long=True).replace("\xa0", " ") == "56,6 juta"
    assert words[-1].number(-5e6) == "−5M"


def test_hours_are_those_that_most_people_live_by(document: Document, words: list[Words]) -> None:
    """Western Indonesia is seven hours ahead: its Monday begins with hour 161 of the week in UTC."""
    reading = Reading(document, words[-1])
    hours = next(one for chapter in chapters(reading) for one in chapter.exhibits if one.ident == "hours")
    assert "UTC+07:00" in hours.head[0]
    assert all(zone in hours.about for zone in ("UTC+07:00", "UTC+08:00", "UTC+09:00"))
    assert hours.rows[0][2] == words[-1].number(document.figure("load_by_hour").p50[161])


def test_the_sliders_choose_no_sites_where_the_plan_does(nation: Nation, pack: Pack) -> None:
    """To choose them takes seconds; who moves a slider waits for less than one."""
    scenario = read_scenario("national", pack)
    assert scenario[0]["sites"] == "choose"
    assert sliders._plan(nation, pack, scenario, {}).siting is None


@pytest.mark.parametrize(("scenario", "says_so"), [("national", True), ("pilot", False)])
def test_the_page_of_sliders_says_where_a_plan_would_choose_its_sites(
    nation: Nation, pack: Pack, scenario: str, says_so: bool
) -> None:
    page = sliders.slider_page(nation, pack, {"scenario": scenario, "language": "id"})
    assert page["one_site"] is says_so
    assert "satu lokasi" in page["words"]["slider_one_site"]


@pytest.mark.parametrize(
    ("services", "told"),
    [("public-services,workforce", "Workforce (id/workforce)"), ("public-services", "no service named workforce")],
)
def test_the_people_to_train_are_led_to_the_workforce_service_where_the_plan_has_one(
    nation: Nation, pack: Pack, services: str, told: str
) -> None:
    made_at = datetime(2026, 11, 26, tzinfo=UTC)
    changes = [f"services={services}"]
    _, document = plan_nation(nation, pack=pack, made_at=made_at, n_draws=20, sensitivity=False, changes=changes)
    [people] = [one for one in chapters(Reading(document, load_words(pack, ["en"])[0])) if one.ident == "people"]
    begin = sum(document.figure("trainees_per_year").mean)
    assert any(told in text and f"{begin:.0f} people begin" in text for text in people.texts)


def test_what_the_connection_must_carry_is_not_told_as_what_is_drawn_from_the_grid(
    nation: Nation, pack: Pack, words: list[Words]
) -> None:
    """Of a plan whose panels give all of its energy nothing is drawn; the connection is counted all the same."""
    made_at = datetime(2026, 11, 26, tzinfo=UTC)
    changes = ["energy.solar_share=1"]
    _, document = plan_nation(nation, pack=pack, made_at=made_at, n_draws=20, sensitivity=False, changes=changes)
    assert document.figure("grid_energy_mwh").p50 == pytest.approx([0.0] * len(document.years), abs=1e-6)
    reading = Reading(document, words[-1])
    [fleet] = [one for one in chapters(reading) if one.ident == "fleet"]
    told = " ".join(fleet.texts)
    assert f"The connection must carry {words[-1].number(reading.last('site_power_mw'))} MW at the hottest hour" in told
    mean = document.figure("site_energy_mwh").p50[-1] / 8760
    assert f"the sites use {words[-1].number(mean)} MW on average" in told
    assert "from the grid" not in told


def test_a_plan_of_one_draw_shows_no_interval_in_any_language(nation: Nation, pack: Pack, words: list[Words]) -> None:
    """Median, tenth and ninetieth percentile are one number then, and three columns of it are no range."""
    scenario = read_scenario("pilot", pack)
    _, one = plan_nation(
        nation, made_at=datetime(2026, 11, 26, tzinfo=UTC), pack=pack, scenario=scenario, n_draws=1, sensitivity=False
    )
    for place, own in enumerate(words):
        page = report_page(one, words, place)
        head = page[: page.index('<dl class="inputs"')]  # before the inputs, which have spreads of their own
        for said in (own["p10"], own["p90"], "80 %", "{p10}", "()", " 1 draws"):
            assert said not in head, (own.language, said)
        assert own.say("verdict_one", best="", build="", rent="", buy="").strip()[:5] in page
