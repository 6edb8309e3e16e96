"""More ways to send: a batch that is given up, and a corrected file."""

import csv
import io
import signal
import threading
from collections import Counter
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import polars as pl
import pytest
from batch_hold import held
from ingest_process import ROWS, Ingest, expected_reasons, wait_for
from padan_events import decode
from padan_events.intake import Accepted, HouseholdReported, RankingReported, Refused
from padan_simulators.pati import PatiBatch
from registration_book import sheets, write


def answer_all(ingest: Ingest, *, refuse: frozenset[int] = frozenset()) -> None:
    """Publish household's answer to everything reported and not answered yet."""
    with ingest.database.transaction() as connection:
        rows = connection.execute(
            "SELECT DISTINCT u.batch_id, b.row FROM batch_row b JOIN upload u USING (upload_id) "
            "WHERE b.outcome = 'pending'"
        ).fetchall()
    pending = {(batch_id, row) for batch_id, row in rows}
    answers: list[Accepted | Refused] = []
    for event in ingest.intake():
        data = decode(event.type, event.value)
        assert isinstance(data, HouseholdReported | RankingReported)
        if (data.origin.batch_id, data.origin.row) not in pending:
            continue
        if data.origin.row in refuse:
            answers.append(
                Refused(
                    report_id=event.event_id, household_id=data.household_id, origin=data.origin,
                    code="duplicate_in_register", holder=uuid4(),
                )
            )  # fmt: skip
        else:
            answers.append(
                Accepted(report_id=event.event_id, household_id=data.household_id, origin=data.origin, positions=())
            )
    ingest.answer(answers)


def reported_rows(ingest: Ingest) -> list[int]:
    data = [decode(event.type, event.value) for event in ingest.intake()]
    return sorted(d.origin.row for d in data if isinstance(d, HouseholdReported | RankingReported))


def cancel(ingest: Ingest, upload_id: str) -> httpx.Response:
    return ingest.http.post(f"/batches/{upload_id}/cancel", headers=ingest.headers())


def test_a_batch_given_up_before_anything_was_reported_leaves_nothing(
    ingest: Ingest, pati: PatiBatch, registers: dict[str, str]
) -> None:
    faults = f"{registers['civil_registry']}/simulator/faults"
    httpx.post(faults, json={"down": True}).raise_for_status()
    upload_id = ingest.upload(pati.registration)
    ingest.until(upload_id, "waiting_for_civil_registry")
    queued = ingest.upload(pati.base)
    assert cancel(ingest, upload_id).json()["state"] in ("cancelling", "cancelled")
    ended = ingest.until(upload_id, "cancelled")
    assert (ended["reported_to"], ended["valid"], ended["invalid"]) == (0, 0, 0)
    assert cancel(ingest, upload_id).status_code == 202
    cancel(ingest, queued)
    ingest.until(queued, "cancelled")
    assert ingest.intake() == []
    assert list((Path(ingest.environment["PADAN_FOLDER"]) / "uploads").iterdir()) == []
    assert ingest.get(f"/batches/{upload_id}/rows.csv").status_code == 200
    httpx.post(faults, json={"down": False}).raise_for_status()
    again = ingest.until(ingest.upload(pati.registration), "deciding", "repeated", "failed")
    assert (again["state"], again["first_reasons"]) == ("deciding", expected_reasons(pati))
    assert cancel(ingest, again["upload_id"]).json()["code"] == "batch_finished"
    assert cancel(ingest, str(uuid4())).json()["code"] == "batch_not_found"


@pytest.mark.parametrize("killed", [False, True])
def test_a_batch_given_up_while_it_is_reported_goes_on_with_what_is_missing_when_sent_again(
    ingest: Ingest, pati: PatiBatch, killed: bool
) -> None:
    upload_id = ingest.upload(pati.registration)
    with held(ingest.environment["PADAN_DATABASE_OWNER_URL"], upload_id, lambda point: point.in_the_middle):
        asking = threading.Thread(target=cancel, args=(ingest, upload_id))
        asking.start()
        wait_for(lambda: _somebody_waits(ingest))
    asking.join(30)
    if killed:
        ingest.stop(signal.SIGKILL)
        ingest.start()
    ended = ingest.until(upload_id, "cancelled")
    assert 0 < ended["reported_to"] < ROWS
    before = reported_rows(ingest)
    assert len(before) == ended["outcomes"]["pending"] > 2
    lines = ingest.get(f"/batches/{upload_id}/rows.csv").content.splitlines()
    assert len(lines) == ended["reported_to"] + 1

    again = ingest.upload(pati.registration)
    waiting = wait_for(lambda: (found := ingest.document(again))["waiting_for"] and found)
    assert waiting["waiting_for"] == "earlier_batch"
    assert waiting["problem"]["code"] == "earlier_batch_unavailable"
    answer_all(ingest, refuse=frozenset(before[:1]))
    found = ingest.until(again, "deciding", "failed", "repeated")
    assert found["state"] == "deciding"
    rows = reported_rows(ingest)
    assert len(rows) == len(set(rows)), "nothing is reported twice"
    assert found["matched"] == len(before) - 1
    assert found["valid"] == len(rows) - 1
    assert found["first_reasons"]["duplicate_in_register"] == 1
    assert ingest.document(upload_id)["outcomes"] == {"accepted": len(before) - 1, "refused": 1, "pending": 0}


