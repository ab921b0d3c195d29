# SPDX-License-Identifier: Apache-2.0
"""What siting and the joint investment add to plan.json, as types.

Comes in: plain data. Goes out: checked parts of the document. Nothing is computed here. Percentiles are over the draws;
amounts are dollars of the year.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Control = Literal["kept", "lost", "unknown"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class NoteRow(_Part):
    """One note by its key, for whoever tells it in another language or looks for its figures."""

    key: str
    """Which sentence it is: `notes` of daulat/plan/report/messages/en.yaml."""
    values: dict[str, Any]
    """What goes into it: numbers, names, further notes, or lists of names or of notes."""


class Band(_Part):
    """One number over the draws; None where it has no meaning, e.g. a rate where nothing comes back."""

    p10: float | None
    p50: float | None
    p90: float | None


class Series(_Part):
    """A number for each year of the plan over the draws."""

    p10: list[float | None]
    p50: list[float | None]
    p90: list[float | None]


class SourceRow(_Part):
    """What stands behind one kind of number of the deal."""

    name: str
    unit: str
    formula: str
    inputs: list[str]
    page: str


class PartyRow(_Part):
    """One party: what it puts in, what it gets, and what it owns."""

    name: str
    kind: str
    is_domestic: bool
    discount_rate: float
    npv_usd: Band
    xirr: Band
    """Over the draws that have a rate."""
    xirr_share: float
    """Share of the draws in which there is a rate at all."""
    payback_year: Band
    """Over all draws; none: not within the plan, which ranks after every year."""
    payback_share: float
    """Share of the draws in which it gets back within the plan what it put in."""
    paid_usd: Band
    """All that it puts in over the years; what it gets in the same year is not taken off."""
    received_usd: Band
    """All that it gets."""
    ownership: Series
    cash_usd: Series
    parts_usd: dict[str, float]
    """Mean over the draws, summed over the years: what it pays is below zero; the sum is its net cash."""
    dscr: Series | None = None
    """Cover of what it lends, in the years in which something is due to it; none: it lends nothing."""
    least_dscr: Band | None = None
    """Least cover of all years."""
    short_share: float | None = None
    """Share of the draws in which cash does not cover what is due to it in some year."""


class CovenantRow(_Part):
    """One rule of control."""

    name: str
    holds: bool
    years: list[int]
    share_broken: float
    """Share of the draws in which it is broken in some year."""
    why: str
    """Why it does not hold; empty where it does."""
    fix: str
    """What would mend it."""
    why_keyed: NoteRow | None = None
    fix_keyed: NoteRow | None = None
    """Both by their keys; none in an older plan."""
    broken_by_year: list[float] = []
    """Share of the draws in which it is broken in each year of the plan."""

    @property
    def is_tested(self) -> bool:
        """Whether the plan reaches the year in which the rule falls due; as in `daulat.plan.finance.Covenant`."""
        return self.holds or bool(self.years)


class LoanRow(_Part):
    """One loan."""

    name: str
    lender: str
    rate: float
    tenor_years: int
    grace_years: int
    least_dscr: float
    drawn_usd: Band
    owed_usd: Series
    dscr: Series | None = None
    """Cover of the debt in the years in which something is due on this loan."""
    lowest_dscr: Band | None = None
    """Least cover of all years; `least_dscr` is what the covenant asks."""
    below_covenant_share: float | None = None
    """Share of the draws in which the cover is below the covenant in some year, and nothing is distributed."""


class ControlRow(_Part):
    """Whether the country keeps control as agreed, or in one scenario of the deal: every rule, year and draw."""

    name: str
    """Empty: as agreed."""
    terms: list[str]
    """What comes otherwise than agreed."""
    terms_keyed: list[NoteRow] = []
    """The same by their keys."""
    kept_by_year: list[float]
    """Share of the draws in which no rule is broken in each year."""
    kept_share: float
    """Share of the draws in which no rule is broken in any year."""
    broken: list[str]
    """Names of rules that are broken in some year and draw."""
    not_tested: list[str]
    """Names of rules that fall due after the plan's last year."""

    @property
    def control(self) -> Control:
        """Whether the country keeps control: unknown where nothing is broken and not every rule could be tested."""
        return "lost" if self.broken else "unknown" if self.not_tested else "kept"


