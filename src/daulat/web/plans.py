# SPDX-License-Identifier: Apache-2.0
"""The page of sliders: what was set in, the plan's results as a page out. Works as a plain form without script.

The planner works elsewhere (`WebParts.plan`); its drawings come as SVG that it escaped itself.
"""

from __future__ import annotations

import logging
import re

from markupsafe import Markup, escape

from daulat.errors import DaulatError
from daulat.web.errors import ComeBackError
from daulat.web.http import Request, Response
from daulat.web.pages import Pages

PREFIX = "s."
MOST_SET = 20

log = logging.getLogger("daulat.web")


async def draw_plan(pages: Pages, request: Request) -> Response:
    """Draw the page for the scenario and the values in the address."""
    if pages.parts.plan is None:
        return pages.message(request, 404, "not_found")
    reader = pages.reader(request)
    given = {name.removeprefix(PREFIX): value for name, value in request.query.items() if name.startswith(PREFIX)}
    asked = {
        "language": reader.texts.language,
        "scenario": request.query.get("scenario", "")[:100],
        "changes": {name: value for name, value in list(given.items())[:MOST_SET] if is_number(value)},
        "is_form": True,
    }
    try:
        found = await pages.parts.plan(asked, request.client)
    except ComeBackError as error:
        return pages.come_back(request, error)
    except DaulatError as error:
        reference = pages.parts.new_reference()
        log.warning("plan failed: reference %s, code %s", reference, error.code)
        return pages.message(request, 503, "failed", reference=reference)
    for chart in found["charts"]:
        chart["drawing"] = Markup(chart["drawing"])  # noqa: S704 - drawn and escaped by daulat.plan.report.svg
    found["patterns"] = Markup(found["patterns"])  # noqa: S704 - as above
    live = {
        "draws": found["draws"],
        "scenario": found["scenario"],
        "language": found["language"],
        "words": {key: found["words"][f"slider_{key}"] for key in ("working", "done", "failed")},
    }
    return pages.page(
        request, "plan.html", cache="no-store", plan=found, words=found["words"], plan_live=live, told=told
    )


def told(words: str) -> Markup:
    """Draw what stands between backticks as a command.

    Examples
    --------
    >>> told("`daulat plan` draws <thousands>.")
    Markup('<code>daulat plan</code> draws &lt;thousands&gt;.')
    """
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(words))))  # noqa: S704 - escaped, then marked


def is_number(text: str) -> bool:
    """Tell whether a field of the form holds a number.

    Examples
    --------
    >>> is_number("0.35"), is_number("1e-3"), is_number("nan"), is_number("x; y")
    (True, True, False, False)
    """
    try:
        return abs(float(text)) < float("inf")
    except ValueError:
        return False
