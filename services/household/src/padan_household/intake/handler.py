"""The reader of registry.intake.v1: decides a batch of reports in the transaction that moves the reader's place.

Lock order: the reader's positions (taken before `apply`), claims by hash, heads of household.events.v1, heads of
household.outcomes.v1. The keyring commits before anything is appended, on a connection of its own.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import padan_events
from eventsourcing.persistence import IntegrityError
from padan_events import Event
from padan_events.dying import DeathReversed, MemberDied
from padan_events.intake import Accepted, Position, RankingReported, Refused
from padan_events.tiers import Deactivated, Reactivated
from padan_events.topics import OUTCOMES
from padan_runtime import log, metrics
from padan_runtime.database import Database
from padan_runtime.logs import logger
from padan_runtime.relay import hint
from psycopg import Connection

from padan_household.claims import repository as claims
from padan_household.claims.changes import changes_by
from padan_household.claims.proposed import admitted, by_now, claims_of, nik_hashes, subjects, take
from padan_household.deadlines import repository as deadlines
from padan_household.decisions.writing import changed
from padan_household.domain import ids
from padan_household.domain.claim import Claim
from padan_household.domain.household import Household
from padan_household.domain.proposing import Proposal, complete, of_the_dead, propose
from padan_household.domain.ranking import rank
from padan_household.domain.refusals import DROPPED_BY_OPERATOR, DUPLICATE_IN_REGISTER, RECORDED_DEAD, Refusal
from padan_household.domain.sealed import Seal
from padan_household.domain.stream import Cause, HouseholdEvent, fold, follow
from padan_household.intake import repository
from padan_household.intake.life_events import LifeEvent, LifeEvents
from padan_household.intake.opening import Opener, Report, told_of
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.sealer import seal_for
from padan_household.rounds import repository as recipients
from padan_household.store import snapshots
from padan_household.store.application import Register
from padan_household.store.mapper import shard_of
from padan_household.taking_back import repository as taking_back

READER = "household.intake"
_ACTOR = "service:household"


class _Decided(msgspec.Struct):
    """A report's decision before it is appended: refused, or the events it led to, or accepted once more."""

    report: Report
    refusal: Refusal | None = None
    events: Sequence[HouseholdEvent] = ()
    again: bool = False
    positions: tuple[Position, ...] = ()


class _Means(NamedTuple):
    """What reports are decided with: who may enter, by household, and by report who may not; the claims as they stood
    before the batch."""

    entering: dict[UUID, Proposal]
    refusals: Mapping[UUID, Refusal]
    standing: Mapping[bytes, Claim]
    seal: Seal
    life_events: LifeEvents


