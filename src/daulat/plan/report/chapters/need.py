# SPDX-License-Identifier: Apache-2.0
"""What people ask for, and the accelerators, power and people that answer them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from daulat.plan.report.charts import BandChart, Bar, BarChart, Line, StackChart
from daulat.plan.report.exhibit import Chapter, Exhibit, Reading
from daulat.plan.report.words import Words
from daulat.plan.result.document import Document, ZoneRow
from daulat.plan.sizing.fleet import HOURS_A_YEAR

HOURS_A_DAY = 24
WORKFORCE = "workforce"  # the service that finds people work and training, by its id in the declaration


def band_head(reading: Reading, first: str, labels: Sequence[str]) -> list[str]:
    """Return the head of a table of bands."""
    words = reading.words
    if len(reading.bands) == 1:
        return [first, *labels]
    only, bands = len(labels) == 1, (words["p10"], words["median"], words["p90"])
    names = [f"{label}, {band}" if not only else band for label in labels for band in bands]
    return [first, *(one[:1].upper() + one[1:] for one in names)]


def yearly(reading: Reading, ident: str, names: Sequence[str], title: str, about: str) -> Exhibit:
    """Return lines of figures over the years."""
    words, document = reading.words, reading.document
    rows = [document.figure(name) for name in names]
    lines = [Line(words.texts.get(f"line_{row.name}", words.part(row.name)), row.p10, row.p50, row.p90) for row in rows]
    marks = [(float(year), str(year)) for year in document.years]
    chart = BandChart(lines, [float(year) for year in document.years], reading.number, x_marks=marks)
    head = band_head(reading, words["year"], [one.label for one in lines])
    columns = [(), *([name] for name in names for _ in reading.bands)]
    return Exhibit(
        ident, title, about, chart, head, chart.rows(reading.years(), reading.bands), names, half=True, columns=columns
    )


def stacked(
    reading: Reading,
    ident: str,
    parts: Sequence[tuple[str, Sequence[float]]],
    title: str,
    about: str,
    names: Sequence[str],
    *,
    half: bool = False,
    columns: Sequence[Sequence[str]] = (),
) -> Exhibit:
    """Return columns of parts over the years; `columns` name what stands behind each part, and behind the sum."""
    words = reading.words
    chart = StackChart(reading.years(), parts, reading.number)
    head = [words["year"], *(label for label, _ in parts), words["sum"]]
    behind = [(), *columns] if columns else ()
    return Exhibit(ident, title, about, chart, head, chart.rows(), names, half=half, columns=behind)


def by_axis(reading: Reading, name: str, axis: str) -> list[tuple[str, list[float]]]:
    """Return the means of a figure over years by the labels of its second axis; those without any are left out."""
    labels, table = reading.document.axes[axis], reading.means(name)
    columns = [(reading.words.part(label), [row[at] for row in table]) for at, label in enumerate(labels)]
    return [(label, values) for label, values in columns if any(values)]


def need_chapter(reading: Reading) -> Chapter:
    """Return who asks, how much, and in which hours."""
    words, document = reading.words, reading.document
    hours = document.figure("load_by_hour")
    days = [words[f"day_{day}"] for day in range(7)]
    zone, around = _clock(document, words)
    line = Line(words.part("load_by_hour"), *(_local(band, zone) for band in (hours.p10, hours.p50, hours.p90)))
    marks = [(day * HOURS_A_DAY + 12.0, name) for day, name in enumerate(days)]
    chart = BandChart([line], [float(at) for at in range(len(hours.p50))], reading.number, x_marks=marks, points=False)
    minutes = round(zone % 1 * 60)
    labels = [f"{days[at // HOURS_A_DAY]} {at % HOURS_A_DAY:02d}:{minutes:02d}" for at in range(len(hours.p50))]
    rows = chart.rows(labels, reading.bands)
    by_hour = Exhibit(
        "hours",
        words["hours_title"],
        words.say("hours_about", zones=around),
        chart,
        band_head(reading, words.say("hour", zone=_utc(zone)), [line.label]),
        rows,
        ["load_by_hour"],
    )
    requests = by_axis(reading, "requests_per_year", "service")
    return Chapter(
        "need",
        words["need_title"],
        [
            words.say(
                "need_text",
                year=document.years[-1],
                people=words.number(reading.last("people"), long=True),
                **reading.told("active_users", lambda one: words.number(one, long=True)),
            ),
            words["means_text"],
        ],
        [
            yearly(reading, "users", ["active_users"], words["users_title"], words["users_about"]),
            stacked(
                reading,
                "requests",
                requests,
                words["requests_title"],
                words["requests_about"],
                ["requests_per_year"],
                half=True,
            ),
            by_hour,
            _by_language(reading),
        ],
        sources=["people", "active_users"],
    )


def _by_language(reading: Reading) -> Exhibit:
    """Return the last year's requests by language, the most first."""
    words, name = reading.words, "requests_by_language"
    shares = zip(reading.document.axes["language"], reading.means(name)[-1], strict=True)
    ranked = sorted((one for one in shares if one[1] > 0), key=lambda one: -one[1])
    bars = [Bar(words.of_language(tag), 0.0, value, 0, words.number(value)) for tag, value in ranked]
    return Exhibit(
        "requests-by-language",
        words.say("spoken_title", year=reading.document.years[-1]),
        words["spoken_about"],
        BarChart(bars, reading.number),
        [words["what"], words.unit("requests/year")],
        [[one.label, one.said] for one in bars],
        [name],
    )


