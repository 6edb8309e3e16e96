"""Deaths, births and moves by all three doors, on real servers and the simulator of the civil registry."""

import json
import signal
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid5

from ingest_process import Ingest, wait_for
from life_events_given import ON, Registry, deaths, known, metric, notify, read_to, reported, states, told
from padan_events.intake import Accepted, Refused
from padan_simulators.civil_registry.feed import FeedEntry


def test_each_of_the_three_doors_leads_to_the_same_report(
    listening: Ingest, registry: Registry, tmp_path: Path
) -> None:
    by_feed, by_notice, by_file = (registry.somebody() for _ in range(3))
    households = dict(zip((by_feed, by_notice, by_file), known(listening, by_feed, by_notice, by_file), strict=True))
    entry = registry.dies(by_feed)
    reported(listening, 1)
    noticed = FeedEntry(kind="death", nik=by_notice, on=date(2026, 1, 10), cursor=1, id="n-1", recorded_at=ON)
    answer = notify(listening, noticed, region="3318")
    assert (answer.status_code, answer.json()["message"]["ack_status"]) == (200, "ACK")
    path = tmp_path / "deaths.csv"
    path.write_text(f"NIK,TANGGAL_MENINGGAL,NOMOR_AKTA\n{by_file},10-01-2026,3318-KM-1\n")
    upload_id = listening.upload(path)

    found = {one.source: one for one in reported(listening, 3)}
    assert sorted(found) == ["crvs_feed", "crvs_notify", "file"]
    for nik, one, region in (
        (by_feed, found["crvs_feed"], ""), (by_notice, found["crvs_notify"], "3318"), (by_file, found["file"], "3318"),
    ):  # fmt: skip
        assert (one.household_id, one.person_id) == (households[nik], uuid5(households[nik], "person:0"))
        assert (one.occurred_on, one.reversed, one.region) == (date(2026, 1, 10), False, region)
        assert one.origin.row >= 1
    events = {one.source: event for one, event in zip(deaths(listening), listening.intake(), strict=True)}
    assert events["crvs_feed"].actor == "service:registry-ingest"
    assert events["crvs_notify"].actor == events["file"].actor == "user:clerk"
    assert all(event.key == str(found[source].household_id) for source, event in events.items())

    # What household answers completes what is kept of each, and the file.
    one, two, three = found["crvs_feed"], found["crvs_notify"], found["file"]
    ids = {source: event.event_id for source, event in events.items()}
    listening.answer([
        Accepted(report_id=ids["crvs_feed"], household_id=one.household_id, origin=one.origin, positions=()),
        Refused(report_id=ids["crvs_notify"], household_id=two.household_id, origin=two.origin,
                code="region_forbidden"),
        Accepted(report_id=ids["file"], household_id=three.household_id, origin=three.origin, positions=()),
    ])  # fmt: skip
    done = listening.until(upload_id, "done")
    assert (done["kind"], done["valid"], done["outcomes"]["accepted"]) == ("deaths", 1, 1)
    wait_for(lambda: states(listening) == [("death", "accepted"), ("death", "refused")])
    assert [row["cursor"] for row in told(listening)] == [entry.cursor, None]
    for secret in (by_feed, by_notice):
        assert secret not in json.dumps(told(listening))


def test_a_notification_sent_again_is_one_report_and_another_date_is_another(
    listening: Ingest, registry: Registry
) -> None:
    nik = registry.somebody()
    known(listening, nik)
    entry = FeedEntry(kind="death", nik=nik, on=date(2026, 1, 10), cursor=1, id="n-1", recorded_at="2026-01-11")
    for _ in range(3):
        assert notify(listening, entry).status_code == 200
    assert [one.occurred_on for one in deaths(listening)] == [date(2026, 1, 10)]
    other = FeedEntry(kind="death", nik=nik, on=date(2026, 1, 9), cursor=1, id="n-1", recorded_at="2026-01-11")
    taken_back = FeedEntry(kind="death_reversed", nik=nik, on=date(2026, 1, 9), cursor=1, id="n-2", recorded_at=ON)
    assert notify(listening, entry, other, taken_back).status_code == 200
    assert [(one.occurred_on.day, one.reversed) for one in deaths(listening)] == [(10, False), (9, False), (9, True)]


def test_what_an_office_elsewhere_was_refused_for_does_not_stand_in_the_way_of_the_right_one(
    listening: Ingest, registry: Registry
) -> None:
    nik = registry.somebody()
    known(listening, nik)
    entry = FeedEntry(kind="death", nik=nik, on=date(2026, 1, 10), cursor=1, id="1", recorded_at=ON)
    for region in ("3319", "3318", "3319"):
        assert notify(listening, entry, region=region).status_code == 200
    assert [one.region for one in deaths(listening)] == ["3319", "3318"]


