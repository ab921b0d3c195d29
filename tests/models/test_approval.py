# SPDX-License-Identifier: Apache-2.0
"""Weights are read whole once, and again when they have changed; what was found is remembered across starts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from daulat.models import Fetcher, Order, WeightsError, WeightsStore, parse_source, pull


class Reads:
    """Counts how often a file is read whole."""

    def __init__(self) -> None:
        self.whole = 0

    def __call__(self, done: int, total: int | None) -> None:
        self.whole += done == total


@pytest.fixture
def directory(tmp_path: Path, tiny_weights: Path) -> Path:
    order = Order("tiny", (parse_source(f"file://{tiny_weights}"),))
    pull(order, WeightsStore(tmp_path), fetcher=Fetcher())
    return tmp_path


@pytest.fixture
def weights(directory: Path) -> Path:
    return directory / "tiny" / "tiny.gguf"


def altered(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(1000)
        file.write(b"x")


def test_what_was_pulled_is_not_read_again_at_the_next_start(directory: Path) -> None:
    reads = Reads()
    WeightsStore(directory).approve("tiny", reads)
    assert reads.whole == 0


def test_a_file_that_was_touched_is_read_once_more_and_then_known(directory: Path, weights: Path) -> None:
    os.utime(weights)
    reads = Reads()
    WeightsStore(directory).approve("tiny", reads)
    WeightsStore(directory).approve("tiny", reads)
    assert reads.whole == 1


def test_an_altered_file_is_refused_and_known_as_altered_without_being_read_again(
    directory: Path, weights: Path
) -> None:
    altered(weights)
    reads = Reads()
    for _ in range(2):
        with pytest.raises(WeightsError, match="not what was pulled"):
            WeightsStore(directory).approve("tiny", reads)
    assert reads.whole == 1
    with pytest.raises(WeightsError, match="not what was pulled"):
        WeightsStore(directory).look("tiny")


def test_a_change_that_hides_its_time_is_found(directory: Path, weights: Path) -> None:
    before = weights.stat()
    altered(weights)
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(WeightsError, match="not what was pulled"):
        WeightsStore(directory).approve("tiny")


def test_a_note_that_is_spoiled_or_missing_only_costs_reading_the_file(directory: Path, weights: Path) -> None:
    for spoil in (lambda note: note.write_text("{"), lambda note: note.unlink()):
        spoil(weights.with_name("verified.json"))
        reads = Reads()
        WeightsStore(directory).approve("tiny", reads)
        assert reads.whole == 1


def test_looking_without_keeping_writes_nothing(directory: Path, weights: Path) -> None:
    weights.with_name("verified.json").unlink()
    WeightsStore(directory).approve("tiny", keep=False)
    assert not weights.with_name("verified.json").exists()


def test_verify_reads_the_file_whatever_is_known(directory: Path) -> None:
    reads = Reads()
    WeightsStore(directory).verify("tiny", reads)
    assert reads.whole == 1
