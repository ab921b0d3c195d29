# SPDX-License-Identifier: Apache-2.0
"""Distance and delay: positions in, kilometres along the ground and milliseconds of light path out.

Light in glass covers about 200 km a millisecond (refractive index 1.468: ITU-T G.652). Cables do not follow great
circles; `ROUTE_FACTOR` is the planning allowance for that. No network is measured here.
"""

from __future__ import annotations

import numpy as np

from daulat.plan.siting.types import Float64

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
FIBRE_KM_PER_MS = 299.792458 / 1.468
ROUTE_FACTOR = 1.6  # assumption of this plan: cable length over great circle, sea routes included


def great_circle_km(origin: Float64, target: Float64) -> Float64:
    """Return the distance between each origin and each target.

    Parameters
    ----------
    origin, target : float64[n, 2], float64[m, 2]
        Latitude and longitude, degrees.

    Returns
    -------
    float64[n, m]
        Kilometres along the sphere (haversine formula).

    Examples
    --------
    >>> quarter = great_circle_km(np.array([[0.0, 0.0]]), np.array([[0.0, 90.0], [90.0, 0.0]]))
    >>> quarter.round().tolist()
    [[10008.0, 10008.0]]
    """
    a, b = np.radians(origin)[:, None, :], np.radians(target)[None, :, :]
    half = np.sin((b - a) / 2) ** 2
    chord = half[..., 0] + np.cos(a[..., 0]) * np.cos(b[..., 0]) * half[..., 1]
    result: Float64 = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(chord, 0, 1)))
    return result


def round_trip_ms(distance_km: Float64) -> Float64:
    """Return the round trip of light over cables of that great-circle distance, without equipment.

    Examples
    --------
    >>> round_trip_ms(np.array([1000.0])).round(1).tolist()
    [15.7]
    """
    return 2 * ROUTE_FACTOR * distance_km / FIBRE_KM_PER_MS
