# SPDX-License-Identifier: Apache-2.0
"""Which language somebody speaks: a question and what was said before it in; its language, or the one asked for, out.

Two words tell little: where they do not suffice, the language of the conversation goes on; one that was asked for goes
on until more is said. It answers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from babel import Locale, UnknownLocaleError

from daulat.assistant.types import Question
from daulat.language import Detector, primary

_SURE = 0.6
_SURE_ENOUGH = 0.35  # of a language that the assistant speaks
_SHORT, _SURE_OF_SHORT = 4, 0.9  # words of a question that goes on in the language of those before, unless it is surer
_TELLING = 1_000  # characters that tell a text's language
_LONGEST_REQUEST = 7  # words
_WORD = re.compile(r"[^\W\d_]+")


class Listener:
    """Tells languages for one nation.

    Parameters
    ----------
    detector : Detector
    languages : sequence of str
        Of the nation, the first the default; English is understood beside them.
    spoken : collection of str
        Those that the assistant's own sentences are in.
    beside : collection of str
        Small words that may stand beside the name of a language in a request to answer in it, in any language.
    """

    def __init__(
        self, detector: Detector, languages: Sequence[str], spoken: Collection[str], beside: Collection[str]
    ) -> None:
        self.languages = tuple(languages)
        self._detector, self._spoken, self._beside = detector, frozenset(spoken), frozenset(beside)
        # A language that was named twice would share its probability with itself, and be less than sure.
        self._known = [*dict.fromkeys([*self.languages, "en"])]
        self._names = _names_of(self._spoken)

    def language(self, question: Question) -> str:
        """Return the language to answer a question in: the one that was chosen, else the one that it is in."""
        if question.language:
            return primary(question.language)
        said = [turn.text for turn in question.history if turn.role == "user" and turn.text.strip()]
        return self.language_of(question.text, said)

    def language_of(self, text: str, before: Sequence[str] = ()) -> str:
        """Recognise the language of a text; where that is less than sure, that of what was said before, or the default.

        Parameters
        ----------
        text : str
        before : sequence of str, optional
            What the same person said before, oldest first.
        """
        is_short = len(text.split()) <= _SHORT
        if is_short and (asked := self._asked_for_in(before)):
            return asked
        found = self._detector.detect(text[:_TELLING], self._known)
        enough = _SURE_ENOUGH if found.language in self._spoken else _SURE
        if before and is_short:
            enough = _SURE_OF_SHORT
        if found.confidence >= enough:
            return found.language
        return self.language_of(before[-1], before[:-1]) if before else self.languages[0]

    def repeated(self, question: Question, asks: Callable[[str, str], bool]) -> Question:
        """Return the question that was asked before, where all that is asked now is another language; what asked for
        nothing, such as thanks, only where nothing else was said.

        Parameters
        ----------
        question : Question
        asks : callable
            Whether a message asks something, by its text and language.
        """
        language = self.asked_for(question.text)
        said = [place for place, turn in enumerate(question.history) if turn.role == "user" and turn.text.strip()]
        if not language or not said:
            return question
        before = [question.history[place].text for place in said]
        asking = [n for n, text in enumerate(before) if not self.asked_for(text) and asks(text, self.language_of(text))]
        place = said[asking[-1] if asking else -1]
        return replace(question, text=question.history[place].text, language=language, history=question.history[:place])

    def reads(self, text: str) -> bool:
        """Say whether a text is in letters of a language that is known here; what is not can only be guessed at."""
        return self._detector.is_written_in(text[:_TELLING], self._known)

    def _asked_for_in(self, before: Sequence[str]) -> str:
        """Return the language that was asked for, with none but short messages since; else nothing."""
        for said in reversed(before):
            if asked := self.asked_for(said):
                return asked
            if len(said.split()) > _SHORT:
                return ""
        return ""

    def asked_for(self, text: str) -> str:
        """Return the language that a message asks to be answered in, where it asks for nothing else; else nothing."""
        words = [word.casefold() for word in _WORD.findall(text)]
        named = {self._names[word] for word in words if word in self._names}
        if len(words) > _LONGEST_REQUEST or len(named) != 1:
            return ""
        return named.pop() if all(word in self._names or word in self._beside for word in words) else ""


def _names_of(languages: Collection[str]) -> Mapping[str, str]:
    """Return the names of languages of a word each, in each of them, lower case, with the language."""
    found: dict[str, str] = {}
    for within in languages:
        try:
            names = Locale.parse(within.replace("-", "_")).languages
        except (UnknownLocaleError, ValueError):
            continue
        found |= {str(names[tag]).casefold(): tag for tag in languages if tag in names}
    return found