def test_every_batch_given_up_while_another_was_at_work_leaves_no_file(
    ingest: Ingest, pati: PatiBatch, registers: dict[str, str], tmp_path: Path
) -> None:
    httpx.post(f"{registers['civil_registry']}/simulator/faults", json={"down": True}).raise_for_status()
    waiting = ingest.upload(pati.registration)
    ingest.until(waiting, "waiting_for_civil_registry")
    path = tmp_path / "ranking.csv"
    path.write_text("DESIL,NIK\n" + "".join(f"3,33180117089{n:05d}\n" for n in range(1, 1_500)))
    at_work = ingest.upload(path)
    with held(ingest.environment["PADAN_DATABASE_OWNER_URL"], at_work, lambda point: point.in_the_middle):
        assert cancel(ingest, waiting).json()["state"] == "cancelling"
        asking = threading.Thread(target=cancel, args=(ingest, at_work))
        asking.start()
        wait_for(lambda: _somebody_waits(ingest))
    asking.join(30)
    for upload_id in (waiting, at_work):
        ingest.until(upload_id, "cancelled")
    wait_for(lambda: not list((Path(ingest.environment["PADAN_FOLDER"]) / "uploads").iterdir()), within_s=10)
    assert ingest.count("batch_work") == 0


def _somebody_waits(ingest: Ingest) -> bool:
    with ingest.database.transaction() as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE%'"
        ).fetchone()
    assert row is not None
    return int(row[0]) > 0


def test_a_corrected_file_takes_what_changed_and_says_what(ingest: Ingest, pati: PatiBatch, tmp_path: Path) -> None:
    first_id = ingest.upload(pati.base)
    ingest.until(first_id, "deciding")
    assert ingest.send(pati.base, corrects=first_id).json()["code"] == "corrected_not_done"
    total = pati.expected.base_rows
    answer_all(ingest, refuse=frozenset({1, 2}))
    done = ingest.until(first_id, "done")
    assert (done["valid"], done["invalid"]) == (total - 2, 2)
    assert ingest.send(pati.base, corrects=str(uuid4())).json()["code"] == "corrected_not_found"
    assert ingest.send(pati.base, corrects=first_id, region="3319").json()["code"] == "corrected_not_found"
    assert ingest.send(pati.base, corrects=first_id, kind="ranking").json()["code"] == "correction_of_ranking"

    # Row 1 is corrected, row 2 stays as it was, row 3 (in the register) differs, rows 4 and 5 are left out, one is new.
    recipients, members = sheets(pati.base)
    number = pl.int_range(pl.len())
    fresh = recipients.row(0, named=True) | {"NIK": "3318010507850099", "NO_KK": "", "NAMA": "WARGA BARU"}
    corrected = pl.concat([
        recipients.with_columns(
            pl.when(number == 2).then(pl.lit("JALAN LAIN")).otherwise("ALAMAT").alias("ALAMAT"),
        ).filter(~number.is_in([3, 4])),
        pl.DataFrame([fresh], schema=recipients.schema),
    ])  # fmt: skip
    before = len(ingest.intake())
    path = write(tmp_path / "corrected.xlsx", corrected, members)
    second_id = ingest.upload(path, corrects=first_id)
    found = ingest.until(second_id, "deciding", "failed", "repeated")
    assert found["state"] == "deciding", found["problem"]
    assert found["correction"] == {
        "of": first_id, "unchanged": total - 5, "now_valid": 2, "still_invalid": 0, "changed_accepted": 1,
        "new": 1, "removed": 2, "removed_registered": 2,
    }  # fmt: skip
    assert found["first_reasons"]["already_registered"] == 1
    assert found["reasons"]["already_registered"]["next_id"]
    # Only rows that were not in the register are reported: the two that household had refused.
    new_rows = len(ingest.intake()) - before
    assert new_rows == found["outcomes"]["pending"] == found["correction"]["now_valid"]
    text = ingest.get(f"/batches/{second_id}/rows.csv").content.decode("utf-8-sig")
    said = Counter(row["CORRECTION"] for row in csv.DictReader(io.StringIO(text)))
    assert said == {
        "in the register, unchanged": total - 5,
        "in the register; its changes are not taken": 1,
        "valid now": 2,
        "new": 1,
    }

    again = ingest.until(ingest.upload(path, corrects=first_id), "repeated", "deciding", "failed")
    assert again["repeat_of"] == second_id
    assert UUID(found["correction"]["of"]) == UUID(first_id)
