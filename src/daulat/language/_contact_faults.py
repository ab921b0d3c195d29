# SPDX-License-Identifier: Apache-2.0
"""Private: what is wrong with a `contacts.yaml`. Its data in; every fault, with its place in the data, out.

A fault of form hides no other: whatever has the wrong shape is told and then passed over.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

SECTIONS = ("offices", "emergencies", "topics", "matters")
LISTS = ("beside_answers", "default")
ENDINGS, JOINS = "endings", "joins"
_NOBODY = "A person in need would be sent nowhere."
_ADDRESS = re.compile(r"https?://[^\s/?#]+[^\s\x00-\x1f]*", re.IGNORECASE)
_PHONE = re.compile(r"(?=.*\d)[\w+*#().,/ -]{1,40}")  # `119 ext. 8` and `021-3925230` are numbers
_FORM = "Write it as docs/concepts/packs.md shows."


@dataclass(frozen=True, slots=True)
class ContactFault:
    """One fault: where it lies, as keys from the top of the file, and the three sentences of an error."""

    place: tuple[str | int, ...]
    what: str
    why: str
    fix: str


def faults_of(data: object) -> Iterator[ContactFault]:
    """Yield what keeps contacts from being used."""
    if not isinstance(data, Mapping):
        yield ContactFault((), "is not a mapping of keys and values", "Nobody could be told whom to call.", _FORM)
        return
    yield from _of_form(data)
    offices = part(data, "offices")
    for id_, entry in offices.items():
        if isinstance(entry, Mapping) and not entry.get("name"):
            yield ContactFault(
                ("offices", id_), f"no `name` for `{id_}`", "Nobody could tell whom to call.", "Give it a name."
            )
        yield from _of_ways(id_, entry) if isinstance(entry, Mapping) else ()
    yield from _of_lists(data, offices)


def unheard(data: object, kinds: Collection[str]) -> Iterator[ContactFault]:
    """Yield what would be read by nobody, and the kinds of danger that have nobody to call.

    Parameters
    ----------
    kinds : collection of str
        Those that messages are searched for.
    """
    known = (*SECTIONS, *LISTS, ENDINGS, JOINS)
    for key in data if isinstance(data, Mapping) else ():
        if key not in known:
            what, why = f"`{key}` is no key of ours", "What it says would be read by nobody."
            yield ContactFault((key,), what, why, _meant(key, known))
    told = part(data, "emergencies") if isinstance(data, Mapping) else {}
    for kind in told:
        if kind not in kinds:
            what, why = f"`{kind}` is no kind of danger", "No message is taken for it, so nobody is told of it."
            yield ContactFault(("emergencies", kind), what, why, _meant(kind, kinds))
    for kind in kinds:
        if not told.get(kind):
            what, why = f"nobody is named for `{kind}`", "Who is in that danger is told of no number."
            fix = f"Add `{kind}: [KEY]` under `emergencies`, with a key of `offices`."
            yield ContactFault(("emergencies", kind), what, why, fix)


def _meant(key: object, known: Collection[str]) -> str:
    near = get_close_matches(str(key), list(known), n=1)
    return f"did you mean `{near[0]}`?" if near else f"Use one of {', '.join(known)}."


def part(data: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    """Return a section; an empty one where it is missing or has another form."""
    found = data.get(section)
    return found if isinstance(found, Mapping) else {}


def _of_form(data: Mapping[str, Any]) -> Iterator[ContactFault]:
    for section in SECTIONS:
        if data.get(section) is not None and not isinstance(data[section], Mapping):
            yield ContactFault((section,), f"`{section}` is no mapping", _NOBODY, _FORM)
    for section in ("offices", "matters"):
        for key, entry in part(data, section).items():
            if not isinstance(entry, Mapping):
                yield ContactFault((section, key), f"`{section}.{key}` is no mapping", _NOBODY, _FORM)
    if data.get(ENDINGS) is not None and not _is_list(data[ENDINGS]):
        why = "Words that carry one would not be heard, and whoever says them would be sent to another office."
        yield ContactFault((ENDINGS,), f"`{ENDINGS}` is no list of endings", why, "Write `[nya, ku]`.")
    if data.get(JOINS) is not None and not _is_list(data[JOINS]):
        why = "Who asks about two matters at once would be told of one office."
        yield ContactFault((JOINS,), f"`{JOINS}` is no list of words", why, "Write `[and, plus]`.")
    for place, several in _lists(data):
        if several is not None and not _is_list(several):
            yield ContactFault(
                place,
                f"`{'.'.join(map(str, place))}` is no list of keys",
                _NOBODY,
                "Write `[KEY]`, with keys of `offices`.",
            )


def _of_ways(id_: str, entry: Mapping[str, Any]) -> Iterator[ContactFault]:
    """Yield what is no way to an office: every application makes a link of it, and some links run a script."""
    url, phone = (str(entry.get(key) or "") for key in ("url", "phone"))
    if url and not _ADDRESS.fullmatch(url):
        what, why = f"`url` of `{id_}` is `{url[:80]}`, no address of a page", "Nobody could safely be sent there."
        fix = "Write one that begins with `https://`, or leave it empty; a number belongs under `phone`."
        yield ContactFault(("offices", id_, "url"), what, why, fix)
    if phone and not _PHONE.fullmatch(phone):
        what, why = f"`phone` of `{id_}` is `{phone[:80]}`, no number", "Nobody could call it."
        yield ContactFault(("offices", id_, "phone"), what, why, "Write the number alone, such as `021-3925230`.")


def _of_lists(data: Mapping[str, Any], offices: Mapping[str, Any]) -> Iterator[ContactFault]:
    asked = [(place, several) for place, several in _lists(data) if place[0] in ("topics", "matters")]
    for place, several in asked:
        if not several:
            what, why = f"no office for `{place[1]}`", "Who asks about it would be sent to nobody."
            fix = "List at least one key of `offices`, or take it out: then the default offices are named."
            yield ContactFault(place, what, why, fix)
    matters = {*part(data, "topics"), *part(data, "matters")}
    for number, matter in enumerate(_keys(data.get("beside_answers"))):
        if matter not in matters:
            what, why = f"`beside_answers` names `{matter}`, not a matter", "Who is in danger would be told of nobody."
            yield ContactFault(("beside_answers", number), what, why, "Use a key of `topics` or `matters`.")
    for place, several in _lists(data):
        for number, id_ in enumerate(_keys(several) if place[0] != "beside_answers" else ()):
            if id_ not in offices:
                fix = "Add it under `offices`, or correct the name."
                yield ContactFault((*place, number), f"no office is called `{id_}`", _NOBODY, fix)


def _lists(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for section in ("emergencies", "topics"):
        yield from (((section, key), several) for key, several in part(data, section).items())
    for key, entry in part(data, "matters").items():
        if isinstance(entry, Mapping):
            yield ("matters", key, "offices"), entry.get("offices")
    yield from (((name,), data.get(name)) for name in LISTS)


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _keys(value: Any) -> list[str]:
    return value if _is_list(value) else []
