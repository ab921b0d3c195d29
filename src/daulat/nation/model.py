# SPDX-License-Identifier: Apache-2.0
"""The `Nation`: what nation.yaml says, typed.

Comes in: plain data, already read. Goes out: frozen models whose field names are the keys of the file, the columns of
the reference and the words of the code. The sentences of a fault are written here, beside the rule that it breaks; the
line is added by `daulat.nation.check`. Nothing here reads a file.
"""

from __future__ import annotations

import ipaddress
import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr
from pydantic_core import PydanticCustomError

from daulat.nation import reference

Text = Annotated[str, Field(min_length=1, max_length=300)]
Role = Literal["official", "regional", "minority", "foreign"]


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


CountryCode = Annotated[str, AfterValidator(_country), Field(json_schema_extra={"pattern": "^[A-Z]{2}$"})]
LanguageTag = Annotated[
    str,
    AfterValidator(_language),
    Field(json_schema_extra={"pattern": "^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"}),
]
CurrencyCode = Annotated[str, AfterValidator(_currency), Field(json_schema_extra={"pattern": "^[A-Z]{3}$"})]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Listen = Annotated[str, AfterValidator(_listen)]
Url = Annotated[str, AfterValidator(_url)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._/-]{0,99}$")]
Names = dict[LanguageTag, Text]


class Declared(BaseModel):
    """A part of the declaration: unknown keys are faults, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class Language(Declared):
    """A language that people of the nation use, and its standing."""

    tag: LanguageTag
    """BCP 47 tag, e.g. `jv`."""
    name: Text
    """What the language calls itself."""
    role: Role
    """official: of the whole state; regional: official or used by offices in a part of it; minority; foreign."""
    speakers_percent: Annotated[float, Field(ge=0, le=100)] | None = None
    """Share of people who speak it, percent; none: not known. Many speak several, so the sum passes 100."""


class Jurisdiction(Declared):
    """A first-level part of the country that has its own rules or offices."""

    code: Annotated[str, Field(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")]
    """ISO 3166-2 code."""
    name: Text
    """Its name in its own language."""
    kind: Text = "jurisdiction"
    """province, county, state, ..."""


class Residency(Declared):
    """Where each class of data may be processed: `anywhere`, or a list of ISO 3166-1 codes."""

    public: Literal["anywhere"] | list[CountryCode] = "anywhere"
    """Published official text."""
    internal: Literal["anywhere"] | list[CountryCode]
    """Working papers of a ministry."""
    personal: Literal["anywhere"] | list[CountryCode]
    """Questions of citizens, and whatever tells who somebody is."""


class Retention(Declared):
    """How long records are kept, in days."""

    questions_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    """Words of questions and answers. 0: they are never written down."""
    receipts_days: Annotated[int, Field(ge=1, le=36_500)] = 365
    """One row per answer: counts and times, no words."""
    audit_days: Annotated[int, Field(ge=1, le=36_500)] = 3_650
    """Who published, configured or revoked what."""


class Service(Declared):
    """A public service that citizens can ask; listed as a model named `<country>/<id>`."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    """Short name in URLs and model lists."""
    names: Names
    """What citizens see, by language tag."""
    languages: list[LanguageTag] = []
    """Languages it answers in; empty: all languages of the nation."""


def _decimal(value: object) -> object:
    # YAML gives binary fractions; the digits that the author wrote are those of the shortest text that reads the same.
    return Decimal(str(value)) if isinstance(value, int | float | str) and not isinstance(value, bool) else value


Money = Annotated[Decimal, BeforeValidator(_decimal), Field(ge=0, max_digits=18, decimal_places=8)]


class Price(Declared):
    """What tokens of a model cost, in units of the currency per million tokens."""

    input: Money
    """Tokens that are read."""
    output: Money
    """Tokens that are generated."""
    cached: Money | None = None
    """Tokens read from the prefix cache; none: as `input`."""
    currency: CurrencyCode
    """ISO 4217; limits of money are set in it."""


class Model(Declared):
    """A language model and the engine that runs it."""

    id: Slug
    """The name by which callers ask for it."""
    kind: Literal["embedded", "remote", "fake"]
    """embedded: in a process of this machine; remote: an OpenAI-compatible server; fake: for demonstrations."""
    weights: Text | None = None
    """embedded: the name that `daulat models pull` gave the weights, or a path to a GGUF file."""
    url: Url | None = None
    """remote: base URL, ending in /v1."""
    upstream: Text | None = None
    """remote: the server's own name of the model, where it differs from `id`."""
    key_from: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = None
    """remote: the environment variable that holds the key. The key itself never stands in this file."""
    place: CountryCode | None = None
    """The country where it runs, for the residency rule; none: unknown, so only data that may go anywhere."""
    context_length: Annotated[int, Field(ge=256, le=10_000_000)] = 4096
    """Tokens of question, passages and answer together."""
    price: Price | None = None
    """What its tokens cost whoever calls it; none: nothing."""


