"""Commands that move cases from tier to tier. Each takes up to 10,000 cases, and each case has a result of its own."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec

from padan_events.states import State
from padan_events.telling import told
from padan_events.tiers import DeactivateReason, RejectReason, ReturnReason, WithdrawReason

MOST_CASES: Final = 10_000

NoteText = Annotated[str | None, told("What else is to be said; kept sealed.")]


class Case(msgspec.Struct, frozen=True, omit_defaults=True):
    """A case that is decided on. With `version` (that of the household as it was looked at) it is refused where
    somebody has changed it since."""

    household_id: UUID
    version: int | None = None


Cases = Annotated[tuple[Case, ...], msgspec.Meta(min_length=1, max_length=MOST_CASES)]


class Deliberate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="deliberate", tag_field="command"):
    """The village head finalizes a deliberation: these families are on the list."""

    cases: Cases
    held_on: Annotated[date, told("Local date of the deliberation.")]
    minutes_number: Annotated[str, told("Number of the signed minutes (berita acara).")]
    minutes_photos: Annotated[tuple[UUID, ...], told("Ids of photos of the signed minutes.")] = ()


class Approve(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="approve", tag_field="command"):
    """The tier of the sender approves cases: district officer, social office, approver (for the regent or mayor)."""

    cases: Cases
    given_at: Annotated[
        datetime | None,
        told("When it was given, where it could not be sent at once (RFC 3339): for the cut-off."),
    ] = None


class Determine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="determine", tag_field="command"):
    """The ministry determines cases."""

    cases: Cases


class ReturnCases(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="return_cases", tag_field="command"
):
    """The tier whose turn it is sends cases back."""

    cases: Cases
    to: Annotated[State, told("The state they go back to: what follows that state is done again.")]
    reasons: Annotated[tuple[ReturnReason, ...], msgspec.Meta(min_length=1)]
    note: NoteText = None


class RejectCases(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="reject_cases", tag_field="command"
):
    """The tier whose turn it is rejects cases."""

    cases: Cases
    reasons: Annotated[tuple[RejectReason, ...], msgspec.Meta(min_length=1)]
    note: NoteText = None


class WithdrawHousehold(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="withdraw_household", tag_field="command"
):
    """A case is withdrawn before it is determined."""

    household_id: UUID
    reason: WithdrawReason
    note: NoteText = None


class DeactivateHousehold(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="deactivate_household", tag_field="command"
):
    """A household leaves the register."""

    household_id: UUID
    reason: DeactivateReason
    note: NoteText = None


class ReactivateHousehold(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="reactivate_household", tag_field="command"
):
    """A household that was rejected, withdrawn or deactivated is taken up again, as proposed."""

    household_id: UUID
    note: NoteText = None
