"""Files pass through the gateway as streams, under the sender's name and region."""

import resource
from collections.abc import Iterator
from typing import Any

import httpx
from gateway_world import UPLOAD_ID, World, code
from padan_gateway.batches.answers import BatchAnswer, UploadAnswer


def upload(world: World, content: Any = b"NIK\n", role: str = "social_office", region: str = "3318") -> httpx.Response:
    headers = {**world.signer.headers(role, region), "content-type": "multipart/form-data; boundary=xyz"}
    return world.client.post("/v1/batches", content=content, headers=headers)


def test_an_upload_reaches_registry_ingest_in_the_senders_name(world: World) -> None:
    response = upload(world)
    assert response.status_code == 202
    UploadAnswer.model_validate(response.json())
    told = world.ingest.headers
    assert told["padan-upload-id"] == response.json()["upload_id"]
    assert response.headers["location"] == f"/v1/batches/{told['padan-upload-id']}"
    assert told["content-type"] == "multipart/form-data; boundary=xyz"
    assert (told["padan-actor"], told["padan-role"], told["padan-region"]) == ("user:tester", "social_office", "3318")
    BatchAnswer.model_validate(world.get(response.headers["location"]).json())


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
    assert code(world.get(f"/v1/batches/{UPLOAD_ID}")) == (404, "batch_not_found")
    sent = upload(world).headers["location"]
    assert world.get(sent).status_code == 200
    assert world.get(sent, role="province", region="33").status_code == 200
    assert world.get(sent, role="ministry", region="ID").status_code == 200
    for region in ("3319", "331804"):
        assert code(world.get(sent, region=region)) == (404, "batch_not_found")
        assert code(world.get(f"{sent}/rows.csv", region=region, purpose="correction")) == (404, "batch_not_found")


def test_rows_are_personal_data_and_need_a_purpose(world: World) -> None:
    sent = upload(world).headers["location"]
    assert code(world.get(f"{sent}/rows.csv")) == (403, "purpose_missing")
    assert code(world.get(f"{sent}/rows.csv", role="district_officer")) == (403, "role_forbidden")
    rows = world.get(f"{sent}/rows.csv", purpose="correction")
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


def test_an_upload_whose_answer_is_lost_belongs_to_its_sender_all_the_same(world: World) -> None:
    world.ingest.refusal = {"code": "internal_error", "status": 500}
    assert upload(world).status_code == 503
    taken = f"/v1/batches/{world.ingest.headers['padan-upload-id']}"
    assert world.get(taken).status_code == 200
    assert code(world.get(taken, region="3319")) == (404, "batch_not_found")


def test_nobody_chooses_the_id_of_their_upload(world: World) -> None:
    headers = {**world.signer.headers(), "content-type": "multipart/form-data; boundary=xyz"}
    asked = {**headers, "Padan-Upload-Id": str(UPLOAD_ID)}
    assert world.client.post("/v1/batches", content=b"NIK\n", headers=asked).status_code == 202
    assert world.ingest.headers["padan-upload-id"] != str(UPLOAD_ID)


def test_a_fault_between_services_is_not_the_senders(world: World) -> None:
    problem = {"code": "service_unauthenticated", "status": 401}
    world.ingest.refusal = problem
    assert code(upload(world)) == (503, "service_unavailable")
    world.ingest.refusal = {"code": "internal_error", "status": 500}
    assert code(upload(world)) == (503, "service_unavailable")


def test_a_register_that_a_service_waited_for_is_named_in_its_place(world: World) -> None:
    away = {"code": "service_unavailable", "status": 503, "service": "civil_registry"}
    world.ingest.refusal = away
    told = upload(world)
    assert code(told) == (503, "service_unavailable")
    assert told.json()["detail_id"] == "Dukcapil belum menjawab."
    assert "retry-after" in told.headers
    world.ingest.refusal = away | {"service": "Siti Contoh"}
    assert "registry-ingest" in upload(world).json()["detail"]


def test_a_service_that_is_down_is_named(world: World) -> None:
    sent = upload(world).headers["location"]
    world.stop_ingest()
    down = world.get(sent)
    assert code(down) == (503, "service_unavailable")
    assert "registry-ingest" in down.json()["detail"]
    assert "retry-after" in down.headers
