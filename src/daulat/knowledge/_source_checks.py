# SPDX-License-Identifier: Apache-2.0
"""Private: the rules of single values in a sources.yaml. A value and what surrounds the file in; it or a fault out.

Each raises a ValueError whose sentence says what to write instead. Only `table` looks at the disk, and opens nothing of
the curator's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from pydantic import ValidationInfo

from daulat.knowledge._declared import Fault
from daulat.nation import YamlFile
from daulat.nation.reference import is_country, suggest_country

_ADDRESS = re.compile(r"https?://[^\s/?#]+[^\x00-\x1f]*", re.IGNORECASE)
_LICENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
LANGUAGE = r"^([a-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$"
IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"
_DAY = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
_USER_ASSIGNED = re.compile(r"AA|Q[M-Z]|X[A-Z]|ZZ")  # ISO 3166-1 leaves these to whoever needs one
_LONGEST_NAME_BYTES = 255


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a file is judged against: its folder, the day, and the services that there are; None: not judged."""

    root: Path
    today: date | None = None
    services: Collection[str] | None = None


def document_id(value: str) -> str:
    """Accept what can stand in the address of a document, or nothing.

    >>> document_id("ACT-1-2001"), document_id("")
    ('ACT-1-2001', '')
    """
    if value and not re.fullmatch(IDENTIFIER, value):
        raise ValueError(
            f"`{value[:80]}` is no id of a document; write up to 80 letters A to Z, digits, `.`, `_` and `-`, "
            "with a letter or a digit first, such as `ACT-1-2001`"
        )
    return value


def address(value: str) -> str:
    """Accept the address of a page that a browser can be sent to, or none.

    >>> address("https://law.example/act/3"), address("")
    ('https://law.example/act/3', '')
    """
    if value and not _ADDRESS.fullmatch(value):
        raise ValueError(f"`{value[:80]}` is no address of a page; write one that begins with `https://`, or none")
    return value


def licence(value: str) -> str:
    """Accept an SPDX identifier or several joined by AND, OR and WITH, or `LicenseRef-...`."""
    words = value.replace("(", " ").replace(")", " ").split()
    joined = words[1::2]
    if not words or len(words) % 2 == 0 or not all(_LICENCE.fullmatch(word) for word in words[::2]):
        raise _no_licence(value)
    if not {*joined} <= {"AND", "OR", "WITH"}:
        raise ValueError(f"`{value}` is no SPDX expression; join identifiers by AND, OR or WITH")
    for word, before in zip(words[::2], ["", *joined], strict=True):
        # What stands after WITH is an exception to a licence, of which there is another list.
        if before != "WITH" and not word.startswith("LicenseRef-") and word.removesuffix("+").lower() not in _spdx():
            raise _no_licence(word)
    return value


def _no_licence(value: str) -> ValueError:
    near = get_close_matches(value.lower(), _spdx(), n=1)
    meant = f"did you mean `{_spdx()[near[0]]}`? " if near else "write one such as `CC-BY-4.0`; "
    return ValueError(f"`{value}` is no SPDX identifier; {meant}name others `LicenseRef-...`")


@cache
def _spdx() -> Mapping[str, str]:
    """Return the identifiers of the SPDX licence list by their small letters; in them case does not matter."""
    lines = Path(__file__).with_name("spdx.txt").read_text(encoding="utf-8").splitlines()
    return {line.lower(): line for line in lines if not line.startswith("#")}


