# SPDX-License-Identifier: Apache-2.0
"""The front door of the pages: `create_web(parts)` returns an ASGI application for every path that is not the API's.

Reads the static files and templates once, when it is created. Sets no cookie and keeps nothing between requests.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

from daulat.disconnect import ClientGone, unless_gone
from daulat.knowledge.errors import ReleaseError
from daulat.web.assets import Assets, load_assets
from daulat.web.http import (
    Asgi,
    BodyTooLargeError,
    BodyTooSlowError,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    read_request,
    send_response,
)
from daulat.web.pages import LOADING_RETRY_S, QUESTION_LIMIT, Pages, make_environment
from daulat.web.parts import WebParts
from daulat.web.plans import draw_plan

log = logging.getLogger(__name__)

READING = frozenset({"GET", "HEAD"})
CLOSE = (("connection", "close"),)  # the rest of a form is not worth reading


def create_web(parts: WebParts) -> Asgi:
    """Build the pages.

    Parameters
    ----------
    parts : WebParts
        The site, its words, its library, and who answers.

    Returns
    -------
    Asgi
        An ASGI application. It answers every HTTP path: what it does not know with a page that says so.
    """
    assets = load_assets()
    pages = Pages(parts, assets, make_environment())

    async def web(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = _bare(scope)
        try:
            request = await read_request(scope, receive)
            response = await unless_gone(receive, route(request, pages, assets))
        except ClientGone:
            return
        except BodyTooLargeError:
            response = pages.message(request, 413, "too_large", CLOSE, n=str(QUESTION_LIMIT))
        except BodyTooSlowError:
            # No words: whoever has half a form out does not read, and is seldom a browser.
            response = Response(b"", 408, cache="no-store", headers=CLOSE)
        except Exception as error:  # noqa: BLE001 - the edge of a page: a defect becomes one too, with a reference
            response = pages.message(request, 500, "failed", reference=_logged(error, pages))
        await send_response(request, response, send)

    return web


def _logged(error: Exception, pages: Pages) -> str:
    """Log a defect of ours, as the API does, without its message, which may quote a person; return its reference."""
    reference = pages.parts.new_reference()
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("defect %s: %s\n%s", reference, type(error).__name__, frames)
    return reference


def _bare(scope: Scope) -> Request:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(scope["method"], scope["path"], headers, {})


async def route(request: Request, pages: Pages, assets: Assets) -> Response:
    """Find the page for a request."""
    path = request.path
    if request.method not in READING and not (request.method == "POST" and path == "/ask"):
        allow = "GET, HEAD, POST" if path == "/ask" else "GET, HEAD"
        return pages.message(request, 405, "wrong_method", (("allow", allow),))
    fixed = {"/": pages.home, "/about": pages.about, "/manifest.webmanifest": pages.manifest}
    if path in fixed:
        return fixed[path](request)
    if path == "/ask":
        return await pages.ask(request)
    if path == "/plan":
        return await draw_plan(pages, request)
    if path == "/sources":
        return _of_the_text(request, pages, lambda: pages.sources(request))
    if path.startswith("/p/"):
        return _of_the_text(request, pages, lambda: pages.passage(request, path.removeprefix("/p/")))
    if path.startswith("/d/"):
        return _of_the_text(request, pages, lambda: pages.document(request, path.removeprefix("/d/")))
    if path.startswith("/static/"):
        return assets.find(path) or pages.message(request, 404, "not_found")
    if path == "/favicon.ico":
        return Response(b"", 308, cache="public, max-age=86400", headers=(("location", assets.url("icon.svg")),))
    return pages.message(request, 404, "not_found")


def _of_the_text(request: Request, pages: Pages, show: Callable[[], Response]) -> Response:
    """Show a page of the official text. Where none is open it is not that the page were not there: it will be again."""
    standing = pages.parts.standing()
    if standing.loading:
        return pages.message(request, 503, "fact_loading", (("retry-after", LOADING_RETRY_S),))
    if not standing.release:
        log.warning("page not shown: no official text is open; `daulat status` says why")
        return pages.message(request, 503, "no_text")
    try:
        return show()
    except ReleaseError as error:
        reference = pages.parts.new_reference()
        log.error("page failed: reference %s, code %s: %s. %s", reference, error.code, error.what, error.fix)
        return pages.message(request, 503, "failed", reference=reference)
