# SPDX-License-Identifier: Apache-2.0
"""Detection: which of the nation's languages a question is in.

Comes in: a text, and the languages it may be in. Goes out: a `Detection`, always with an answer: where nothing can be
told, the nation's first language with low confidence. It never widens the choice beyond the languages given.

The script decides first (Unicode, CLDR likely subtags): one that no language given is written in tells nothing. Then
the pack's own model for the languages that it knows, a linear model over words and letter groups; then py3langid for
the others. Figures: docs/design/language.md
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from babel import Locale
from babel.core import get_global
from numpy.typing import NDArray

from daulat.language._ngrams import features, words_of
from daulat.language._pack import PackFiles, primary

_UNSURE = 0.2
# A best share below this, and less than twice that of the nation's first language, leaves the first the safer answer.
_LEAST_SHARE = 0.45
_LETTERS_READ = 2_000
# ISO 15924 codes of what is written with letters of a script whose name in Unicode is not the first word of CLDR's.
# Korean is not written with Chinese signs alone today, so that such a text is not taken for it.
_CODES = {
    "BENGALI": ("Beng",), "CANADIAN": ("Cans",), "CJK": ("Hani", "Hans", "Hant", "Jpan"), "HANGUL": ("Hang", "Kore"),
    "HIRAGANA": ("Hira", "Jpan"), "KATAKANA": ("Kana", "Jpan"), "LISU": ("Lisu",), "MEETEI": ("Mtei",),
    "MIAO": ("Plrd",), "NKO": ("Nkoo",), "ORIYA": ("Orya",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Detection:
    """What language a text is in.

    Parameters
    ----------
    language : str
        One of the languages given to `Detector.detect`, as it was given.
    confidence : float
        In [0, 1]; 0.2 where nothing could be told.
    """

    language: str
    confidence: float


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """A linear model: one weight for each bucket and language. Read from an `.npz` of plain arrays.

    Parameters
    ----------
    languages : tuple[str, ...]
        BCP 47 primary tags, one a column.
    weights : numpy.ndarray
        int8[buckets, languages].
    scale : float
        What one step of `weights` is worth.
    bias : numpy.ndarray
        float32[languages].
    """

    languages: tuple[str, ...]
    weights: NDArray[np.int8]
    scale: float
    bias: NDArray[np.float32]

    @classmethod
    def load(cls, path: Path) -> LanguageModel:
        """Read a model; arrays only, nothing in the file can run."""
        with np.load(path, allow_pickle=False) as data:
            languages = tuple(str(tag) for tag in data["languages"])
            return cls(languages, data["weights"], float(data["scale"]), data["bias"])

    def scores(self, words: list[str]) -> NDArray[np.float64]:
        """Return one score a language, natural-log scale, float64[languages]."""
        found = features(words, len(self.weights))
        summed = self.weights[found].sum(axis=0, dtype=np.int64)
        return np.asarray(summed * (self.scale / len(found) ** 0.5) + self.bias, dtype=np.float64)


class Detector:
    """Tells languages apart; safe to share between threads. Loads py3langid (4.6 MB) at the first text that needs it.

    Examples
    --------
    >>> detector_for(None).detect("Kuidas ma saan uue passi?", among=["et", "ru", "en"]).language
    'et'
    >>> detector_for(None).detect("???", among=["et", "ru"])
    Detection(language='et', confidence=0.2)
    """

    def __init__(self, model: LanguageModel | None) -> None:
        self._model = model

    def detect(self, text: str, among: Sequence[str]) -> Detection:
        """Return the language of `text`.

        Parameters
        ----------
        text : str
            Any text; only its beginning is read, some 400 words.
        among : Sequence[str]
            BCP 47 tags, the nation's first language first. At least one.

        Raises
        ------
        ValueError
            If `among` is empty.
        """
        if not among:
            raise ValueError("detect needs at least one language to choose from")
        script = _script_of(text)
        if not script:
            return _likeliest(among, {})
        return _likeliest(among, self._latin(text, among) if script == "LATIN" else self._other(text, script, among))

    def is_written_in(self, text: str, among: Sequence[str]) -> bool:
        """Say whether most letters of a text are of a script that one of the languages is mostly written in.

        Examples
        --------
        >>> [detector_for(None).is_written_in(text, ["id", "en"]) for text in ("Kapan?", "متى؟", "2024?")]
        [True, False, True]
        """
        script = _script_of(text)
        return not script or any(_likely_script(tag) in _codes_of(script) for tag in among)

    def _latin(self, text: str, among: Sequence[str]) -> dict[str, float]:
        known = self._model.languages if self._model else ()
        tags = [tag for tag in among if primary(tag) in known]
        if self._model is None or not tags:
            return self._general(text, among)
        words = words_of(text)
        if not words:
            return {}
        scores = self._model.scores(words)[[known.index(primary(tag)) for tag in tags]]
        odds = np.exp(scores - scores.max())
        return dict(zip(tags, (odds / odds.sum()).tolist(), strict=True))

    def _other(self, text: str, script: str, among: Sequence[str]) -> dict[str, float]:
        codes = _codes_of(script)
        tags = [tag for tag in among if _likely_script(tag) in codes]
        if len(tags) > 1:
            return self._general(text, tags)
        # Javanese is mostly in Latin letters today, yet text in Javanese letters is Javanese.
        subtags = get_global("likely_subtags")
        likely = {primary(subtags[f"und_{code}"]) for code in codes if f"und_{code}" in subtags}
        return dict.fromkeys(tags or [tag for tag in among if primary(tag) in likely][:1], 0.95)

    def _general(self, text: str, among: Sequence[str]) -> dict[str, float]:
        ranked = dict(self._identifier.rank(text[:_LETTERS_READ]))
        shares = {tag: float(ranked[primary(tag)]) for tag in among if primary(tag) in ranked}
        total = sum(shares.values())
        return {tag: share / total for tag, share in shares.items()} if total > 0 else {}

    @cached_property
    def _identifier(self) -> Any:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def detector_for(pack: PackFiles | None) -> Detector:
    """Build the detector of a nation: with its pack's own model if it brings one (`languages/detector.npz`)."""
    if pack is None or not pack.has("languages", "detector.npz"):
        return Detector(None)
    return Detector(LanguageModel.load(pack.path("languages", "detector.npz")))


