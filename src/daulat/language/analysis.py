# SPDX-License-Identifier: Apache-2.0
"""Analysis: from text to the terms that a lexical index stores and a query looks up.

Comes in: text in a known language. Goes out: a list of terms, in order, folded and stemmed. It never guesses the
language (`daulat.language.detection` does), never looks at an index, never reads a file after `analyser_for` returned.

The rules of a language are data: `languages/<tag>.yaml` in the pack, else `rules/<tag>.yaml` beside this file, else
what Snowball and Unicode offer. Why these rules: docs/concepts/language.md
"""

from __future__ import annotations

import itertools
import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import Stemmer
import yaml
from babel import Locale, UnknownLocaleError

from daulat.language._pack import PackFiles, primary

# One match is one written word: a number with its inner marks, or letters joined by hyphens and apostrophes.
_WORD = re.compile(r"\d+(?:[.,/:\-]\d+)*[^\W\d_]*|[^\W\d_]+(?:['’ʼ\-‐‑][^\W\d_]+)*")
_INNER_MARKS = re.compile(r"['’ʼ]")
_HYPHENS = re.compile(r"[\-‐‑]")
_GROUPED = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*(?:(?!\1)[.,]\d{1,2})?")
_ROMAN = re.compile(r"(?=[ivx]{2,})x{0,3}(?:ix|iv|v?i{0,3})")
# Scripts whose letters carry marks, or that write without spaces, take the careful path.
_CAREFUL = re.compile("[\u0590-\u1fff\u2c00-\u2ddf\u2e80-\ud7ff\uf900-\ufdff\ufe70-\ufeff\U00010000-\U0003ffff]")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u1b00-\u1b7f\u3040-\u30ff\u3400-\u9fff\ua980-\ua9df]"
)
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10}
_MOST_REMEMBERED = 40_000  # words, and as many runs of signs between spaces
_LONGEST_REMEMBERED = 64  # characters: whoever writes without spaces fills no memory


@dataclass(frozen=True, slots=True)
class Rules:
    """How one language is written, as far as finding words again is concerned. Read from YAML.

    Parameters
    ----------
    language : str
        BCP 47 primary tag.
    stemmer : str
        Name of a Snowball algorithm, or empty for none.
    stop_words : frozenset[str]
        Words that carry no content, folded.
    stems : Mapping[str, str]
        The right stem for words, or for stems of the algorithm, that it gets wrong; folded.
    suffixes : tuple[str, ...]
        Light endings to strip where there is no algorithm, longest first.
    reduplication : bool
        Whether `anak-anak` is one word said twice.
    apostrophe : {"join", "split"}
        Whether an apostrophe is part of a word (`jum'at`) or parts two (`l'école`).
    fold_before_stemming : bool
        Whether diacritics carry no meaning for the stemmer.
    roman_numerals : bool
        Whether `VII` is also the number 7.
    """

    language: str
    stemmer: str = ""
    stop_words: frozenset[str] = frozenset()
    stems: Mapping[str, str] = field(default_factory=dict)
    suffixes: tuple[str, ...] = ()
    reduplication: bool = False
    apostrophe: Literal["join", "split"] = "split"
    fold_before_stemming: bool = False
    roman_numerals: bool = True


