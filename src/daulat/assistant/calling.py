# SPDX-License-Identifier: Apache-2.0
"""Whom to call first: an emergency and a language in; what to say and the offices, out.

Who may be in danger and asks something too is told the number before the answer, never behind it.
"""

from __future__ import annotations

from collections.abc import Sequence

from daulat.assistant.quoting import Page
from daulat.assistant.referral import spoken
from daulat.language import SELF_HARM, Contacts, Office, Phrases, Said


def whom_to_call(category: str, contacts: Contacts, phrases: Phrases) -> tuple[Said, tuple[Office, ...]]:
    """Return the sentence that sends somebody for help, and the offices that stand under it, if the pack knows any."""
    offices = contacts.for_emergency(category, phrases.language)
    key = "emergency_self_harm" if category == SELF_HARM else "emergency"
    return phrases.say(key if offices else f"{key}_unlisted"), offices


def listed(offices: Sequence[Office]) -> str:
    """Write offices one a line."""
    return "\n".join(f"- {spoken(office)}" for office in offices)


def call_before(page: Page, category: str, contacts: Contacts, phrases: Phrases) -> tuple[Office, ...]:
    """Open a finished page with whom to call; return the offices that it names so."""
    said, offices = whom_to_call(category, contacts, phrases)
    page.open_with(said, listed(offices))
    return offices
