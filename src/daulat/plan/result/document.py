# SPDX-License-Identifier: Apache-2.0
"""The document plan.json: what it holds, as types from which the published schema is written.

Comes in: plain data. Goes out: a checked `Document`, or a `PlanError` that names the place of the fault. Field names
are those of the file. Nothing is computed here.
"""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from daulat.files import read_regular
from daulat.plan.errors import PlanError
from daulat.plan.result.joint import DealPart, NoteRow, SitingPart


class Part(BaseModel):
    """A part of the document: unknown keys are faults, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class FigureRow(Part):
    """One figure: unit, formula, what it was made from, and its bands over the draws."""

    name: str
    about: str
    unit: str
    formula: str
    inputs: list[str]
    """Names of figures, and paths of inputs (these have a dot)."""
    axes: list[str]
    """What the dimensions of the bands are, in this order; their labels stand in `axes` of the document."""
    page: str
    """The page of docs/concepts that derives it."""
    p5: Any
    p10: Any
    p50: Any
    p90: Any
    p95: Any
    mean: Any
    """A percentile is none where the figure never comes within the plan, and so is the mean where it never comes
    in some draw."""


class InputRow(Part):
    """One input as it was used."""

    path: str
    value: float
    low: float
    high: float
    kind: Literal["fixed", "uniform", "triangular", "normal", "lognormal"]
    unit: str
    min: float
    max: float
    about: str
    source: str
    date: str
    licence: str
    basis: str
    origin: str
    note: str
    year: int | None = None
    """The year that it holds in, from which a trend carries it; none in an older plan."""


class SummaryRow(Part):
    """One line of the summary: a figure in one year, or over the whole plan."""

    name: str
    label: str
    unit: str
    year: int | None
    p10: float | None
    """None, as the others: never within the plan, of a year."""
    p50: float | None
    p90: float | None
    share: float | None = None
    """Share of the draws that have such a number, over which the percentiles are; none: all."""


class SiteRow(Part):
    """One site and its share of the power in each year."""

    id: str
    name: str
    latitude: float
    longitude: float
    group: str
    hazard: str = ""
    """Class of the hazard of the ground there."""
    shares: list[float]


class ZoneRow(Part):
    """One time zone of the nation, as of the first January of the plan."""

    offset_h: float
    """Hours ahead of UTC."""
    share: float
    """Of the people."""


class RegionRow(Part):
    """One region that is served, and the shares of its people at the start with the inputs at their values."""

    code: str
    name: str
    group: str
    latitude: float
    longitude: float
    people: float
    internet_share: float | None = None
    age_share: float | None = None
    literacy_share: float | None = None
    shares_source: str = ""
    """The table that says how regions differ; empty where all have the nation's shares."""


class OfferRow(Part):
    """A permitted accelerator that carries every model of the plan."""

    accelerator: str
    usd_per_mtok: float
    """Cost of a million tokens with it, every input at its value."""


class RuleRow(Part):
    """What the export rules and the nation's own import rules say of the hardware."""

    accelerator: str
    country: str
    export_class: str
    status: Literal["free", "licence needed", "embargoed", "unknown"]
    regime: str
    source: str
    as_of: str
    alternative: str
    """The permitted accelerator of the lowest cost a token, where a rule bars or limits the chosen one."""
    offers: list[OfferRow] = []
    """All that are permitted then, cheapest first."""
    import_status: Literal["exceeded", "kept", "none", "unsearched"] | None = None
    """Whether the plan keeps the nation's import limits, none is known, or nobody has searched."""
    imports_as_of: str = ""
    """The day on which somebody searched; empty where nobody did."""
    imports: list[str] = []
    """Import limits that the plan exceeds, or that none is known and where somebody searched; conditions."""
    imports_keyed: list[NoteRow] = []
    """The same by their keys."""


class CrossoverPart(Part):
    """Cost of a million tokens over sizes, for the three ways to get them."""

    tokens_per_day: list[float]
    build: dict[str, list[float]]
    rent: dict[str, list[float]]
    buy: dict[str, list[float]]
    build_meets_rent_tokens_per_day: dict[str, float | None]
    """Percentiles; none: at no size."""
    build_meets_buy_tokens_per_day: dict[str, float | None]


