"""Moves by feed and notification: reported of whom the register holds, the village sealed under the key of the day."""

import json
import signal
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid5

from ingest_process import Ingest, wait_for
from life_events_given import ON, Registry, deaths, known, notify, read_to, states, told
from padan_events import Event, decode
from padan_events.intake import Accepted, MoveReported, Refused
from padan_events.personal import ShownPlace
from padan_registry_ingest.life_events.notified import read_notification
from padan_registry_ingest.life_events.registry_feed import read_page
from padan_runtime.sealing import open_sealed
from padan_simulators.civil_registry.feed import FeedEntry
from padan_simulators.civil_registry.notifying import message

THERE, FURTHER = "3319012001", "3374011001"


def moves(ingest: Ingest) -> list[tuple[Event, MoveReported]]:
    found = ((event, decode(event.type, event.value)) for event in ingest.intake())
    return [(event, data) for event, data in found if isinstance(data, MoveReported)]


def reported(ingest: Ingest, count: int) -> list[tuple[Event, MoveReported]]:
    return list(wait_for(lambda: len(found := moves(ingest)) >= count and found))


def village(ingest: Ingest, event: Event, data: MoveReported) -> str:
    """As household opens it."""
    key = ingest.peer.intake
    return open_sealed(key, data.sealed, ShownPlace, subject=event.event_id, event_id=event.event_id).village


def a_move(nik: str, to: str = THERE, on: str = ON) -> dict[str, Any]:
    return {"kind": "move", "nik": nik, "on": on, "region": to, "address": "JL KENANGA"}


def entry(nik: str, to: str, name: str, on: date = date(2026, 1, 10)) -> FeedEntry:
    return FeedEntry(kind="move", nik=nik, on=on, region=to, address="JL", cursor=1, id=name, recorded_at=ON)


def test_a_move_by_either_door_is_reported_with_the_village_sealed(listening: Ingest, registry: Registry) -> None:
    by_feed, by_notice = registry.somebody(), registry.somebody()
    households = known(listening, by_feed, by_notice)
    (fed,) = registry.happen(a_move(by_feed))
    reported(listening, 1)
    assert notify(listening, entry(by_notice, "33.74.01.1001", "n-1"), region="3318").status_code == 200

    (first, one), (second, two) = sorted(reported(listening, 2), key=lambda told: told[1].source)
    assert [(one.household_id, one.person_id), (two.household_id, two.person_id)] == [
        (household, uuid5(household, "person:0")) for household in households
    ]
    assert [(one.source, one.region, one.to_regency), (two.source, two.region, two.to_regency)] == [
        ("crvs_feed", "", "3319"), ("crvs_notify", "3318", "3374"),
    ]  # fmt: skip
    assert [village(listening, first, one), village(listening, second, two)] == [THERE, FURTHER]
    assert [first.actor, second.actor] == ["service:registry-ingest", "user:clerk"]
    assert one.occurred_on == date(2026, 1, 10)

    listening.answer([
        Accepted(report_id=first.event_id, household_id=one.household_id, origin=one.origin, positions=()),
        Refused(report_id=second.event_id, household_id=two.household_id, origin=two.origin,
                code="region_forbidden"),
    ])  # fmt: skip
    wait_for(lambda: states(listening) == [("move", "accepted"), ("move", "refused")])
    assert [row["cursor"] for row in told(listening)] == [fed.cursor, None]
    kept = json.dumps(told(listening))
    for secret in (by_feed, by_notice, THERE, FURTHER, "KENANGA"):
        assert secret not in kept
        assert not any(secret.encode() in event.value for event in listening.intake())


