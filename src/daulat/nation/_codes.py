# SPDX-License-Identifier: Apache-2.0
"""The values of nation.yaml that have a form of their own: codes of ISO and IANA, addresses, names. Text in, text out.

The sentences of a fault are written here, beside the rule that it breaks. Nothing here reads a file.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from daulat.nation import reference

Text = Annotated[str, Field(min_length=1, max_length=300)]


def broken(code: str, what: str, why: str, fix: str) -> PydanticCustomError:
    """Return the error that carries the three sentences of a fault through pydantic."""
    # Pydantic formats the template itself, so that a brace in an author's value cannot disturb it.
    return PydanticCustomError("nation_fault", "{what}", {"code": code, "what": what, "why": why, "fix": fix})


def _country(value: str) -> str:
    if reference.is_country(value):
        return value
    near = value.upper() if reference.is_country(value.upper()) else reference.suggest_country(value)
    meant = f"did you mean `{near}`?" if near else "use two capital letters, such as those of `daulat init`"
    raise broken(
        "nation.country",
        f"country `{value}` is not an ISO 3166-1 alpha-2 code",
        "Residency rules and packs are matched by it.",
        meant,
    )


def _place(value: str) -> str:
    country, dash, part = value.partition("-")
    if not dash:
        return _country(value)
    if reference.is_subdivision(value):
        return value
    if reference.is_country(country) and re.fullmatch(r"[A-Z0-9]{1,3}", part):
        raise broken(
            "nation.place",
            f"place `{value}` is not in ISO 3166-2, which knows no such part of `{country}`",
            "No engine could be said to stand there.",
            f"`daulat nation jurisdictions {country}` lists its parts; `{country}` alone means the whole country.",
        )
    raise broken(
        "nation.place",
        f"place `{value}` is neither an ISO 3166-1 nor an ISO 3166-2 code",
        "No engine could be said to stand there.",
        "Write a country as two capital letters, or a part of it as those, a hyphen and its own letters or digits.",
    )


def _anywhere(value: object) -> object:
    if value == "anywhere":
        return value
    shown = f"`{value}`" if isinstance(value, str) and value else "neither that word nor a list"
    raise broken(
        "nation.residency",
        f"the rule of places is {shown}",
        "It must say where this class of data may be processed.",
        "Write `anywhere`, or ISO 3166 codes of countries and their parts, in brackets.",
    )


def _language(value: str) -> str:
    if reference.is_language(value):
        return value
    near = reference.suggest_language(value)
    meant = f"did you mean `{near}` ({reference.language_name(near)})? " if near else ""
    raise broken(
        "nation.language",
        f"language `{value}` is not a known BCP 47 tag",
        "Questions are routed by language tag; this one would reach no model.",
        f"{meant}`daulat nation languages` lists the tags we know.",
    )


def _currency(value: str) -> str:
    if reference.is_currency(value):
        return value
    near = reference.suggest_currency(value)
    raise broken(
        "nation.currency",
        f"currency `{value}` is not an ISO 4217 code",
        "Costs could not be stated or converted.",
        f"did you mean `{near}`?" if near else "Use the three capital letters of ISO 4217.",
    )


def _time_zone(value: str) -> str:
    near = reference.suggest_time_zone(value)
    if near == value:
        return value
    raise broken(
        "nation.time_zone",
        f"time zone `{value}` is not in the IANA database",
        "Opening hours and daily limits would be counted in the wrong day.",
        f"did you mean `{near}`?" if near else "Use a name such as those that `daulat init` writes.",
    )


def _listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    try:
        ipaddress.ip_address(host.strip("[]"))
        valid = port.isascii() and port.isdigit() and int(port) < 65536
    except ValueError:
        valid = False
    if not valid:
        raise broken(
            "nation.listen",
            f"address `{value}` is not an IP address and a port",
            "The service would not know where to listen.",
            "Write it as `127.0.0.1:8080` (this machine only), `0.0.0.0:8080` or `[::]:8080` (the network).",
        )
    return value


def _url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@?#]+(/[^\s?#]*)?", value):
        raise broken(
            "nation.url",
            f"address `{value}` is not an http or https URL without user, query or fragment",
            "Nobody could be sent there, or a secret would stand in this file.",
            "Write it as `https://host/path`; a key belongs in the environment variable that `key_from` names.",
        )
    return value


def _release_key(value: str) -> str:
    try:
        raw = base64.b64decode(value, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32 or base64.b64encode(raw).decode() != value:
        raise broken(
            "nation.release_key",
            f"`{value[:60]}` is not a public key of releases",
            "No release could be signed by it.",
            "Write the 44 characters that `daulat knowledge verify` prints where the release was made, between quotes.",
        )
    return value


def _host(value: str) -> str:
    label = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    if not re.fullmatch(rf"(?:{label}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?(?::[0-9]{{1,5}})?", value):
        raise broken(
            "nation.host",
            f"`{value}` is not the name of a host",
            "What is fetched from there could not be told from what is not.",
            "Write it in small letters as `images.example.org`, with `:port` where it is not 443, and without `https://`.",
        )
    return value


CountryCode = Annotated[str, AfterValidator(_country), Field(json_schema_extra={"pattern": "^[A-Z]{2}$"})]
PlaceCode = Annotated[str, AfterValidator(_place), Field(json_schema_extra={"pattern": "^[A-Z]{2}(-[A-Z0-9]{1,3})?$"})]
PLACES_FORMS = ("<anywhere>", "<codes>")
"""What pydantic names the two forms of `Places` in the address of a fault; no part of the author's file."""
Places = Annotated[
    Annotated[Literal["anywhere"], BeforeValidator(_anywhere), Tag(PLACES_FORMS[0])]
    | Annotated[list[PlaceCode], Tag(PLACES_FORMS[1])],
    Discriminator(lambda value: PLACES_FORMS[isinstance(value, list)]),
]
LanguageTag = Annotated[
    str,
    AfterValidator(_language),
    Field(json_schema_extra={"pattern": "^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"}),
]
CurrencyCode = Annotated[str, AfterValidator(_currency), Field(json_schema_extra={"pattern": "^[A-Z]{3}$"})]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Listen = Annotated[str, AfterValidator(_listen)]
Url = Annotated[str, AfterValidator(_url)]
HostName = Annotated[str, AfterValidator(_host)]
ReleaseKey = Annotated[str, AfterValidator(_release_key), Field(json_schema_extra={"pattern": "^[A-Za-z0-9+/]{43}=$"})]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._/-]{0,99}$")]


class Declared(BaseModel):
    """A part of the declaration: unknown keys are faults, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)
