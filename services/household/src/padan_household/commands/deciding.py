"""A command is decided in one transaction, and its answer kept in the same one, refusals included.

Lock order: villages, claims by hash, then heads. The keyring commits before, on a connection of its own. Who gives the
same command twice at once, claims a NIK that another is just claiming, or decides on a household that another has just
changed, waits for the other's commit, and is decided anew.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from eventsourcing.persistence import IntegrityError
from padan_events.commands import (
    KEY_REUSED,
    CaseRefused,
    CasesDecided,
    CommandOutcome,
    CommandRefused,
    CommandRequest,
    Fault,
    KeyRequest,
    ProposeHousehold,
    VillageRefused,
    VillagesDecided,
)
from padan_events.commands.corrections import IdentityAnswer, IdentityQuestion
from padan_events.commands.rounds import VillageCommand
from padan_runtime import metrics
from padan_runtime.database import Database
from padan_runtime.log import EntryTooLargeError
from padan_runtime.relay import hint
from psycopg import Connection

from padan_household.claims.repository import ClaimRaceError
from padan_household.commands import repository
from padan_household.commands.proposing import Proposing
from padan_household.commands.ruling import Ruling
from padan_household.commands.villages import Villages
from padan_household.domain.refusals import EVENT_TOO_LARGE
from padan_household.keyring.keyring import Keyring
from padan_household.store.application import Register

_ATTEMPTS: Final = 10


def _now() -> datetime:
    return datetime.now(UTC)


class Commands:
    """Decides commands. `nik_hash_key` is the key of the services under which NIKs are looked up, `cut_off_days` are
    the days of the regencies that have another than the default."""

    def __init__(
        self,
        database: Database,
        register: Register,
        keyring: Keyring,
        nik_hash_key: bytes,
        clock: Callable[[], datetime] = _now,
        *,
        cut_off_days: Mapping[str, int] | None = None,
    ) -> None:
        self._database = database
        self._proposing = Proposing(register, keyring, nik_hash_key, clock)
        self._villages = Villages(register, clock, cut_off_days or {})
        self._ruling = Ruling(register, keyring, nik_hash_key, clock, cut_off_days or {})

    def decide(self, request: CommandRequest) -> CommandOutcome:
        """The answer to a command: the one given before where the key was seen, else a new one.

        Raises `KeyDestroyedError`, and psycopg's `OperationalError` where a server is away: what
        became of the command is then not known, and whoever asks again with the same key is told.
        """
        for _ in range(_ATTEMPTS):
            try:
                return self._decide(request)
            except (ClaimRaceError, IntegrityError, psycopg.errors.UniqueViolation):
                continue
        raise ClaimRaceError("others were always first")

    def answered(self, asked: KeyRequest) -> CommandOutcome | None:
        """What was answered to a key before, None where nothing was. Raises psycopg's `OperationalError`."""
        with self._database.transaction() as connection:
            before = repository.answered(connection, asked.actor, asked.idempotency_key)
        return None if before is None else before.to(asked.digest)

    def identity(self, asked: IdentityQuestion) -> IdentityAnswer:
        """Whom the civil registry has to be asked about before a command is decided. Raises psycopg's
        `OperationalError`."""
        with self._database.transaction() as connection:
            return self._ruling.identity(connection, asked)

    def _decide(self, request: CommandRequest) -> CommandOutcome:
        try:
            with self._database.transaction() as connection:
                before = repository.answered(connection, request.actor, request.idempotency_key)
                if before is not None:
                    return before.to(request.digest)
                outcome = self._outcome(connection, request)
                if outcome is not KEY_REUSED:
                    repository.answer(connection, request, outcome)
        except EntryTooLargeError:
            outcome = CommandRefused(faults=(Fault(EVENT_TOO_LARGE),))
            with self._database.transaction() as connection:
                repository.answer(connection, request, outcome)
        count(request, outcome)
        if not isinstance(outcome, CommandRefused):
            hint(self._database)
        return outcome

    def _outcome(self, connection: Connection[Any], request: CommandRequest) -> CommandOutcome:
        if isinstance(request.command, ProposeHousehold):
            return self._proposing.decide(connection, request, request.command)
        if isinstance(request.command, VillageCommand):
            return self._villages.decide(connection, request, request.command)
        return self._ruling.decide(connection, request)


def count(request: CommandRequest, outcome: CommandOutcome) -> None:
    """Count a decided command, or each of its cases, by how it came out."""
    name = tag_of(request.command)
    for result in _results(outcome):
        code = (
            result.faults[0].code if isinstance(result, CommandRefused | CaseRefused | VillageRefused) else "accepted"
        )
        metrics.COMMANDS_DECIDED.labels(name, code).inc()


def _results(outcome: CommandOutcome) -> Sequence[Any]:
    match outcome:
        case CasesDecided():
            return outcome.cases
        case VillagesDecided():
            return outcome.villages
        case _:
            return (outcome,)


def tag_of(command: Any) -> str:
    """The name of a command, as it is sent."""
    return str(command.__struct_config__.tag)
