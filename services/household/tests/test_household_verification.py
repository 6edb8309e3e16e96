"""A family is visited: what the visit must bring home, what stands in the log of it, and what is repaired later."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from household_desk import DISTRICT, HEAD, VILLAGE, Desk, cases
from household_given import Parts, a_family
from padan_events import encode
from padan_events.commands import CommandAccepted, ProposeHousehold
from padan_events.commands.cases import ReturnCases, WithdrawHousehold
from padan_events.commands.verifying import AssessCircumstances, AttachEvidence, GeotagHousehold
from padan_events.criteria import Answer, Criterion2022
from padan_events.evidence import CircumstancesAssessed, EvidenceAttached, EvidenceFlag, Geotagged, PhotoKind
from padan_events.personal import Circumstances, MapPoint
from padan_events.states import State
from padan_events.tiers import ReturnReason, Verified, WithdrawReason
from padan_household.domain.household import Household
from padan_household.domain.places import metres_between
from padan_runtime.sealing import SealError, open_sealed
from visit_given import CRITERIA_2022, CRITERIA_BPS, HOUSE, PLACE, a_visit, found_photo

OPERATOR, FACILITATOR = ("village_operator", VILLAGE), ("facilitator", VILLAGE)
NORTH_OF_IT = {"latitude": PLACE.latitude + 0.0095, "longitude": PLACE.longitude}  # 1,056 m


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts)


@pytest.fixture
def family(desk: Desk) -> UUID:
    """A case that waits for the visit."""
    household = desk.propose(1)
    assert desk.deliberate(household) == ["accepted"]
    return household


def facts_of(desk: Desk, household: UUID) -> list[tuple[UUID, Any]]:
    """What happened since the deliberation, each with the id of its event."""
    return [(event.event_id, data) for event, data in desk.parts.facts() if data.household_id == household][3:]


def kinds_of(desk: Desk, household: UUID) -> list[str]:
    return [type(data).__name__ for _, data in facts_of(desk, household)]


def code(desk: Desk, command: Any, who: tuple[str, str] = FACILITATOR, **how: Any) -> str:
    return desk.codes(desk.send(command, who, **how))[0]


def test_a_visit_is_one_command_and_its_facts_stand_in_one_order(desk: Desk, family: UUID) -> None:
    outcome = desk.send(a_visit(family), FACILITATOR)
    assert isinstance(outcome, CommandAccepted)
    assert kinds_of(desk, family) == ["EvidenceAttached"] * 3 + ["Geotagged", "CircumstancesAssessed", "Verified"]
    assert outcome.version == desk.household(family).version
    assert desk.state(family) is State.VERIFIED
    facts = facts_of(desk, family)
    assert [data.kind for _, data in facts[:3]] == [*HOUSE, PhotoKind.FAMILY_CARD]
    verified = facts[-1][1]
    assert isinstance(verified, Verified)
    assert verified.occurred_on == date(2026, 3, 10)


def test_place_and_answers_are_sealed_for_their_readers_and_stand_nowhere_else(desk: Desk, family: UUID) -> None:
    desk.send(a_visit(family), FACILITATOR)
    facts = {type(data): (event_id, data) for event_id, data in facts_of(desk, family)}
    key = desk.parts.keyring.mint([(family, family)])[family]
    event_id, geotagged = facts[Geotagged]
    assert open_sealed(key.identity, geotagged.position, MapPoint, subject=family, event_id=event_id) == PLACE
    event_id, assessed = facts[CircumstancesAssessed]
    answers = open_sealed(key.sensitive, assessed.circumstances, Circumstances, subject=family, event_id=event_id)
    assert (answers.criteria_2022, answers.criteria_bps) == (CRITERIA_2022, CRITERIA_BPS)
    with pytest.raises(SealError):
        open_sealed(key.identity, assessed.circumstances, Circumstances, subject=family, event_id=event_id)
    clear = b"".join(encode(data) for _, data in facts.values())
    for secret in (b"111.0", b"6.75", b"food_insecurity", b"02:30", b"unknown"):
        assert secret not in clear


def test_what_visits_brought_home_comes_back_from_a_snapshot(desk: Desk, family: UUID) -> None:
    photos = (*a_visit(family).photos[1:], found_photo(PhotoKind.HOUSE_FRONT, similar_to=(UUID(int=7),)))
    desk.send(a_visit(family, photos=photos), FACILITATOR)
    household = desk.household(family)
    assert len(household.field.evidence) == 3
    assert household.field.geotag is not None
    assert msgspec.json.decode(msgspec.json.encode(household), type=Household) == household


def test_a_visit_without_what_it_must_bring_home_is_refused_and_leaves_nothing(desk: Desk, family: UUID) -> None:
    for missing in (*HOUSE, PhotoKind.FAMILY_CARD):
        photos = tuple(photo for photo in a_visit(family).photos if photo.kind is not missing)
        assert code(desk, a_visit(family, photos=photos)) == f"{missing}_missing"
    unseen = (msgspec.structs.replace(found_photo(PhotoKind.OTHER), found=None), *a_visit(family).photos)
    assert code(desk, a_visit(family, photos=unseen)) == "photo_unknown"
    assert facts_of(desk, family) == []
    assert desk.state(family) is State.DELIBERATED


def test_who_has_no_shelter_has_no_house_to_show_and_who_has_no_card_none_either(desk: Desk) -> None:
    carded = msgspec.structs.replace(a_family(2), family_card_number=None)
    outcome = desk.send(ProposeHousehold(household=carded), OPERATOR)
    assert isinstance(outcome, CommandAccepted)
    household = outcome.household_id
    desk.deliberate(household)
    assert code(desk, a_visit(household, photos=())) == "house_front_missing"
    unsure = CRITERIA_2022 | {Criterion2022.NO_SHELTER: Answer.UNKNOWN}
    assert code(desk, a_visit(household, photos=(), criteria_2022=unsure)) == "house_front_missing"
    homeless = CRITERIA_2022 | {Criterion2022.NO_SHELTER: Answer.YES}
    assert code(desk, a_visit(household, photos=(), criteria_2022=homeless)) == "accepted"
    assert kinds_of(desk, household)[-3:] == ["Geotagged", "CircumstancesAssessed", "Verified"]


def test_only_those_who_visit_verify_only_in_their_turn_and_nobody_twice(desk: Desk, family: UUID) -> None:
    early = desk.propose(3)
    assert code(desk, a_visit(early)) == "not_its_turn"
    assert code(desk, a_visit(family), HEAD) == "role_forbidden"
    assert code(desk, a_visit(family), ("facilitator", "3318042008")) == "region_forbidden"
    assert code(desk, a_visit(family), actor="user:village_head") == "already_approved"  # deliberated, in another role
    assert code(desk, a_visit(family), version=1) == "version_differs"
    assert code(desk, a_visit(family), OPERATOR) == "accepted"
    assert code(desk, a_visit(family)) == "not_its_turn"
    assert desk.approve(DISTRICT, family, actor="user:village_operator") == ["already_approved"]


@pytest.mark.parametrize(
    ("found", "flags"),
    [
        ({"latitude": PLACE.latitude + 0.0085, "longitude": PLACE.longitude}, []),
        (NORTH_OF_IT, [EvidenceFlag.TAKEN_ELSEWHERE]),
        ({"similar_to": (UUID(int=7),)}, [EvidenceFlag.SEEN_ELSEWHERE]),
        (NORTH_OF_IT | {"similar_to": (UUID(int=7),)}, [EvidenceFlag.SEEN_ELSEWHERE, EvidenceFlag.TAKEN_ELSEWHERE]),
    ],
)
def test_a_photo_seen_or_taken_elsewhere_is_flagged_and_never_refused(
    desk: Desk, family: UUID, found: dict[str, Any], flags: list[EvidenceFlag]
) -> None:
    photos = (*a_visit(family).photos[1:], found_photo(PhotoKind.HOUSE_FRONT, **found))
    assert code(desk, a_visit(family, photos=photos)) == "accepted"
    told = {data.kind: data for _, data in facts_of(desk, family) if isinstance(data, EvidenceAttached)}
    assert list(told[PhotoKind.HOUSE_FRONT].flags) == flags
    assert told[PhotoKind.HOUSE_FRONT].similar_to == found.get("similar_to", ())
    assert told[PhotoKind.HOUSE_INSIDE].flags == ()


def test_a_returned_case_is_touched_by_what_is_repaired_and_verified_anew(desk: Desk, family: UUID) -> None:
    desk.send(a_visit(family), FACILITATOR)
    back = ReturnCases(cases=cases(family), to=State.DELIBERATED, reasons=(ReturnReason.PHOTO_UNCLEAR,))
    for repair in (
        AttachEvidence(household_id=family, photos=(found_photo(PhotoKind.PERSON),)),
        GeotagHousehold(household_id=family, map_point=PLACE),
        AssessCircumstances(
            household_id=family,
            visited_on=date(2026, 3, 11),
            criteria_2022=CRITERIA_2022,
            criteria_bps=CRITERIA_BPS,
        ),
    ):
        assert desk.codes(desk.send(back, DISTRICT)) == ["accepted"]
        assert desk.due() != []
        before = desk.household(family).version
        assert code(desk, repair, OPERATOR) == "accepted"
        assert desk.due() == []
        assert desk.household(family).version == before + 1
        # What was attached before and says nothing new is not attached once more.
        assert code(desk, a_visit(family)) == "accepted"
        assert kinds_of(desk, family)[-3:] == ["Geotagged", "CircumstancesAssessed", "Verified"]
        assert desk.household(family).version == before + 4


def test_what_is_attached_later_is_held_against_the_place_that_stands(desk: Desk, family: UUID) -> None:
    far = AttachEvidence(household_id=family, photos=(found_photo(PhotoKind.OTHER, **NORTH_OF_IT),))
    assert code(desk, far, ("district_officer", "331804")) == "accepted"  # no place yet: nothing to hold it against
    assert code(desk, far, OPERATOR) == "photo_already_attached"
    assert code(desk, GeotagHousehold(household_id=family, map_point=PLACE), OPERATOR) == "accepted"
    assert code(desk, far, OPERATOR) == "accepted"
    assert code(desk, far, OPERATOR) == "photo_already_attached"
    flags = [data.flags for _, data in facts_of(desk, family) if isinstance(data, EvidenceAttached)]
    assert flags == [(), (EvidenceFlag.TAKEN_ELSEWHERE,)]
    assert code(desk, GeotagHousehold(household_id=family, map_point=PLACE), HEAD) == "role_forbidden"
    assert code(desk, far, ("facilitator", "3319")) == "region_forbidden"
    assert code(desk, AttachEvidence(household_id=uuid4(), photos=far.photos)) == "household_unknown"


def test_nothing_is_added_to_who_left_the_register(desk: Desk, family: UUID) -> None:
    desk.send(WithdrawHousehold(household_id=family, reason=WithdrawReason.FAMILY_REQUEST), OPERATOR)
    photos = (found_photo(PhotoKind.OTHER),)
    for command in (
        a_visit(family),
        AttachEvidence(household_id=family, photos=photos),
        GeotagHousehold(household_id=family, map_point=PLACE),
        AssessCircumstances(
            household_id=family, visited_on=date(2026, 3, 1), criteria_2022=CRITERIA_2022, criteria_bps=CRITERIA_BPS
        ),
    ):
        assert code(desk, command) == "household_closed"


@pytest.mark.parametrize(
    ("place", "other", "metres"),
    [
        ((-6.75, 111.03), (-6.75, 111.03), 0),
        ((0.0, 100.0), (1.0, 100.0), 111_195),
        ((0.0, 100.0), (0.0, 101.0), 111_195),
        ((-6.2088, 106.8456), (-7.2575, 112.7521), 663_000),  # Jakarta and Surabaya
    ],
)
def test_distances_are_those_of_the_map(place: tuple[float, float], other: tuple[float, float], metres: int) -> None:
    assert metres_between(*place, *other) == pytest.approx(metres, rel=0.005)
