# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: RUF012 (pydantic copies the defaults of its models)
"""The `Nation`: what nation.yaml says, typed.

Comes in: plain data, already read. Goes out: frozen models whose field names are the keys of the file, the columns of
the reference and the words of the code. The sentences of a fault are written here, beside the rule that it breaks; the
line is added by `daulat.nation.check`. Nothing here reads a file.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PrivateAttr

from daulat.nation._codes import (
    CountryCode,
    CurrencyCode,
    Declared,
    LanguageTag,
    Listen,
    PlaceCode,
    Places,
    ReleaseKey,
    Text,
    TimeZone,
    Url,
    broken,
)
from daulat.nation._serving import Energy, Media, Model, Price, Queue, Route, RouteTarget, Verify

__all__ = [
    "Encoder",
    "Energy",
    "Gateway",
    "Jurisdiction",
    "Language",
    "Media",
    "Model",
    "Nation",
    "Price",
    "Queue",
    "Residency",
    "Route",
    "RouteTarget",
    "Service",
    "Verify",
    "json_schema",
]

Role = Literal["official", "regional", "minority", "foreign"]
Names = dict[LanguageTag, Text]
JURISDICTION = r"^[A-Z]{2}-[A-Z0-9]{1,3}$"
"""The form of a code of ISO 3166-2."""


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

    code: Annotated[str, Field(pattern=JURISDICTION)]
    """ISO 3166-2 code."""
    name: Text
    """Its name in its own language."""
    kind: Text = "jurisdiction"
    """province, county, state, ..."""


class Operators(Declared):
    """Whose machines may take a class of data, by name; none: anybody's who stands where it may be."""

    public: list[Text] | None = None
    """Published official text."""
    internal: list[Text] | None = None
    """Working papers of a ministry."""
    personal: list[Text] | None = None
    """Questions of citizens, and whatever tells who somebody is."""


class Residency(Declared):
    """Where each class of data may be processed: `anywhere`, or a list of ISO 3166-1 and 3166-2 codes."""

    public: Places = "anywhere"
    """Published official text."""
    internal: Places
    """Working papers of a ministry."""
    personal: Places
    """Questions of citizens, and whatever tells who somebody is."""
    operators: Operators = Operators()
    """Whose machines may take each class, beside the rule of places."""


def _none_kept(days: int) -> int:
    if days:
        raise broken(
            "nation.retention",
            f"`retention.questions_days` is {days}, and nothing keeps questions",
            "Whoever reads the declaration would rely on records that there are not.",
            "Write 0: the words of questions and answers are never written down.",
        )
    return days


class Retention(Declared):
    """How long records are kept, in days. Audit events are kept for ever: a chain cannot lose its beginning."""

    questions_days: Annotated[int, AfterValidator(_none_kept), Field(json_schema_extra={"const": 0})] = 0
    """Words of questions and answers. Only 0: they are never written down."""
    receipts_days: Annotated[int, Field(ge=1, le=36_500)] = 365
    """One row per answer: counts and times, no words."""
    files_days: Annotated[int, Field(ge=1, le=365)] = 7
    """Files that applications hand in for batches, and the answers in them; their owner may delete them before."""


class Service(Declared):
    """A public service that citizens can ask; listed as a model named `<country>/<id>`."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    """Short name in URLs and model lists."""
    names: Names
    """What citizens see, by language tag."""
    languages: list[LanguageTag] = []
    """Languages it answers in; empty: all languages of the nation."""
    jurisdictions: list[Annotated[str, Field(pattern=JURISDICTION)]] = []
    """Parts of the country whose texts it answers from, beside those of the whole country; empty: all parts."""


class Encoder(Declared):
    """What turns text into vectors: the one of this machine, or a `/v1/embeddings` endpoint."""

    url: Url | None = None
    """Base URL, ending in /v1; none: the encoder of this machine."""
    model: Text | None = None
    """The endpoint's own name of the model."""
    key_from: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = None
    """The environment variable that holds the key."""
    place: PlaceCode | None = None
    """The country or part of it where it runs; none: with this service if it is on this machine, else unknown.
    Questions are sent there, so it has to be where personal data may go."""
    operator: Text | None = None
    """Whose machine it runs on, for the residency rule."""


class Reranker(Declared):
    """A model that reads a question and passages together, behind a `/rerank` endpoint: it orders the first passages
    that are found, but for questions like the release's everyday questions."""

    url: Url
    """What `/rerank` is added to, such as http://10.0.0.5:8000/v1."""
    model: Text | None = None
    """The endpoint's own name of the model; none for text-embeddings-inference, which serves one."""
    key_from: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = None
    """The environment variable that holds the key."""
    place: PlaceCode | None = None
    """The country or part of it where it runs; none: with this service if it is on this machine, else unknown.
    Questions are sent there, so it has to be where personal data may go."""
    operator: Text | None = None
    """Whose machine it runs on, for the residency rule."""


class Knowledge(Declared):
    """Where official text comes from, and where its releases lie. Paths start at this file."""

    sources: Text = "sources.yaml"
    """Further sources, beside those of the pack; the file need not exist."""
    releases: Text = ".daulat/releases"
    """Directory of signed releases."""
    trusted_keys: list[ReleaseKey] = []
    """Public keys of others whose releases may be used here, beside those of this site's own key."""
    encoder: Encoder = Encoder()
    """What turns text into vectors."""
    reranker: Reranker | None = None
    """What orders the first passages that are found; none: the search itself."""


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


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise broken(
            "nation.network",
            f"`{value}` is not a network",
            "Anybody could say where their calls come from.",
            "Write it as `10.0.0.0/24`, or one address as `10.0.0.5/32`.",
        ) from None


Origin = Annotated[str, AfterValidator(_origin)]
NetworkText = Annotated[str, AfterValidator(_network)]


class Gateway(Declared):
    """Where people and applications reach the service."""

    listen: Listen = "127.0.0.1:8080"
    """IP address and port."""
    public_url: Url | None = None
    """The address under which people reach the service, where that is not `listen`."""
    allowed_origins: list[Origin] = []
    """Origins whose pages may call the API from a browser; empty: none but our own."""
    trusted_proxies: list[NetworkText] = []
    """Networks of our own proxies, such as 10.0.0.0/24: what they say of where a call comes from is believed."""
    metrics: Listen | None = None
    """Where Prometheus reads `/metrics`, an address of its own; none: nowhere."""
    log_calls: bool = False
    """Write a line of JSON for each call on stderr: names, counts and times; never words or keys."""
    queue: Queue = Queue()
    """Where calls wait for an engine."""
    media: Media = Media()
    """Pictures and recordings that calls name by address."""
    body_limit_bytes: Annotated[int, Field(ge=65_536, le=100_000_000)] = 1_048_576
    """The most that a call with a key may send as JSON: raise it for pictures that are sent as bytes. Without a key:
    1 MiB."""
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
    """As it is known."""
    role: Literal["funds", "hosts", "builds", "supplies", "audits", "advises"]
    """What it does."""
    country: CountryCode | None = None
    """ISO 3166-1 alpha-2; none: not said."""


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
    routes: list[Route] = []
    """Names that stand for several models."""
    knowledge: Knowledge = Knowledge()
    """Official text."""
    store: Store = Store()
    """The database."""
    gateway: Gateway = Gateway()
    """The front door."""
    partners: list[Partner] = []
    """Who else takes part."""
    pack: str = ""
    """A folder with what is particular to the country, laid out as docs/concepts/packs.md says; empty: the installed
    pack of the country, where there is one."""
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
