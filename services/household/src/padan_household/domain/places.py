"""Distances on the map."""

from math import asin, cos, radians, sin, sqrt
from typing import Final

_EARTH_M: Final = 6_371_000
"""Mean radius: a sphere is wrong by up to half a percent, which no bound here notices."""


def metres_between(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The distance of two places in metres, along the ground."""
    south, north = radians(latitude), radians(other_latitude)
    half_up, half_across = (north - south) / 2, radians(other_longitude - longitude) / 2
    chord = sin(half_up) ** 2 + cos(south) * cos(north) * sin(half_across) ** 2
    return 2 * _EARTH_M * asin(min(1.0, sqrt(chord)))
