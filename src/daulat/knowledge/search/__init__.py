# SPDX-License-Identifier: Apache-2.0
"""Search: a question in, the passages of a release that bear on it out, best first.

Words and meaning propose candidates, laws that the question names add theirs, and one small model over named
features ranks them. It reads a release and writes nothing; whether the best is good enough to answer is the
assistant's to decide.
"""

from daulat.knowledge.search.asked import LONGEST_QUERY, Asked, Reader, reader_for
from daulat.knowledge.search.bounded import BoundedSearcher, Places, within
from daulat.knowledge.search.candidates import Candidates
from daulat.knowledge.search.features import FEATURES, is_asked_for
from daulat.knowledge.search.filters import GENERAL_SERVICE, Filters
from daulat.knowledge.search.ranking import Ranking, Weights, load_ranking
from daulat.knowledge.search.searcher import Searcher

__all__ = [
    "FEATURES",
    "GENERAL_SERVICE",
    "LONGEST_QUERY",
    "Asked",
    "BoundedSearcher",
    "Candidates",
    "Filters",
    "Places",
    "Ranking",
    "Reader",
    "Searcher",
    "Weights",
    "is_asked_for",
    "load_ranking",
    "reader_for",
    "within",
]