class DealPart(_Part):
    """A joint investment, as agreed and as it turns out."""

    origin: str
    """The file that the deal stands in."""
    source: str
    revenue_basis: str
    fee_usd: float | None
    """What is paid beside the running cost for an accelerator and year (``capacity``), or for a million tokens
    (``price``), at the first year's prices."""
    parties: list[PartyRow]
    loans: list[LoanRow]
    dscr: Series
    """Empty in years in which no draw has debt due."""
    least_dscr: Band
    short_share: float
    """Share of the draws in which cash does not cover the debt in some year."""
    revenue_usd: Series
    covenants: list[CovenantRow]
    keeps_control: bool
    """Every rule holds in every year, in every draw and in every scenario of the deal."""
    sources: list[SourceRow]
    terms: list[str]
    """The deal in sentences, as it was given."""
    terms_keyed: list[NoteRow] = []
    """The same by their keys."""
    control_in: list[ControlRow] = []
    """As agreed, and in each scenario of the deal."""

    @property
    def control(self) -> Control:
        """Whether the country keeps control: unknown where no rule is broken and not every one could be tested."""
        if self.keeps_control:
            return "kept"
        lost = any(rule.years for rule in self.covenants) or any(row.broken for row in self.control_in)
        return "lost" if lost else "unknown"


class ChosenSite(_Part):
    """One candidate for a site."""

    name: str
    grid: str
    hazard: str
    """Class of the hazard of the ground there."""
    gco2_per_kwh: float | None = None
    """Carbon of its grid, where the plan says it; else the nation's."""
    electricity_usd_per_mwh: float | None = None
    """Tariff of its grid, where the plan says it; else the nation's."""
    spare_mw: float | None = None
    """Power that its grid can spare for all sites on it, where the plan says it."""
    latitude: float
    longitude: float
    opens: int | None
    it_mw: list[float]
    serves: dict[str, float]
    """Share of the load of each group of regions in the last year."""


class SiteRuleRow(_Part):
    """One rule that the choice kept."""

    kind: Literal["round_trip", "spare", "minimum", "budget", "residency", "hazard", "law"]
    number: float | None = None
    """Milliseconds, a share, US dollars, or how many places were left out."""
    names: list[str] = []
    text: str
    """The rule in English."""


class RobustRow(_Part):
    """Which sites would be chosen for another demand."""

    demand: str
    """Percentile of the load in each year; ``p50`` is what the sites were chosen for."""
    it_mw: float | None
    """What would stand in the last year; none: no sites keep the rules."""
    sites: list[str]
    shared: int
    """How many of the sites chosen are among them."""
    gap: float | None


class FailureRow(_Part):
    """A promise that would not hold if a grid failed, in the year in which most users lose it."""

    grid: str
    promise: Literal["served", "residency", "round_trip"]
    """``served``: no room is left; ``residency``: room only where the law does not let the data go; ``round_trip``."""
    year: int
    users: float
    """Active users who lose it, at the inputs' values."""
    share: float
    """Of all active users."""
    regions: dict[str, float]
    """Share of each group's users who lose it, largest number first."""
    round_trip_ms: float
    """Longest round trip of those who lose it; 0 where they are not served."""


class SitingPart(_Part):
    """Which sites were chosen, and how good the choice is known to be."""

    sites: list[ChosenSite]
    candidates: int
    cost_usd: float
    gap: float
    spare_share: float
    """What stands beyond the load, over it, in the last year."""
    load_mw: list[float]
    """The load that the sites were chosen for, IT megawatts by year: the median of some draws."""
    rules: list[SiteRuleRow]
    inputs: list[dict[str, str | float]]
    notes: list[str]
    robustness: list[RobustRow] = []
    failures: list[FailureRow] | None = None
    """What does not hold when any one grid fails; empty: everything holds; none: an older plan that did not look."""


SitesWay = Literal["fixed", "choose"]
