# SPDX-License-Identifier: Apache-2.0
"""Models: which open-weight models there are, how their weights come here, and how they answer.

In: a `ChatRequest`. Out: a stream of `Delta` from an `Engine` (embedded llama.cpp, any OpenAI-compatible server, a
fake). Beside it: the catalogue of models and licences, weights pulled and verified, gates that say what is fit.

It never decides what citizens are told, never logs a prompt, never unpickles, and never imports what it downloads.
"""

from daulat.models._fetch import HUB_URL, Fetcher
from daulat.models._hashes import is_sha256
from daulat.models._http import Door
from daulat.models._licence_use import Use, broken_clause
from daulat.models._reasoning import ThinkSplitter
from daulat.models._several import several_prompts
from daulat.models._sse import EventDecoder, EventTooLargeError
from daulat.models.approval import Approval
from daulat.models.catalogue import Catalogue, CatalogueModel, Licence, load_catalogue
from daulat.models.embedded import EmbeddedEngine, EmbeddedSettings
from daulat.models.engine import ChatRequest, Delta, Engine, Forwarding, Message, Pieces, Usage, Whole, forwarding
from daulat.models.engines import EngineSet, by_server, declare_engines, models_of
from daulat.models.errors import (
    EngineError,
    EngineInterrupted,
    EngineOverloaded,
    EngineRefused,
    EngineUnavailable,
    GateError,
    ModelsError,
    UnknownModel,
    WeightsError,
)
from daulat.models.fake import FakeEngine, Reply
from daulat.models.gates import GATES, GateResult, Gates, kept_gates, load_gates
from daulat.models.outbox import Outbox
from daulat.models.pull import Order, pull
from daulat.models.remote import RemoteEngine
from daulat.models.sources import Source, parse_source
from daulat.models.weights import WEIGHTS, Provenance, Weights, WeightsStore

__all__ = [
    "GATES",
    "HUB_URL",
    "WEIGHTS",
    "Approval",
    "Catalogue",
    "CatalogueModel",
    "ChatRequest",
    "Delta",
    "Door",
    "EmbeddedEngine",
    "EmbeddedSettings",
    "Engine",
    "EngineError",
    "EngineInterrupted",
    "EngineOverloaded",
    "EngineRefused",
    "EngineSet",
    "EngineUnavailable",
    "EventDecoder",
    "EventTooLargeError",
    "FakeEngine",
    "Fetcher",
    "Forwarding",
    "GateError",
    "GateResult",
    "Gates",
    "Licence",
    "Message",
    "ModelsError",
    "Order",
    "Outbox",
    "Pieces",
    "Provenance",
    "RemoteEngine",
    "Reply",
    "Source",
    "ThinkSplitter",
    "UnknownModel",
    "Usage",
    "Use",
    "Weights",
    "WeightsError",
    "WeightsStore",
    "Whole",
    "broken_clause",
    "by_server",
    "declare_engines",
    "forwarding",
    "is_sha256",
    "kept_gates",
    "load_catalogue",
    "load_gates",
    "models_of",
    "parse_source",
    "pull",
    "several_prompts",
]
