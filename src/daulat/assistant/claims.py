# SPDX-License-Identifier: Apache-2.0
"""Claims: a text in; what it commits to, word by word, out.

Every word becomes a term (its stem, or the law's word for a plain one), a number, or a sense: a duty, a permission, a
denial, a bound, a role. What carries no claim is left out. A number is read with what it counts and how it is bound.
Nothing here compares; see `daulat.assistant.agreement`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from daulat.assistant.vocabulary import Phrase, Vocabulary, words_of
from daulat.knowledge.cutting import SentenceRules, sentences
from daulat.language.analysis import plain_number

Voice = Literal["", "active", "passive"]

_TOKEN = re.compile(r"\d+(?:[.,/]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|[%.;:,()]")
_LABEL = re.compile(r"(?:^|(?<=\n))[^\S\n]*(?:\(\d{1,3}[a-z]?\)\s*|(?:\d{1,2}|[a-z]{1,2})[.)]\s+)+")
_BROKEN = re.compile(r"(?<=[^\W\d_])-\s+(?=[a-z])")  # a word that a line's end cut in two
_ROMAN = re.compile(r"(?=[IVXLCDM]{2,})M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
DENIALS = frozenset({"not", "must_not", "need_not", "cannot", "except", "free"})
DUTIES = frozenset({"must", "may", "right", *DENIALS})
JOINS = frozenset({"and", "or", "and_or"})
BOUNDS = frozenset({"at_most", "at_least", "more", "less"})
_NEAR = 8  # tokens before a number in which its bound may stand


@dataclass(frozen=True, slots=True)
class Token:
    """One thing said. `voice` is that of a verb; `surface` the word as written, lower case."""

    kind: Literal["term", "sense", "number", "stop"]
    value: str
    surface: str = ""
    voice: Voice = ""


@dataclass(frozen=True, slots=True)
class Number:
    """A number with what it counts or `names`, its bound, and the terms around it up to the numbers beside it."""

    value: str
    unit: str
    bound: str
    before: frozenset[str]
    after: frozenset[str]
    names: bool = False

    @property
    def said(self) -> tuple[str, str, str]:
        """What must be the same in two sentences."""
        return self.value, self.unit, self.bound


@dataclass(frozen=True)
class Claims:
    """What one statement commits to, in order."""

    tokens: tuple[Token, ...]
    numbers: tuple[Number, ...]
    terms: frozenset[str]
    surfaces: frozenset[str]
    followed: Mapping[str, frozenset[str]]


# A word that claims nothing, but parts those beside it.
_GAP = Token("stop", "")


def claims_of(text: str, vocabulary: Vocabulary) -> Claims:
    """Read a text."""
    parted = read(text, vocabulary)
    tokens = tuple(_counted([token for token in parted if token != _GAP]))
    terms = [token for token in tokens if token.kind == "term"]
    return Claims(
        tokens,
        tuple(_numbers(tokens, vocabulary)),
        frozenset(token.value for token in terms),
        frozenset(token.surface for token in terms),
        _followed(parted),
    )


def _followed(tokens: Sequence[Token]) -> Mapping[str, frozenset[str]]:
    """Return the terms that come right after each term; the empty one where it stands alone."""
    found: dict[str, set[str]] = {}
    for token, following in zip(tokens, [*tokens[1:], _GAP], strict=True):
        if token.kind == "term":
            found.setdefault(token.value, set()).add(following.value if following.kind == "term" else "")
    return {term: frozenset(each) for term, each in found.items()}


def statements_of(
    text: str, language: str, rules: Mapping[str, SentenceRules], vocabulary: Vocabulary
) -> list[list[Claims]]:
    """Read the statements of a passage, in order: each sentence, and after it each item of its list with its opening.

    Parameters
    ----------
    text : str
        Of the passage.
    language : str
        Of it; with `rules` it says where sentences end.
    """
    found: list[list[Claims]] = []
    opening = ""
    for start, end in sentences(text, language, rules):
        said = text[start:end]
        if opening and _LABEL.match(said) and not said.lstrip().startswith("("):
            said = f"{opening}\n{said}"
        head, colon, items = said.partition(":")
        opening = head + colon if colon else ""
        parts = [said]
        if "\n" in items.strip():
            parts += [f"{head}: {_LABEL.sub(' ', item)}" for item in items.split("\n") if item.strip()]
        found.append([claims_of(_BROKEN.sub("", _LABEL.sub(" ", part)), vocabulary) for part in parts])
    return found


def read(text: str, vocabulary: Vocabulary, again: int = 2) -> list[Token]:
    """Return the tokens of a text; `again` is how often plain words may be put into others, one after the other."""
    surfaces = _TOKEN.findall(text)
    words = _without(["".join(words_of(surface)) or surface for surface in surfaces], vocabulary)
    tokens: list[Token] = []
    at = 0
    while at < len(words):
        surface = surfaces[at]
        if surface in ".;:,":
            tokens.append(Token("stop", surface))
        elif surface[0].isdigit():
            tokens.append(Token("number", "/".join(map(plain_number, surface.split("/")))))
        elif surface not in "()":
            phrase = _phrase_at(words, at, vocabulary)
            if phrase is None or (phrase.kind == "same" and not again):
                tokens += _unlisted(surfaces, words, at, vocabulary)
                at += _unlisted_length(words, at, vocabulary)
                continue
            if phrase.kind in ("value", "times", "teen"):
                value, at = _spelt(words, at, vocabulary)
                tokens.append(Token("number", value))
                continue
            tokens += _said(phrase, surfaces[at : at + len(phrase.words)], vocabulary, again)
            at += len(phrase.words)
            continue
        at += 1
    return tokens


def _said(phrase: Phrase, surfaces: Sequence[str], vocabulary: Vocabulary, again: int) -> list[Token]:
    if phrase.kind == "same":
        return read(phrase.value, vocabulary.law or vocabulary, again - 1)
    if phrase.kind == "free":
        return [_GAP]
    surface = " ".join(surfaces).casefold()
    if phrase.kind == "sense":
        return [Token("sense", phrase.value, surface)]
    return [Token("term", phrase.value, surface, _voice(surface, vocabulary))]


def _phrase_at(words: Sequence[str], at: int, vocabulary: Vocabulary) -> Phrase | None:
    for phrase in vocabulary.phrases.get(words[at], ()):
        if tuple(words[at : at + len(phrase.words)]) == phrase.words:
            return phrase
    return None


def _without(words: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    """Return the words without endings such as "its", where a list knows them so and not otherwise."""
    return [
        word if word in vocabulary.listed or bare not in vocabulary.listed else bare
        for word, bare in ((word, vocabulary.ending.sub("", word)) for word in words)
    ]


def _unlisted_length(words: Sequence[str], at: int, vocabulary: Vocabulary) -> int:
    """Count the words that are glossed together: those up to the next that a list knows."""
    if vocabulary.gloss is None:
        return 1
    end = at + 1
    while end < len(words) and words[end].isalpha() and _phrase_at(words, end, vocabulary) is None:
        end += 1
    return end - at


def _unlisted(surfaces: Sequence[str], words: Sequence[str], at: int, vocabulary: Vocabulary) -> list[Token]:
    if vocabulary.gloss is not None and vocabulary.law is not None:
        run = " ".join(surfaces[at : at + _unlisted_length(words, at, vocabulary)])
        return read(vocabulary.gloss(run), vocabulary.law)
    surface = surfaces[at]
    if _ROMAN.fullmatch(surface):
        return [Token("number", str(_roman(surface)))]
    word = surface.casefold()
    voice = _voice(word, vocabulary)
    return [Token("term", vocabulary.roots.get(stem, stem), word, voice) for stem in vocabulary.terms(surface)]


def _voice(word: str, vocabulary: Vocabulary) -> Voice:
    return "passive" if vocabulary.passive.match(word) else "active" if vocabulary.active.match(word) else ""


def _spelt(words: Sequence[str], at: int, vocabulary: Vocabulary) -> tuple[str, int]:
    """Return the number that is written in words from there on, and where it ends."""
    total, group, digits = 0.0, 0.0, 0.0
    while at < len(words) and (phrase := _phrase_at(words, at, vocabulary)):
        value = float(phrase.value) if phrase.kind in ("value", "times", "teen") else 0.0
        if phrase.kind == "value" and value >= 1000:
            total += value
        elif phrase.kind == "value" and value >= 100:
            group += value
        elif phrase.kind == "value":
            # "twenty one" goes on; "seven eight" is two numbers.
            if digits and value >= 1 and (digits % 10 or value >= 10):
                break
            digits += value
        elif phrase.kind == "teen":
            digits += value
        elif phrase.kind == "times" and value >= 1000:
            total, group, digits = total + (group + digits or 1) * value, 0.0, 0.0
        elif phrase.kind == "times":
            group, digits = group + (digits or 1) * value, 0.0
        else:
            break
        at += len(phrase.words)
    return f"{total + group + digits:.10g}" if total < 1e10 else str(int(total + group + digits)), at


def _roman(word: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in word]
    return sum(-now if now < after else now for now, after in zip(values, [*values[1:], 0], strict=True))


def _counted(tokens: Sequence[Token]) -> Iterator[Token]:
    """Leave out a number that only repeats, in words, the one before it."""
    for at, token in enumerate(tokens):
        if token.kind != "number" or at == 0 or tokens[at - 1] != token:
            yield token


def _numbers(tokens: Sequence[Token], vocabulary: Vocabulary) -> Iterator[Number]:
    places = [at for at, token in enumerate(tokens) if token.kind == "number"]
    for n, at in enumerate(places):
        last = places[n - 1] + 1 if n else 0
        following = places[n + 1] if n + 1 < len(places) else len(tokens)
        unit = _unit(tokens, at, vocabulary)
        yield Number(
            tokens[at].value,
            unit,
            _bound(tokens, last, at),
            frozenset(token.value for token in tokens[last:at] if token.kind == "term"),
            frozenset(token.value for token in tokens[at + 1 : following] if token.kind == "term"),
            unit in vocabulary.labels and unit not in vocabulary.units,
        )


def _unit(tokens: Sequence[Token], at: int, vocabulary: Vocabulary) -> str:
    """Return what a number counts, or what it is the number of."""
    before, after = tokens[at - 1] if at else None, tokens[at + 1] if at + 1 < len(tokens) else None
    if before is not None and before.kind == "term" and before.value in vocabulary.labels:
        return before.value
    if after is not None and after.kind == "term" and after.value in vocabulary.units:
        return after.value
    return ""


def _bound(tokens: Sequence[Token], last: int, at: int) -> str:
    """Return how a number is bound: by what stands before it, after its unit, or before the list that it stands in."""
    for token in reversed(tokens[max(last, at - _NEAR) : at]):
        if token.kind == "stop" and token.value in ".;:":
            break
        if token.kind == "sense" and token.value in BOUNDS:
            return token.value
    for token in tokens[at + 1 : at + 3]:
        if token.kind == "sense" and token.value.startswith("or_"):
            return {"or_more": "at_least", "or_less": "at_most"}[token.value]
    colon = next((n for n, token in enumerate(tokens[:at]) if token.value == ":" and token.kind == "stop"), 0)
    for token in reversed(tokens[:colon]):
        if token.kind == "number":
            break
        if token.kind == "sense" and token.value in BOUNDS:
            return token.value
    return ""


def terms_after(tokens: Sequence[Token], at: int, most: int) -> list[str]:
    """Return the terms and numbers behind a place, in order, within the sentence."""
    found: list[str] = []
    for token in tokens[at + 1 :]:
        if len(found) == most or (token.kind == "stop" and token.value in ".;:"):
            break
        if token.kind in ("term", "number"):
            found.append(token.value)
    return found


def terms_before(tokens: Sequence[Token], at: int, most: int) -> list[str]:
    """Return the terms and numbers before a place, in order."""
    return [token.value for token in tokens[:at] if token.kind in ("term", "number")][-most:]


def head_of_clause(tokens: Sequence[Token], at: int) -> str:
    """Return the first term of the clause that stands before a place."""
    start = clause_start(tokens, at)
    return next((token.value for token in tokens[start:at] if token.kind == "term"), "")


def opening_name(tokens: Sequence[Token], at: int) -> list[str]:
    """Return the terms that the clause of a place opens with, up to its first sense or verb."""
    name: list[str] = []
    for token in tokens[clause_start(tokens, at) : at]:
        if token.kind != "term" or (name and token.voice):
            break
        name.append(token.value)
    return name[:3]


def clause_start(tokens: Sequence[Token], at: int) -> int:
    """Return where the clause of a place begins."""
    return max((n + 1 for n, token in enumerate(tokens[:at]) if token.kind == "stop"), default=0)
