# SPDX-License-Identifier: Apache-2.0
"""Rules that say what a text holds: the identifiers and emergencies that a pack declares. Texts in, results out.

Patterns and phrases, no model: it finds a number by which a person is known, and words that say that somebody is in
danger. It does not judge tone, hate or violence, and says of each answer what it did not look at. Keeps no text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from daulat.gateway.api.moderation_schema import ModerationMethod, ModerationResult
from daulat.language import PackFiles, notices_for
from daulat.language.identifiers import Identifiers, identifiers_for
from daulat.language.notices import SELF_HARM, Notices

METHOD = "patterns of identifiers and phrases of emergencies, as the country's pack declares them"
IDENTIFIER = "personal-identifier"
EMERGENCY = "emergency"

# OpenAI's categories: its clients read each of them, so each is there.
_OPENAI = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip
_CHECKED = ("self-harm", "self-harm/intent", IDENTIFIER, EMERGENCY)


class Moderator:
    """Looks at texts by rules. Built by `moderator_for`; safe to share.

    Examples
    --------
    >>> [result] = moderator_for(None, "en").look(["write to ani@example.org"])
    >>> result.flagged, [name for name, found in result.categories.items() if found]
    (True, ['personal-identifier'])
    """

    def __init__(self, identifiers: Identifiers, notices: Notices, language: str) -> None:
        self._identifiers, self._notices, self._language = identifiers, notices, language

    def look(self, texts: Sequence[str]) -> list[ModerationResult]:
        """Say of each text which rules fit."""
        return [_result(self._found(text)) for text in texts]

    @staticmethod
    def method() -> ModerationMethod:
        """Say what the rules are, and what they do not look at."""
        return ModerationMethod(METHOD, list(_CHECKED), [name for name in _OPENAI if name not in _CHECKED])

    def _found(self, text: str) -> Iterable[str]:
        if self._identifiers.find(text):
            yield IDENTIFIER
        emergency = self._notices.emergency(text, self._language)
        if emergency == SELF_HARM:
            yield from ("self-harm", "self-harm/intent")
        elif emergency:
            yield EMERGENCY


def moderator_for(pack: PackFiles | None, language: str) -> Moderator:
    """Read the rules of a pack; without one, people in danger are heard in English, and e-mail addresses, telephone
    numbers and long numbers are found."""
    return Moderator(identifiers_for(pack), notices_for(pack), language)


def _result(found: Iterable[str]) -> ModerationResult:
    fits = set(found)
    names = tuple(dict.fromkeys((*_OPENAI, *_CHECKED)))
    return ModerationResult(
        flagged=bool(fits),
        categories={name: name in fits for name in names},
        category_scores={name: float(name in fits) for name in names},
        category_applied_input_types={name: ["text"] if name in _CHECKED else [] for name in names},
    )
