# SPDX-License-Identifier: Apache-2.0
"""A notice: one of our own sentences and whom to call in; an answer that cites nothing out."""

from __future__ import annotations

from dataclasses import replace

from daulat.assistant.calling import listed, whom_to_call
from daulat.assistant.quoting import Page
from daulat.assistant.referral import as_contacts
from daulat.assistant.types import Answer
from daulat.language import Contacts, Phrases, Said


def notice(said: Said, language: str, *, as_of: str = "", release: str = "") -> Answer:
    """Answer a message in `language` with a sentence."""
    page = Page(language)
    page.say(said)
    return Answer(
        answered=False,
        text=page.text,
        citations=(),
        language=language,
        as_of=as_of,
        mode="notice",
        spoken=tuple(page.spoken),
        release=release,
    )


def emergency_notice(
    category: str, contacts: Contacts, phrases: Phrases, *, as_of: str = "", release: str = ""
) -> Answer:
    """Tell somebody in danger whom to call, one office a line."""
    said, offices = whom_to_call(category, contacts, phrases)
    page = Page(phrases.language)
    page.say(said)
    if offices:
        page.list_offices(listed(offices))
    return replace(
        notice(said, phrases.language, as_of=as_of, release=release),
        text=page.text,
        is_urgent=True,
        call=as_contacts(offices),
        listed=tuple(page.listed),
    )
