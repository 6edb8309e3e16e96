"""The feed of the civil registry, its notifications, and BPJS, as processes on real ports."""

from __future__ import annotations

import importlib.util
import threading
from datetime import date
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import msgspec
import polars as pl
import pytest
from padan_simulators.bpjs.participants import PARTICIPANT_SCHEMA
from padan_simulators.pati import generate

_BESIDE = importlib.util.spec_from_file_location("registers", Path(__file__).with_name("test_simulators_registers.py"))
assert _BESIDE is not None
assert _BESIDE.loader is not None
registers: Any = importlib.util.module_from_spec(_BESIDE)
_BESIDE.loader.exec_module(registers)

NIK, OTHER, CHILD = "3318015506900001", "3318010101400001", "3318015001260001"
CARD = "3318010101200001"
PEOPLE = [
    (NIK, "SITI AMINAH", date(1990, 6, 15), "f", CARD, "SRI LESTARI", "active"),
    (OTHER, "KARNO", date(1940, 1, 1), "m", CARD, None, "active"),
]
DEATH = {"kind": "death", "nik": OTHER, "on": "2026-01-10"}
BIRTH = {
    "kind": "birth", "nik": CHILD, "on": "2026-01-10", "name": "AYU", "sex": "f", "mother_nik": NIK,
    "family_card_number": CARD,
}  # fmt: skip
MOVE = {"kind": "move", "nik": NIK, "on": "2026-01-12", "region": "3319012001", "address": "JL KENANGA 3"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "people.parquet").write_bytes(registers.civil_people(*PEOPLE))
    return tmp_path


def happen(client: httpx.Client, *events: dict[str, Any]) -> list[dict[str, Any]]:
    answer = client.post("/simulator/feed", json={"events": events})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["entries"])


def page(client: httpx.Client, after: int = 0, limit: int = 100) -> dict[str, Any]:
    return dict(client.get("/feed", params={"after": after, "limit": limit}).json())


def status(client: httpx.Client, nik: str) -> Any:
    (answer,) = registers.match(client, {"nik": nik})
    return answer["status"]


def test_what_happens_stands_in_the_feed_in_order_and_in_the_registry_after_a_restart_too(folder: Path) -> None:
    with registers.running(registers.CIVIL, folder) as client:
        happen(client, DEATH, BIRTH)
        happen(client, MOVE)
        before = page(client)
        assert [entry["cursor"] for entry in before["entries"]] == [1, 2, 3]
        assert before["entries"][0] == DEATH | {
            "cursor": 1, "id": "feed-00000001", "recorded_at": before["entries"][0]["recorded_at"],
        }  # fmt: skip
        assert (status(client, OTHER), status(client, CHILD)) == ("deceased", "active")
        assert [entry["cursor"] for entry in page(client, after=1, limit=1)["entries"]] == [2]
        assert page(client, after=1, limit=1)["head"] == 3

    with (folder / "feed.jsonl").open("ab") as file:
        file.write(b'{"kind":"death","nik":"33')  # the machine ended in the middle of a line
    with registers.running(registers.CIVIL, folder) as client:
        assert page(client) == before
        assert (status(client, OTHER), status(client, CHILD)) == ("deceased", "active")
        assert happen(client, DEATH | {"kind": "death_reversed"})[0]["cursor"] == 4
        assert status(client, OTHER) == "active"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (DEATH | {"nik": "3318010101800009"}, "nik_unknown"),
        (BIRTH | {"nik": NIK}, "nik_taken"),
        (DEATH | {"on": "10-01-2026"}, "request_malformed"),
    ],
)
def test_what_cannot_happen_is_refused_and_nothing_is_in_the_feed(
    folder: Path, event: dict[str, Any], code: str
) -> None:
    with registers.running(registers.CIVIL, folder) as client:
        answer = client.post("/simulator/feed", json={"events": [DEATH, event]})
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert event["nik"] not in answer.text
        assert page(client) == {"entries": [], "head": 0}


def test_each_wrong_answer_is_given_on_request(folder: Path) -> None:
    with registers.running(registers.CIVIL, folder) as client:
        happen(client, DEATH, MOVE)
        honest = page(client)["entries"]

        def wrong(kind: str, after: int = 0) -> list[dict[str, Any]]:
            client.post("/simulator/faults", json={"wrong": [kind]}).raise_for_status()
            return list(page(client, after=after)["entries"])

        assert [entry["on"] for entry in wrong("other_date")] == ["2026-01-09", "2026-01-11"]
        assert wrong("repeated") == [honest[0], honest[0], honest[1], honest[1]]
        assert wrong("out_of_order") == honest[::-1]
        assert wrong("unknown_nik")[1:] == honest
        assert wrong("unknown_nik")[0]["nik"] not in (NIK, OTHER)
        assert wrong("backwards", after=2) == honest
        client.post("/simulator/faults", json={"wrong": ["other_form"]}).raise_for_status()
        assert isinstance(page(client)["entries"], dict)
        client.post("/simulator/faults", json={"wrong": ["huge"]}).raise_for_status()
        assert len(client.get("/feed").content) > 10_000_000


