"""Deaths, births and moves by all three doors, on real servers and the simulator of the civil registry."""

import json
import signal
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx
import msgspec
import polars as pl
import pytest
from ingest_process import Ingest, wait_for
from padan_events import decode
from padan_events.intake import Accepted, DeathReported, Refused
from padan_simulators.civil_registry.feed import FeedEntry
from padan_simulators.civil_registry.notifying import message
from padan_simulators.pati import PatiBatch

CARD = "3318010101200002"
ON = "2026-01-10"


class Registry:
    """The simulator, and living people of it whom no test has used yet. Its feed goes on from test to test."""

    def __init__(self, url: str, pati: PatiBatch) -> None:
        people = pl.read_parquet(pati.civil_registry / "people.parquet").filter(pl.col("status") == "active")
        self._http, self._people = httpx.Client(base_url=url, timeout=30), iter(people["nik"])

    def somebody(self) -> str:
        return str(next(self._people))

    def happen(self, *events: dict[str, Any]) -> list[FeedEntry]:
        answer = self._http.post("/simulator/feed", json={"events": events})
        answer.raise_for_status()
        return msgspec.convert(answer.json()["entries"], list[FeedEntry])

    def dies(self, nik: str, on: str = ON) -> FeedEntry:
        return self.happen({"kind": "death", "nik": nik, "on": on})[0]

    def head(self) -> int:
        return int(self._http.get("/feed", params={"limit": 1}).json()["head"])

    def faults(self, **faults: Any) -> None:
        self._http.post("/simulator/faults", json=faults).raise_for_status()


@pytest.fixture(scope="module")
def module_registry(registers: dict[str, str], pati: PatiBatch) -> Registry:
    return Registry(registers["civil_registry"], pati)


@pytest.fixture
def registry(module_registry: Registry) -> Iterator[Registry]:
    module_registry.faults()
    yield module_registry
    module_registry.faults()


@pytest.fixture
def ingest(ingest: Ingest, registry: Registry) -> Ingest:
    """As it is, looking at the feed often enough for a test, from the end of what other tests made happen."""
    assert ingest.stop() == 0
    with ingest.database.transaction() as connection:
        connection.execute("INSERT INTO feed_cursor VALUES ('civil_registry', %s)", [registry.head()])
    ingest.environment["PADAN_CIVIL_REGISTRY_FEED_S"] = "0.2"
    ingest.start()
    return ingest


def known(ingest: Ingest, *niks: str) -> list[UUID]:
    """Households of these people, once the person index has them."""
    before = ingest.count("person_index")
    households = [ingest.register(nik, CARD) for nik in niks]
    wait_for(lambda: ingest.count("person_index") == before + len(niks))
    return households


def deaths(ingest: Ingest) -> list[DeathReported]:
    data = [decode(event.type, event.value) for event in ingest.intake()]
    return [one for one in data if isinstance(one, DeathReported)]


def reported(ingest: Ingest, count: int) -> list[DeathReported]:
    return list(wait_for(lambda: len(found := deaths(ingest)) >= count and found))


def told(ingest: Ingest) -> list[dict[str, Any]]:
    """What is kept of what was told, in order."""
    with ingest.database.transaction() as connection:
        rows = connection.execute("SELECT to_jsonb(e) FROM life_event e ORDER BY number").fetchall()
    return [row for (row,) in rows]


def states(ingest: Ingest) -> list[tuple[str, str]]:
    return [(row["kind"], row["state"]) for row in told(ingest)]


def read_to(ingest: Ingest, entry: FeedEntry) -> None:
    """Wait until the feed was read as far as this entry."""

    def cursor() -> int:
        with ingest.database.transaction() as connection:
            row = connection.execute("SELECT cursor FROM feed_cursor").fetchone()
        return 0 if row is None else int(row[0])

    wait_for(lambda: cursor() >= entry.cursor)


def metric(ingest: Ingest, line: str) -> float:
    text = ingest.http.get("/metrics").text
    return sum(float(found.rpartition(" ")[2]) for found in text.splitlines() if found.startswith(line))


def notify(ingest: Ingest, *entries: FeedEntry, region: str = "ID", **changed: Any) -> httpx.Response:
    headers = ingest.headers(region) | {"Content-Type": "application/json"}
    return ingest.http.post("/crvs/notify", content=json.dumps(message(entries) | changed), headers=headers)


