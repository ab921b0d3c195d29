# SPDX-License-Identifier: Apache-2.0
"""What goes into the assistant and what comes out: `Question` in; `Answer`, or a stream of `AnswerEvent`, out.

These values are the contract of the API, the page, the command line and the benchmarks. Nothing here reads or writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LONGEST_QUESTION = 8_000
"""Characters of a question; a longer one is declined before it is searched."""

Standing = Literal["current", "caution", "history"]
"""current: may be stated. caution: changed somewhere, check the newest text. history: no longer the law."""

Mode = Literal["quotation", "written", "declined", "notice"]


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier turn of the conversation, as the asker's browser kept it."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the citizen put it. `language` is set only when the asker chose one (BCP 47)."""

    text: str
    service: str = "public-services"
    language: str = ""
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """The official passage that supports a sentence.

    `quote` stands letter for letter in the passage, from its character `quote_start`; `answer_span` are the (start,
    end) characters of the sentence inside `quote` that answers. `start`/`end` are the place of the citation's marker in
    the answer's `text`. `status` is the legal status of the passage ("in_force", "amended", "revoked", ...);
    `successor` names what replaced it, and `successor_url` is the path of its page where it is here.
    `standing` says what may be made of it: ``current`` may be stated, ``caution`` was changed somewhere, ``history`` is
    no longer the law. `jurisdiction` is where it holds (ISO 3166-1 or 3166-2); empty: it is not said.
    """

    passage_id: str
    doc_id: str
    title: str
    article: str
    quote: str
    status: str
    url: str
    as_of: str = ""
    successor: str = ""
    publisher: str = ""
    licence: str = ""
    retrieved: str = ""
    language: str = ""
    answer_span: tuple[int, int] = (0, 0)
    start: int = 0
    end: int = 0
    standing: Standing = "current"
    jurisdiction: str = ""
    successor_url: str = ""
    quote_start: int = 0


@dataclass(frozen=True, slots=True)
class Contact:
    """An office that a person can ask, from the pack."""

    name: str
    about: str = ""
    phone: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A stretch of an answer's `text`, characters `start` to `end`, and the language that it is in (BCP 47)."""

    start: int
    end: int
    language: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer.

    `mode` says how it came about: official text quoted, written by a model and verified, declined, or a notice (a
    greeting, an emergency, what is recorded of a law that is not here). `spoken` are those of our own sentences that
    are not in `language`, since no one has said them in it yet; `notice_language` is the language of `notice` where it
    is another. `is_urgent`: somebody may be in danger, and the text opens with whom to call. `call` are the offices
    that it names so, where any is known; `contacts` are those that can be asked. `listed` are the (start, end)
    characters of `text` that list the two, for whoever draws them as what they are.
    """

    answered: bool
    text: str
    citations: tuple[Citation, ...]
    language: str
    as_of: str
    mode: Mode
    confidence: float = 0.0
    notice: str = ""
    notice_language: str = ""
    spoken: tuple[Spoken, ...] = ()
    related: tuple[Citation, ...] = ()
    is_urgent: bool = False
    call: tuple[Contact, ...] = ()
    contacts: tuple[Contact, ...] = ()
    listed: tuple[tuple[int, int], ...] = ()
    release: str = ""
    model: str = ""

    @property
    def languages(self) -> tuple[str, ...]:
        """In which languages its words are: its own, and those of sentences that no one has said in it yet."""
        return tuple(dict.fromkeys((self.language, *(each.language for each in self.spoken))))


@dataclass(frozen=True, slots=True)
class AnswerEvent:
    """One step of a streamed answer: some `text`, or a `citation` that became certain, and at the end the `answer`."""

    kind: Literal["text", "citation", "answer"]
    text: str = ""
    citation: Citation | None = None
    answer: Answer | None = None