class Encoder(Declared):
    """What turns text into vectors: the one of this machine, or a `/v1/embeddings` endpoint."""

    url: Url | None = None
    """Base URL, ending in /v1; none: the encoder of this machine."""
    model: Text | None = None
    """The endpoint's own name of the model."""
    key_from: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = None
    """The environment variable that holds the key."""


class Knowledge(Declared):
    """Where official text comes from, and where its releases lie. Paths start at this file."""

    sources: Text = "sources.yaml"
    """Further sources, beside those of the pack; the file need not exist."""
    releases: Text = ".daulat/releases"
    """Directory of signed releases."""
    encoder: Encoder = Encoder()
    """What turns text into vectors."""


class Store(Declared):
    """Where the embedded database keeps its files; DATABASE_URL in the environment replaces it."""

    directory: Text = ".daulat/postgres"
    """Directory of the data, from this file."""


class SignIn(Declared):
    """Where people who run the service sign in: an OpenID Connect provider, such as the state's own."""

    issuer: Url
    """Its issuer; `/.well-known/openid-configuration` is read below it."""
    client_id: Text
    """The name under which this service is registered there."""
    client_secret_from: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
    """The environment variable that holds the secret of that registration."""


def _origin(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@?#*]+", value):
        raise broken(
            "nation.origin",
            f"origin `{value}` is not a scheme and a host",
            "A page of another origin could not be told from a page of this one.",
            "Write it as `https://host` or `https://host:port`, without a path and without `*`.",
        )
    return value


Origin = Annotated[str, AfterValidator(_origin)]


class Gateway(Declared):
    """Where people and applications reach the service."""

    listen: Listen = "127.0.0.1:8080"
    """IP address and port."""
    public_url: Url | None = None
    """The address under which people reach the service, where that is not `listen`."""
    allowed_origins: list[Origin] = []
    """Origins whose pages may call the API from a browser; empty: none but our own."""
    sign_in: SignIn | None = None
    """Where operators sign in; none: administration at the command line only."""

    @property
    def host(self) -> str:
        """The IP address, without brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port, 0 to let the system choose."""
        return int(self.listen.rpartition(":")[2])


class Partner(Declared):
    """Somebody who builds, hosts, funds or audits with the nation."""

    name: Text
    role: Literal["funds", "hosts", "builds", "supplies", "audits", "advises"]
    country: CountryCode | None = None


class Nation(Declared):
    """The whole declaration."""

    country: CountryCode
    """ISO 3166-1 alpha-2."""
    names: Names
    """The country's name, by language tag."""
    capital: str = ""
    """Seat of government."""
    population: Annotated[int, Field(ge=0, le=20_000_000_000)] = 0
    """People."""
    currency: CurrencyCode
    """ISO 4217."""
    time_zones: Annotated[list[TimeZone], Field(min_length=1)]
    """IANA names; the first is the one that the service counts days in."""
    languages: Annotated[list[Language], Field(min_length=1)]
    """Languages of the nation; the first is the one that answers when none can be told."""
    jurisdictions: list[Jurisdiction] = []
    """First-level parts of the country."""
    residency: Residency
    """Where data may be processed."""
    retention: Retention = Retention()
    """How long records are kept."""
    services: Annotated[list[Service], Field(min_length=1)]
    """What citizens can ask."""
    models: list[Model] = []
    """Language models; empty: answers are the official text itself, quoted."""
    knowledge: Knowledge = Knowledge()
    """Official text."""
    store: Store = Store()
    """The database."""
    gateway: Gateway = Gateway()
    """The front door."""
    partners: list[Partner] = []
    """Who else takes part."""
    plan: dict[str, Any] = {}
    """What `daulat plan` starts from, laid over its defaults; checked by it. `daulat plan inputs` lists the keys."""

    _directory: Path = PrivateAttr(default=Path())

    @property
    def directory(self) -> Path:
        """The directory of nation.yaml, from which its paths start."""
        return self._directory

    @property
    def language_tags(self) -> tuple[str, ...]:
        """The tags of the languages, in the order of the file."""
        return tuple(language.tag for language in self.languages)

    def path(self, relative: str) -> Path:
        """Return a path of the file as one that can be opened."""
        return self._directory / relative

    def placed_in(self, directory: Path) -> Nation:
        """Return the same nation with its paths starting at another directory."""
        placed = self.model_copy()
        # PrivateAttr is the one field of a frozen model that may be set, and only on the copy that leaves here.
        placed._directory = directory
        return placed


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of nation.yaml, for editors.

    >>> json_schema()["title"], "languages" in json_schema()["required"]
    ('nation.yaml of Daulat', True)
    """
    schema = Nation.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "nation.yaml of Daulat"}
