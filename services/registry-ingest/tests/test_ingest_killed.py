"""What is left when the service, its key or its turn is gone in the middle of a batch."""

import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from batch_hold import Point, held
from ingest_process import ROWS, Ingest, expected_reasons
from padan_events import decode
from padan_events.intake import HouseholdReported
from padan_events.personal import ReportedHousehold
from padan_registry_ingest.batches import repository as batches
from padan_registry_ingest.batches.repository import RowRecord, TakenOverError
from padan_registry_ingest.batches.splitting import MOST_ATTEMPTS
from padan_registry_ingest.reporting.households import report_id
from padan_runtime.sealing import open_sealed
from padan_simulators.pati import PatiBatch


def test_a_batch_whose_key_was_destroyed_fails_clearly_and_its_rows_can_no_longer_be_read(
    ingest: Ingest, pati: PatiBatch, registers: dict[str, str]
) -> None:
    finished = ingest.upload(pati.base)
    ingest.until(finished, "deciding")
    httpx.post(f"{registers['civil_registry']}/simulator/faults", json={"down": True}).raise_for_status()
    waiting = ingest.upload(pati.registration)
    ingest.until(waiting, "waiting_for_civil_registry")
    ingest.stop()
    ingest.peer.gone = True
    ingest.start()  # what it had in memory of the key is forgotten
    failed = ingest.until(waiting, "failed")
    assert failed["problem"]["code"] == "file_expired"
    answer = ingest.get(f"/batches/{finished}/rows.csv")
    assert (answer.status_code, answer.json()["code"]) == (410, "report_expired")
    assert ingest.document(finished)["valid"] == pati.expected.base_rows


_POINTS: dict[str, Callable[[Point], bool]] = {
    "reading": lambda point: point.stage == "reading",
    "matching": lambda point: point.stage == "matching",
    "registering": lambda point: point.stage == "registering",
    "reporting": lambda point: point.in_the_middle,
    "deciding": lambda point: point.stage == "deciding",
}


@pytest.mark.parametrize("stage", list(_POINTS))
def test_a_service_killed_at_any_stage_goes_on_with_nothing_twice_and_nothing_left_out(
    ingest: Ingest, pati: PatiBatch, stage: str
) -> None:
    upload_id = ingest.upload(pati.registration)
    with held(ingest.environment["PADAN_DATABASE_OWNER_URL"], upload_id, _POINTS[stage]) as point:
        assert point.stage == stage
        ingest.stop(signal.SIGKILL)
    ingest.start()
    found = ingest.until(upload_id, "deciding")
    assert found["first_reasons"] == expected_reasons(pati)
    stages = [each["stage"] for each in found["stages"]]
    assert len(stages) == len(set(stages)), "a stage gone through twice stands twice"
    events = ingest.intake()
    rows = [d.origin for e in events if isinstance(d := decode(e.type, e.value), HouseholdReported)]
    assert len({origin.row for origin in rows}) == len(rows) == found["valid"]
    assert {event.event_id for event in events} == {report_id(o.batch_id, o.row) for o in rows}
    assert ingest.count("batch_row") == ROWS
    # Whatever was resumed, each report holds what was matched of its own row, and each chunk opens.
    for event in events:
        data = decode(event.type, event.value)
        assert isinstance(data, HouseholdReported)
        content = open_sealed(
            ingest.peer.intake, data.sealed, ReportedHousehold, subject=data.household_id, event_id=event.event_id
        )
        assert content.match is not None
    assert len(ingest.get(f"/batches/{upload_id}/rows.csv").content.splitlines()) == ROWS + 1


def attempts_of(ingest: Ingest, upload_id: str) -> int:
    with ingest.database.transaction() as connection:
        upload = batches.find(connection, UUID(upload_id))
    assert upload is not None
    return upload.reading_attempts


def is_reading(attempt: int, point: Point) -> bool:
    return point.stage == "reading" and point.reading_attempts == attempt


def test_a_file_of_which_the_service_dies_is_given_up_and_those_behind_it_have_their_turn(
    ingest: Ingest, pati: PatiBatch
) -> None:
    hostile, owner = ingest.upload(pati.registration), ingest.environment["PADAN_DATABASE_OWNER_URL"]
    behind = None
    with ThreadPoolExecutor(1) as aside:
        starting: Future[Any] | None = None
        for attempt in range(1, MOST_ATTEMPTS + 1):
            # Watched while the service starts: by the time it is ready it may have read the file.
            with held(owner, hostile, partial(is_reading, attempt)):
                if starting is not None:
                    starting.result()
                behind = behind or ingest.upload(pati.base)
                ingest.stop(signal.SIGKILL)
            starting = aside.submit(ingest.start)
        assert starting is not None
        starting.result()
    assert behind is not None
    failed = ingest.until(hostile, "failed")
    assert failed["problem"]["code"] == "reading_given_up"
    ingest.until(behind, "deciding")


def test_a_service_that_is_stopped_while_it_reads_has_not_died_of_the_file(ingest: Ingest, pati: PatiBatch) -> None:
    upload_id, owner = ingest.upload(pati.registration), ingest.environment["PADAN_DATABASE_OWNER_URL"]
    with held(owner, upload_id, lambda point: point.stage == "reading"):
        assert ingest.process is not None
        ingest.process.send_signal(signal.SIGTERM)
    assert ingest.process.wait(30) == 0
    assert attempts_of(ingest, upload_id) == 0
    ingest.start()
    ingest.until(upload_id, "deciding")


def test_a_worker_that_was_overtaken_writes_nothing(ingest: Ingest, pati: PatiBatch) -> None:
    upload_id = ingest.upload(pati.base)
    ingest.until(upload_id, "deciding")
    written = ingest.count("batch_row")
    late = [RowRecord(written + 1, None, None, [], [], None, None)]
    with pytest.raises(TakenOverError), ingest.database.transaction() as connection:
        batches.report(connection, UUID(upload_id), 0, late)
    assert ingest.count("batch_row") == written