class Analyser:
    """Turns text in one language into terms.

    Numbers are kept, both as written and in parts. No word goes over a space, so each run of signs between spaces is
    read once and remembered, and so is each word: the second passage is faster than the first. Safe to share between
    threads.

    Parameters
    ----------
    rules : Rules
    mend : callable
        What is done to a text before it is cut; it goes over no space either.

    Examples
    --------
    >>> english = analyser_for("en", None)
    >>> english.terms("The children's births under Law 23/2006, Chapter IV")
    ['children', 'birth', 'under', 'law', '23/2006', '23', '2006', 'chapter', '4']
    """

    def __init__(self, rules: Rules, mend: Callable[[str], str] = str) -> None:
        self.rules = rules
        self.language = rules.language
        self._mend = mend
        self._runs, self._words = _Known(self._read), _Known(self._analyse)
        # A Snowball stemmer keeps state between calls; two threads in one of them return mixed words.
        self._lock = threading.Lock()
        self._stem = _stem_function(rules)

    def terms(self, text: str) -> list[str]:
        """Return the terms of `text` in order; stop words are left out, nothing else is lost.

        Parameters
        ----------
        text : str
            Any text, of any length and script.

        Returns
        -------
        list[str]
            Terms, not unique; empty when the text holds no letters or digits.
        """
        if not text.isascii() and _CAREFUL.search(text):
            return list(self._read(text))
        return list(itertools.chain.from_iterable(map(self._runs.__getitem__, text.split())))

    def _read(self, text: str) -> Iterable[str]:
        text = self._mend(text)
        if text.isascii():
            words = _WORD.findall(text.casefold())
        else:
            text = unicodedata.normalize("NFKC", text).casefold()
            words = _WORD.findall(text) if _CAREFUL.search(text) is None else _careful_words(text)
        return itertools.chain.from_iterable(map(self._words.__getitem__, words))

    def _analyse(self, word: str) -> list[str]:
        if word[0].isdigit():
            return _number_terms(word)
        if self.rules.apostrophe == "join":
            word = _INNER_MARKS.sub("", word)
            parts = _HYPHENS.split(word)
        else:
            parts = [part for piece in _HYPHENS.split(word) for part in _unquoted(piece)]
        if self.rules.roman_numerals and len(parts) == 1 and _ROMAN.fullmatch(word):
            return [str(_roman_value(word))]
        stems = [stem for part in parts if (stem := self._stem_of(part))]
        if self.rules.reduplication and len(stems) == 2 and stems[0] == stems[1]:
            return stems[:1]
        return stems

    def _stem_of(self, part: str) -> str:
        rules, folded = self.rules, fold(part)
        if folded in rules.stop_words:
            return ""
        if folded in rules.stems:
            return rules.stems[folded]
        with self._lock:
            stem = self._stem(folded if rules.fold_before_stemming else part)
        stem = fold(stem)
        return rules.stems.get(stem, stem)


class _Known(dict[str, tuple[str, ...]]):
    """The terms of what was met so far; what is new is read when it is looked up."""

    def __init__(self, read: Callable[[str], Iterable[str]]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> tuple[str, ...]:
        terms = tuple(self._read(text))
        if len(text) <= _LONGEST_REMEMBERED:
            if len(self) >= _MOST_REMEMBERED:
                self.clear()
            self[text] = terms
        return terms


def analyser_for(language: str, pack: PackFiles | None) -> Analyser:
    """Choose the analyser of a language: the pack's rules, else the core's, else Snowball's and Unicode's.

    Parameters
    ----------
    language : str
        BCP 47 tag; only its primary subtag decides. Unknown and empty tags are analysed by Unicode alone.
    pack : PackFiles or None
        The country pack, where there is one.

    Examples
    --------
    >>> analyser_for("fr", None).terms("L'acte de naissance")
    ['acte', 'de', 'naissanc']
    """
    return Analyser(rules_for(language, pack))


def rules_for(language: str, pack: PackFiles | None) -> Rules:
    """Read the rules of a language from the pack, else from the core, else make them from what Snowball knows."""
    tag = primary(language)
    name = ("languages", f"{tag}.yaml")
    if tag and pack is not None and pack.has(*name) and "analysis" in (data := pack.yaml(*name)):
        return _rules(tag, data)
    core = Path(__file__).parent / "rules" / f"{tag}.yaml"
    if tag.isalpha() and core.is_file():
        return _rules(tag, yaml.safe_load(core.read_text(encoding="utf-8")))
    return Rules(tag, stemmer=_snowball_name(tag))


def fold(word: str) -> str:
    """Drop the diacritics of Latin letters and the vowel marks of Arabic; other scripts need theirs.

    >>> fold("kémah"), fold("й"), fold("straße")
    ('kemah', 'й', 'straße')
    """
    if word.isascii():
        return word
    kept: list[str] = []
    is_latin = False
    for char in unicodedata.normalize("NFD", word):
        if "\u0300" <= char <= "\u036f":
            if is_latin:
                continue
        elif "\u064b" <= char <= "\u065f" or char in "\u0670\u0640":
            continue
        else:
            is_latin = unicodedata.name(char, "").startswith("LATIN")
        kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept))


def unmarked(text: str) -> str:
    """Fold a text letter by letter, so that every letter stays in its place.

    >>> unmarked("Apa tegesé “akte”?")
    'Apa tegese “akte”?'
    """
    return text if text.isascii() else "".join(new if len(new := fold(char)) == 1 else char for char in text)


