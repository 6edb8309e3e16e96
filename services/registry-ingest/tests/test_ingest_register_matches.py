"""Matches of foreign registers: each entry is reported once, sealed; who is not known is said so, one by one."""

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid5

import fastexcel
import httpx
import polars as pl
from ingest_process import Ingest, wait_for
from life_events_given import Registry, known
from padan_events import Event, decode
from padan_events.dying import MemberDied, ToldBy
from padan_events.intake import Accepted, MatchReported, Refused
from padan_events.reviews import ForeignRegister, RegisterMatch
from padan_events.states import State
from padan_events.tiers import Deactivated, DeactivateReason, Reactivated
from padan_registry_ingest.domain.register_matches import OCCUPATIONS, report_id
from padan_runtime.sealing import keyed_hash, open_sealed
from padan_simulators.pati import PatiBatch


def matches(ingest: Ingest) -> list[tuple[Event, MatchReported]]:
    found = ((event, decode(event.type, event.value)) for event in ingest.intake())
    return [(event, data) for event, data in found if isinstance(data, MatchReported)]


def a_match(nik: str, reference: str = "P-17", **more: Any) -> dict[str, Any]:
    return {"nik": nik, "register": "pension", "reference": reference, "matched_on": "2026-02-01", **more}


def send(ingest: Ingest, *sent: dict[str, Any], key: str = "k", region: str = "3318") -> httpx.Response:
    headers = ingest.headers(region) | {"Content-Type": "application/json"}
    return ingest.http.post("/register-matches", content=json.dumps({"matches": sent, "request": key}), headers=headers)


def test_an_entry_is_reported_once_sealed_whoever_tells_of_it_and_unknown_people_are_named_one_by_one(
    ingest: Ingest, registry: Registry
) -> None:
    first, second, unknown = (registry.somebody() for _ in range(3))
    households = known(ingest, first, second)
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    sent = (
        a_match(first, detail="direktur"),
        a_match(unknown),
        a_match("331801", "P-18"),
        a_match(second, "P-19", matched_on=tomorrow),
        a_match(second, "P-20", within=False),
        a_match(second),
        a_match(second),
    )
    answer = send(ingest, *sent)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [(one["state"], one.get("code")) for one in told["matches"]] == [
        ("reported", None),
        ("refused", "not_in_register"),
        ("refused", "nik_length"),
        ("refused", "date_in_future"),
        ("refused", "not_in_register"),
        ("reported", None),
        ("told_already", None),
    ]
    assert (told["reported"], told["told_already"], told["refused"]) == (2, 1, 4)
    assert all(
        one["id"] and one["en"] and one["next_id"] and one["next_en"] for one in told["matches"] if "code" in one
    )
    assert send(ingest, *sent).json() == told, "the same key: the same answer"
    assert send(ingest, a_match(first), key="k").json()["code"] == "idempotency_key_reused"
    other = send(ingest, a_match(first), key="other", region="ID").json()
    assert [one["state"] for one in other["matches"]] == ["told_already"]

    found = {data.household_id: (event, data) for event, data in matches(ingest)}
    assert len(matches(ingest)) == 2
    assert set(found) == set(households)
    event, data = found[households[0]]
    opened = open_sealed(
        ingest.peer.intake, data.sealed, RegisterMatch, subject=event.event_id, event_id=event.event_id
    )
    assert opened == RegisterMatch(register=ForeignRegister.PENSION, reference="P-17", detail="direktur")
    assert (data.region, data.matched_on, event.actor) == ("3318", date(2026, 2, 1), "user:clerk")
    for secret in (first, second, "P-17", "pension", "direktur"):
        assert not any(secret.encode() in one.value for one in ingest.intake())
        with ingest.database.transaction() as connection:
            kept = connection.execute("SELECT m::text FROM register_match m").fetchall()
        assert not any(secret in row for (row,) in kept)

    (refused_event, refused) = found[households[1]]
    ingest.answer([
        Accepted(report_id=event.event_id, household_id=data.household_id, origin=data.origin, positions=()),
        Refused(report_id=refused_event.event_id, household_id=refused.household_id, origin=refused.origin,
                code="region_forbidden"),
    ])  # fmt: skip

    def states() -> list[tuple[str, str | None]]:
        with ingest.database.transaction() as connection:
            return connection.execute("SELECT state, reason FROM register_match ORDER BY state").fetchall()

    wait_for(lambda: states() == [("accepted", None), ("refused", "region_forbidden")])


def test_the_dead_and_who_has_left_the_register_are_not_in_it(ingest: Ingest, registry: Registry) -> None:
    dead, gone, back = (registry.somebody() for _ in range(3))
    homes = known(ingest, dead, gone, back)
    of: list[dict[str, Any]] = [
        {"household_id": home, "regency": "3318", "occurred_on": date(2026, 1, 5)} for home in homes
    ]
    left: dict[str, Any] = {"reason": DeactivateReason.ABROAD}
    death = MemberDied(**of[0], person_id=uuid5(homes[0], "person:0"), membership_seq=1, source=ToldBy.OPERATOR)
    ingest.tell(death, Deactivated(**of[1], **left), Deactivated(**of[2], **left))
    ingest.tell(Reactivated(**of[2], to=State.PROPOSED))

    def told() -> list[str]:
        key = str(uuid5(homes[0], str(len(asked))))
        asked.append(key)
        answer = send(ingest, a_match(dead, key), a_match(gone, key), a_match(back, key), key=key)
        return [str(one.get("code", one["state"])) for one in answer.json()["matches"]]

    asked: list[str] = []
    wait_for(lambda: told() == ["not_in_register", "not_in_register", "reported"])


