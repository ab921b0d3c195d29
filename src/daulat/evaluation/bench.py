# SPDX-License-Identifier: Apache-2.0
"""What a measurement stands on: a country's pack in, the bench that every figure is made on out.

The program and its benchmarks open the same one, so that their figures can be compared. It measures nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from daulat.knowledge.encoder import Encoder, open_e5
from daulat.nation import Pack, bootstrap, nation_of

Progress = Callable[[str, int, int], None]
"""(stage, done, total)"""

ENCODE_ALL_UP_TO = 6_000  # segments: five minutes on two cores
PROPOSED = 10  # passages a question; see docs/concepts/evaluation.md


@dataclass(frozen=True)
class Bench:
    """What a measurement stands on.

    Parameters
    ----------
    country : str
        ISO 3166-1 alpha-2.
    pack : Pack or None
        The country's pack, where there is one.
    languages : tuple of str
        BCP 47 tags of the nation, its first language first.
    encoder : Encoder
        Safe to share between threads.
    cache : Path
        Folder of the vectors that are kept between runs.
    threads : int
        How many batches are encoded at once.
    version : str
        Of this program.
    now : callable
        The clock, in UTC.
    progress : callable
        Told about every stage.
    encode_all_up_to : int
        Segments without a shipped vector up to which all are encoded.
    proposed : int
        Passages a question, by words and names, that are encoded beyond that.
    """

    country: str
    pack: Pack | None
    languages: tuple[str, ...]
    encoder: Encoder
    cache: Path
    threads: int
    version: str
    now: Callable[[], datetime]
    progress: Progress
    encode_all_up_to: int = ENCODE_ALL_UP_TO
    proposed: int = PROPOSED

    @property
    def shipped_vectors(self) -> list[Path]:
        """The vectors that the pack ships for its own texts."""
        return sorted(self.pack.root.glob("vectors.*.bin")) if self.pack else []


def open_bench(pack: Pack, cache: Path, *, now: Callable[[], datetime], progress: Progress) -> Bench:
    """Open the bench of a pack: its nation's languages, the encoder of this machine, every core.

    Parameters
    ----------
    pack : Pack
    cache : Path
        Folder of the vectors that are kept between runs; see `cache_folder`.
    now : callable
        The clock, in UTC.
    progress : callable
        Told about every stage.

    Raises
    ------
    EncoderError
        If the weights of this machine are missing or altered.
    """
    return Bench(
        country=pack.country,
        pack=pack,
        languages=nation_of(bootstrap(pack.country, pack)).language_tags,
        # In NumPy also for questions: all are known beforehand, and batches are faster than one after another.
        encoder=open_e5(native=False),
        cache=cache,
        threads=os.cpu_count() or 1,
        version=version("daulat"),
        now=now,
        progress=progress,
    )


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Return where vectors are kept, by the XDG Base Directory Specification 0.8, which ignores relative paths.

    Examples
    --------
    >>> cache_folder({"XDG_CACHE_HOME": "/var/cache"})
    PosixPath('/var/cache/daulat/bench')
    >>> cache_folder({"XDG_CACHE_HOME": "cache"}) == cache_folder({})
    True
    """
    base = environment.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "daulat" / "bench"
