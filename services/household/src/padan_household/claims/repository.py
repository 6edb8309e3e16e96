"""All SQL over person_claim and person_death."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection

from padan_household.domain.claim import NOBODY, Claim

_COUNT = struct.Struct("!h")
_UUID = struct.Struct("!i16s")
_HASH = struct.Struct("!i32s")
_INTEGER = struct.Struct("!ii")
_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)


class ClaimRaceError(psycopg.errors.SerializationFailure):
    """Somebody claimed one of these since we looked: roll back and decide again. Transient by its base class."""


class TwoHoldersError(ValueError):
    """Two households hold one NIK by the same right: the store holds what must never be."""


def standing(connection: Connection[Any], nik_hashes: Iterable[bytes]) -> dict[bytes, Claim]:
    """The claims on NIKs, by hash, released ones too; what nobody ever claimed is absent."""
    rows = connection.execute(
        "SELECT c.nik_hash, c.person_id, c.household_id, c.membership_seq, c.released, EXISTS (SELECT 1 "
        "FROM person_death d WHERE d.household_id = c.household_id AND d.person_id = c.person_id) "
        "FROM unnest(%(hashes)b::bytea[]) AS w (nik_hash) JOIN person_claim c USING (nik_hash)",
        {"hashes": sorted(set(nik_hashes))},
        binary=True,
    )
    return {row[0]: Claim(*row) for row in rows}


def of_persons(connection: Connection[Any], person_ids: Iterable[UUID]) -> dict[UUID, Claim]:
    """The latest claim of each of these people, released ones too; whoever never held a NIK is absent."""
    rows = connection.execute(
        "SELECT nik_hash, person_id, household_id, membership_seq, released FROM person_claim "
        "WHERE person_id = ANY(%(persons)b::uuid[]) ORDER BY membership_seq",
        {"persons": sorted(set(person_ids))},
        binary=True,
    )
    return {row[1]: Claim(*row) for row in rows}


def holders(connection: Connection[Any], nik_hashes: Iterable[bytes]) -> dict[bytes, UUID]:
    """The households that hold NIKs, by hash; those that nobody holds are absent."""
    return {
        nik_hash: claim.household_id
        for nik_hash, claim in standing(connection, nik_hashes).items()
        if not claim.released
    }


def claim(connection: Connection[Any], claims: Sequence[Claim]) -> None:
    """Claim NIKs that nobody ever claimed, in the order of their hashes, so that two who claim at once wait instead of
    deadlocking.

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


def retake(connection: Connection[Any], claims: Sequence[Claim]) -> None:
    """Take over NIKs whose households left the register, in the order of the hashes.

    Raises `ClaimRaceError` where somebody took one, or its person died there, since we looked: the caller's transaction
    is lost.
    """
    if not claims:
        return
    lock(connection, [one.nik_hash for one in claims], ())
    ordered = sorted(claims)
    taken = connection.execute(
        "UPDATE person_claim c SET person_id = w.person_id, household_id = w.household_id, "
        "membership_seq = w.membership_seq, released = false "
        "FROM unnest(%(hashes)b::bytea[], %(persons)b::uuid[], %(households)b::uuid[], %(seqs)b::integer[]) "
        "AS w (nik_hash, person_id, household_id, membership_seq) WHERE c.nik_hash = w.nik_hash AND c.released "
        "AND c.person_id IN (w.person_id, %(nobody)b) AND c.membership_seq = w.membership_seq - 1 "
        "AND NOT EXISTS (SELECT 1 FROM person_death d WHERE d.household_id = c.household_id "
        "AND d.person_id = c.person_id)",
        {**_columns(ordered), "nobody": NOBODY},
    )
    if taken.rowcount != len(claims):
        raise ClaimRaceError("a NIK was claimed meanwhile")


def lock(connection: Connection[Any], nik_hashes: Iterable[bytes], households: Iterable[UUID]) -> None:
    """Take the rows of these NIKs and of these households, in the order of the hashes, before any of them changes."""
    connection.execute(
        "SELECT 1 FROM person_claim WHERE nik_hash = ANY(%(hashes)b::bytea[]) "
        "OR household_id = ANY(%(households)b::uuid[]) ORDER BY nik_hash FOR UPDATE",
        {"hashes": sorted(set(nik_hashes)), "households": sorted(set(households))},
    )


def release(connection: Connection[Any], households: Sequence[UUID], *, released: bool = True) -> None:
    """The NIKs these households hold are free, or, where they are taken up again, held once more."""
    connection.execute(
        "UPDATE person_claim SET released = %s WHERE household_id = ANY(%b::uuid[])", [released, list(households)]
    )


