"""A writer stays on the server and timeline it began with; on a real server that is restored behind its address."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from kafka_peer import until
from padan_cli.platform import Platform
from padan_cli.platform.postgres import SUPERUSER
from padan_cli.platform.pytest_plugin import own_platform
from padan_runtime.database import Database
from padan_runtime.relay import Relay
from padan_runtime.same_server import SameServer, ServerChangedError
from restored_server import restore_on_a_new_timeline


@pytest.fixture(scope="module")
def server() -> Iterator[Platform]:
    with own_platform("timeline") as own:
        own.up(only=["postgres"])
        yield own


async def test_a_server_restored_behind_its_address_is_refused_and_ends_the_process(server: Platform) -> None:
    url = server.database_url("household")
    same = SameServer("household")
    database = Database(url, name="test", server=same)
    database.open()
    stop = asyncio.Event()
    watch = asyncio.create_task(same.run(stop))

    server.stop("postgres")
    server.start("postgres")
    await until(database.healthy)
    assert not watch.done(), "a restart is no other server"

    restore_on_a_new_timeline(server)
    assert not database.healthy(), "no connection is handed out"
    with pytest.raises(ServerChangedError):
        await asyncio.wait_for(watch, 10)
    with pytest.raises(ServerChangedError):
        await Relay(url, "127.0.0.1:9", [], source="/padan/test", server=same).run(stop)
    database.close()

    # Whoever begins now begins there.
    after = Database(url, name="test", server=SameServer("household"))
    after.open()
    assert after.healthy()
    after.close()


def test_a_standby_is_no_server_to_begin_with(server: Platform) -> None:
    server.stop("postgres")
    (server.instance.folder / "postgres/data/standby.signal").touch()
    server.start("postgres")
    with psycopg.connect(server.database_url("household")) as connection:
        same = SameServer("household")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            same.check(connection)
        with psycopg.connect(server.database_url("postgres", SUPERUSER)) as promoting:
            assert promoting.execute("SELECT pg_promote()").fetchone() == (True,)
        same.check(connection)
