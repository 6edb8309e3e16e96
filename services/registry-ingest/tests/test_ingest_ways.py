"""More ways to send: in pieces with the service killed in between, given up, and corrected."""

import signal
import threading
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import fastexcel
import httpx
import polars as pl
import pytest
import xlsxwriter
from batch_hold import held
from ingest_process import ROWS, Ingest, expected_reasons, wait_for
from padan_events import decode
from padan_events.intake import Accepted, HouseholdReported, RankingReported, Refused
from padan_simulators.pati import PatiBatch

PIECE = 64 * 1024


def begin(ingest: Ingest, length: int, **headers: str) -> httpx.Response:
    return ingest.http.post("/uploads", headers={**ingest.headers(), "Upload-Length": str(length), **headers})


def go_on(ingest: Ingest, partial: str, offset: int, data: Any) -> httpx.Response:
    headers = {**ingest.headers(), "Upload-Offset": str(offset)}
    return ingest.http.patch(f"/uploads/{partial}", content=data, headers=headers)


def submit(ingest: Ingest, **fields: str) -> httpx.Response:
    form = {name: (None, value) for name, value in fields.items()}
    return ingest.http.post("/batches", files=form, headers=ingest.headers())


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


def test_a_file_in_pieces_survives_kill_9_and_is_the_same_batch_as_one_sent_whole(
    ingest: Ingest, pati: PatiBatch
) -> None:
    content = pati.registration.read_bytes()
    begun = begin(ingest, len(content))
    assert (begun.status_code, begun.json()["offset"]) == (201, 0)
    partial = begun.json()["upload_id"]
    first = go_on(ingest, partial, 0, content[:PIECE])
    assert first.json()["offset"] == PIECE
    assert submit(ingest, upload=partial).json()["code"] == "upload_incomplete"

    # Killed while the next piece is on its way: what was acknowledged is there, and nothing that was not sent.
    half_way, killed = threading.Event(), threading.Event()

    def slowly() -> Any:
        yield content[PIECE : 2 * PIECE]
        half_way.set()
        killed.wait(30)
        yield content[2 * PIECE :]

    def until_cut() -> None:
        with pytest.raises(httpx.HTTPError):
            go_on(ingest, partial, PIECE, slowly())

    cut = threading.Thread(target=until_cut)
    cut.start()
    assert half_way.wait(10)
    ingest.stop(signal.SIGKILL)
    killed.set()
    cut.join(30)
    ingest.start()
    offset = int(ingest.get(f"/uploads/{partial}").json()["offset"])
    assert PIECE <= offset <= 2 * PIECE
    while offset < len(content):
        offset = int(go_on(ingest, partial, offset, content[offset : offset + PIECE]).json()["offset"])

    taken = submit(ingest, upload=partial)
    assert taken.status_code == 202, taken.text
    found = ingest.until(taken.json()["upload_id"], "deciding", "failed")
    assert found["first_reasons"] == expected_reasons(pati)
    whole = ingest.until(ingest.upload(pati.registration), "repeated", "failed", "deciding")
    assert whole["repeat_of"] == taken.json()["upload_id"]
    # Taken once more, it is one more repeat; given up, it is gone from the disk.
    assert ingest.until(submit(ingest, upload=partial).json()["upload_id"], "repeated", "deciding")["repeat_of"]
    assert ingest.http.delete(f"/uploads/{partial}", headers=ingest.headers()).status_code == 204
    assert ingest.get(f"/uploads/{partial}").json()["code"] == "upload_not_found"
    assert list((Path(ingest.environment["PADAN_FOLDER"]) / "partial").iterdir()) == []


def test_a_line_that_breaks_keeps_what_had_come_and_a_second_one_takes_over(ingest: Ingest) -> None:
    partial = begin(ingest, 3 * PIECE).json()["upload_id"]
    proceed = threading.Event()

    def hanging() -> Any:
        yield bytes(PIECE)
        proceed.wait(20)
        yield bytes(PIECE)

    answers: list[httpx.Response] = []
    other = httpx.Client(base_url=ingest.http.base_url, timeout=30)
    headers = {**ingest.headers(), "Upload-Offset": "0"}
    line = threading.Thread(
        target=lambda: answers.append(other.patch(f"/uploads/{partial}", content=hanging(), headers=headers))
    )
    line.start()
    wait_for((Path(ingest.environment["PADAN_FOLDER"]) / "partial" / partial).exists)  # it is being taken
    assert go_on(ingest, partial, 0, bytes(range(256)) * 256).json()["offset"] == PIECE
    proceed.set()
    line.join(20)
    assert (answers[0].status_code, answers[0].json()["code"]) == (409, "upload_taken_over")
    assert ingest.get(f"/uploads/{partial}").json()["offset"] == PIECE

    wrong = go_on(ingest, partial, 0, b"x")
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["offset"]) == (409, "upload_offset_wrong", PIECE)
    long = go_on(ingest, partial, PIECE, bytes(3 * PIECE))
    assert (long.status_code, long.json()["code"]) == (413, "upload_too_long")
    other.close()


