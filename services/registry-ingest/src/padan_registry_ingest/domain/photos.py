"""Photos as evidence: what is taken, what is kept of one, and what it is called."""

from datetime import timedelta
from typing import Final
from uuid import UUID, uuid5

import msgspec
from padan_events.evidence import PhotoKind

MOST_PIXELS: Final = {"JPEG": 52_000_000, "PNG": 25_000_000, "WEBP": 16_000_000}
"""By format, how many pixels are opened: a JPEG is decoded at a fraction of its size, the others only whole.
What is within these bounds fits the memory that `photos.developing` gives it."""
LEAST_SIDE_PX: Final = 200
"""A photo with a shorter side than this shows nothing that could be checked (default)."""
LONGEST_SIDE_PX: Final = 1600
QUALITY: Final = 80
"""Of the JPEG that is kept."""

COMPARED: Final = frozenset({PhotoKind.HOUSE_FRONT, PhotoKind.HOUSE_INSIDE, PhotoKind.PERSON, PhotoKind.OTHER})
"""Kinds whose likeness is looked for. Cards are printed alike, so of them only the very same photo counts; one page of
minutes belongs to many families."""
MOST_DISTANCE: Final = 6
"""Of the 64 bits of a perceptual hash, how many may differ in two photos that are called near-identical (default)."""

MOST_RECENT: Final = 60
RECENT: Final = timedelta(days=30)
"""Photos of a household that are taken in within that time (default): three visits with as many as a command names."""


class Position(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the camera says it was: degrees (WGS 84), and the radius in metres, where it says that."""

    latitude: float
    longitude: float
    accuracy_m: float | None = None


class PhotoDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the camera had written into a photo, sealed beside it. `taken_at` is ISO 8601: with an offset where the
    camera knew one, else its local time. A camera's clock and place can be wrong or forged: they are hints."""

    taken_at: str | None = None
    position: Position | None = None


class PhotoFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A photo as the validation of a command sees it. `similar` are households that have the same or a near-identical
    one."""

    photo_id: UUID
    kind: PhotoKind
    sha256: bytes
    details: PhotoDetails
    similar: tuple[UUID, ...]


def photo_id_of(household_id: UUID, kind: PhotoKind, sha256: bytes) -> UUID:
    """The id of a photo: the same photo of the same household and kind is one photo, however often it is sent."""
    return uuid5(household_id, f"photo:{kind.value}:{sha256.hex()}")
