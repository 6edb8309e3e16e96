"""A batch held still at a chosen point, so that what dies there dies in the middle and not where luck has it."""

import contextlib
import time
from collections.abc import Callable, Iterator

import msgspec
import psycopg


class Point(msgspec.Struct, frozen=True):
    """Where a batch is: its stage, how many of its rows have been reported, how many there are, and how many
    processes have begun to read it without coming to an end of that."""

    stage: str
    reported_to: int
    rows: int | None
    reading_attempts: int

    @property
    def in_the_middle(self) -> bool:
        """Whether some of the rows have been reported and others not."""
        return self.stage == "reporting" and self.rows is not None and 0 < self.reported_to < self.rows


@contextlib.contextmanager
def held(url: str, upload_id: str, at: Callable[[Point], bool], within_s: float = 60.0) -> Iterator[Point]:
    """Wait for the point `at`, and hold the batch there by a lock of its row: no worker can note anything of it.

    `url` is of the database of registry-ingest. Raises `AssertionError` where the point is missed.
    """
    deadline = time.monotonic() + within_s
    connection = psycopg.connect(url)
    try:
        while True:
            row = connection.execute(
                "SELECT stage, reported_to, rows, reading_attempts FROM upload WHERE upload_id = %s FOR UPDATE",
                [upload_id],
            ).fetchone()
            assert row is not None
            point = Point(*row)
            if at(point):
                yield point
                return
            connection.rollback()
            assert point.stage not in ("deciding", "done", "failed"), f"the point was missed: {point}"
            assert time.monotonic() < deadline, f"not within {within_s} s: {point}"
            time.sleep(0.002)  # another process works: it waits for our locks, and we for nothing but its rows
    finally:
        # The server may have been killed meanwhile: its locks are gone with it.
        with contextlib.suppress(psycopg.OperationalError):
            connection.close()
