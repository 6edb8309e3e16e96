"""Views held against a store on a real PostgreSQL: however much was set aside, and whatever the servers do."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from uuid import UUID

import msgspec
import psycopg
import pytest
from http_peer import served
from joserfc.jwk import ECKey
from kafka_peer import until
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_events import shard_of
from padan_runtime.database import Database, migrate
from padan_runtime.reconciliation.asking import Part, QuestionRefusedError, Reconciliation, StoreClient
from padan_runtime.reconciliation.digest import MOST_LEFT_OUT, Group, Question
from padan_runtime.reconciliation.serving import Store
from padan_runtime.service_tokens import ServiceIdentity
from psycopg import sql

TOPIC = "test.reconciled.v1"
READER = "test.view"
SAME, OTHER = (UUID(int=n) for n in (1, 2))


class Asking:
    """A store that is asked without a network between."""

    def __init__(self, store: Store) -> None:
        self._store, self.without = store, list[int]()

    async def ask(self, topic: str, question: Question) -> dict[str, Group]:
        assert topic == TOPIC
        self.without.append(len(question.without))
        answer = await asyncio.to_thread(self._store.answer, msgspec.json.encode(question))
        return {group.name: group for group in answer.groups}


def a_part(store: Asking | StoreClient) -> Part:
    return Part(TOPIC, "all", sql.SQL("SELECT shard::smallint, key, mark FROM reconciled_view"), store)


@pytest.fixture
def database(make_database: MakeDatabase) -> Iterator[Database]:
    """A view and its store side by side: one household is the same in both, another is not."""
    url, owner_url = make_database("household", ["padan_runtime"])
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("SELECT create_log(%s, false)", [TOPIC])
        owner.execute("CREATE TABLE reconciled_view (shard int, key text, mark text)")
        for table in ("reconciled_view", "reconciled_store"):
            owner.execute(f"CREATE TABLE IF NOT EXISTS {table} (shard int, key text, mark text)".encode())
            for household in (SAME, OTHER):
                mark = table if household == OTHER else "1"
                row = [shard_of(str(household)), str(household), mark]
                owner.execute(f"INSERT INTO {table} VALUES (%s, %s, %s)".encode(), row)
    migrate(owner_url, ["padan_runtime"], grant_to="household")
    opened = Database(url, name="test", size=2)
    opened.open()
    yield opened
    opened.close()


def a_store(database: Database) -> Asking:
    items = sql.SQL(
        "SELECT shard::smallint, key, mark FROM reconciled_store WHERE EXISTS (SELECT FROM {log} e) OR true"
    )
    return Asking(Store(database, TOPIC, {"all": items}))


async def test_more_households_set_aside_than_one_question_holds_are_asked_about_shard_by_shard(
    database: Database,
) -> None:
    store = a_store(database)
    (found,) = await Reconciliation(READER, database, [a_part(store)]).once()
    assert (found.households, found.left_out, found.differences) == (2, 0, (str(OTHER),))
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO operator_action (actor, action, parked_id, reader, topic, shard, pos, record_offset, key, "
            "parked_for, digest) SELECT 'rina', 'dropped', gen_random_uuid(), %s, %s, 0, n, n, "
            "convert_to(gen_random_uuid()::text, 'UTF8'), 'undecodable', '' FROM generate_series(1, %s) AS n",
            [READER, TOPIC, MOST_LEFT_OUT + 1],
        )
    store.without.clear()
    (found,) = await Reconciliation(READER, database, [a_part(store)]).once()
    assert (found.households, found.left_out) == (2, MOST_LEFT_OUT + 1)
    assert (found.shards, found.differences) == ((shard_of(str(OTHER)),), (str(OTHER),))
    assert sum(store.without[:24]) == MOST_LEFT_OUT + 1


async def test_waiting_for_the_database_holds_up_nothing_else(database: Database) -> None:
    held = ExitStack()
    for _ in range(2):  # all that the pool has: it waits for up to 30 s
        held.enter_context(database.transaction())
    asyncio.get_running_loop().call_later(0.1, held.close)  # never comes to that where the loop is held up
    reconciliation = Reconciliation(READER, database, [a_part(a_store(database))])
    async with asyncio.timeout(20):
        assert len(await reconciliation.once()) == 1


class Refusing(BaseHTTPRequestHandler):
    """A store that does not take the question."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(422)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Told:
    """Where log lines go: their level by what they say."""

    def __init__(self) -> None:
        self.lines: dict[str, str] = {}

    def warning(self, event: str, **_: object) -> None:
        self.lines[event] = "warning"

    def error(self, event: str, **_: object) -> None:
        self.lines[event] = "error"


async def test_a_question_that_is_refused_is_an_error_and_no_wait(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told()
    monkeypatch.setattr("padan_runtime.reconciliation.asking.logger", lambda: told)
    key = msgspec.json.encode(ECKey.generate_key("P-256", {"kid": "gateway"}).as_dict(private=True))
    with served(Refusing) as url:
        client = StoreClient("household", url, ServiceIdentity("gateway", key))
        reconciliation = Reconciliation(READER, database, [a_part(client)], every_s=0, first_after_s=0)
        with pytest.raises(QuestionRefusedError):
            await reconciliation.once()
        stop = asyncio.Event()
        task = asyncio.create_task(reconciliation.run(stop))
        await until(lambda: bool(told.lines))
        stop.set()
        await task
        await client.close()
    assert told.lines == {"the store refuses to be compared with": "error"}
