# SPDX-License-Identifier: Apache-2.0
"""Everything the gateway answers with, in one value.

`Parts` is filled by `daulat.gateway.composition` in a running service, and by hand in a test. A part that loads in the
background is None until it is there; `readiness` says so. Makes nothing and opens nothing itself.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from daulat.gateway._asgi import BODY_LIMIT_BYTES, BODY_TIMEOUT_S, ASGIApp, Route
from daulat.gateway.defaults import FirstRouter, NoObserver, OpenAdmission
from daulat.gateway.metering import Meter
from daulat.gateway.ports import Admission, Answers, Assistant, Embedder, Engines, Library, Observer, Router
from daulat.gateway.readiness import Readiness
from daulat.gateway.status_schema import EngineStatus

if TYPE_CHECKING:  # they are of a service or of a database, and a gateway can do without either
    from daulat.assistant.types import Answer, Question
    from daulat.gateway.api.batches.queue import BatchQueue
    from daulat.gateway.api.files.shelf import FileShelf
    from daulat.gateway.api.moderation_schema import ModerationMethod, ModerationResult
    from daulat.gateway.media import MediaFetcher


class Ids:
    """Makes ids that cannot be guessed: 144 bits, in characters that need no quoting.

    Randomness is fetched for many at once, which is a third of the price.

    Examples
    --------
    >>> ids = Ids()
    >>> len(ids()), ids() != ids()
    (24, True)
    """

    def __init__(self, source: Callable[[int], bytes] = os.urandom) -> None:
        self._source = source
        self._ready: list[str] = []

    def __call__(self) -> str:
        """Return the next id."""
        if not self._ready:
            letters = base64.urlsafe_b64encode(self._source(18 * 128)).decode("ascii")
            self._ready = [letters[at : at + 24] for at in range(0, len(letters), 24)]
        return self._ready.pop()


async def hears_nothing(question: Question) -> Answer | None:
    """Hear of no danger, as where no service is."""
    del question
    return None


@dataclass(slots=True)
class Parts:
    """What the routes answer with.

    Attributes
    ----------
    country : str
        ISO 3166-1 alpha-2.
    services : mapping
        Model id of each service, e.g. ``xa/public-services``, to the name of the service.
    engines : Engines
        The raw models.
    meter : Meter
        Counts answers and bounds how many are made at once.
    assistant, library, embedder : optional
        None while they load; see `readiness`.
    danger : callable
        Hears that somebody is in danger, and names whom to call, without the official text; None where nobody is.
        Asked before any question to a service is refused.
    web : ASGI app, optional
        The pages: every path that is not the API's.
    public_url : str
        The address under which people reach the service; empty where none is declared.
    body_timeout_s : float
        How long a client may take to send a body, in seconds.
    body_limit_bytes : int
        The most that a caller who brings a credential may send as JSON.
    admission : Admission
        Who may call, and how much. Default: everybody.
    router : Router, optional
        Which engine answers. None: the one that is declared for the model.
    observer : Observer
        Hears of every call when it has ended.
    answers : Answers, optional
        Answers kept for the same request again; None keeps none.
    moderator : callable, optional
        Looks at texts by rules; slow at its first call, so it is called in a thread.
    media : MediaFetcher, optional
        Fetches pictures and recordings that a call names by address. None: they are refused.
    files, batches : optional
        Where files and batches are kept; None while there is no database.
    vitals, waiting : callable
        How each engine is, and how many calls wait for one, in all workers.
    routes : mapping
        Further routes of the API: path to method to handler. A path that ends in ``/`` takes what follows it, one that
        holds a ``*`` what stands there.
    allowed_origins : sequence of str
        Origins whose pages may call the API from a browser; see `daulat.gateway.access.cors`.
    trusted_proxies : sequence of str
        Networks of our own proxies; see `daulat.gateway.access.proxies`.
    is_private : bool
        Only this machine can reach the service, so it answers to names of this machine alone.
    """

    country: str
    services: Mapping[str, str]
    engines: Engines
    meter: Meter
    name: str = ""
    languages: Sequence[str] = ()
    writes_with: str = ""
    version: str = ""
    public_url: str = ""
    assistant: Assistant | None = None
    library: Library | None = None
    embedder: Embedder | None = None
    danger: Callable[[Question], Awaitable[Answer | None]] = hears_nothing
    web: ASGIApp | None = None
    body_timeout_s: float = BODY_TIMEOUT_S
    body_limit_bytes: int = BODY_LIMIT_BYTES
    admission: Admission = field(default_factory=OpenAdmission)
    router: Router | None = None
    observer: Observer = field(default_factory=NoObserver)
    answers: Answers | None = None
    moderator: Callable[[Sequence[str]], tuple[list[ModerationResult], ModerationMethod]] | None = None
    media: MediaFetcher | None = None
    files: FileShelf | None = None
    batches: BatchQueue | None = None
    vitals: Callable[[], list[EngineStatus]] = list
    waiting: Callable[[], int] = int
    routes: dict[str, dict[str, Route]] = field(default_factory=dict)
    allowed_origins: Sequence[str] = ()
    trusted_proxies: Sequence[str] = ()
    is_private: bool = False
    readiness: Readiness = field(default_factory=Readiness)
    new_id: Callable[[], str] = field(default_factory=Ids)
    wall_clock: Callable[[], float] = time.time
    clock: Callable[[], float] = time.monotonic

    def routing(self) -> Router:
        """Return the router, or the plainest there is."""
        return self.router or FirstRouter(self.engines)
