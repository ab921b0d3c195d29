# SPDX-License-Identifier: Apache-2.0
"""A reranker that may fail: a question and texts in; how relevant each is, or nothing, out.

One that did not answer rests, so that not every question waits for it, and one question tries it again afterwards. That
it rests, and that it is back, is said once each in the log; of a question nothing is said.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Sequence

from daulat.knowledge.errors import RerankerError
from daulat.knowledge.reranker.remote import RemoteReranker

REST_S = 30.0

_LOG = logging.getLogger(__name__)


class RestingReranker:
    """Asks a reranker, and lets it rest after a failure. Safe to share between threads.

    Parameters
    ----------
    reranker : RemoteReranker
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, reranker: RemoteReranker, clock: Callable[[], float]) -> None:
        self.name = reranker.name
        self._reranker, self._clock = reranker, clock
        self._lock = threading.Lock()
        self._rests_until = -math.inf
        self._failed = False

    def scores(self, question: str, texts: Sequence[str]) -> list[float] | None:
        """Return how relevant each text is; None while the reranker rests, and where it fails."""
        if not self._may_ask():
            return None
        try:
            found = self._reranker.scores(question, texts)
        except RerankerError as error:
            self._note(error)
            return None
        self._note(None)
        return found

    def _may_ask(self) -> bool:
        with self._lock:
            if not self._failed:
                return True
            if self._clock() < self._rests_until:
                return False
            self._rests_until = self._clock() + REST_S  # whoever comes meanwhile does not wait for the same
            return True

    def _note(self, error: RerankerError | None) -> None:
        with self._lock:
            changed, self._failed = self._failed != (error is not None), error is not None
            if error is not None:
                self._rests_until = self._clock() + REST_S
        if changed and error is not None:
            _LOG.warning("%s; search goes on in its own order and asks it again in %d s", error.what, REST_S)
        elif changed:
            _LOG.warning("the reranker, %s, answers again", self.name)
