"""All SQL of life events: what the registry told, how far its feed was read, deaths and moves that wait for their
people."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.intake import DeathSource, MoveSource
from psycopg import Connection


class Person(msgspec.Struct, frozen=True):
    """Who a NIK is in the register, and where they belong."""

    person_id: UUID
    household_id: UUID


class Death(msgspec.Struct, frozen=True, kw_only=True):
    """A death the civil registry reports, or takes back (`reversed`).

    `region` is the part of the country that whoever sent it acts for; `upload_id` the file, where it came in one.
    """

    report_id: UUID
    nik_hash: bytes
    source: DeathSource
    occurred_on: date
    reversed: bool
    batch_id: UUID
    row: int
    region: str
    actor: str
    upload_id: UUID | None = None


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A move the civil registry reports. `sealed` is the village, under the intake key named `key_id`; `region` is the
    part of the country that whoever sent it acts for."""

    report_id: UUID
    nik_hash: bytes
    source: MoveSource
    occurred_on: date
    to_regency: str
    batch_id: UUID
    row: int
    region: str
    actor: str
    key_id: str
    sealed: bytes


_DEATH: Final = Death.__struct_fields__
_MOVE: Final = Move.__struct_fields__


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `life_event` before it has a number."""

    report_id: UUID
    source: str
    kind: str
    state: str
    cursor: int | None = None
    nik_hash: bytes | None = None
    occurred_on: date | None = None
    recorded_at: datetime | None = None
    reason: str | None = None
    key_id: str | None = None
    details: bytes | None = None


def people(connection: Connection[Any], hashes: Sequence[bytes]) -> dict[bytes, Person]:
    """Those of these people whom the register holds."""
    rows = connection.execute(
        "SELECT nik_hash, person_id, household_id FROM person_index WHERE nik_hash = ANY(%(hashes)b)",
        {"hashes": list(hashes)},
        binary=True,
    ).fetchall()
    return {nik_hash: Person(person_id, household_id) for nik_hash, person_id, household_id in rows}


def note(connection: Connection[Any], rows: Sequence[Noted]) -> dict[UUID, tuple[int, datetime]]:
    """Keep what was told and was not told before: by report the number and time it has now."""
    kept = connection.execute(
        "INSERT INTO life_event (report_id, source, kind, state, cursor, nik_hash, occurred_on, recorded_at, reason, "
        "key_id, details) SELECT * FROM unnest(%(ids)b::uuid[], %(sources)b::text[], %(kinds)b::text[], "
        "%(states)b::text[], %(cursors)b::bigint[], %(hashes)b::bytea[], %(dates)b::date[], "
        "%(recorded)b::timestamptz[], %(reasons)b::text[], %(keys)b::text[], %(details)b::bytea[]) "
        "ON CONFLICT (report_id) DO NOTHING RETURNING report_id, number, received_at",
        {
            "ids": [row.report_id for row in rows],
            "sources": [row.source for row in rows],
            "kinds": [row.kind for row in rows],
            "states": [row.state for row in rows],
            "cursors": [row.cursor for row in rows],
            "hashes": [row.nik_hash for row in rows],
            "dates": [row.occurred_on for row in rows],
            "recorded": [row.recorded_at for row in rows],
            "reasons": [row.reason for row in rows],
            "keys": [row.key_id for row in rows],
            "details": [row.details for row in rows],
        },
    ).fetchall()
    return {report_id: (number, received_at) for report_id, number, received_at in kept}


def sent(connection: Connection[Any], households: Mapping[UUID, UUID]) -> None:
    """Note which reports are on their way to household, and about which household each is."""
    connection.execute(
        "UPDATE life_event e SET state = 'pending', household_id = s.household_id "
        "FROM unnest(%(ids)b::uuid[], %(households)b::uuid[]) AS s (report_id, household_id) "
        "WHERE e.report_id = s.report_id",
        {"ids": list(households), "households": list(households.values())},
    )


def decided(connection: Connection[Any], outcomes: Mapping[UUID, str | None]) -> None:
    """Note what household decided: by report the code of a refusal, None where it was accepted."""
    connection.execute(
        "UPDATE life_event e SET state = CASE WHEN d.code IS NULL THEN 'accepted' ELSE 'refused' END, reason = d.code "
        "FROM unnest(%(ids)b::uuid[], %(codes)b::text[]) AS d (report_id, code) WHERE e.report_id = d.report_id",
        {"ids": list(outcomes), "codes": list(outcomes.values())},
    )


def wait(connection: Connection[Any], deaths: Sequence[Death]) -> None:
    """Let deaths wait for their people."""
    connection.execute(
        "INSERT INTO death_waiting (report_id, nik_hash, source, occurred_on, reversed, batch_id, row, region, actor, "
        "upload_id) SELECT * FROM unnest(%(ids)b::uuid[], %(hashes)b::bytea[], %(sources)b::text[], "
        "%(dates)b::date[], %(reversed)b::boolean[], %(batches)b::uuid[], %(rows)b::bigint[], %(regions)b::text[], "
        "%(actors)b::text[], %(uploads)b::uuid[]) ON CONFLICT (report_id) DO NOTHING",
        {
            "ids": [death.report_id for death in deaths],
            "hashes": [death.nik_hash for death in deaths],
            "sources": [death.source for death in deaths],
            "dates": [death.occurred_on for death in deaths],
            "reversed": [death.reversed for death in deaths],
            "batches": [death.batch_id for death in deaths],
            "rows": [death.row for death in deaths],
            "regions": [death.region for death in deaths],
            "actors": [death.actor for death in deaths],
            "uploads": [death.upload_id for death in deaths],
        },
    )


def take_waiting(connection: Connection[Any], hashes: Sequence[bytes]) -> list[tuple[Death, Person]]:
    """Take out the deaths that waited for these people, and note of each that it is under way; in order of number."""
    if not hashes:
        return []
    taken = connection.execute(
        "WITH taken AS (DELETE FROM death_waiting w USING person_index p WHERE w.nik_hash = ANY(%(hashes)b) "
        "AND p.nik_hash = w.nik_hash RETURNING w.*, p.person_id, p.household_id), "
        "noted AS (UPDATE life_event e SET state = 'pending', household_id = t.household_id FROM taken t "
        "WHERE e.report_id = t.report_id), "
        "marked AS (UPDATE batch_row b SET outcome = 'pending', household_id = t.household_id FROM taken t "
        "WHERE b.upload_id = t.upload_id AND b.row = t.row), "
        "counted AS (UPDATE upload u SET waiting = u.waiting - c.n, pending = u.pending + c.n, summary = NULL "
        "FROM (SELECT upload_id, count(*)::integer AS n FROM taken WHERE upload_id IS NOT NULL GROUP BY upload_id) c "
        "WHERE u.upload_id = c.upload_id) "
        "SELECT report_id, nik_hash, source, occurred_on, reversed, batch_id, row, region, actor, upload_id, "
        "person_id, household_id FROM taken ORDER BY number",
        {"hashes": list(hashes)},
    ).fetchall()
    return [(Death(**dict(zip(_DEATH, row, strict=False))), Person(*row[len(_DEATH) :])) for row in taken]


def wait_for_movers(connection: Connection[Any], moves: Sequence[Move], first_key: str) -> None:
    """Let moves wait for their people; those that were sealed before the day `first_key` wait no longer."""
    connection.execute(
        "WITH lapsed AS (DELETE FROM move_waiting WHERE key_id < %(first)s RETURNING report_id) "
        "UPDATE life_event e SET state = 'lapsed' FROM lapsed l WHERE e.report_id = l.report_id",
        {"first": first_key},
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO move_waiting (report_id, nik_hash, source, occurred_on, to_regency, batch_id, row, region, "
            "actor, key_id, sealed) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (report_id) DO NOTHING",
            [msgspec.structs.astuple(move) for move in moves],
        )


def take_movers(connection: Connection[Any], hashes: Sequence[bytes], first_key: str) -> list[tuple[Move, Person]]:
    """Take out the moves that waited for these people, and note of each that it is under way, or, sealed before the
    day `first_key`, that it lapsed; those under way in order of number."""
    if not hashes:
        return []
    taken = connection.execute(
        "WITH taken AS (DELETE FROM move_waiting w USING person_index p WHERE w.nik_hash = ANY(%(hashes)b) "
        "AND p.nik_hash = w.nik_hash RETURNING w.*, p.person_id, p.household_id), "
        "noted AS (UPDATE life_event e SET household_id = t.household_id, "
        "state = CASE WHEN t.key_id < %(first)s THEN 'lapsed' ELSE 'pending' END FROM taken t "
        "WHERE e.report_id = t.report_id) "
        "SELECT report_id, nik_hash, source, occurred_on, to_regency, batch_id, row, region, actor, key_id, sealed, "
        "person_id, household_id FROM taken WHERE key_id >= %(first)s ORDER BY number",
        {"hashes": list(hashes), "first": first_key},
    ).fetchall()
    return [(Move(**dict(zip(_MOVE, row, strict=False))), Person(*row[len(_MOVE) :])) for row in taken]


def cursor(connection: Connection[Any], feed: str) -> int:
    """How far a feed was read, 0 where it never was."""
    row = connection.execute("SELECT cursor FROM feed_cursor WHERE feed = %s", [feed]).fetchone()
    return 0 if row is None else int(row[0])


def move_cursor(connection: Connection[Any], feed: str, before: int, after: int) -> bool:
    """Move a feed's cursor; False where it does not stand at `before` any more: another process reads, too."""
    connection.execute("INSERT INTO feed_cursor (feed, cursor) VALUES (%s, 0) ON CONFLICT (feed) DO NOTHING", [feed])
    moved = connection.execute(
        "UPDATE feed_cursor SET cursor = %s WHERE feed = %s AND cursor = %s", [after, feed, before]
    )
    return moved.rowcount == 1