def record_deaths(connection: Connection[Any], died: Mapping[tuple[UUID, UUID], bool]) -> None:
    """By household and person: who died there (True), or lives after all (False)."""
    if not died:
        return
    ordered = sorted(died)
    connection.execute(
        "WITH said AS (SELECT * FROM unnest(%(households)b::uuid[], %(persons)b::uuid[], %(died)b::boolean[]) "
        "AS s (household_id, person_id, died)), "
        "alive AS (DELETE FROM person_death d USING said s WHERE NOT s.died "
        "AND d.household_id = s.household_id AND d.person_id = s.person_id) "
        "INSERT INTO person_death (household_id, person_id) SELECT household_id, person_id FROM said WHERE died "
        "ON CONFLICT DO NOTHING",
        {
            "households": [household for household, _ in ordered],
            "persons": [person for _, person in ordered],
            "died": [died[one] for one in ordered],
        },
    )


def secure(connection: Connection[Any], claims: Sequence[Claim]) -> None:
    """Hold the rows of these NIKs until the end of the transaction, also of those that nobody ever claimed. Follow with
    `take_over`, which writes every one.

    Raises `ClaimRaceError` where another person claimed one since we looked: a claim with a larger `membership_seq`
    would displace theirs, and one with a smaller would not be written.
    """
    if not claims:
        return
    ordered = sorted(claims)
    connection.execute(
        "INSERT INTO person_claim (nik_hash, person_id, household_id, membership_seq, released) "
        "SELECT w.nik_hash, %(nobody)b, %(nobody)b, 0, true FROM unnest(%(hashes)b::bytea[]) AS w (nik_hash) "
        "ORDER BY 1 ON CONFLICT DO NOTHING",
        {"hashes": [one.nik_hash for one in ordered], "nobody": NOBODY},
    )
    others = connection.execute(
        "SELECT 1 FROM person_claim c JOIN unnest(%(hashes)b::bytea[], %(persons)b::uuid[], %(households)b::uuid[], "
        "%(seqs)b::integer[]) AS w (nik_hash, person_id, household_id, membership_seq) USING (nik_hash) "
        "WHERE (NOT c.released AND c.person_id <> w.person_id) "
        "OR (c.household_id <> w.household_id AND c.membership_seq >= w.membership_seq) "
        "ORDER BY c.nik_hash FOR UPDATE OF c",
        _columns(ordered),
    ).fetchone()
    if others is not None:
        raise ClaimRaceError("a NIK was claimed meanwhile")


def take_over(connection: Connection[Any], claims: Sequence[Claim]) -> None:
    """Write claims, those that were held before too: of two on one NIK the one with the larger `membership_seq` stays,
    in whatever order they come. Raises `TwoHoldersError`."""
    if not claims:
        return
    ordered = sorted(claims)
    clashing = connection.execute(
        "WITH w AS (SELECT * FROM unnest(%(hashes)b::bytea[], %(persons)b::uuid[], %(households)b::uuid[], "
        "%(seqs)b::integer[], %(released)b::boolean[]) "
        "AS w (nik_hash, person_id, household_id, membership_seq, released)), "
        "latest AS (SELECT DISTINCT ON (nik_hash) * FROM w ORDER BY nik_hash, membership_seq DESC), "
        "clash AS (SELECT 1 FROM w JOIN w v USING (nik_hash, membership_seq) WHERE w.household_id <> v.household_id "
        "UNION ALL SELECT 1 FROM w JOIN person_claim c USING (nik_hash, membership_seq) "
        "WHERE c.household_id <> w.household_id), "
        "written AS (INSERT INTO person_claim AS c (nik_hash, person_id, household_id, membership_seq, released) "
        "SELECT nik_hash, person_id, household_id, membership_seq, released FROM latest ORDER BY nik_hash "
        "ON CONFLICT (nik_hash) DO UPDATE SET person_id = excluded.person_id, household_id = excluded.household_id, "
        "membership_seq = excluded.membership_seq, released = excluded.released "
        "WHERE c.membership_seq < excluded.membership_seq) "
        "SELECT count(*) FROM clash",
        {**_columns(ordered), "released": [one.released for one in ordered]},
    ).fetchone()
    if clashing is not None and clashing[0]:
        raise TwoHoldersError


def _columns(claims: Sequence[Claim]) -> dict[str, list[Any]]:
    return {
        "hashes": [one.nik_hash for one in claims],
        "persons": [one.person_id for one in claims],
        "households": [one.household_id for one in claims],
        "seqs": [one.membership_seq for one in claims],
    }
