"""SQL of lines and recoveries: held, read, written as their events left them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import Connection, sql

from padan_eligibility.domain.payments import UNPAID, Line
from padan_eligibility.domain.recovering import Key, Persons, Recovery

_LINE: Final = Line.__struct_fields__
_TYPES: Final = {
    "list_id": "uuid", "line": "integer", "household_id": "uuid", "recipient": "uuid", "amount_idr": "bigint",
    "listed_on": "date", "since": "date", "holds": "jsonb", "held_until": "date", "ordered_in": "integer",
    "ordered_on": "date", "paid_on": "date", "paid_event": "uuid", "card_event": "uuid", "changes": "integer",
}  # fmt: skip
_FIXED: Final = ("list_id", "line", "household_id", "regency", "programme", "stage", "amount_idr", "listed_on")
_WRITTEN: Final = (*_LINE, "held_until")
_SELECT: Final = sql.SQL("SELECT {} FROM payment_line ").format(sql.SQL(", ").join(map(sql.Identifier, _LINE)))
_WRITE: Final = sql.SQL(
    "INSERT INTO payment_line AS f ({columns}) SELECT {columns} FROM json_to_recordset(%s::json) AS w ({types}) "
    "ORDER BY list_id, line ON CONFLICT (list_id, line) DO UPDATE SET {changed} WHERE f.changes < excluded.changes"
).format(
    columns=sql.SQL(", ").join(map(sql.Identifier, _WRITTEN)),
    types=sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(_TYPES.get(name, "text"))) for name in _WRITTEN
    ),
    changed=sql.SQL(", ").join(
        sql.SQL("{name} = excluded.{name}").format(name=sql.Identifier(name)) for name in _WRITTEN if name not in _FIXED
    ),
)
_RECOVERY: Final = Recovery.__struct_fields__
_WRITE_RECOVERY: Final = sql.SQL(
    "INSERT INTO payment_recovery AS f ({columns}) VALUES ({values}) ON CONFLICT (recovery_id) DO UPDATE SET "
    "whose = excluded.whose, paid_on = excluded.paid_on, because_of = excluded.because_of, "
    "outcome = excluded.outcome, returned_idr = excluded.returned_idr, closed_by = excluded.closed_by, "
    "changes = excluded.changes WHERE f.changes < excluded.changes"
).format(
    columns=sql.SQL(", ").join(map(sql.Identifier, _RECOVERY)),
    values=sql.SQL(", ").join(map(sql.Placeholder, _RECOVERY)),
)
_RELATED: Final = sql.SQL(
    "SELECT list_id, line FROM payment_line WHERE household_id = ANY(%b) OR recipient = ANY(%b) ORDER BY list_id, line"
)
_HELD: Final = _RELATED + sql.SQL(" FOR UPDATE")
_FAMILIES_LOCK: Final = 0x7061_6461_6E06


def hold_families(connection: Connection[Any], *, alone: bool) -> None:
    """Until the end of the transaction either families are followed and paid, by any number of workers, or (`alone`)
    lines are made of them, or records of persons turn out to be of one: else a family that changes while its line comes
    about would not be followed, and whose payments belong together would be overlooked. Behind the facts' own rows, and
    before lists and lines."""
    lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    connection.execute(sql.SQL("SELECT {}(%s)").format(sql.Identifier(lock)), [_FAMILIES_LOCK])


def write(connection: Connection[Any], lines: Iterable[Line]) -> None:
    """Write how lines stand."""
    rows = [{**msgspec.structs.asdict(line), "held_until": line.held_until} for line in lines]
    if rows:
        connection.execute(_WRITE, [msgspec.json.encode(rows).decode()])


def hold_related(connection: Connection[Any], households: Sequence[UUID], people: Sequence[UUID]) -> list[Line]:
    """The same as `related`, held until the end of the transaction, in one order."""
    return related(connection, households, people, hold=True)


def related(
    connection: Connection[Any], households: Sequence[UUID], people: Sequence[UUID], *, hold: bool = False
) -> list[Line]:
    """The lines of these households, those whose recipient is one of these persons, and those of whoever turned out to
    be the same person as one of these recipients."""
    rows = connection.execute(
        "SELECT DISTINCT recipient FROM payment_line WHERE household_id = ANY(%b)", [households], binary=True
    )
    asked = {*people, *(recipient for (recipient,) in rows)}
    if not asked:
        return []
    everybody = sorted({*asked, *same_persons(connection, sorted(asked)).roots})
    found = connection.execute(_HELD if hold else _RELATED, [households, everybody], binary=True).fetchall()
    return of(connection, found)


def of(connection: Connection[Any], numbers: Sequence[tuple[UUID, int]]) -> list[Line]:
    """Lines as they stand. A statement of its own, behind the one that holds them: who waited there sees what the other
    wrote."""
    if not numbers:
        return []
    rows = connection.execute(
        _SELECT
        + sql.SQL(
            "JOIN unnest(%b::uuid[], %b::integer[]) AS w (list_id, line) USING (list_id, line) ORDER BY list_id, line"
        ),
        [[list_id for list_id, _ in numbers], [line for _, line in numbers]],
        binary=True,
    )
    return [_line(row) for row in rows]


def hold_numbers(connection: Connection[Any], list_id: UUID, numbers: Iterable[int]) -> list[Line]:
    """Lines of a list by number with all that are related to them, held until the end of the transaction."""
    rows = connection.execute(
        "SELECT DISTINCT household_id FROM payment_line WHERE list_id = %b AND line = ANY(%s)",
        [list_id, sorted(set(numbers))],
        binary=True,
    )
    households = sorted(household_id for (household_id,) in rows)
    return hold_related(connection, households, [])


def hold_unordered(
    connection: Connection[Any], list_id: UUID, statuses: Sequence[str], after: int, limit: int
) -> list[Line]:
    """Lines of these statuses behind one, held until the end of the transaction."""
    held = connection.execute(
        "SELECT list_id, line FROM payment_line WHERE list_id = %b AND line > %s AND status = ANY(%s) "
        "ORDER BY list_id, line LIMIT %s FOR UPDATE",
        [list_id, after, list(statuses), limit],
        binary=True,
    ).fetchall()
    return of(connection, held)


def due(connection: Connection[Any], today: Mapping[str, date], limit: int) -> list[Line]:
    """Up to `limit` unpaid lines with a hold that is over by the local dates of the provinces; held, and those that
    somebody else holds left out."""
    held = connection.execute(
        "SELECT l.list_id, l.line FROM payment_line l JOIN unnest(%(provinces)s::text[], %(dates)s::date[]) "
        'AS p (province, "on") ON p.province = left(l.regency, 2) AND l.held_until < p."on" '
        "WHERE l.held_until < %(latest)s AND l.status = ANY(%(unpaid)s) "
        "ORDER BY l.list_id, l.line LIMIT %(limit)s FOR UPDATE OF l SKIP LOCKED",
        {
            "provinces": list(today),
            "dates": list(today.values()),
            "latest": max(today.values()),
            "unpaid": [one.value for one in UNPAID],
            "limit": limit,
        },
        binary=True,
    ).fetchall()
    return of(connection, held)


def eldest(connection: Connection[Any], household_id: UUID) -> UUID | None:
    """The eldest living member of a family; None: nobody lives there. Whose birth is not known comes last."""
    row = connection.execute(
        "SELECT person_id FROM person_fact WHERE household_id = %b AND died_on IS NULL "
        "ORDER BY birth_date NULLS LAST, person_id LIMIT 1",
        [household_id],
        binary=True,
    ).fetchone()
    return None if row is None else row[0]


def same_persons(connection: Connection[Any], people: Sequence[UUID]) -> Persons:
    """Which records are of one human being, of those that have to do with these."""
    found: dict[UUID, set[UUID]] = {}
    for origin, person in connection.execute(
        "WITH RECURSIVE same (origin, person) AS (SELECT p, p FROM unnest(%b::uuid[]) p UNION "
        "SELECT s.origin, CASE WHEN a.person_id = s.person THEN a.same_as ELSE a.person_id END FROM same s "
        "JOIN person_alias a ON a.same_as IS NOT NULL AND (a.person_id = s.person OR a.same_as = s.person)) "
        "SELECT origin, person FROM same",
        [people],
        binary=True,
    ):
        found.setdefault(origin, set()).add(person)
    groups = {frozenset(group) for group in found.values() if len(group) > 1}
    roots = {person: min(group) for group in groups for person in group}
    if not roots:
        return Persons()
    events: dict[UUID, tuple[UUID, ...]] = {}
    for person_id, same_as, event_id in connection.execute(
        "SELECT person_id, same_as, event_id FROM person_alias WHERE person_id = ANY(%b) AND same_as IS NOT NULL "
        "ORDER BY event_id",
        [sorted(roots)],
        binary=True,
    ):
        for one in (person_id, same_as):
            events[one] = (*events.get(one, ()), event_id)
    return Persons(roots, events)


def recoveries(connection: Connection[Any], lines: Iterable[Line]) -> dict[Key, Recovery]:
    """The recoveries of these lines, which are held."""
    return recoveries_of(connection, [(line.list_id, line.line) for line in lines])


def recoveries_of(connection: Connection[Any], numbers: Sequence[tuple[UUID, int]]) -> dict[Key, Recovery]:
    """The recoveries of lines by list and number."""
    rows = connection.execute(
        sql.SQL("SELECT {} FROM payment_recovery JOIN unnest(%b::uuid[], %b::integer[]) AS w (list_id, line) ").format(
            sql.SQL(", ").join(map(sql.Identifier, _RECOVERY))
        )
        + sql.SQL("USING (list_id, line)"),
        [[list_id for list_id, _ in numbers], [line for _, line in numbers]],
        binary=True,
    )
    found = (_recovery(row) for row in rows)
    return {one.key: one for one in found}


def hold_recovery(connection: Connection[Any], recovery_id: UUID) -> Recovery | None:
    """A recovery, its line held until the end of the transaction."""
    connection.execute(
        "SELECT 1 FROM payment_line l JOIN payment_recovery r USING (list_id, line) WHERE r.recovery_id = %b "
        "FOR UPDATE OF l",
        [recovery_id],
    )
    return recovery(connection, recovery_id)


def recovery(connection: Connection[Any], recovery_id: UUID) -> Recovery | None:
    """A recovery."""
    row = connection.execute(
        sql.SQL("SELECT {} FROM payment_recovery WHERE recovery_id = %b").format(
            sql.SQL(", ").join(map(sql.Identifier, _RECOVERY))
        ),
        [recovery_id],
        binary=True,
    ).fetchone()
    return None if row is None else _recovery(row)


def write_recoveries(connection: Connection[Any], found: Iterable[Recovery]) -> None:
    """Write how recoveries stand."""
    rows = [{**msgspec.structs.asdict(one), "because_of": list(one.because_of)} for one in found]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_WRITE_RECOVERY, rows)


def hold_all(connection: Connection[Any]) -> None:
    """Let nobody change a line or a recovery until the end of the transaction."""
    connection.execute("LOCK TABLE payment_line, payment_recovery IN EXCLUSIVE MODE")


def _line(row: Sequence[Any]) -> Line:
    return msgspec.convert(dict(zip(_LINE, row, strict=True)), Line)


def _recovery(row: Sequence[Any]) -> Recovery:
    return msgspec.convert(dict(zip(_RECOVERY, row, strict=True)), Recovery)