def test_what_is_no_list_of_matches_is_refused_whole(ingest: Ingest, registry: Registry) -> None:
    nik = registry.somebody()
    known(ingest, nik)
    for bad in (
        a_match(nik, register="football_club"),
        a_match(nik, reference=""),
        a_match(nik, matched_on="yesterday"),
        {"nik": nik},
    ):
        answer = send(ingest, a_match(nik), bad)
        assert (answer.status_code, answer.json()["code"]) == (422, "matches_malformed")
        assert nik not in answer.text
    assert send(ingest).status_code == 422
    assert matches(ingest) == []
    assert ingest.http.post("/register-matches", content=b"{}").status_code == 401


def test_lists_that_come_at_once_and_hold_the_same_entries_report_each_once(ingest: Ingest, registry: Registry) -> None:
    niks = [registry.somebody() for _ in range(6)]
    known(ingest, *niks)
    with ThreadPoolExecutor(6) as threads:
        orders = [niks[number:] + niks[:number] for number in range(6)]
        told = list(threads.map(lambda one: send(ingest, *(a_match(nik) for nik in one), key=one[0]).json(), orders))
    assert sum(one["reported"] for one in told) == len(niks) == len(matches(ingest))
    assert sum(one["told_already"] for one in told) == 5 * len(niks)


def test_the_id_of_a_match_is_of_its_person_register_and_entry_and_needs_the_services_key(
    ingest: Ingest, registry: Registry
) -> None:
    nik = registry.somebody()
    known(ingest, nik)
    keyed = partial(keyed_hash, ingest.hash_key)
    own, other = keyed(nik), keyed("3318014507800009")
    mine = report_id(keyed, own, ForeignRegister.PENSION, "P-17")
    assert send(ingest, a_match(nik)).json()["reported"] == 1
    assert [event.event_id for event, _ in matches(ingest)] == [mine]
    ids = {
        mine,
        report_id(keyed, other, ForeignRegister.PENSION, "P-17"),
        report_id(keyed, own, ForeignRegister.COMPANY_REGISTER, "P-17"),
        report_id(keyed, own, ForeignRegister.PENSION, "P-18"),
        # Who holds the person's hash, and guesses register and entry, has another key.
        report_id(partial(keyed_hash, bytes(32)), own, ForeignRegister.PENSION, "P-17"),
    }
    assert len(ids) == 5
    for_ever = report_id(partial(keyed_hash, bytes(32)), bytes(32), ForeignRegister.PENSION, "P-17")
    assert for_ever == UUID("6b085ed4-f295-55d1-af60-b5885e735b00")


def test_killed_in_the_middle_a_list_that_is_sent_again_is_reported_once(ingest: Ingest, registry: Registry) -> None:
    niks = [registry.somebody() for _ in range(20)]
    known(ingest, *niks)
    sent = [a_match(nik) for nik in niks]

    def until_it_dies() -> httpx.Response | None:
        try:
            return send(ingest, *sent)
        except httpx.TransportError:
            return None

    def waits_for_the_table() -> bool:
        with ingest.database.transaction() as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
                "WHERE d.datname = current_database() AND l.relation = 'register_match'::regclass AND NOT l.granted"
            ).fetchone()
        assert row is not None
        return bool(row[0])

    with ThreadPoolExecutor(1) as threads, ingest.database.transaction() as connection:
        # Who was found is known by now, and the first of them cannot be written.
        connection.execute("LOCK TABLE register_match IN SHARE MODE")
        answer = threads.submit(until_it_dies)
        wait_for(waits_for_the_table)
        ingest.stop(signal.SIGKILL)
        assert answer.result() is None, "it was killed before it answered"
    # What waited in the server has the table now and nobody to commit it.
    ingest.start()
    again = send(ingest, *sent)
    assert again.status_code == 200, again.text
    assert again.json()["reported"] == 20
    assert send(ingest, *sent).json() == again.json()
    assert len({event.event_id for event, _ in matches(ingest)}) == len(matches(ingest)) == 20


def test_a_row_of_a_family_of_the_register_that_is_barred_is_held_and_its_match_reported_once(
    ingest: Ingest, pati: PatiBatch
) -> None:
    occupations = dict(pl.read_parquet(pati.barred_register / "people.parquet").iter_rows())
    rows = fastexcel.read_excel(pati.registration).load_sheet("penerima", dtypes="string").to_polars()
    barred = list(rows.filter(pl.col("NIK").is_in(list(occupations))).iter_rows(named=True))
    homes = {ingest.register(one["NIK"], one["NO_KK"]): occupations[one["NIK"]] for one in barred}
    wait_for(lambda: ingest.count("person_index") == len(homes))
    done = ingest.until(ingest.upload(pati.registration), "deciding")
    held = done["first_reasons"]["barred_occupation"]
    assert held > 0
    told = {data.household_id: (event, data) for event, data in matches(ingest)}
    assert len(matches(ingest)) == len(told) == held
    for household, (event, data) in told.items():
        found = open_sealed(
            ingest.peer.intake, data.sealed, RegisterMatch, subject=event.event_id, event_id=event.event_id
        )
        assert (found.register, found.detail) == (OCCUPATIONS[homes[household]], homes[household])
    with ingest.database.transaction() as connection:
        rows_held = connection.execute(
            "SELECT count(*) FROM batch_row WHERE first_reason = 'barred_occupation' AND outcome IS NULL"
        ).fetchone()
    assert rows_held == (held,)
