# SPDX-License-Identifier: Apache-2.0
"""Demand: people to requests and tokens a year, by service, language and group of regions.

Comes in: a `Place`, `Values` and `Settings`. Goes out: a `Demand`. A request's tokens are English tokens times the
language's ratio; reasoning multiplies the answer; cached prompt tokens are counted apart, for they are not computed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from daulat.plan.demand.adoption import active_users
from daulat.plan.demand.languages import token_ratio, unmeasured, vocabulary_notes
from daulat.plan.figures import Floats, figure
from daulat.plan.inputs.draws import Values
from daulat.plan.inputs.settings import ServicePlan, Settings
from daulat.plan.note import Note, note
from daulat.plan.place import Place


@dataclass(frozen=True)
class Demand:
    """What people and ministries ask for in each year."""

    page: ClassVar[str] = "plan-demand.md"

    people: Floats = figure(
        "people",
        "people of the regions x (1 + growth) ^ years since 2026",
        "demand.population_growth_per_year",
        about="People in the regions served.",
    )
    active_users: Floats = figure(
        "people",
        "sum over groups: people x of age x online x literate x ceiling x S-curve(years; midpoint + lag, takeover)",
        "people demand.age_share demand.internet_share demand.internet_growth_per_year "
        "demand.internet_ceiling demand.literacy_share demand.adoption_ceiling "
        "demand.adoption_takeover_years demand.adoption_midpoint_years "
        "demand.adoption_lag_years_per_share",
        about="People who use it in a month.",
    )
    requests_per_year: Floats = figure(
        "requests/year",
        "users of the service x requests a month x 12 x (1 + usage growth) ^ years",
        "active_users people service.*.users_share service.*.requests_per_user_month "
        "demand.usage_growth_per_year demand.civil_servants_share demand.civil_servants_using_share "
        "demand.adoption_takeover_years demand.adoption_midpoint_years",
        about="Requests, by service.",
        axes=("year", "service"),
    )
    requests_by_language: Floats = figure(
        "requests/year",
        "sum over services of requests x share of the people who speak it, brought to a sum of 1",
        "requests_per_year",
        about="Requests, by language.",
        axes=("year", "language"),
    )
    prompt_tokens_per_request: Floats = figure(
        "tokens",
        "English tokens x mean ratio of the languages",
        "service.*.prompt_tokens service.*.tokens_vs_english_* demand.tokens_vs_english_* "
        "demand.other_language_tokens_vs_english",
        about="Prompt of a request.",
        axes=("service",),
    )
    output_tokens_per_request: Floats = figure(
        "tokens",
        "English tokens x mean ratio of the languages x (1 + reasoning share x (reasoning multiple - 1))",
        "service.*.output_tokens service.*.reasoning_share demand.reasoning_multiple "
        "service.*.tokens_vs_english_* demand.tokens_vs_english_* demand.other_language_tokens_vs_english",
        about="Answer of a request.",
        axes=("service",),
    )
    prompt_tokens_per_year: Floats = figure(
        "tokens/year",
        "sum over services: requests x prompt tokens",
        "requests_per_year prompt_tokens_per_request",
        about="Prompt tokens, cached ones included.",
    )
    cached_tokens_per_year: Floats = figure(
        "tokens/year",
        "prompt tokens x cached share",
        "prompt_tokens_per_year demand.cached_prompt_share",
        about="Prompt tokens that are found in the cache.",
    )
    output_tokens_per_year: Floats = figure(
        "tokens/year",
        "sum over services: requests x output tokens",
        "requests_per_year output_tokens_per_request",
        about="Output tokens of people's and ministries' requests.",
    )
    batch_tokens_per_year: Floats = figure(
        "tokens/year",
        "output tokens x batch share",
        "output_tokens_per_year demand.batch_share",
        about="Output tokens of batch work, done in quiet hours.",
    )
    training_tokens_per_year: Floats = figure(
        "tokens/year",
        "fine-tuning runs x tokens a run + training tokens",
        "demand.finetuning_runs_per_year demand.finetuning_tokens_per_run demand.training_tokens_per_year",
        about="Tokens read by fine-tuning and training.",
    )
    output_tokens_by_language: Floats = figure(
        "tokens/year",
        "sum over services: requests x output tokens x share of requests x ratio / mean ratio",
        "requests_per_year output_tokens_per_request service.*.tokens_vs_english_* demand.tokens_vs_english_* "
        "demand.other_language_tokens_vs_english",
        about="Output tokens, by language.",
        axes=("year", "language"),
    )
    group_shares: Floats = figure(
        "share",
        "active users of the group / active users",
        "active_users",
        about="Share of the demand, by group of regions.",
        axes=("year", "group"),
    )
    notes: tuple[Note, ...] = ()


def estimate_demand(place: Place, v: Values, settings: Settings) -> Demand:
    """Take people to requests and tokens.

    Returns
    -------
    Demand
        Arrays float64[draws, years, ...]; an array that no uncertain input moves is repeated for every draw.
    """
    n_years, shape = settings.horizon_years, (v.n_draws, settings.horizon_years)
    people_by_group, users_by_group, at_ceiling = active_users(place, v, settings)
    people, users = people_by_group.sum(axis=2), users_by_group.sum(axis=2)
    taken = users / np.maximum(at_ceiling.sum(axis=2), 1e-300)
    growth = (1 + v("demand.usage_growth_per_year")) ** (np.arange(n_years) + 0.5)[None, :]
    requests = np.stack(
        [_requests(service, v, people, users, taken, growth, shape) for service in settings.services], axis=2
    )
    weighted = _weighted_ratios(place, v, settings)
    mean_ratio = {service: row.sum(axis=1, keepdims=True) for service, row in weighted.items()}
    reasoning = v("demand.reasoning_multiple") - 1
    prompt = _by_service(settings, v, lambda s: v(f"service.{s}.prompt_tokens") * mean_ratio[s])
    output = _by_service(
        settings,
        v,
        lambda s: v(f"service.{s}.output_tokens") * mean_ratio[s] * (1 + v(f"service.{s}.reasoning_share") * reasoning),
    )
    prompt_year = (requests * prompt[:, None, :]).sum(axis=2)
    by_service = requests * output[:, None, :]
    output_year = by_service.sum(axis=2)
    training = v("demand.finetuning_runs_per_year") * v("demand.finetuning_tokens_per_run") + v(
        "demand.training_tokens_per_year"
    )
    shares = np.stack([weighted[one.id] / mean_ratio[one.id] for one in settings.services], axis=1)
    spoken = np.array([share for _, share in place.languages])
    total = np.maximum(users_by_group.sum(axis=2, keepdims=True), 1e-300)
    return Demand(
        people=np.broadcast_to(people, shape),
        active_users=np.broadcast_to(users, shape),
        requests_per_year=requests,
        requests_by_language=requests.sum(axis=2, keepdims=True) * spoken,
        prompt_tokens_per_request=prompt,
        output_tokens_per_request=output,
        prompt_tokens_per_year=prompt_year,
        cached_tokens_per_year=prompt_year * v("demand.cached_prompt_share"),
        output_tokens_per_year=output_year,
        batch_tokens_per_year=output_year * v("demand.batch_share"),
        training_tokens_per_year=np.broadcast_to(training, shape),
        output_tokens_by_language=np.einsum("dys,dsl->dyl", by_service, shares),
        group_shares=np.broadcast_to(users_by_group / total, (*shape, len(place.groups))),
        notes=(*_notes(place), *vocabulary_notes(settings)),
    )


def _weighted_ratios(place: Place, v: Values, settings: Settings) -> dict[str, Floats]:
    """Tokens against English times the share of requests, float64[draws, languages], by service."""
    weights = np.array([share for _, share in place.languages])
    return {one.id: token_ratio(place, v, one.id) * weights for one in settings.services}


def _requests(
    service: ServicePlan,
    v: Values,
    people: Floats,
    users: Floats,
    taken: Floats,
    growth: Floats,
    shape: tuple[int, int],
) -> Floats:
    """Requests a year of one service, float64[draws, years]."""
    if service.users == "civil servants":
        # They take it up along the same curve as the nation.
        who = people * v("demand.civil_servants_share") * v("demand.civil_servants_using_share") * taken
    else:
        who = users * v(f"service.{service.id}.users_share")
    return np.broadcast_to(who * v(f"service.{service.id}.requests_per_user_month") * 12 * growth, shape)


def _by_service(settings: Settings, v: Values, of: Callable[[str], Floats]) -> Floats:
    columns = [np.broadcast_to(of(one.id), (v.n_draws, 1)) for one in settings.services]
    return np.concatenate(columns, axis=1)


def _notes(place: Place) -> tuple[Note, ...]:
    missing = unmeasured(place)
    return (note("tokens_unmeasured", languages=missing),) if missing else ()
