"""SQL of reviews."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.effects import NOBODY
from padan_events.reviews import ReviewTier
from padan_events.states import CLOSED
from padan_events.topics import ELIGIBILITY_EVENTS
from padan_runtime.log import table_of
from psycopg import Connection, sql

from padan_eligibility.domain.reviews import Review, Whereabouts

_COLUMNS: Final = Review.__struct_fields__
_CLOSED: Final = [state.value for state in CLOSED]
_SELECT: Final = sql.SQL("SELECT {} FROM review r ").format(
    sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(name)) for name in _COLUMNS)
)
_WRITE: Final = sql.SQL(
    "INSERT INTO review ({columns}) VALUES ({values}) ON CONFLICT (review_id) DO UPDATE SET "
    "opened_on = excluded.opened_on, due_on = excluded.due_on, tier = excluded.tier, outcome = excluded.outcome, "
    "closed_tier = excluded.closed_tier, closed_by = excluded.closed_by, changes = excluded.changes, "
    "last_event = excluded.last_event "
    "WHERE review.changes < excluded.changes"
).format(
    columns=sql.SQL(", ").join(map(sql.Identifier, _COLUMNS)),
    values=sql.SQL(", ").join(map(sql.Placeholder, _COLUMNS)),
)


def _review(row: Sequence[Any]) -> Review:
    return msgspec.convert(dict(zip(_COLUMNS, row, strict=True)), Review)


def known(connection: Connection[Any], ids: Sequence[UUID]) -> dict[UUID, Review]:
    """Reviews by id, those there are."""
    rows = connection.execute(_SELECT + sql.SQL("WHERE r.review_id = ANY(%b)"), [ids], binary=True)
    return {row[0]: _review(row) for row in rows}


def touched(connection: Connection[Any], household_ids: Sequence[UUID]) -> dict[UUID, list[Review]]:
    """By match, all reviews of the matches that concern these households or persons whom they hold; held until the
    end of the transaction, in one order, so that two workers that meet over a transfer wait for each other and never
    deadlock."""
    rows = connection.execute(
        "SELECT r.match_id FROM review r WHERE r.match_id IN ("
        "SELECT match_id FROM review WHERE household_id = ANY(%(ids)b) "
        "UNION SELECT x.match_id FROM review x JOIN person_fact p USING (person_id) "
        "WHERE p.household_id = ANY(%(ids)b)) ORDER BY r.review_id FOR UPDATE OF r",
        {"ids": household_ids},
        binary=True,
    ).fetchall()
    return of_matches(connection, sorted({match_id for (match_id,) in rows}))


def hold_match(connection: Connection[Any], match_id: UUID) -> Sequence[Review]:
    """All reviews of a match, held until the end of the transaction."""
    connection.execute(
        "SELECT 1 FROM review r WHERE r.match_id = %b ORDER BY r.review_id FOR UPDATE OF r", [match_id], binary=True
    )
    return of_matches(connection, [match_id]).get(match_id, [])


def of_matches(connection: Connection[Any], match_ids: Sequence[UUID]) -> dict[UUID, list[Review]]:
    """All reviews by match. A statement of its own, behind the one that holds them: who waited there for somebody who
    has opened one more meanwhile does not see that one in the same statement."""
    rows = connection.execute(
        _SELECT + sql.SQL("WHERE r.match_id = ANY(%b) ORDER BY r.review_id"), [match_ids], binary=True
    )
    found: dict[UUID, list[Review]] = {}
    for row in rows:
        review = _review(row)
        found.setdefault(review.match_id, []).append(review)
    return found


def whereabouts(connection: Connection[Any], reviews: Sequence[Review]) -> dict[UUID, Whereabouts]:
    """By person where they are, with the regencies of the households that matter to their reviews; without those who
    are in a household of which nothing is known yet: its own events, in another shard, will say what becomes of theirs.
    """
    holders: dict[UUID, tuple[UUID | None, bool]] = {}
    on_the_way = set()
    for person_id, household_id, state, alive in connection.execute(
        "SELECT p.person_id, p.household_id, h.state, p.died_on IS NULL "
        "FROM person_fact p LEFT JOIN household_fact h USING (household_id) WHERE p.person_id = ANY(%b)",
        [sorted({one.person_id for one in reviews})],
        binary=True,
    ):
        if state is not None:
            holders[person_id] = (household_id, alive and state not in _CLOSED)
        elif household_id != NOBODY:
            on_the_way.add(person_id)
    known = {*(holder for holder, _ in holders.values() if holder), *(one.household_id for one in reviews)}
    regencies = regencies_of(connection, known)
    found = {}
    for one in reviews:
        if one.person_id in on_the_way:
            continue
        holder, lives = holders.get(one.person_id, (None, False))
        found[one.person_id] = Whereabouts(holder=holder, home=holder if lives else None, regencies=regencies)
    return found


def regencies_of(connection: Connection[Any], household_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Where households live."""
    rows = connection.execute(
        "SELECT household_id, regency FROM household_fact WHERE household_id = ANY(%b)",
        [sorted(household_ids)],
        binary=True,
    )
    return dict(rows.fetchall())


