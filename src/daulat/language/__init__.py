# SPDX-License-Identifier: Apache-2.0
"""Language: which language is this, how is it written, and what does the nation call things.

Comes in: a citizen's words, and the data files of a country pack. Goes out: the language they are in, terms for search,
the same question in the words of the law, and the assistant's phrases in the asker's language. This room never stores
a question, never calls a model, and contains no country: everything particular is read from the pack.
"""

from daulat.language._cognates import read_vocabulary
from daulat.language._pack import PackFiles, primary
from daulat.language.abbreviations import Abbreviations, Meaning, abbreviations_for, looks_short
from daulat.language.analysis import Analyser, Rules, analyser_for
from daulat.language.contacts import Contacts, Office, contact_faults, contacts_for
from daulat.language.dates import long_date, tells_date
from daulat.language.detection import Detection, Detector, detector_for
from daulat.language.errors import LanguageError
from daulat.language.identifiers import Identifier, Identifiers, identifiers_for
from daulat.language.notices import SELF_HARM, Notices, notices_for
from daulat.language.phrases import Phrases, Said
from daulat.language.rulings import Ruling, Rulings, rulings_for
from daulat.language.wording import Expansion, Wording, wording_for

__all__ = [
    "SELF_HARM",
    "Abbreviations",
    "Analyser",
    "Contacts",
    "Detection",
    "Detector",
    "Expansion",
    "Identifier",
    "Identifiers",
    "LanguageError",
    "Meaning",
    "Notices",
    "Office",
    "PackFiles",
    "Phrases",
    "Rules",
    "Ruling",
    "Rulings",
    "Said",
    "Wording",
    "abbreviations_for",
    "analyser_for",
    "contact_faults",
    "contacts_for",
    "detector_for",
    "identifiers_for",
    "long_date",
    "looks_short",
    "notices_for",
    "primary",
    "read_vocabulary",
    "rulings_for",
    "tells_date",
    "wording_for",
]