def test_each_of_the_three_doors_leads_to_the_same_report(ingest: Ingest, registry: Registry, tmp_path: Path) -> None:
    by_feed, by_notice, by_file = (registry.somebody() for _ in range(3))
    households = dict(zip((by_feed, by_notice, by_file), known(ingest, by_feed, by_notice, by_file), strict=True))
    entry = registry.dies(by_feed)
    reported(ingest, 1)
    noticed = FeedEntry(kind="death", nik=by_notice, on=date(2026, 1, 10), cursor=1, id="n-1", recorded_at=ON)
    answer = notify(ingest, noticed, region="3318")
    assert (answer.status_code, answer.json()["message"]["ack_status"]) == (200, "ACK")
    path = tmp_path / "deaths.csv"
    path.write_text(f"NIK,TANGGAL_MENINGGAL,NOMOR_AKTA\n{by_file},10-01-2026,3318-KM-1\n")
    upload_id = ingest.upload(path)

    found = {one.source: one for one in reported(ingest, 3)}
    assert sorted(found) == ["crvs_feed", "crvs_notify", "file"]
    for nik, one, region in (
        (by_feed, found["crvs_feed"], ""), (by_notice, found["crvs_notify"], "3318"), (by_file, found["file"], "3318"),
    ):  # fmt: skip
        assert (one.household_id, one.person_id) == (households[nik], uuid5(households[nik], "person:0"))
        assert (one.occurred_on, one.reversed, one.region) == (date(2026, 1, 10), False, region)
        assert one.origin.row >= 1
    events = {one.source: event for one, event in zip(deaths(ingest), ingest.intake(), strict=True)}
    assert events["crvs_feed"].actor == "service:registry-ingest"
    assert events["crvs_notify"].actor == events["file"].actor == "user:clerk"
    assert all(event.key == str(found[source].household_id) for source, event in events.items())

    # What household answers completes what is kept of each, and the file.
    one, two, three = found["crvs_feed"], found["crvs_notify"], found["file"]
    ids = {source: event.event_id for source, event in events.items()}
    ingest.answer([
        Accepted(report_id=ids["crvs_feed"], household_id=one.household_id, origin=one.origin, positions=()),
        Refused(report_id=ids["crvs_notify"], household_id=two.household_id, origin=two.origin,
                code="region_forbidden"),
        Accepted(report_id=ids["file"], household_id=three.household_id, origin=three.origin, positions=()),
    ])  # fmt: skip
    done = ingest.until(upload_id, "done")
    assert (done["kind"], done["valid"], done["outcomes"]["accepted"]) == ("deaths", 1, 1)
    wait_for(lambda: states(ingest) == [("death", "accepted"), ("death", "refused")])
    assert [row["cursor"] for row in told(ingest)] == [entry.cursor, None]
    for secret in (by_feed, by_notice):
        assert secret not in json.dumps(told(ingest))


def test_a_notification_sent_again_is_one_report_and_another_date_is_another(
    ingest: Ingest, registry: Registry
) -> None:
    nik = registry.somebody()
    known(ingest, nik)
    entry = FeedEntry(kind="death", nik=nik, on=date(2026, 1, 10), cursor=1, id="n-1", recorded_at="2026-01-11")
    for _ in range(3):
        assert notify(ingest, entry).status_code == 200
    assert [one.occurred_on for one in deaths(ingest)] == [date(2026, 1, 10)]
    other = FeedEntry(kind="death", nik=nik, on=date(2026, 1, 9), cursor=1, id="n-1", recorded_at="2026-01-11")
    taken_back = FeedEntry(kind="death_reversed", nik=nik, on=date(2026, 1, 9), cursor=1, id="n-2", recorded_at=ON)
    assert notify(ingest, entry, other, taken_back).status_code == 200
    assert [(one.occurred_on.day, one.reversed) for one in deaths(ingest)] == [(10, False), (9, False), (9, True)]


def test_a_death_of_somebody_unknown_waits_and_goes_out_before_what_is_told_later(
    ingest: Ingest, registry: Registry, tmp_path: Path
) -> None:
    nik = registry.somebody()
    entry = registry.dies(nik)
    read_to(ingest, entry)
    path = tmp_path / "deaths.csv"
    path.write_text(f"TGL MENINGGAL;NIK\n2026-01-10;{nik}\n")
    upload_id = ingest.upload(path)
    assert ingest.until(upload_id, "deciding", "done")["waiting"] == 1
    assert (deaths(ingest), ingest.count("death_waiting"), states(ingest)) == ([], 2, [("death", "waiting")])

    (household,) = known(ingest, nik)
    found = reported(ingest, 2)
    assert [(one.source, one.household_id) for one in found] == [("crvs_feed", household), ("file", household)]
    assert all(event.causation_id is not None for event in ingest.intake()), "the event that named the person"
    assert ingest.count("death_waiting") == 0
    assert states(ingest) == [("death", "pending")]
    assert (document := ingest.document(upload_id))["waiting"] == 0, document


