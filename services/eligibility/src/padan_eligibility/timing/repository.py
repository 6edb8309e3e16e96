"""SQL of what comes due by itself, and of recomputations."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
from padan_events import Event
from padan_events.eligibility import PolicyPublished
from padan_events.local_date import ZONES, begins, local_date
from psycopg import Connection
from psycopg.rows import class_row

_SELECT: Final = (
    "SELECT published, correlation_id, zone, programme, version, due_at, state, after, total, looked_at, changed, "
    "started_at, ended_at, asked_by FROM recomputation "
)


class Recomputation(msgspec.Struct, frozen=True, kw_only=True):
    """Deciding everybody of a time zone (`zone` hours ahead of UTC) anew since a policy was published. `total` are the
    households there, `looked_at` those decided so far, `changed` how many decisions came out otherwise."""

    published: UUID
    correlation_id: UUID
    zone: int
    programme: str
    version: str
    due_at: datetime
    state: str
    after: UUID
    total: int
    looked_at: int
    changed: int
    started_at: datetime | None
    ended_at: datetime | None
    asked_by: str | None


def begun(connection: Connection[Any]) -> dict[str, date]:
    """By province, the last local date on which everybody there began to be decided anew."""
    rows = connection.execute(
        "SELECT zone, max(due_at) FROM recomputation WHERE started_at IS NOT NULL GROUP BY zone", binary=True
    )
    provinces = dict(ZONES)
    return {province: local_date(due_at, province) for zone, due_at in rows for province in provinces[zone]}


def hold(connection: Connection[Any], household_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Lock those of the households that nobody else holds, until the end of the transaction; the position of the last
    event of each that told a fact."""
    rows = connection.execute(
        "SELECT household_id, coalesce(told_pos, pos) FROM household_fact WHERE household_id = ANY(%b) "
        "ORDER BY household_id FOR UPDATE SKIP LOCKED",
        [household_ids],
        binary=True,
    )
    return dict(rows.fetchall())


def due(connection: Connection[Any], today: Mapping[str, date], limit: int) -> list[UUID]:
    """Up to `limit` households with a decision whose next date has come, by the local dates of the provinces."""
    rows = connection.execute(
        "SELECT d.household_id FROM decision_current d JOIN household_fact h USING (household_id) "
        'JOIN unnest(%(provinces)s::text[], %(dates)s::date[]) AS p (province, "on") '
        'ON p.province = left(h.regency, 2) AND d.next_change_on <= p."on" '
        "WHERE d.next_change_on <= %(latest)s LIMIT %(limit)s",
        {
            "provinces": list(today),
            "dates": list(today.values()),
            "latest": max(today.values()),
            "limit": limit,
        },
        binary=True,
    )
    return list(dict.fromkeys(household_id for (household_id,) in rows))


class Told(Protocol):
    """An event, or the entry of one."""

    @property
    def event_id(self) -> UUID: ...
    @property
    def correlation_id(self) -> UUID: ...


def ask(connection: Connection[Any], told: Iterable[tuple[UUID, Told]]) -> None:
    """Let households be decided anew, each for an event, in the transaction that takes it in or tells it."""
    rows = [(household_id, one.event_id, one.correlation_id) for household_id, one in told]
    if rows:
        households, causes, chains = zip(*rows, strict=True)
        connection.execute(
            "INSERT INTO redeciding (household_id, cause, correlation_id) SELECT * FROM unnest(%b, %b, %b)",
            [list(households), list(causes), list(chains)],
        )


def asked(connection: Connection[Any], after: int, limit: int) -> dict[UUID, int]:
    """Up to `limit` households that are to be decided anew, with the number of what was asked first of each, beyond
    `after`."""
    rows = connection.execute(
        "SELECT household_id, min(number) FROM (SELECT household_id, number FROM redeciding WHERE number > %s "
        "ORDER BY number LIMIT %s) r GROUP BY household_id ORDER BY 2",
        [after, limit],
        binary=True,
    )
    return dict(rows.fetchall())


def take_asked(connection: Connection[Any], household_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, UUID]]:
    """Take out all that was asked of these households, which the caller holds: by household the last event that asked,
    and the id of its chain."""
    rows = connection.execute(
        "WITH taken AS (DELETE FROM redeciding WHERE household_id = ANY(%b) RETURNING *) "
        "SELECT DISTINCT ON (household_id) household_id, cause, correlation_id FROM taken "
        "ORDER BY household_id, number DESC",
        [list(household_ids)],
        binary=True,
    )
    return {household_id: (cause, correlation_id) for household_id, cause, correlation_id in rows}


def forget_dates(connection: Connection[Any], household_ids: Collection[UUID]) -> None:
    """Of households whose key was destroyed nothing can be decided any more."""
    connection.execute(
        "UPDATE decision_current SET next_change_on = NULL WHERE household_id = ANY(%b) AND next_change_on IS NOT NULL",
        [list(household_ids)],
    )