def _rules(tag: str, data: Mapping[str, Any]) -> Rules:
    analysis = data["analysis"]
    return Rules(
        tag,
        stemmer=analysis.get("stemmer") or "",
        stop_words=frozenset(fold(word) for word in (analysis.get("stop_words") or "").split()),
        stems={fold(word): stem for stem, words in (analysis.get("stems") or {}).items() for word in words.split()},
        suffixes=tuple(sorted((analysis.get("suffixes") or "").split(), key=len, reverse=True)),
        reduplication=bool(analysis.get("reduplication", False)),
        apostrophe=analysis.get("apostrophe", "split"),
        fold_before_stemming=bool(analysis.get("fold_before_stemming", False)),
        roman_numerals=bool(analysis.get("roman_numerals", True)),
    )


def _snowball_name(tag: str) -> str:
    try:
        name = (Locale(tag).english_name or "").casefold()
    except (UnknownLocaleError, ValueError):
        return ""
    return name if name in Stemmer.algorithms() else ""


def _stem_function(rules: Rules) -> Callable[[str], str]:
    if rules.stemmer:
        stem: Callable[[str], str] = Stemmer.Stemmer(rules.stemmer).stemWord
        return stem
    if rules.suffixes:
        return lambda word: _without_suffix(word, rules.suffixes)
    return str


def _without_suffix(word: str, suffixes: tuple[str, ...]) -> str:
    # Four letters must stay: shorter roots are too easily made equal to each other.
    return next((word[: -len(end)] for end in suffixes if word.endswith(end) and len(word) - len(end) >= 4), word)


def _unquoted(piece: str) -> list[str]:
    parts = _INNER_MARKS.split(piece)
    return [part for part in parts if len(part) > 1] if len(parts) > 1 else parts


def plain_number(written: str) -> str:
    """Return a number as a machine writes it: thousands together, a point before decimals, no zeros at their end.

    Parameters
    ----------
    written : str
        Digits with inner `.` and `,`. Groups of three are read as thousands, as law writes amounts.

    Examples
    --------
    >>> [plain_number(each) for each in ("50.000.000,00", "50,000,000", "1,5", "1.50", "15", "2.5.1")]
    ['50000000', '50000000', '1.5', '1.5', '15', '2.5.1']
    """
    grouped = _GROUPED.fullmatch(written)
    plain = (written.replace(grouped[1], "") if grouped else written).replace(",", ".")
    return plain.rstrip("0").rstrip(".") if plain.count(".") == 1 else plain


def _number_terms(word: str) -> list[str]:
    """Keep a number as written and in parts; grouped thousands become one plain number.

    >>> _number_terms("23/2006"), _number_terms("1.000.000,50"), _number_terms("28h")
    (['23/2006', '23', '2006'], ['1000000'], ['28h'])
    """
    if _GROUPED.fullmatch(word):
        return [plain_number(word).partition(".")[0]]
    parts = re.split(r"[.,/:\-]", word)
    return [word, *parts] if len(parts) > 1 else [word]


def _roman_value(word: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in word]
    return sum(-now if now < after else now for now, after in zip(values, [*values[1:], 0], strict=True))


def _careful_words(text: str) -> list[str]:
    """Cut text whose letters carry marks; scripts without spaces give overlapping pairs of signs.

    >>> _careful_words("akta 出生証明 ꦲꦏ꧀ꦱꦫ")
    ['akta', '出生', '生証', '証明', 'ꦲꦏ꧀', 'ꦏ꧀ꦱ', 'ꦱꦫ']
    """
    words: list[str] = []
    for run in _runs(text):
        if _UNSPACED.match(run):
            signs = _signs(run)
            words.extend(a + b for a, b in itertools.pairwise(signs)) if len(signs) > 1 else words.append(run)
        elif _CAREFUL.match(run):
            words.append(run)
        else:
            words.extend(_WORD.findall(run))
    return words


def _runs(text: str) -> list[str]:
    """Part text at spaces and signs, and where an unspaced script meets another; marks stay with their letter."""
    runs: list[list[str]] = [[]]
    was_unspaced = False
    for char in text:
        is_mark = unicodedata.category(char)[0] == "M"
        if not is_mark and not char.isalnum() and char not in "./,:-'’":
            runs.append([])
            continue
        unspaced = was_unspaced if is_mark and runs[-1] else _UNSPACED.match(char) is not None
        if unspaced != was_unspaced and runs[-1]:
            runs.append([])
        was_unspaced = unspaced
        runs[-1].append(char)
    joined = ("".join(run).strip("./,:-'’") for run in runs)
    return [run for run in joined if run and any(char.isalnum() for char in run)]


def _signs(run: str) -> list[str]:
    signs: list[str] = []
    for char in run:
        if signs and unicodedata.category(char)[0] == "M":
            signs[-1] += char
        else:
            signs.append(char)
    return signs
