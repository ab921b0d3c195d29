# SPDX-License-Identifier: Apache-2.0
"""A process that plans for others: one request a line in, progress and one answer for each out.

`python -m daulat.plan.worker` reads the nation's declaration as its first line of JSON, then requests. It answers with
lines that begin with a letter: ``P done total``, ``R`` and the answer, ``E`` and the error's sentences, both in JSON,
or ``J`` where a request wants its answer at once and sites have to be chosen, which takes a job. It ends with its
input. So the service that people ask loads nothing of the planner and is never held up by it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import IO, Any

from daulat.errors import DaulatError
from daulat.nation import Nation, Pack, pack_of
from daulat.plan.errors import InputFaultsError, PlanError
from daulat.plan.planner import chooses_sites, plan_nation, read_scenario, scenario_names
from daulat.plan.report.sliders import slider_page
from daulat.plan.result import Document

NICE = 10  # plans give way to answers

Advance = Callable[[float], None]


def serve(requests: IO[str], answers: IO[str]) -> None:
    """Answer requests until there are no more."""
    first = requests.readline()
    if not first.strip():
        return
    nation = Nation.model_validate(json.loads(first))
    pack = pack_of(nation)
    for line in requests:
        asked = json.loads(line)
        total = int(asked.get("draws", 1))
        done = 0.0

        def advance(draws: float, total: int = total) -> None:
            nonlocal done
            done += draws
            _write(answers, f"P {int(done)} {total}")

        try:
            if asked.get("at_once") and _takes_a_job(nation, pack, asked):
                _write(answers, "J ")
                continue
            found = answer(nation, pack, asked, advance)
            _write(answers, "R " + json.dumps(found, ensure_ascii=False, allow_nan=False))
        except DaulatError as error:
            faults = error.faults if isinstance(error, InputFaultsError) else (error,)
            told = {"what": "; ".join(one.what for one in faults), "why": error.why, "fix": error.fix}
            _write(answers, "E " + json.dumps(told | {"code": error.code}))


def answer(nation: Nation, pack: Pack | None, asked: Mapping[str, Any], advance: Advance) -> dict[str, Any]:
    """Answer one request: a plan, its summary, or the page of sliders.

    Raises
    ------
    DaulatError
        If the request cannot be planned.
    """
    if asked.get("view") == "page":
        return slider_page(nation, pack, asked)
    document = planned(nation, pack, asked, advance)
    return summary_of(document, asked.get("figures") or ()) if asked.get("view") == "summary" else document.as_dict()


def planned(nation: Nation, pack: Pack | None, asked: Mapping[str, Any], advance: Advance = lambda _: None) -> Document:
    """Plan what a request asks for.

    Raises
    ------
    DaulatError
        If it cannot be planned.
    """
    _, document = plan_nation(
        nation,
        made_at=datetime.now(UTC),
        made_by=f"daulat {version('daulat')}",
        pack=pack,
        scenario=_laid_over(pack, asked),
        changes=_changes(asked),
        n_draws=int(asked.get("draws", 200)),
        sensitivity=bool(asked.get("sensitivity", False)),
        sites=asked.get("sites"),
        advance=advance,
    )
    return document


def _takes_a_job(nation: Nation, pack: Pack | None, asked: Mapping[str, Any]) -> bool:
    """Say whether the plan asked for chooses its sites; the page of sliders never does."""
    if asked.get("sites") or asked.get("view") == "page":
        return False
    return chooses_sites(nation, _laid_over(pack, asked), _changes(asked))


def _laid_over(pack: Pack | None, asked: Mapping[str, Any]) -> tuple[Mapping[str, Any], str] | None:
    """Return the section that is laid over the nation's own."""
    if asked.get("scenario"):
        return _scenario(str(asked["scenario"]), pack)
    return (asked["plan"], "request") if asked.get("plan") else None


def _changes(asked: Mapping[str, Any]) -> list[str]:
    return [f"{path}={_text(value)}" for path, value in (asked.get("changes") or {}).items()]


def _scenario(name: str, pack: Pack | None) -> tuple[Mapping[str, Any], str]:
    """Read a scenario of the pack by name; unlike the command line, no file of this machine."""
    names = scenario_names(pack)
    if name not in names:
        raise PlanError(
            f"`{name}` is no scenario of this nation",
            why="The plan would be another one than was meant.",
            fix=f"Use one of {', '.join(names)}." if names else "Send a `plan` instead.",
            code="plan.scenario",
        )
    return read_scenario(name, pack)


def summary_of(document: Document, figures: Any) -> dict[str, Any]:
    """Return the short form: the summary, some figures, and whether the country keeps control."""
    return {
        "schema": "daulat.plan.summary/1",
        "title": document.title,
        "years": document.years,
        "draws": document.draws,
        "summary": [row.model_dump() for row in document.summary],
        "figures": {name: document.figure(name).model_dump(include=_BANDS) for name in figures},
        "keeps_control": document.deal.keeps_control if document.deal else None,
        "notes": document.notes,
    }


_BANDS = {"unit", "axes", "p10", "p50", "p90", "mean"}


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _write(answers: IO[str], line: str) -> None:
    answers.write(line + "\n")
    answers.flush()


if __name__ == "__main__":
    os.nice(NICE)
    serve(sys.stdin, sys.stdout)
