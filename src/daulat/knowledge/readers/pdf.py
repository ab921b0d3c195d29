# SPDX-License-Identifier: Apache-2.0
"""PDF: a file in, the lines of its pages out; pages that are pictures are read by Tesseract, where it is installed.

Page numbers and lines that repeat on most pages are left out. Forms, scripts and attachments are never touched.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pypdfium2 as pdfium

from daulat.knowledge.readers.base import Block, Extract, Limits, ReadingError

OCR_DPI = 300
_FEW_LETTERS = 20  # a page with fewer is a picture, or empty
_MOST_PIXELS = 40_000_000
_PAGE_NUMBER = re.compile(r"[-–—\s.]*\d{1,4}(?:\s*(?:/|dari|of)\s*\d{1,4})?[-–—\s.]*")


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
        pages, pictures = _text_layer(document, path, limits)
        read_by_ocr = bool(pictures) and len(pictures) >= len(document) / 2
        if read_by_ocr:
            _need_tesseract(path, len(pictures), limits)
            for number in pictures:
                pages[number] = _ocr(document[number], limits)
    lines = [line for page in _without_furniture(pages) for line in page]
    return Extract(tuple(Block("text", line) for line in lines), by_ocr=read_by_ocr)


def _text_layer(document: pdfium.PdfDocument, path: Path, limits: Limits) -> tuple[list[list[str]], list[int]]:
    pages: list[list[str]] = []
    pictures: list[int] = []
    total = 0
    for number in range(len(document)):
        try:
            page = document[number]
            text = page.get_textpage().get_text_range()
        except pdfium.PdfiumError as error:
            raise ReadingError(f"{path.name}: page {number + 1} is damaged", fix="Fetch the file again.") from error
        total += len(text)
        if total > limits.text_chars:
            raise ReadingError(f"{path.name} holds more than {limits.text_chars:,} characters", fix="Split the file.")
        if sum(letter.isalpha() for letter in text) < _FEW_LETTERS:
            pictures.append(number)
        # U+FFFE is how PDFium marks a hyphen at the end of a line.
        pages.append([line.strip() for line in text.replace("\ufffe", "-").splitlines() if line.strip()])
    return pages, pictures


def _without_furniture(pages: list[list[str]]) -> list[list[str]]:
    """Leave out page numbers, and lines at the edges that repeat on most pages."""
    edges = Counter(line for page in pages for line in {*page[:3], *page[-2:]})
    repeated = {line for line, count in edges.items() if len(pages) > 3 and count > len(pages) * 0.5}
    return [[line for line in page if line not in repeated and not _PAGE_NUMBER.fullmatch(line)] for page in pages]


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
            f"Tesseract failed: {done.stderr.decode(errors='replace')[:200]}", fix="Check its installation."
        )
    return [line.strip() for line in done.stdout.decode("utf-8", "replace").splitlines() if line.strip()]


def _unreadable(path: Path, problem: str) -> ReadingError:
    if "password" in problem.lower():
        return ReadingError(f"{path.name} is encrypted with a password", fix="Ask the publisher for an open copy.")
    if problem.endswith("(PDFium: Success)."):  # its word for a file that it could parse and that has no page
        return ReadingError(f"{path.name} has no page that can be read", fix="Fetch the file again.")
    return ReadingError(f"{path.name} is damaged or not a PDF: {problem}", fix="Fetch the file again.")
