"""A family is visited: what the visit must bring home, and what is added later. Source: docs/domain.md, States."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from padan_events.commands.verifying import (
    AssessCircumstances,
    AttachEvidence,
    GeotagHousehold,
    NamedPhoto,
    PhotoFound,
    VerifyHousehold,
)
from padan_events.criteria import Answer, Criterion2022
from padan_events.effects import HouseholdFact
from padan_events.evidence import CircumstancesAssessed, EvidenceAttached, EvidenceFlag, Geotagged, PhotoKind
from padan_events.personal import Circumstances, MapPoint
from padan_events.states import State
from padan_events.tiers import Verified

from padan_household.domain.asked import Asked, Known
from padan_household.domain.household import Household, Sealed
from padan_household.domain.places import metres_between
from padan_household.domain.refusals import (
    FAMILY_CARD_MISSING,
    HOUSE_FRONT_MISSING,
    HOUSE_INSIDE_MISSING,
    HOUSEHOLD_CLOSED,
    PHOTO_ALREADY_ATTACHED,
    PHOTO_UNKNOWN,
    Refusal,
)
from padan_household.domain.tiers import brings_on

FAR_M: Final = 1_000
"""How far from the map point a camera may say it was before the photo is flagged (default)."""

Facts = Sequence[HouseholdFact] | Refusal


def verify(command: VerifyHousehold, known: Known, asked: Asked) -> Facts:
    """The visit is complete: its photos, the place, the criteria, and with them the case is verified."""
    turn = brings_on(known, asked, State.VERIFIED)
    if isinstance(turn, Refusal):
        return turn
    given = {photo.kind for photo in command.photos}
    for kind, code in _required(command, known):
        if kind not in given:
            return Refusal(code, "photos")
    evidence = _evidence(command.photos, command.map_point, known)
    if isinstance(evidence, Refusal):
        return evidence
    behind = len(evidence)
    return (
        *evidence,
        _geotagged(command.map_point, known, asked, behind),
        _assessed(command, known, asked, behind + 1),
        Verified(**_of(known), occurred_on=command.visited_on),
    )


def attach(command: AttachEvidence, known: Known, _: Asked) -> Facts:
    """Photos are added. Where all of them stand there as they are, nothing is."""
    if known.household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    evidence = _evidence(command.photos, known.geotag, known)
    return evidence or Refusal(PHOTO_ALREADY_ATTACHED, "photos")


def geotag(command: GeotagHousehold, known: Known, asked: Asked) -> Facts:
    """The place on the map is given, or given anew."""
    if known.household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    return (_geotagged(command.map_point, known, asked),)


def assess(command: AssessCircumstances, known: Known, asked: Asked) -> Facts:
    """The family was asked about the criteria, or asked again."""
    if known.household.closed:
        return Refusal(HOUSEHOLD_CLOSED)
    return (_assessed(command, known, asked),)


def _required(command: VerifyHousehold, known: Known) -> Iterator[tuple[PhotoKind, str]]:
    """The kinds of photo a visit must bring home, and how it is refused without."""
    if command.criteria_2022.get(Criterion2022.NO_SHELTER) is not Answer.YES:
        yield PhotoKind.HOUSE_FRONT, HOUSE_FRONT_MISSING
        yield PhotoKind.HOUSE_INSIDE, HOUSE_INSIDE_MISSING
    if known.home is not None and known.home.family_card_number is not None:
        yield PhotoKind.FAMILY_CARD, FAMILY_CARD_MISSING


def _evidence(
    photos: Sequence[NamedPhoto], place: MapPoint | None, known: Known
) -> tuple[EvidenceAttached, ...] | Refusal:
    """What is new of these photos; a photo that stands there as it is says nothing new."""
    facts = []
    for index, photo in enumerate(photos):
        if photo.found is None:
            return Refusal(PHOTO_UNKNOWN, f"photos.{index}.photo_id")
        fact = EvidenceAttached(
            **_of(known),
            photo_id=photo.photo_id,
            kind=photo.kind,
            sha256=photo.found.sha256,
            flags=tuple(_flags(photo.found, place)),
            similar_to=photo.found.similar_to,
        )
        if known.household.field.evidence.get(photo.photo_id) != fact:
            facts.append(fact)
    return tuple(facts)


def _flags(found: PhotoFound, place: MapPoint | None) -> Iterator[EvidenceFlag]:
    if found.similar_to:
        yield EvidenceFlag.SEEN_ELSEWHERE
    if place is None or found.latitude is None or found.longitude is None:
        return
    if metres_between(found.latitude, found.longitude, place.latitude, place.longitude) > FAR_M:
        yield EvidenceFlag.TAKEN_ELSEWHERE


def _geotagged(place: MapPoint, known: Known, asked: Asked, behind: int = 0) -> Geotagged:
    household = known.household
    sealed = asked.seal(household.id, household.id, "identity", place, household.next_event_id(behind))
    return Geotagged(**_of(known), position=sealed)


def _assessed(
    command: VerifyHousehold | AssessCircumstances, known: Known, asked: Asked, behind: int = 0
) -> CircumstancesAssessed:
    household = known.household
    answers = Circumstances(criteria_2022=command.criteria_2022, criteria_bps=command.criteria_bps)
    sealed = asked.seal(household.id, household.id, "sensitive", answers, household.next_event_id(behind))
    return CircumstancesAssessed(**_of(known), occurred_on=command.visited_on, circumstances=sealed)


def _of(known: Known) -> dict[str, Any]:
    return {"household_id": known.household.id, "regency": known.household.regency}


def _attached(household: Household, data: EvidenceAttached, _: str) -> dict[str, Any]:
    evidence: Mapping[Any, EvidenceAttached] = {**household.field.evidence, data.photo_id: data}
    return {"field": msgspec.structs.replace(household.field, evidence=evidence)}


def _placed(household: Household, data: Geotagged, _: str) -> dict[str, Any]:
    place = Sealed(data.position, household.next_event_id())
    return {"field": msgspec.structs.replace(household.field, geotag=place)}


EVOLVE: Final[dict[type, Callable[[Household, Any, str], dict[str, Any]]]] = {
    EvidenceAttached: _attached,
    Geotagged: _placed,
}
"""By type of event, what it changes of what visits brought home."""
