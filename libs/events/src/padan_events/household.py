"""What was accepted of a household (household.events.v1), for ever."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec

from padan_events.effects import Effects, HouseholdFact, PersonId, SealedMember
from padan_events.intake import Decile, Origin
from padan_events.personal import Agreement
from padan_events.recipients import Finding
from padan_events.registry import event_type
from padan_events.states import State
from padan_events.telling import told
from padan_events.topics import HOUSEHOLD_EVENTS

__all__ = ["IdentityMatched", "Proposed", "SealedMember", "SplitFrom", "WelfareRanked"]


class SplitFrom(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The household that a new one came of, and what it keeps of it: entitlement is not lost by parting."""

    household_id: Annotated[UUID, told("The household of which it was a part.", "pseudonym")]
    transfer_id: Annotated[UUID, told("The same as on the `split` of that household.", "pseudonym")]
    state: Annotated[State, told("The state in which it stands, as that household does.")]
    approvals: Annotated[dict[State, str], told("By state, who brought the case there: nobody does so twice.")] = {}
    returned_to: Annotated[State | None, told("Where it was returned to, while it is returned.")] = None
    due_at: Annotated[datetime | None, told("When it is withdrawn if nobody touches it, while it is returned.")] = None
    update_month: Annotated[str | None, told("The update month (YYYY-MM) of that household's approval.")] = None
    decile: Annotated[int | None, told("The welfare decile of that household (1 poorest to 10).")] = None
    ranked_on: Annotated[date | None, told("The date from which that ranking holds.")] = None
    finding: Annotated[
        Finding | None, told("What its village said of that household last, where that was not_entitled and stands.")
    ] = None


@event_type("id.padan.household.proposed.v1", HOUSEHOLD_EVENTS)
class Proposed(HouseholdFact, frozen=True, kw_only=True):
    """A household was proposed and stands in the register. `identity` is a sealed `HouseholdIdentity`.

    When: a report was accepted: nobody of it stands in another household, and from now on each NIK in it belongs
    to this one. Or part of a family became a household of its own (`split_from`), and takes its state along.

    `head` is absent where no member is named head: flagged, to be settled by a person.
    """

    occurred_on: Annotated[date, told("Local date (of the regency) on which it was reported.")]
    caretaker: Annotated[
        UUID, told("The member who receives assistance for the household (pengurus): a person_id.", "pseudonym")
    ]
    identity: Annotated[bytes, told("Village, address, neighbourhood (RT, RW), family card number.", "sealed_identity")]
    members: Annotated[tuple[SealedMember, ...], told("Everyone in it, the caretaker included.")]
    origin: Annotated[Origin | None, told("The row it came from; absent where it came from no file.")] = None
    head: Annotated[
        UUID | None, told("The head of the family: a person_id; absent where none is named.", "pseudonym")
    ] = None
    split_from: Annotated[
        SplitFrom | None, told("What it keeps of the household it was a part of; absent where it is new.")
    ] = None

    def effects(self) -> Effects:
        """The household stands, and holds its members."""
        kept = self.split_from
        return Effects(
            state=State.PROPOSED if kept is None else kept.state,
            decile=None if kept is None else kept.decile,
            identity=self.identity,
            joined=self.members,
            head=self.head,
            caretaker=self.caretaker,
        )


@event_type("id.padan.household.identity_matched.v1", HOUSEHOLD_EVENTS)
class IdentityMatched(HouseholdFact, frozen=True, kw_only=True):
    """A member was matched with the civil registry. Only agreement, time and the request's id are kept.

    When: right behind `proposed`, where the registry was asked while the row was validated.
    """

    person_id: PersonId
    civil_status: Annotated[str, told("What the civil registry says of the person, such as active.")]
    agreement: Annotated[Agreement, told("Field by field, whether the registry agrees.")]
    matched_at: Annotated[str, told("When the registry answered (RFC 3339, UTC).")]
    request_id: Annotated[str, told("The registry's id of the request, for its own records.")]


@event_type("id.padan.household.welfare_ranked.v1", HOUSEHOLD_EVENTS)
class WelfareRanked(HouseholdFact, frozen=True, kw_only=True):
    """A household's welfare decile (1 poorest to 10) became known or changed, or is the same by a later ranking.

    When: a report of a ranking was accepted that says something new: another decile, or a later date.
    """

    decile: Decile
    occurred_on: Annotated[date, told("The date from which the ranking holds.")]
    origin: Annotated[Origin, told("The row of the ranking file.")]

    def effects(self) -> Effects:
        """Its decile."""
        return Effects(decile=self.decile)
