"""What holds a line by itself: a family without its caretaker, and a death that was reported and not confirmed. It is
reckoned from how the family stands, so that whatever was missed is made good by its next event.

Source: docs/domain.md, Death, birth, moving (the open payment is held, not cancelled, so that no family has a reason to
hide a death); Deadlines and measures (30 days).
"""

from datetime import date
from uuid import UUID

import msgspec
from padan_events.payments import DisbursementHeld, DisbursementHoldEnded, HoldReason

from padan_eligibility.domain.payments import OF_CARETAKER, UNPAID, Change, Line, done


class Claim(msgspec.Struct, frozen=True):
    """A report of a living member's death that nobody has confirmed or refused, and its last local date."""

    due_on: date
    event_id: UUID


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """A family as it stands. `cared_for`: its caretaker is a living member; `caretaker_died` the event of their death
    where they died (`died` without one: it is older than these)."""

    caretaker: UUID
    cared_for: bool
    died: bool = False
    caretaker_died: UUID | None = None
    claims: tuple[Claim, ...] = ()


def followed(line: Line, family: Family, today: date, cause: UUID | None) -> list[Change]:
    """What becomes of a line by how its family stands; `cause` is the event that may have changed that. The owner's own
    hold is none of it."""
    if line.status not in UNPAID:
        return []
    changes: list[Change] = []
    because = () if cause is None else (cause,)

    def do(fact: DisbursementHeld | DisbursementHoldEnded) -> None:
        changes.append(done(changes[-1].line if changes else line, fact))

    held = next((reason for reason in OF_CARETAKER if reason in line.holds), None)
    lost = HoldReason.CARETAKER_DIED if family.died else HoldReason.CARETAKER_LEFT
    if not family.cared_for and held is None:
        proof = because if family.caretaker_died is None else (family.caretaker_died,)
        do(DisbursementHeld(**line.of, reason=lost, because_of=proof))
    if family.cared_for and (held is not None or line.recipient != family.caretaker):
        if held is None:
            # Replaced at once: who pays is told all the same that it is somebody else's card now.
            held = HoldReason.CARETAKER_LEFT
            do(DisbursementHeld(**line.of, reason=held, because_of=because))
        do(DisbursementHoldEnded(**line.of, reason=held, recipient=family.caretaker, because_of=because))
    claims = [one for one in family.claims if one.due_on >= today]
    reported = line.holds.get(HoldReason.DEATH_REPORTED)
    recipient = changes[-1].line.recipient if changes else line.recipient
    if claims:
        last = max(claims, key=lambda one: (one.due_on, one.event_id))
        if reported is None or reported.until != last.due_on:
            reason = HoldReason.DEATH_REPORTED
            do(DisbursementHeld(**line.of, reason=reason, until=last.due_on, because_of=(last.event_id,)))
    elif reported is not None:
        reason = HoldReason.DEATH_REPORTED
        do(DisbursementHoldEnded(**line.of, reason=reason, recipient=recipient, because_of=because))
    return changes


def expired(line: Line, today: date) -> list[Change]:
    """The holds that have come to their date end by themselves."""
    changes: list[Change] = []
    for reason, held in line.holds.items():
        if held.until is not None and held.until < today:
            last = changes[-1].line if changes else line
            changes.append(done(last, DisbursementHoldEnded(**last.of, reason=reason, recipient=last.recipient)))
    return changes
