# SPDX-License-Identifier: Apache-2.0
"""The assistant: a question in; an answer that stands on official text, or an honest "no source says so", out.

    question → language → self-contained → evidence → decide → write or quote → verify → answer

Searching runs in a thread, so that the event loop stays free. It keeps nothing of a question after the answer, and
logs nothing of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial

from daulat.assistant.abroad import Abroad
from daulat.assistant.calling import call_before, listed
from daulat.assistant.citing import Labels, cite, cut_quote
from daulat.assistant.draft import Draft, Material
from daulat.assistant.elsewhere import Elsewhere
from daulat.assistant.errors import AssistantError
from daulat.assistant.evidence import Evidence
from daulat.assistant.immediate import Immediate
from daulat.assistant.judging import CITED, OFFERED, Judge, Prepared
from daulat.assistant.listening import Listener
from daulat.assistant.order import in_order
from daulat.assistant.patience import Patience, TooSlow
from daulat.assistant.quoting import Page, Quoted, quotation
from daulat.assistant.referral import as_contacts, topics_of, topics_told
from daulat.assistant.sentence import Marked
from daulat.assistant.speech import Speech
from daulat.assistant.telling import events_of
from daulat.assistant.turns import Turns
from daulat.assistant.types import Answer, AnswerEvent, Citation, Mode, Question
from daulat.assistant.verify import Verdict, Verifier
from daulat.assistant.vocabulary import Vocabularies
from daulat.assistant.writer import Writer, WriterFor
from daulat.assistant.writing import Offered, compose_request, written_sentences
from daulat.knowledge.cutting import ends_in_abbreviation
from daulat.knowledge.release import Release
from daulat.knowledge.search import Searcher
from daulat.knowledge.types import Document, document_path
from daulat.language import Contacts, Office, Said, primary
from daulat.models.errors import ModelsError

_RELATED = 3
_NEAR = 5.0  # score below the best beyond which a further passage is not worth citing


@dataclass(frozen=True)
class Assistant:
    """Answers from one release. Built by `open_assistant`.

    Parameters
    ----------
    release, judge
        What it reads; how it finds and judges.
    immediate : Immediate
        What is answered without a search.
    elsewhere : Elsewhere
        Which laws are other services'.
    listener, abroad, contacts, speech, labels
        The country's languages, other countries, offices and sentences.
    languages : sequence of str
        Of the nation, the first the default; English is understood beside them.
    writer_for : callable
        (service, language) to the model that may write, or None for quotation; where `stream` is given none.
    vocabularies : Vocabularies
        By which what was written is checked; where there is none for a language, the text is quoted.
    patience, turns
        How long a model may take; how many questions are searched for at once.
    """

    release: Release
    judge: Judge
    immediate: Immediate
    elsewhere: Elsewhere
    listener: Listener
    abroad: Abroad
    contacts: Contacts
    speech: Speech
    labels: Labels
    languages: Sequence[str]
    writer_for: WriterFor
    vocabularies: Vocabularies
    patience: Patience = field(default_factory=Patience)
    turns: Turns = field(default_factory=Turns)

    @property
    def searcher(self) -> Searcher:
        """What finds passages of the release."""
        return self.judge.searcher

    async def answer(self, question: Question) -> Answer:
        """Answer a question at once; see `stream`.

        Raises
        ------
        AssistantError
            If the stream ended without its answer.
        """
        async with aclosing(self.stream(question)) as events:
            async for event in events:
                if event.answer is not None:
                    return event.answer
        raise AssistantError(
            "the assistant broke off before its answer was whole",
            why="What it had so far was not verified.",
            fix="ask again; if it stays, run `daulat doctor`.",
            code="assistant.unfinished",
        )

    async def stream(
        self, question: Question, writer_for: WriterFor | None = None
    ) -> AsyncGenerator[AnswerEvent, None]:
        """Yield the answer as it becomes certain; the last event carries the whole.

        Closing the iterator cancels. Text that was yielded and then found wanting is replaced by the answer's.
        `writer_for` says who may write this one answer, on whose account; without it the assistant's own does.
        """
        question = self.understood(question)
        language = self.listener.language(question)
        danger = self.immediate.danger(question, language)
        answer = self.immediate.answer(question, language, danger)
        if answer is None:
            prepared = await self.turns.run(partial(self.judge.prepare, question, language))
            ruling = self.elsewhere.ruling(prepared.asked)
            prepared = replace(prepared, danger=danger.category if danger else "", ruling=ruling)
            answer = None if prepared.may_answer else self._declined(prepared)
            material = self._material(prepared) if answer is None else None
            writer = await self._writer(prepared, writer_for or self.writer_for) if material is not None else None
            if material is not None and writer is not None:
                told = False
                async with aclosing(self._written(prepared, material, writer)) as events:
                    async for event in events:
                        told, answer = True, event.answer or answer
                        if event.answer is None:
                            yield event
                if told:  # what was told and did not become the answer is replaced, not told on
                    yield AnswerEvent("answer", answer=answer or self._quoted(prepared))
                    return
            answer = answer or self._quoted(prepared)
        for event in events_of(answer):
            yield event

    async def _writer(self, prepared: Prepared, find: WriterFor) -> Writer | None:
        """Ask who may write; nobody, where one comes free too late."""
        try:
            async with asyncio.timeout(self.patience.silence_s):
                return await find(prepared.question.service, prepared.language)
        except TimeoutError:
            return None

    def understood(self, question: Question) -> Question:
        """Return the question that is meant: in a language that can be spoken, and the one before where only another
        language is asked for."""
        return self.listener.repeated(self._in_a_known_language(question), self.immediate.asks)

    def language_of(self, text: str) -> str:
        """Recognise the language of a question; the nation's first where that is less than sure."""
        return self.listener.language_of(text)

    def _in_a_known_language(self, question: Question) -> Question:
        """Take a language that neither the nation nor the pack has as not given: nobody could answer in it."""
        chosen = primary(question.language)
        is_known = chosen in {"en", *map(primary, self.languages)} or (chosen and self.speech.speaks(chosen))
        return question if is_known or not question.language else replace(question, language="")

    def _chosen(self, prepared: Prepared) -> list[tuple[Evidence, Marked]]:
        """Choose what to cite: the best, beside it law that holds before old law, nothing far behind, and nothing of
        another matter where the question's is clear."""
        pairs = list(zip(prepared.evidence, prepared.marked, strict=False))
        near = [pair for pair in pairs if pair[0].score >= pairs[0][0].score - _NEAR]
        topics = set(prepared.asked.topics)
        if topics.intersection(pairs[0][0].document.services):
            near = [pair for pair in near if topics.intersection(pair[0].document.services)]
        return in_order(near, prepared.asked.measures)[:CITED]

    def _citation(self, evidence: Evidence, marked: Marked, *, short: bool) -> Citation:
        quote = cut_quote(evidence.passage, marked.span, self.searcher.reader.legal, short=short)
        changed = evidence.standing != "current"
        return cite(
            evidence,
            quote,
            marked.span,
            self.labels,
            as_of=self.release.as_of,
            successor=self.labels.successor(evidence) if changed else "",
            successor_url=document_path(evidence.status.by) if changed and self._has_text(evidence.status.by) else "",
        )

    def _quoted(self, prepared: Prepared) -> Answer:
        """Answer by the official text itself."""
        language = prepared.language
        phrases = self.speech.phrases(language)
        quoted: list[Quoted] = []
        told: set[tuple[str, str]] = set()
        for place, (evidence, marked) in enumerate(self._chosen(prepared)):
            warning = self.speech.warning(evidence, self.labels, language, has_text=self._has_text)
            is_revoked = evidence.status.status == "revoked"  # each text is called an old one; by what, is said once
            law = evidence.document.doc_id, evidence.status.by if is_revoked else ""
            known = law in told and (is_revoked or evidence.standing != "history")
            told |= {law} if warning else set()
            citation = self._citation(evidence, marked, short=place > 0)
            now = self.speech.holds_now(evidence, self.labels, language, has_text=self._has_text)
            is_history = evidence.standing == "history"
            quoted.append(Quoted(citation, self.labels.cited(evidence), () if known else warning, is_history, now))
        first = quoted[0].citation
        foreign = first.language
        opening = [*self._unread(prepared), *self._spelt_out(prepared, first.quote)]
        opening += [self.speech.text_only_in(foreign, language)] if foreign and primary(foreign) != language else []
        opening += self._whose_law(prepared, first.quote)
        closing = [self.speech.as_of(first.as_of, language, is_law=first.status != "not_law")]
        page = quotation(quoted, phrases, opening=opening, closing=closing)
        # Old text is no answer to rely on: whoever asked learns who knows the law of today.
        ask = self._who_knows(prepared, self._nearest(prepared)) if quoted[0].is_history else ()
        return self._finished(prepared, page, "quotation", ask=ask)

    def _unread(self, prepared: Prepared) -> list[Said]:
        return [] if self.listener.reads(prepared.question.text) else [self.speech.unread(prepared.language)]

    def _spelt_out(self, prepared: Prepared, quote: str = "") -> list[Said]:
        """Say what an abbreviation stands for that is asked about, unless a quotation has it."""
        told = prepared.meanings
        if not told or told[0].short.casefold() in quote.casefold():
            return []
        return [self.speech.spelt_out(told, prepared.language)]

    def _whose_law(self, prepared: Prepared, quote: str) -> list[Said]:
        """Say whose law it is where the question names another country and the text does not speak of it."""
        country = self.abroad.named(prepared.question.text)
        return [self.speech.whose_law(country, prepared.language)] if country and not self.abroad.named(quote) else []

    def _ask(self, page: Page, offices: Sequence[Office], language: str) -> None:
        """Say at the end of a page whom to ask."""
        if offices:
            page.close_with(self.speech.phrases(language).say("ask"), listed(offices))

    def _material(self, prepared: Prepared) -> Material | None:
        """Choose what a model may write from; None where the official text itself is to answer.

        Where the best passage is history, what is left is about something else. Whoever may be in danger does not wait
        for a model. And what cannot be checked is not written.
        """
        if prepared.evidence[0].standing == "history" or prepared.danger:
            return None
        chosen = [pair for pair in self._chosen(prepared) if pair[0].standing != "history"][:OFFERED]
        language = chosen[0][0].language or self.languages[0]
        vocabulary = self.vocabularies.between(prepared.language, language)
        if vocabulary is None:
            return None
        by_id = {f"P{n}": pair for n, pair in enumerate(chosen, 1)}
        return Material(
            language,
            vocabulary,
            tuple(Offered(mark, self.labels.cited(each), each.passage.text) for mark, (each, _) in by_id.items()),
            {mark: each for mark, (each, _) in by_id.items()},
            {mark: self._citation(*pair, short=False) for mark, pair in by_id.items()},
        )

    async def _written(
        self, prepared: Prepared, material: Material, writer: Writer
    ) -> AsyncGenerator[AnswerEvent, None]:
        """Let a model write; yield what stands as it comes, and at the end the answer, unless nothing stood."""
        language = prepared.language
        draft = Draft(language, material.citations)
        try:
            async with (
                aclosing(self._verdicts(prepared, material, writer)) as verdicts,
                aclosing(self.patience.standing(verdicts)) as standing,
            ):
                async for verdict in standing:
                    for event in draft.add(verdict):
                        yield event
        except ModelsError as error:
            if isinstance(error, TooSlow):
                writer.too_slow(error)
            return  # the official text answers instead; what was told is replaced
        if draft.cited:
            page, before = draft.page, len(draft.page.text)
            told = [material.evidence[mark] for mark in draft.cited]
            for sentences in self._cautions(told, language):
                page.say(*sentences)
            for said in (*self._unread(prepared), *self._whose_law(prepared, told[0].passage.text)):
                page.say(said)
            notice = self.speech.phrases(language).say("written_by_model", model=writer.model)
            answer = self._finished(prepared, page, "written", notice=notice)
            yield AnswerEvent("text", text=page.text[before:])
            yield AnswerEvent("answer", answer=replace(answer, model=writer.model))

    def _verdicts(self, prepared: Prepared, material: Material, writer: Writer) -> AsyncGenerator[Verdict, None]:
        """Have the sentences of a model written and checked."""
        rules = self.judge.marker.sentence_rules
        passages = {item.id: item.text for item in material.offered}
        verifier = Verifier(passages, material.vocabulary, material.language, rules)
        name = self.speech.language_name(prepared.language, "en")
        request = compose_request(writer.model, prepared.asked.text, material.offered, name)

        def goes_on(text: str) -> bool:
            # Names of offices stay as the law writes them, in whatever language the sentence is.
            return any(ends_in_abbreviation(text, each, rules) for each in (prepared.language, material.language))

        return written_sentences(writer.engine, request, verifier, goes_on)

    def _cautions(self, cited: Sequence[Evidence], language: str) -> list[tuple[Said, ...]]:
        """Say what a reader must know of the texts that were written from, and up to which day they go."""
        warnings = (self.speech.cautions(each, self.labels, language, has_text=self._has_text) for each in cited)
        as_of = cited[0].document.coverage_date or self.release.as_of
        told = self.speech.as_of(as_of, language, is_law=cited[0].status.status != "not_law")
        return [*filter(None, dict.fromkeys(warnings)), (told,)]

    def _declined(self, prepared: Prepared) -> Answer:
        """Say that no source answers, or that another service does, show the nearest passages, and whom to ask."""
        if prepared.danger:
            return self._called(prepared)
        language, service = prepared.language, prepared.question.service
        laws = self.elsewhere.laws(prepared.asked, service)
        most = 0 if prepared.ruling else _RELATED  # near is then the rule of another matter
        pairs = list(zip(prepared.evidence, prepared.marked, strict=False))[:most]
        related = tuple(self._citation(evidence, marked, short=True) for evidence, marked in pairs)
        page = Page(language)
        if laws:
            page.say(self.elsewhere.said(laws[0], service, language))
            ask = self._who_knows(prepared, laws)
        else:
            declined = self.elsewhere.declined(prepared.asked, prepared.ruling, language)
            page.say(*self._unread(prepared), *self._spelt_out(prepared), declined)
            ask = self.contacts.for_topics(self._matters(prepared), language)
        return replace(self._finished(prepared, page, "declined", ask=ask), answered=False, related=related)

    def _called(self, prepared: Prepared) -> Answer:
        """Tell somebody who may be in danger whom to call, and who knows what no source answers; nothing else."""
        known, anyone = (self.contacts.for_topics(each, prepared.language) for each in (self._matters(prepared), ()))
        ask = [office for office in known if office not in anyone]
        return replace(self._finished(prepared, Page(prepared.language), "notice", ask=ask), answered=False)

    def _matters(self, prepared: Prepared) -> list[str]:
        """Return what a question is about that no text answers: by its words, which near texts may bear out."""
        matters = self.contacts.matters(prepared.asked.text, ())
        return [*matters, *topics_told(prepared.asked.topics, self._nearest(prepared))]

    def _who_knows(self, prepared: Prepared, texts: Sequence[Document]) -> tuple[Office, ...]:
        """Return whom to ask of texts: by the words of the question, and by what they are about."""
        matters = self.contacts.matters(prepared.asked.text, [document.doc_id for document in texts])
        return self.contacts.for_topics([*matters, *topics_of(prepared.asked.topics, texts)], prepared.language)

    def _nearest(self, prepared: Prepared) -> list[Document]:
        """Return the texts that are nearest; none where no text holds a word of the question."""
        is_near = any(map(self.judge.threads.share, prepared.asked.terms))
        return [evidence.document for evidence in prepared.evidence[:_RELATED]] if is_near else []

    def _finished(
        self, prepared: Prepared, page: Page, mode: Mode, *, ask: Sequence[Office] = (), notice: Said | None = None
    ) -> Answer:
        language = prepared.language
        call: Sequence[Office] = ()
        if prepared.danger:
            call = call_before(page, prepared.danger, self.contacts, self.speech.phrases(language))
        elif both := self.contacts.for_both(prepared.question.text, language):
            ask = both
        elif not ask and mode != "declined":
            ask = self.contacts.beside_answer(prepared.asked.text, language)
        ask = [office for office in ask if office not in call]
        self._ask(page, ask, language)
        return Answer(
            answered=True,
            text=page.text,
            citations=tuple(page.citations),
            language=prepared.language,
            as_of=page.citations[0].as_of if page.citations else self.release.as_of,
            mode=mode,
            confidence=round(prepared.probability, 3),
            notice=notice.text if notice else "",
            notice_language=notice.language if notice and notice.language != prepared.language else "",
            is_urgent=bool(prepared.danger),
            spoken=tuple(page.spoken),
            call=as_contacts(call),
            contacts=as_contacts(ask),
            listed=tuple(page.listed),
            release=self.release.release_id,
        )

    def _has_text(self, doc_id: str) -> bool:
        return doc_id in self.release.document_rows
