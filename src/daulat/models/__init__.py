# SPDX-License-Identifier: Apache-2.0
"""Models: which open-weight models there are, how their weights come here, and how they answer.

In: a `ChatRequest`. Out: a stream of `Delta` from an `Engine` (embedded llama.cpp, any OpenAI-compatible server, a
fake). Beside it: the catalogue of models and licences, weights pulled and verified, gates that say what is fit.

It never decides what citizens are told, never logs a prompt, never unpickles, and never imports what it downloads.
"""

from daulat.models.embedded import EmbeddedEngine, EmbeddedSettings
from daulat.models.engine import ChatRequest, Delta, Engine, Message, Usage
from daulat.models.errors import (
    EngineError,
    EngineInterrupted,
    EngineOverloaded,
    EngineRefused,
    EngineUnavailable,
    ModelsError,
    UnknownModel,
)
from daulat.models.fake import FakeEngine, Reply
from daulat.models.remote import RemoteEngine

__all__ = [
    "ChatRequest",
    "Delta",
    "EmbeddedEngine",
    "EmbeddedSettings",
    "Engine",
    "EngineError",
    "EngineInterrupted",
    "EngineOverloaded",
    "EngineRefused",
    "EngineUnavailable",
    "FakeEngine",
    "Message",
    "ModelsError",
    "RemoteEngine",
    "Reply",
    "UnknownModel",
    "Usage",
]
