# SPDX-License-Identifier: Apache-2.0
"""Tectonic regions of the world as a grid: polygons of the USGS in, `src/daulat/plan/data/tectonic_regions.csv` out.

The polygons stand in the wheel of `usgs-strec` (CC0-1.0), which is no dependency: fetch it once and name the folder.

    pip download --no-deps usgs-strec==2.3.14 && unzip usgs_strec-*.whl -d strec
    python benchmarks/plan/tectonic_regions.py strec/strec/data
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path

import numpy as np

STEP = 0.25  # degrees; about 28 km, finer than the regions that a plan places sites in
# The order in which the package's own README burns them: the later one wins where two overlap.
LAYERS = (("stable", "S"), ("active", "A"), ("volcanic", "V"), ("subduction", "D"))
TARGET = Path(__file__).parents[2] / "src" / "daulat" / "plan" / "data" / "tectonic_regions.csv"


def main() -> None:
    """Write the grid, one line of runs for each band of latitude, north to south."""
    folder = Path(sys.argv[1])
    latitudes = np.arange(90 - STEP / 2, -90, -STEP)
    longitudes = np.arange(-180 + STEP / 2, 180, STEP)
    grid = np.full((len(latitudes), len(longitudes)), "-")
    for name, letter in LAYERS:
        for rings in _polygons(folder / f"{name}.geojson"):
            _burn(grid, latitudes, longitudes, rings, letter)
    lines = ["latitude,regions"]
    for latitude, row in zip(latitudes, grid, strict=True):
        runs = " ".join(f"{letter}{len(list(run))}" for letter, run in itertools.groupby(row))
        lines.append(f"{latitude:g},{runs}")
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _polygons(path: Path) -> list[list[np.ndarray]]:
    found = []
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        found.append([np.array(ring)[:, :2] for ring in feature["geometry"]["coordinates"]])
    return found


def _burn(
    grid: np.ndarray, latitudes: np.ndarray, longitudes: np.ndarray, rings: list[np.ndarray], letter: str
) -> None:
    """Mark the cells whose middle lies inside: even-odd rule over all rings, so that holes stay open."""
    for row, latitude in enumerate(latitudes):
        crossings = np.concatenate([_crossings(ring, latitude) for ring in rings])
        if len(crossings):
            inside = np.searchsorted(np.sort(crossings), longitudes) % 2 == 1
            grid[row, inside] = letter


def _crossings(ring: np.ndarray, latitude: float) -> np.ndarray:
    (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
    cut = (y0 > latitude) != (y1 > latitude)
    return np.asarray(x0[cut] + (latitude - y0[cut]) / (y1[cut] - y0[cut]) * (x1[cut] - x0[cut]))


if __name__ == "__main__":
    main()
