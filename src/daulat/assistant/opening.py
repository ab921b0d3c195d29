# SPDX-License-Identifier: Apache-2.0
"""Opening an assistant: an open release and a nation's languages in, an `Assistant` out.

Composition only. Which model may write is asked of the gates for every question, so a gate that is passed, or
withdrawn, counts at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from daulat.assistant.answerable import load_answerable
from daulat.assistant.assistant import Assistant, Writer
from daulat.assistant.citing import load_labels
from daulat.assistant.speech import Speech
from daulat.knowledge.encoder import Encoder
from daulat.knowledge.ingest import load_rules
from daulat.knowledge.release import Release
from daulat.knowledge.search import Searcher, load_ranking, reader_for
from daulat.language import PackFiles, contacts_for, detector_for, notices_for
from daulat.models.engines import EngineSet
from daulat.models.gates import Gates


def open_assistant(
    release: Release,
    encoder: Encoder | None,
    pack: PackFiles | None,
    languages: Sequence[str],
    *,
    names: Mapping[str, str] | None = None,
    engines: EngineSet | None = None,
    gates: Gates | None = None,
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
    engines, gates : optional
        The models, and which of them may write; without either, answers are quotations.
    """
    languages = tuple(languages) or ("en",)
    reader = reader_for(pack, languages)

    def writer_for(service: str, language: str) -> Writer | None:
        if engines is None or gates is None:
            return None
        model = engines.fit_model(service, language, gates)
        return Writer(model, engines.engine_for(model)) if model else None

    return Assistant(
        release=release,
        searcher=Searcher(release, encoder, reader, load_ranking()),
        detector=detector_for(pack),
        notices=notices_for(pack, reader.wording),
        contacts=contacts_for(pack),
        speech=Speech(pack, languages, names or {}),
        labels=load_labels(pack, reader.legal),
        answerable=load_answerable(),
        languages=languages,
        writer_for=writer_for,
        sentence_rules=load_rules(pack.path()).sentences if pack else {},
    )
