"""All SQL over person_claim."""

import struct
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg import Connection

_COUNT = struct.Struct("!h")
_UUID = struct.Struct("!i16s")
_HASH = struct.Struct("!i32s")
_INTEGER = struct.Struct("!ii")
_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)


class Claim(msgspec.Struct, frozen=True, order=True):
    """A person of a household holds the NIK of this keyed hash (32 bytes)."""

    nik_hash: bytes
    person_id: UUID
    household_id: UUID
    membership_seq: int


class ClaimRaceError(psycopg.errors.SerializationFailure):
    """Somebody claimed one of these since we looked: roll back and decide again. Transient by its base class."""


def holders(connection: Connection[Any], nik_hashes: Iterable[bytes]) -> dict[bytes, UUID]:
    """The households that hold NIKs, by hash; those that nobody holds are absent."""
    rows = connection.execute(
        "SELECT c.nik_hash, c.household_id FROM unnest(%(hashes)b::bytea[]) AS w (nik_hash) "
        "JOIN person_claim c USING (nik_hash)",
        {"hashes": sorted(set(nik_hashes))},
        binary=True,
    )
    return dict(rows.fetchall())


def claim(connection: Connection[Any], claims: Sequence[Claim]) -> None:
    """Claim NIKs, in the order of their hashes, so that two who claim at once wait instead of deadlocking.

    Raises `ClaimRaceError` where one is held already: the caller's transaction is lost.
    """
    if not claims:
        return
    rows = [_HEADER]
    for one in sorted(claims):
        rows += (
            _COUNT.pack(4),
            _HASH.pack(32, one.nik_hash),
            _UUID.pack(16, one.person_id.bytes),
            _UUID.pack(16, one.household_id.bytes),
            _INTEGER.pack(4, one.membership_seq),
        )
    rows.append(b"\xff\xff")
    try:
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY person_claim (nik_hash, person_id, household_id, membership_seq) FROM STDIN (FORMAT BINARY)"
            ) as copy,
        ):
            copy.write(b"".join(rows))
    except psycopg.errors.UniqueViolation as race:
        raise ClaimRaceError("a NIK was claimed meanwhile") from race
