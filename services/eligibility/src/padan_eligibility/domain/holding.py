"""What holds a line by itself: a family without its caretaker, and a death that was reported and not confirmed. It is
reckoned from how the family stands, so that whatever was missed is made good by its next event.

What was ordered in somebody's name stays theirs until the bank has answered: a successor has another account, and what
is paid to the dead all the same must be found. Before the order a successor takes the line over, and their account is
to be checked.

Source: docs/domain.md, Death, birth, moving (the open payment is held, not cancelled, so that no family has a reason to
hide a death); Deadlines and measures (30 days).
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import msgspec
from padan_events.payments import (
    DisbursementHeld,
    DisbursementHoldEnded,
    DisbursementResulted,
    HoldReason,
    Status,
)

from padan_eligibility.domain.payments import OF_CARETAKER, UNPAID, Change, Line, done


class Claim(msgspec.Struct, frozen=True):
    """A report of a living member's death that nobody has confirmed or refused, and its last local date."""

    due_on: date
    event_id: UUID


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """A family as it stands. `cared_for`: its caretaker is a living member; `dead` are those who died in it, each with
    the event that told it (None: it is older than these)."""

    caretaker: UUID
    cared_for: bool
    dead: Mapping[UUID, UUID | None] = {}
    claims: tuple[Claim, ...] = ()


def followed(line: Line, family: Family, today: date, cause: UUID | None) -> list[Change]:
    """What becomes of a line by how its family stands; `cause` is the event that may have changed that. The owner's own
    hold is none of it."""
    if line.status not in UNPAID:
        return []
    changes: list[Change] = []
    because = () if cause is None else (cause,)

    def do(fact: DisbursementHeld | DisbursementHoldEnded | DisbursementResulted) -> None:
        changes.append(done(changes[-1].line if changes else line, fact))

    held = next((reason for reason in OF_CARETAKER if reason in line.holds), None)
    replaced = line.recipient != family.caretaker
    if held is None and (replaced or not family.cared_for):
        # Also where a successor was named at once: who pays is told that it is somebody else's card now.
        held = HoldReason.CARETAKER_DIED if line.recipient in family.dead else HoldReason.CARETAKER_LEFT
        proof = family.dead.get(line.recipient)
        do(DisbursementHeld(**line.of, reason=held, because_of=because if proof is None else (proof,)))
    if held is not None and family.cared_for and not (replaced and line.status is Status.ORDERED):
        do(DisbursementHoldEnded(**line.of, reason=held, recipient=family.caretaker, because_of=because))
        if replaced and line.status is Status.ACCOUNT_CHECKED:
            do(DisbursementResulted(**line.of, status=Status.LISTED, on=today, because_of=because))
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