class IntakeHandler:
    """Decides reports; see `padan_runtime.projector.Handler`."""

    def __init__(self, *, database: Database, register: Register, keyring: Keyring, opener: Opener) -> None:
        self._database, self._register, self._keyring, self.opener = database, register, keyring, opener
        self._codes: Counter[str] = Counter()

    async def prepare(self, events: Sequence[Event], /) -> list[Report]:
        """Open the reports."""
        return await asyncio.to_thread(self.opener.open, events)

    def apply(self, connection: Connection[Any], _: Sequence[Event], prepared: list[Report], /) -> None:
        """Decide, mint, seal, claim and append, all or nothing.

        Raises `ClaimRaceError`, after which the batch is decided again.
        """
        self._codes = Counter()
        reports, without_events = self._undecided(connection, prepared)
        if not reports:
            return
        households = self._register.load({report.household_id for report in reports}, connection)
        entering, refusals, standing = self._admit(connection, reports, households)
        keys = self._keyring.mint([pair for proposal in entering.values() for pair in subjects(proposal)])
        seal = seal_for(lambda _, subject: keys[subject])
        life_events = LifeEvents(
            connection, self._keyring, self._register, reports, households=households, entering=entering
        )
        means, before = _Means(entering, refusals, standing, seal, life_events), dict(households)
        decided = [self._decide(report, households, means) for report in reports]
        events = [event for one in decided for event in one.events]
        changes_by(events, MemberDied, DeathReversed).apply(connection)  # who lives after all may be taken
        take(connection, entering.values())
        # Nobody joins a household by a report but its own, which `take` has seen to.
        changes_by(events, Deactivated, Reactivated).apply(connection)
        try:
            self._append(connection, decided)
        except IntegrityError as race:
            raise claims.ClaimRaceError("a household changed meanwhile") from race
        deadlines.replace(connection, changed(before, households))
        recipients.follow(connection, before, households.values())
        snapshots.keep(connection, before, households.values())
        outcomes = [
            self._outcome(one, one.report.outcome_id) for one in decided if one.report.outcome_id not in without_events
        ]
        outcomes += self._taken_back(connection, decided, without_events)
        if outcomes:
            log.append(connection, outcomes)
        if without_events:
            taking_back.settle(connection, sorted(without_events))
        self._codes.update("accepted" if one.refusal is None else one.refusal.code for one in decided)

    def dropped(self, connection: Connection[Any], event: Event, /) -> None:
        """An operator dropped a report for good: refuse it, so that its row does not wait for ever. One whose origin
        cannot be read belongs to no row that could wait."""
        told = told_of(event)
        if told is None:
            return
        outcome_id = ids.outcome_id(event.event_id)
        if repository.already_given(connection, [(shard_of(told.household_id), outcome_id)]):
            return
        refused = Refused(
            report_id=event.event_id,
            household_id=told.household_id,
            origin=told.origin,
            code=DROPPED_BY_OPERATOR,
        )
        log.append(connection, [_entry(refused, outcome_id, event)])

    async def committed(self, events: Sequence[Event], /) -> None:
        """Count, and tell the relay."""
        del events
        for code, count in self._codes.items():
            metrics.INTAKE_DECIDED.labels(code).inc(count)
        await asyncio.to_thread(hint, self._database)

    @staticmethod
    def _undecided(connection: Connection[Any], reports: Sequence[Report]) -> tuple[list[Report], set[UUID]]:
        """A report has one outcome: one that was sent twice, under two positions, is decided once.

        Also the outcomes, among those given, whose events were lost in a restore: these are decided once more.
        """
        by_outcome = {report.outcome_id: report for report in reversed(reports)}
        given = repository.already_given(connection, [(shard_of(r.household_id), o) for o, r in by_outcome.items()])
        without_events = taking_back.without_events(connection, sorted(given)) if given else set()
        first = {id(r) for outcome, r in by_outcome.items() if outcome not in given or outcome in without_events}
        return [report for report in reports if id(report) in first], without_events

    @staticmethod
    def _admit(
        connection: Connection[Any], reports: Sequence[Report], households: Mapping[UUID, Household]
    ) -> tuple[dict[UUID, Proposal], dict[UUID, Refusal], Mapping[bytes, Claim]]:
        """Who may enter, by household, and by report who may not, in the order of the batch: who comes first holds the
        NIK. Whether somebody is dead is seen when it is the report's turn: deaths may come before it."""
        proposals = [
            (report.event.event_id, report.content)
            for report in reports
            if isinstance(report.content, Proposal) and report.household_id not in households
        ]
        before = claims.standing(connection, [nik for _, proposal in proposals for nik in nik_hashes(proposal)])
        standing = {nik: msgspec.structs.replace(claim, died=False) for nik, claim in before.items()}
        entering: dict[UUID, Proposal] = {}
        refusals: dict[UUID, Refusal] = {}
        for report_id, proposal in proposals:
            if proposal.household_id in entering:
                continue
            found = admitted(proposal, standing)
            if isinstance(found, Refusal):
                refusals[report_id] = found
            else:
                entering[proposal.household_id] = found
                standing |= {claim.nik_hash: claim for claim in claims_of(found)}
        return entering, refusals, before

    @staticmethod
    def _decide(
        report: Report,
        households: dict[UUID, Household],
        means: _Means,
    ) -> _Decided:
        content, household = report.content, households.get(report.household_id)
        facts: Sequence[msgspec.Struct]
        if isinstance(content, RankingReported):
            ranked = rank(household, content)
            if isinstance(ranked, Refusal):
                return _Decided(report, ranked)
            facts = ranked
        elif isinstance(content, LifeEvent):
            household = means.life_events.where(content, households)
            told = means.life_events.decide(report, content, household)
            if isinstance(told, Refusal):
                return _Decided(report, told)
            facts = told
        elif household is not None:
            facts = complete(household, report.event.event_id, content)
        else:
            refusal = means.refusals.get(report.event.event_id)
            if refusal is None or refusal.code == DUPLICATE_IN_REGISTER:
                refusal = of_the_dead(content, by_now(content, means.standing, households)) or refusal
            entering = means.entering.get(content.household_id)
            if refusal is not None or entering is None:  # refused before, in this batch, by another report of it
                means.entering.pop(content.household_id, None)
                return _Decided(report, refusal or Refusal(RECORDED_DEAD))
            means.life_events.entered(entering)
            facts = propose(entering, means.seal)
        events = follow(
            household,
            report.household_id if household is None else household.id,
            facts,
            Cause(report.event.actor, report.event.correlation_id, report.event.event_id),
        )
        after = fold(events, household)
        if after is not None:
            households[after.id] = after
        return _Decided(report, events=events, again=isinstance(content, Proposal) and household is not None)

    def _append(self, connection: Connection[Any], decided: Sequence[_Decided]) -> None:
        """Append the events, and note where each stands."""
        taken = iter(self._register.append([event for one in decided for event in one.events], connection))
        for one in decided:
            one.positions = tuple(islice(taken, len(one.events)))
        for one in decided:
            if one.again:
                one.positions = self._register.positions_of_proposal(one.report.household_id, connection)

    def _taken_back(
        self, connection: Connection[Any], decided: Sequence[_Decided], without_events: set[UUID]
    ) -> list[log.Entry]:
        """Who was told of an acceptance that a restore has lost and that cannot be repeated, another household having
        the NIK by now, is told of the refusal; once, however often the store is restored."""
        refused = {
            ids.outcome_again_id(one.report.outcome_id): one
            for one in decided
            if one.refusal is not None and one.report.outcome_id in without_events
        }
        if not refused:
            return []
        told = repository.already_given(
            connection, [(shard_of(one.report.household_id), again) for again, one in refused.items()]
        )
        for one in refused.values():
            logger().error(
                "accepted before a restore, and refused now",
                household=str(one.report.household_id),
                code=one.refusal.code if one.refusal is not None else None,
            )
        return [self._outcome(one, again) for again, one in refused.items() if again not in told]

    @staticmethod
    def _outcome(one: _Decided, outcome_id: UUID) -> log.Entry:
        report = one.report
        report_id, household_id = report.event.event_id, report.household_id
        outcome: Accepted | Refused
        if one.refusal is not None:
            outcome = Refused(
                report_id=report_id,
                household_id=household_id,
                origin=report.origin,
                code=one.refusal.code,
                holder=one.refusal.holder,
            )
        else:
            outcome = Accepted(
                report_id=report_id, household_id=household_id, origin=report.origin, positions=one.positions
            )
        return _entry(outcome, outcome_id, report.event)


def _entry(outcome: Accepted | Refused, outcome_id: UUID, report: Event) -> log.Entry:
    return log.Entry(
        topic=OUTCOMES.name,
        shard=shard_of(outcome.household_id),
        key=str(outcome.household_id),
        event_id=outcome_id,
        type=padan_events.type_of(outcome).name,
        value=padan_events.encode(outcome),
        actor=_ACTOR,
        correlation_id=report.correlation_id,
        causation_id=report.event_id,
    )
