"""The household service: the real rules, decided in the steps of `padan_household.intake.handler`."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import islice
from uuid import UUID

import msgspec
from padan_events import Event, decode, encode, type_of
from padan_events.household import Proposed
from padan_events.intake import Accepted, HouseholdReported, Origin, Position, RankingReported, Refused
from padan_events.personal import ReportedHousehold
from padan_events.topics import HOUSEHOLD_EVENTS, OUTCOMES
from padan_household.domain import ids
from padan_household.domain.household import Household
from padan_household.domain.proposing import FIRST_MEMBERSHIP, Proposal, admit, propose
from padan_household.domain.ranking import rank
from padan_household.domain.refusals import Refusal
from padan_household.domain.sealed import Kind
from padan_household.domain.stream import Cause, HouseholdEvent, fold, follow
from padan_runtime.log import Entry

from simulation.processes import World
from simulation.servers import ConflictError, Database, Steps, Transaction, shard_here

ACTOR = "service:household"
_PROPOSED_ON = date(2026, 3, 1)


class Report(msgspec.Struct, frozen=True):
    """A report, opened."""

    event: Event
    content: Proposal | RankingReported
    origin: Origin

    @property
    def outcome_id(self) -> UUID:
        return ids.outcome_id(self.event.event_id)


def nik_hash_of(nik: str) -> bytes:
    """Stands for the keyed hash."""
    return nik.encode()


def _unsealed(household_id: UUID, subject: UUID, kind: Kind, content: msgspec.Struct, event_id: UUID) -> bytes:
    del household_id, subject, kind, event_id
    return msgspec.json.encode(content)


def _open(event: Event) -> Report:
    data = decode(event.type, event.value)
    if isinstance(data, RankingReported):
        return Report(event, data, data.origin)
    assert isinstance(data, HouseholdReported)
    reported = msgspec.json.decode(data.sealed, type=ReportedHousehold)
    proposal = Proposal(
        household_id=data.household_id,
        regency=data.regency,
        origin=data.origin,
        occurred_on=_PROPOSED_ON,
        reported=reported,
        person_ids=tuple(ids.person_id(data.household_id, index) for index in range(len(reported.members))),
        nik_hashes=tuple(None if member.nik is None else nik_hash_of(member.nik) for member in reported.members),
    )
    return Report(event, proposal, data.origin)


class Deciding:
    """The reader of registry.intake.v1."""

    def __init__(self, world: World, database: Database) -> None:
        self._world, self._database = world, database

    def apply(self, transaction: Transaction, events: Sequence[Event], /) -> Steps:
        """Decide, claim and append, all or nothing. Raises `ConflictError` where somebody else was quicker."""
        yield "looks which reports have their outcome"
        reports = self._undecided([_open(event) for event in events])
        if not reports:
            return
        yield "loads households"
        households = self._load({report.content.household_id for report in reports})
        yield "looks who holds the NIKs"
        admitted, refusals = self._admit(reports, households)
        decided = [(report, self._decide(report, households, refusals)) for report in reports]
        claims = {
            nik_hash: proposal.household_id
            for proposal in admitted
            for nik_hash in proposal.nik_hashes
            if nik_hash is not None
        }
        if not self._world.has("claims in the transaction"):
            self._database.table("claim").update(claims)
        elif not self._world.has("unique claims"):
            for nik_hash, household_id in claims.items():
                transaction.write("claim", nik_hash, household_id)
        else:
            yield from transaction.insert("claim", claims)
        made = [event for _, what in decided if not isinstance(what, Refusal) for event in what]
        taken = iter((yield from transaction.append([event_entry(event) for event in made])) if made else [])
        outcomes = []
        for report, what in decided:
            positions = () if isinstance(what, Refusal) else tuple(Position(*each) for each in islice(taken, len(what)))
            outcomes.append(_outcome(report, what, positions))
        yield from transaction.append(outcomes)
        for outcome in outcomes:
            transaction.write("outcome", outcome.event_id, outcome.causation_id)

    def _undecided(self, reports: Sequence[Report]) -> list[Report]:
        """A report has one outcome, however often it was sent."""
        if not self._world.has("one outcome a report"):
            return list(reports)
        given = self._database.table("outcome")
        first = {report.outcome_id: report for report in reversed(reports) if report.outcome_id not in given}
        return [report for report in reports if first.get(report.outcome_id) is report]

    def _load(self, household_ids: set[UUID]) -> dict[UUID, Household]:
        found = {}
        for household_id in household_ids:
            log = self._database.logs[HOUSEHOLD_EVENTS.name][shard_here(str(household_id))]
            events = [event for event in log if event.key == str(household_id)]
            household = fold(
                HouseholdEvent(
                    household_id,
                    version,
                    decode(event.type, event.value),
                    Cause(event.actor, event.correlation_id, event.causation_id),
                )
                for version, event in enumerate(events, start=1)
            )
            if household is not None:
                found[household_id] = household
        return found

    def _admit(
        self, reports: Sequence[Report], households: Mapping[UUID, Household]
    ) -> tuple[list[Proposal], dict[UUID, Refusal]]:
        holders: dict[bytes, UUID] = dict(self._database.table("claim"))
        admitted: dict[UUID, Proposal] = {}
        refusals: dict[UUID, Refusal] = {}
        for report in reports:
            proposal = report.content
            known = proposal.household_id in households or proposal.household_id in admitted
            if not isinstance(proposal, Proposal) or known:
                continue
            refusal = admit(proposal, holders)
            if refusal is None:
                admitted[proposal.household_id] = proposal
                holders |= {each: proposal.household_id for each in proposal.nik_hashes if each is not None}
            else:
                refusals[report.event.event_id] = refusal
        return list(admitted.values()), refusals

    @staticmethod
    def _decide(
        report: Report, households: dict[UUID, Household], refusals: Mapping[UUID, Refusal]
    ) -> Refusal | list[HouseholdEvent]:
        content, household = report.content, households.get(report.content.household_id)
        facts: Sequence[msgspec.Struct]
        if isinstance(content, RankingReported):
            ranked = rank(household, content)
            if isinstance(ranked, Refusal):
                return ranked
            facts = ranked
        elif household is not None:
            return []
        elif (refusal := refusals.get(report.event.event_id)) is not None:
            return refusal
        else:
            facts = propose(content, _unsealed)
        cause = Cause(report.event.actor, report.event.correlation_id, report.event.event_id)
        events = follow(household, content.household_id, facts, cause)
        after = fold(events, household)
        if after is not None:
            households[content.household_id] = after
        return events


def event_entry(event: HouseholdEvent) -> Entry:
    """A household event as it is appended."""
    key = str(event.originator_id)
    return Entry(
        topic=HOUSEHOLD_EVENTS.name,
        shard=shard_here(key),
        key=key,
        event_id=event.event_id,
        type=type_of(event.data).name,
        value=encode(event.data),
        actor=event.cause.actor,
        correlation_id=event.cause.correlation_id,
        causation_id=event.cause.causation_id,
        version=event.originator_version,
    )


def _outcome(report: Report, what: Refusal | list[HouseholdEvent], positions: tuple[Position, ...]) -> Entry:
    report_id, household_id, origin = report.event.event_id, report.content.household_id, report.origin
    outcome: Accepted | Refused
    if isinstance(what, Refusal):
        outcome = Refused(
            report_id=report_id, household_id=household_id, origin=origin, code=what.code, holder=what.holder
        )
    else:
        outcome = Accepted(report_id=report_id, household_id=household_id, origin=origin, positions=positions)
    return Entry(
        topic=OUTCOMES.name,
        shard=report.event.shard,
        key=report.event.key,
        event_id=report.outcome_id,
        type=type_of(outcome).name,
        value=encode(outcome),
        actor=ACTOR,
        correlation_id=report.event.correlation_id,
        causation_id=report_id,
    )


def moving(database: Database, transaction: Transaction, new_home: UUID, cause: Cause, choice: int) -> Steps:
    """What a later issue's transfer will do, as far as readers see it: a person of one household joins a new one, with
    a `membership_seq` one higher (decision 5).

    Raises `ConflictError` where the person was moved meanwhile.
    """
    joined: dict[UUID, int] = {}
    sealed = {}
    for log in database.logs[HOUSEHOLD_EVENTS.name]:
        for event in log:
            data = decode(event.type, event.value)
            for member in data.members if isinstance(data, Proposed) else ():
                if member.membership_seq > joined.get(member.person_id, 0):
                    joined[member.person_id], sealed[member.person_id] = member.membership_seq, member
    if not joined:
        return
    person = sorted(joined)[choice % len(joined)]
    yield from transaction.lock([("person", person)])
    if database.table("moved").get(person, FIRST_MEMBERSHIP) != joined[person]:
        raise ConflictError("moved meanwhile")
    transaction.write("moved", person, joined[person] + 1)
    member = msgspec.structs.replace(sealed[person], membership_seq=joined[person] + 1)
    data = Proposed(
        household_id=new_home,
        regency="3318",
        occurred_on=_PROPOSED_ON,
        caretaker=person,
        identity=b"{}",
        members=(member,),
    )
    yield from transaction.append([event_entry(event) for event in follow(None, new_home, [data], cause)])
