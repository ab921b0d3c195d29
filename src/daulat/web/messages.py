# SPDX-License-Identifier: Apache-2.0
"""The words of the pages: YAML files of the core and of a pack in, `Messages` out.

English in the core is complete; a pack adds a file a language, and a key it lacks is read from English. Words are
data: nothing here executes them, and templates escape them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from daulat.nation import read_yaml
from daulat.web.errors import MessagesError

FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Texts:
    """The words of one language. `live` also travels to the browser; `licences` says in words what an SPDX id means.

    `name` is how the language is offered: as its file says, else as CLDR does.
    """

    language: str
    name: str
    direction: str
    reviewed: bool
    page: Mapping[str, Any]
    live: Mapping[str, str]
    licences: Mapping[str, str]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Messages:
    """The words by language tag, in the order in which languages are offered."""

    texts: Mapping[str, Texts]

    def choose(self, wanted: str, accept_language: str) -> Texts:
        """Choose a language: the one asked for, else the first that the browser accepts, else the first offered.

        Examples
        --------
        >>> load_messages((), ["en"]).choose("", "fr;q=0.9, en;q=0.5").language
        'en'
        """
        for tag in (wanted, *accepted_languages(accept_language)):
            tag = tag.lower()
            found = self.texts.get(tag) or self.texts.get(tag.partition("-")[0])
            if found:
                return found
        return next(iter(self.texts.values()))


def accepted_languages(header: str) -> list[str]:
    """Order the language tags of an Accept-Language header by preference, withdrawn codes replaced.

    Examples
    --------
    >>> accepted_languages("en;q=0.5, in-ID, su;q=0.9, *;q=0.1, fr;q=²")
    ['id-ID', 'su', 'en']
    """
    # Old Android phones still say `in` and `jw`.
    aliases: Mapping[str, str] = get_global("language_aliases")
    weighted = []
    for item in header.split(","):
        tag, _, quality = item.strip().partition(";")
        language, dash, rest = tag.strip().partition("-")
        weight = quality.strip().removeprefix("q=") or "1"
        if language.isalpha() and weight.replace(".", "", 1).isdecimal() and float(weight) > 0:
            weighted.append((float(weight), f"{aliases.get(language, language)}{dash}{rest}"))
    return [tag for _, tag in sorted(weighted, key=lambda pair: -pair[0])]


def _own_name(tag: str) -> tuple[str, str]:
    try:
        locale = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return tag, "ltr"
    return locale.get_display_name() or tag, "rtl" if locale.text_direction == "rtl" else "ltr"


def _read(entry: Path) -> dict[str, Any]:
    data = read_yaml(entry).data
    if not isinstance(data, dict) or not isinstance(data.get("language"), str):
        raise _fault(f"{entry} has no `language`")
    for section in ("page", "live", "licences"):
        words = data.setdefault(section, {})
        if not isinstance(words, dict) or not all(isinstance(word, str | list) for word in words.values()):
            raise _fault(f"{entry}: every value under `{section}` is a text or a list of texts")
    return data


def _fault(what: str) -> MessagesError:
    return MessagesError(
        what,
        why="The page could not greet people in this language.",
        fix="Give the file the shape of daulat/web/messages/en.yaml: language, name, page, live, examples.",
        code="web.messages",
    )


def load_messages(folders: Iterable[Path], languages: Sequence[str]) -> Messages:
    """Read the words of a nation's languages.

    Parameters
    ----------
    folders : Iterable[Traversable]
        A pack's folders of `<language>.yaml`; later ones add to earlier ones.
    languages : Sequence[str]
        The nation's languages, BCP 47, in the order in which they are offered. Languages without words are left out;
        English, from the core, stands last where the nation does not name it.

    Raises
    ------
    MessagesError
        If a file has not the shape of messages.
    NationError
        If a file cannot be read, or is not YAML; with its line.

    Examples
    --------
    >>> list(load_messages((), ["et"]).texts)
    ['en']
    """
    core = _read(Path(__file__).with_name("messages") / f"{FALLBACK}.yaml")
    found = {FALLBACK: core}
    for folder in folders:
        for entry in sorted(folder.iterdir(), key=lambda item: item.name):
            if entry.name.endswith(".yaml"):
                data = _read(entry)
                found[data["language"]] = data
    offered = [tag for tag in dict.fromkeys((*languages, FALLBACK)) if tag in found]
    return Messages({tag.lower(): _merge(tag, core, found[tag]) for tag in offered})


def _merge(tag: str, core: Mapping[str, Any], data: Mapping[str, Any]) -> Texts:
    name, direction = _own_name(tag)
    return Texts(
        language=tag,
        name=str(data.get("name") or name),
        direction=direction,
        reviewed=bool(data.get("reviewed", True)),
        page={**core["page"], **data["page"]},
        live={**core["live"], **data["live"]},
        licences={**core["licences"], **data["licences"]},
        examples=tuple(data.get("examples") or ()),
    )
