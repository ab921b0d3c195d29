# SPDX-License-Identifier: Apache-2.0
"""Load the inputs of a plan: defaults, then the pack's, then nation.yaml's, then `--set`, each laid over the last.

Comes in: a `Nation`'s `plan:` section, the pack's `plan/assumptions.yaml` where there is one, and settings of the
command line as text. Goes out: `Assumptions` and `Settings`. All faults of numbers are told at once.
Reads only files of the package and of the pack.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files
from types import MappingProxyType
from typing import Any

from daulat.nation import Pack, read_yaml
from daulat.plan._rows import PRECISIONS
from daulat.plan._tables import accelerators, models
from daulat.plan.errors import Faults, InputError
from daulat.plan.inputs.assumption import Assumption, first, overlaid
from daulat.plan.inputs.located import place
from daulat.plan.inputs.settings import Settings, fault, read_settings
from daulat.plan.note import Note, note
from daulat.plan.units import unit_question

SECTIONS = ("demand", "sizing", "energy", "money", "jobs")
TEXTS = ("regions", "site", "services", "events", "currency", "model", "accelerator")
TABLES = "tables of the planner"  # origin of what the country's and the hardware's tables say
GENERIC_SERVICE = "public-services"
FAR = 4.0  # times beyond the usual range: a slip of ten is told, a dear country is not
# Keys of `plan:` that are no choices of this room's chain: numbers, and what siting and finance read themselves.
OTHER_KEYS = (*SECTIONS, "service", "event", "deal", "finance", "siting", "name", "about")


@dataclass(frozen=True)
class Assumptions:
    """Every number of a plan, by path; in the order of the table."""

    rows: Mapping[str, Assumption]
    warnings: tuple[Note, ...] = ()
    """Values that are allowed and so far from the usual that another unit was likely meant."""
    choices: Mapping[str, str] = field(default_factory=dict)
    """The file of each choice that somebody made."""

    def place_of(self, choice: str) -> str:
        """Return the file of a choice with its line, for a message."""
        return place(self.choices.get(choice, "nation.yaml"), choice)

    def __getitem__(self, path: str) -> Assumption:
        return self.rows[path]

    def __iter__(self) -> Iterator[Assumption]:
        return iter(self.rows.values())

    def uncertain(self) -> list[Assumption]:
        """Return those whose draws differ."""
        return [one for one in self if one.is_uncertain]


@cache
def default_rows() -> Mapping[str, Any]:
    """Return the package's own table as plain data."""
    with as_file(files("daulat.plan").joinpath("data", "assumptions.yaml")) as path:
        data: Mapping[str, Any] = read_yaml(path, name="assumptions.yaml").data
    return data


def load_inputs(
    sections: Sequence[tuple[Mapping[str, Any], str]],
    *,
    services: Sequence[str],
    pack: Pack | None = None,
    changes: Sequence[str] = (),
    extra: Mapping[str, Any] | None = None,
    faults: Faults | None = None,
) -> tuple[Assumptions, Settings]:
    """Return numbers and choices of a plan.

    Parameters
    ----------
    sections : sequence of (Mapping, str)
        What stands below `plan:` in nation.yaml and in a scenario, each with the name of its file; later ones win.
    services : sequence of str
        Ids of the nation's services.
    pack : Pack, optional
        Whose `plan/assumptions.yaml` is laid over the defaults.
    changes : sequence of str
        ``path=value`` of the command line.
    extra : Mapping, optional
        Rows that the stages add for this nation and hardware, by path, in the form of the package's table.
    faults : Faults, optional
        Where faults go, for a caller who reads on and tells them with its own; their defaults are taken meanwhile.

    Raises
    ------
    InputFaultsError
        If choices or numbers are wrong, and `faults` is not given; all of them.
    """
    told, faults = faults is None, Faults() if faults is None else faults
    before = len(faults)
    layers = list(_layers(sections, pack, changes, faults))
    choices: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for data, origin in layers:
        found = {key: value for key, value in data.items() if key not in OTHER_KEYS}
        choices |= found
        origins |= dict.fromkeys(found, origin)
    table = default_rows()
    known_events = {name: (row["service"], row["days"]) for name, row in table["events"].items()}
    settings = read_settings(
        choices, origins, services, known_events, models(), accelerators(), PRECISIONS, faults=faults
    )
    has_all_rows = len(faults) == before  # a service that is wrongly written has no rows, and theirs would be unknown
    defaults = {one.path: one for one in _defaults(settings, extra or {})}
    rows, usual = dict(defaults), dict(defaults)
    for data, origin in layers:
        for path, given in _numbers(data):
            if path in rows or has_all_rows or not path.startswith(("service.", "event.")):
                faults.take(None, _lay, rows, path, given, origin)
        if pack is not None and origin.startswith(pack.name):  # what a pack says is the usual of its country
            usual = dict(rows)
    faults.take(None, _require_rate, settings, rows["money.local_per_usd"], origins)
    _require_sense(rows, faults)
    if told:
        faults.tell()
    return Assumptions(rows, tuple(_unlikely(usual, rows)), MappingProxyType(origins)), settings


def _unlikely(usuals: Mapping[str, Assumption], rows: Mapping[str, Assumption]) -> Iterator[Note]:
    for path, one in rows.items():
        usual = usuals[path]
        if one is usual or not usual.is_uncertain or usual.low <= 0:
            continue
        if usual.low / FAR <= one.value <= usual.high * FAR:
            continue
        yield note(
            "input_far",
            place=place(one.origin, path),
            path=path,
            value=one.value,
            unit=one.unit,
            low=usual.low,
            high=usual.high,
            question=unit_question(one.value, one.unit, usual.low / 2, usual.high * 2),
        )


