# SPDX-License-Identifier: Apache-2.0
"""Routing: an admitted call comes in; the engine that answers it goes out, in fair order, where the data may go.

`declared_router` makes a `ModelRouter` of a nation's models and routes; `watched` looks after its engines; by a `Board`
several workers count and take turns together. It never sends data of a class to an engine whose place the nation's rule
does not allow, and never reads a prompt.
"""

from daulat.gateway.routing.board import Board, BoardError, Row
from daulat.gateway.routing.declared import RoutedEngines, declared_router, kept_answers, place_of
from daulat.gateway.routing.errors import EnginesAway, NoRoute, QueueFull
from daulat.gateway.routing.gating import gated
from daulat.gateway.routing.kept import KeptAnswers
from daulat.gateway.routing.residency import Residency
from daulat.gateway.routing.router import ModelRouter, QueueSettings
from daulat.gateway.routing.seats import Declared, Level, Post, Route, Vitals
from daulat.gateway.routing.watch import watched
from daulat.nation.places import Rule

__all__ = [
    "Board",
    "BoardError",
    "Declared",
    "EnginesAway",
    "KeptAnswers",
    "Level",
    "ModelRouter",
    "NoRoute",
    "Post",
    "QueueFull",
    "QueueSettings",
    "Residency",
    "Route",
    "RoutedEngines",
    "Row",
    "Rule",
    "Vitals",
    "declared_router",
    "gated",
    "kept_answers",
    "place_of",
    "watched",
]
