"""SQL of payment lists, orders and what the bank said."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, LiteralString
from uuid import UUID

import msgspec
from padan_events.payments import Card, Status
from padan_events.topics import ELIGIBILITY_EVENTS
from padan_runtime.log import table_of
from psycopg import Connection, sql

from padan_eligibility.domain.payments import Result
from padan_eligibility.payments.shapes import OrderTold, PartTold, Sum


class PaymentList(msgspec.Struct, frozen=True, kw_only=True):
    """A payment list. Until `complete` it is being made: its families up to `listed_after` have lines."""

    list_id: UUID
    period_id: UUID
    programme: str
    stage: str
    region: str
    bank: str
    made_by: str
    made_at: datetime
    listed_after: UUID
    lines: int
    amount_idr: int
    digest: str | None
    complete: bool


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order. Until `complete` it is under way, and has come to the line `after`."""

    list_id: UUID
    number: int
    request: str
    ordered_by: str
    ordered_at: datetime
    after: int
    lines: int
    amount_idr: int
    excluded: int
    held: int
    digest: str | None
    complete: bool

    @property
    def told(self) -> OrderTold:
        """As it is answered."""
        return OrderTold(
            order=self.number,
            lines=self.lines,
            amount_idr=self.amount_idr,
            excluded=self.excluded,
            held=self.held,
            digest=self.digest,
            at=self.ordered_at,
            by=self.ordered_by,
            complete=self.complete,
        )


class Family(msgspec.Struct, frozen=True):
    """A family of a sealed stage that is to be listed, with its caretaker as the facts have it; None: they do not have
    the family."""

    household_id: UUID
    regency: str
    amount_idr: int | None
    caretaker: UUID | None


_MANY: Final = 5_000
"""Rows that sum to a list and are put together; and so many more than there are groups that it is worth it."""
_LIST: Final = sql.SQL(", ").join(map(sql.Identifier, PaymentList.__struct_fields__))
_ORDER: Final = sql.SQL(", ").join(map(sql.Identifier, Order.__struct_fields__))


def begin(connection: Connection[Any], one: PaymentList) -> None:
    """Begin a list, where there is none."""
    connection.execute(
        "INSERT INTO payment_list (list_id, period_id, programme, stage, region, bank, made_by, made_at) VALUES "
        "(%(list_id)s, %(period_id)s, %(programme)s, %(stage)s, %(region)s, %(bank)s, %(made_by)s, %(made_at)s) "
        "ON CONFLICT DO NOTHING",
        msgspec.structs.asdict(one),
    )


def one_list(connection: Connection[Any], list_id: UUID, *, hold: bool = False) -> PaymentList | None:
    """A list; `hold`: nobody else orders or takes results of it until the end of the transaction."""
    return next(iter(_lists(connection, "WHERE list_id = %b" + (" FOR UPDATE" if hold else ""), [list_id])), None)


def lists(connection: Connection[Any]) -> Sequence[PaymentList]:
    """All lists, the latest first."""
    return _lists(connection, "ORDER BY made_at DESC, list_id", [])


def unfinished(connection: Connection[Any]) -> tuple[Sequence[UUID], Sequence[UUID]]:
    """Lists that are being made, and those with an order under way."""
    made = connection.execute("SELECT list_id FROM payment_list WHERE NOT complete ORDER BY 1").fetchall()
    ordered = connection.execute("SELECT list_id FROM payment_order WHERE NOT complete ORDER BY 1").fetchall()
    return [one for (one,) in made], [one for (one,) in ordered]


def _lists(connection: Connection[Any], which: LiteralString, values: Sequence[Any]) -> Sequence[PaymentList]:
    rows = connection.execute(
        sql.SQL("SELECT {} FROM payment_list {}").format(_LIST, sql.SQL(which)), values, binary=True
    )
    return [PaymentList(**dict(zip(PaymentList.__struct_fields__, row, strict=True))) for row in rows]


def families(connection: Connection[Any], period_id: UUID, after: UUID, limit: int) -> Sequence[Family]:
    """Families of a sealed stage behind one."""
    rows = connection.execute(
        "SELECT l.household_id, l.regency, l.amount_idr, h.caretaker FROM period_list l "
        "LEFT JOIN household_fact h USING (household_id) WHERE l.period_id = %b AND l.household_id > %b "
        "ORDER BY l.household_id LIMIT %s",
        [period_id, after, limit],
        binary=True,
    )
    return [Family(*row) for row in rows]


def listed_to(connection: Connection[Any], list_id: UUID, after: UUID, lines: int, amount_idr: int) -> None:
    """A list has come so far."""
    connection.execute(
        "UPDATE payment_list SET listed_after = %b, lines = lines + %s, amount_idr = amount_idr + %s "
        "WHERE list_id = %b",
        [after, lines, amount_idr, list_id],
    )


def completed(connection: Connection[Any], list_id: UUID, digest: str) -> None:
    """A list is complete."""
    connection.execute("UPDATE payment_list SET complete = true, digest = %s WHERE list_id = %b", [digest, list_id])


def amounts(connection: Connection[Any], list_id: UUID, order: int | None) -> Iterator[tuple[int, UUID, str, int]]:
    """Number, household, regency and amount of a list's lines, or of those of an order, by number."""
    with connection.cursor(name="payment_lines") as cursor:
        cursor.itersize = 5_000
        cursor.execute(
            "SELECT line, household_id, regency, amount_idr FROM payment_line WHERE list_id = %(list)s "
            "AND (%(order)s::integer IS NULL OR ordered_in = %(order)s) ORDER BY line",
            {"list": list_id, "order": order},
        )
        yield from cursor


