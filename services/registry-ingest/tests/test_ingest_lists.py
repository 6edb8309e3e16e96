"""Lists to check: read and judged here, asked about by the gateway, whose part these tests play."""

import base64
import csv
import io
import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import fastexcel
import httpx
import psycopg
from ingest_process import Ingest, wait_for
from padan_registry_ingest.batches import sealed_file
from padan_registry_ingest.list_check import repository
from padan_runtime.sealing import keyed_hash
from padan_simulators.pati import PatiBatch


def send(ingest: Ingest, content: bytes, **headers: str) -> str:
    check_id = str(uuid4())
    named = {"Padan-Upload-Id": check_id, "Padan-Shows": ALL}
    answer = ingest.http.post("/list-checks", files={"file": content}, headers={**ingest.headers(), **named, **headers})
    assert answer.status_code == 202, answer.text
    return check_id


ALL = "status,differences,decile_group"


def get(ingest: Ingest, path: str, shows: str = ALL) -> httpx.Response:
    """A read on behalf of somebody who may learn this much."""
    return ingest.http.get(path, headers={**ingest.headers(), "Padan-Shows": shows})


def until(ingest: Ingest, check_id: str, *states: str) -> dict[str, Any]:
    return dict(
        wait_for(lambda: (found := get(ingest, f"/list-checks/{check_id}").json())["state"] in states and found)
    )


def answer(ingest: Ingest, check_id: str, after: int, items: list[list[Any]]) -> httpx.Response:
    document = {"after": after, "items": items}
    return ingest.http.post(f"/list-checks/{check_id}/answers", json=document, headers=ingest.headers())


def test_a_list_is_judged_asked_about_and_answered_and_goes_on_after_kill_9(
    ingest: Ingest, pati: PatiBatch, tmp_path: Path
) -> None:
    book = fastexcel.read_excel(pati.base).load_sheet("penerima", dtypes="string").to_polars()
    held, other = book.row(0, named=True), book.row(1, named=True)
    ingest.register(held["NIK"], held["NO_KK"])
    wait_for(lambda: ingest.count("person_index") == 1)
    crowd = [f"331801{day:02d}0180{serial:04d}" for day in range(1, 29) for serial in range(1, 90)]
    text = (
        "NIK,NAMA\n"
        + f"{held['NIK']},{held['NAMA']}\n{other['NIK']},\n{held['NIK']},\n123,\n"
        + "\n".join(f"{nik}," for nik in crowd)
    )
    check_id = send(ingest, text.encode())
    rows = 4 + len(crowd)
    assert until(ingest, check_id, "checking", "failed")["rows"] == rows
    assert list((Path(ingest.environment["PADAN_FOLDER"]) / "uploads").iterdir()) == []

    asked = ingest.get(f"/list-checks/{check_id}/questions").json()
    assert (asked["after"], asked["last"]) == (0, 2_000)
    first, second = asked["items"][:2]
    assert base64.b64decode(first["nik_hash"]) == keyed_hash(ingest.hash_key, held["NIK"])
    assert (first["row"], first["name"], first["known"]) == (1, held["NAMA"], True)
    assert (second["row"], second["known"]) == (2, False)
    assert asked["items"][2]["row"] == 5, "what is wrong or repeated is not asked about"
    assert held["NIK"] not in str(asked)
    results = [
        [one["row"], "registered", ["name_differs"], "1-4"]
        if one["known"]
        else [one["row"], "not_registered", [], None]
        for one in asked["items"]
    ]
    assert answer(ingest, check_id, 0, results[1:]).json()["code"] == "form_invalid"
    assert answer(ingest, check_id, 0, results).json() == {
        "check_id": check_id, "state": "checking", "checked_to": 2_000,
    }  # fmt: skip
    assert answer(ingest, check_id, 0, results).json()["checked_to"] == 2_000, "of two who answer the first counts"

    ingest.stop(signal.SIGKILL)
    ingest.start()
    asked = ingest.get(f"/list-checks/{check_id}/questions").json()
    assert (asked["after"], asked["last"]) == (2_000, rows)
    answer(ingest, check_id, 2_000, [[one["row"], "not_registered", [], None] for one in asked["items"]])
    done = until(ingest, check_id, "done")
    assert done["results"] == {
        "registered": 1, "not_registered": rows - 3, "nik_invalid": 1, "duplicate_in_list": 1, "name_differs": 1,
    }  # fmt: skip
    assert done["decile_groups"] == {"1-4": 1}
    assert all(words["id"] and words["next_en"] for words in done["words"].values())

    lines = get(ingest, f"/list-checks/{check_id}/rows.csv").content.decode("utf-8-sig")
    listed = list(csv.DictReader(io.StringIO(lines)))
    assert [row["HASIL_KODE"] for row in listed[:4]] == [
        "registered", "not_registered", "duplicate_in_list", "nik_invalid",
    ]  # fmt: skip
    assert (listed[0]["NIK"], listed[0]["DESIL"], len(listed)) == (held["NIK"], "1-4", rows)
    assert "16" in listed[3]["RESULT"]
    sheet = fastexcel.read_excel(get(ingest, f"/list-checks/{check_id}/result.xlsx").content)
    assert sheet.load_sheet("daftar", dtypes="string").to_polars()["NIK"].to_list() == [row["NIK"] for row in listed]
    assert ingest.intake() == []
    assert ingest.count("upload") == 0
    _check_nothing_in_clear(ingest, held["NIK"].encode())


