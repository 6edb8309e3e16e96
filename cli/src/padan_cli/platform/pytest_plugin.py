"""Real servers for tests: one platform for the whole run, started when the first test asks for it.

The root `conftest.py` names this module in `pytest_plugins`. The platform has a folder of its own
(`.padan/test-<pid>-run`), which is removed at the end; what a killed run left behind is removed by the next one.
"""

import asyncio
import fcntl
import os
import shutil
import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

import psycopg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from padan_events.create_topics import create_topics
from padan_events.kafka_client import Kafka, client_of
from padan_events.topics import EVENT_TOPICS, PARKED_TOPICS
from padan_runtime.database import migrate
from psycopg import sql

from padan_cli.platform import Instance, Platform, databases
from padan_cli.platform.instance import project_root
from padan_cli.platform.postgres import SUPERUSER


class FreshDatabase(NamedTuple):
    """A database of one test, without a row: the address of its run-time role and of its owner."""

    url: str
    owner_url: str

    @property
    def name(self) -> str:
        """Its name on the server."""
        return self.url.rpartition("/")[2]

    def url_for(self, platform: Platform, role: str) -> str:
        """Address for another of its roles, such as `gateway_reader`."""
        return platform.database_url(self.name, role)


class MakeDatabase(Protocol):
    """Makes a database of `name`, with the migrations of `packages` (default: all that its service applies)."""

    def __call__(self, name: str, packages: Sequence[str] | None = None) -> FreshDatabase: ...


_APPLIED = {
    "registry_ingest": ("padan_runtime", "padan_registry_ingest"),
    "household": ("padan_runtime", "padan_household"),
    "keyring": ("padan_household.keyring",),
    "eligibility": ("padan_runtime", "padan_eligibility"),
    "gateway": ("padan_runtime", "padan_gateway"),
}


@contextmanager
def own_platform(name: str) -> Iterator[Platform]:
    """A platform of one's own below `.padan/test-<pid>-<name>`, stopped and removed at the end; not started."""
    home = project_root() / ".padan"
    folder = home / f"test-{os.getpid()}-{name}"
    folder.mkdir(parents=True)
    with (folder / "in-use").open("w") as in_use:
        # Held by this run and no other: who can take it later knows that this run is over.
        fcntl.flock(in_use, fcntl.LOCK_EX)
        own = Platform(Instance(folder), bound=True)
        try:
            yield own
        finally:
            own.down()
            # With the lock still held: a run that begins just now would sweep the same folder.
            shutil.rmtree(folder)


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """Kafka and PostgreSQL with databases, roles and topics; a service is added by `platform.start(name)`."""
    sweep(project_root() / ".padan")
    with own_platform("run") as shared:
        shared.up(only=["postgres", "kafka"])
        with psycopg.connect(shared.database_url("postgres", SUPERUSER), autocommit=True) as server:
            # Some hundred databases are made and dropped here. A killed process loses nothing it gave to the kernel;
            # only the death of the machine asks for more, and no test of one process plays that.
            server.execute("ALTER SYSTEM SET fsync = off")
            server.execute("SELECT pg_reload_conf()")
        yield shared


@pytest.fixture(scope="session")
def kafka_bootstrap(platform: Platform) -> str:
    """Bootstrap address of the run's broker; all topics of the contract exist."""
    return platform.kafka


@pytest.fixture
def fresh_topics(kafka_bootstrap: str) -> str:
    """Bootstrap address of the run's broker with every topic that services read empty: positions begin at 1 again.

    Topics of what was parked are left as they are: hardly anybody reads them, and making them anew would cost every
    test.
    """
    asyncio.run(empty_topics(kafka_bootstrap, EVENT_TOPICS))
    return kafka_bootstrap


@pytest.fixture
def fresh_parked_topics(fresh_topics: str) -> None:
    """With those of what was parked empty, too: at a start after a restore a service compares its logs of them."""
    asyncio.run(empty_topics(fresh_topics, PARKED_TOPICS))


async def empty_topics(kafka: Kafka, topics: Collection[str]) -> None:
    """Make topics anew, without a record: positions begin at 1 again."""
    admin = AIOKafkaAdminClient(**client_of(kafka).options())
    await admin.start()
    try:
        await admin.delete_topics(list(topics))
        while set(topics) & set(await admin.list_topics()):
            await asyncio.sleep(0.02)  # deletion is asked for, not done, when the call returns
    finally:
        await admin.close()
    await create_topics(kafka)


@pytest.fixture(scope="session")
def migrated() -> dict[tuple[str, ...], str]:
    """Databases of this run that others are copied from, by name and what is applied: migrating takes ten times as
    long as copying."""
    return {}


@pytest.fixture
def make_database(platform: Platform, migrated: dict[tuple[str, ...], str]) -> Iterator[MakeDatabase]:
    """Makes fresh databases; each is dropped at the end of the test.

    The name says whose it is (`household`, `gateway` ...): its roles are `<name>_owner` and `<name>`, for
    the gateway `gateway_writer` and `gateway_reader`.
    """
    made: list[str] = []
    secrets = platform.instance.secrets
    with psycopg.connect(platform.database_url("postgres", SUPERUSER), autocommit=True) as server:

        def fresh(name: str, template: str) -> FreshDatabase:
            roles = databases.RUN_TIME_ROLES[name]
            database = f"{name}_{uuid.uuid4().hex[:12]}"
            databases.create(server, secrets, database, roles, owner=f"{name}_owner", template=template)
            return FreshDatabase(
                platform.database_url(database, roles[0]), platform.database_url(database, f"{name}_owner")
            )

        def make(name: str, packages: Sequence[str] | None = None) -> FreshDatabase:
            applied = _APPLIED[name] if packages is None else tuple(packages)
            if applied and (name, *applied) not in migrated:
                template = fresh(name, "template1")
                migrate(template.owner_url, applied, grant_to=databases.RUN_TIME_ROLES[name][0])
                migrated[name, *applied] = template.name
            one = fresh(name, migrated[name, *applied] if applied else "template1")
            made.append(one.name)
            return one

        yield make
        for database in made:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def sweep(home: Path) -> None:
    """End and remove what killed runs left."""
    for folder in home.glob("test-*"):
        try:
            in_use = (folder / "in-use").open("r+")
        except FileNotFoundError:
            continue
        with in_use:
            try:
                fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            # Another run may have swept it between the opening of the file and the lock.
            if (folder / "instance.json").exists():
                Platform(Instance(folder)).down()
                shutil.rmtree(folder)
