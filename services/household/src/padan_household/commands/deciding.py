"""A command is decided in one transaction, and its answer kept in the same one, refusals included.

Lock order: claims by hash, then heads. The keyring commits before, on a connection of its own. Who gives the same
command twice at once, or claims a NIK that another is just claiming, waits for the other's commit, and is decided anew.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import psycopg
from eventsourcing.persistence import IntegrityError
from padan_events.commands import (
    KEY_REUSED,
    AppendedEvent,
    CommandAccepted,
    CommandOutcome,
    CommandRefused,
    CommandRequest,
    Fault,
    KeyRequest,
)
from padan_events.local_date import local_date
from padan_runtime import metrics
from padan_runtime.database import Database
from padan_runtime.relay import hint
from psycopg import Connection

from padan_household.claims import repository as claims
from padan_household.claims.proposed import claims_of, opened, subjects
from padan_household.commands import repository
from padan_household.domain import ids
from padan_household.domain.authority import acts_in, role_may
from padan_household.domain.household import Cause, Household, HouseholdEvent, follow
from padan_household.domain.proposing import Proposal, admit, complete, propose
from padan_household.domain.refusals import DUPLICATE_IN_FILE, MEMBER_REPEATED, Refusal
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.sealer import seal_for
from padan_household.store.application import Register

_ATTEMPTS: Final = 10
_PROPOSE: Final = "propose_household"
_UNKNOWN: Final = "region_unknown"


def _now() -> datetime:
    return datetime.now(UTC)


class Commands:
    """Decides commands. `nik_hash_key` is the key of the services under which NIKs are looked up."""

    def __init__(
        self,
        database: Database,
        register: Register,
        keyring: Keyring,
        nik_hash_key: bytes,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._database, self._register, self._keyring = database, register, keyring
        self._nik_hash_key, self._clock = nik_hash_key, clock

    def decide(self, request: CommandRequest) -> CommandOutcome:
        """The answer to a command: the one given before where the key was seen, else a new one.

        Raises `KeyDestroyedError`, and psycopg's `OperationalError` where a server is away: what
        became of the command is then not known, and whoever asks again with the same key is told.
        """
        for _ in range(_ATTEMPTS):
            try:
                return self._decide(request)
            except (claims.ClaimRaceError, IntegrityError, psycopg.errors.UniqueViolation):
                continue
        raise claims.ClaimRaceError("others were always first")

    def answered(self, asked: KeyRequest) -> CommandOutcome | None:
        """What was answered to a key before, None where nothing was. Raises psycopg's `OperationalError`."""
        with self._database.transaction() as connection:
            before = repository.answered(connection, asked.actor, asked.idempotency_key)
        return None if before is None else before.to(asked.digest)

    def _decide(self, request: CommandRequest) -> CommandOutcome:
        with self._database.transaction() as connection:
            before = repository.answered(connection, request.actor, request.idempotency_key)
            if before is not None:
                return before.to(request.digest)
            outcome = self._propose(connection, request)
            if outcome is not KEY_REUSED:
                repository.answer(connection, request, outcome)
        if isinstance(outcome, CommandRefused):
            metrics.COMMANDS_DECIDED.labels(_PROPOSE, outcome.faults[0].code).inc()
            return outcome
        metrics.COMMANDS_DECIDED.labels(_PROPOSE, "accepted").inc()
        hint(self._database)
        return outcome

    def _propose(self, connection: Connection[Any], request: CommandRequest) -> CommandOutcome:
        command_id = ids.command_id(request.actor, request.idempotency_key)
        cause = Cause(request.actor, command_id, ids.request_id(command_id, request.digest))
        household_id, reported = ids.proposed_household_id(command_id), request.command.household
        regency = reported.village[:4]
        proposal = opened(
            household_id,
            reported,
            self._nik_hash_key,
            regency=regency,
            occurred_on=local_date(self._clock(), regency),
        )
        household = self._register.load([household_id], connection).get(household_id)
        if household is not None:
            return self._again(connection, household, proposal, cause)
        refused = _forbidden(request)
        if refused is not None:
            return refused
        claimed = claims_of(proposal)
        holders = claims.holders(connection, [claim.nik_hash for claim in claimed])
        refusal = admit(proposal, holders)
        if refusal is not None:
            return _not_admitted(proposal, refusal, holders)
        keys = self._keyring.mint(subjects(proposal))
        made = follow(None, household_id, propose(proposal, seal_for(keys, household_id)), cause)
        claims.claim(connection, claimed)
        return self._appended(connection, household_id, made)

    def _again(
        self, connection: Connection[Any], household: Household, proposal: Proposal, cause: Cause
    ) -> CommandOutcome:
        """The answer was lost in a restore, and the events it told of were taken back from Kafka, as far as they had
        come there; what of them had not is appended."""
        assert cause.causation_id is not None
        if household.proposed_by != cause.causation_id:
            return KEY_REUSED
        missing = complete(household, cause.causation_id, proposal)
        appended = self._register.of_cause(household.id, cause.causation_id, connection)
        more = self._appended(connection, household.id, follow(household, household.id, missing, cause))
        return CommandAccepted(
            household_id=household.id,
            version=max(more.version, *(version for version, _ in appended)),
            events=(*(event for _, event in appended), *more.events),
        )

    def _appended(
        self, connection: Connection[Any], household_id: UUID, made: Sequence[HouseholdEvent]
    ) -> CommandAccepted:
        positions = self._register.append(made, connection)
        return CommandAccepted(
            household_id=household_id,
            version=max((event.originator_version for event in made), default=0),
            events=tuple(
                AppendedEvent(event.event_id, position.shard, position.pos)
                for event, position in zip(made, positions, strict=True)
            ),
        )


def _forbidden(request: CommandRequest) -> CommandRefused | None:
    """For what a command is refused before the register is looked at. A village that does not exist is nobody's."""
    village = request.command.household.village
    refusal = role_may(_PROPOSE, request.role)
    if refusal is None and all(fault.code != _UNKNOWN for fault in request.found):
        refusal = acts_in(request.region, village)
    if refusal is not None:
        return CommandRefused(faults=(Fault(refusal.code),))
    return CommandRefused(faults=request.found) if request.found else None


def _not_admitted(proposal: Proposal, refusal: Refusal, holders: Mapping[bytes, UUID]) -> CommandRefused:
    code = MEMBER_REPEATED if refusal.code == DUPLICATE_IN_FILE else refusal.code
    held = [index for index, nik_hash in enumerate(proposal.nik_hashes) if nik_hash in holders]
    faults = tuple(Fault(code, f"household.members.{index}.nik") for index in held)
    return CommandRefused(faults=faults or (Fault(code, "household.members"),), holder=refusal.holder)
