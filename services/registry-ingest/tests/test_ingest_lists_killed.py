"""A list that ends the service each time it is read is given up, as a file of a batch is."""

import contextlib
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import psycopg
from ingest_process import Ingest, wait_for
from padan_registry_ingest.batches.splitting import MOST_ATTEMPTS

LIST = b"NIK\n3318010101800001\n"


def send(ingest: Ingest) -> str:
    check_id = str(uuid4())
    named = {"Padan-Upload-Id": check_id, "Padan-Shows": "status"}
    answer = ingest.http.post("/list-checks", files={"file": LIST}, headers={**ingest.headers(), **named})
    assert answer.status_code == 202, answer.text
    return check_id


def until(ingest: Ingest, check_id: str, *states: str) -> dict[str, Any]:
    return dict(wait_for(lambda: (found := ingest.get(f"/list-checks/{check_id}").json())["state"] in states and found))


@contextlib.contextmanager
def held_in_attempt(url: str, check_id: str, number: int) -> Iterator[None]:
    """Wait until the list is being read for that time, and hold it there by a lock of its row."""
    deadline = time.monotonic() + 60
    with psycopg.connect(url) as connection:
        while True:
            row = connection.execute(
                "SELECT state, reading_attempts FROM list_check WHERE check_id = %s FOR UPDATE", [check_id]
            ).fetchone()
            assert row is not None
            if row == ("reading", number):
                yield
                return
            connection.rollback()
            assert row[0] in ("received", "reading"), f"the point was missed: {row}"
            assert time.monotonic() < deadline, row
            time.sleep(0.002)  # another process works: it waits for our locks, and we for nothing but its rows


def test_a_list_of_which_the_service_dies_is_given_up_and_those_behind_it_have_their_turn(ingest: Ingest) -> None:
    url = ingest.environment["PADAN_DATABASE_OWNER_URL"]
    hostile = send(ingest)
    with ThreadPoolExecutor(1) as aside:
        starting: Future[Any] | None = None
        for number in range(1, MOST_ATTEMPTS + 1):
            with held_in_attempt(url, hostile, number):
                if starting is not None:
                    starting.result()
                ingest.stop(signal.SIGKILL)
            starting = aside.submit(ingest.start)
        assert starting is not None
        starting.result()
    behind = send(ingest)
    assert until(ingest, hostile, "failed", "checking")["problem"]["code"] == "reading_given_up"
    assert until(ingest, behind, "failed", "checking")["rows"] == 1


def test_a_service_that_is_stopped_while_it_reads_has_not_died_of_the_list(ingest: Ingest) -> None:
    check_id = send(ingest)
    with held_in_attempt(ingest.environment["PADAN_DATABASE_OWNER_URL"], check_id, 1):
        assert ingest.process is not None
        ingest.process.send_signal(signal.SIGTERM)
    assert ingest.process.wait(30) == 0
    with ingest.database.transaction() as connection:
        left = connection.execute("SELECT reading_attempts FROM list_check WHERE check_id = %s", [check_id]).fetchone()
    assert left == (0,)
