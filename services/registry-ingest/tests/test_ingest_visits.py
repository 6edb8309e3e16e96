"""What somebody brings home from a visit is validated: by itself, and by the photos that were sent before."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from ingest_process import Ingest
from padan_events.commands.verifying import AttachEvidence, VerifyHousehold
from padan_events.criteria import Criterion2022, CriterionBps
from padan_registry_ingest.domain.visits import tidied_visit, visit_faults
from photos_given import POSITION, photo
from visit_given import CRITERIA_2022, CRITERIA_BPS, PLACE, a_visit

NOW = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)


def a_household(ingest: Ingest) -> UUID:
    """A household that the keyring knows."""
    household = uuid4()
    ingest.peer.keys[household] = {household: os.urandom(32)}
    return household


def attached(ingest: Ingest, household: UUID, seed: int, kind: str = "house_front") -> dict[str, Any]:
    headers = ingest.headers() | {"Content-Type": "image/jpeg"}
    answer = ingest.http.post(f"/households/{household}/photos?kind={kind}", content=photo(seed), headers=headers)
    assert answer.status_code == 201, answer.text
    return {"photo_id": answer.json()["photo_id"], "kind": kind}


def send(ingest: Ingest, household: UUID, *photos: dict[str, Any]) -> httpx.Response:
    return give(ingest, "facilitator", {"command": "attach_evidence", "household_id": str(household), "photos": photos})


def give(ingest: Ingest, role: str, command: dict[str, Any]) -> httpx.Response:
    headers = ingest.headers() | {"Padan-Role": role, "Idempotency-Key": str(uuid4())}
    return ingest.http.post("/commands", json=command, headers=headers)


def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(reason["code"], reason["field"]) for reason in answer.json()["reasons"]]


def test_household_is_handed_what_is_known_of_photos_whatever_a_person_says(ingest: Ingest) -> None:
    first, second = a_household(ingest), a_household(ingest)
    attached(ingest, first, 1)
    named = attached(ingest, second, 1)
    card = attached(ingest, second, 2, "family_card")
    forged = named | {"found": {"sha256": "00", "similar_to": [], "latitude": 0, "longitude": 0}}
    answer = send(ingest, second, forged, card)
    assert answer.status_code == 200, answer.text
    (request,) = ingest.peer.commands
    assert request.found == ()
    assert isinstance(request.command, AttachEvidence)
    house, family_card = request.command.photos
    assert house.found is not None
    assert family_card.found is not None
    assert house.found.similar_to == (first,)
    assert (house.found.latitude, house.found.longitude) == (POSITION["latitude"], POSITION["longitude"])
    assert len(bytes.fromhex(house.found.sha256)) == 32
    assert family_card.found.similar_to == ()


def test_minutes_and_evidence_of_a_death_are_photos_that_were_sent(ingest: Ingest) -> None:
    mine, other = a_household(ingest), a_household(ingest)
    minutes, front = attached(ingest, mine, 31, "minutes")["photo_id"], attached(ingest, other, 32)["photo_id"]
    cases = [{"household_id": str(household)} for household in (other, mine)]
    held = {"command": "deliberate", "cases": cases, "held_on": "2026-03-01", "minutes_number": "141/07/BA/2026"}
    assert give(ingest, "village_head", held | {"minutes_photos": [minutes]}).status_code == 200
    assert faults(give(ingest, "village_head", held | {"minutes_photos": [minutes, front, str(uuid4())]})) == [
        ("photo_unknown", "minutes_photos.1"), ("photo_unknown", "minutes_photos.2"),
    ]  # fmt: skip
    assert faults(give(ingest, "village_head", held | {"cases": cases[:1], "minutes_photos": [minutes]})) == [
        ("photo_unknown", "minutes_photos.0")
    ]
    death: dict[str, Any] = {"command": "report_death", "household_id": str(other), "person_id": str(uuid4())}
    death |= {"occurred_on": "2026-03-01", "photos": [front, minutes]}
    assert faults(give(ingest, "facilitator", death)) == [("photo_unknown", "photos.1")]
    assert give(ingest, "facilitator", death | {"photos": [front]}).status_code == 200


def test_a_photo_that_is_not_this_households_or_shows_something_else_is_unknown(ingest: Ingest) -> None:
    mine, other = a_household(ingest), a_household(ingest)
    front, foreign = attached(ingest, mine, 3), attached(ingest, other, 4)
    answer = send(ingest, mine, front | {"kind": "family_card"}, foreign, front)
    assert (answer.status_code, answer.json()["code"]) == (422, "photo_repeated")
    assert faults(answer) == [
        ("photo_repeated", "photos.2.photo_id"), ("photo_unknown", "photos.0.kind"),
        ("photo_unknown", "photos.1.photo_id"),
    ]  # fmt: skip
    assert faults(send(ingest, uuid4(), front)) == [("photo_unknown", "photos.0.photo_id")]
    # Of an erased household nothing is opened: household, which gets nothing of its photos, says that it is erased.
    ingest.peer.keys[mine][mine] = None
    assert send(ingest, mine, front).status_code == 200
    erased = ingest.peer.commands[-1].command
    assert isinstance(erased, AttachEvidence)
    assert erased.photos[0].found is None


def wrong(command: VerifyHousehold) -> list[tuple[str, str | None]]:
    return [(fault.code, fault.field) for fault in visit_faults(command, NOW)]


def test_a_complete_visit_has_no_fault() -> None:
    assert wrong(a_visit(uuid4())) == []


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"latitude": 6.4}, [("position_outside", "map_point.latitude")]),
        ({"latitude": 0.0, "longitude": 0.0}, [("position_outside", "map_point.longitude")]),
        ({"latitude": PLACE.longitude, "longitude": PLACE.latitude}, [
            ("position_outside", "map_point.latitude"), ("position_outside", "map_point.longitude"),
        ]),
        ({"accuracy_m": 50.0}, []),
        ({"accuracy_m": 50.1}, [("position_inaccurate", "map_point.accuracy_m")]),
        ({"accuracy_m": 0.0}, [("position_inaccurate", "map_point.accuracy_m")]),
        ({"captured_at": NOW + timedelta(minutes=4)}, []),
        ({"captured_at": NOW + timedelta(minutes=6)}, [("date_in_future", "map_point.captured_at")]),
        ({"captured_at": datetime(2026, 3, 10, 4, 0)}, [("time_without_zone", "map_point.captured_at")]),  # noqa: DTZ001 - what is refused
    ],
)  # fmt: skip
def test_a_place_lies_in_indonesia_and_says_which_house_is_meant(
    place: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert wrong(a_visit(uuid4(), map_point=msgspec.structs.replace(PLACE, **place))) == expected


def test_every_question_is_answered_and_nobody_has_visited_tomorrow() -> None:
    asked = CRITERIA_2022.copy(), CRITERIA_BPS.copy()
    del asked[0][Criterion2022.NO_SHELTER], asked[1][CriterionBps.UNSAFE_WATER]
    tomorrow = (NOW + timedelta(days=1)).date()
    assert wrong(a_visit(uuid4(), criteria_2022=asked[0], criteria_bps=asked[1], visited_on=tomorrow)) == [
        ("date_in_future", "visited_on"), ("criterion_unanswered", "criteria_2022.no_shelter"),
        ("criterion_unanswered", "criteria_bps.unsafe_water"),
    ]  # fmt: skip


def test_what_is_known_of_photos_is_not_a_persons_to_say() -> None:
    tidy = tidied_visit(a_visit(uuid4()))
    assert [photo.found for photo in tidy.photos] == [None] * 3
