"""Families that receive assistance: proposed for a programme, verified month by month, ended on their own request."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from padan_events.effects import HouseholdFact
from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.topics import HOUSEHOLD_EVENTS

Programme = Annotated[str, told("Code of the programme, such as pkh.")]
Month = Annotated[str, told("The update month, YYYY-MM.")]


class VerificationResult(StrEnum):
    """Whether a family is still entitled (layak, tidak layak)."""

    ENTITLED = "entitled"
    NOT_ENTITLED = "not_entitled"


class NotEntitledReason(StrEnum):
    """Why a family is not entitled any more."""

    ABLE = "able"
    DIED = "died"
    MOVED = "moved"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    OTHER = "other"


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A village's word that a family is not entitled, which the social office has not set aside."""

    month: Month
    by: Annotated[str, told("Who said so: nobody confirms their own answer.")]
    reason: Annotated[NotEntitledReason | None, told("Why not.")] = None
    ends: Annotated[bool | None, told("True once the social office confirmed it; absent until it decides.")] = None


@event_type("id.padan.household.programme_proposed.v1", HOUSEHOLD_EVENTS)
class ProgrammeProposed(HouseholdFact, frozen=True, kw_only=True):
    """A family of the register was proposed for a programme.

    When: a village operator or the social office proposed it. What the programme decides is told by eligibility.
    """

    programme: Programme
    occurred_on: Annotated[date, told("Local date on which it was proposed.")]


@event_type("id.padan.household.recipient_verified.v1", HOUSEHOLD_EVENTS)
class RecipientVerified(HouseholdFact, frozen=True, kw_only=True):
    """A village said of a family in an update month whether it is still entitled.

    When: somebody of the village answered for it in that month's round; a later answer of the same month takes the
    place of an earlier one. A family of which nobody says anything stays what it is.
    """

    month: Month
    result: Annotated[VerificationResult, told("Entitled, or not; the latter counts once it is confirmed.")]
    occurred_on: Annotated[date, told("Local date of the answer.")]
    reason: Annotated[NotEntitledReason | None, told("Why not, for not_entitled.")] = None
    photo: Annotated[UUID | None, told("The photo that shows it, for not_entitled.", "pseudonym")] = None


@event_type("id.padan.household.recipient_confirmed.v1", HOUSEHOLD_EVENTS)
class RecipientConfirmed(HouseholdFact, frozen=True, kw_only=True):
    """The social office decided on a village's answer that a family is not entitled any more.

    When: somebody else than who gave the answer confirmed it, or did not. The household stays in the register.
    """

    month: Month
    ends: Annotated[bool, told("Whether assistance ends. False: the answer was not confirmed, and it goes on.")]
    note: Annotated[bytes | None, told("What the official wrote, if anything.", "sealed_identity")] = None


@event_type("id.padan.household.finding_carried.v1", HOUSEHOLD_EVENTS)
class FindingCarried(HouseholdFact, frozen=True, kw_only=True):
    """A family took people in of whose family before a village had said that it is not entitled: that answer holds of
    this family too, until somebody has decided on it here. It ends nothing before.

    When: another family was merged into this one, or its head or caretaker came from there, and nothing was found
    against this family itself; in the same transaction as the `member_moved_in`.
    """

    finding: Annotated[
        Finding,
        told("What was said; its month is the last one in which either family was answered for, and `ends` is absent."),
    ]
    origin: Annotated[UUID, told("The household of which it was said.", "pseudonym")]
    transfer_id: Annotated[UUID, told("The same as on the `member_moved_in`.", "pseudonym")]


@event_type("id.padan.household.resigned.v1", HOUSEHOLD_EVENTS)
class Resigned(HouseholdFact, frozen=True, kw_only=True):
    """A family asked to receive no assistance any more; final once its head has confirmed that.

    When: the family asked for it, and again when the head confirmed it. The household stays in the register.
    """

    programmes: Annotated[tuple[str, ...], told("Codes of the programmes; absent: all of them.")] = ()
    confirmed_on: Annotated[
        date | None, told("Local date on which the head confirmed it; absent as long as it is only asked for.")
    ] = None
