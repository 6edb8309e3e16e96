"""What is to be claimed back: reckoned from who was paid when, who died when, and who is who, in whichever order that
became known. Source: docs/domain.md, Payment, as far as Padan goes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID, uuid5

import msgspec
from padan_events.payments import (
    RecoveryClosed,
    RecoveryFact,
    RecoveryOpened,
    RecoveryOutcome,
    RecoveryReason,
    Status,
    Whose,
)

from padan_eligibility.domain.payments import PAID, Line


class Death(msgspec.Struct, frozen=True):
    """A death: its local date, and the event that told it (None: it is older than these are kept)."""

    on: date
    event_id: UUID | None = None


class Fates(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of deaths: of persons, and of households of which nobody lives, that of the last member."""

    persons: Mapping[UUID, Death]
    households: Mapping[UUID, Death]


class Persons(msgspec.Struct, frozen=True):
    """Which records are of one human being: by record the one that stands for all of them, and the events that say so.
    A record that is not told of stands for itself."""

    roots: Mapping[UUID, UUID] = {}
    events: Mapping[UUID, tuple[UUID, ...]] = {}

    def root(self, person: UUID) -> UUID:
        """Who stands for a record."""
        return self.roots.get(person, person)


class Claim(msgspec.Struct, frozen=True):
    """What is to be claimed back of a line, and the events that prove it."""

    whose: Whose | None
    because_of: tuple[UUID, ...]


Key = tuple[UUID, int, RecoveryReason]
"""List, line and why."""


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """A recovery as its events left it; open while it has no `outcome`. `closed_by` None: it closed by itself."""

    recovery_id: UUID
    list_id: UUID
    line: int
    household_id: UUID
    regency: str
    programme: str
    stage: str
    reason: RecoveryReason
    whose: Whose | None
    amount_idr: int
    paid_on: date
    because_of: tuple[UUID, ...]
    outcome: RecoveryOutcome | None = None
    returned_idr: int | None = None
    closed_by: str | None = None
    changes: int = 1

    @property
    def key(self) -> Key:
        """Its line and why."""
        return self.list_id, self.line, self.reason


Change = tuple[Recovery, RecoveryFact]
"""A recovery after an event, and the event."""


def recovery_id(list_id: UUID, line: int, reason: RecoveryReason) -> UUID:
    """A payment is claimed back once for a reason."""
    return uuid5(list_id, f"{line}:{reason.value}")


def event_id(change: Change) -> UUID:
    """The id of an event that nobody asked for: the same whenever it is made again."""
    return uuid5(change[0].recovery_id, str(change[0].changes))


def wanted(lines: Iterable[Line], fates: Fates, persons: Persons) -> dict[Key, Claim]:
    """What is to be claimed back of these lines; of a person's lines in a list all must be there."""
    found: dict[Key, Claim] = {}
    by_person: dict[tuple[UUID, UUID], list[Line]] = {}
    for line in lines:
        if line.status not in PAID or line.paid_on is None:
            continue
        by_person.setdefault((line.list_id, persons.root(line.recipient)), []).append(line)
        household, caretaker = fates.households.get(line.household_id), fates.persons.get(line.recipient)
        for whose, death in ((Whose.HOUSEHOLD, household), (Whose.CARETAKER, caretaker)):
            if death is not None and line.paid_on > death.on:
                proof = tuple(one for one in (line.paid_event, death.event_id) if one is not None)
                found[line.list_id, line.line, RecoveryReason.PAID_AFTER_DEATH] = Claim(whose, proof)
                break
    for (list_id, _), paid in by_person.items():
        first, *again = sorted(paid, key=_paid_first)
        for line in again:
            says = {event for one in (first, line) for event in persons.events.get(one.recipient, ())}
            proof = tuple(one for one in (line.paid_event, first.paid_event, *sorted(says)) if one is not None)
            found[list_id, line.line, RecoveryReason.PAID_TWICE] = Claim(None, proof)
    return found


def _paid_first(line: Line) -> tuple[date, int]:
    assert line.paid_on is not None
    return line.paid_on, line.line


def followed(lines: Sequence[Line], claims: Mapping[Key, Claim], held: Mapping[Key, Recovery]) -> list[Change]:
    """What becomes of the recoveries of these lines (`held`: those there are). What a person closed stays closed; what
    closed by itself opens again where it is wanted again."""
    changes: list[Change] = []
    for line in lines:
        for reason in RecoveryReason:
            key = (line.list_id, line.line, reason)
            claim, recovery = claims.get(key), held.get(key)
            open_ = recovery is not None and recovery.outcome is None
            if claim is not None and not open_ and (recovery is None or recovery.closed_by is None):
                changes.append(_opened(line, reason, claim, recovery))
            elif claim is None and recovery is not None and open_:
                back = line.status is Status.RETURNED
                outcome = RecoveryOutcome.RETURNED if back else RecoveryOutcome.UNFOUNDED
                changes.append(closed(recovery, outcome, recovery.amount_idr if back else 0, None))
    return changes


def _opened(line: Line, reason: RecoveryReason, claim: Claim, before: Recovery | None) -> Change:
    assert line.paid_on is not None
    fact = RecoveryOpened(
        **line.of,
        recovery_id=recovery_id(line.list_id, line.line, reason),
        reason=reason,
        amount_idr=line.amount_idr,
        on=line.paid_on,
        whose=claim.whose,
        because_of=claim.because_of,
    )
    return _done(before, fact)


def closed(recovery: Recovery, outcome: RecoveryOutcome, amount_idr: int, by: str | None) -> Change:
    """A recovery comes to its end."""
    fact = RecoveryClosed(
        household_id=recovery.household_id,
        regency=recovery.regency,
        programme=recovery.programme,
        stage=recovery.stage,
        list_id=recovery.list_id,
        line=recovery.line,
        recovery_id=recovery.recovery_id,
        outcome=outcome,
        amount_idr=amount_idr,
        by=by,
    )
    return _done(recovery, fact)


def _done(recovery: Recovery | None, fact: RecoveryFact) -> Change:
    after = folded(recovery, fact)
    assert after is not None
    return after, fact


def folded(recovery: Recovery | None, fact: RecoveryFact) -> Recovery | None:
    """A recovery after one more of its events; None where its beginning is not known."""
    changes = 1 if recovery is None else recovery.changes + 1
    if isinstance(fact, RecoveryOpened):
        return Recovery(
            recovery_id=fact.recovery_id,
            list_id=fact.list_id,
            line=fact.line,
            household_id=fact.household_id,
            regency=fact.regency,
            programme=fact.programme,
            stage=fact.stage,
            reason=fact.reason,
            whose=fact.whose,
            amount_idr=fact.amount_idr,
            paid_on=fact.on,
            because_of=fact.because_of,
            changes=changes,
        )
    if recovery is None:
        return None
    if isinstance(fact, RecoveryClosed):
        return msgspec.structs.replace(
            recovery, outcome=fact.outcome, returned_idr=fact.amount_idr, closed_by=fact.by, changes=changes
        )
    raise TypeError(f"a recovery has no event {type(fact).__name__}")
