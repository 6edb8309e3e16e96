"""All SQL of photos."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.evidence import PhotoKind
from padan_runtime.sealing import open_sealed
from psycopg import Connection
from psycopg.rows import class_row

from padan_registry_ingest.domain.photos import MOST_DISTANCE, PhotoDetails, PhotoFacts
from padan_registry_ingest.photos import likeness

_ONE_AT_A_TIME: Final = 0x7061_6461_6E_50
"""The lock ("padan", P) under which a photo is compared and recorded: of two at once neither would see the other."""


class Photo(msgspec.Struct, kw_only=True):
    """A photo on record. `flagged`: another household has the same or a near-identical one."""

    photo_id: UUID
    household_id: UUID
    kind: PhotoKind
    sha256: bytes
    perceptual: int
    compared: bool
    size_bytes: int
    width: int
    height: int
    details: bytes
    uploaded_by: str
    received_at: datetime | None = None
    flagged: bool = False


_FLAGGED: Final = (
    "EXISTS (SELECT FROM photo_likeness l WHERE l.photo_id = p.photo_id OR l.like_id = p.photo_id) AS flagged"
)
_SELECT: Final = f"SELECT p.*, {_FLAGGED} FROM photo p"  # noqa: S608  # a constant
_BANDS: Final = " UNION ".join(
    f"SELECT photo_id, household_id, perceptual FROM photo WHERE compared "  # noqa: S608  # numbers of this module
    f"AND (perceptual{'' if not number else f' >> {likeness.BAND_BITS * number}'}) & 65535 = ANY(%(band_{number})s) "
    "AND bit_count((perceptual # %(perceptual)s)::bit(64)) <= %(most)s"
    for number in range(likeness.BANDS)
)


def find(connection: Connection[Any], household_id: UUID, photo_id: UUID) -> Photo | None:
    """One photo of a household."""
    with connection.cursor(row_factory=class_row(Photo)) as cursor:
        return cursor.execute(
            f"{_SELECT} WHERE household_id = %s AND photo_id = %s", [household_id, photo_id]
        ).fetchone()


def of_household(connection: Connection[Any], household_id: UUID) -> list[Photo]:
    """All photos of a household, as they came."""
    with connection.cursor(row_factory=class_row(Photo)) as cursor:
        return cursor.execute(
            f"{_SELECT} WHERE household_id = %s ORDER BY received_at, photo_id", [household_id]
        ).fetchall()


def places(connection: Connection[Any], photo_ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, PhotoKind]]:
    """By id, the household of a photo and what it shows; one that never came is not in it."""
    rows = connection.execute(
        "SELECT photo_id, household_id, kind FROM photo WHERE photo_id = ANY(%s)", [list(photo_ids)]
    ).fetchall()
    return {photo_id: (household_id, PhotoKind(kind)) for photo_id, household_id, kind in rows}


def others_since(connection: Connection[Any], photo: Photo, age: timedelta) -> int:
    """How many photos of its household are younger than that; none where this one is on record already."""
    row = connection.execute(
        "SELECT count(*) FROM photo WHERE household_id = %(household_id)s AND received_at > now() - %(age)s "
        "AND NOT EXISTS (SELECT FROM photo WHERE photo_id = %(photo_id)s)",
        {"household_id": photo.household_id, "photo_id": photo.photo_id, "age": age},
    ).fetchone()
    assert row is not None
    return int(row[0])


def keep(connection: Connection[Any], photo: Photo) -> None:
    """Record a photo and those of other households that it is like. One that is on record stays as it is."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
    added = connection.execute(
        "INSERT INTO photo (photo_id, household_id, kind, sha256, perceptual, compared, size_bytes, width, height, "
        "details, uploaded_by) VALUES (%(photo_id)s, %(household_id)s, %(kind)s, %(sha256)s, %(perceptual)s, "
        "%(compared)s, %(size_bytes)s, %(width)s, %(height)s, %(details)s, %(uploaded_by)s) "
        "ON CONFLICT (photo_id) DO NOTHING",
        msgspec.structs.asdict(photo) | {"kind": photo.kind.value},
    )
    if added.rowcount and photo.kind is not PhotoKind.MINUTES:
        _compare(connection, photo)


def _compare(connection: Connection[Any], photo: Photo) -> None:
    same = "SELECT photo_id, household_id, perceptual FROM photo WHERE sha256 = %(sha256)s AND kind <> 'minutes'"
    connection.execute(
        "INSERT INTO photo_likeness (photo_id, like_id, distance) "  # noqa: S608  # constants
        "SELECT %(photo_id)s, photo_id, bit_count((perceptual # %(perceptual)s)::bit(64)) "
        f"FROM ({same}{f' UNION {_BANDS}' if photo.compared else ''}) near WHERE household_id <> %(household_id)s",
        {
            **msgspec.structs.asdict(photo),
            "most": MOST_DISTANCE,
            **{f"band_{n}": values for n, values in enumerate(likeness.near(photo.perceptual))},
        },
    )


def of(
    connection: Connection[Any], household_id: UUID, photo_ids: Iterable[UUID], key: bytes
) -> dict[UUID, PhotoFacts]:
    """By id, what is known of photos of a household; one that is not this household's is not in it. `key` is that of
    the household's identity. Raises `SealError` where it is not."""
    rows = connection.execute(
        "SELECT p.photo_id, p.kind, p.sha256, p.details, ARRAY(SELECT DISTINCT o.household_id FROM photo_likeness l "
        "JOIN photo o ON o.photo_id IN (l.photo_id, l.like_id) AND o.photo_id <> p.photo_id "
        "WHERE p.photo_id IN (l.photo_id, l.like_id)) FROM photo p "
        "WHERE p.household_id = %s AND p.photo_id = ANY(%s)",
        [household_id, list(photo_ids)],
    ).fetchall()
    return {
        photo_id: PhotoFacts(
            photo_id=photo_id,
            kind=PhotoKind(kind),
            sha256=sha256,
            details=open_sealed(key, details, PhotoDetails, subject=household_id, event_id=photo_id),
            similar=tuple(similar),
        )
        for photo_id, kind, sha256, details, similar in rows
    }