def test_told_again_it_is_one_report_and_another_village_or_day_is_another(
    listening: Ingest, registry: Registry
) -> None:
    nik = registry.somebody()
    known(listening, nik)
    first = entry(nik, THERE, "n-1")
    for _ in range(2):
        assert notify(listening, first, first).status_code == 200
    assert len(moves(listening)) == 1
    other, later = entry(nik, FURTHER, "n-1"), entry(nik, THERE, "n-1", date(2026, 1, 11))
    assert notify(listening, first, other, later).status_code == 200
    assert [village(listening, *one) for one in moves(listening)] == [THERE, FURTHER, THERE]


def test_a_move_of_somebody_unknown_waits_and_goes_out_before_what_is_told_later(
    listening: Ingest, registry: Registry
) -> None:
    nik = registry.somebody()
    (first,) = registry.happen(a_move(nik))
    read_to(listening, first)
    assert (moves(listening), listening.count("move_waiting"), states(listening)) == ([], 1, [("move", "waiting")])
    (household,) = known(listening, nik)
    ((event, data),) = reported(listening, 1)
    assert (data.household_id, village(listening, event, data)) == (household, THERE)
    assert event.causation_id is not None
    registry.happen(a_move(nik, FURTHER, "2026-01-12"))
    assert [village(listening, *one) for one in reported(listening, 2)] == [THERE, FURTHER]
    assert (listening.count("move_waiting"), states(listening)) == (0, [("move", "pending"), ("move", "pending")])


def test_what_can_soon_not_be_opened_any_more_waits_no_longer(listening: Ingest, registry: Registry) -> None:
    late, later, fresh = (registry.somebody() for _ in range(3))
    *_, last = registry.happen(a_move(late), a_move(later))
    read_to(listening, last)
    old = (datetime.now(UTC) - timedelta(days=29)).date().isoformat()
    with listening.database.transaction() as connection:
        connection.execute("UPDATE move_waiting SET key_id = %s", [old])
        connection.execute("UPDATE life_event SET key_id = %s", [old])
    known(listening, late)
    wait_for(lambda: states(listening) == [("move", "lapsed"), ("move", "waiting")])
    (last,) = registry.happen(a_move(fresh))
    read_to(listening, last)
    assert [state for _, state in states(listening)] == ["lapsed", "lapsed", "waiting"]
    assert (listening.count("move_waiting"), moves(listening)) == (1, [])


def test_killed_in_the_middle_of_the_feed_no_move_is_lost_and_none_comes_twice(
    listening: Ingest, registry: Registry
) -> None:
    niks = [registry.somebody() for _ in range(12)]
    households = known(listening, *niks)
    for start in range(0, 12, 4):
        registry.happen(*map(a_move, niks[start : start + 4]))
        if start == 4:
            wait_for(lambda: moves(listening))
            listening.stop(signal.SIGKILL)
            listening.start()
    found = reported(listening, 12)
    assert sorted(one.household_id for _, one in found) == sorted(households)
    assert deaths(listening) == []


def test_a_move_to_no_village_that_there_is_cannot_be_used_and_holds_up_nobody() -> None:
    now, nik = datetime(2026, 3, 1, tzinfo=UTC), "3318014107900001"
    for region in ("", "3319", "3319012999", "331901200", "abcdefghij", None, 7):
        raw = {"cursor": 1, "id": "a", "kind": "move", "nik": nik, "on": ON, "region": region}
        page = read_page(json.dumps({"entries": [raw], "head": 1}).encode(), now)
        assert [getattr(one, "reason", None) for one in page.told] in (["region_unknown"], ["entry_malformed"])
        sent = message([entry(nik, THERE, "n-1")])
        sent["message"]["notify_event"][0]["data"]["reg_records"]["address"]["region_code"] = region
        (one,) = read_notification(json.dumps(sent).encode(), now).told
        assert getattr(one, "reason", None) == "region_unknown"
    death = {"cursor": 1, "id": "a", "kind": "death", "nik": nik, "on": ON, "region": 7}
    page = read_page(json.dumps({"entries": [death], "head": 1}).encode(), now)
    assert [getattr(one, "reason", None) for one in page.told] == [None], "of a death nobody asks where"