def test_half_an_answer_seems_whole(folder: Path) -> None:
    with registers.running(registers.CIVIL, folder) as client:
        happen(client, DEATH)
        client.post("/simulator/faults", json={"half_rate": 0.5}).raise_for_status()
        whole, half = client.get("/feed").content, client.get("/feed").content
        assert half == whole[: len(whole) // 2]
        with pytest.raises(msgspec.DecodeError):
            msgspec.json.decode(half)


def test_a_dropped_answer_ends_in_the_middle(folder: Path) -> None:
    port = registers.free_port()
    process = registers.start(registers.CIVIL, folder, port)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=httpx.HTTPTransport(retries=20)) as client:
            happen(client, DEATH)
            client.post("/simulator/faults", json={"drop_rate": 1.0}).raise_for_status()
            with pytest.raises(httpx.RemoteProtocolError):
                client.get("/feed")
            client.post("/simulator/faults", json={}).raise_for_status()
            assert page(client)["head"] == 1
    finally:
        process.kill()
        process.communicate()


def test_a_subscriber_is_told_in_the_form_of_the_specification(folder: Path) -> None:
    came: list[tuple[str, dict[str, Any]]] = []

    class Subscriber(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((str(self.headers["Authorization"]), msgspec.json.decode(body)))
            self.send_response(202)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    with HTTPServer(("127.0.0.1", 0), Subscriber) as server, registers.running(registers.CIVIL, folder) as client:
        thread = threading.Thread(target=partial(server.serve_forever, 0.05))
        thread.start()
        happen(client, DEATH, BIRTH, MOVE)
        asked = {"url": f"http://127.0.0.1:{server.server_port}/notify", "token": "t-1", "cursors": [1, 2, 3]}
        assert client.post("/simulator/notify", json=asked).json() == {"status": 202, "body": ""}
        assert client.post("/simulator/notify", json=asked | {"cursors": [4]}).status_code == 422
        server.shutdown()
        thread.join()

    ((authorization, told),) = came
    assert authorization == "Bearer t-1"
    assert told["header"]["action"] == "notify"
    events = told["message"]["notify_event"]
    assert [event["reference_id"] for event in events] == ["feed-00000001", "feed-00000002", "feed-00000003"]
    assert all({"reference_id", "timestamp", "data"} <= event.keys() for event in events)
    assert all({"reg_record_type", "reg_records"} <= event["data"].keys() for event in events)
    person = events[0]["data"]["reg_records"]
    assert (person["identifier"]["identifier_value"], person["death_date"]) == (OTHER, "2026-01-10")


def test_bpjs_knows_its_participants_and_nobody_else(tmp_path: Path) -> None:
    batch = generate(60, folder=tmp_path)
    kept = pl.read_parquet(batch.bpjs / "people.parquet")
    civil = pl.read_parquet(batch.civil_registry / "people.parquet")
    assert dict(kept.schema) == PARTICIPANT_SCHEMA
    assert kept["nomorkartu"].str.contains(r"^[0-9]{13}$").all()
    assert kept["nomorkartu"].is_unique().all()
    assert {"aktif", "nonaktif"} <= set(kept["status"])
    assert set(kept["nik"]) < set(civil["nik"])
    first = kept.row(0, named=True)
    stranger = next(nik for nik in civil["nik"] if nik not in set(kept["nik"]))
    with registers.running("padan_simulators.bpjs", batch.bpjs) as client:
        asked = {"request_id": "r-9", "niks": [first["nik"], stranger]}
        answer = client.post("/v1/participants:batch", json=asked)
        assert answer.json() == {"request_id": "r-9", "items": [first, None]}
        client.post("/simulator/faults", json={"failure_rate": 1.0}).raise_for_status()
        assert client.post("/v1/participants:batch", json=asked).status_code == 503


def test_bpjs_runs_in_development_only(tmp_path: Path) -> None:
    process = registers.start("padan_simulators.bpjs", tmp_path, registers.free_port(), "production")
    printed, _ = process.communicate(timeout=30)
    assert process.returncode == 78
    assert "PADAN_ENVIRONMENT" in printed
