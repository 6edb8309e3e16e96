"""Bad input through the public door: a clear error with a stable code in both languages, and nothing half done."""

import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import polars as pl
import pytest
import xlsxwriter
from journeys import Stack
from oracle import come_to_rest, heads, query
from padan_events.topics import EVENT_TOPICS

RECIPIENT_COLUMNS = [
    "NIK", "NAMA", "NO_KK", "TGL_LAHIR", "JENIS_KELAMIN", "ALAMAT", "RT", "RW", "KODE_WILAYAH", "PEKERJAAN",
]  # fmt: skip
MEMBER_COLUMNS = [
    "NO_KK", "NIK", "NAMA", "TGL_LAHIR", "JENIS_KELAMIN", "HUBUNGAN", "SEKOLAH", "HAMIL", "DISABILITAS", "BERAT",
]  # fmt: skip


def total(stack: Stack) -> dict[str, int]:
    return {topic: sum(heads(stack.platform, topic).values()) for topic in EVENT_TOPICS}


def check_problem(problem: dict[str, object], code: str) -> None:
    assert problem["code"] == code
    assert problem["type"] == f"urn:padan:problem:{code}"
    for key in ("detail", "detail_id", "next_step", "next_step_id"):
        assert isinstance(problem[key], str)
        assert problem[key]
    assert problem["detail"] != problem["detail_id"]


def a_picture(path: Path) -> Path:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2_000))
    return path


def wrong_columns(path: Path) -> Path:
    pl.DataFrame({"NOMOR": ["1"], "WARNA": ["merah"]}).write_csv(path)
    return path


def only_a_header(path: Path) -> Path:
    book = xlsxwriter.Workbook(str(path))
    recipients, members = book.add_worksheet("penerima"), book.add_worksheet("anggota")
    recipients.write_row(0, 0, RECIPIENT_COLUMNS)
    members.write_row(0, 0, MEMBER_COLUMNS)
    book.close()
    return path


def nothing(path: Path) -> Path:
    path.write_bytes(b"")
    return path


@pytest.mark.parametrize(
    ("name", "make", "code"),
    [
        ("penerima.xlsx", a_picture, "file_is_picture"),
        ("penerima.csv", wrong_columns, "column_missing"),
        ("penerima.xlsx", only_a_header, "file_empty"),
        ("penerima.xlsx", nothing, "file_empty"),
    ],
    ids=["a picture", "wrong columns", "a header only", "no bytes"],
)
def test_a_file_that_cannot_be_read_is_refused(
    stack: Stack, tmp_path: Path, name: str, make: Callable[[Path], Path], code: str
) -> None:
    come_to_rest(stack.platform)
    before = total(stack)
    with stack.http() as http, make(tmp_path / name).open("rb") as file:
        answer = http.post("/v1/batches", files={"file": (name, file)})
        if answer.is_success:
            upload_id = answer.json()["upload_id"]
            with stack.gateway() as gateway:
                *_, document = gateway.follow(upload_id)
            assert document["state"] == "failed"
            check_problem(document["problem"], code)
        else:
            check_problem(answer.json(), code)
    come_to_rest(stack.platform)
    assert total(stack) == before


def test_a_file_over_the_limit_is_refused_and_not_kept(stack: Stack, tmp_path: Path) -> None:
    large = tmp_path / "penerima.csv"
    large.write_bytes(b"NIK,NAMA\n" + b"0,x\n" * 3_000_000)
    uploads = query(stack.platform, "registry_ingest", "SELECT count(*) FROM upload")
    with stack.http() as http, large.open("rb") as file:
        answer = http.post("/v1/batches", files={"file": ("penerima.csv", file)})
    assert answer.status_code == 413
    check_problem(answer.json(), "file_too_large")
    assert query(stack.platform, "registry_ingest", "SELECT count(*) FROM upload") == uploads


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [({}, 401, "token_missing"), ({"Authorization": "Bearer e.e.e"}, 401, "token_invalid")],
)
def test_without_a_valid_token_nothing_is_told(stack: Stack, headers: dict[str, str], status: int, code: str) -> None:
    answer = httpx.get(
        f"{stack.platform.url('gateway')}/v1/households?region=3318", headers=headers, timeout=10, trust_env=False
    )
    assert answer.status_code == status
    check_problem(answer.json(), code)


