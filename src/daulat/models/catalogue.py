# SPDX-License-Identifier: Apache-2.0
"""The catalogue: `catalogue.csv` and `licences.csv` come in, a `Catalogue` of checked models and licences goes out.

It says who publishes a model, how large it is, what its licence asks, which languages its publisher claims, and where
each of these facts comes from. What it does not know it leaves empty. It never says how good a model is: gates do.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal, TypeVar, cast, get_args

from daulat.models._licence_use import Limit, read_limits
from daulat.models.errors import CatalogueError, SourceError, UnknownModel, WeightsError
from daulat.models.sources import Source, parse_source
from daulat.models.weights import check_model_id

LicenceClass = Literal["open-source", "open-weight", "non-commercial", "unknown"]
Purpose = Literal["", "test"]
SOURCES = (
    "publisher_source", "architecture_source", "params_source", "licence_source", "languages_source", "weights_source",
)  # fmt: skip
Row = TypeVar("Row", "Licence", "CatalogueModel")


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence and what it asks. `basis` says how that is known; `licence_class` sorts by what an operator may do."""

    id: str
    name: str
    licence_class: LicenceClass
    spdx: str
    url: str
    obligations: tuple[str, ...]
    basis: str
    limits: tuple[Limit, ...] = ()

    @property
    def needs_acceptance(self) -> bool:
        """Say whether somebody has to accept its conditions by name before a pull."""
        return self.licence_class != "open-source"


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """One open-weight model.

    Parameters are in thousand millions, context in tokens, languages as BCP 47 tags that the publisher claims. Each
    `..._source` says where the facts of that name come from; the publisher's, that of its country; the architecture's,
    that of the context. `purpose` ``test`` means never for citizens.
    """

    id: str
    name: str
    publisher: str
    publisher_country: str
    architecture: str
    params_total_b: float
    params_active_b: float
    context_length: int
    licence: Licence
    languages: tuple[str, ...]
    hub: str
    derived_from: str
    purpose: Purpose
    weights: tuple[Source, ...]
    weights_sha256: str
    weights_bytes: int | None
    publisher_source: str
    architecture_source: str
    params_source: str
    licence_source: str
    languages_source: str
    weights_source: str
    note: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Models by id, and licences by id."""

    models: Mapping[str, CatalogueModel]
    licences: Mapping[str, Licence]

    @property
    def recalled(self) -> Mapping[str, list[str]]:
        """For each column of sources, the ids of the models for which something of it is only remembered."""
        return {
            column: [model.id for model in self.models.values() if "recalled" in getattr(model, column)]
            for column in SOURCES
        }

    @property
    def test_only(self) -> frozenset[str]:
        """Ids of the models that never meet citizens."""
        return frozenset(model.id for model in self.models.values() if model.purpose == "test")

    def find(self, model_id: str) -> CatalogueModel:
        """Return one model.

        Raises
        ------
        UnknownModel
            If the catalogue has no such id.
        """
        try:
            return self.models[model_id]
        except KeyError:
            raise self.unknown(model_id) from None

    def unknown(self, model_id: str, here: Iterable[str] | None = None) -> UnknownModel:
        """Return the error of an id that nobody knows, with the ids that were probably meant.

        Parameters
        ----------
        model_id : str
        here : iterable of str, optional
            Ids of the weights that are here, where one of them would have done too.
        """
        near = [f"`{one}`" for one in _nearest(model_id, [*(here or ()), *self.models])]
        meant = f"Did you mean {', '.join(near[:-1])}{' or ' if near[:-1] else ''}{near[-1]}? " if near else ""
        nowhere = "is not in the catalogue" if here is None else "is neither here nor in the catalogue"
        return UnknownModel(
            f"`{model_id[:100]}` {nowhere}",
            why="Its licence, size and weights are not known.",
            fix=f"{meant}`daulat models list` shows every id, and `daulat models pull NAME --from ADDRESS` takes any"
            " other model.",
            code="models.unknown",
        )


def _nearest(model_id: str, known: Iterable[str]) -> list[str]:
    """Return ids that were probably meant: those that begin so, in their order, else those spelt nearly so."""
    spelt = {one.lower(): one for one in known}
    asked = model_id.lower()
    if asked in spelt:
        return [spelt[asked]]
    family = [spelt[one] for one in spelt if one.startswith(asked)] if asked else []
    return family[:5] or [spelt[one] for one in get_close_matches(asked, spelt, n=3)]


def load_catalogue(directory: Traversable | None = None) -> Catalogue:
    """Read the catalogue that ships with Daulat, or one of the same form from a directory.

    Raises
    ------
    CatalogueError
        If a row is at fault; the error names the file, the id and the field.

    Examples
    --------
    >>> catalogue = load_catalogue()
    >>> catalogue.find("apertus-8b").licence.licence_class
    'open-source'
    """
    directory = directory or files("daulat.models")
    licences = _read(directory / "licences.csv", _licence)
    models = _read(directory / "catalogue.csv", lambda row: _model(row, licences))
    return Catalogue(models, licences)


def _read(file: Traversable, make: Callable[[Mapping[str, str]], Row]) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for row in csv.DictReader(_lines(file.read_text(encoding="utf-8").splitlines())):
        try:
            made = make(row)
        except (ValueError, KeyError, SourceError, WeightsError) as error:
            raise _fault(file.name, row.get("id", ""), str(error).splitlines()[0]) from error
        if made.id in rows:
            raise _fault(file.name, made.id, "the id stands twice")
        rows[made.id] = made
    return rows


def _lines(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line and not line.startswith("#")]


def _licence(row: Mapping[str, str]) -> Licence:
    if row["class"] not in get_args(LicenceClass):
        raise ValueError(f"class `{row['class']}` is unknown")
    return Licence(
        id=row["id"],
        name=row["name"],
        licence_class=cast(LicenceClass, row["class"]),
        spdx=row["spdx"],
        url=row["url"],
        obligations=tuple(row["obligations"].split("; ")),
        basis=row["basis"],
        limits=read_limits(row.get("limits") or "", tuple(row["obligations"].split("; "))),
    )


def _model(row: Mapping[str, str], licences: Mapping[str, Licence]) -> CatalogueModel:
    if row["purpose"] not in get_args(Purpose):
        raise ValueError(f"purpose `{row['purpose']}` is unknown")
    if row["licence"] not in licences:
        raise ValueError(f"licence `{row['licence']}` is not in licences.csv")
    total, active = float(row["params_total_b"]), float(row["params_active_b"])
    if not 0 < active <= total:
        raise ValueError("active parameters are more than all, or none")
    return CatalogueModel(
        id=check_model_id(row["id"]),
        name=row["name"],
        publisher=row["publisher"],
        publisher_country=row["publisher_country"],
        architecture=row["architecture"],
        params_total_b=total,
        params_active_b=active,
        context_length=int(row["context_length"]),
        licence=licences[row["licence"]],
        languages=tuple(row["languages"].split()),
        hub=row["hub"],
        derived_from=row["derived_from"],
        purpose=cast(Purpose, row["purpose"]),
        weights=tuple(parse_source(address) for address in row["weights"].split()),
        weights_sha256=row["weights_sha256"],
        weights_bytes=int(row["weights_bytes"]) if row["weights_bytes"] else None,
        publisher_source=row["publisher_source"],
        architecture_source=row["architecture_source"],
        params_source=row["params_source"],
        licence_source=row["licence_source"],
        languages_source=row["languages_source"],
        weights_source=row["weights_source"],
        note=row["note"],
    )


def _fault(file: str, row_id: str, fault: str) -> CatalogueError:
    return CatalogueError(
        f"{file}, row `{row_id}`: {fault}",
        why="What the catalogue says of this model could not be relied on.",
        fix="Correct the row; docs/reference/catalogue.md explains each column.",
        code="models.catalogue",
    )
