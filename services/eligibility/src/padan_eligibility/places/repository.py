"""SQL of quotas, of what rounds take up, and of ledgers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from padan_events.places import OrderKey, QuotaSet, Rank
from padan_events.topics import PROGRAMME_EVENTS
from padan_runtime.log import table_of
from psycopg import Connection, sql

from padan_eligibility.domain.allocation import Candidate, Ledger, Quota, Standing

NATION = ""
"""In place of a regency: the quota of all regencies together."""
_LOCK = 0x7061_6461_6E04
_REDECIDING = 0x7061_6461_6E05


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A household as it stands after the event at (shard, pos), for a programme that has a quota somewhere."""

    programme: str
    shard: int
    pos: int
    household_id: UUID
    regency: str
    standing: Standing
    decile: int
    unmet: int
    determined_on: date
    cause: UUID
    own_order: tuple[OrderKey, ...] | None = None
    order_of: str | None = None


def lock(connection: Connection[Any]) -> None:
    """One allocator at a time, until the end of the transaction: the single writer of every ledger."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def hold_redeciding(connection: Connection[Any], *, alone: bool) -> None:
    """Until the end of the transaction either decisions are taken again, by any number of workers, or (`alone`) a list
    opens with the decisions that stand: else what was decided meanwhile would be missing from it. Taken first of all,
    so that nobody who waits here holds a row or a head."""
    lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    connection.execute(sql.SQL("SELECT {}(%s)").format(sql.Identifier(lock)), [_REDECIDING])


def hold_readers(connection: Connection[Any], reader: str) -> None:
    """Wait for the batches that are under way, and let none begin before the end of the transaction."""
    connection.execute("SELECT 1 FROM reader_position WHERE reader = %s ORDER BY topic, shard FOR UPDATE", [reader])


def programmes(connection: Connection[Any]) -> frozenset[str]:
    """The programmes that have a quota in some regency."""
    rows = connection.execute("SELECT DISTINCT programme FROM quota WHERE regency <> %s", [NATION])
    return frozenset(programme for (programme,) in rows)


def listed(connection: Connection[Any], household_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these households hold a place, wait for one, or are about to."""
    rows = connection.execute(
        "SELECT household_id FROM place WHERE household_id = ANY(%(ids)b) "
        "UNION SELECT household_id FROM allocation_pending WHERE household_id = ANY(%(ids)b)",
        {"ids": household_ids},
        binary=True,
    )
    return frozenset(household_id for (household_id,) in rows)


def write_pending(connection: Connection[Any], rows: Sequence[Pending]) -> None:
    """Keep what changed for the next round."""
    if not rows:
        return
    connection.execute(
        "INSERT INTO allocation_pending (programme, shard, pos, household_id, regency, standing, decile, unmet, "
        "determined_on, cause, own_order, order_of) SELECT programme, shard, pos, household_id, regency, standing, "
        "decile, unmet, determined_on, cause, own_order, order_of FROM json_to_recordset(%s::json) AS w "
        "(programme text, shard smallint, pos bigint, household_id uuid, regency text, standing text, decile smallint, "
        "unmet smallint, determined_on date, cause uuid, own_order jsonb, order_of text) "
        "ON CONFLICT (programme, shard, pos, household_id) DO UPDATE SET regency = excluded.regency, "
        "standing = excluded.standing, decile = excluded.decile, unmet = excluded.unmet, "
        "determined_on = excluded.determined_on, cause = excluded.cause, own_order = excluded.own_order, "
        "order_of = excluded.order_of",
        [msgspec.json.encode(rows).decode()],
    )


