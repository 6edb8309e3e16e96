"""What is shown of payment lists, and to whom: the bank its own lists, a programme's owner the programme's, everybody
else what is in their region."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.payments import HoldReason
from psycopg import Connection, sql

from padan_eligibility.domain.drafts import NATION, Person, RefusedError, acts_for
from padan_eligibility.domain.payments import Line
from padan_eligibility.domain.recovering import Recovery
from padan_eligibility.payments import lines, repository
from padan_eligibility.payments.repository import PaymentList
from padan_eligibility.payments.shapes import HeldTold, Lines, LineTold, ListTold, Recoveries, RecoveryTold
from padan_eligibility.payments.taking import BANK
from padan_eligibility.programmes.policy_set import PolicySet

_CONDITIONS: Final = {
    "list": sql.SQL("list_id = %(list)s"),
    "after": sql.SQL("line > %(after)s"),
    "prefix": sql.SQL("starts_with(regency, %(prefix)s)"),
    "status": sql.SQL("status = %(status)s"),
    "held": sql.SQL("(holds <> '{}') = %(held)s"),
    "household": sql.SQL("household_id = %(household)s"),
}
_RECOVERY: Final = sql.SQL(", ").join(map(sql.Identifier, Recovery.__struct_fields__))


def prefix_of(person: Person) -> str:
    """What the codes of the regencies begin with that a person sees."""
    return "" if person.region == NATION else person.region


def sees(policies: PolicySet, person: Person, found: PaymentList) -> bool:
    """Whether a person may see a list."""
    if person.role == BANK:
        return person.actor == f"user:{found.bank}"
    policy = policies.latest(found.programme)
    if person.role == "programme_owner":
        return policy is not None and acts_for(person, policy.owner)
    own, of = prefix_of(person), "" if found.region == NATION else found.region
    return own.startswith(of) or of.startswith(own)


def check_programme(known: PolicySet, programme: str | None) -> None:
    """Whether there is a programme that only is asked for; None: no programme is asked for. Whoever mistypes one must
    not read an empty answer as a clean bill. Raises `RefusedError` programme_unknown."""
    if programme is not None and known.latest(programme) is None:
        raise RefusedError("programme_unknown")


def visible(connection: Connection[Any], policies: PolicySet, person: Person, list_id: UUID) -> PaymentList:
    """A list that a person may see. Raises `RefusedError`."""
    found = repository.one_list(connection, list_id)
    if found is None or not sees(policies.within(connection), person, found):
        raise RefusedError("payment_list_unknown")
    return found


def told_list(connection: Connection[Any], found: PaymentList, prefix: str | None) -> ListTold:
    """A list as it is answered; with its regencies of a region (None: without)."""
    sums = repository.totals(connection, found.list_id)
    regencies = None if prefix is None else [one for one in sums.parts if one.regency.startswith(prefix)]
    return ListTold(
        list_id=found.list_id,
        period_id=found.period_id,
        programme=found.programme,
        stage=found.stage,
        region=found.region,
        bank=found.bank,
        made_by=found.made_by,
        made_at=found.made_at,
        complete=found.complete,
        lines=found.lines,
        amount_idr=found.amount_idr,
        digest=found.digest,
        totals=sums.totals,
        held=sums.held,
        orders=[one.told for one in repository.orders(connection, found.list_id)],
        regencies=regencies,
    )


def page(connection: Connection[Any], found: PaymentList, prefix: str, asked: Lines) -> Sequence[LineTold]:
    """Lines of a list in a region. Raises `RefusedError` while it is being made."""
    if not found.complete:
        raise RefusedError("payment_list_incomplete")
    values = {
        "list": found.list_id,
        "after": asked.after,
        "prefix": prefix,
        "status": None if asked.status is None else asked.status.value,
        "held": asked.held,
        "household": asked.household_id,
        "limit": asked.limit,
    }
    # One condition for each that is asked: by household there is an index.
    where = [condition for name, condition in _CONDITIONS.items() if values[name] is not None]
    rows = connection.execute(
        sql.SQL("SELECT list_id, line FROM payment_line WHERE {} ORDER BY line LIMIT %(limit)s").format(
            sql.SQL(" AND ").join(where)
        ),
        values,
    ).fetchall()
    return [told_line(line) for line in lines.of(connection, rows)]


def told_line(line: Line) -> LineTold:
    """A line as it is answered."""
    reasons = [reason for reason in HoldReason if reason in line.holds]
    held = None
    if reasons:
        first = line.holds[reasons[0]]
        notes = (one.note for one in line.holds.values() if one.note is not None)
        held = HeldTold(reason=reasons[0], until=first.until, reasons=reasons, note=next(notes, None))
    return LineTold(
        line=line.line,
        household_id=line.household_id,
        regency=line.regency,
        recipient=line.recipient,
        amount_idr=line.amount_idr,
        status=line.status,
        since=line.since,
        reason=line.reason,
        card=line.card,
        held=held,
    )


def recoveries(
    connection: Connection[Any], policies: PolicySet, person: Person, asked: Recoveries
) -> Sequence[RecoveryTold]:
    """Recoveries that a person may see, behind one; a bank sees none. Raises `RefusedError` programme_unknown."""
    known = policies.within(connection)
    check_programme(known, asked.programme)
    owned = None
    if person.role == BANK:
        owned = []
    elif person.role == "programme_owner":
        programmes = {found.programme for found in repository.lists(connection)}
        owned = [
            one for one in programmes if (policy := known.latest(one)) is not None and acts_for(person, policy.owner)
        ]
    rows = connection.execute(
        sql.SQL(
            "SELECT {} FROM payment_recovery WHERE recovery_id > %(after)s AND starts_with(regency, %(prefix)s) "
            "AND (%(programme)s::text IS NULL OR programme = %(programme)s) "
            "AND (%(owned)s::text[] IS NULL OR programme = ANY(%(owned)s)) "
            "AND (%(open)s::boolean IS NULL OR (outcome IS NULL) = %(open)s) ORDER BY recovery_id LIMIT %(limit)s"
        ).format(_RECOVERY),
        {
            "after": asked.after,
            "prefix": prefix_of(person),
            "programme": asked.programme,
            "owned": owned,
            "open": None if asked.state is None else asked.state == "open",
            "limit": asked.limit,
        },
    )
    names = Recovery.__struct_fields__
    return [told_recovery(msgspec.convert(dict(zip(names, row, strict=True)), Recovery)) for row in rows]


def told_recovery(one: Recovery) -> RecoveryTold:
    """A recovery as it is answered."""
    fields: dict[str, Any] = {name: getattr(one, name) for name in RecoveryTold.__struct_fields__}
    return RecoveryTold(**fields)


def held_long(connection: Connection[Any], before: datetime) -> Mapping[str, int]:
    """How many lines are held of lists that were made before a time, by programme; of each programme with a list."""
    rows = connection.execute(
        "SELECT l.programme, coalesce(sum(t.lines), 0)::bigint FROM payment_list l LEFT JOIN payment_total t "
        "ON t.list_id = l.list_id AND t.held AND l.made_at < %s GROUP BY l.programme",
        [before],
    )
    return dict(rows.fetchall())


def open_recoveries(connection: Connection[Any]) -> Mapping[str, int]:
    """How many recoveries are open, by reason."""
    rows = connection.execute("SELECT reason, count(*) FROM payment_recovery WHERE outcome IS NULL GROUP BY reason")
    return {reason: int(count) for reason, count in rows}
