# SPDX-License-Identifier: Apache-2.0
"""What a question looks for: its words in, the forms in which a release is searched out.

A citizen writes "KK ilang gmn ngurusnya"; the law says "kartu keluarga". The forms are the question in standard
spelling, its rough gloss in the language of the law with the law's own phrases added, weighted terms, and the laws
that it names. Everything particular to a country or a language comes from the pack. It never answers and never keeps
a question.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from daulat.knowledge.legal import LawMention, LegalRules, Part, find_citations, load_legal_rules, named_part
from daulat.knowledge.legal.citations import NO_TITLES, Titles
from daulat.knowledge.legal.parts import NO_PART
from daulat.knowledge.quality import load_search_forms, search_form
from daulat.knowledge.search.questions import AnswerKind, QuestionPatterns, load_question_patterns
from daulat.language import Analyser, PackFiles, Wording, analyser_for, primary, wording_for

_ADDED = 0.8  # weight of a term that the glossary added, beside 1 for a term that was asked
_LITTLE = 2  # terms beside a law's name, such as `what does it say`; as many more for the paragraph, and the point
_LOANS = 0.3  # of a word of another language than the law's: mostly a name or a loan
LONGEST_QUERY = 1_000  # characters of a question that are searched for: encoding grows with the square
_PHRASES = 4  # most phrases of the glossary that are encoded with the question


@dataclass(frozen=True, slots=True)
class Asked:
    """The forms of one question.

    Parameters
    ----------
    text : str
        As asked, shortened to what is searched for.
    forms : tuple of str
        Texts to encode: the gloss with the law's phrases and, in another language than the law's, the question itself.
    terms : mapping of str to float
        Analysed terms with their weights.
    order : tuple of str
        The terms that were asked, in the order of the question.
    phrases : tuple of tuple of str
        Terms of each of the law's own phrases that the glossary gave, two terms or more.
    mentions : tuple of LawMention
        Laws and articles that the question names.
    beside : int
        How many terms it asks beside the laws that it names.
    part : Part
        The paragraph or point that the question names.
    defined : str
        The term whose meaning is asked for, as written; empty for other questions.
    official : str
        That term in the law's words and language.
    kind : AnswerKind or None
        The kind of answer that is asked for.
    measures : tuple of pattern
        What shows the measure that is asked for, such as a number of days, the narrowest first.
    compares : tuple of pattern
        What shows the measure that the question names itself and asks whether it will do, such as an age.
    topics : tuple of str
        Topics of the glossary that the question touches.
    language : str
        Of the question, primary tag.
    """

    text: str
    forms: tuple[str, ...]
    terms: Mapping[str, float]
    order: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    mentions: tuple[LawMention, ...] = ()
    beside: int = 0
    part: Part = NO_PART
    defined: str = ""
    official: str = ""
    kind: AnswerKind | None = None
    measures: tuple[re.Pattern[str], ...] = ()
    compares: tuple[re.Pattern[str], ...] = ()
    topics: tuple[str, ...] = ()
    language: str = ""

    @property
    def defined_forms(self) -> tuple[str, ...]:
        """The term whose meaning is asked for, as written and in the law's words; none for other questions."""
        return tuple(dict.fromkeys(filter(None, (self.defined.strip(), self.official.strip()))))

    @property
    def is_definition(self) -> bool:
        """Whether the question asks what a term means, or names a law."""
        return bool(self.defined) or any(mention.doc_id for mention in self.mentions)

    @property
    def asks_little(self) -> bool:
        """Whether it asks next to nothing but what stands in the laws that it names: `what does section 2 say?`."""
        return self.beside <= _LITTLE * (1 + bool(self.part.paragraph) + bool(self.part.point))


class _Worded(NamedTuple):
    """The words of a question, and the law's words for them; see `Asked`."""

    forms: tuple[str, ...]
    terms: Mapping[str, float]
    order: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]
    topics: tuple[str, ...]


