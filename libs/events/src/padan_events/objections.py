"""Objections to a recipient (usul-sanggah). Nobody in the family ever learns who objected.

Who did stands in a sealed block only. The event is recorded on behalf of `service:household`; its correlation id is
a UUIDv5 over the sender and a keyed hash of the key they named the request by, which nobody can go through by trying.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from padan_events.effects import HouseholdFact
from padan_events.local_date import begins
from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.tiers import Reactivated
from padan_events.topics import HOUSEHOLD_EVENTS

ANSWERED_WITHIN: Final = timedelta(days=14)
"""How long an objection, or an appeal, waits for an answer (default)."""

ObjectionId = Annotated[UUID, told("The objection: the id of the event that raised it.", "pseudonym")]


class ObjectionReason(StrEnum):
    """Why somebody objects."""

    ABLE = "able"
    DIED = "died"
    MOVED = "moved"
    DUPLICATE = "duplicate"
    BARRED_OCCUPATION = "barred_occupation"
    DATA_FALSE = "data_false"
    OTHER = "other"


class ObjectionOutcome(StrEnum):
    """How an objection ended. `lapsed`: nobody answered it in time, which counts against the region."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"
    LAPSED = "lapsed"


@event_type("id.padan.household.objection_raised.v1", HOUSEHOLD_EVENTS)
class ObjectionRaised(HouseholdFact, frozen=True, kw_only=True):
    """Somebody of the same village objected to a family that receives assistance.

    When: a citizen did so, by themselves or through the village operator.
    """

    reason: Annotated[ObjectionReason, told("Why.")]
    due_at: Annotated[
        datetime,
        told(
            "When it lapses if nobody has answered it. Where the household comes back into the register "
            "(`reactivated`), not before 14 days from the end of that day have passed."
        ),
    ]
    objector: Annotated[bytes, told("Who objected, and through whom.", "sealed_identity")]
    statement: Annotated[bytes, told("What they say, and the place on the map.", "sealed_identity")]
    photo: Annotated[UUID | None, told("A photo that shows it.", "pseudonym")] = None


@event_type("id.padan.household.objection_resolved.v1", HOUSEHOLD_EVENTS)
class ObjectionResolved(HouseholdFact, frozen=True, kw_only=True):
    """An objection was answered, or lapsed. It ends nothing by itself: a confirmed verification does.

    When: the social office upheld or dismissed it, or its deadline came. After an appeal somebody else answers, and
    that is the last word.
    """

    objection_id: ObjectionId
    outcome: Annotated[ObjectionOutcome, told("How it ended.")]
    appeal_until: Annotated[
        datetime | None, told("Until when it may be appealed against; absent where it may not any more.")
    ] = None
    note: Annotated[bytes | None, told("The reasons that the official gave.", "sealed_identity")] = None


@event_type("id.padan.household.objection_appealed.v1", HOUSEHOLD_EVENTS)
class ObjectionAppealed(HouseholdFact, frozen=True, kw_only=True):
    """The answer to an objection, or that there was none, was appealed against.

    When: the family or the objector did so, in time and for the first time.
    """

    objection_id: ObjectionId
    due_at: Annotated[datetime, told("When the appeal lapses if nobody has answered it, as `objection_raised` has it.")]
    appellant: Annotated[bytes, told("Who appeals, and through whom.", "sealed_identity")]
    statement: Annotated[bytes, told("What they say.", "sealed_identity")]


def waits_until(back: Reactivated) -> datetime:
    """Until when the objections to a household that has come back into the register wait at least: nobody could answer
    them meanwhile."""
    return begins(back.occurred_on + timedelta(days=1), back.regency) + ANSWERED_WITHIN
