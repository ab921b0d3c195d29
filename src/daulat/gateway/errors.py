# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a request, in the envelope that OpenAI's clients read.

    RequestError            the caller of the API can act; carries the HTTP status
    ├── BadRequest          400  the body or a parameter is not what the API takes
    ├── NotFound            404  no such path, model, passage or stream
    ├── MethodNotAllowed    405  the path is there, the method is not
    ├── BodyTooSlow         408
    ├── Gone                410  this part of a stream is no longer kept
    ├── BodyTooLarge        413
    ├── WrongMediaType      415
    ├── Misdirected         421  the name that was asked for is not this service's
    ├── Overloaded          429  come back after `Retry-After`
    ├── UnknownCoding       501  the body is sent in a way that HTTP allows and nobody here reads
    └── NotReady            503  something is still loading, or an engine is away

Every error carries what, why and fix; `envelope` turns any `DaulatError` into a status and a body; it never quotes
a question.
"""
# ruff: noqa: N818 (the names say what happened; the tree above says that they are errors)

from __future__ import annotations

import logging
import math
import traceback

from daulat.errors import DaulatError
from daulat.knowledge.errors import ReleaseError
from daulat.models.errors import EngineInterrupted, EngineOverloaded, EngineRefused, EngineUnavailable, UnknownModel
from daulat.store.errors import StoreError

RETRY_AFTER_S = 2

log = logging.getLogger(__name__)


class RequestError(DaulatError):
    """An error that the caller of the API can act upon.

    Parameters
    ----------
    code : str
        Stable name for machines, as in OpenAI's API where one exists: ``model_not_found``.
    param : str, optional
        The field of the request that is at fault, e.g. ``messages[0].content``.

    Examples
    --------
    >>> error = NotFound("no model `xa/none`", why="Nothing here answers to that name.",
    ...                  fix="GET /v1/models lists the names.", code="model_not_found", param="model")
    >>> error.status, error.code, error.param
    (404, 'model_not_found', 'model')
    """

    status = 400

    def __init__(self, what: str, *, why: str, fix: str, code: str, param: str | None = None) -> None:
        super().__init__(what, why=why, fix=fix, code=code)
        self.param = param


class BadRequest(RequestError):
    """The body or a parameter is not what the API takes."""


class NotFound(RequestError):
    """There is no such path, model, passage or stream."""

    status = 404


class MethodNotAllowed(RequestError):
    """The path exists and takes other methods, named in `allow`; where GET is served, so is HEAD."""

    status = 405

    def __init__(self, method: str, path: str, served: tuple[str, ...]) -> None:
        allow = tuple(name for each in served for name in ((each, "HEAD") if each == "GET" else (each,)))
        super().__init__(
            f"{method} is not served at {path}",
            why="Each path of the API takes certain methods only.",
            fix=f"use {' or '.join(allow)}.",
            code="method_not_allowed",
        )
        self.allow = allow


class BodyTooSlow(RequestError):
    """The body did not arrive in time."""

    status = 408


class Gone(RequestError):
    """A stream is there, but the part that was asked for is no longer kept."""

    status = 410


class BodyTooLarge(RequestError):
    """The body is larger than the path takes."""

    status = 413


class WrongMediaType(RequestError):
    """The body is not declared as JSON, or it is packed."""

    status = 415


class Misdirected(RequestError):
    """The request names another host than this one."""

    status = 421


class Overloaded(RequestError):
    """More is asked than this machine can answer; `Retry-After` says when to come back."""

    status = 429


class UnknownCoding(RequestError):
    """The body is sent in a transfer coding that is not read here (RFC 9112, section 6.1)."""

    status = 501


class NotReady(RequestError):
    """What the request needs is still loading, or away."""

    status = 503


# Errors of the engines, and the status that each becomes. Any other error of the rooms below is ours to mend: 500.
_STATUS: tuple[tuple[type[DaulatError], int], ...] = (
    (EngineOverloaded, 429),
    (EngineUnavailable, 503),
    (EngineInterrupted, 502),
    (UnknownModel, 404),
    (StoreError, 503),
    (ReleaseError, 503),
)


def status_of(error: DaulatError) -> int:
    """Return the HTTP status of an error.

    Examples
    --------
    >>> status_of(Overloaded("busy", why="-", fix="-", code="overloaded"))
    429
    """
    if isinstance(error, RequestError):
        return error.status
    if isinstance(error, EngineRefused):
        return error.status if 400 <= error.status < 500 else 502
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def retry_after_s(error: DaulatError) -> int:
    """Return the whole seconds after which to come back: what the error itself says, where it does."""
    estimate = getattr(error, "retry_after_s", None)
    return RETRY_AFTER_S if estimate is None else max(1, math.ceil(estimate))


def envelope(error: DaulatError) -> dict[str, dict[str, str | None]]:
    """Return the body that carries an error: OpenAI's four fields, and our three sentences.

    Examples
    --------
    >>> error = NotFound("no model `x`", why="Nothing answers to it.", fix="see /v1/models.", code="model_not_found")
    >>> envelope(error)["error"]["message"]
    'no model `x`. Nothing answers to it. Hint: see /v1/models.'
    """
    if isinstance(error, StoreError | ReleaseError):
        error = away(error)
    status = status_of(error)
    unknown = isinstance(error, UnknownModel)
    kind = "rate_limit_error" if status == 429 else "invalid_request_error" if status < 500 else "server_error"
    return {
        "error": {
            "message": f"{error.what}{_said(error)}. {error.why} Hint: {error.fix}",
            "type": kind,
            "param": "model" if unknown else getattr(error, "param", None),
            "code": "model_not_found" if unknown else error.code,  # as OpenAI's clients know it
            "what": error.what,
            "why": error.why,
            "fix": error.fix,
        }
    }


def away(error: StoreError | ReleaseError) -> NotReady:
    """Return what is told of what we keep to all but the operator: neither where it is nor what ails it."""
    if isinstance(error, ReleaseError):
        return NotReady(
            "the official text cannot be read at present",
            why="Without it there is nothing to answer from.",
            fix="try again in a few seconds; GET /v1/status says how it is.",
            code=error.code,
        )
    return NotReady(
        "the database does not answer at present",
        why="Keys, accounts and files are kept in it.",
        fix="try again in a few seconds; GET /v1/status says how it is.",
        code=error.code,
    )


def _said(error: DaulatError) -> str:
    """Return what an engine said when it refused: for the caller whose request it was, and never for a log."""
    return f": {error.said}" if isinstance(error, EngineRefused) and error.said else ""


def defect(error: Exception, reference: str) -> DaulatError:
    """Log a defect of ours and return what its caller is told: a reference number and no detail.

    The log holds the frames and the kind of the error, never its message: a message may quote what a person wrote.
    """
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("defect %s: %s\n%s", reference, type(error).__name__, frames)
    return DaulatError(
        "something went wrong on our side",
        why="This is a defect of the service, not of the request.",
        fix=f"try again; if it stays, tell the operator the reference {reference}.",
        code="internal_error",
    )
