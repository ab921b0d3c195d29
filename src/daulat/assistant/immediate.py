# SPDX-License-Identifier: Apache-2.0
"""What needs no search: a message and its language in; the answer that can be given at once, or nothing, out.

Too much, nothing, a greeting, somebody in danger, a release without text, and what became of a law, which the release's
own record tells. It finds no passage, and keeps nothing of a message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from daulat.assistant.fate import Fates
from daulat.assistant.noise import is_noise
from daulat.assistant.notice import emergency_notice, notice
from daulat.assistant.speech import Speech
from daulat.assistant.types import LONGEST_QUESTION, Answer, Question
from daulat.knowledge.release import Release
from daulat.language import Contacts, Notices, Said
from daulat.language.notices import Danger


@dataclass(frozen=True)
class Immediate:
    """Answers at once over one release.

    Parameters
    ----------
    release : Release
    notices, contacts, speech
        The country's emergencies and courtesies, offices and sentences.
    fates : Fates
        What became of its laws.
    """

    release: Release
    notices: Notices
    contacts: Contacts
    speech: Speech
    fates: Fates

    def danger(self, question: Question, language: str) -> Danger | None:
        """Return the danger that a message tells of, one of a length that is read."""
        return None if _is_too_long(question.text) else self.notices.danger(question.text, language)

    def asks(self, text: str, language: str) -> bool:
        """Say whether a message asks something: it is neither noise nor a courtesy such as thanks."""
        return not is_noise(text) and not self.notices.courtesy(text.strip(), language)

    def answer(self, question: Question, language: str, danger: Danger | None) -> Answer | None:
        """Answer what needs no search; None for a question that does."""
        text = question.text.strip()
        phrases = self.speech.phrases(language)
        if _is_too_long(text):
            return self._notice(phrases.say("question_too_long"), language)
        if danger and not (danger.is_asking and len(self.release)):
            return emergency_notice(
                danger.category,
                self.contacts,
                phrases,
                as_of=self.release.as_of,
                release=self.release.release_id,
            )
        if is_noise(text):
            return self._notice(phrases.say("empty_question"), language)
        courtesy = self.notices.courtesy(text, language)
        if courtesy:
            return self._notice(self.speech.courtesy(courtesy, language), language)
        if not len(self.release):
            return replace(self._notice(phrases.say("no_knowledge"), language), mode="declined")
        return self._fate(question, language)

    def _fate(self, question: Question, language: str) -> Answer | None:
        """Say what is recorded of a law where that is all that is asked."""
        page = self.fates.page(question, language)
        if page is None:
            return None
        return Answer(
            answered=True,
            text=page.text,
            citations=tuple(page.citations),
            language=language,
            as_of=page.citations[0].as_of if page.citations else self.release.as_of,
            # Of a law that is not here, and changed nothing here, the record alone speaks: there is nothing to cite.
            mode="quotation" if page.citations else "notice",
            confidence=1.0,
            spoken=tuple(page.spoken),
            release=self.release.release_id,
        )

    def _notice(self, said: Said, language: str) -> Answer:
        return notice(said, language, as_of=self.release.as_of, release=self.release.release_id)


def _is_too_long(text: str) -> bool:
    return len(text.strip()) > LONGEST_QUESTION
