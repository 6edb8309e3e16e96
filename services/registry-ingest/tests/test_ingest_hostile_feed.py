"""What a feed or a notification can have wrong: said, counted, and nothing else stops."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from ingest_process import Ingest, wait_for
from life_events_given import ON, Registry, deaths, known, metric, notify, read_to, reported, told
from padan_simulators.civil_registry.feed import FeedEntry
from padan_simulators.civil_registry.notifying import message


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
    listening: Ingest, registry: Registry, faults: dict[str, Any], reason: str
) -> None:
    first, second = registry.somebody(), registry.somebody()
    known(listening, first, second)
    registry.dies(first)
    reported(listening, 1)
    registry.faults(**faults)
    wait_for(lambda: metric(listening, f'padan_feed_failures_total{{feed="civil_registry",reason="{reason}"}}') >= 2)
    assert listening.http.get("/readyz").status_code == 200
    registry.faults()
    registry.dies(second)
    assert len(reported(listening, 2)) == 2


def test_entries_repeated_out_of_order_or_of_nobody_change_nothing_of_what_is_reported(
    listening: Ingest, registry: Registry
) -> None:
    niks = [registry.somebody() for _ in range(3)]
    households = known(listening, *niks)
    registry.faults(wrong=["repeated", "out_of_order", "unknown_nik"])
    *_, last = registry.happen(*({"kind": "death", "nik": nik, "on": ON} for nik in niks))
    read_to(listening, last)
    assert [one.household_id for one in reported(listening, 3)] == households or sorted(
        one.household_id for one in deaths(listening)
    ) == sorted(households)
    kinds = [row["reason"] for row in told(listening) if row["kind"] == "unreadable"]
    assert kinds == ["nik_invalid"]


def test_a_wrong_date_is_a_report_of_its_own_and_so_is_the_right_one(listening: Ingest, registry: Registry) -> None:
    nik = registry.somebody()
    known(listening, nik)
    registry.faults(wrong=["other_date"])
    registry.dies(nik)
    reported(listening, 1)
    registry.faults()
    registry.happen({"kind": "death_corrected", "nik": nik, "on": ON})
    assert [one.occurred_on.day for one in reported(listening, 2)] == [9, 10]


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
    listening: Ingest, body: bytes, status: int, code: str
) -> None:
    answer = listening.http.post("/crvs/notify", content=body, headers=listening.headers("ID"))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert listening.count("life_event") == 0
    assert listening.http.post("/crvs/notify", content=body).status_code == 401


def test_of_a_notification_the_events_that_can_be_read_are_taken(listening: Ingest, registry: Registry) -> None:
    nik = registry.somebody()
    known(listening, nik)
    good = FeedEntry(kind="death", nik=nik, on=date(2026, 1, 10), cursor=1, id="n-1", recorded_at="2026-01-11")
    tomorrow = datetime.now(UTC).date() + timedelta(days=3)
    future = FeedEntry(kind="death", nik=nik, on=tomorrow, cursor=1, id="n-2", recorded_at="2026-01-11")
    whole = message([good, future])
    events = whole["message"]["notify_event"]
    strange = json.loads(json.dumps(events[0]))
    strange["data"]["reg_event_type"] = "spdci-common:RegistryEventType:Marriage"
    empty = {"reference_id": "n-3", "timestamp": "2026-01-11", "data": {"reg_records": [], "reg_event_type": ":Death"}}
    whole["message"]["notify_event"] = [strange, events[1], empty, 7, events[0]]
    assert notify(listening, good, **whole).status_code == 200
    assert len(deaths(listening)) == 1
    reasons = sorted(row["reason"] for row in told(listening) if row["kind"] == "unreadable")
    assert reasons == ["date_impossible", "entry_malformed", "entry_malformed", "kind_unknown"]
