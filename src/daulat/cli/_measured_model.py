# SPDX-License-Identifier: Apache-2.0
"""A declared model that is to be measured: its name in; who writes while it is, and the gate results at the end, out.

No gate is asked here: this is how a model comes to one. A declared reranker is opened here too. Composition only; used
by `daulat bench`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from daulat.cli._output import hint, say

if TYPE_CHECKING:
    from daulat.assistant import Writer, WriterFor
    from daulat.evaluation import AnswerFigures
    from daulat.knowledge.reranker import RemoteReranker
    from daulat.models import EngineSet


@dataclass(frozen=True, slots=True)
class Measured:
    """A model of a declaration.

    Attributes
    ----------
    engines : EngineSet
        The engines of the declaration; enter it while answers are measured.
    id, known_as : str
        As declared, and as gates know it: its id in the catalogue, where it is declared.
    service : str
        The service whose suite this is.
    """

    engines: EngineSet
    id: str
    known_as: str
    service: str

    def writer(self) -> WriterFor:
        """Say that this model writes, whatever it has passed."""
        from daulat.assistant import OneWriter

        one = OneWriter(self.id, self.engines.engine_for(self.id))

        async def find(_service: str, _language: str) -> Writer | None:
            return one

        return find


def declared_model(name: str, service: str, declaration: Path) -> Measured:
    """Find a model in a declaration; start nothing.

    Raises
    ------
    DaulatError
        If the declaration has faults, or no model or service of that name.
    """
    from daulat.errors import DaulatError
    from daulat.models import WEIGHTS, declare_engines
    from daulat.nation import load_nation

    nation = load_nation(declaration)
    services = [each.id for each in nation.services]
    if service and service not in services:
        raise DaulatError(
            f"service `{service[:60]}` is not declared in {declaration}",
            why="A gate is one of a service that citizens can ask.",
            fix=f"use one of: {', '.join(services)}.",
            code="bench.service",
        )
    engines = declare_engines(
        nation.models, base=nation.directory, weights=nation.path(WEIGHTS), environment=os.environ
    )
    engines.engine_for(name)  # refuses what is not declared, before anything is read
    model = next(each for each in nation.models if each.id == name)
    return Measured(engines, name, model.catalogue or model.id, service or services[0])


def declared_reranker(declaration: Path) -> RemoteReranker:
    """Open the reranker of a declaration; where it fails, a measurement ends: its figure would be of half a reranker.

    Raises
    ------
    DaulatError
        If the declaration has faults, names no reranker, or its key is missing.
    """
    from daulat.errors import DaulatError
    from daulat.knowledge.reranker import open_remote
    from daulat.nation import load_nation

    declared = load_nation(declaration).knowledge.reranker
    if declared is None:
        raise DaulatError(
            f"{declaration} declares no reranker",
            why="There is nothing to measure beside the search itself.",
            fix="write `reranker: {url: ..., model: ...}` under `knowledge`.",
            code="bench.reranker",
        )
    return open_remote(declared, os.environ)


def write_results(
    measured: Measured, suite: Path, by_language: Mapping[str, AnswerFigures], on: date, path: Path
) -> None:
    """Write a gate result for each language, passed or not, and say what follows."""
    from daulat.evaluation import Requirement, gate_result, write_gates

    results = [
        gate_result(measured.known_as, measured.service, language, suite, figures, Requirement(), on)
        for language, figures in by_language.items()
    ]
    write_gates(path, results)
    passed = [result.language for result in results if result.passed]
    say(f"wrote {path}: `{measured.known_as}` passed {measured.service} in {', '.join(passed) or 'no language'}")
    hint("a service reads .daulat/gates/*.json when it starts; `daulat models frontier` sets scores against cost")