def _likeliest(among: Sequence[str], shares: dict[str, float]) -> Detection:
    """Choose a language; those without a share divide what is left, ties keep their order, nothing known is unsure."""
    if not shares:
        return Detection(among[0], _UNSURE)
    missing = [tag for tag in among if tag not in shares]
    rest = max(0.0, 1 - sum(shares.values()))
    full = {tag: shares.get(tag, rest / len(missing) if missing else 0.0) for tag in among}
    first, best = among[0], max(full, key=lambda tag: full[tag])
    chosen = first if full[best] < _LEAST_SHARE and full[best] < 2 * full[first] else best
    return Detection(chosen, min(1.0, full[chosen]))


def _codes_of(script: str) -> Collection[str]:
    """Return the ISO 15924 codes of a script by its name in Unicode; none where CLDR does not know it.

    >>> _codes_of("THAI"), _codes_of("BENGALI"), _codes_of("LINEAR X")
    (('Thai',), ('Beng',), ())
    """
    names = Locale("en").scripts.items()
    return _CODES.get(script) or tuple(code for code, name in names if name.upper().split()[0] == script)


def _likely_script(tag: str) -> str:
    """Return the script that a language is most likely written in; Latin where CLDR does not know it.

    >>> [_likely_script(tag) for tag in ("ru", "zh-TW", "pa-PK", "uz-Cyrl", "en", "xx")]
    ['Cyrl', 'Hant', 'Arab', 'Cyrl', 'Latn', 'Latn']
    """
    language, *others = re.split("[-_]", tag)
    if script := next((part.title() for part in others if len(part) == 4 and part.isalpha()), ""):
        return script
    subtags = get_global("likely_subtags")
    known = (subtags[at] for part in others if (at := f"{language.lower()}_{part.upper()}") in subtags)
    return str(next(known, subtags.get(language.lower(), "und_Latn")).split("_")[1])


def _script_of(text: str) -> str:
    """Return the Unicode name of the script of most letters, such as LATIN; nothing when there are no letters."""
    counts = Counter(unicodedata.name(char, " ").split(" ", 1)[0] for char in text[:_LETTERS_READ] if char.isalpha())
    return counts.most_common(1)[0][0] if counts else ""
