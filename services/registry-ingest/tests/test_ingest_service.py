"""The service on real servers, with both register simulators and a peer that keeps keys as household does."""

import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import fastexcel
import httpx
import psycopg
from ingest_process import ROWS, Ingest, expected_reasons, wait_for
from padan_events import decode
from padan_events.intake import Accepted, HouseholdReported, Origin, RankingReported, Refused
from padan_events.personal import ReportedHousehold
from padan_registry_ingest.reporting.households import household_id
from padan_runtime.sealing import open_sealed
from padan_simulators.pati import PatiBatch


def accept_all(ingest: Ingest) -> None:
    data = [decode(event.type, event.value) for event in ingest.intake()]
    ingest.answer(
        [
            Accepted(report_id=event.event_id, household_id=item.household_id, origin=item.origin, positions=())
            for event, item in zip(ingest.intake(), data, strict=True)
            if isinstance(item, HouseholdReported | RankingReported)
        ]
    )


def test_a_batch_is_validated_matched_reported_and_done_when_household_has_answered(
    ingest: Ingest, pati: PatiBatch
) -> None:
    upload_id = ingest.upload(pati.registration)
    deciding = ingest.until(upload_id, "deciding")
    held = pati.expected.by_first_reason["duplicate_in_register"]
    assert deciding["first_reasons"] == expected_reasons(pati)
    assert (deciding["rows"], deciding["valid"]) == (ROWS, pati.expected.valid + held)
    events = ingest.intake()
    assert len(events) == len({event.event_id for event in events}) == pati.expected.valid + held
    first = decode(events[0].type, events[0].value)
    assert isinstance(first, HouseholdReported)
    assert first.household_id == household_id(first.origin.batch_id, first.origin.row)
    content = open_sealed(
        ingest.peer.intake, first.sealed, ReportedHousehold, subject=first.household_id, event_id=events[0].event_id
    )
    assert content.members[content.caretaker].nik
    assert content.match is not None
    assert content.match.agreement.name is True

    # Household refuses one row: it becomes invalid with that reason and the holder is kept.
    holder = uuid4()
    refused = first.origin
    ingest.answer([Refused(report_id=events[0].event_id, household_id=first.household_id, origin=refused,
                           code="duplicate_in_register", holder=holder)])  # fmt: skip
    flipped = wait_for(lambda: (d := ingest.document(upload_id))["outcomes"]["refused"] == 1 and d)
    assert flipped["valid"] == deciding["valid"] - 1
    assert flipped["first_reasons"]["duplicate_in_register"] == 1
    accept_all(ingest)
    done = ingest.until(upload_id, "done")
    assert done["outcomes"] == {"accepted": len(events) - 1, "refused": 1, "pending": 0}
    assert sum(r["valid"] for r in done["by_region"] if r["level"] == "district") == done["valid"]
    assert list((Path(ingest.environment["PADAN_FOLDER"]) / "uploads").iterdir()) == []

    # The same rows from another format are the same batch: nothing happens a second time.
    again = ingest.until(ingest.upload(pati.registration), "repeated")
    assert again["repeat_of"] == upload_id
    assert len(ingest.intake()) == len(events)
    _check_reports(ingest, upload_id, done)

    # Household lost an acceptance in a restore and cannot repeat it: the row that was accepted is refused.
    lost = decode(events[1].type, events[1].value)
    assert isinstance(lost, HouseholdReported)
    for _ in range(2):  # told twice, it counts once
        ingest.answer([Refused(report_id=events[1].event_id, household_id=lost.household_id, origin=lost.origin,
                               code="duplicate_in_register", holder=holder)])  # fmt: skip
    now = wait_for(lambda: (d := ingest.document(upload_id))["outcomes"]["refused"] == 2 and d)
    assert now["outcomes"] == {"accepted": len(events) - 2, "refused": 2, "pending": 0}
    assert (now["state"], now["valid"]) == ("done", done["valid"] - 1)
    assert now["first_reasons"]["duplicate_in_register"] == done["first_reasons"]["duplicate_in_register"] + 1


