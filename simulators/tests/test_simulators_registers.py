"""Both registers as processes on a real port: contracts, people that survive a restart, faults, refusals."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from padan_simulators.civil_registry.registry import PEOPLE_SCHEMA

CIVIL, BARRED = "padan_simulators.civil_registry", "padan_simulators.barred_register"
NIK, DEAD, NOBODY = "3318015506900001", "3318010101400001", "3318010101800009"
CARD = "3318010101200001"
PEOPLE = [
    (NIK, "MUHAMMAD SITI AMINAH", date(1990, 6, 15), "f", CARD, "SRI LESTARI", "active"),
    (DEAD, "KARNO", date(1940, 1, 1), "m", CARD, None, "deceased"),
]


def parquet(rows: list[tuple[Any, ...]], schema: dict[str, Any]) -> bytes:
    body = io.BytesIO()
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(body)
    return body.getvalue()


def civil_people(*rows: tuple[Any, ...]) -> bytes:
    return parquet(list(rows or PEOPLE), dict(PEOPLE_SCHEMA))


def barred_people(*rows: tuple[str, str]) -> bytes:
    return parquet(list(rows), {"nik": pl.String, "occupation": pl.String})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(module: str, folder: Path, port: int, environment: str = "development") -> subprocess.Popen[str]:
    variables = {
        **os.environ,
        "PADAN_ENVIRONMENT": environment,
        "PADAN_HTTP_PORT": str(port),
        "PADAN_FOLDER": str(folder),
    }
    return subprocess.Popen(
        [sys.executable, "-m", module], env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@contextmanager
def running(module: str, folder: Path) -> Iterator[httpx.Client]:
    """A register that is ready; at the end it must stop on SIGTERM with status 0, having printed nothing."""
    port = free_port()
    process = start(module, folder, port)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            deadline = time.monotonic() + 30
            while True:
                assert process.poll() is None, process.communicate()[0]
                try:
                    if client.get("/readyz").status_code == 200:
                        break
                except httpx.TransportError:
                    assert time.monotonic() < deadline
                    # Between two looks, so that waiting does not take a core from the starting process.
                    time.sleep(0.02)
            yield client
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=10)
        assert (process.returncode, printed) == (0, "")
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def civil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("civil")
    (folder / "people.parquet").write_bytes(civil_people())
    with running(CIVIL, folder) as client:
        yield client


@pytest.fixture(scope="module")
def barred(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("barred")
    (folder / "people.parquet").write_bytes(barred_people((NIK, "police")))
    with running(BARRED, folder) as client:
        yield client


def match(client: httpx.Client, *items: dict[str, Any]) -> list[dict[str, Any]]:
    answer = client.post("/v1/matches:batch", json={"request_id": "r-1", "items": items})
    assert answer.status_code == 200
    assert answer.json()["request_id"] == "r-1"
    return list(answer.json()["items"])


def check(client: httpx.Client, *niks: str) -> list[str | None]:
    answer = client.post("/v1/checks:batch", json={"request_id": "r-1", "niks": niks})
    assert answer.status_code == 200
    return list(answer.json()["barred"])


def test_a_person_whose_data_agree_is_found_and_every_field_agrees(civil: httpx.Client) -> None:
    item = {"nik": NIK, "name": "Hj. Moh. Siti Amina", "birth_date": "1990-06-15", "sex": "f"}
    assert match(civil, {**item, "family_card_number": CARD, "mother_name": "sri lestari"}) == [
        {
            "found": True,
            "status": "active",
            "agreement": {
                "nik": True, "name": True, "birth_date": True, "sex": True, "family_card_number": True,
                "mother_name": True,
            },
        }
    ]  # fmt: skip


def test_each_field_that_differs_is_named_and_fields_not_sent_are_not_judged(civil: httpx.Client) -> None:
    answers = match(
        civil,
        {"nik": NOBODY, "name": "KARNO"},
        {"nik": DEAD, "name": "SUGENG", "birth_date": "1941-01-01", "sex": "f", "mother_name": "SRI"},
        {"nik": NIK, "birth_date": None, "family_card_number": "3318010101200002"},
    )
    nothing = dict.fromkeys(("name", "birth_date", "sex", "family_card_number", "mother_name"))
    assert answers == [
        {"found": False, "status": None, "agreement": {"nik": False, **nothing}},
        {
            "found": True,
            "status": "deceased",
            "agreement": {**nothing, "nik": True, "name": False, "birth_date": False, "sex": False},
        },
        {"found": True, "status": "active", "agreement": {**nothing, "nik": True, "family_card_number": False}},
    ]


def test_only_flags_come_back_never_what_the_registry_holds(civil: httpx.Client) -> None:
    answer = civil.post("/v1/matches:batch", json={"request_id": "r", "items": [{"nik": NIK, "name": "X"}]}).text
    for held in (NIK, "AMINAH", "1990-06-15", CARD, "LESTARI"):
        assert held not in answer


def test_occupations_come_back_in_the_order_asked(barred: httpx.Client) -> None:
    assert check(barred, NOBODY, NIK, DEAD, NIK) == [None, "police", None, "police"]


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"{}",
        b'{"request_id": "r", "items": [{"nik": 3318015506900001}]}',
        b'{"request_id": "r", "items": [{"nik": "3318015506900001", "sex": "AMINAH"}]}',
        b'{"request_id": "r", "items": [{"nik": "3318015506900001", "birth_date": "15-06-1990"}]}',
        b'{"request_id": "r", "items": [' + b",".join([b'{"nik": "3318015506900001"}'] * 1_001) + b"]}",
    ],
    ids=["not-json", "no-fields", "numeric-nik", "unknown-sex", "other-date-form", "too-many"],
)
def test_a_malformed_question_is_refused_without_repeating_what_was_sent(civil: httpx.Client, body: bytes) -> None:
    answer = civil.post("/v1/matches:batch", content=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "request_malformed"
    assert not any(sent in answer.text for sent in ("3318", "AMINAH", "1990"))


def test_a_full_batch_of_a_thousand_is_answered_and_one_more_is_refused(barred: httpx.Client) -> None:
    assert check(barred, *[NOBODY] * 999, NIK)[-1] == "police"
    refused = barred.post("/v1/checks:batch", json={"request_id": "r", "niks": [NOBODY] * 1_001})
    assert (refused.status_code, refused.json()["code"]) == (422, "request_malformed")


def test_people_sent_extend_and_replace_and_survive_a_restart(tmp_path: Path) -> None:
    married = (NIK, "SITI AMINAH", date(1990, 6, 15), "f", "3318010101250001", "SRI LESTARI", "active")
    with running(CIVIL, tmp_path) as client:
        assert client.post("/simulator/people", content=civil_people()).json() == {"taken": 2, "people": 2}
        assert client.post("/simulator/people", content=civil_people(married)).json() == {"taken": 1, "people": 2}
        # The same again is kept once, as the newest.
        assert client.post("/simulator/people", content=civil_people(married)).json() == {"taken": 1, "people": 2}
    assert len(list(tmp_path.iterdir())) == 2
    with running(CIVIL, tmp_path) as client:
        answers = match(client, {"nik": NIK, "family_card_number": "3318010101250001"}, {"nik": DEAD})
    assert [answer["status"] for answer in answers] == ["active", "deceased"]
    assert answers[0]["agreement"]["family_card_number"] is True


def test_people_can_be_written_by_hand(tmp_path: Path) -> None:
    siti = {"nik": NIK, "name": "SITI AMINAH", "birth_date": "1990-06-15", "sex": "f", "status": "active"}
    with running(CIVIL, tmp_path) as client:
        assert client.post("/simulator/people", json=[siti]).json() == {"taken": 1, "people": 1}
        (answer,) = match(client, {"nik": NIK, "name": "SITI AMINAH", "birth_date": "1990-06-15"})
        for wrong in ([siti | {"birth_date": "15-06-1990"}], [siti | {"status": None}], [siti | {"sex": 1}], [17]):
            refused = client.post("/simulator/people", json=wrong)
            assert (refused.status_code, refused.json()["code"]) == (422, "people_unreadable")
    assert (answer["agreement"]["name"], answer["agreement"]["birth_date"]) == (True, True)
    with running(CIVIL, tmp_path) as client:
        assert client.get("/readyz").json()["people"] == 1


def test_barred_people_can_be_sent_too(tmp_path: Path) -> None:
    with running(BARRED, tmp_path) as client:
        assert client.post("/simulator/people", content=barred_people((DEAD, "army"))).status_code == 200
        assert check(client, DEAD, NIK) == ["army", None]


@pytest.mark.parametrize(
    "body",
    [
        lambda: b"not parquet",
        lambda: barred_people((NIK, "police")),
        lambda: civil_people((NIK, "SITI", date(1990, 6, 15), "f", CARD, None, "on holiday")),
        lambda: civil_people((NIK, None, date(1990, 6, 15), "f", CARD, None, "active")),
    ],
    ids=["not-parquet", "other-columns", "unknown-status", "no-name"],
)
def test_people_that_cannot_be_read_are_refused_and_change_nothing(
    civil: httpx.Client, body: Callable[[], bytes]
) -> None:
    refused = civil.post("/simulator/people", content=body())
    assert (refused.status_code, refused.json()["code"]) == (422, "people_unreadable")
    assert civil.get("/readyz").json() == {"status": "ready", "people": 2}


@pytest.fixture
def faulty(civil: httpx.Client) -> Iterator[Callable[..., None]]:
    def set_faults(**faults: Any) -> None:
        assert civil.post("/simulator/faults", json=faults).status_code == 200

    yield set_faults
    set_faults()


def statuses(client: httpx.Client, times: int) -> list[int]:
    question = {"request_id": "r", "items": [{"nik": NIK}]}
    return [client.post("/v1/matches:batch", json=question).status_code for _ in range(times)]


def test_a_register_told_to_be_down_refuses_until_told_otherwise(
    civil: httpx.Client, faulty: Callable[..., None]
) -> None:
    faulty(down=True)
    refused = civil.post("/v1/matches:batch", json={"request_id": "r", "items": []})
    assert (refused.status_code, refused.json()["code"]) == (503, "register_unavailable")
    assert refused.headers["retry-after"] == "1"
    assert (civil.get("/readyz").status_code, civil.get("/livez").status_code) == (503, 200)
    faulty()
    assert statuses(civil, 1) == [200]
    assert civil.get("/readyz").status_code == 200


def test_a_share_of_the_questions_fails_evenly(civil: httpx.Client, faulty: Callable[..., None]) -> None:
    faulty(failure_rate=0.25)
    assert statuses(civil, 8) == [200, 200, 200, 503] * 2


def test_latency_is_added_to_every_answer(civil: httpx.Client, faulty: Callable[..., None]) -> None:
    faulty(latency_ms=300)
    asked_at = time.monotonic()
    assert statuses(civil, 1) == [200]
    assert time.monotonic() - asked_at >= 0.3


def test_faults_that_make_no_sense_are_refused(civil: httpx.Client) -> None:
    assert civil.post("/simulator/faults", json={"failure_rate": 1.5}).status_code == 422
    assert civil.post("/simulator/faults", json={"dwon": True}).status_code == 422


@pytest.mark.parametrize("module", [CIVIL, BARRED])
def test_a_simulator_refuses_to_run_outside_development(module: str, tmp_path: Path) -> None:
    process = start(module, tmp_path, free_port(), environment="production")
    printed, _ = process.communicate(timeout=30)
    assert process.returncode == 78
    assert printed.startswith("PADAN_ENVIRONMENT: a register simulator runs in development only")


def test_a_missing_or_wrong_setting_is_named(tmp_path: Path) -> None:
    process = start(CIVIL, tmp_path, port=0)
    printed, _ = process.communicate(timeout=30)
    assert process.returncode == 78
    assert printed.startswith("PADAN_HTTP_PORT: ")


def test_a_folder_with_a_file_that_is_not_the_registrys_is_named_at_start(tmp_path: Path) -> None:
    (tmp_path / "people.parquet").write_bytes(b"spoiled")
    process = start(CIVIL, tmp_path, free_port())
    printed, _ = process.communicate(timeout=30)
    assert process.returncode == 78
    assert printed.startswith("PADAN_FOLDER: not a Parquet file of: nik, name")
