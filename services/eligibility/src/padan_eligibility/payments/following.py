"""What a batch of facts makes of lines and recoveries, in the transaction that writes them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from padan_events import Event, encode, shard_of, type_of
from padan_events.local_date import local_date
from padan_events.payments import LineFact
from padan_events.topics import ELIGIBILITY_EVENTS
from padan_runtime.log import Entry
from psycopg import Connection

from padan_eligibility.domain import holding, recovering
from padan_eligibility.domain.payments import Change, Line
from padan_eligibility.facts.folding import Change as FactChange
from padan_eligibility.payments import families, lines
from padan_eligibility.programmes.publishing import ACTOR


def follow(connection: Connection[Any], changes: Iterable[FactChange]) -> list[Entry]:
    """What lines come to, written; the entries are for the caller to append with everything else of the batch."""
    moved = {one.household_id: one for one in changes if one.moves_payments and not one.proposed}
    if not moved:
        return []
    # Whose lines belong together is about to change: nobody may pay one of them by who they were before.
    lines.hold_families(connection, alone=any(one.fates.aliases for one in moved.values()))
    held = lines.hold_related(connection, sorted(moved), sorted(_people(moved.values())))
    if not held:
        return []
    stand = families.standing(connection, sorted({line.household_id for line in held} & moved.keys()))
    done: list[Change] = []
    after: dict[tuple[UUID, int], Line] = {(line.list_id, line.line): line for line in held}
    for line in held:
        family = stand.get(line.household_id)
        if family is None:
            continue
        event = moved[line.household_id].event
        today = local_date(event.time, line.regency)
        for change in holding.followed(line, family, today, event.event_id):
            done.append(change)
            after[line.list_id, line.line] = change.line
    lines.write(connection, after.values() if done else ())
    causes = {household_id: one.event for household_id, one in moved.items()}
    entries = [entry(one.fact, one.event_id, cause=causes.get(one.line.household_id)) for one in done]
    cause = next(iter(causes.values()))
    return entries + recovered(connection, list(after.values()), causes, cause)


def hold(connection: Connection[Any], changes: Sequence[FactChange]) -> None:
    """Hold what `follow` holds for these changes, which are several of a household: it is called for them one after
    another."""
    moved = [one for one in changes if one.moves_payments and not one.proposed]
    if not moved:
        return
    lines.hold_families(connection, alone=any(one.fates.aliases for one in moved))
    households = sorted({one.household_id for one in moved})
    # Who receives for a family by then: the line follows its caretaker.
    carers = {one.caretaker for one in changes if one.caretaker is not None}
    carers.update(families.caretakers(connection, households))
    lines.hold_related(connection, households, sorted({*carers, *_people(moved)}))


def recovered(
    connection: Connection[Any],
    held: Sequence[Line],
    causes: Mapping[UUID, Event] | None = None,
    cause: Event | None = None,
) -> list[Entry]:
    """What recoveries come to by how these lines stand, written; all lines of a person in a list are among them, and
    held. `causes` are by household, `cause` is of the others."""
    claims = recovering.wanted(held, families.fates(connection, held), _same(connection, held))
    changes = recovering.followed(held, claims, lines.recoveries(connection, held))
    lines.write_recoveries(connection, [recovery for recovery, _ in changes])
    return [
        entry(fact, recovering.event_id((recovery, fact)), cause=(causes or {}).get(recovery.household_id, cause))
        for recovery, fact in changes
    ]


def _same(connection: Connection[Any], held: Sequence[Line]) -> recovering.Persons:
    return lines.same_persons(connection, sorted({line.recipient for line in held}))


def _people(changes: Iterable[FactChange]) -> set[UUID]:
    """Who died or lives again, and whose record is somebody else's too."""
    found: set[UUID] = set()
    for change in changes:
        found.update(one.person_id for one in change.died)
        found.update(part.member.person_id for part in change.members if part.joined)
        for alias in change.fates.aliases.values():
            found.update({alias.person_id} if alias.same_as is None else {alias.person_id, alias.same_as})
    return found


def entry(fact: LineFact, event_id: UUID, *, cause: Event | None = None, actor: str = ACTOR) -> Entry:
    """An event of a line as it goes into the log."""
    key = str(fact.household_id)
    return Entry(
        topic=ELIGIBILITY_EVENTS.name,
        shard=shard_of(key),
        key=key,
        event_id=event_id,
        type=type_of(fact).name,
        value=encode(fact),
        actor=actor,
        correlation_id=event_id if cause is None else cause.correlation_id,
        causation_id=None if cause is None else cause.event_id,
    )


def written(connection: Connection[Any], changes: Sequence[Change], *, actor: str = ACTOR) -> list[Entry]:
    """Write lines as these changes, in their order, leave them; the entries are for the caller to append."""
    last = {(one.line.list_id, one.line.line): one.line for one in changes}
    lines.write(connection, last.values())
    return [entry(one.fact, one.event_id, actor=actor) for one in changes]
