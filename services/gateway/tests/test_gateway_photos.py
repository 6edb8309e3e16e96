"""Photos at the door: who may send one, who may look at one, and what is written down of it."""

import httpx
import pytest
from gateway_given import ELSEWHERE, PATI, VILLAGES, household_id
from gateway_world import PHOTO_ID, World, code
from padan_gateway.domain.access import ACTIONS, Action, Field, Purpose, Right, Role, right
from padan_gateway.photos.answers import PhotoAnswer, PhotosAnswer


def path(row: int) -> str:
    return f"/v1/households/{household_id(row)}/photos"


def attach(
    world: World, row: int = 1, kind: str = "house_front", *, role: str = "village_operator", region: str = VILLAGES[0]
) -> httpx.Response:
    headers = world.signer.headers(role, region) | {"Content-Type": "image/jpeg"}
    return world.client.post(f"{path(row)}?kind={kind}", content=b"\xff\xd8\xff", headers=headers)


def test_a_photo_is_sent_listed_and_looked_at_for_a_purpose_and_the_look_is_logged(world: World) -> None:
    world.put(world.register.propose(1))
    sent = attach(world)
    PhotoAnswer.model_validate(sent.json())
    assert (sent.status_code, sent.headers["location"]) == (201, f"{path(1)}/{PHOTO_ID}")
    assert world.ingest.headers["padan-actor"] == "user:tester"
    assert (world.ingest.headers["padan-region"], world.ingest.headers["content-type"]) == (VILLAGES[0], "image/jpeg")

    listed = world.get(path(1))
    PhotosAnswer.model_validate(listed.json())
    assert [each["flagged"] for each in listed.json()["photos"]] == [True]
    assert code(world.get(f"{path(1)}/{PHOTO_ID}")) == (403, "purpose_missing")
    assert world.access_log() == []

    shown = world.get(f"{path(1)}/{PHOTO_ID}", purpose="verification")
    assert (shown.status_code, shown.content) == (200, b"\xff\xd8\xff")
    assert (shown.headers["content-type"], shown.headers["cache-control"]) == ("image/jpeg", "no-store")
    assert world.access_log() == [
        ("tester", "social_office", PATI, "verification", "read_household", [household_id(1)], [], ["photo"])
    ]
    other = f"{path(1)}/{household_id(7)}"
    assert code(world.get(other, purpose="audit")) == (404, "photo_not_found")
    assert len(world.access_log()) == 1, "what is not there was not read"


def test_a_photo_whose_read_cannot_be_logged_is_not_shown(world: World) -> None:
    world.put(world.register.propose(1))
    attach(world)
    world.as_owner("REVOKE INSERT ON access_log FROM gateway_reader")
    assert code(world.get(f"{path(1)}/{PHOTO_ID}", purpose="audit")) == (500, "internal_error")


def test_a_household_of_another_region_has_no_photos(world: World) -> None:
    world.put(world.register.propose(1), world.register.propose(2, village=ELSEWHERE))
    not_there = (404, "household_not_found")
    for row in (2, 3):
        assert code(attach(world, row)) == not_there
        assert code(attach(world, row, role="social_office", region=PATI)) == not_there
        assert code(world.get(path(row))) == not_there
        assert code(world.get(f"{path(row)}/{PHOTO_ID}", purpose="verification")) == not_there
    assert code(attach(world, 1, region=VILLAGES[1])) == not_there
    assert world.access_log() == []
    assert world.ingest.headers == {}, "nothing went further"


@pytest.mark.parametrize("role", list(Role))
def test_only_those_in_the_field_and_the_offices_send_photos(world: World, role: Role) -> None:
    world.put(world.register.propose(1))
    may_send = role in (
        Role.VILLAGE_OPERATOR, Role.VILLAGE_HEAD, Role.FACILITATOR, Role.DISTRICT_OFFICER, Role.SOCIAL_OFFICE,
    )  # fmt: skip
    sent = attach(world, role=role, region="ID")
    assert sent.status_code == 201 if may_send else code(sent) == (403, "role_forbidden")
    sees = right(role, Field.PHOTO) is Right.PURPOSE
    for answer in (
        world.get(path(1), role=role, region="ID"),
        world.get(f"{path(1)}/{PHOTO_ID}", role=role, region="ID", purpose=Purpose.COMPLAINT),
    ):
        assert (answer.status_code != 403) is sees
    assert may_send is (Action.ATTACH_PHOTO in ACTIONS.get(role, ()))
    assert sees or not may_send, "who sends a photo may see what came of it"


def test_a_kind_that_is_not_known_and_no_kind_are_refused(world: World) -> None:
    world.put(world.register.propose(1))
    assert code(attach(world, kind="selfie")) == (422, "request_invalid")
    headers = world.signer.headers("village_operator", VILLAGES[0])
    assert code(world.client.post(path(1), content=b"x", headers=headers)) == (422, "request_invalid")


def test_where_registry_ingest_is_away_it_is_said(world: World) -> None:
    world.put(world.register.propose(1))
    world.stop_ingest()
    assert code(attach(world)) == (503, "service_unavailable")


def test_the_document_says_how_a_photo_is_sent(world: World) -> None:
    paths = world.client.get("/openapi.json").json()["paths"]
    sending = paths["/v1/households/{household_id}/photos"]["post"]
    assert set(sending["requestBody"]["content"]) == {"image/jpeg", "image/png", "image/webp", "multipart/form-data"}
    (kind,) = [each for each in sending["parameters"] if each["name"] == "kind"]
    assert kind["schema"]["enum"] == ["house_front", "house_inside", "family_card", "person", "minutes", "other"]
    shown = paths["/v1/households/{household_id}/photos/{photo_id}"]["get"]
    assert "image/jpeg" in shown["responses"]["200"]["content"]
