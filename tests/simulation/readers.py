"""What eligibility, the gateway and registry-ingest make of events, by their own folds."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID, uuid5

import msgspec
from padan_eligibility.domain.decision import decide, digest
from padan_eligibility.domain.facts import HouseholdFacts, PersonFacts
from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.scope import applies
from padan_eligibility.facts.folding import Change, open_members
from padan_eligibility.facts.folding import fold as fold_facts
from padan_eligibility.policies import packaged
from padan_events import Event, decode, encode, type_of
from padan_events.eligibility import Decided
from padan_events.intake import Accepted, Position, Refused
from padan_events.local_date import local_date
from padan_events.states import State
from padan_events.topics import ELIGIBILITY_EVENTS
from padan_gateway.views.rows import decoded, sealed_in
from padan_gateway.views.rows import fold as fold_views
from padan_runtime.keys import SubjectKeys
from padan_runtime.log import Entry

from simulation.processes import World
from simulation.servers import Database, Steps, Transaction


@cache
def policies() -> list[Policy]:
    """Those that speak of the one regency of the simulation."""
    return [policy for policy in packaged() if applies(policy, "3318", date(2026, 3, 1))]


def erased(subjects: Iterable[UUID]) -> dict[UUID, SubjectKeys]:
    """What the keyring answers of subjects who were erased: here nothing is sealed, so nothing is opened."""
    return {subject_id: SubjectKeys(subject_id) for subject_id in subjects}


def _subjects(change: Change) -> list[UUID]:
    return [part.member.person_id for part in change.members]


class Joined(msgspec.Struct, frozen=True):
    """Whom a person belongs to, since which `membership_seq`."""

    household_id: UUID
    membership_seq: int


class FactRow(msgspec.Struct, frozen=True):
    """What eligibility keeps of a household."""

    regency: str
    decile: int | None
    pos: int


class ViewRow(msgspec.Struct, frozen=True):
    """What the gateway keeps of a household."""

    version: int
    caretaker: UUID
    decile: int | None
    matched: UUID | None
    pos: int


class DecisionRow(msgspec.Struct, frozen=True):
    """The decision that stands, and its digest where eligibility keeps it."""

    event_id: UUID
    outcome: str
    mark: str = ""


def _join(world: World, transaction: Transaction, members: Iterable[tuple[UUID, Joined]]) -> Steps:
    """Write persons where they joined later than what is held says; the rows locked in their order."""
    latest: dict[UUID, Joined] = {}
    for person_id, joined in members:
        held = latest.get(person_id)
        if held is None or held.membership_seq < joined.membership_seq:
            latest[person_id] = joined
    yield from transaction.lock([("person", person_id) for person_id in sorted(latest)])
    persons = transaction.database.table("person")
    for person_id, joined in latest.items():
        held = persons.get(person_id)
        later = held is None or held.membership_seq < joined.membership_seq
        if later or not world.has("membership sequence"):
            transaction.write("person", person_id, joined)


class Facts:
    """The reader `eligibility.facts`: facts, and the decisions they lead to."""

    def __init__(self, world: World, database: Database) -> None:
        self._world, self._database = world, database

    def apply(self, transaction: Transaction, events: Sequence[Event], /) -> Steps:
        """Write facts, decide each household that a batch touches, append what is new."""
        yield "writes facts"
        changes = fold_facts(events)
        members = [member for change in changes.values() for member in open_members(change, erased(_subjects(change)))]
        yield from _join(
            self._world,
            transaction,
            [(each.facts.person_id, Joined(each.household_id, each.membership_seq)) for each in members],
        )
        yield "decides"
        entries = []
        for household_id, change in changes.items():
            held = self._database.table("fact").get(household_id)
            assert change.proposed or held is not None, "a fact of a household that was never proposed"
            decile = change.decile if change.decile is not None else held.decile if held is not None else None
            row = FactRow(change.regency, decile, change.event.pos)
            transaction.write("fact", household_id, row)
            entries += self._decide(transaction, change.event, facts_of(household_id, row))
        if entries:
            yield from transaction.append(entries)

    def _decide(self, transaction: Transaction, event: Event, facts: HouseholdFacts) -> list[Entry]:
        entries = []
        as_of = local_date(event.time, facts.regency)
        for policy in policies():
            decision = decide(policy, facts, as_of)
            mark = digest(decision, facts)
            standing = self._database.table("decision").get((facts.household_id, policy.programme))
            if standing is not None and standing.mark == mark:
                continue
            decision_id = uuid5(facts.household_id, f"{policy.programme}:{event.shard}:{event.pos}:{as_of}")
            data = Decided(
                household_id=facts.household_id,
                regency=facts.regency,
                programme=policy.programme,
                outcome=decision.outcome,
                state=facts.state.value,
                policy_version=policy.version,
                facts=Position(event.shard, event.pos),
                as_of=as_of,
                explanation=b"sealed",
                annual_idr=decision.annual_idr,
                missing=decision.missing,
            )
            row = DecisionRow(decision_id, decision.outcome.value, mark)
            transaction.write("decision", (facts.household_id, policy.programme), row)
            entries.append(
                Entry(
                    topic=ELIGIBILITY_EVENTS.name,
                    shard=event.shard,
                    key=event.key,
                    event_id=decision_id,
                    type=type_of(data).name,
                    value=encode(data),
                    actor="service:eligibility",
                    correlation_id=event.correlation_id,
                    causation_id=event.event_id,
                )
            )
        return entries


def facts_of(household_id: UUID, row: FactRow) -> HouseholdFacts:
    """A household as policies see it. No block is opened here: one member stands for all, and nothing of them is
    known."""
    unknown = (PersonFacts(person_id=household_id, known=False),)
    return HouseholdFacts(
        household_id=household_id, regency=row.regency, state=State.PROPOSED, decile=row.decile, persons=unknown
    )


def outcome_of(policy: Policy, facts: HouseholdFacts, as_of: date) -> str:
    """What a policy says of a household."""
    return decide(policy, facts, as_of).outcome.value


class Views:
    """The reader `gateway.views`."""

    def __init__(self, world: World, database: Database) -> None:
        self._world, self._database = world, database

    def apply(self, transaction: Transaction, events: Sequence[Event], /) -> Steps:
        """Write what a batch comes to."""
        yield "writes views"
        pairs = decoded(events)
        changes = fold_views(pairs, {one: erased(subjects) for one, subjects in sealed_in(pairs).items()})
        yield from _join(
            self._world,
            transaction,
            [(row.person_id, Joined(row.household_id, row.membership_seq)) for row in changes.persons.values()],
        )
        for household_id, change in changes.households.items():
            held: ViewRow | None = self._database.table("household").get(household_id)
            if held is None and change.proposed_on is None:
                continue
            transaction.write(
                "household",
                household_id,
                ViewRow(
                    version=change.events + (held.version if held is not None else 0),
                    caretaker=change.caretaker or _held(held).caretaker,
                    decile=change.decile if change.decile is not None else held.decile if held else None,
                    matched=change.matched.person_id if change.matched else held.matched if held else None,
                    pos=change.pos,
                ),
            )
        for key, row in changes.decisions.items():
            transaction.write("decision", key, DecisionRow(row.event_id, row.decided.outcome.value))


def _held(row: ViewRow | None) -> ViewRow:
    assert row is not None
    return row


class Outcomes:
    """The reader `registry-ingest.outcomes`: completes the rows of files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def apply(self, transaction: Transaction, events: Sequence[Event], /) -> Steps:
        """Only a row that waits for an outcome changes."""
        yield "completes rows"
        said: dict[int, Any] = {}
        for event in events:
            data = decode(event.type, event.value)
            assert isinstance(data, Accepted | Refused)
            said.setdefault(data.origin.row, data)
        yield from transaction.lock([("row", row) for row in sorted(said)])
        rows = self._database.table("row")
        for row, data in said.items():
            if rows.get(row) == "pending":
                transaction.write("row", row, data.code if isinstance(data, Refused) else "accepted")