def hold(connection: Connection[Any], household_id: UUID) -> str | None:
    """Lock a household until the end of the transaction; its regency, None where there is none."""
    row = connection.execute(
        "SELECT regency FROM household_fact WHERE household_id = %b FOR UPDATE", [household_id], binary=True
    ).fetchone()
    return None if row is None else str(row[0])


def write(connection: Connection[Any], reviews: Iterable[Review]) -> None:
    """Write how reviews stand."""
    with connection.cursor() as cursor:
        cursor.executemany(_WRITE, [msgspec.structs.asdict(review) for review in reviews])


def overdue(connection: Connection[Any], today: Mapping[str, date], limit: int) -> list[tuple[Review, str]]:
    """Up to `limit` open reviews that are late by the local dates of the provinces and can go to a next tier, with the
    regency of each; held, and those that somebody else holds left out."""
    rows = connection.execute(
        sql.SQL("SELECT {columns}, h.regency FROM review r JOIN household_fact h USING (household_id) ").format(
            columns=sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(name)) for name in _COLUMNS)
        )
        + sql.SQL(
            'JOIN unnest(%(provinces)s::text[], %(dates)s::date[]) AS p (province, "on") '
            'ON p.province = left(h.regency, 2) AND r.due_on < p."on" '
            "WHERE r.outcome IS NULL AND r.due_on < %(latest)s AND r.tier <> %(last)s "
            "ORDER BY r.due_on, r.review_id LIMIT %(limit)s FOR UPDATE OF r SKIP LOCKED"
        ),
        {
            "provinces": list(today),
            "dates": list(today.values()),
            "latest": max(today.values()),
            "last": tuple(ReviewTier)[-1].value,
            "limit": limit,
        },
        binary=True,
    )
    return [(_review(row[:-1]), str(row[-1])) for row in rows]


def counts(connection: Connection[Any], today: date) -> dict[str, tuple[int, int]]:
    """By tier, how many reviews are open, and how many of these were due before `today`."""
    rows = connection.execute(
        "SELECT tier, count(*), count(*) FILTER (WHERE due_on < %s) FROM review WHERE outcome IS NULL GROUP BY tier",
        [today],
    )
    return {tier: (int(number), int(late)) for tier, number, late in rows}


def told(connection: Connection[Any], shard: int, event_id: UUID) -> bytes | None:
    """The event of this id in the log; None where there is none."""
    row = connection.execute(
        sql.SQL("SELECT value FROM {} WHERE shard = %s AND event_id = %b").format(
            sql.Identifier(table_of(ELIGIBILITY_EVENTS.name))
        ),
        [shard, event_id],
        binary=True,
    ).fetchone()
    return None if row is None else bytes(row[0])


def hold_all(connection: Connection[Any]) -> None:
    """Let nobody change a review until the end of the transaction."""
    connection.execute("LOCK TABLE review IN EXCLUSIVE MODE")