def _clock(document: Document, words: Words) -> tuple[float, str]:
    """Return the hours ahead of UTC that most people live by, and all of the nation's in words."""
    zones = document.time_zones or [ZoneRow(offset_h=0.0, share=1.0)]
    told = ", ".join(f"{_utc(one.offset_h)} ({words.percent(one.share)})" for one in zones)
    return zones[0].offset_h, told


def _utc(offset_h: float) -> str:
    hours, minutes = divmod(round(abs(offset_h) * 60), 60)
    return f"UTC{'−' if offset_h < 0 else '+'}{hours:02d}:{minutes:02d}"


def _local(by_utc: Sequence[float], offset_h: float) -> list[float]:
    """Turn the hours of a week in UTC so that they begin on the local Monday.

    Examples
    --------
    >>> week = [float(hour) for hour in range(168)]
    >>> _local(week, 7.0)[:8], _local(week, -3.5)[0]
    ([161.0, 162.0, 163.0, 164.0, 165.0, 166.0, 167.0, 0.0], 4.0)
    """
    shift = math.floor(offset_h)
    return [by_utc[(at - shift) % len(by_utc)] for at in range(len(by_utc))]


def fleet_chapter(reading: Reading) -> Chapter:
    """Return accelerators, power, energy and carbon."""
    words, document = reading.words, reading.document
    settings = document.settings
    used = [name for name in ("it_energy_mwh", "cooling_and_losses_mwh") if any(reading.means(name))]
    energy = [(words.part(name), reading.means(name)) for name in used]
    return Chapter(
        "fleet",
        words["fleet_title"],
        [
            words.say(
                "fleet_text",
                accelerator=settings["accelerator"],
                model=settings["model"],
                year=document.years[-1],
                **reading.told("accelerators_installed", lambda one: words.count(one, "accelerators")),
            ),
            words.say(
                "power_text",
                year=document.years[-1],
                wh=words.number(reading.last("wh_per_1000_tokens")),
                mean=words.number(reading.last("site_energy_mwh") / HOURS_A_YEAR),
                **reading.told("site_power_mw", words.number),
            ),
        ],
        [
            yearly(
                reading,
                "accelerators",
                ["accelerators_needed", "accelerators_installed"],
                words["accelerators_title"],
                words["accelerators_about"],
            ),
            yearly(reading, "power", ["site_power_mw"], words["power_title"], words["power_about"]),
            stacked(
                reading,
                "energy",
                energy,
                words["energy_title"],
                words["energy_about"],
                ["it_energy_mwh", "cooling_and_losses_mwh", "site_energy_mwh"],
                half=True,
                columns=[*([name] for name in used), ["site_energy_mwh"]],
            ),
            yearly(reading, "carbon", ["emissions_tco2e"], words["carbon_title"], words["carbon_about"]),
        ],
        kind="rules",
        sources=["accelerators_installed", "site_power_mw", "site_energy_mwh", "wh_per_1000_tokens"],
    )


def people_chapter(reading: Reading) -> Chapter:
    """Return who works there, and whom to train."""
    words, document = reading.words, reading.document
    return Chapter(
        "people",
        words["people_title"],
        [
            words.say(
                "people_text",
                year=document.years[-1],
                trainees=words.count(document.figure("trainees_per_year").p50[0], "people"),
                fund=words.amount(reading.last("startup_fund_usd"), "USD", long=True),
                **reading.told("operation_jobs", lambda one: words.count(one, "people")),
            ),
            _training(reading),
        ],
        [
            stacked(
                reading,
                "roles",
                by_axis(reading, "roles", "role"),
                words["roles_title"],
                words["roles_about"],
                ["roles"],
            )
        ],
        sources=["operation_jobs", "trainees_per_year", "startup_fund_usd"],
    )


def _training(reading: Reading) -> str:
    """Say which service the pipeline of training is a task of: the nation's workforce service where the plan has it."""
    words, document = reading.words, reading.document
    whole = words.count(float(sum(document.figure("trainees_per_year").mean)), "people")
    if WORKFORCE not in document.axes["service"]:
        return words.say("training_open", trainees=whole, service=WORKFORCE)
    at = document.axes["service"].index(WORKFORCE)
    asked = words.amount(document.figure("requests_per_year").p50[-1][at], "requests/year", long=True)
    model = f"{document.country.lower()}/{WORKFORCE}"
    return words.say("training_service", trainees=whole, service=words.part(WORKFORCE), model=model, requests=asked)
