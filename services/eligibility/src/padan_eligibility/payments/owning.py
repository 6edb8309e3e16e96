"""What the programme's owner does to a line and to a recovery by hand: hold it, release it, close it."""

from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

from padan_events import decode, shard_of
from padan_events.local_date import local_date
from padan_events.payments import (
    DisbursementHeld,
    DisbursementHoldEnded,
    DisbursementResulted,
    HoldReason,
    RecoveryFact,
    RecoveryOutcome,
    Status,
)
from padan_runtime import log, relay
from padan_runtime.database import Database
from psycopg import Connection

from padan_eligibility.domain import recovering
from padan_eligibility.domain.drafts import Person, RefusedError, acts_for
from padan_eligibility.domain.payments import OF_CARETAKER, UNPAID, Line, done, looks_like_nik
from padan_eligibility.domain.recovering import Recovery
from padan_eligibility.payments import lines, repository
from padan_eligibility.payments.following import entry, written
from padan_eligibility.payments.shapes import CloseRecovery, Hold, Release
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.timing.redeciding import Clock

_NAMESPACE: Final = UUID("0c6f7d0e-6a57-5c1c-9a3b-2f4f8f6f5a11")


class Owning:
    """Holds and releases lines and closes recoveries, once for each request key. Raises `RefusedError`, and psycopg's
    errors; then nothing is done."""

    def __init__(self, database: Database, policies: PolicySet, clock: Clock) -> None:
        self._database, self._policies, self._clock = database, policies, clock

    def hold(self, person: Person, list_id: UUID, asked: Hold) -> Line:
        """Hold a line that is not paid yet."""
        with self._database.transaction() as connection:
            line = self._held(connection, person, list_id, asked.line)
            event_id = _event_id(person, asked.request, f"{list_id}:{asked.line}")
            fact = DisbursementHeld(**line.of, reason=HoldReason.BY_OWNER, until=asked.until, note=asked.reason)
            if _told(connection, line.household_id, event_id, fact):
                return line
            if looks_like_nik(asked.reason):
                raise RefusedError("payment_note_invalid")
            if line.status not in UNPAID:
                raise RefusedError("payment_line_over")
            if HoldReason.BY_OWNER in line.holds:
                raise RefusedError("payment_held")
            if asked.until is not None and asked.until < self._today(connection, line.regency):
                raise RefusedError("payment_until_past")
            change = done(line, fact, event_id)
            log.append(connection, written(connection, [change], actor=person.actor))
        relay.hint(self._database)
        return change.line

    def release(self, person: Person, list_id: UUID, asked: Release) -> Line:
        """End the owner's own hold; where a reason is stated, that of a family without a caretaker.

        A family of children alone may never have a caretaker again. Who stands in for them is known to the owner, not
        here: the eldest living member is the recipient, and what happens to the family later holds the line anew.
        """
        with self._database.transaction() as connection:
            line = self._held(connection, person, list_id, asked.line)
            event_id = _event_id(person, asked.request, f"{list_id}:{asked.line}")
            ended, recipient = HoldReason.BY_OWNER, line.recipient
            if asked.reason is not None:
                ended = next((one for one in OF_CARETAKER if one in line.holds), HoldReason.CARETAKER_DIED)
                recipient = lines.eldest(connection, line.household_id) or recipient
            fact = DisbursementHoldEnded(**line.of, reason=ended, recipient=recipient, note=asked.reason)
            if _told(connection, line.household_id, event_id, fact):
                return line
            if looks_like_nik(asked.reason or ""):
                raise RefusedError("payment_note_invalid")
            if ended not in line.holds:
                raise RefusedError("payment_not_held")
            if asked.reason is not None and lines.eldest(connection, line.household_id) is None:
                raise RefusedError("payment_nobody_left")
            if asked.reason is not None and line.status is Status.ORDERED:
                raise RefusedError("payment_line_ordered")  # in the name of who is gone: the bank answers it first
            changes = [done(line, fact, event_id)]
            if asked.reason is not None and line.status is Status.ACCOUNT_CHECKED and recipient != line.recipient:
                # Theirs is another account.
                today = self._today(connection, line.regency)
                anew = DisbursementResulted(**line.of, status=Status.LISTED, on=today)
                changes.append(done(changes[-1].line, anew))
            log.append(connection, written(connection, changes, actor=person.actor))
        relay.hint(self._database)
        return changes[-1].line

    def close(self, person: Person, recovery_id: UUID, asked: CloseRecovery) -> Recovery:
        """Close a recovery."""
        with self._database.transaction() as connection:
            held = lines.hold_recovery(connection, recovery_id)
            if held is None:
                raise RefusedError("recovery_unknown")
            self._check_owner(connection, person, held.programme)
            event_id = _event_id(person, asked.request, str(recovery_id))
            after, fact = recovering.closed(held, asked.outcome, asked.amount_idr, person.actor)
            if _told(connection, held.household_id, event_id, fact):
                return held
            if held.outcome is not None:
                raise RefusedError("recovery_closed")
            came_back = asked.outcome is RecoveryOutcome.RETURNED
            if came_back != (asked.amount_idr > 0) or asked.amount_idr > held.amount_idr:
                raise RefusedError("recovery_amount_wrong")
            lines.write_recoveries(connection, [after])
            log.append(connection, [entry(fact, event_id, actor=person.actor)])
        relay.hint(self._database)
        return after

    def _held(self, connection: Connection[Any], person: Person, list_id: UUID, number: int) -> Line:
        found = repository.one_list(connection, list_id)
        if found is None:
            raise RefusedError("payment_list_unknown")
        self._check_owner(connection, person, found.programme)
        if not found.complete:
            raise RefusedError("payment_list_incomplete")
        held = lines.hold_numbers(connection, list_id, [number])
        line = next((one for one in held if (one.list_id, one.line) == (list_id, number)), None)
        if line is None:
            raise RefusedError("payment_line_missing")
        return line

    def _check_owner(self, connection: Connection[Any], person: Person, programme: str) -> None:
        policy = self._policies.within(connection).latest(programme)
        if policy is None or not acts_for(person, policy.owner):
            raise RefusedError("payment_not_yours")

    def _today(self, connection: Connection[Any], regency: str) -> date:
        return local_date(self._clock(connection), regency)


def _event_id(person: Person, request: str, of: str) -> UUID:
    return uuid5(_NAMESPACE, f"{of}:{person.actor}:{request}")


Asked = DisbursementHeld | DisbursementHoldEnded | RecoveryFact


def _told(connection: Connection[Any], household_id: UUID, event_id: UUID, fact: Asked) -> bool:
    """Whether this request did just this before. Raises `RefusedError` where it did something else."""
    before = repository.told(connection, shard_of(str(household_id)), event_id)
    if before is None:
        return False
    told = decode(*before)
    if type(told) is not type(fact) or _said(told) != _said(fact):
        raise RefusedError("payment_key_reused")
    return True


def _said(fact: Any) -> tuple[Any, ...]:
    """What a person said by it; who was to receive it then may be another by now, and how the caretaker was lost."""
    names = ("reason", "until", "note", "outcome", "amount_idr")
    reason, *others = (getattr(fact, name, None) for name in names)
    return (OF_CARETAKER if reason in OF_CARETAKER else reason, *others)
