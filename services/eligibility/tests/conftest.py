"""Fixtures of eligibility's tests."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from deciding_office import Office
from eligibility_worker import Worker, a_worker
from padan_cli.platform import Platform
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_eligibility.policies import packaged
from padan_eligibility.programmes.publishing import publish
from padan_runtime.database import Database
from padan_runtime.keys import KeyClient
from padan_runtime.service_tokens import read_identity
from register_peer import RegisterPeer


@pytest.fixture
def worker(fresh_topics: str, make_database: MakeDatabase, platform: Any, tmp_path: Path) -> Iterator[Worker]:
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


@pytest.fixture
def office_database(make_database: MakeDatabase) -> Any:
    """The office's own database, with the addresses of its role and of its owner."""
    return make_database("eligibility")


@pytest.fixture
def owner_url(office_database: Any) -> str:
    return str(office_database.owner_url)


@pytest.fixture
async def office(platform: Platform, office_database: Any) -> AsyncIterator[Office]:
    secrets: Path = platform.instance.secrets / "eligibility"
    database = Database(office_database.url, name="test")
    database.open()
    identity, _ = read_identity(secrets, "eligibility")
    async with RegisterPeer().serving(secrets) as register:
        keys = KeyClient(register.url, identity)
        publish(database, packaged())
        yield Office(database, register, keys)
        await keys.close()
    database.close()
