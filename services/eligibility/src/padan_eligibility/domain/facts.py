"""What is known of a household, as far as policies may ask for it: nothing else is kept (UU 27/2022)."""

from datetime import date
from uuid import UUID

import msgspec
from padan_events.need_kinds import NeedKind
from padan_events.personal import Circumstances, Disability, School, Sex
from padan_events.states import State


class PersonFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A member. `known` is False where the sealed block can no longer be opened: nothing of it is known then.
    `identity_agrees` is None until the civil registry was asked; `school_until` is the first date on which `school` is
    not known any more. `needs` are those that are not met."""

    person_id: UUID
    known: bool = True
    birth_date: date | None = None
    school: School | None = None
    school_until: date | None = None
    pregnant: bool = False
    severe_disability: bool = False
    sex: Sex | None = None
    disabilities: tuple[Disability, ...] = ()
    identity_agrees: bool | None = None
    needs: tuple[NeedKind, ...] = ()


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a household holds a place in a programme, and the event that says so."""

    programme: str
    held: bool
    event: UUID


class HouseholdFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A household with its living members. `decile` is None until a ranking is known, `circumstances` until a visit
    asked about them, `determined_on` (a local date) until it was determined; `proposed_for` are codes of
    programmes. `aid_ended`: its village's answer that it is not entitled any more was confirmed; `resigned` are the
    programmes it left by its own request, `*` all that it is not proposed for since; `barred`: the review of a match of
    a member with a foreign register was founded; `under_review`: one is open. `reviews` are the last event of each
    review of the household, by the id of the review; `places` are those it holds or held, by programme;
    `needs` those of the household itself that are not met."""

    household_id: UUID
    regency: str
    state: State
    decile: int | None = None
    persons: tuple[PersonFacts, ...] = ()
    circumstances: Circumstances | None = None
    proposed_for: tuple[str, ...] = ()
    determined_on: date | None = None
    aid_ended: bool = False
    resigned: tuple[str, ...] = ()
    barred: bool = False
    under_review: bool = False
    reviews: tuple[UUID, ...] = ()
    places: tuple[Place, ...] = ()
    needs: tuple[NeedKind, ...] = ()

    def holds(self, programme: str) -> bool:
        """Whether it holds a place in a programme."""
        return any(place.held for place in self.places if place.programme == programme)
