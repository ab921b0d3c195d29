# SPDX-License-Identifier: Apache-2.0
"""Read nation.yaml: a `Nation`, or every fault of the file at once, each with its line and what to write instead.

Comes in: a path, or the text of a file. Goes out: the typed declaration, or `NationError`s in the order of the lines.
It judges only the file itself: whether an engine answers or a directory can be written is for `daulat doctor`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from os.path import normpath
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from daulat.nation import reference
from daulat.nation._codes import PLACES_FORMS
from daulat.nation._residency import residency_faults
from daulat.nation._routes import route_faults
from daulat.nation._sentences import Guide, explain, is_secret, told_once
from daulat.nation._yaml import YamlFile, parse_yaml, read_yaml
from daulat.nation.errors import NationError, NationFaultsError
from daulat.nation.model import JURISDICTION, Knowledge, Nation, Store

_ANOTHER = "name another with --file"  # the option that most commands have
_GUIDE = Guide(
    "nation.yaml", "`daulat init` shows how it is written.", "`daulat nation schema` states what is allowed."
)


def load_nation(path: Path, *, otherwise: str = _ANOTHER) -> Nation:
    """Return the nation that a file declares; its paths start at the directory of the file.

    Parameters
    ----------
    otherwise : str
        What else the reader can do where the file is not there: the option of the caller that names another.

    Raises
    ------
    NationError
        If the file cannot be read as YAML.
    NationFaultsError
        If it has faults; all of them.
    """
    file = _read(path, otherwise)
    faults = _faults(file)
    if faults:
        raise NationFaultsError(faults)
    return Nation.model_validate(file.data).placed_in(path.resolve().parent)


def nation_of(text: str) -> Nation:
    """Return the nation that a text declares; its paths start at the working directory.

    Raises
    ------
    NationFaultsError
        If it has faults; all of them.
    """
    file = parse_yaml(text.encode(), name="nation.yaml")
    faults = _faults(file)
    if faults:
        raise NationFaultsError(faults)
    return Nation.model_validate(file.data)


def check_nation(path: Path) -> list[NationError]:
    """Return every fault of a file, by line; an empty list where there is none."""
    try:
        return _faults(_read(path))
    except NationFaultsError as several:
        return list(several.faults)
    except NationError as fault:
        return [fault]


def check_text(text: str, *, name: str = "nation.yaml") -> list[NationError]:
    """Return every fault of a declaration that is not on disk yet.

    >>> for fault in check_text("country: Indonesia"):
    ...     print(fault.what)
    ...     break
    nation.yaml line 1: country `Indonesia` is not an ISO 3166-1 alpha-2 code
    """
    try:
        return _faults(parse_yaml(text.encode(), name=name))
    except NationFaultsError as several:
        return list(several.faults)
    except NationError as fault:
        return [fault]


def _read(path: Path, otherwise: str = _ANOTHER) -> YamlFile:
    if not path.exists():
        raise NationError(
            "does not exist",
            why="Everything else starts from the declaration of the nation.",
            fix=f"Write one with `daulat init <ISO 3166-1 code>`, or {otherwise}.",
            code="nation.file",
            file=str(path),
        )
    return read_yaml(path)


def _faults(file: YamlFile) -> list[NationError]:
    if not isinstance(file.data, dict):
        return [
            NationError(
                "is not a mapping of keys and values",
                why="A nation is declared as `country:`, `languages:` and so on.",
                fix="Start again from `daulat init`.",
                code="nation.syntax",
                file=file.name,
                line=1,
            )
        ]
    found = list(_across(file))
    try:
        Nation.model_validate(file.data)
    except ValidationError as error:
        found += [_fault(file, one) for one in told_once(error.errors(include_url=False), Nation)]
    unique = {(fault.line, fault.code, fault.what): fault for fault in found}
    return sorted(unique.values(), key=lambda fault: fault.line)


def _fault(file: YamlFile, error: ErrorDetails) -> NationError:
    """Turn one error of pydantic into three sentences and a line."""
    loc = tuple(step for step in error["loc"] if step not in PLACES_FORMS)
    told, line = explain({**error, "loc": loc}, Nation, _GUIDE), file.line_of(loc)
    value = None if is_secret(loc) else error["input"]
    return NationError(told.what, why=told.why, fix=told.fix, code=told.code, file=file.name, line=line, value=value)


def _across(file: YamlFile) -> Iterator[NationError]:
    """Yield the faults that lie between two values, tolerating whatever else is wrong."""
    tags = {row.get("tag") for _index, row in file.rows("languages")}
    unique = (("languages", "tag"), ("jurisdictions", "code"), ("services", "id"), ("models", "id"), ("routes", "id"))
    for key, field in unique:
        yield from _repeated(file, key, field)
    yield from _jurisdiction_faults(file)
    yield from _bound_faults(file)
    for index, row in file.rows("services"):
        spoken = row.get("languages") if tags else None  # where no language is declared, that is the fault
        for place, tag in enumerate(spoken if isinstance(spoken, list) else []):
            if tag not in tags:
                yield NationError(
                    f"service `{row.get('id')}` answers in `{tag}`, which is not among the languages of the nation",
                    why="Nothing would be prepared for that language.",
                    fix=f"Add it under `languages`, or use one of {', '.join(sorted(str(one) for one in tags))}.",
                    code="nation.service",
                    file=file.name,
                    line=file.line_of(("services", index, "languages", place)),
                    value=tag,
                )
    for index, row in file.rows("models"):
        yield from _model_faults(file, index, row)
    yield from route_faults(file)
    yield from residency_faults(file)
    yield from _place_faults(file)


def _place_faults(file: YamlFile) -> Iterator[NationError]:
    """Yield a fault where the database would be made in a directory that holds something else."""
    store, knowledge = (part if isinstance(part := file.data.get(key), dict) else {} for key in ("store", "knowledge"))
    directory = store.get("directory", Store().directory)
    releases = knowledge.get("releases", Knowledge().releases)
    if not isinstance(directory, str) or not isinstance(releases, str):
        return  # their form is a fault of its own
    for what, path in (("releases lie", releases), ("the signing key lies", ".daulat/keys")):
        if Path(normpath(path)).is_relative_to(normpath(directory)):
            yield NationError(
                f"store.directory is `{directory}`, where {what} too",
                why="PostgreSQL makes its files in a directory of its own only.",
                fix=f"Name another directory, such as `{Store().directory}`.",
                code="nation.directory",
                file=file.name,
                line=file.line_of(("store", "directory")),
                value=directory,
            )
            return


def _jurisdiction_faults(file: YamlFile) -> Iterator[NationError]:
    """Yield the codes of another country and those that ISO 3166-2 does not have, where the country itself is known."""
    country = file.data.get("country")
    if not isinstance(country, str) or not reference.is_country(country):
        return
    codes = {index: row.get("code") for index, row in file.rows("jurisdictions")}
    whole = {one: code for one, code in codes.items() if isinstance(code, str) and re.fullmatch(JURISDICTION, code)}
    foreign = _parts_of_another(file, country, whole)
    yield from foreign.values()
    for index, row in file.rows("jurisdictions"):
        code = whole.get(index)
        if code is None or code.partition("-")[0] in foreign:
            continue  # its form is a fault of its own, or it was told with the others
        if not code.startswith(f"{country}-"):
            what = f"jurisdiction `{code}` is not a part of `{country}`"
            why = "Its rules and offices would be those of another country."
            fix = f"Use a code of ISO 3166-2 that starts with `{country}-`."
        elif not reference.is_subdivision(code):
            near = reference.suggest_jurisdiction(country, str(row.get("name")))
            what = f"jurisdiction `{code}` is not in ISO 3166-2"
            why = "Rules, offices and places are matched by it; this one would match nothing."
            meant = f"did you mean `{near}`? " if near else ""
            fix = f"{meant}`daulat nation jurisdictions {country}` lists the codes."
        else:
            continue
        line = file.line_of(("jurisdictions", index, "code"))
        yield NationError(what, why=why, fix=fix, code="nation.jurisdiction", file=file.name, line=line, value=code)


def _parts_of_another(file: YamlFile, country: str, codes: Mapping[int, str]) -> dict[str, NationError]:
    """Return one fault for each other country of which several parts are declared, as after a change of `country`."""
    of = Counter(code.partition("-")[0] for code in codes.values())
    found = {}
    for other, count in of.items():
        if other == country or count == 1 or not reference.is_country(other):
            continue
        first = next(index for index, code in codes.items() if code.startswith(f"{other}-"))
        where = ("jurisdictions", first, "code") if of[country] else ("country",)
        found[other] = NationError(
            f"country is `{country}`, and {count} jurisdictions, from `{codes[first]}` on, are parts of `{other}`",
            why="Rules and offices would be those of another country, and so may names, languages and currency be.",
            fix=f"If the nation is `{other}`, write `country: {other}`. If it is `{country}`, declare its own parts:"
            f" `daulat nation jurisdictions {country}` lists them, and `daulat init {country} --diff` shows all that"
            " differs from a new declaration.",
            code="nation.jurisdiction",
            file=file.name,
            line=file.line_of(where),
            value=country,
        )
    return found


def _bound_faults(file: YamlFile) -> Iterator[NationError]:
    """Yield the parts of the country that a service is bound to and that the nation does not declare."""
    codes = {row.get("code") for _index, row in file.rows("jurisdictions")}
    for index, row in file.rows("services"):
        parts = row.get("jurisdictions")
        for place, code in enumerate(parts if isinstance(parts, list) else []):
            if code not in codes and isinstance(code, str) and re.fullmatch(JURISDICTION, code):
                yield NationError(
                    f"service `{row.get('id')}` is bound to `{code}`, not among the jurisdictions of the nation",
                    why="It would answer from no text of that part.",
                    fix="Add it under `jurisdictions`, or correct the code.",
                    code="nation.service",
                    file=file.name,
                    line=file.line_of(("services", index, "jurisdictions", place)),
                    value=code,
                )


def _model_faults(file: YamlFile, index: int, row: dict[str, Any]) -> Iterator[NationError]:
    needed = {"remote": "url", "embedded": "weights"}.get(str(row.get("kind")))
    if needed and not row.get(needed):
        yield NationError(
            f"model `{row.get('id')}` is {row.get('kind')} and has no `{needed}`",
            why="It could not be started or reached.",
            fix="Name the weights that `daulat models pull` fetched."
            if needed == "weights"
            else "Give the base URL of the server, ending in /v1.",
            code="nation.model",
            file=file.name,
            line=file.line_of(("models", index)),
            value=row.get("id"),
        )


def _repeated(file: YamlFile, key: str, field: str) -> Iterator[NationError]:
    first: dict[str, int] = {}
    for index, row in file.rows(key):
        value, line = str(row.get(field)), file.line_of((key, index, field))
        if value in first and field in row:
            yield NationError(
                f"{key}: `{value}` is declared twice, first on line {first[value]}",
                why="Only one of the two could be meant.",
                fix="Keep one.",
                code="nation.duplicate",
                file=file.name,
                line=line,
                value=value,
            )
        first.setdefault(value, line)