def _check_reports(ingest: Ingest, upload_id: str, done: dict[str, Any]) -> None:
    lines = ingest.get(f"/batches/{upload_id}/rows.csv").content.decode("utf-8-sig").splitlines()
    assert len(lines) == ROWS + 1
    assert sum("NIK tidak ditemukan di Dukcapil." in line for line in lines) == done["every_reason"]["nik_unknown"]
    book = fastexcel.read_excel(ingest.get(f"/batches/{upload_id}/rejected.xlsx").content)
    assert book.sheet_names == ["penerima", "anggota"]
    rejected = book.load_sheet("penerima", dtypes="string").to_polars()
    assert rejected.height == done["invalid"]
    numbers = book.load_sheet("penerima", dtypes={"NIK": "boolean"}, use_columns=["NIK"]).to_polars()
    assert numbers["NIK"].is_not_null().sum() == 0
    # It can be sent again as it is: what the file added is passed over.
    path = Path(ingest.environment["PADAN_FOLDER"]) / "again.xlsx"
    path.write_bytes(ingest.get(f"/batches/{upload_id}/rejected.xlsx").content)
    again = ingest.until(ingest.upload(path, dry_run="true"), "dry_run_done", "failed")
    assert (again["state"], again["rows"]) == ("dry_run_done", done["invalid"])
    assert again["every_reason"]["nik_lost_digits"] == done["every_reason"]["nik_lost_digits"] > 0


def test_a_dry_run_reports_everything_and_sends_nothing(ingest: Ingest, pati: PatiBatch) -> None:
    assert pati.registration_csv is not None
    done = ingest.until(ingest.upload(*pati.registration_csv, dry_run="true"), "dry_run_done")
    assert done["first_reasons"] == expected_reasons(pati)
    assert ingest.intake() == []
    # and the real upload afterwards is not taken for a repeat
    assert ingest.until(ingest.upload(pati.registration), "deciding")["repeat_of"] is None


def test_people_whom_the_register_holds_are_matched_or_belong_to_another_household(
    ingest: Ingest, pati: PatiBatch
) -> None:
    base = fastexcel.read_excel(pati.base).load_sheet("penerima", dtypes="string").to_polars()
    own, other = base.row(0, named=True), base.row(1, named=True)
    known = ingest.register(own["NIK"], own["NO_KK"])
    ingest.register(other["NIK"], "3318010101990001")
    wait_for(lambda: ingest.count("person_index") == 2)
    found = ingest.until(ingest.upload(pati.base), "deciding")
    assert (found["matched"], found["first_reasons"]) == (1, {"duplicate_in_register": 1})
    assert len(ingest.intake()) == base.height - 2
    with ingest.database.transaction() as connection:
        row = connection.execute("SELECT household_id FROM batch_row WHERE outcome = 'matched'").fetchone()
    assert row == (known,)


def test_a_decile_waits_for_its_person_and_goes_out_when_they_appear(ingest: Ingest, tmp_path: Path) -> None:
    known, late = "3318015708900001", "3318011708900002"
    household = ingest.register(known, "3318010101200001")
    wait_for(lambda: ingest.count("person_index") == 1)
    path = tmp_path / "ranking.csv"
    path.write_text(f"DESIL,NIK\n3,{known}\n5,{late}\n11,{known}\n")
    upload_id = ingest.upload(path)
    found = ingest.until(upload_id, "deciding")
    assert (found["kind"], found["valid"], found["waiting"], found["invalid"]) == ("ranking", 1, 1, 1)
    arrived = ingest.register(late, "3318010101200002")
    events = wait_for(lambda: len(events := ingest.intake()) == 2 and events)
    reported = {d.household_id: d.decile for e in events if isinstance(d := decode(e.type, e.value), RankingReported)}
    assert reported == {household: 3, arrived: 5}
    accept_all(ingest)
    done = ingest.until(upload_id, "done")
    assert (done["waiting"], done["outcomes"]["accepted"]) == (0, 2)


def test_of_several_deciles_that_waited_for_one_person_the_latest_received_goes_out_last(
    ingest: Ingest, tmp_path: Path
) -> None:
    late, sent = "3318011708900002", [5, 2, 9, 4, 7]
    for decile in sent:
        path = tmp_path / f"ranking-{decile}.csv"
        path.write_text(f"DESIL,NIK\n{decile},{late}\n")
        assert ingest.until(ingest.upload(path), "deciding", "done")["waiting"] == 1
    ingest.register(late, "3318010101200002")
    events = wait_for(lambda: len(events := ingest.intake()) == len(sent) and events)
    assert [d.decile for e in events if isinstance(d := decode(e.type, e.value), RankingReported)] == sent


