# SPDX-License-Identifier: Apache-2.0
"""Jobs: who builds it, who runs it, whom to train for it, and how large a fund for young firms would be.

Fifth stage of the build road: takes power and buildings; returns a `Jobs`. Sets no salary and places nobody.
Derivation, limits and sources: docs/concepts/plan-jobs.md
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from daulat.plan.energy import Energy
from daulat.plan.figures import Floats, figure
from daulat.plan.inputs.draws import Values
from daulat.plan.inputs.settings import Settings
from daulat.plan.money.capex import Capex

# Shares of the people of a site; a convention of this plan, for no public table gives them. Sum: 1.
ROLES: tuple[tuple[str, float], ...] = (
    ("site and shift technicians", 0.30),
    ("electrical and cooling engineers", 0.18),
    ("network and platform engineers", 0.18),
    ("model serving and data engineers", 0.14),
    ("security", 0.12),
    ("management, procurement and support", 0.08),
)
SERVICE_ROLE = "service teams: language, evaluation, content"


@dataclass(frozen=True)
class Jobs:
    """People by year."""

    page: ClassVar[str] = "plan-jobs.md"

    operation_jobs: Floats = figure(
        "people",
        "max(least team x sites, jobs a MW x site MW) + services x team",
        "site_power_mw jobs.operation_jobs_per_mw jobs.minimum_operation_jobs jobs.service_jobs_per_service",
        about="People employed to run it.",
    )
    roles: Floats = figure(
        "people",
        "people of the sites x share of the role; service teams apart",
        "operation_jobs jobs.service_jobs_per_service",
        about="People employed, by role.",
        axes=("year", "role"),
    )
    construction_job_years: Floats = figure(
        "job-years",
        "buildings of the year / 1e6 x job-years a million",
        "facility_usd_per_year jobs.construction_job_years_per_musd",
        about="Years of construction work.",
    )
    total_jobs: Floats = figure(
        "people",
        "(operation + construction) x all jobs for each direct one",
        "operation_jobs construction_job_years jobs.total_per_direct",
        about="Jobs in the whole economy, with suppliers and spending.",
    )
    hires_per_year: Floats = figure(
        "people",
        "growth of the staff + leavers",
        "operation_jobs jobs.attrition_per_year",
        about="People to hire.",
    )
    trainees_per_year: Floats = figure(
        "people",
        "hires of the next year / share who finish and stay",
        "hires_per_year jobs.training_completion_share",
        about="People who must begin training, a year ahead.",
    )
    startup_fund_usd: Floats = figure(
        "USD",
        "capital of the first three years x share",
        "capex_usd_per_year jobs.startup_fund_share",
        about="A fund for young firms.",
        axes=(),
    )
    startups_funded: Floats = figure(
        "count",
        "fund / first cheque",
        "startup_fund_usd jobs.startup_ticket_usd",
        about="Young firms it can start.",
        axes=(),
    )


def staff_of(energy: Energy, n_sites: int, v: Values, settings: Settings) -> tuple[Floats, Floats]:
    """Return the people of the sites and of the services, both float64[draws, years]."""
    stands = energy.site_power_mw > 0
    least = v("jobs.minimum_operation_jobs") * n_sites
    sites = np.where(stands, np.maximum(least, v("jobs.operation_jobs_per_mw") * energy.site_power_mw), 0.0)
    services = np.where(stands, v("jobs.service_jobs_per_service") * len(settings.services), 0.0)
    return sites, services


def jobs_of(energy: Energy, capex: Capex, n_sites: int, v: Values, settings: Settings) -> Jobs:
    """Return people by year and role."""
    sites, services = staff_of(energy, n_sites, v, settings)
    staff = sites + services
    roles = np.concatenate([sites[:, :, None] * np.array([share for _, share in ROLES]), services[:, :, None]], axis=2)
    building = capex.facility_usd_per_year / 1e6 * v("jobs.construction_job_years_per_musd")
    grown = np.maximum(np.diff(staff, axis=1, prepend=0.0), 0)
    before = np.concatenate([np.zeros((len(staff), 1)), staff[:, :-1]], axis=1)
    hires = grown + before * v("jobs.attrition_per_year")
    ahead = np.concatenate([hires[:, 1:], hires[:, -1:]], axis=1)
    ahead[:, 0] += hires[:, 0]  # the first year's people are trained before and in it
    fund = capex.capex_usd_per_year[:, :3].sum(axis=1) * v("jobs.startup_fund_share")[:, 0]
    return Jobs(
        operation_jobs=staff,
        roles=roles,
        construction_job_years=building,
        total_jobs=(staff + building) * v("jobs.total_per_direct"),
        hires_per_year=hires,
        trainees_per_year=ahead / v("jobs.training_completion_share"),
        startup_fund_usd=fund,
        startups_funded=fund / v("jobs.startup_ticket_usd")[:, 0],
    )


def role_names() -> tuple[str, ...]:
    """Return the names of the role axis."""
    return (*(name for name, _ in ROLES), SERVICE_ROLE)