def test_what_waited_goes_first_where_the_person_came_without_an_event(ingest: Ingest, registry: Registry) -> None:
    nik = registry.somebody()
    known(ingest, nik)
    with ingest.database.transaction() as connection:
        lost = connection.execute("DELETE FROM person_index RETURNING *").fetchone()
    read_to(ingest, registry.dies(nik))
    with ingest.database.transaction() as connection:  # as a rebuild does: no event comes of it
        connection.execute("INSERT INTO person_index VALUES (%s, %s, %s, %s)", lost)
    registry.happen({"kind": "death_reversed", "nik": nik, "on": ON})
    assert [one.reversed for one in reported(ingest, 2)] == [False, True]


def test_births_and_moves_are_kept_sealed_and_report_nothing(ingest: Ingest, registry: Registry) -> None:
    mother = registry.somebody()
    known(ingest, mother)
    child = f"331801500126{datetime.now(UTC).microsecond % 8_000 + 1_001:04d}"
    *_, last = registry.happen(
        {"kind": "birth", "nik": child, "on": ON, "name": "AYU", "sex": "f", "mother_nik": mother},
        {"kind": "move", "nik": mother, "on": ON, "region": "3319012001", "address": "JL KENANGA"},
    )
    read_to(ingest, last)
    assert [(row["kind"], row["state"], row["details"] is not None) for row in told(ingest)] == [
        ("birth", "kept", True), ("move", "kept", True),
    ]  # fmt: skip
    assert deaths(ingest) == []
    assert not {"AYU", "KENANGA", child, mother} & set(json.dumps(told(ingest)).split('"'))


def test_killed_in_the_middle_of_the_feed_nothing_is_lost_and_nothing_comes_twice(
    ingest: Ingest, registry: Registry
) -> None:
    niks = [registry.somebody() for _ in range(40)]
    households = known(ingest, *niks)
    for start in range(0, 40, 4):
        registry.happen(*({"kind": "death", "nik": nik, "on": ON} for nik in niks[start : start + 4]))
        if start in (8, 16, 24):
            wait_for(lambda: deaths(ingest))
            ingest.stop(signal.SIGKILL)
            ingest.start()
    found = reported(ingest, 40)
    assert sorted(one.household_id for one in found) == sorted(households)
    assert ingest.count("life_event") == 40


def test_a_registry_that_is_away_delays_its_feed_and_nothing_else(ingest: Ingest, registry: Registry) -> None:
    nik = registry.somebody()
    (household,) = known(ingest, nik)
    registry.faults(down=True)
    failed = 'padan_feed_failures_total{feed="civil_registry",reason="unavailable"}'
    wait_for(lambda: metric(ingest, failed) >= 2)
    assert ingest.http.get("/readyz").status_code == 200
    registry.faults()
    registry.dies(nik)
    assert [one.household_id for one in reported(ingest, 1)] == [household]


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        ({"half_rate": 1.0}, "page_malformed"),
        ({"drop_rate": 1.0}, "unavailable"),
        ({"failure_rate": 1.0}, "unavailable"),
        ({"wrong": ["other_form"]}, "page_malformed"),
        ({"wrong": ["huge"]}, "page_too_large"),
        ({"wrong": ["backwards"]}, "backwards"),
    ],
)
def test_what_the_feed_answers_wrongly_is_counted_and_read_again_once_it_is_right(
    ingest: Ingest, registry: Registry, faults: dict[str, Any], reason: str
) -> None:
    first, second = registry.somebody(), registry.somebody()
    known(ingest, first, second)
    registry.dies(first)
    reported(ingest, 1)
    registry.faults(**faults)
    wait_for(lambda: metric(ingest, f'padan_feed_failures_total{{feed="civil_registry",reason="{reason}"}}') >= 2)
    assert ingest.http.get("/readyz").status_code == 200
    registry.faults()
    registry.dies(second)
    assert len(reported(ingest, 2)) == 2