def note(connection: Connection[Any], published: Sequence[tuple[Event, PolicyPublished]]) -> None:
    """Keep what is to be decided anew for these publications, once for each time zone, where it is not kept yet."""
    connection.cursor().executemany(
        "INSERT INTO recomputation (published, correlation_id, zone, programme, version, due_at) "
        "VALUES (%s, %s, %s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        [
            (
                event.event_id,
                event.correlation_id,
                zone,
                data.programme,
                data.version,
                begins(data.effective_from, provinces[0]),
            )
            for event, data in published
            for zone, provinces in ZONES
        ],
    )


def next_due(connection: Connection[Any], now: datetime) -> Recomputation | None:
    """The recomputation that is under way, or that begins now."""
    with connection.cursor(row_factory=class_row(Recomputation), binary=True) as cursor:
        return cursor.execute(
            _SELECT + "WHERE state IN ('waiting', 'running') AND due_at <= %s "
            "ORDER BY state = 'waiting', due_at, published, zone LIMIT 1",
            [now],
        ).fetchone()


def listing(connection: Connection[Any]) -> list[Recomputation]:
    """All of them, the latest first."""
    with connection.cursor(row_factory=class_row(Recomputation), binary=True) as cursor:
        return cursor.execute(_SELECT + "ORDER BY due_at DESC, programme, version, zone DESC").fetchall()


def locked(connection: Connection[Any], one: Recomputation) -> Recomputation | None:
    """The same as it stands now, held until the end of the transaction; None where another worker holds it."""
    with connection.cursor(row_factory=class_row(Recomputation), binary=True) as cursor:
        return cursor.execute(
            _SELECT + "WHERE published = %s AND zone = %s FOR UPDATE SKIP LOCKED", [one.published, one.zone]
        ).fetchone()


def begin(connection: Connection[Any], one: Recomputation, provinces: Sequence[str], *, in_force: bool) -> None:
    """Begin; `in_force` is False where a later version holds already: it has a recomputation of its own."""
    connection.execute(
        "UPDATE recomputation SET state = CASE WHEN %(in_force)s THEN 'running' ELSE 'superseded' END, "
        "started_at = now(), ended_at = CASE WHEN %(in_force)s THEN NULL ELSE now() END, "
        "total = CASE WHEN %(in_force)s THEN (SELECT count(*) FROM household_fact "
        "WHERE left(regency, 2) = ANY(%(provinces)s)) ELSE 0 END "
        "WHERE published = %(published)s AND zone = %(zone)s AND state = 'waiting'",
        {"in_force": in_force, "provinces": list(provinces), "published": one.published, "zone": one.zone},
    )


def page(connection: Connection[Any], after: UUID, provinces: Sequence[str], limit: int) -> list[UUID]:
    """The next households of these provinces, by id."""
    rows = connection.execute(
        "SELECT household_id FROM household_fact WHERE household_id > %s AND left(regency, 2) = ANY(%s) "
        "ORDER BY household_id LIMIT %s",
        [after, list(provinces), limit],
        binary=True,
    )
    return [household_id for (household_id,) in rows]


def advance(
    connection: Connection[Any], one: Recomputation, *, after: UUID | None, looked_at: int, changed: int
) -> None:
    """Keep how far it has come; `after` None: all of the page is to be looked at again."""
    connection.execute(
        "UPDATE recomputation SET after = coalesce(%s, after), looked_at = looked_at + %s, changed = changed + %s "
        "WHERE published = %s AND zone = %s",
        [after, looked_at, changed, one.published, one.zone],
    )


def end(connection: Connection[Any], one: Recomputation, state: str) -> None:
    """All were looked at (`done`), or a later version holds since (`superseded`)."""
    connection.execute(
        "UPDATE recomputation SET state = %s, ended_at = now() WHERE published = %s AND zone = %s",
        [state, one.published, one.zone],
    )


def pause(connection: Connection[Any], programme: str, version: str, by: str) -> int:
    """Pause what is not over; return how many zones."""
    return connection.execute(
        "UPDATE recomputation SET state = 'paused', asked_by = %s "
        "WHERE programme = %s AND version = %s AND state IN ('waiting', 'running')",
        [by, programme, version],
    ).rowcount


def resume(connection: Connection[Any], programme: str, version: str, by: str) -> int:
    """Go on with what was paused; return how many zones."""
    return connection.execute(
        "UPDATE recomputation SET state = CASE WHEN started_at IS NULL THEN 'waiting' ELSE 'running' END, "
        "asked_by = %s WHERE programme = %s AND version = %s AND state = 'paused'",
        [by, programme, version],
    ).rowcount