def _require_rate(settings: Settings, rate: Assumption, origins: Mapping[str, str]) -> None:
    if settings.currency not in ("", "USD") and rate.basis == "convention":
        raise fault(
            origins,
            "currency",
            settings.currency,
            "has no rate",
            "USD, or any currency with `money.local_per_usd`",
            f"Give `money: {{local_per_usd: ...}}`, the {settings.currency} for a dollar.",
        )


def _require_sense(rows: Mapping[str, Assumption], faults: Faults) -> None:
    for path in ("sizing.peak_percentile", "sizing.waiting_share"):
        if rows[path].is_uncertain:
            faults.add(
                InputError(
                    f"{rows[path].origin}: {path}: {rows[path].low:g} to {rows[path].high:g} is a range",
                    why="It is an objective that is promised: one number, the same in every draw.",
                    fix="Give one value, and make a plan for each that you want to compare.",
                    code="plan.input",
                )
            )
    electrical, cooling = rows["money.electrical_share"], rows["money.cooling_share"]
    if electrical.high + cooling.high > 1:
        faults.add(
            InputError(
                f"{electrical.origin}: money.electrical_share and money.cooling_share: {electrical.high:g} and "
                f"{cooling.high:g} sum to more than 1",
                why="They are parts of the cost of buildings, and the shell is what is left.",
                fix="Lower one of them.",
                code="plan.input",
            )
        )


def _layers(
    sections: Sequence[tuple[Mapping[str, Any], str]], pack: Pack | None, changes: Sequence[str], faults: Faults
) -> Iterator[tuple[Mapping[str, Any], str]]:
    if pack is not None and pack.has("plan", "assumptions.yaml"):
        yield pack.yaml("plan", "assumptions.yaml") or {}, f"{pack.name}/plan/assumptions.yaml"
    for section, file in sections:
        if isinstance(section, Mapping):
            yield section, file
        else:
            allowed = "keys such as `start_year:`, `energy:`"
            faults.add(fault(file, "", section, "is not a mapping of keys and values", allowed))
    for change in changes:
        path, equals, text = change.partition("=")
        if not equals or not path.strip():
            allowed = "path=value, such as energy.pue_base=1.2"
            faults.add(fault("--set", path, change, "is not a change", allowed))
            continue
        name = path.strip().removeprefix("plan.")
        yield _nested(name, listed(text) if name in TEXTS else plain(text.strip())), "--set"


def listed(text: str) -> str | list[str]:
    """Return a value of the command line as text, a list where it has commas or brackets: region codes are no numbers.

    Examples
    --------
    >>> listed("11, 12"), listed("[11]"), listed("[]"), listed("11")
    (['11', '12'], ['11'], [], '11')
    """
    inner, is_list = _unbracketed(text)
    parts = [part.strip() for part in inner.split(",") if part.strip()]
    return parts if is_list or len(parts) > 1 else inner


def plain(text: str) -> Any:
    """Return a value of the command line as a number or a list (commas or brackets), else as text.

    Examples
    --------
    >>> plain("0.2,1"), plain("[0.2]"), plain("[]"), plain("fp8")
    ([0.2, 1], [0.2], [], 'fp8')
    """
    inner, is_list = _unbracketed(text)
    if is_list or "," in text:
        return [plain(one.strip()) for one in inner.split(",") if one.strip()]
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text


def _unbracketed(text: str) -> tuple[str, bool]:
    inner = text.strip()
    is_list = inner.startswith("[") and inner.endswith("]")
    return (inner[1:-1] if is_list else inner), is_list


def _nested(path: str, value: Any) -> dict[str, Any]:
    for key in reversed(path.split(".")):
        value = {key: value}
    return dict(value)


def _defaults(settings: Settings, extra: Mapping[str, Any]) -> Iterator[Assumption]:
    table = default_rows()
    for section in SECTIONS:
        for name, row in table[section].items():
            yield first(f"{section}.{name}", row, "assumptions.yaml")
    for name, row in (table["cooling"][settings.cooling] if settings.cooling else {}).items():
        yield first(f"energy.{name}", row, "assumptions.yaml")  # over the row of the same path above
    for service in settings.services:
        for name, row in table["services"].get(service.id, table["services"][GENERIC_SERVICE]).items():
            yield first(f"service.{service.id}.{name}", row, "assumptions.yaml")
    for event in settings.events:
        yield first(f"event.{event.id}.factor", table["events"][event.id]["factor"], "assumptions.yaml")
    for path, row in extra.items():
        yield first(path, row, str(row.get("origin", TABLES)))


def _numbers(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the paths that carry a number: a leaf, or a mapping that has only keys of an assumption."""
    for key, value in data.items():
        path = f"{prefix}{key}"
        if not prefix and key not in (*SECTIONS, "service", "event"):
            continue
        if isinstance(value, Mapping) and not ({"value", "low", "high"} & set(value)):
            yield from _numbers(value, f"{path}.")
        else:
            yield path, value


def _lay(rows: dict[str, Assumption], path: str, given: Any, origin: str) -> None:
    if path not in rows:
        near = difflib.get_close_matches(path, rows, n=1, cutoff=0.6)
        raise InputError(
            f"{place(origin, path)}: `{path}` is not an input of this plan",
            why="It would have no effect.",
            fix=f"did you mean `{near[0]}`?" if near else "`daulat plan inputs` lists them all.",
            code="plan.input",
        )
    rows[path] = overlaid(rows[path], given, origin)
