# SPDX-License-Identifier: Apache-2.0
"""A release that is damaged in service: its pages say that the text is away, and a good release brings them back."""

from __future__ import annotations

import time
import urllib.error
import urllib.request

from .conftest import run

SOURCES = """
format: 1
sources:
  - id: registry
    title: Registry
    publisher: Ministry
    jurisdiction: EE
    licence: CC-BY-4.0
    retrieved: 2026-05-02
    coverage_date: 2026-04-30
    language: en
    url: https://interior.example/registry
    read: {format: markdown, path: "*.md"}
"""
LAW = "# Law on the register\n\n## Section 1. Births\n\nEvery birth is reported to the registry within sixty days.\n"
LATER = "\n## Section 2. Deaths\n\nEvery death is reported to the registry within seven days.\n"
PAGES = ("/d/registry.law", "/p/registry.law%3Asection-1-births%230", "/sources")


def statuses(service) -> set[int]:
    """Return the statuses of the pages of the text."""
    found = set()
    for path in PAGES:
        try:
            with urllib.request.urlopen(service.url + path, timeout=30) as response:
                found.add(response.status)
        except urllib.error.HTTPError as error:
            found.add(error.code)
    return found


def test_pages_of_a_damaged_release_are_away_and_not_gone_until_a_good_one_is_published(start, tmp_path):
    run(tmp_path, "init", "EE")
    (tmp_path / "sources.yaml").write_text(SOURCES)
    (tmp_path / "law.md").write_text(LAW)
    service = start(tmp_path)
    service.wait()
    assert statuses(service) == {200}
    passages = next((tmp_path / ".daulat" / "releases").glob("*/passages.bin"))
    passages.chmod(0o600)
    passages.write_bytes(passages.read_bytes()[:10])
    seen = []
    while "failed  knowledge" not in service.talk():
        seen.append(statuses(service))
        time.sleep(0.1)
    assert "is not whole: passages.bin has 10 bytes" in service.talk()
    assert statuses(service) == {503}
    assert not any(404 in each for each in seen)
    (tmp_path / "law.md").write_text(LAW + LATER)
    run(tmp_path, "knowledge", "build")
    run(tmp_path, "knowledge", "publish")
    while statuses(service) != {200}:  # the service swaps by itself
        time.sleep(0.1)
    assert service.wait()["status"] == "ok"
