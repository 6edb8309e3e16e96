"""Files pass through the gateway as streams, under the sender's name and region."""

import resource
from collections.abc import Iterator
from typing import Any

import httpx
from gateway_world import UPLOAD_ID, World, code
from padan_gateway.batches.answers import BatchAnswer, UploadAnswer

SENT = f"/v1/batches/{UPLOAD_ID}"


def upload(world: World, content: Any = b"NIK\n", role: str = "social_office", region: str = "3318") -> httpx.Response:
    headers = {**world.signer.headers(role, region), "content-type": "multipart/form-data; boundary=xyz"}
    return world.client.post("/v1/batches", content=content, headers=headers)


def test_an_upload_reaches_registry_ingest_in_the_senders_name(world: World) -> None:
    response = upload(world)
    assert response.status_code == 202
    UploadAnswer.model_validate(response.json())
    assert response.headers["location"] == SENT
    told = world.ingest.headers
    assert told["content-type"] == "multipart/form-data; boundary=xyz"
    assert (told["padan-actor"], told["padan-role"], told["padan-region"]) == ("user:tester", "social_office", "3318")
    BatchAnswer.model_validate(world.get(SENT).json())


def test_an_upload_is_never_whole_in_memory(world: World) -> None:
    size, piece = 96, bytes(1 << 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def stream() -> Iterator[bytes]:
        for _ in range(size):
            yield piece

    assert upload(world, stream()).status_code == 202
    assert world.ingest.received == size << 20
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mb < 48, "client, gateway and its peer share this process: a buffer of the file would show"


def test_a_report_is_read_where_its_sender_stands_or_above(world: World) -> None:
    assert code(world.get(SENT)) == (404, "batch_not_found")
    upload(world)
    assert world.get(SENT).status_code == 200
    assert world.get(SENT, role="province", region="33").status_code == 200
    assert world.get(SENT, role="ministry", region="ID").status_code == 200
    for region in ("3319", "331804"):
        assert code(world.get(SENT, region=region)) == (404, "batch_not_found")
        assert code(world.get(f"{SENT}/rows.csv", region=region, purpose="correction")) == (404, "batch_not_found")


def test_rows_are_personal_data_and_need_a_purpose(world: World) -> None:
    upload(world)
    assert code(world.get(f"{SENT}/rows.csv")) == (403, "purpose_missing")
    assert code(world.get(f"{SENT}/rows.csv", role="district_officer")) == (403, "role_forbidden")
    rows = world.get(f"{SENT}/rows.csv", purpose="correction")
    assert rows.content == b"NIK,reason\r\n" * 1000
    assert rows.headers["content-disposition"].startswith("attachment")
    assert rows.headers["cache-control"] == "no-store"
    ((subject, *_, action, households, persons, fields),) = world.access_log()
    assert (subject, action, households, persons, fields) == ("tester", "read_batch", [], [], ["batch_rows"])


def test_the_template_passes_through(world: World) -> None:
    assert world.get("/v1/templates/registration.xlsx").content == b"PK template"


def test_only_offices_send_files(world: World) -> None:
    for role in ("village_operator", "administrator", "auditor"):
        assert code(upload(world, role=role)) == (403, "role_forbidden")
    assert world.ingest.received == 0


def test_a_refusal_of_registry_ingest_comes_through_word_for_word(world: World) -> None:
    world.ingest.refusal = {
        "type": "urn:padan:problem:not_a_spreadsheet", "title": "not_a_spreadsheet", "status": 415,
        "code": "not_a_spreadsheet", "detail": "a", "detail_id": "b", "next_step": "c", "next_step_id": "d",
    }  # fmt: skip
    response = upload(world)
    assert response.json() == world.ingest.refusal
    assert code(response) == (415, "not_a_spreadsheet")
    assert code(world.get(SENT)) == (404, "batch_not_found")


def test_a_fault_between_services_is_not_the_senders(world: World) -> None:
    problem = {"code": "service_unauthenticated", "status": 401}
    world.ingest.refusal = problem
    assert code(upload(world)) == (503, "service_unavailable")
    world.ingest.refusal = {"code": "internal_error", "status": 500}
    assert code(upload(world)) == (503, "service_unavailable")


def test_a_service_that_is_down_is_named(world: World) -> None:
    upload(world)
    world.stop_ingest()
    down = world.get(SENT)
    assert code(down) == (503, "service_unavailable")
    assert "registry-ingest" in down.json()["detail"]
    assert "retry-after" in down.headers
