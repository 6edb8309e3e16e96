"""A whole family moves to another place, within its regency or to another one."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from padan_events.effects import Effects, HouseholdFact, PersonId
from padan_events.intake import MoveSource, Regency
from padan_events.local_date import begins
from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.tiers import Note, Reactivated
from padan_events.topics import HOUSEHOLD_EVENTS

ACCEPTED_WITHIN: Final = timedelta(days=30)
"""How long the origin's office, and then the destination, may take (default)."""

OccurredOn = Annotated[date, told("Local date from which it holds.")]


class MoveRefusal(StrEnum):
    """Why the destination does not take a family in."""

    NOT_ARRIVED = "not_arrived"
    NOT_RESIDENT = "not_resident"
    ADDRESS_WRONG = "address_wrong"
    DUPLICATE = "duplicate"
    OTHER = "other"


@event_type("id.padan.household.relocation_requested.v1", HOUSEHOLD_EVENTS)
class RelocationRequested(HouseholdFact, frozen=True, kw_only=True):
    """A family wants to move to another regency; the origin holds record and place until it is accepted.

    When: the origin recorded the wish. Its social office has until `due_at` to release the family.
    """

    to_regency: Annotated[str, told("The regency it moves to, 4 digits.")]
    destination: Annotated[bytes, told("Village, address and family card there.", "sealed_identity")]
    due_at: Annotated[
        datetime,
        told(
            "When it lapses if nobody has decided. Where the household comes back into the register (`reactivated`), "
            "not before 30 days from the end of that day have passed."
        ),
    ]
    occurred_on: OccurredOn


@event_type("id.padan.household.relocation_released.v1", HOUSEHOLD_EVENTS)
class RelocationReleased(HouseholdFact, frozen=True, kw_only=True):
    """The origin lets a family go; the destination has until `due_at` to take it in.

    When: the social office of the origin released it.
    """

    due_at: Annotated[
        datetime,
        told(
            "When it goes back to the origin if the destination has said nothing; of a household that comes back into "
            "the register as `relocation_requested` has it."
        ),
    ]


@event_type("id.padan.household.relocation_accepted.v1", HOUSEHOLD_EVENTS)
class RelocationAccepted(HouseholdFact, frozen=True, kw_only=True):
    """A family lives at another place: household, members and places go on there.

    When: the destination accepted it, or said nothing in time while the civil registry shows the new address
    (`silent`); within a regency at once, and the destination may object until `objection_until`.
    """

    identity: Annotated[bytes, told("Village, address, neighbourhood, family card number.", "sealed_identity")]
    from_regency: Regency
    occurred_on: OccurredOn
    objection_until: Annotated[datetime | None, told("Within a regency: until when the destination may object.")] = None
    silent: Annotated[
        bool, told("Whether the destination said nothing in time, and the civil registry shows the new address.")
    ] = False

    def effects(self) -> Effects:
        """Where it lives."""
        return Effects(identity=self.identity)


@event_type("id.padan.household.relocation_refused.v1", HOUSEHOLD_EVENTS)
class RelocationRefused(HouseholdFact, frozen=True, kw_only=True):
    """The destination does not take a family in: it stays with the origin.

    When: the destination refused it, or, within a regency, objected in time: then it is back where it was.
    """

    reason: Annotated[MoveRefusal, told("Why.")]
    identity: Annotated[
        bytes | None, told("Where it lives again; absent where it had not left.", "sealed_identity")
    ] = None
    note: Note = None

    def effects(self) -> Effects:
        """Where it lives again, after an objection."""
        return Effects(identity=self.identity)


@event_type("id.padan.household.relocation_cancelled.v1", HOUSEHOLD_EVENTS)
class RelocationCancelled(HouseholdFact, frozen=True, kw_only=True):
    """A family does not move after all.

    When: the origin took the request back before the destination had decided.
    """


@event_type("id.padan.household.relocation_expired.v1", HOUSEHOLD_EVENTS)
class RelocationExpired(HouseholdFact, frozen=True, kw_only=True):
    """Nobody decided on a move in time, and the civil registry does not show the new address: the family stays with the
    origin.

    When: `due_at` of the request or of the release came.
    """


@event_type("id.padan.household.relocation_seen.v1", HOUSEHOLD_EVENTS)
class RelocationSeen(HouseholdFact, frozen=True, kw_only=True):
    """The civil registry shows a member in a village. It moves nobody: whoever works at the origin is shown it, and a
    move on which the destination says nothing is decided by it. Of several of a member the last event counts.

    When: the civil registry told of a move.
    """

    person_id: PersonId
    to_regency: Annotated[str, told("The regency it shows them in, 4 digits.")]
    place: Annotated[bytes, told("The village it shows them in; under the member's key.", "sealed_identity")]
    occurred_on: Annotated[date, told("Local date from which it shows them there.")]
    source: Annotated[MoveSource, told("The door by which the civil registry told it.")]


def moves_until(back: Reactivated) -> datetime:
    """Until when the open move of a household that has come back into the register waits at least: nobody could decide
    on it meanwhile."""
    return begins(back.occurred_on + timedelta(days=1), back.regency) + ACCEPTED_WITHIN