def work_waits(connection: Connection[Any]) -> bool:
    """Whether a round has anything to take up."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM allocation_pending) OR EXISTS (SELECT FROM quota WHERE NOT taken)"
    ).fetchone()
    return row is not None and bool(row[0])


def waiting_programmes(connection: Connection[Any]) -> Sequence[str]:
    """The programmes with something to take up."""
    rows = connection.execute(
        "SELECT programme FROM allocation_pending UNION SELECT programme FROM quota WHERE NOT taken ORDER BY 1"
    )
    return [programme for (programme,) in rows]


def take_candidates(connection: Connection[Any], programme: str, cut: Sequence[int]) -> list[Candidate]:
    """Take the households that changed up to the cut, each as it stands at its last event there. In one statement: an
    event that was parked may come back at any moment with a position below the cut."""
    rows = connection.execute(
        "WITH taken AS (DELETE FROM allocation_pending p USING unnest(%(cut)s::bigint[]) WITH ORDINALITY "
        "AS c (pos, shard) WHERE p.programme = %(programme)s AND p.shard = c.shard - 1 AND p.pos <= c.pos "
        "RETURNING p.*) SELECT DISTINCT ON (household_id) household_id, regency, standing, decile, unmet, "
        "determined_on, cause, own_order, order_of FROM taken ORDER BY household_id, pos DESC",
        {"cut": list(cut), "programme": programme},
        binary=True,
    )
    return [
        Candidate(regency, Standing(standing), _rank(Rank(decile, unmet, on, household_id), own, of), cause)
        for household_id, regency, standing, decile, unmet, on, cause, own, of in rows
    ]


def are_beyond(connection: Connection[Any], household_ids: Sequence[UUID], cut: Sequence[int]) -> bool:
    """Whether facts of any of these households lie beyond the cut."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM household_fact f JOIN unnest(%(cut)s::bigint[]) WITH ORDINALITY AS c (pos, shard) "
        "ON f.shard = c.shard - 1 WHERE f.household_id = ANY(%(ids)b) AND coalesce(f.told_pos, f.pos) > c.pos)",
        {"cut": list(cut), "ids": household_ids},
    ).fetchone()
    return row is not None and bool(row[0])


def untaken(connection: Connection[Any]) -> frozenset[tuple[str, UUID]]:
    """The quotas that no round has taken up yet: programme and event."""
    rows = connection.execute("SELECT programme, event_id FROM quota WHERE NOT taken", binary=True)
    return frozenset((programme, event_id) for programme, event_id in rows)


def take_quotas(connection: Connection[Any], programme: str) -> dict[str, Quota]:
    """Take, by regency, the quotas of a programme that no round has taken up yet."""
    rows = connection.execute(
        "UPDATE quota SET taken = true WHERE programme = %s AND NOT taken RETURNING regency, places, event_id",
        [programme],
        binary=True,
    )
    return {regency: Quota(places, event_id) for regency, places, event_id in rows}


def next_round(connection: Connection[Any], programme: str) -> int:
    """The number that the next round of a programme has, if anything comes of it."""
    row = connection.execute("SELECT round FROM allocation_round WHERE programme = %s", [programme]).fetchone()
    return 1 if row is None else int(row[0]) + 1


def write_round(connection: Connection[Any], programme: str, number: int) -> None:
    """Write that a programme had a round of that number. One that nothing came of has none: no event tells of it."""
    connection.execute(
        "INSERT INTO allocation_round AS r (programme, round) VALUES (%s, %s) "
        "ON CONFLICT (programme) DO UPDATE SET round = greatest(r.round, excluded.round)",
        [programme, number],
    )


def ledgers(
    connection: Connection[Any], programme: str, regencies: Iterable[str], household_ids: Sequence[UUID]
) -> dict[str, Ledger]:
    """The open ledgers of these regencies, and those in which these households are listed."""
    found = {
        regency: Ledger(programme, regency, quota, seq)
        for regency, quota, seq in connection.execute(
            "SELECT regency, quota, seq FROM ledger WHERE programme = %(programme)s AND (regency = ANY(%(regencies)s) "
            "OR regency IN (SELECT p.regency FROM place p WHERE p.programme = %(programme)s "
            "AND p.household_id = ANY(%(ids)b)))",
            {"programme": programme, "regencies": list(regencies), "ids": household_ids},
        )
    }
    for regency, household_id, held, decile, unmet, on, own, of in connection.execute(
        "SELECT regency, household_id, held, decile, unmet, determined_on, own_order, order_of FROM place "
        "WHERE programme = %s AND regency = ANY(%s)",
        [programme, list(found)],
        binary=True,
    ):
        ledger = found[regency]
        (ledger.places if held else ledger.waiting)[household_id] = _rank(
            Rank(decile, unmet, on, household_id), own, of
        )
    return found


def _rank(usual: Rank, own: Any, of: str | None) -> Rank:
    return msgspec.structs.replace(usual, order=msgspec.convert(own or (), tuple[OrderKey, ...]), order_of=of)