def ours(known: Collection[str]) -> Callable[[dict[str, str]], dict[str, str]]:
    """Return what accepts a mapping from names of ours."""

    def accept(value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                meant = f"did you mean `{near[0]}`?" if near else f"ours are {', '.join(known)}"
                raise ValueError(f"`{name}` is no name of ours, which stand before the colon; {meant}")
        return value

    return accept


def jurisdiction(value: str) -> str:
    """Accept a code of ISO 3166-1 or 3166-2, one of those that ISO leaves to users, or nothing."""
    country, dash, part = value.partition("-")
    known = is_country(country) or _USER_ASSIGNED.fullmatch(country)
    if not value or (known and (not dash or re.fullmatch(r"[A-Z0-9]{1,3}", part))):
        return value
    near = suggest_country(country)
    meant = f"did you mean `{near}`? " if near and near != country else ""
    raise ValueError(f"`{value}` is no code of ISO 3166-1 or 3166-2; {meant}leave it empty for everywhere")


def service(value: str, info: ValidationInfo) -> str:
    """Accept a service that there is."""
    known = info.context.services if isinstance(info.context, Surroundings) else None
    return value if known is None else known_service(value, known)


def known_service(value: str, services: Collection[str]) -> str:
    """Accept one of these services."""
    if value in services:
        return value
    known = sorted(services)
    near = get_close_matches(value, known, n=1)
    meant = f"did you mean `{near[0]}`? " if near else ""
    raise ValueError(
        f"there is no service `{value}`; {meant}declare it under `services` in nation.yaml, or use {', '.join(known)}"
    )


def has_come(day: date, today: date) -> None:
    """Refuse a day that has not come."""
    if day > today + timedelta(days=1):  # somewhere it is tomorrow already
        raise ValueError(f"{day} has not come; it is {today} by the clock of this machine")


def day(value: str) -> str:
    """Accept an ISO date, or only its year or its month, or nothing: dates are compared as text.

    Examples
    --------
    >>> day("1930"), day("1930-02"), day("1930-02-28")
    ('1930', '1930-02', '1930-02-28')
    """
    try:
        if value and not (_DAY.fullmatch(value) and date.fromisoformat((value + "-01-01")[:10])):
            raise ValueError(value)
    except ValueError as error:
        raise ValueError(f"`{value}` is no date; write it as `1930-02-28`, `1930-02` or `1930`") from error
    return value


def pattern(value: str) -> str:
    """Accept a relative pattern of files below the folder."""
    path = _below(value)
    if not path.parts:
        raise ValueError(f"`{value}` is the folder itself; name its files, as in `folder/*.pdf`")
    if any(len(part.encode("utf-8", "surrogatepass")) > _LONGEST_NAME_BYTES for part in path.parts):
        raise ValueError(f"`{value[:60]}...` has a name of more than {_LONGEST_NAME_BYTES} bytes; no file can have it")
    try:
        next(Path(os.devnull).glob(value), None)
    except (ValueError, IndexError, NotImplementedError) as error:
        reason = f"{error}"[:1].lower() + f"{error}"[1:]
        raise ValueError(f"`{value}` is no pattern of files ({reason}); write it as `folder/**/*.pdf`") from error
    return value


def table(value: str, info: ValidationInfo) -> str:
    """Accept a file below the folder that is there."""
    if not value:
        return value
    path = _below(value)
    if not isinstance(info.context, Surroundings):
        return value
    found = info.context.root / path
    if not os.path.isfile(found):  # noqa: PTH113 - Path's raises where a name is too long
        raise ValueError(f"`{value}` is no file; name a CSV file that is there")
    if not found.resolve().is_relative_to(info.context.root.resolve()):
        raise ValueError(f"`{value}` is a link that leads out of the folder of this file; put the file itself there")
    return value


def ids_twice(file: YamlFile, taken: Mapping[str, Path]) -> Iterator[Fault]:
    """Find sources that have the id of another, in this file or elsewhere."""
    first: dict[str, str] = {name: str(path) for name, path in taken.items()}
    rows = file.data.get("sources") if isinstance(file.data, dict) else None
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        name = row.get("id") if isinstance(row, dict) else None
        if not isinstance(name, str):
            continue
        line = file.line_of(("sources", index, "id"))
        if name in first:
            yield line, f"source id declared twice: {name}, first in {first[name]}. Give this source another id."
        first.setdefault(name, f"line {line}")


def _below(value: str) -> Path:
    path = Path(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value or "\0" in value:
        raise ValueError(f"`{value}` leads out of the folder of this file; use a relative path below it")
    return path
