# SPDX-License-Identifier: Apache-2.0
"""PDF: a file in, the lines of its pages out; pages that are pictures are read by Tesseract, where it is installed.

Page numbers and lines that repeat at the edges of most pages are left out, see `furniture`; words that were parted at
the end of a line are whole again, see `_breaks`, and lines that are set larger are headings, see `_larger`. Forms,
scripts and attachments are never touched.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pypdfium2 as pdfium
from pypdfium2.raw import FPDF_PAGEOBJ_TEXT

from daulat.knowledge.readers._breaks import without_breaks, written_words
from daulat.knowledge.readers._larger import Line, blocks_of, lines_of
from daulat.knowledge.readers.base import Extract, Limits, ReadingError
from daulat.knowledge.readers.furniture import places_of_text

OCR_DPI = 300
_FEW_LETTERS = 20  # a page with fewer is a picture, or empty
_MOST_PIXELS = 40_000_000


def read_pdf(path: Path, limits: Limits) -> Extract:
    """Read a PDF page by page."""
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        raise _unreadable(path, str(error)) from error
    with document:
        if len(document) > limits.pages:
            raise ReadingError(
                f"{path.name} has {len(document):,} pages; the limit is {limits.pages:,}", fix="Split it."
            )
        pages = _text_layer(document, path, limits)
        by_ocr, notes, retryable = _read_pictures(document, pages, path, limits)
    kept = places_of_text([page.lines for page in pages])
    blocks = blocks_of([[page.line(place) for place in places] for page, places in zip(pages, kept, strict=True)])
    return Extract(tuple(blocks), by_ocr=by_ocr, notes=notes, retryable=retryable)


@dataclass
class _Page:
    """The lines of a page, how they are set where that is told, and whether something else than text is drawn on it."""

    lines: list[str] = field(default_factory=list)
    drawn: bool = False
    set_in: list[Line] = field(default_factory=list)

    def line(self, place: int) -> Line:
        return replace(self.set_in[place], text=self.lines[place]) if self.set_in else Line(self.lines[place])


def _text_layer(document: pdfium.PdfDocument, path: Path, limits: Limits) -> list[_Page]:
    pages: list[_Page] = []
    total = 0
    for number in range(len(document)):
        try:
            sheet = document[number]
            set_in = lines_of(sheet.get_textpage())
            lines = [line.text for line in set_in]
            few = _letters(lines) < _FEW_LETTERS
            drawn = few and any(part.type != FPDF_PAGEOBJ_TEXT for part in sheet.get_objects(max_depth=2))
        except pdfium.PdfiumError as error:
            raise ReadingError(f"{path.name}: page {number + 1} is damaged", fix="Fetch the file again.") from error
        total += sum(map(len, lines))
        if total > limits.text_chars:
            raise ReadingError(f"{path.name} holds more than {limits.text_chars:,} characters", fix="Split the file.")
        pages.append(_Page(lines, drawn, set_in))
    written = written_words(line for page in pages for line in page.lines)
    for page in pages:
        page.lines = [without_breaks(line, written) for line in page.lines]
    return pages


def _letters(lines: Sequence[str]) -> int:
    return sum(letter.isalpha() for line in lines for letter in line)


def _read_pictures(
    document: pdfium.PdfDocument, pages: list[_Page], path: Path, limits: Limits
) -> tuple[bool, tuple[str, ...], bool]:
    """Read the pages that are pictures; say whether there were such, which could not be read, and if others could.

    A document of which most are pictures is a scan, and is not read without Tesseract.
    """
    few = [number for number, page in enumerate(pages) if _letters(page.lines) < _FEW_LETTERS]
    pictures = [number for number in few if pages[number].drawn]
    if not pictures and not any(_letters(page.lines) for page in pages):  # what it shows is drawn in some other way
        pictures = few
    if not pictures:
        return False, (), False
    try:
        _need_tesseract(path, len(pictures), limits)
    except ReadingError as error:
        if len(pictures) >= len(pages) / 2:
            raise
        return False, (f"{_named(pictures)} not read, for there is no text in it but a picture. {error.fix}",), True
    empty: list[int] = []
    for number in pictures:
        page = pages[number]
        # The text of a stamp or a page number may lie over the picture of a page.
        read = _ocr(document[number], limits)
        if _letters(read) > _letters(page.lines):
            page.lines, page.set_in = read, []
        if _letters(page.lines) < _FEW_LETTERS:
            empty.append(number)
    notes = (f"{_named(empty)} not read, for no text was found in the picture.",) if empty else ()
    return len(empty) < len(pictures), notes, False


def _named(numbers: Sequence[int]) -> str:
    """Name pages, which are counted from 0 here, as readers count them: `pages 3, 8–10 were`."""
    starts = [number for before, number in pairwise([-2, *numbers]) if number != before + 1]
    ends = [number for number, after in pairwise([*numbers, -2]) if after != number + 1]
    runs = [
        f"{start + 1}" if start == end else f"{start + 1}–{end + 1}" for start, end in zip(starts, ends, strict=True)
    ]
    return f"page {runs[0]} was" if len(numbers) == 1 else f"pages {', '.join(runs)} were"


def _need_tesseract(path: Path, pictures: int, limits: Limits) -> None:
    language = limits.ocr_language
    program = shutil.which("tesseract")
    installed: list[str] = []
    if program:
        listed = subprocess.run([program, "--list-langs"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
        installed = listed.stdout.split()
    if program is None or language not in installed:
        raise ReadingError(
            f"{path.name}: {pictures} pages are pictures, and there is no Tesseract with `{language}` to read them",
            fix=f"Install the Debian packages tesseract-ocr and tesseract-ocr-{language}, then build again.",
            retryable=True,
        )


def _ocr(page: pdfium.PdfPage, limits: Limits) -> list[str]:
    width, height = page.get_size()
    scale = min(OCR_DPI / 72, (_MOST_PIXELS / max(1.0, width * height)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True)
    picture = b"P5 %d %d 255\n" % (bitmap.width, bitmap.height)
    rows = memoryview(bytes(bitmap.buffer))
    picture += b"".join(rows[row * bitmap.stride :][: bitmap.width] for row in range(bitmap.height))
    command = [
        shutil.which("tesseract") or "tesseract",
        "stdin",
        "stdout",
        "-l",
        limits.ocr_language,
        "--dpi",
        str(OCR_DPI),
    ]
    done = subprocess.run(command, input=picture, capture_output=True, timeout=limits.seconds, check=False)  # noqa: S603
    if done.returncode:
        raise ReadingError(
            f"Tesseract failed: {done.stderr.decode(errors='replace')[:200]}",
            fix="Check its installation.",
            retryable=True,
        )
    return [line.strip() for line in done.stdout.decode("utf-8", "replace").splitlines() if line.strip()]


def _unreadable(path: Path, problem: str) -> ReadingError:
    if "password" in problem.lower():
        return ReadingError(f"{path.name} is encrypted with a password", fix="Ask the publisher for an open copy.")
    if problem.endswith("(PDFium: Success)."):  # its word for a file that it could parse and that has no page
        return ReadingError(f"{path.name} has no page that can be read", fix="Fetch the file again.")
    return ReadingError(f"{path.name} is damaged or not a PDF: {problem}", fix="Fetch the file again.")
