# SPDX-License-Identifier: Apache-2.0
"""The bodies that administration takes, and what the OpenAPI document tells of how their fields go together.

Data, no logic. Only their types are checked here: what else is refused is said in the register's own words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from daulat.gateway._operation import Json
from daulat.gateway.access.limits import PRINCIPAL_PATTERN
from daulat.gateway.access.records import DATA_CLASSES, PRIORITIES
from daulat.gateway.access.registry import MODEL_PATTERN, SLUG
from daulat.gateway.access.roles import ROLES
from daulat.gateway.quota.model import METRICS, PERIODS, SCOPES
from daulat.gateway.schema import KeptText
from daulat.nation.reference import currencies

LONGEST_OVERLAP_HOURS = 24 * 90
MOST_DAYS = 36_500


def _one_of(words: Sequence[str]) -> msgspec.Meta:
    return msgspec.Meta(extra_json_schema={"enum": list(words)})


OrganisationId = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": f"^{SLUG.pattern}$"})]
ProjectId = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": f"^{SLUG.pattern}/{SLUG.pattern}$"})]
Model = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": f"^{MODEL_PATTERN.pattern}$"})]
Principal = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": f"^{PRINCIPAL_PATTERN.pattern}$"})]
Days = Annotated[float, msgspec.Meta(extra_json_schema={"exclusiveMinimum": 0, "maximum": MOST_DAYS})]
Hours = Annotated[float, msgspec.Meta(extra_json_schema={"minimum": 0, "maximum": LONGEST_OVERLAP_HOURS})]


class OrganisationBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new organisation."""

    id: OrganisationId
    name: KeptText = ""


class ProjectBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new project, `organisation/project`."""

    id: ProjectId
    name: KeptText = ""


class KeyBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new key."""

    project: KeptText
    name: KeptText = ""
    models: list[Model] = []
    services: list[KeptText] = []
    networks: list[KeptText] = []
    data_class: Annotated[str, _one_of(DATA_CLASSES)] = "internal"
    highest_priority: Annotated[str, _one_of(PRIORITIES)] = "interactive"
    expires_in_days: Days | None = None


class RotateBody(msgspec.Struct, forbid_unknown_fields=True):
    """How long the old key goes on."""

    overlap_hours: Hours = 0


class LimitBody(msgspec.Struct, forbid_unknown_fields=True):
    """A limit; without an amount it is taken away."""

    scope: Annotated[str, _one_of(SCOPES)]
    of: KeptText
    metric: Annotated[str, _one_of(METRICS)]
    period: Annotated[str, _one_of(PERIODS)] = ""
    currency: Annotated[str, _one_of(["", *sorted(currencies())])] = ""
    amount: str | None = None


class RoleBody(msgspec.Struct, forbid_unknown_fields=True):
    """A role for a person."""

    principal: Principal
    role: Annotated[str, _one_of(ROLES)]
    organisation: KeptText = ""


# An amount as `parse_amount` reads it, up to 90 thousand million.
_MONEY_AMOUNT = r"^(([0-8]?[0-9]{1,10})(\.[0-9]{1,8})?|90000000000(\.0{1,8})?)$"
_WHOLE_AMOUNT = "^([0-8]?[0-9]{1,10}|90000000000)$"
_OVER_A_PERIOD = {"enum": [period for period in PERIODS if period]}


def _limit_of(metrics: Sequence[str], amount: str, *required: str, **fields: Json) -> Json:
    return {
        "required": list(required),
        "properties": {"metric": {"enum": list(metrics)}, "amount": {"pattern": amount}, **fields},
    }


LIMIT_RULE: Json = {"anyOf": [
    _limit_of(["concurrent"], _WHOLE_AMOUNT, period={"const": ""}, currency={"const": ""}),
    _limit_of(["money"], _MONEY_AMOUNT, "period", "currency", period=_OVER_A_PERIOD, currency={"minLength": 3}),
    _limit_of(
        [metric for metric in METRICS if metric not in ("concurrent", "money")],
        _WHOLE_AMOUNT, "period", period=_OVER_A_PERIOD, currency={"const": ""},
    ),
]}  # fmt: skip
ROLE_RULE: Json = {"anyOf": [
    {"required": ["organisation"], "properties": {"role": {"const": "member"}, "organisation": {"minLength": 1}}},
    {"properties": {"role": {"enum": [role for role in ROLES if role != "member"]}, "organisation": {"const": ""}}},
]}  # fmt: skip
