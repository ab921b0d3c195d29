# SPDX-License-Identifier: Apache-2.0
"""What a machine could not read is tried again at the next build; what no machine can read is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from daulat.knowledge.ingest import IngestRules
from daulat.knowledge.readers import Limits
from daulat.knowledge.release import Builder, BuildReport, Release
from daulat.knowledge.release import build as builds
from daulat.knowledge.sources import Source, load_sources

SOURCES = """\
format: 1
sources:
  - {id: scans, title: Scans, publisher: P, licence: CC0-1.0, retrieved: null, coverage_date: null, language: en,
     read: {format: pdf, path: "*.pdf"}}
"""
TESSERACT = """\
#!/bin/sh
[ "$1" = --list-langs ] && echo eng || echo The fee of cats is twelve crowns a year.
"""
Build = Callable[..., BuildReport]


@pytest.fixture
def build(tmp_path: Path, make_builder: Callable[[Path], Builder], monkeypatch: pytest.MonkeyPatch) -> Build:
    """Build what lies in a folder, on a machine without Tesseract until it is installed."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "sources.yaml").write_text(SOURCES)

    def run(limits: Limits | None = None) -> BuildReport:
        sources: list[Source] = load_sources(tmp_path / "sources.yaml")
        return make_builder(tmp_path).build(sources, IngestRules(limits=limits or Limits()))

    return run


def write_pdf(path: Path, *, text: int, scans: int) -> None:
    """Write pages with text, then pages with nothing but a drawing."""
    canvas = Canvas(str(path))
    for number in range(text + scans):
        if number < text:
            canvas.drawString(72, 700, f"Whoever keeps {number} dogs pays a fee of twelve crowns.")
        else:
            canvas.rect(72, 72, 300, 300, fill=1)
        canvas.showPage()
    canvas.save()


def said(report: BuildReport) -> str:
    release = Release(report.folder)
    return " ".join(release.stored(row).passage.text for row in range(len(release)))


def install_tesseract(folder: Path) -> None:
    (folder / "bin/tesseract").write_text(TESSERACT)
    (folder / "bin/tesseract").chmod(0o755)


@pytest.mark.parametrize("text", [0, 4], ids=["a scan", "scanned pages of a text"])
def test_scans_are_read_at_the_next_build_once_tesseract_is_there(tmp_path: Path, build: Build, text: int) -> None:
    write_pdf(tmp_path / "law.pdf", text=text, scans=1)
    before = build()
    assert [each.retryable for each in (*before.failures, *before.notes)] == [True]
    assert "cats" not in said(before)
    again = build()
    assert (again.unchanged, again.manifest.release_id) == (True, before.manifest.release_id)
    install_tesseract(tmp_path)
    after = build()
    assert (after.failures, after.notes, "The fee of cats" in said(after)) == ((), (), True)
    assert after.manifest.release_id != before.manifest.release_id
    (tmp_path / "bin/tesseract").unlink()
    assert build().manifest.release_id == after.manifest.release_id  # what was read before is not lost again


def test_what_took_too_long_is_tried_again(tmp_path: Path, build: Build) -> None:
    write_pdf(tmp_path / "law.pdf", text=1, scans=0)
    assert build(Limits(seconds=0.01)).manifest.failures == 1
    assert build().manifest.passages == 1


def test_only_what_the_machine_may_be_the_cause_of_is_tried_again(
    tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.pdf").touch()
    write_pdf(tmp_path / "law.pdf", text=1, scans=0)
    write_pdf(tmp_path / "scan.pdf", text=0, scans=1)
    before = build()
    tried: list[str] = []
    look = builds.reads_as_told
    monkeypatch.setattr(builds, "reads_as_told", lambda told, *rest: tried.append(told.path) or look(told, *rest))
    monkeypatch.setattr(builds, "ingest_all", None)  # nothing else is read
    assert build().manifest.release_id == before.manifest.release_id
    assert tried == ["scan.pdf"]
