"""What a visit to a family brought home: photos, its place on the map, the criteria that were asked about."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from padan_events.effects import Effects, HouseholdFact
from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.topics import HOUSEHOLD_EVENTS


class PhotoKind(StrEnum):
    """What a photo shows."""

    HOUSE_FRONT = "house_front"
    HOUSE_INSIDE = "house_inside"
    FAMILY_CARD = "family_card"
    PERSON = "person"
    MINUTES = "minutes"
    OTHER = "other"


class EvidenceFlag(StrEnum):
    """A reason to look at a photo again; never one to refuse it. `seen_elsewhere`: another household has the same or a
    near-identical one. `taken_elsewhere`: the camera wrote a place into it that lies far from the map point."""

    SEEN_ELSEWHERE = "seen_elsewhere"
    TAKEN_ELSEWHERE = "taken_elsewhere"


@event_type("id.padan.household.evidence_attached.v1", HOUSEHOLD_EVENTS)
class EvidenceAttached(HouseholdFact, frozen=True, kw_only=True):
    """A photo was attached to a household as evidence.

    When: a field verification named it, or it was added later; once, and again where something new is flagged on it.
    """

    photo_id: Annotated[UUID, told("The photo: what the picture is asked for by.", "pseudonym")]
    kind: Annotated[PhotoKind, told("What it shows.")]
    sha256: Annotated[str, told("SHA-256 of the JPEG that is kept, in hexadecimal.")]
    flags: Annotated[tuple[EvidenceFlag, ...], told("Reasons to look at it again; absent where there are none.")] = ()
    similar_to: Annotated[
        tuple[UUID, ...],
        told("Other households that had the same or a near-identical photo, at most 20.", "pseudonym"),
    ] = ()


@event_type("id.padan.household.geotagged.v1", HOUSEHOLD_EVENTS)
class Geotagged(HouseholdFact, frozen=True, kw_only=True):
    """The place of a household on the map became known, or another. The newest counts.

    When: somebody stood there with a device that knew where it was. Only the regency is in the clear: a point of a
    few metres names a house, and with it the family.
    """

    position: Annotated[
        bytes, told("A `MapPoint`: latitude, longitude, accuracy, when it was measured.", "sealed_identity")
    ]


@event_type("id.padan.household.circumstances_assessed.v1", HOUSEHOLD_EVENTS)
class CircumstancesAssessed(HouseholdFact, frozen=True, kw_only=True):
    """A family was asked about the criteria of poverty, of both lists. The newest answers count.

    When: a field verification was complete, or was made good later. In the clear is only when: whether a family has
    enough to eat is about its health and means, and a mere count of criteria would already rank it for every reader.
    """

    occurred_on: Annotated[date, told("Local date on which the family was asked.")]
    circumstances: Annotated[
        bytes, told("`Circumstances`: each criterion of both lists, yes, no or unknown.", "sealed_sensitive")
    ]

    def effects(self) -> Effects:
        """New answers."""
        return Effects(circumstances=self.circumstances)