def test_a_batch_waits_for_the_civil_registry_and_goes_on_by_itself(
    ingest: Ingest, pati: PatiBatch, registers: dict[str, str]
) -> None:
    faults = f"{registers['civil_registry']}/simulator/faults"
    httpx.post(faults, json={"down": True}).raise_for_status()
    upload_id = ingest.upload(pati.registration)
    waiting = ingest.until(upload_id, "waiting_for_civil_registry")
    assert waiting["waiting_for"] == "civil_registry"
    assert ingest.intake() == []
    httpx.post(faults, json={"down": False}).raise_for_status()
    assert ingest.until(upload_id, "deciding")["first_reasons"] == expected_reasons(pati)


def test_bad_uploads_are_refused_clearly_and_leave_nothing(ingest: Ingest, pati: PatiBatch, tmp_path: Path) -> None:
    large, noise, bare = tmp_path / "large", tmp_path / "noise", tmp_path / "bare.csv"
    large.write_bytes(os.urandom(2 * 1024 * 1024 + 1))
    noise.write_bytes(b"%PDF-1.7\n\xe2\xe3")
    bare.write_text("NIK,NAMA\n1,X\n")
    assert (ingest.send(large).status_code, ingest.send(large).json()["code"]) == (413, "file_too_large")
    assert ingest.send(noise, region="9999").json()["code"] == "region_unknown"
    assert ingest.send(noise, kind="poem").json()["code"] == "form_invalid"
    assert ingest.http.post("/batches", headers=ingest.headers()).json()["code"] == "form_invalid"
    assert ingest.http.post("/batches", files={"file": b"x"}).status_code == 401
    assert ingest.get(f"/batches/{uuid4()}").json()["code"] == "batch_not_found"
    for path, code in ((noise, "file_is_pdf"), (bare, "column_missing")):
        failed = ingest.until(ingest.upload(path), "failed")
        assert failed["problem"]["code"] == code
        assert failed["problem"]["detail_id"]
        assert failed["problem"]["next_step"]
        assert ingest.get(f"/batches/{failed['upload_id']}", region="3319").status_code == 404
        assert ingest.get(f"/batches/{failed['upload_id']}/rows.csv").json()["code"] == "report_not_ready"
    assert ingest.intake() == []
    assert list((Path(ingest.environment["PADAN_FOLDER"]) / "uploads").iterdir()) == []
    made = fastexcel.read_excel(ingest.get("/templates/registration.xlsx").content)
    assert made.sheet_names == ["penerima", "anggota"]


def test_an_upload_has_the_id_that_the_gateway_gave_it_once(ingest: Ingest, tmp_path: Path) -> None:
    noise, upload_id = tmp_path / "noise", str(uuid4())
    noise.write_bytes(b"%PDF-1.7\n\xe2\xe3")

    def send(given: str) -> httpx.Response:
        headers = {**ingest.headers(), "Padan-Upload-Id": given}
        return ingest.http.post("/batches", files={"file": noise.read_bytes()}, headers=headers)

    assert send(upload_id).json()["upload_id"] == upload_id
    assert ingest.until(upload_id, "failed")["upload_id"] == upload_id
    for refused in (upload_id, "17"):
        assert (send(refused).status_code, send(refused).json()["code"]) == (422, "form_invalid")


def test_nothing_of_a_person_stands_in_clear_on_disk_or_in_a_table(ingest: Ingest, pati: PatiBatch) -> None:
    upload_id = ingest.upload(pati.registration)
    ingest.until(upload_id, "deciding")
    names = fastexcel.read_excel(pati.registration).load_sheet("penerima", dtypes="string").to_polars()
    niks = [nik.encode() for nik in names["NIK"].drop_nulls().to_list() if len(nik) == 16]
    with ingest.database.transaction() as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        for (table,) in tables:
            copy = psycopg.sql.SQL("COPY {} TO STDOUT (FORMAT BINARY)").format(psycopg.sql.Identifier(table))
            with connection.cursor().copy(copy) as rows:
                content = b"".join(bytes(part) for part in rows)
            assert not any(nik in content for nik in niks), table


def test_origin_rows_count_from_one(ingest: Ingest, pati: PatiBatch) -> None:
    ingest.until(ingest.upload(pati.base), "deciding")
    data = [decode(event.type, event.value) for event in ingest.intake()]
    rows = sorted(item.origin.row for item in data if isinstance(item, HouseholdReported))
    assert rows == list(range(1, pati.expected.base_rows + 1))
    assert all(isinstance(item, HouseholdReported) and isinstance(item.origin, Origin) for item in data)
