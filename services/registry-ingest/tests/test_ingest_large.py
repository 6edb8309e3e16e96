"""Files far larger than the service may be: what it holds does not grow with them, and a kill costs nothing twice."""

import io
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastexcel
import pytest
from ingest_process import Ingest, wait_for
from padan_cli.platform.instance import project_root
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.validity_report import workbook
from padan_registry_ingest.validity_report.workbook import Workbook
from padan_simulators.pati.many import ManyRows, write_many
from process_memory import MemoryWatch, watched
from quick_registers import quick_registers

SERVICE_MB = 300
CHILD_MB = 2_000
ONCE = 2_000


@pytest.fixture(scope="module")
def registers_at_once() -> Iterator[str]:
    with quick_registers() as url:
        yield url


@pytest.fixture
def large(ingest: Ingest, registers_at_once: str) -> Ingest:
    """The service with its usual settings for files of any size, and registers that answer at once."""
    ingest.stop()
    ingest.environment |= {
        "PADAN_CIVIL_REGISTRY_URL": registers_at_once,
        "PADAN_BARRED_REGISTER_URL": registers_at_once,
        "PADAN_UPLOAD_LIMIT_MB": "500",
        "PADAN_ROWS_AT_ONCE": "4000",
    }
    ingest.start()
    return ingest


def reported(ingest: Ingest, upload_id: str) -> tuple[int, int, int]:
    """Of an upload: rows written, rows that are pending, and different events among those in the log."""
    with ingest.database.transaction() as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM batch_row WHERE upload_id = %(id)s), "
            "(SELECT count(*) FROM batch_row WHERE upload_id = %(id)s AND outcome = 'pending'), "
            "(SELECT count(DISTINCT key) FROM log_registry_intake_v1)",
            {"id": upload_id},
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


def check_whole(ingest: Ingest, upload_id: str, rows: int) -> dict[str, Any]:
    """Every row is written once, and every valid one reported once."""
    found = ingest.document(upload_id)
    assert found["rows"] == rows == found["valid"] + found["invalid"]
    assert found["invalid"] == sum(found["first_reasons"].values()) > 0
    written, pending, households = reported(ingest, upload_id)
    assert (written, pending, households) == (rows, found["valid"], found["valid"])
    assert ingest.count("log_registry_intake_v1") == found["valid"]
    assert ingest.count("batch_work") == ingest.count("register_answer") == 0
    return found


def until(ingest: Ingest, upload_id: str, within_s: float, *states: str) -> None:
    wait_for(lambda: ingest.document(upload_id)["state"] in (*states, "failed"), within_s)
    assert ingest.document(upload_id)["state"] in states


def test_what_the_service_holds_does_not_grow_with_the_file(large: Ingest, tmp_path: Path) -> None:
    many = write_many(20_000, tmp_path, once=ONCE)
    assert large.process is not None
    with watched(large.process.pid) as memory:
        upload_id = large.upload(many.recipients, many.members)
        until(large, upload_id, 300, "deciding")
        assert len(large.get(f"/batches/{upload_id}/rows.csv").content.splitlines()) == many.rows + 1
        found = check_whole(large, upload_id, many.rows)
        book = fastexcel.read_excel(large.get(f"/batches/{upload_id}/rejected.xlsx").content)
    assert book.load_sheet("penerima").height == found["invalid"]
    assert memory.service < SERVICE_MB
    assert memory.children
    assert memory.largest_child < CHILD_MB


def test_killed_at_random_moments_it_goes_on_where_it_was_and_does_nothing_twice(large: Ingest, tmp_path: Path) -> None:
    large.stop()
    large.environment["PADAN_ROWS_AT_ONCE"] = "250"
    large.start()
    many = write_many(6_000, tmp_path, once=ONCE)
    upload_id = large.upload(many.recipients, many.members)
    rng, stages = random.Random(4), []
    for _ in range(4):
        # Not a wait for anything: the moment is what is random.
        time.sleep(rng.uniform(0.1, 1.5))
        stages.append(large.document(upload_id)["progress"]["stage"])
        large.stop(signal.SIGKILL)
        with large.database.transaction() as connection:  # by chance all of them may fall into the reading
            connection.execute("UPDATE upload SET reading_attempts = 0")
        large.start()
    assert stages
    until(large, upload_id, 300, "deciding")
    check_whole(large, upload_id, many.rows)


@pytest.mark.long
def test_a_million_rows_with_a_kill_in_the_middle(large: Ingest) -> None:
    many = write_many(1_000_000, project_root() / ".padan" / "many")
    watches: list[MemoryWatch] = []
    upload_id = _watched_until(large, watches, many, "reporting")
    wait_for(lambda: large.document(upload_id)["progress"]["done"] > many.rows // 2, 3_600)
    large.stop(signal.SIGKILL)
    large.start()
    assert large.process is not None
    with watched(large.process.pid) as memory:
        until(large, upload_id, 3_600, "deciding")
    watches.append(memory)
    check_whole(large, upload_id, many.rows)
    assert max(watch.service for watch in watches) < SERVICE_MB
    assert max(watch.largest_child for watch in watches) < CHILD_MB


def _watched_until(large: Ingest, watches: list[MemoryWatch], many: ManyRows, stage: str) -> str:
    assert large.process is not None
    with watched(large.process.pid) as memory:
        upload_id = large.upload(many.recipients, many.members)
        wait_for(lambda: large.document(upload_id)["progress"]["stage"] in (stage, "failed"), 3_600)
    watches.append(memory)
    return upload_id


def test_a_workbook_is_written_row_by_row_with_every_cell_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    cells = ["3318015708900001", "=1+1", 'A & B <"c">', "\x01 x ", ""]
    with Workbook(file) as book:
        with book.sheet("penerima", ("NIK", "NAMA"), ("X", "Y", "Z")) as write:
            write(cells)
        with book.sheet("anggota", ("NIK",)):
            pass
    opened = fastexcel.read_excel(file.getvalue())
    assert opened.sheet_names == ["penerima", "anggota"]
    assert opened.load_sheet("penerima", header_row=None, dtypes="string").to_polars().rows() == [
        ("NIK", "NAMA", "X", "Y", "Z"), ("3318015708900001", "=1+1", 'A & B <"c">', " x ", None),
    ]  # fmt: skip
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    with Workbook(io.BytesIO()) as book, book.sheet("penerima", ("NIK",)) as write:
        write(["1"])
        write(["2"])
        with pytest.raises(FileFault, match="report_too_large"):
            write(["3"])
