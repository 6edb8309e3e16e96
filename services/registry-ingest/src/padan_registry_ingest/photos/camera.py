"""What a camera wrote into a photo: when and where it was taken (Exif 3.0, JEITA CP-3451). The rest is not read."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from PIL import Image

from padan_registry_ingest.domain.photos import PhotoDetails, Position

_EXIF: Final = 0x8769
_GPS: Final = 0x8825
_TAKEN, _OFFSET = 0x9003, 0x9011
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE, _TIME, _DATE, _ERROR_M = 1, 2, 3, 4, 7, 29, 31
_UNREADABLE: Final = (ValueError, TypeError, KeyError, ArithmeticError, LookupError, SyntaxError, OSError)
"""What Pillow and we raise on tags that are not what the standard says: a photo is none the worse for them."""


def details_of(exif: Image.Exif) -> PhotoDetails:
    """Time and position, as far as they are there and possible."""
    gps, camera = _tags(exif, _GPS), _tags(exif, _EXIF)
    return PhotoDetails(taken_at=_taken(camera) or _satellite_time(gps), position=_position(gps))


def _tags(exif: Image.Exif, of: int) -> Mapping[int, Any]:
    try:
        return exif.get_ifd(of)
    except _UNREADABLE:
        return {}


def _taken(camera: Mapping[int, Any]) -> str | None:
    try:
        taken = datetime.strptime(_text(camera[_TAKEN]), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  # the offset follows
    except _UNREADABLE:
        return None
    try:
        sign, hours, minutes = _text(camera[_OFFSET])[0], *_text(camera[_OFFSET])[1:].split(":")
        offset = timedelta(hours=int(hours), minutes=int(minutes)) * {"+": 1, "-": -1}[sign]
        return taken.replace(tzinfo=timezone(offset)).isoformat()
    except _UNREADABLE:
        return taken.isoformat()


def _satellite_time(gps: Mapping[int, Any]) -> str | None:
    try:
        day = datetime.strptime(_text(gps[_DATE]), "%Y:%m:%d").replace(tzinfo=UTC)
        hours, minutes, seconds = (float(part) for part in gps[_TIME])
        return (day + timedelta(hours=hours, minutes=minutes, seconds=int(seconds))).isoformat()
    except _UNREADABLE:
        return None


def _position(gps: Mapping[int, Any]) -> Position | None:
    try:
        latitude = _degrees(gps[_LATITUDE], _text(gps[_LATITUDE_REF]), "NS", 90)
        longitude = _degrees(gps[_LONGITUDE], _text(gps[_LONGITUDE_REF]), "EW", 180)
    except _UNREADABLE:
        return None
    if latitude == longitude == 0:  # what cameras write that do not know
        return None
    return Position(latitude=latitude, longitude=longitude, accuracy_m=_accuracy(gps))


def _degrees(parts: Any, reference: str, references: str, most: int) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not 0 <= value <= most or reference not in references or len(reference) != 1:
        raise ValueError("no position")
    return round(-value if reference == references[1] else value, 6)


def _accuracy(gps: Mapping[int, Any]) -> float | None:
    try:
        metres = float(gps[_ERROR_M])
    except _UNREADABLE:
        return None
    return round(metres, 1) if math.isfinite(metres) and metres > 0 else None


def _text(value: Any) -> str:
    text = value.decode("ascii") if isinstance(value, bytes) else value
    if not isinstance(text, str):
        raise TypeError("not text")
    return text.strip("\0 ")