def rows_of(ingest: Ingest, check_id: str, shows: str) -> list[dict[str, str]]:
    lines = get(ingest, f"/list-checks/{check_id}/rows.csv", shows).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(lines)))


def test_a_reader_learns_what_both_sender_and_reader_may_know(ingest: Ingest) -> None:
    sent = b"NIK\n3318010101800001\n3318010101800002\n3318010101800003\n"
    found = [
        [1, "registered", ["name_differs"], "1-4"],
        [2, "registered_elsewhere", [], None],
        [3, "not_registered", [], None],
    ]
    for what_sender_sees, what_reader_sees in ((ALL, "status"), ("status", ALL)):
        check_id = send(ingest, sent, **{"Padan-Shows": what_sender_sees})
        until(ingest, check_id, "checking")
        answer(ingest, check_id, 0, found)
        until(ingest, check_id, "done")
        document = get(ingest, f"/list-checks/{check_id}", what_reader_sees).json()
        assert document["results"] == {"registered": 1, "not_registered": 2}
        assert (set(document["words"]), document["decile_groups"]) == ({"registered", "not_registered"}, {})
        rows = rows_of(ingest, check_id, what_reader_sees)
        assert [row["HASIL_KODE"] for row in rows] == ["registered", "not_registered", "not_registered"]
        assert not {"BERBEDA", "DIFFERS", "DESIL"} & set(rows[0])
        assert "elsewhere" not in str(rows)
    # Where the gateway does not say what may be shown, nothing is.
    assert ingest.get(f"/list-checks/{check_id}").json()["results"] == {}
    assert set(rows_of(ingest, check_id, "")[0]) == {"BARIS", "NIK", "NAMA", "TGL_LAHIR"}


def _check_nothing_in_clear(ingest: Ingest, nik: bytes) -> None:
    with ingest.database.transaction() as connection:
        for table in ("list_check", "list_check_chunk"):
            copy = psycopg.sql.SQL("COPY {} TO STDOUT (FORMAT BINARY)").format(psycopg.sql.Identifier(table))
            with connection.cursor().copy(copy) as rows:
                assert nik not in b"".join(bytes(part) for part in rows), table


def test_a_list_that_cannot_be_read_is_refused_clearly(ingest: Ingest) -> None:
    for content, code in (
        (b"WARNA;UKURAN\nmerah;5\n", "column_missing"),
        (b"\x89PNG\r\n\x1a\n" + bytes(2_000), "file_is_picture"),
        (b"NIK\n", "file_empty"),
    ):
        failed = until(ingest, send(ingest, content), "failed", "checking")
        assert failed["problem"]["code"] == code
        assert failed["problem"]["next_step_id"]
    check_id = send(ingest, b"NIK\n3318010101800001\n")
    assert until(ingest, check_id, "checking")["rows"] == 1
    assert ingest.get(f"/list-checks/{check_id}/rows.csv").json()["code"] == "report_not_ready"
    assert ingest.get(f"/list-checks/{check_id}", region="3319").json()["code"] == "check_not_found"
    assert ingest.http.post("/list-checks", files={"file": b"x"}).status_code == 401
    named = {**ingest.headers(), "Padan-Upload-Id": check_id}
    again = ingest.http.post("/list-checks", files={"file": b"NIK\n"}, headers=named)
    assert again.json()["code"] == "form_invalid"
    with_more = ingest.http.post(
        "/list-checks",
        files={"file": b"NIK\n", "members": b"x"},
        headers={**ingest.headers(), "Padan-Upload-Id": str(uuid4())},
    )
    assert with_more.json()["code"] == "form_invalid"


def test_a_list_that_was_accepted_is_read_after_the_service_was_away_for_hours(ingest: Ingest) -> None:
    ingest.stop()
    folder, check_id, orphan = Path(ingest.environment["PADAN_FOLDER"]), uuid4(), uuid4()
    for owner, content in ((check_id, b"NIK\n3318010101800001\n"), (orphan, b"")):
        _left_behind(folder, owner, ingest.peer.intake, content)
    key_id = datetime.now(UTC).date().isoformat()
    check = {"check_id": check_id, "actor": "user:clerk", "region": "3318", "shows": ["status"], "key_id": key_id}
    with ingest.database.transaction() as connection:
        repository.insert(connection, check)
    with ingest.database.transaction() as connection:
        # Nobody reads it before the sweep is over.
        connection.execute("SELECT 1 FROM list_check WHERE check_id = %s FOR UPDATE", [check_id])
        ingest.start()
        wait_for(lambda: not sealed_file.path_of(folder, orphan, "file").exists())
    found = until(ingest, str(check_id), "checking", "failed")
    assert (found["state"], found["rows"]) == ("checking", 1)


def _left_behind(folder: Path, owner: UUID, key: bytes, content: bytes) -> None:
    writer = sealed_file.SealedWriter(folder, owner, "file", key, most_bytes=1_000)
    writer.write(content)
    writer.close()
    hours_ago = time.time() - 2 * 3_600
    os.utime(sealed_file.path_of(folder, owner, "file"), (hours_ago, hours_ago))
