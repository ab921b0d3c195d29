# SPDX-License-Identifier: Apache-2.0
"""Write docs/reference/plan.md: every figure of a plan with its formula, and every input with its default and source.

Comes in: the planner's declarations and its table of assumptions. Goes out: the text of the page. Never describes what
is not there.
"""

from __future__ import annotations

from collections.abc import Iterator

from daulat.plan.chain import all_traces
from daulat.plan.figures import Trace
from daulat.plan.inputs.load import SECTIONS, default_rows

HEAD = """\
<!-- SPDX-License-Identifier: Apache-2.0 -->
# Figures and inputs of a plan

Written from the code by `make docs`. A name without a dot is a figure, a path with one an input; a `*` stands for the
services, languages or models of a plan. What each input is in *your* plan: `daulat plan inputs`.
"""


def page() -> str:
    """Return the text of the page."""
    return "\n".join([HEAD, *_figures(), *_inputs()]) + "\n"


def _figures() -> Iterator[str]:
    yield "## Figures\n"
    yield "| figure | unit | over | formula | made from | page |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for trace in all_traces().values():
        yield _row(
            f"`{trace.name}`: {trace.about}",
            trace.unit,
            ", ".join(trace.axes) or "the plan",
            trace.formula,
            _made_from(trace),
            f"[{trace.page.removesuffix('.md')}](../concepts/{trace.page})",
        )
    yield ""


def _made_from(trace: Trace) -> str:
    return ", ".join(f"`{name}`" for name in trace.inputs)


def _inputs() -> Iterator[str]:
    table = default_rows()
    for section in SECTIONS:
        yield f"## Inputs: {section}\n"
        yield from _table({f"{section}.{name}": row for name, row in table[section].items()})
    for service, rows in table["services"].items():
        yield f"## Inputs: service {service}\n"
        yield from _table({f"service.{service}.{name}": row for name, row in rows.items()})
    for kind, rows in table["cooling"].items():
        yield f"## Inputs: cooling by {kind}\n"
        yield from _table({f"energy.{name}": row for name, row in rows.items()})
    yield "## Inputs: special days\n"
    yield from _table({f"event.{name}.factor": row["factor"] for name, row in table["events"].items()})


def _table(rows: dict[str, dict[str, object]]) -> Iterator[str]:
    yield "| input | default | range | unit | basis | source |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for path, row in rows.items():
        spread = f"{row['low']:,g} to {row['high']:,g}, {row['kind']}" if "low" in row else "fixed"
        source = f"{row['source']}, {row['date']}; {row['licence']}"
        yield _row(
            f"`{path}`: {row['about']}", f"{row['value']:,g}", spread, str(row["unit"]), str(row["basis"]), source
        )
    yield ""


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
