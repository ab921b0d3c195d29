# SPDX-License-Identifier: Apache-2.0
"""The words of an answer to safe HTML: paragraphs, lists, quotations, bold, links within this service, citation marks.

Takes the answer's text and its citations; returns markup for the page without script. HTML in the text stays text;
images and foreign links are never made. `static/markdown.js` does the same in the browser, to nodes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from markdown_it import MarkdownIt
from markupsafe import Markup

from daulat.assistant.types import Citation, Spoken

# Private-use characters stand for a citation mark while the text is being read; the answer's own are dropped first.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
# A source that is named by its number, anywhere but in a quoted line.
_AGAIN = re.compile(r"(?:^|\n)>[^\n]*|\[([0-9]{1,3})\](?!\()")
# So do others for a stretch in another language: open, its tag, begin, the words, end.
_SPOKEN, _BEGIN, _END = "\ue002", "\ue003", "\ue004"
_STRETCH = re.compile(f"{_SPOKEN}([A-Za-z0-9-]*){_BEGIN}([^{_END}]+){_END}")
# And one for a list of offices that is drawn elsewhere, as what it is.
LISTED = "\ue005"
_OWN = re.compile(f"[{_OPEN}-{LISTED}]")
_TORN = re.compile(f"{_SPOKEN}[^{_BEGIN}]*{_BEGIN}|{_END}")
_RULES = ["paragraph", "list", "blockquote", "heading", "emphasis", "link", "newline", "escape", "balance_pairs"]


def _same_origin(address: str) -> bool:
    return address.startswith("/") and not address.startswith(("//", "/\\"))


def _reader() -> MarkdownIt:
    reader = MarkdownIt("zero", {"breaks": True, "html": False}).enable(_RULES)
    reader.validateLink = _same_origin  # type: ignore[assignment, method-assign]
    return reader


def place_marks(
    text: str, citations: Sequence[Citation], spoken: Sequence[Spoken] = (), listed: Sequence[tuple[int, int]] = ()
) -> str:
    """Put a placeholder where each citation's marker and each list of offices stand in the text, and around each
    stretch in another language.

    Examples
    --------
    >>> here = Citation("p", "d", "Act", "1", "q", "in_force", "/p/p", start=3, end=6)
    >>> place_marks("Yes[1].", [here]) == "Yes\\ue0001\\ue001."
    True
    >>> place_marks("Call:\\n\\n- 112", (), listed=[(7, 12)]) == f"Call:\\n\\n{LISTED}"
    True
    """
    text = own_words(text)
    places = [
        (each.start, each.end, f"{_OPEN}{number}{_CLOSE}")
        for number, each in enumerate(citations, start=1)
        if each.start < each.end
    ]
    places += ((start, end, LISTED) for start, end in listed if start < end)
    for stretch in spoken:
        is_listed = any(start <= stretch.start and stretch.end <= end for start, end in listed)
        if stretch.end <= len(text) and not is_listed:
            places += (
                (stretch.start, stretch.start, f"{_SPOKEN}{stretch.language}{_BEGIN}"),
                (stretch.end, stretch.end, _END),
            )
    edge = len(text)
    for start, end, placeholder in sorted(places, key=lambda place: place[:2], reverse=True):
        if end <= edge:
            text = f"{text[:start]}{placeholder}{text[end:]}"
            edge = start
    return text


def place_again(text: str) -> str:
    """Put a placeholder also where a source is named again after its marker; a citation tells its first place only.

    Examples
    --------
    >>> place_again("Yes\\ue0001\\ue001. So too [1], not [2].\\n> or [1]").count("\\ue0001\\ue001")
    2
    """

    def named(found: re.Match[str]) -> str:
        mark = f"{_OPEN}{found[1]}{_CLOSE}"
        return mark if mark in text[: found.start()] else found[0]

    return _AGAIN.sub(named, text)


def own_words(text: str) -> str:
    """Return a text as `place_marks` leaves it: with spaces for the signs that are placeholders here."""
    return _OWN.sub(" ", text)


def without_marks(text: str) -> str:
    """Take the placeholders out again."""
    return _MARK.sub("", text)


def fence_quotes(text: str, citations: Sequence[Citation]) -> str:
    """Put every line of a citation's quote that stands whole in the text behind a ">", as quoted text is written.

    Examples
    --------
    >>> act = Citation("p", "d", "Act", "1", "(1) Satu.\\n(2) Dua.", "in_force", "/")
    >>> fence_quotes("Bunyinya: (1) Satu.\\n(2) Dua.", [act])
    'Bunyinya: \\n\\n> (1) Satu.\\n> (2) Dua.\\n\\n'
    """
    for quote in dict.fromkeys(citation.quote for citation in citations):
        fenced = "> " + quote.replace("\n", "\n> ")
        # A quote that stands so already may be part of a longer one, which is not to be torn.
        for written in (f"> {quote}", quote) if quote and fenced not in text else ():
            if written in text:
                text = text.replace(written, f"\n\n{fenced}\n\n")
                break
    return text


def quotations(text: str) -> list[tuple[bool, str]]:
    """Cut a text into stretches that are quoted (lines that begin with ">") and stretches that are not.

    Examples
    --------
    >>> quotations("Menurut undang-undang:\\n\\n> Setiap kelahiran\\n> dilaporkan.")
    [(False, 'Menurut undang-undang:\\n'), (True, 'Setiap kelahiran\\ndilaporkan.')]
    """
    stretches: list[tuple[bool, list[str]]] = []
    for line in text.split("\n"):
        quoted = line.startswith(">")
        if not stretches or stretches[-1][0] != quoted:
            stretches.append((quoted, []))
        stretches[-1][1].append(line[1:].removeprefix(" ") if quoted else line)
    return [(quoted, "\n".join(lines)) for quoted, lines in stretches if "".join(lines).strip()]


def before_introduction(text: str, number: int) -> str | None:
    """Return what a text with placeholders says before the paragraph that introduces this source; None where its last
    paragraph does not, or where it names other sources too.

    Examples
    --------
    >>> before_introduction("It was amended.\\n\\nSee also the Act \\ue0002\\ue001:", 2)
    'It was amended.'
    >>> before_introduction("See also the Act \\ue0002\\ue001:", 2), before_introduction("Both \\ue0001\\ue001:", 2)
    ('', None)
    """
    before, _, last = text.strip().rpartition("\n\n")
    return before if _MARK.findall(text) == _MARK.findall(last) == [str(number)] else None


def to_html(text: str, mark: Callable[[int], Markup]) -> Markup:
    """Render a text with placeholders; `mark` draws the citation mark of a number. Each block runs as its words do."""
    reader = _reader()
    blocks = reader.parse(text)
    for block in blocks:
        # Not within a block: a browser does not ask those that have a `dir` of their own which way the whole runs.
        if block.level == 0 and block.nesting == 1 and block.type != "heading_open":
            block.attrSet("dir", "auto")
    rendered: str = reader.renderer.render(blocks, reader.options, {})
    # Headings of an answer stand inside a page that has its own.
    rendered = re.sub(r"<(/?)h[1-6]>", lambda tag: "</strong></p>" if tag[1] else '<p dir="auto"><strong>', rendered)
    # A stretch that a block cut through is no longer one; its placeholders are not shown.
    rendered = _TORN.sub("", _STRETCH.sub(r'<span lang="\1">\2</span>', rendered))
    # The text is escaped by now, and the marks are our own markup.
    return Markup(_MARK.sub(lambda found: str(mark(int(found[1]))), rendered))  # noqa: S704
