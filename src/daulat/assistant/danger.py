# SPDX-License-Identifier: Apache-2.0
"""Danger, heard without the official text: a question in; whom to call, or nothing, out.

An emergency needs the pack's notices, contacts and sentences and no release, so it is heard while the first release is
being built, where none can be opened, and from somebody who has asked too often. `Assistant` hears the same once it is
there. It searches nothing, and keeps nothing of a question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daulat.assistant.listening import Listener
from daulat.assistant.notice import emergency_notice
from daulat.assistant.speech import Speech
from daulat.assistant.types import LONGEST_QUESTION, Answer, Question
from daulat.language import Contacts, Notices, PackFiles, contacts_for, detector_for, notices_for


@dataclass(frozen=True, slots=True)
class Danger:
    """Hears that somebody is in danger. Built by `open_danger`.

    Parameters
    ----------
    listener, notices, contacts, speech
        The country's languages, emergencies, offices and sentences.
    """

    listener: Listener
    notices: Notices
    contacts: Contacts
    speech: Speech

    def heard(self, question: Question) -> Answer | None:
        """Return the notice that names whom to call; None where nobody is in danger."""
        text = question.text.strip()
        if len(text) > LONGEST_QUESTION:
            return None
        language = self.listener.language(question)
        category = self.notices.emergency(text, language)
        if category is None:
            return None
        return emergency_notice(category, self.contacts, self.speech.phrases(language))


def open_danger(
    pack: PackFiles | None,
    languages: Sequence[str],
    *,
    names: Mapping[str, str] | None = None,
    contacts: Contacts | None = None,
) -> Danger:
    """Open what hears danger, from a pack alone; some tens of milliseconds.

    Parameters
    ----------
    pack : PackFiles or None
        The country pack; without one the core's phrases are heard, which are in English.
    languages : sequence of str
        The nation's languages, the first the default.
    names : mapping of str to str, optional
        The nation's name by language.
    contacts : Contacts, optional
        Whom a person can call; by default those of the pack.

    Examples
    --------
    >>> danger = open_danger(None, ("en",))
    >>> danger.heard(Question("I want to kill myself")).mode, danger.heard(Question("How do I register a birth?"))
    ('notice', None)
    """
    languages = tuple(languages) or ("en",)
    speech = Speech(pack, languages, names or {})
    return Danger(
        listener=Listener(detector_for(pack), languages, speech.spoken(), ()),
        notices=notices_for(pack),
        contacts=contacts or contacts_for(pack),
        speech=speech,
    )