def test_entries_repeated_out_of_order_or_of_nobody_change_nothing_of_what_is_reported(
    ingest: Ingest, registry: Registry
) -> None:
    niks = [registry.somebody() for _ in range(3)]
    households = known(ingest, *niks)
    registry.faults(wrong=["repeated", "out_of_order", "unknown_nik"])
    *_, last = registry.happen(*({"kind": "death", "nik": nik, "on": ON} for nik in niks))
    read_to(ingest, last)
    assert [one.household_id for one in reported(ingest, 3)] == households or sorted(
        one.household_id for one in deaths(ingest)
    ) == sorted(households)
    kinds = [row["reason"] for row in told(ingest) if row["kind"] == "unreadable"]
    assert kinds == ["nik_invalid"]


def test_a_wrong_date_is_a_report_of_its_own_and_so_is_the_right_one(ingest: Ingest, registry: Registry) -> None:
    nik = registry.somebody()
    known(ingest, nik)
    registry.faults(wrong=["other_date"])
    registry.dies(nik)
    reported(ingest, 1)
    registry.faults()
    registry.happen({"kind": "death_corrected", "nik": nik, "on": ON})
    assert [one.occurred_on.day for one in reported(ingest, 2)] == [9, 10]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 422, "notification_malformed"),
        (b"[" * 60_000, 422, "notification_malformed"),
        (b"\xff\xfe", 422, "notification_malformed"),
        (b'{"header":{"action":"search","message_id":"m"},"message":{}}', 422, "notification_malformed"),
        (b'{"header":{"action":"notify","message_id":"m"},"message":{"ciphertext":"x"}}', 422,
         "notification_encrypted"),
        (b" " * (1_100_000), 413, "notification_too_large"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_notification_is_refused_and_leaves_nothing(
    ingest: Ingest, body: bytes, status: int, code: str
) -> None:
    answer = ingest.http.post("/crvs/notify", content=body, headers=ingest.headers("ID"))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ingest.count("life_event") == 0
    assert ingest.http.post("/crvs/notify", content=body).status_code == 401


def test_of_a_notification_the_events_that_can_be_read_are_taken(ingest: Ingest, registry: Registry) -> None:
    nik = registry.somebody()
    known(ingest, nik)
    good = FeedEntry(kind="death", nik=nik, on=date(2026, 1, 10), cursor=1, id="n-1", recorded_at="2026-01-11")
    tomorrow = datetime.now(UTC).date() + timedelta(days=3)
    future = FeedEntry(kind="death", nik=nik, on=tomorrow, cursor=1, id="n-2", recorded_at="2026-01-11")
    whole = message([good, future])
    events = whole["message"]["notify_event"]
    strange = json.loads(json.dumps(events[0]))
    strange["data"]["reg_event_type"] = "spdci-common:RegistryEventType:Marriage"
    empty = {"reference_id": "n-3", "timestamp": "2026-01-11", "data": {"reg_records": [], "reg_event_type": ":Death"}}
    whole["message"]["notify_event"] = [strange, events[1], empty, 7, events[0]]
    assert notify(ingest, good, **whole).status_code == 200
    assert len(deaths(ingest)) == 1
    reasons = sorted(row["reason"] for row in told(ingest) if row["kind"] == "unreadable")
    assert reasons == ["date_impossible", "entry_malformed", "entry_malformed", "kind_unknown"]


def test_a_file_of_deaths_says_what_is_wrong_with_each_row(ingest: Ingest, registry: Registry, tmp_path: Path) -> None:
    good, waits = registry.somebody(), registry.somebody()
    known(ingest, good)
    rows = [(good, "10-01-2026"), (good, "11-01-2026"), (waits, "1 Januari 2026"), ("123", "10-01-2026")]
    rows += [(registry.somebody(), wrong) for wrong in ("31-02-2026", "", "01-01-2099")]
    path = tmp_path / "deaths.csv"
    path.write_text("NIK,NAMA,TANGGAL_MENINGGAL\n" + "".join(f"{nik},SITI,{on}\n" for nik, on in rows))
    dry = ingest.until(ingest.upload(path, dry_run="true"), "dry_run_done")
    assert (dry["kind"], dry["invalid"], deaths(ingest)) == ("deaths", 5, [])
    upload_id = ingest.upload(path, kind="deaths")
    found = ingest.until(upload_id, "deciding")
    assert found["first_reasons"] == {"nik_length": 1, "duplicate_in_file": 1, "death_date_invalid": 3}
    assert (found["valid"], found["waiting"]) == (1, 1)
    (one,) = deaths(ingest)
    assert (one.origin.row, one.occurred_on) == (1, date(2026, 1, 10))
    lines = ingest.get(f"/batches/{upload_id}/rows.csv").content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("NIK,TANGGAL_MENINGGAL,")
    assert sum("menunggu" in line for line in lines) == 1
