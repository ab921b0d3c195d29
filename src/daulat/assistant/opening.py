# SPDX-License-Identifier: Apache-2.0
"""Opening an assistant: an open release and a nation's languages in, an `Assistant` out.

Composition only. Who may write is asked of `writer_for` for every question; a service that runs gives one of its own
with each (`Assistant.stream`), on the account of whoever asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from daulat.assistant.abroad import Abroad
from daulat.assistant.answerable import load_answerable
from daulat.assistant.assistant import Assistant
from daulat.assistant.citing import load_labels
from daulat.assistant.defining import Defining
from daulat.assistant.elsewhere import Elsewhere
from daulat.assistant.fate import Fates
from daulat.assistant.followup import Threads
from daulat.assistant.immediate import Immediate
from daulat.assistant.judging import Judge
from daulat.assistant.listening import Listener
from daulat.assistant.marking import Marker
from daulat.assistant.pairs import has_learnt
from daulat.assistant.sentence import load_sentence_models
from daulat.assistant.speech import Speech
from daulat.assistant.vocabulary import Vocabularies
from daulat.assistant.writer import WriterFor, nobody
from daulat.knowledge.encoder import Encoder
from daulat.knowledge.ingest import load_rules
from daulat.knowledge.release import Release
from daulat.knowledge.reranker import Reranker
from daulat.knowledge.search import BoundedSearcher, Places, load_ranking, reader_for
from daulat.language import (
    Contacts,
    PackFiles,
    abbreviations_for,
    contacts_for,
    detector_for,
    notices_for,
    rulings_for,
)


def open_assistant(
    release: Release,
    encoder: Encoder | None,
    pack: PackFiles | None,
    languages: Sequence[str],
    *,
    names: Mapping[str, str] | None = None,
    contacts: Contacts | None = None,
    places: Mapping[str, str] | None = None,
    bounds: Places | None = None,
    services: Mapping[str, Mapping[str, str]] | None = None,
    glossary: Path | None = None,
    writer_for: WriterFor = nobody,
    reranker: Reranker | None = None,
) -> Assistant:
    """Open an assistant over a release.

    Parameters
    ----------
    release : Release
    encoder : Encoder or None
        None searches by words only.
    pack : PackFiles or None
        The country pack, where there is one.
    languages : sequence of str
        The nation's languages, the first the default.
    names : mapping of str to str, optional
        The nation's name by language.
    contacts : Contacts, optional
        Whom a person can ask; by default those of the pack.
    places : mapping of str to str, optional
        The names of parts of the country, by code.
    bounds : mapping, optional
        From a service to the parts of the country that it is bound to.
    services : mapping, optional
        The names of the nation's services, by id and language.
    glossary : Path, optional
        The nation's own, beside the pack's.
    writer_for : callable
        (service, language) to who may write; by default nobody, and answers are quotations.
    reranker : Reranker, optional
        Orders the first hits, where no everyday question is heard.
    """
    languages = tuple(languages) or ("en",)
    reader = reader_for(pack, languages, glossary=glossary)
    searcher = BoundedSearcher(release, encoder, reader, load_ranking(), bounds or {}, reranker)
    sentence_rules = load_rules(pack.path()).sentences if pack else {}
    contacts = contacts or contacts_for(pack)
    threads = Threads(
        reader,
        lambda term: release.lexical.document_frequency(term) / max(len(release), 1),
        lambda text: contacts.matters(text, ()),
        searcher.titles,
    )
    speech = Speech(pack, languages, names or {})
    labels = load_labels(pack, reader.legal, places)
    spoken = speech.spoken()
    marker = Marker(searcher, sentence_rules, languages[0], load_sentence_models(pack), not has_learnt(pack))
    notices = notices_for(pack, reader.wording)
    return Assistant(
        release=release,
        judge=Judge(searcher, marker, threads, load_answerable(pack), Defining(abbreviations_for(pack), reader)),
        immediate=Immediate(release, notices, contacts, speech, Fates(searcher, speech, labels)),
        elsewhere=Elsewhere(searcher, speech, labels, services or {}, rulings_for(pack, reader.wording)),
        listener=Listener(detector_for(pack), languages, spoken, reader.questions.beside_a_language),
        abroad=Abroad(spoken, tuple((names or {}).values()), reader.questions.countries),
        contacts=contacts,
        speech=speech,
        labels=labels,
        languages=languages,
        writer_for=writer_for,
        vocabularies=Vocabularies(pack, reader.terms, reader.wording.to_official),
    )
