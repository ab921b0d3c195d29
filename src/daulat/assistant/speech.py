# SPDX-License-Identifier: Apache-2.0
"""What the assistant says in its own words: a language and what is to be said in, whole sentences out.

Sentences come from `daulat.language.Phrases`; names of languages and forms of dates from CLDR, in the language that the
sentence is really said in. It never speaks about the matter itself: that is the official text's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from daulat.assistant.abroad import territory_name
from daulat.assistant.citing import Labels
from daulat.assistant.evidence import Evidence
from daulat.knowledge.types import said_in
from daulat.language import Meaning, PackFiles, Phrases, Said, long_date, primary


class Speech:
    """The assistant's sentences for one nation.

    Parameters
    ----------
    pack : PackFiles or None
    languages : sequence of str
        Of the nation; the first that has a sentence says it where the asker's has none.
    names : mapping of str to str
        The nation's name by language.
    """

    def __init__(self, pack: PackFiles | None, languages: Sequence[str], names: Mapping[str, str]) -> None:
        self._pack, self._languages, self._names = pack, tuple(languages), names
        self._phrases: dict[str, Phrases] = {}

    def phrases(self, language: str) -> Phrases:
        """Return the phrases of a language."""
        if language not in self._phrases:
            self._phrases[language] = Phrases.for_language(language, self._pack, self._languages)
        return self._phrases[language]

    def spoken(self) -> tuple[str, ...]:
        """Return the languages of the nation, and English, in which the assistant has sentences of its own."""
        known = dict.fromkeys([*map(primary, self._languages), "en"])
        return tuple(filter(self.speaks, known))

    def speaks(self, language: str) -> bool:
        """Say whether the assistant has sentences of its own in a language."""
        return self.phrases(language).spoken_in("declined") == language

    def courtesy(self, kind: str, language: str) -> Said:
        """Greet, thank, take leave, or say what this is."""
        phrases = self.phrases(language)
        return phrases.say(kind, nation=self._nation_in(phrases.spoken_in(kind)))

    def language_name(self, language: str, within: str) -> str:
        """Name a language in another.

        Examples
        --------
        >>> Speech(None, ("en",), {}).language_name("id", "en")
        'Indonesian'
        """
        return _language_name(language, within)

    def text_only_in(self, language: str, asked_in: str) -> Said:
        """Say that the official text is in another language than the question."""
        phrases = self.phrases(asked_in)
        return phrases.say("text_only_in", language=_language_name(language, phrases.spoken_in("text_only_in")))

    def unread(self, language: str) -> Said:
        """Say that a question is in letters of no language that is known here, and in which to ask."""
        phrases = self.phrases(language)
        tag = phrases.spoken_in("unread")
        names = [_language_name(each, tag) for each in self.spoken()]
        return phrases.say("unread", languages=", ".join(names))

    def spelt_out(self, meanings: Sequence[Meaning], language: str) -> Said:
        """Say what an abbreviation stands for, each of its meanings."""
        phrases = self.phrases(language)
        tag = phrases.spoken_in("abbreviation")
        told = " / ".join(meaning.in_language(tag) for meaning in meanings)
        return phrases.say("abbreviation", short=meanings[0].short, meaning=told)

    def whose_law(self, country: str, asked_in: str) -> Said:
        """Say whose law is quoted where the question names another country."""
        phrases = self.phrases(asked_in)
        tag = phrases.spoken_in("whose_law")
        return phrases.say("whose_law", nation=self._nation_in(tag), country=territory_name(country, tag))

    def _nation_in(self, language: str) -> str:
        named = self._names.get(language) or self._names.get("en")
        return named or next(iter(self._names.values()), "")

    def as_of(self, day: str, language: str, *, is_law: bool = True) -> Said:
        """Say up to which day the sources go; a page of an office is no legal text."""
        phrases = self.phrases(language)
        if not day:
            return phrases.say("as_of_unknown")
        key = "as_of" if is_law else "as_of_page"
        return phrases.say(key, date=long_date(day, phrases.spoken_in(key)))

    def warning(
        self, evidence: Evidence, labels: Labels, language: str, *, has_text: Callable[[str], bool]
    ) -> tuple[Said, ...]:
        """Say what a reader must know of the standing of a passage; nothing where it simply holds."""
        phrases, status = self.phrases(language), evidence.status
        citation, successor = labels.cited(evidence), labels.successor(evidence)
        said: list[Said] = []
        if status.status == "revoked":
            key = "revoked_by" if successor else "revoked"
            said.append(phrases.say(key, citation=citation, successor=successor))
        elif status.status == "partly_revoked" and successor:
            key = "parent_revoked_by" if status.under else "partly_revoked_by"
            said.append(phrases.say(key, citation=citation, successor=successor))
        elif status.status == "amended":
            part, law = labels.part(evidence.passage), evidence.document.citation
            unsure = evidence.standing == "caution" and part and law and successor
            key = "amended_somewhere_by" if unsure else "amended_by" if successor else "amended"
            said.append(phrases.say(key, citation=citation, successor=successor, part=part, law=law))
        elif status.status == "not_law" and evidence.document.date:
            day = long_date(evidence.document.date, phrases.spoken_in("dated_source"))
            said.append(phrases.say("dated_source", date=day))
        if evidence.standing == "history" and successor and not has_text(status.by):
            said.append(phrases.say("successor_missing"))
        return (
            *said,
            *self.ahead(evidence, labels, language),
            *self.completed(evidence, labels, language, has_text=has_text),
        )

    def cautions(
        self, evidence: Evidence, labels: Labels, language: str, *, has_text: Callable[[str], bool]
    ) -> tuple[Said, ...]:
        """Say the same, and what holds now, below what was written from a passage."""
        now = self.holds_now(evidence, labels, language, has_text=has_text)
        return (*self.warning(evidence, labels, language, has_text=has_text), *([now] if now else []))

    def ahead(self, evidence: Evidence, labels: Labels, language: str) -> tuple[Said, ...]:
        """Say what will change a passage and from when, where that is decided; nothing where it is not."""
        change = evidence.status.ahead
        if change is None:
            return ()
        phrases, law = self.phrases(language), evidence.document.citation or evidence.document.title
        key = "amended_from" if change.kind == "amended_by" else "revoked_from"
        named = labels.cited(evidence) if change.articles else law
        day = long_date(change.since, phrases.spoken_in(key))
        return (phrases.say(key, date=day, citation=named, successor=labels.act(change.other, change.other_title)),)

    def completed(
        self, evidence: Evidence, labels: Labels, language: str, *, has_text: Callable[[str], bool]
    ) -> Iterator[Said]:
        """Say which acts rule on the same matter beside a passage."""
        for act in evidence.status.completed_by:
            here = has_text(act.other)
            phrases, citation = self.phrases(language), labels.cited(evidence)
            key = "completed_by" if here else "completed_elsewhere"
            yield phrases.say(key, citation=citation, act=labels.act(act.other, act.other_title))

    def holds_now(
        self, evidence: Evidence, labels: Labels, language: str, *, has_text: Callable[[str], bool]
    ) -> Said | None:
        """Say what holds instead of old text, or beside a text in force, by an act whose own text is not here, where a
        curator wrote it down.

        In another language where not in this.
        """
        status = evidence.status
        told = [(status.by, status.now, status.source)] if evidence.standing == "history" else []
        told += [(act.other, act.now, act.source) for act in status.completed_by]
        for by, now, source in told:
            if now and not has_text(by):
                tag, sentence = said_in(now, language)
                return self.phrases(tag).say("holds_now", now=sentence, source=labels.note(source))
        return None


@lru_cache(maxsize=64)
def _language_name(language: str, within: str) -> str:
    for speaker in (within, language):  # where a language has no name for another, that one's own name
        try:
            name = Locale.parse(speaker.replace("-", "_")).languages.get(language)
        except (UnknownLocaleError, ValueError):
            continue
        if name:
            return str(name)
    return language