def orders(connection: Connection[Any], list_id: UUID) -> Sequence[Order]:
    """The orders of a list, the first one first."""
    rows = connection.execute(
        sql.SQL("SELECT {} FROM payment_order WHERE list_id = %b ORDER BY number").format(_ORDER),
        [list_id],
        binary=True,
    )
    return [Order(**dict(zip(Order.__struct_fields__, row, strict=True))) for row in rows]


def order_begun(connection: Connection[Any], one: Order) -> None:
    """Begin an order."""
    connection.execute(
        "INSERT INTO payment_order (list_id, number, request, ordered_by, ordered_at) VALUES "
        "(%(list_id)s, %(number)s, %(request)s, %(ordered_by)s, %(ordered_at)s)",
        msgspec.structs.asdict(one),
    )


def order_at(connection: Connection[Any], one: Order) -> None:
    """An order has come so far, or is complete."""
    connection.execute(
        "UPDATE payment_order SET after = %(after)s, lines = %(lines)s, amount_idr = %(amount_idr)s, "
        "excluded = %(excluded)s, held = %(held)s, digest = %(digest)s, complete = %(complete)s "
        "WHERE (list_id, number) = (%(list_id)s, %(number)s)",
        msgspec.structs.asdict(one),
    )


def results(connection: Connection[Any], list_id: UUID, numbers: Sequence[int]) -> dict[int, list[Result]]:
    """All that the bank ever said of these lines, in the order in which it was taken."""
    found: dict[int, list[Result]] = {}
    for line, status, on, amount_idr, reason, reference, card in connection.execute(
        'SELECT line, status, "on", amount_idr, reason, reference, card FROM payment_result '
        "WHERE list_id = %b AND line = ANY(%s) ORDER BY line, number",
        [list_id, list(numbers)],
    ):
        said = Result(
            status=Status(status),
            on=on,
            amount_idr=amount_idr,
            reason=reason,
            reference=reference,
            card=None if card is None else Card(card),
        )
        found.setdefault(line, []).append(said)
    return found


def write_results(connection: Connection[Any], list_id: UUID, said: Iterable[tuple[int, int, Result]]) -> None:
    """Keep what the bank said, by line and the number of the event that it made."""
    with connection.cursor() as cursor:
        cursor.executemany(
            'INSERT INTO payment_result (list_id, line, number, status, "on", amount_idr, reason, reference, card) '
            "VALUES (%(list)s, %(line)s, %(number)s, %(status)s, %(on)s, %(amount_idr)s, %(reason)s, %(reference)s, "
            "%(card)s)",
            [
                {"list": list_id, "line": line, "number": number, **msgspec.structs.asdict(result)}
                for line, number, result in said
            ],
        )


class Totals(msgspec.Struct, frozen=True):
    """Of a list by regency: lines and amounts by status, and what is held."""

    parts: Sequence[PartTold]
    totals: Mapping[str, Sum]
    held: Sum


def totals(connection: Connection[Any], list_id: UUID) -> Totals:
    """What the lines of a list come to, by status."""
    rows = connection.execute(
        "SELECT regency, status, sum(lines)::bigint, sum(amount_idr)::bigint, "
        "coalesce(sum(lines) FILTER (WHERE held), 0)::bigint, "
        "coalesce(sum(amount_idr) FILTER (WHERE held), 0)::bigint FROM payment_total WHERE list_id = %b "
        "GROUP BY regency, status HAVING sum(lines) <> 0 ORDER BY regency, status",
        [list_id],
    ).fetchall()
    whole: dict[str, Sum] = {}
    by_regency: dict[str, dict[str, Sum]] = {}
    held: dict[str, Sum] = {}
    nothing = Sum(0, 0)
    for regency, status, lines, amount, held_lines, held_amount in rows:
        whole[status] = _plus(whole.get(status, nothing), Sum(lines, amount))
        by_regency.setdefault(regency, {})[status] = Sum(lines, amount)
        held[regency] = _plus(held.get(regency, nothing), Sum(held_lines, held_amount))
    parts = [
        PartTold(
            regency=regency,
            lines=sum(one.lines for one in of.values()),
            amount_idr=sum(one.amount_idr for one in of.values()),
            totals=of,
            held=held[regency],
        )
        for regency, of in by_regency.items()
    ]
    every = Sum(sum(one.lines for one in held.values()), sum(one.amount_idr for one in held.values()))
    return Totals(parts, whole, every)


def put_together(connection: Connection[Any]) -> None:
    """Put the rows together that sum to what lists come to, of those that have many."""
    connection.execute(
        "WITH gone AS (DELETE FROM payment_total WHERE list_id IN (SELECT list_id FROM payment_total "
        "GROUP BY list_id HAVING count(*) > greatest(%s, 2 * count(DISTINCT (regency, status, held)))) RETURNING *) "
        "INSERT INTO payment_total (list_id, regency, status, held, lines, amount_idr) "
        "SELECT list_id, regency, status, held, sum(lines), sum(amount_idr) FROM gone GROUP BY 1, 2, 3, 4 "
        "HAVING sum(lines) <> 0",
        [_MANY],
    )


def _plus(one: Sum, other: Sum) -> Sum:
    return Sum(one.lines + other.lines, one.amount_idr + other.amount_idr)


def told(connection: Connection[Any], shard: int, event_id: UUID) -> tuple[str, bytes] | None:
    """Type and data of the event of this id in the log; None where there is none."""
    row = connection.execute(
        sql.SQL("SELECT type, value FROM {} WHERE shard = %s AND event_id = %b").format(
            sql.Identifier(table_of(ELIGIBILITY_EVENTS.name))
        ),
        [shard, event_id],
        binary=True,
    ).fetchone()
    return None if row is None else (row[0], bytes(row[1]))


def local_dates(dates: Mapping[str, date], regency: str) -> date:
    """The local date of a regency, of those of the provinces."""
    return dates[regency[:2]]
