"""Lambert-93, the projection of French maps (EPSG:2154), to and from longitudes and latitudes.

Source: IGN, « Projection cartographique conique conforme de Lambert », note NT/G 71 (ALG0001 to ALG0004), constants of
RGF93 / Lambert-93: ellipsoid GRS 80, standard parallels 44° and 49°, origin 3° E, 46.5° N. RGF93 and WGS84 differ by
less than a metre: here they are one.
"""

from math import pi

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ECCENTRICITY = 0.08181919112
"""First eccentricity of GRS 80."""
EXPONENT = 0.7256077650
CONSTANT = 11_754_255.426
"""Constant of the projection (m)."""
POLE = (700_000.0, 12_655_612.050)
"""Of the pole in the plane (m)."""
CENTRAL_MERIDIAN = 3.0
"""Degrees east."""
PRECISION = 1e-11
"""Radians: less than a tenth of a millimetre."""


def to_plane(longitudes: Floats, latitudes: Floats) -> tuple[Floats, Floats]:
    """Return the plane coordinates (m) of longitudes and latitudes (degrees)."""
    phi = np.radians(latitudes)
    sine = ECCENTRICITY * np.sin(phi)
    isometric = np.log(np.tan(pi / 4 + phi / 2) * ((1 - sine) / (1 + sine)) ** (ECCENTRICITY / 2))
    radius = CONSTANT * np.exp(-EXPONENT * isometric)
    angle = EXPONENT * np.radians(longitudes - CENTRAL_MERIDIAN)
    return POLE[0] + radius * np.sin(angle), POLE[1] - radius * np.cos(angle)


def to_degrees(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the longitudes and latitudes (degrees) of plane coordinates (m)."""
    east, south = x - POLE[0], POLE[1] - y
    longitudes = CENTRAL_MERIDIAN + np.degrees(np.arctan2(east, south)) / EXPONENT
    isometric = -np.log(np.hypot(east, south) / CONSTANT) / EXPONENT
    phi = 2 * np.arctan(np.exp(isometric)) - pi / 2
    for _ in range(20):
        sine = ECCENTRICITY * np.sin(phi)
        better = 2 * np.arctan(((1 + sine) / (1 - sine)) ** (ECCENTRICITY / 2) * np.exp(isometric)) - pi / 2
        done = bool(np.all(np.abs(better - phi) < PRECISION))
        phi = better
        if done:
            break
    return longitudes, np.degrees(phi)