def test_a_death_of_somebody_unknown_waits_and_goes_out_before_what_is_told_later(
    listening: Ingest, registry: Registry, tmp_path: Path
) -> None:
    nik = registry.somebody()
    entry = registry.dies(nik)
    read_to(listening, entry)
    path = tmp_path / "deaths.csv"
    path.write_text(f"TGL MENINGGAL;NIK\n2026-01-10;{nik}\n")
    upload_id = listening.upload(path)
    assert listening.until(upload_id, "deciding", "done")["waiting"] == 1
    assert (deaths(listening), listening.count("death_waiting"), states(listening)) == ([], 2, [("death", "waiting")])

    (household,) = known(listening, nik)
    found = reported(listening, 2)
    assert [(one.source, one.household_id) for one in found] == [("crvs_feed", household), ("file", household)]
    assert all(event.causation_id is not None for event in listening.intake()), "the event that named the person"
    assert listening.count("death_waiting") == 0
    assert states(listening) == [("death", "pending")]
    assert (document := listening.document(upload_id))["waiting"] == 0, document


def test_what_waited_goes_first_where_the_person_came_without_an_event(listening: Ingest, registry: Registry) -> None:
    nik = registry.somebody()
    known(listening, nik)
    with listening.database.transaction() as connection:
        lost = connection.execute("DELETE FROM person_index RETURNING *").fetchone()
    read_to(listening, registry.dies(nik))
    with listening.database.transaction() as connection:  # as a rebuild does: no event comes of it
        connection.execute("INSERT INTO person_index VALUES (%s, %s, %s, %s)", lost)
    registry.happen({"kind": "death_reversed", "nik": nik, "on": ON})
    assert [one.reversed for one in reported(listening, 2)] == [False, True]


def test_births_are_kept_sealed_and_report_nothing(listening: Ingest, registry: Registry) -> None:
    mother = registry.somebody()
    known(listening, mother)
    child = f"331801500126{datetime.now(UTC).microsecond % 8_000 + 1_001:04d}"
    *_, last = registry.happen(
        {"kind": "birth", "nik": child, "on": ON, "name": "AYU", "sex": "f", "mother_nik": mother},
    )
    read_to(listening, last)
    assert [(row["kind"], row["state"], row["details"] is not None) for row in told(listening)] == [
        ("birth", "kept", True),
    ]  # fmt: skip
    assert listening.intake() == []
    assert not {"AYU", child, mother} & set(json.dumps(told(listening)).split('"'))


def test_killed_in_the_middle_of_the_feed_nothing_is_lost_and_nothing_comes_twice(
    listening: Ingest, registry: Registry
) -> None:
    niks = [registry.somebody() for _ in range(40)]
    households = known(listening, *niks)
    for start in range(0, 40, 4):
        registry.happen(*({"kind": "death", "nik": nik, "on": ON} for nik in niks[start : start + 4]))
        if start in (8, 16, 24):
            wait_for(lambda: deaths(listening))
            listening.stop(signal.SIGKILL)
            listening.start()
    found = reported(listening, 40)
    assert sorted(one.household_id for one in found) == sorted(households)
    assert listening.count("life_event") == 40


def test_a_registry_that_is_away_delays_its_feed_and_nothing_else(listening: Ingest, registry: Registry) -> None:
    nik = registry.somebody()
    (household,) = known(listening, nik)
    registry.faults(down=True)
    failed = 'padan_feed_failures_total{feed="civil_registry",reason="unavailable"}'
    wait_for(lambda: metric(listening, failed) >= 2)
    assert listening.http.get("/readyz").status_code == 200
    registry.faults()
    registry.dies(nik)
    assert [one.household_id for one in reported(listening, 1)] == [household]


def test_a_file_of_deaths_says_what_is_wrong_with_each_row(
    listening: Ingest, registry: Registry, tmp_path: Path
) -> None:
    good, waits = registry.somebody(), registry.somebody()
    known(listening, good)
    rows = [(good, "10-01-2026"), (good, "11-01-2026"), (waits, "1 Januari 2026"), ("123", "10-01-2026")]
    rows += [(registry.somebody(), wrong) for wrong in ("31-02-2026", "", "01-01-2099")]
    path = tmp_path / "deaths.csv"
    path.write_text("NIK,NAMA,TANGGAL_MENINGGAL\n" + "".join(f"{nik},SITI,{on}\n" for nik, on in rows))
    dry = listening.until(listening.upload(path, dry_run="true"), "dry_run_done")
    assert (dry["kind"], dry["invalid"], deaths(listening)) == ("deaths", 5, [])
    upload_id = listening.upload(path, kind="deaths")
    found = listening.until(upload_id, "deciding")
    assert found["first_reasons"] == {"nik_length": 1, "duplicate_in_file": 1, "death_date_invalid": 3}
    assert (found["valid"], found["waiting"]) == (1, 1)
    (one,) = deaths(listening)
    assert (one.origin.row, one.occurred_on) == (1, date(2026, 1, 10))
    lines = listening.get(f"/batches/{upload_id}/rows.csv").content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("NIK,TANGGAL_MENINGGAL,")
    assert sum("menunggu" in line for line in lines) == 1
