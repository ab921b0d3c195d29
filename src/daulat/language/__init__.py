# SPDX-License-Identifier: Apache-2.0
"""Language: which language is this, how is it written, and what does the nation call things.

Comes in: a citizen's words, and the data files of a country pack. Goes out: the language they are in, terms for search,
the same question in the words of the law, and the assistant's phrases in the asker's language. This room never stores
a question, never calls a model, and contains no country: everything particular is read from the pack.
"""

from daulat.language._pack import PackFiles
from daulat.language.analysis import Analyser, Rules, analyser_for
from daulat.language.detection import Detection, Detector, detector_for
from daulat.language.wording import Expansion, Wording, wording_for

__all__ = [
    "Analyser",
    "Detection",
    "Detector",
    "Expansion",
    "PackFiles",
    "Rules",
    "Wording",
    "analyser_for",
    "detector_for",
    "wording_for",
]
