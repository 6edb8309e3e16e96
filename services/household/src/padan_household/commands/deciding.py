"""A command is decided in one transaction, and its answer kept in the same one, refusals included.

Lock order: claims by hash, then heads. The keyring commits before, on a connection of its own. Who gives the same
command twice at once, or claims a NIK that another is just claiming, waits for the other's commit, and is decided anew.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from eventsourcing.persistence import IntegrityError
from padan_events.commands import (
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
from padan_household.domain.authority import authorize
from padan_household.domain.household import Cause, HouseholdEvent, follow
from padan_household.domain.proposing import Proposal, admit, propose
from padan_household.domain.refusals import DUPLICATE_IN_FILE, MEMBER_REPEATED, Refusal
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.sealer import seal_for
from padan_household.store.application import Register

_ATTEMPTS: Final = 10
_PROPOSE: Final = "propose_household"


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
            repository.answer(connection, request.actor, request.idempotency_key, request.digest, outcome)
        if isinstance(outcome, CommandRefused):
            metrics.COMMANDS_DECIDED.labels(_PROPOSE, outcome.faults[0].code).inc()
            return outcome
        metrics.COMMANDS_DECIDED.labels(_PROPOSE, "accepted").inc()
        with self._database.transaction() as connection:
            hint(connection)
        return outcome

    def _propose(self, connection: Connection[Any], request: CommandRequest) -> CommandOutcome:
        command_id = ids.command_id(request.actor, request.idempotency_key)
        household_id = ids.proposed_household_id(command_id)
        version, events = repository.appended(connection, household_id, command_id)
        if events:  # the answer was lost in a restore, and what it told of was taken back from Kafka
            return CommandAccepted(household_id=household_id, version=version, events=tuple(events))
        reported = request.command.reported
        refusal = authorize(_PROPOSE, request.role, request.region, reported.village)
        if refusal is not None:
            return _refused(refusal)
        if request.found:
            return CommandRefused(faults=request.found)
        regency = reported.village[:4]
        proposal = opened(
            household_id,
            reported,
            self._nik_hash_key,
            regency=regency,
            occurred_on=local_date(self._clock(), regency),
        )
        claimed = claims_of(proposal)
        refusal = admit(proposal, claims.holders(connection, [claim.nik_hash for claim in claimed]))
        if refusal is not None:
            return _refused(refusal)
        made = self._events(proposal, Cause(request.actor, command_id))
        claims.claim(connection, claimed)
        positions = self._register.append(made, connection)
        return CommandAccepted(
            household_id=household_id,
            version=made[-1].originator_version,
            events=tuple(
                AppendedEvent(event.event_id, position.shard, position.pos)
                for event, position in zip(made, positions, strict=True)
            ),
        )

    def _events(self, proposal: Proposal, cause: Cause) -> list[HouseholdEvent]:
        keys = self._keyring.mint(subjects(proposal))
        return follow(None, proposal.household_id, propose(proposal, seal_for(keys, proposal.household_id)), cause)


def _refused(refusal: Refusal) -> CommandRefused:
    code = MEMBER_REPEATED if refusal.code == DUPLICATE_IN_FILE else refusal.code
    return CommandRefused(faults=(Fault(code),), holder=refusal.holder)
