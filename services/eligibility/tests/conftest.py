"""Fixtures of eligibility's tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from eligibility_worker import Worker, a_worker


@pytest.fixture
def worker(fresh_topics: str, make_database: Callable[[str], Any], platform: Any, tmp_path: Path) -> Iterator[Worker]:
    """The service on the run's servers, not started yet, with no keyring to ask."""
    database = make_database("eligibility")
    with a_worker(
        kafka=fresh_topics,
        database_url=database.url,
        owner_url=database.owner_url,
        household_url="http://127.0.0.1:9",
        secrets=platform.instance.secrets / "eligibility",
        folder=tmp_path,
    ) as made:
        yield made
