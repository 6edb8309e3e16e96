"""Files that come in pieces: the service killed in between, lines that break, whose they are, and how much memory."""

import signal
import threading
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from ingest_process import Ingest, expected_reasons, wait_for
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
