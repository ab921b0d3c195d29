# SPDX-License-Identifier: Apache-2.0
"""Who names a law to a service that does not answer from it is told so, and which service does."""

from __future__ import annotations

import pytest

from daulat.assistant import open_assistant

from .acts import LANGUAGES
from .conftest import NAMES, Asked

HEALTH = "Undang-Undang Nomor 36 Tahun 2009 tentang Kesehatan"
SERVICES = {
    "public-services": {"id": "Layanan publik", "en": "Public services"},
    "health": {"id": "Kesehatan", "en": "Health"},
    "civil-registry": {"id": "Kependudukan", "en": "Civil registry"},
}


@pytest.fixture(scope="module")
def served(release, encoder, pack) -> Asked:
    return Asked(open_assistant(release, encoder, pack, LANGUAGES, names=NAMES, services=SERVICES))


@pytest.mark.parametrize(
    ("question", "says"),
    [
        (
            "Apa isi pasal 4 UU 36/2009?",
            f"Layanan ini tidak menjawab dari {HEALTH}, jadi saya tidak menjawabnya di sini. "
            "Silakan tanyakan kepada: Layanan publik, Kesehatan.",
        ),
        (
            "What does article 4 of Law 36/2009 say?",
            f"This service does not answer from {HEALTH}, so I do not answer it here. "
            "Ask instead: Public services, Health.",
        ),
        ("Apakah UU 36/2009 masih berlaku?", f"Layanan ini tidak menjawab dari {HEALTH}"),
        ("UU 36/2009 pasal 4 isine punapa nggih?", f"Layanan punika mboten mangsuli saking {HEALTH}"),
        ("Naon eusi pasal 4 UU 36/2009 teh?", f"Palayanan ieu henteu ngawaler tina {HEALTH}"),
    ],
)
def test_a_law_of_other_services_is_said_to_be_theirs(served, question, says):
    answer = served(question, service="civil-registry")
    assert (answer.mode, answer.answered, answer.citations) == ("declined", False, ())
    assert answer.text.startswith(says)


def test_the_offices_named_are_those_of_the_law_and_not_of_the_service(served):
    answer = served("Apa isi pasal 4 UU 36/2009?", service="civil-registry")
    # The offices of health in the pack's contacts.yaml; that of the registry is 1500537.
    assert {office.phone for office in answer.contacts} == {"165", "1500567"}


def test_where_no_other_service_is_declared_none_is_named(judging):
    answer = judging("Apa isi pasal 4 UU 36/2009?", service="civil-registry")
    assert answer.text.startswith(f"Layanan ini tidak menjawab dari {HEALTH}, jadi saya tidak menjawabnya di sini.\n")


@pytest.mark.parametrize(
    ("question", "service"),
    [
        ("Apa isi pasal 4 UU 99/2020?", "civil-registry"),  # a law that is not here
        ("Siapa juara piala dunia 2030 menurut UU 36/2009?", "health"),  # a law that it answers from
        ("Siapa juara piala dunia 2030?", "civil-registry"),
    ],
)
def test_of_anything_else_it_is_not_said(served, question, service):
    assert "Layanan ini tidak menjawab" not in served(question, service=service).text
