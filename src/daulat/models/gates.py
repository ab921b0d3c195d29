# SPDX-License-Identifier: Apache-2.0
"""Gates: files of gate results come in; whether a model is fit for a service in a language goes out.

A gate is one suite that a model has to pass before it writes to citizens of a service in a language. Without a result
nothing is fit, and the official text itself answers. The newest result decides, and a model for tests is never fit. It
never runs a suite (see `daulat.evaluation`) and never doubts a file that reads well.

    {"results": [{"model": "apertus-8b", "service": "health", "language": "xa", "passed": true, "suite": "health-xa",
                  "suite_sha256": "…", "date": "2026-01-31"}]}
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path

import msgspec

from daulat.files import read_regular
from daulat.models.catalogue import load_catalogue
from daulat.models.errors import GateError

# Where a nation keeps its results, beside its declaration.
GATES = ".daulat/gates"


class GateResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one suite found. `sha256` fields tell which suite and which weights were in it, in hexadecimal; `score` is
    the share of it that went well, in [0, 1], where the suite has one."""

    model: str
    service: str
    language: str
    passed: bool
    suite: str
    suite_sha256: str
    date: date
    weights_sha256: str = ""
    score: float | None = None


class GateFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of results."""

    results: list[GateResult]


class Gates:
    """Answers whether a model is fit.

    Parameters
    ----------
    results : iterable of GateResult
        In any order. Of two for the same model, service and language the newer decides; of two on one day, the later.
    never_fit : collection of str
        Ids of models that are for tests only.

    Examples
    --------
    >>> passed = GateResult("apertus-8b", "health", "xa", True, "health-xa", "0" * 64, date(2026, 1, 31))
    >>> gates = Gates([passed])
    >>> gates.is_fit("apertus-8b", "health", "xa"), gates.is_fit("apertus-8b", "education", "xa")
    (True, False)
    >>> Gates([]).is_fit("apertus-8b", "health", "xa")
    False
    """

    def __init__(self, results: Iterable[GateResult] = (), *, never_fit: Collection[str] = ()) -> None:
        self._never_fit = frozenset(never_fit)
        self._newest: dict[tuple[str, str, str], GateResult] = {}
        for result in results:
            key = (result.model, result.service, result.language)
            if key not in self._newest or result.date >= self._newest[key].date:
                self._newest[key] = result

    def is_fit(self, model: str, service: str, language: str) -> bool:
        """Say whether a model may write to citizens of a service in a language (BCP 47)."""
        result = self._newest.get((model, service, language))
        return result is not None and result.passed and model not in self._never_fit

    def result(self, model: str, service: str, language: str) -> GateResult | None:
        """Return the result that decides, or None where there is none."""
        return self._newest.get((model, service, language))

    def results(self) -> list[GateResult]:
        """List the results that decide, by model, service and language."""
        return [self._newest[key] for key in sorted(self._newest)]


def load_gates(paths: Iterable[Path], *, never_fit: Collection[str] = ()) -> Gates:
    """Read files of results; a file that is not there says nothing.

    Raises
    ------
    GateError
        If a file cannot be read. It is never skipped: a failed gate might be in it.
    """
    results: list[GateResult] = []
    for path in paths:
        try:
            results += msgspec.json.decode(read_regular(path), type=GateFile).results
        except FileNotFoundError:
            continue
        except (msgspec.DecodeError, OSError) as error:
            raise GateError(
                f"{path} is not a file of gate results: {error}",
                why="A model that failed could be taken for fit.",
                fix="Write it again with `daulat bench answers --model ID --gates FILE`, or remove it: then"
                " the official text itself answers.",
                code="models.gates",
            ) from error
    return Gates(results, never_fit=never_fit)


def kept_gates(folder: Path) -> Gates:
    """Read every file of results in a folder; models that the catalogue marks as tests are never fit.

    Raises
    ------
    GateError
        If a file cannot be read.
    """
    return load_gates(sorted(folder.glob("*.json")), never_fit=load_catalogue().test_only)
