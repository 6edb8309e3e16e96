"""Fixtures of the runtime's tests."""

from collections.abc import Iterator

import pytest
from padan_runtime import logs
from padan_runtime.database import Database
from parking_given import MakeDatabase, Reading, a_reading_database


@pytest.fixture
def reading(make_database: MakeDatabase) -> Iterator[Reading]:
    """A reader's database."""
    logs.configure("test", "critical")  # structlog's own traceback renderer takes seconds
    with a_reading_database(make_database) as found:
        yield found


@pytest.fixture
def database(reading: Reading) -> Database:
    """The same, for tests that have no use for its owner."""
    return reading.database