class SwingRow(Part):
    """What one input does to one result on its own."""

    path: str
    low: float
    high: float
    at_low: float
    at_high: float
    base: float | None = None
    """The result with every input at its median; none in an older plan."""


class IndexRow(Part):
    """Share of a result's variance that one input causes."""

    path: str
    first: float
    total: float


class Document(Part):
    """The whole of plan.json."""

    schema_: Literal["daulat.plan/1"] = Field("daulat.plan/1", alias="schema")
    made_at: str
    """ISO 8601, in UTC."""
    made_by: str
    """Program and version."""
    title: str
    country: str
    names: dict[str, str]
    currency: str
    local_per_usd: float
    draws: int
    seed: int
    settings: dict[str, Any]
    years: list[int]
    axes: dict[str, list[str]]
    summary: list[SummaryRow]
    figures: list[FigureRow]
    inputs: list[InputRow]
    sites: list[SiteRow]
    regions: list[RegionRow]
    time_zones: list[ZoneRow] = []
    """That of the most people first; hours of figures are in UTC."""
    rules: RuleRow
    crossover: CrossoverPart
    tornado: dict[str, list[SwingRow]]
    sobol: dict[str, list[IndexRow]]
    prices: dict[str, list[dict[str, str]]]
    """The dated tables of public prices that were compared with."""
    notes: list[str]
    """What was assumed, and where the plan leaves its data; in English."""
    notes_keyed: list[NoteRow] = []
    """The same by their keys; empty in an older plan."""
    deal: DealPart | None = None
    """The joint investment, where the plan has one."""
    siting: SitingPart | None = None
    """How the sites were chosen, where they were."""
    extra: dict[str, Any] = {}
    """What others add."""

    def figure(self, name: str) -> FigureRow:
        """Return one figure by name.

        Raises
        ------
        PlanError
            If the plan has no such figure.
        """
        for row in self.figures:
            if row.name == name:
                return row
        raise unknown_figure(name, [row.name for row in self.figures])

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, with the keys of the file."""
        return self.model_dump(by_alias=True)


def unknown_figure(name: str, known: list[str]) -> PlanError:
    """Return the error of a figure that does not exist."""
    near = difflib.get_close_matches(name, sorted(set(known)), n=3, cutoff=0.4)
    return PlanError(
        f"`{name}` is neither a figure nor an input of this plan",
        why="There is nothing to explain.",
        fix=f"did you mean {', '.join(f'`{one}`' for one in near)}?"
        if near
        else "plan.json lists all under `figures`.",
        code="plan.figure",
    )


def plan_schema() -> dict[str, Any]:
    """Return the JSON Schema of plan.json.

    Examples
    --------
    >>> plan_schema()["title"], "figures" in plan_schema()["required"]
    ('plan.json of Daulat', True)
    """
    schema = Document.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "plan.json of Daulat"}


def read_document(path: Path) -> Document:
    """Read and check a plan.json, or the one in a directory.

    Raises
    ------
    PlanError
        If it cannot be read, or does not have the published form.
    """
    file = path / "plan.json" if path.is_dir() else path
    if not file.exists():
        raise PlanError(
            f"{file}: there is no plan here",
            why="Nothing can be explained or compared before a plan is made.",
            fix="Run `daulat plan` in this directory, or name the directory that a plan was written to.",
            code="plan.document",
        )
    try:
        return Document.model_validate(json.loads(read_regular(file).decode()))
    except (OSError, ValueError) as error:
        where = ".".join(str(step) for step in error.errors()[0]["loc"]) if isinstance(error, ValidationError) else ""
        reason = f"{where}: {error.errors()[0]['msg']}" if isinstance(error, ValidationError) else str(error)
        raise PlanError(
            f"{file} is not a plan: {reason}",
            why="Its figures could not be trusted.",
            fix="Make it again with `daulat plan`; docs/reference/plan.schema.json says what it holds.",
            code="plan.document",
        ) from error