@dataclass(frozen=True)
class Reader:
    """Reads questions and passages by the same rules. Built by `reader_for`.

    Parameters
    ----------
    wording : Wording
        The country's words.
    analyser : callable
        The analyser of a language.
    official : callable
        The same for official texts, their scanner's misreadings undone.
    questions : QuestionPatterns
    default_language : str
        Of texts that do not say theirs.
    legal : LegalRules, optional
    """

    wording: Wording
    analyser: Callable[[str], Analyser]
    official: Callable[[str], Analyser]
    questions: QuestionPatterns
    default_language: str = ""
    legal: LegalRules | None = None

    def terms(self, language: str, text: str) -> list[str]:
        """Return the terms of an official text, its scanner's misreadings undone."""
        return self.official(language or self.default_language).terms(text)

    def ask(self, text: str, language: str, titles: Titles = NO_TITLES, texts: str = "") -> Asked:
        """Return the forms of a question.

        Parameters
        ----------
        text : str
        language : str
            BCP 47 tag of the question; empty: the default.
        titles : Titles
            Of the documents that a question may name, from `title_index`.
        texts : str
            BCP 47 tag of the texts that may answer, where no pack says which language the law is in; empty: the
            default.
        """
        text, tag = _searched(text), language or self.default_language
        mentions, rest = self._named(text, titles)
        worded = self._worded(rest or text, tag, texts)
        defined = self.questions.defined_term(rest or text, tag)
        return Asked(
            text=text,
            forms=worded.forms,
            terms=worded.terms,
            order=worded.order,
            phrases=tuple(phrase for phrase in worded.phrases if len(phrase) > 1),
            mentions=mentions,
            beside=len(worded.order) if rest else 0,
            part=named_part(text, self.legal) if self.legal else NO_PART,
            defined=defined,
            official=self.wording.to_official(defined, tag) if defined else "",
            kind=self.questions.kind(rest or text, tag),
            measures=self.questions.measures(rest or text, tag),
            compares=self.questions.compares(rest or text, tag),
            topics=worded.topics,
            language=primary(tag),
        )

    def everyday(self, text: str, language: str) -> tuple[str, Mapping[str, float]]:
        """Return of an everyday question what is encoded and indexed: what a citizen's question is compared with."""
        searched = _searched(text)
        _, rest = self._named(searched, NO_TITLES)
        # Whoever asks it again is read by the rules of its language, or of the texts', which are mostly the default's.
        worded = self._worded(rest or searched, language or self.default_language, language)
        terms = dict(worded.terms)
        if not self.wording.official:
            for term in self.terms(self.default_language, rest or searched):
                terms.setdefault(term, _LOANS)
        return worded.forms[-1], terms

    def _named(self, text: str, titles: Titles) -> tuple[tuple[LawMention, ...], str]:
        """Return the laws that a question names, and what it asks beside them.

        A law that is named is found by its name; its words would only find the many texts that cite it.
        """
        mentions = tuple(find_citations(text, self.legal, titles)) if self.legal else ()
        return mentions, _without(text, mentions, self.questions)

    def _worded(self, text: str, tag: str, texts: str) -> _Worded:
        plain, official, expansion = self.wording.read(text, tag)
        law = self.wording.official or texts or self.default_language or tag
        is_foreign = primary(tag) != primary(law)
        order = tuple(dict.fromkeys(self.terms(law, official)))
        terms = dict.fromkeys(order, 1.0)
        phrases = tuple(tuple(self.terms(law, phrase)) for phrase in expansion.phrases)
        for term in itertools.chain.from_iterable(phrases):
            terms.setdefault(term, _ADDED)
        if is_foreign:
            for term in self.analyser(tag).terms(plain):
                terms.setdefault(term, _LOANS)
        added = [phrase for phrase in expansion.phrases if phrase.casefold() not in official.casefold()][:_PHRASES]
        glossed = f"{official} ({', '.join(added)})" if added else official
        return _Worded((glossed, plain) if is_foreign else (glossed,), terms, order, phrases, expansion.topics)


def _searched(text: str) -> str:
    return " ".join(text[:LONGEST_QUERY].split())


def _without(text: str, mentions: Sequence[LawMention], questions: QuestionPatterns) -> str:
    """Leave out the laws that are named, and the small words that tied them to the question."""
    for mention in sorted(mentions, key=lambda mention: -mention.span[0]):
        if mention.doc_id:
            before = questions.before_a_law.sub("", text[: mention.span[0]])
            text = f"{before} {text[mention.span[1] :]}"
    return " ".join(text.split()).strip(" ?.,")


def reader_for(pack: PackFiles | None, languages: Sequence[str] = (), *, glossary: Path | None = None) -> Reader:
    """Build the reader of a country.

    Parameters
    ----------
    pack : PackFiles or None
        The country pack, where there is one.
    languages : sequence of str
        The nation's languages; the first is the default.
    glossary : Path, optional
        The nation's own, beside the pack's.

    Raises
    ------
    LanguageError
        With every fault of the nation's own glossary.
    """
    root = pack.path() if pack else None
    misreadings = load_search_forms(Path(root)) if root else {}

    @cache
    def analyser(tag: str) -> Analyser:
        return analyser_for(tag, pack)

    @cache
    def official(tag: str) -> Analyser:
        form = misreadings.get(tag)
        return Analyser(analyser(tag).rules, partial(search_form, rules=form)) if form else analyser(tag)

    return Reader(
        wording=wording_for(pack, glossary),
        analyser=lambda language: analyser(primary(language)),
        official=lambda language: official(primary(language)),
        questions=load_question_patterns(pack),
        default_language=languages[0] if languages else "",
        legal=load_legal_rules(root / "legal.yaml") if root and (root / "legal.yaml").exists() else None,
    )