def test_an_upload_in_pieces_belongs_to_its_sender_and_has_limits(ingest: Ingest) -> None:
    partial = begin(ingest, 10).json()["upload_id"]
    for stranger in ({"Padan-Actor": "user:another"}, {"Padan-Region": "3319"}):
        asked = ingest.http.get(f"/uploads/{partial}", headers={**ingest.headers(), **stranger})
        assert (asked.status_code, asked.json()["code"]) == (404, "upload_not_found")
    assert begin(ingest, 2 * 1024 * 1024 + 1).json()["code"] == "file_too_large"
    assert begin(ingest, 0).json()["code"] == "file_empty"
    assert ingest.http.post("/uploads", headers=ingest.headers()).json()["code"] == "upload_header_invalid"
    assert submit(ingest, upload=str(uuid4())).json()["code"] == "upload_not_found"
    assert submit(ingest, upload="17").json()["code"] == "form_invalid"
    for _ in range(19):
        assert begin(ingest, 10).status_code == 201
    assert begin(ingest, 10).json()["code"] == "too_many_uploads"
    with ingest.database.transaction() as connection:
        connection.execute("UPDATE partial_upload SET expires_at = clock_timestamp() - interval '1 second'")
    assert ingest.get(f"/uploads/{partial}").json()["code"] == "upload_expired"
    ingest.stop()
    ingest.start()  # the sweep is the first thing it does
    wait_for(lambda: ingest.count("partial_upload") == 0)


def test_a_large_file_is_never_whole_in_memory(ingest: Ingest) -> None:
    ingest.stop()
    ingest.environment["PADAN_UPLOAD_LIMIT_MB"] = "64"
    ingest.start()
    size, megabyte = 64, bytes(1 << 20)
    partial = begin(ingest, size << 20).json()["upload_id"]
    before = peak_mb(ingest)
    for start in range(0, size, 16):
        received = go_on(ingest, partial, start << 20, (megabyte for _ in range(16))).json()["offset"]
        assert received == (start + 16) << 20
    taken = submit(ingest, upload=partial).json()["upload_id"]
    assert peak_mb(ingest) - before < 32
    assert ingest.until(taken, "failed")["problem"]["code"]  # zeros are no table


def peak_mb(ingest: Ingest) -> int:
    """The most memory the service has had, in MB."""
    assert ingest.process is not None
    status = Path(f"/proc/{ingest.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


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


def _somebody_waits(ingest: Ingest) -> bool:
    with ingest.database.transaction() as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR UPDATE%'"
        ).fetchone()
    assert row is not None
    return int(row[0]) > 0


def sheets(path: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    book = fastexcel.read_excel(path)
    first, second = (book.load_sheet(name, dtypes="string").to_polars() for name in ("penerima", "anggota"))
    return first.fill_null(""), second.fill_null("")


def write(path: Path, recipients: pl.DataFrame, members: pl.DataFrame) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, frame in (("penerima", recipients), ("anggota", members)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, frame.columns)
            for line, cells in enumerate(frame.iter_rows(), 1):
                for column, cell in enumerate(cells):
                    sheet.write_string(line, column, cell)
    return path


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
    lines = ingest.get(f"/batches/{second_id}/rows.csv").content.decode("utf-8-sig").splitlines()
    assert lines[0].endswith("KOREKSI,CORRECTION")
    assert sum("unchanged" in line for line in lines) == total - 5
    assert sum("not taken" in line for line in lines) == 1

    again = ingest.until(ingest.upload(path, corrects=first_id), "repeated", "deciding", "failed")
    assert again["repeat_of"] == second_id
    assert UUID(found["correction"]["of"]) == UUID(first_id)