def test_a_role_without_the_right_is_refused(stack: Stack) -> None:
    with stack.http(role="citizen") as http:
        answer = http.get("/v1/households?region=3318")
    assert answer.status_code == 403
    check_problem(answer.json(), "role_forbidden")


def test_an_unknown_region_is_named_as_such(stack: Stack) -> None:
    with stack.http(role="ministry", region="ID") as http:
        answer = http.get("/v1/households?region=9999")
    assert answer.status_code in (400, 404, 422)
    check_problem(answer.json(), "region_unknown")


def test_another_region_is_forbidden(stack: Stack) -> None:
    with stack.http(region="3319") as http:
        answer = http.get("/v1/households?region=3318")
    assert answer.status_code == 403
    check_problem(answer.json(), "region_forbidden")


def test_an_id_that_does_not_exist_and_one_of_another_region_look_the_same(stack: Stack, tmp_path: Path) -> None:
    batch = stack.invent(100, tmp_path)
    stack.load(batch.registration)
    come_to_rest(stack.platform)
    ours = query(stack.platform, "gateway", "SELECT household_id FROM household_view LIMIT 1")[0][0]
    with stack.http() as http:
        assert http.get(f"/v1/households/{ours}").status_code == 200
    with stack.http(region="3319") as http:
        answers = [http.get(f"/v1/households/{one}") for one in (uuid4(), ours)]
    for answer in answers:
        assert answer.status_code == 404
        check_problem(answer.json(), "household_not_found")
    first, second = (
        {key: value for key, value in answer.json().items() if key not in ("watermark",)} for answer in answers
    )
    assert first == second


def test_the_civil_registry_down_in_the_middle_delays_and_breaks_nothing(stack: Stack, tmp_path: Path) -> None:
    batch = stack.invent(600, tmp_path)
    stack.load(batch.base)
    come_to_rest(stack.platform)
    before = total(stack)
    stack.faults("civil-registry", down=True)
    try:
        with stack.gateway() as gateway:
            upload_id = gateway.upload(batch.registration)
            deadline = time.monotonic() + 60
            while (document := gateway.batch(upload_id))["state"] != "waiting_for_civil_registry":
                assert time.monotonic() < deadline, document["state"]
                assert document["state"] not in ("done", "failed")
            check_problem(document["problem"], "civil_registry_unavailable")
            assert total(stack) == before
            stack.faults("civil-registry", down=False)
            *_, last = gateway.follow(upload_id)
    finally:
        stack.faults("civil-registry", down=False)
    assert (last["state"], last["valid"]) == ("done", batch.expected.valid)


@pytest.mark.parametrize(
    ("service", "method", "path"),
    [
        ("household", "POST", "/keys:batch"),
        ("household", "GET", "/intake-keys/2026-01-01"),
        ("household", "GET", "/cut"),
        ("registry-ingest", "POST", "/batches"),
        ("registry-ingest", "GET", "/batches/7f0c9c1e-2b1f-4d6e-9f5e-0c9d6c1f2a10"),
    ],
)
def test_no_service_answers_whoever_cannot_prove_to_be_one(stack: Stack, service: str, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": f"Bearer {stack.token('administrator', 'ID')}"}):
        answer = httpx.request(
            method, stack.platform.url(service) + path, headers=headers, content=b"{}", timeout=10, trust_env=False
        )
        assert answer.status_code == 401, answer.text
        check_problem(answer.json(), "service_unauthenticated")