def write_ledgers(connection: Connection[Any], ledgers: Iterable[Ledger]) -> None:
    """Write how ledgers stand."""
    for ledger in ledgers:
        connection.execute(
            "INSERT INTO ledger (programme, regency, quota, seq) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (programme, regency) DO UPDATE SET quota = excluded.quota, seq = excluded.seq",
            [ledger.programme, ledger.regency, ledger.quota or 0, ledger.seq],
        )


def write_places(
    connection: Connection[Any],
    programme: str,
    number: int,
    ledgers: Mapping[str, Ledger],
    household_ids: Sequence[UUID],
) -> None:
    """Write of each of these households the place it holds or waits for, in one of these ledgers, or that it does
    neither."""
    connection.execute("DELETE FROM place WHERE programme = %s AND household_id = ANY(%b)", [programme, household_ids])
    wanted = set(household_ids)
    rows = [
        (
            *(programme, household_id, ledger.regency, held, rank.decile, rank.unmet, rank.determined_on, number),
            msgspec.json.encode(rank.order).decode() if rank.order else None,
            rank.order_of,
        )
        for ledger in ledgers.values()
        for held, listed_ in ((True, ledger.places), (False, ledger.waiting))
        for household_id, rank in listed_.items()
        if household_id in wanted
    ]
    with connection.cursor() as cursor:
        copy = (
            "COPY place (programme, household_id, regency, held, decile, unmet, determined_on, round, own_order, "
            "order_of) FROM STDIN"
        )
        with cursor.copy(copy) as writer:
            for row in rows:
                writer.write_row(row)


def quota_of(connection: Connection[Any], event_id: UUID) -> QuotaSet | None:
    """The quota that was set by this very event; None where none was."""
    row = connection.execute(
        sql.SQL("SELECT value FROM {} WHERE event_id = %b").format(sql.Identifier(table_of(PROGRAMME_EVENTS.name))),
        [event_id],
    ).fetchone()
    return None if row is None else msgspec.json.decode(row[0], type=QuotaSet)


def is_outdated(connection: Connection[Any], state: str) -> bool:
    """Whether facts of families in this state are from before the date of determination was kept."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM household_fact WHERE state = %s AND determined_on IS NULL)", [state]
    ).fetchone()
    return row is not None and bool(row[0])


def write_quota(connection: Connection[Any], programme: str, regency: str, places: int, event_id: UUID) -> None:
    """Set a quota. A regency's waits for the next round."""
    connection.execute(
        "INSERT INTO quota (programme, regency, places, event_id, taken) VALUES (%(programme)s, %(regency)s, "
        "%(places)s, %(event)b, %(regency)s = %(nation)s) ON CONFLICT (programme, regency) DO UPDATE SET "
        "places = excluded.places, event_id = excluded.event_id, taken = excluded.taken",
        {"programme": programme, "regency": regency, "places": places, "event": event_id, "nation": NATION},
    )


def within_nation(connection: Connection[Any], programme: str) -> bool:
    """Whether the regencies' quotas come to no more than the nation's, where it has one: as they stand, with what moved
    along with families, and where one was set that no round has taken up, as that."""
    row = connection.execute(
        "SELECT coalesce(sum(CASE WHEN q.taken IS FALSE THEN q.places ELSE coalesce(l.quota, q.places) END), 0) "
        "<= coalesce((SELECT places FROM quota WHERE programme = %(p)s AND regency = %(nation)s), 9223372036854775807) "
        "FROM (SELECT * FROM quota WHERE programme = %(p)s AND regency <> %(nation)s) q "
        "FULL JOIN (SELECT * FROM ledger WHERE programme = %(p)s) l USING (regency)",
        {"p": programme, "nation": NATION},
    ).fetchone()
    return row is not None and bool(row[0])


def is_open(connection: Connection[Any], programme: str, regency: str) -> bool:
    """Whether a programme has a list in a regency, or will have with the next round."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM ledger WHERE programme = %(programme)s AND regency = %(regency)s) "
        "OR EXISTS (SELECT FROM quota WHERE programme = %(programme)s AND regency = %(regency)s)",
        {"programme": programme, "regency": regency},
    ).fetchone()
    return row is not None and bool(row[0])
