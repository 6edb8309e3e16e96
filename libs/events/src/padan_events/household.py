"""What was accepted of a household (household.events.v1), for ever."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec

from padan_events.intake import Decile, HouseholdId, Origin, Regency
from padan_events.personal import Agreement
from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.topics import HOUSEHOLD_EVENTS

PersonId = Annotated[UUID, told("The person.", "pseudonym")]


class SealedMember(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A member: a pseudonym, and two sealed blocks (`PersonIdentity`, `PersonSensitive`).

    `membership_seq` grows with each household the person joins: readers apply a side of a transfer only where
    it is larger than what they hold.
    """

    person_id: PersonId
    membership_seq: Annotated[
        int,
        told("Grows with each household the person joins. Keep one row a person, and apply only what is larger."),
    ]
    identity: Annotated[bytes, told("Name, NIK, birth date, sex, relationship to the head.", "sealed_identity")]
    sensitive: Annotated[
        bytes, told("Birth date, sex, relationship, school, pregnancy, disabilities.", "sealed_sensitive")
    ]
    birth_year: Annotated[int | None, told("Year of birth; absent where it is not known.")] = None


@event_type("id.padan.household.proposed.v1", HOUSEHOLD_EVENTS)
class Proposed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A household was proposed and stands in the register. `identity` is a sealed `HouseholdIdentity`.

    When: a report was accepted: nobody of it stands in another household, and from now on each NIK in it belongs
    to this one.

    `head` is absent where no member is named head: flagged, to be settled by a person.
    """

    household_id: HouseholdId
    regency: Regency
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


@event_type("id.padan.household.identity_matched.v1", HOUSEHOLD_EVENTS)
class IdentityMatched(msgspec.Struct, frozen=True, kw_only=True):
    """A member was matched with the civil registry. Only agreement, time and the request's id are kept.

    When: right behind `proposed`, where the registry was asked while the row was validated.
    """

    household_id: HouseholdId
    regency: Regency
    person_id: PersonId
    civil_status: Annotated[str, told("What the civil registry says of the person, such as active.")]
    agreement: Annotated[Agreement, told("Field by field, whether the registry agrees.")]
    matched_at: Annotated[str, told("When the registry answered (RFC 3339, UTC).")]
    request_id: Annotated[str, told("The registry's id of the request, for its own records.")]


@event_type("id.padan.household.welfare_ranked.v1", HOUSEHOLD_EVENTS)
class WelfareRanked(msgspec.Struct, frozen=True, kw_only=True):
    """A household's welfare decile (1 poorest to 10) became known or changed.

    When: a report of a ranking was accepted that says something new.
    """

    household_id: HouseholdId
    regency: Regency
    decile: Decile
    occurred_on: Annotated[date, told("The date from which the ranking holds.")]
    origin: Annotated[Origin, told("The row of the ranking file.")]
