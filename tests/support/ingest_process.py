"""registry-ingest as a process, and a peer that keeps keys as household does, for tests."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx
import msgspec
import uvicorn
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, Request, Response
from padan_events import Event, encode, shard_of, type_of
from padan_events.commands import CommandAccepted, CommandRefused, CommandRequest, CommandUnanswered
from padan_events.effects import HouseholdFact
from padan_events.envelope import to_headers
from padan_events.household import Proposed, SealedMember
from padan_events.intake import Accepted, Refused
from padan_events.personal import HouseholdIdentity, PersonIdentity, PersonSensitive
from padan_runtime import log
from padan_runtime.database import Database
from padan_runtime.keys import HouseholdKeys, IntakeKey, KeysRequest, KeysResponse, SubjectKeys
from padan_runtime.sealing import keyed_hash, seal
from padan_runtime.service_tokens import ServiceIdentity
from padan_simulators.pati import PatiBatch
from psycopg import sql

INTAKE = "registry.intake.v1"
ROWS = 1_000


class KeyPeer:
    """Serves intake keys and the identity keys that a test has made, over HTTP, and takes commands down: it refuses
    what was found wrong, and accepts all else."""

    def __init__(self) -> None:
        self.keys: dict[UUID, dict[UUID, bytes | None]] = {}  # None: destroyed
        self.intake, self.gone = os.urandom(32), False
        self.commands: list[CommandRequest] = []
        self.port = free_port()
        app = FastAPI()

        @app.get("/intake-keys/{day}")
        def intake_key(day: str) -> Response:
            if self.gone:
                return Response(status_code=404)
            return Response(msgspec.json.encode(IntakeKey(day, self.intake)))

        @app.post("/keys:batch")
        async def keys(request: Request) -> Response:
            wanted = msgspec.json.decode(await request.body(), type=KeysRequest).household_ids
            found = tuple(
                HouseholdKeys(h, tuple(SubjectKeys(s, identity=key) for s, key in self.keys.get(h, {}).items()))
                for h in wanted
            )
            return Response(msgspec.json.encode(KeysResponse(found)))

        @app.post("/commands:answered")
        def answered() -> Response:
            return Response(msgspec.json.encode(CommandUnanswered()))

        @app.post("/commands")
        async def command(request: Request) -> Response:
            asked = msgspec.json.decode(await request.body(), type=CommandRequest)
            self.commands.append(asked)
            accepted = CommandAccepted(household_id=uuid4(), version=1, events=())
            return Response(msgspec.json.encode(CommandRefused(faults=asked.found) if asked.found else accepted))

        self.server = uvicorn.Server(uvicorn.Config(app, port=self.port, log_level="warning"))
        self._thread = threading.Thread(target=self.server.run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.server.should_exit = True
        self._thread.join()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], Any], within_s: float = 60.0) -> Any:
    """Wait until the condition gives something, and return it."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)  # of another process: nothing to wait on but what it answers
    raise AssertionError("the condition did not come to hold")


def expected_reasons(pati: PatiBatch) -> dict[str, int]:
    """Without the base register nobody is held by another household: those rows are valid."""
    return {
        code: count
        for code, count in pati.expected.by_first_reason.items()
        if count and code != "duplicate_in_register"
    }


class Ingest:
    """The service as a process, and what a test does to it."""

    def __init__(self, environment: dict[str, str], database: Database, secrets: Path, peer: KeyPeer) -> None:
        self.environment, self.database, self.secrets, self.peer = environment, database, secrets, peer
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{environment['PADAN_HTTP_PORT']}", timeout=30)
        self._identity = ServiceIdentity("gateway", (secrets / "gateway.key.json").read_bytes())
        self.hash_key = (secrets / "nik-hash.key").read_bytes()
        self.positions: dict[tuple[str, int], int] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "padan_registry_ingest"], env=self.environment, stdout=subprocess.DEVNULL
        )
        wait_for(self._ready)

    def _ready(self) -> bool:
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(30)

    def headers(self, region: str = "3318") -> dict[str, str]:
        return {**self._identity.headers("registry-ingest"), "Padan-Actor": "user:clerk", "Padan-Region": region}

    def get(self, path: str, region: str = "3318") -> httpx.Response:
        return self.http.get(path, headers=self.headers(region))

    def send(self, *paths: Path, region: str = "3318", **form: str) -> httpx.Response:
        files = dict(zip(("file", "members"), [path.read_bytes() for path in paths], strict=False))
        return self.http.post("/batches", files=files, data=form, headers=self.headers(region))

    def upload(self, *paths: Path, **form: str) -> str:
        answer = self.send(*paths, **form)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["upload_id"])

    def document(self, upload_id: str) -> dict[str, Any]:
        return dict(self.get(f"/batches/{upload_id}").json())

    def until(self, upload_id: str, *states: str) -> dict[str, Any]:
        return dict(wait_for(lambda: (found := self.document(upload_id))["state"] in states and found))

    def count(self, table: str) -> int:
        """How many rows a table has."""
        with self.database.transaction() as connection:
            row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        assert row is not None
        return int(row[0])

    def intake(self) -> list[Event]:
        with self.database.transaction() as connection:
            return log.read_after(connection, INTAKE, "/test", dict.fromkeys(range(24), 0), 1_000_000)

    def answer(self, data: list[Accepted | Refused]) -> None:
        """Publish outcomes as household does, going on where each shard's positions stand."""
        self._publish("household.outcomes.v1", [(d, str(d.household_id), uuid5(d.report_id, "outcome")) for d in data])

    def register(self, nik: str, card: str) -> UUID:
        """Publish a household that holds a NIK; returns its id."""
        household, event_id = uuid4(), uuid4()
        person = uuid5(household, "person:0")
        keys = {household: os.urandom(32), person: os.urandom(32)}
        self.peer.keys[household] = dict(keys)

        def hashed(number: str) -> str:
            return keyed_hash(self.hash_key, number).hex()

        identity = HouseholdIdentity(
            village="3318012001", family_card_number=card, family_card_hash=hashed(f"kk:{card}")
        )
        who = PersonIdentity(name="SITI", nik=nik, nik_hash=hashed(nik))
        proposed = Proposed(
            household_id=household,
            regency="3318",
            occurred_on=date(2026, 1, 1),
            caretaker=person,
            identity=seal(keys[household], identity, subject=household, event_id=event_id),
            members=(
                SealedMember(
                    person_id=person,
                    membership_seq=1,
                    identity=seal(keys[person], who, subject=person, event_id=event_id),
                    sensitive=seal(os.urandom(32), PersonSensitive(), subject=person, event_id=event_id),
                ),
            ),
        )
        self._publish("household.events.v1", [(proposed, str(household), event_id)])
        return household

    def tell(self, *facts: HouseholdFact) -> None:
        """Publish what becomes of households."""
        self._publish("household.events.v1", [(fact, str(fact.household_id), uuid4()) for fact in facts])

    def _publish(self, topic: str, data: list[tuple[msgspec.Struct, str, UUID]]) -> None:
        events = []
        for content, key, event_id in data:
            shard = shard_of(key)
            self.positions[topic, shard] = pos = self.positions.get((topic, shard), 0) + 1
            events.append(
                Event(
                    topic=topic, shard=shard, pos=pos, event_id=event_id, type=type_of(content).name,
                    source="/padan/household", time=datetime.now(UTC), key=key, actor="service:household",
                    correlation_id=uuid4(), value=encode(content),
                )
            )  # fmt: skip
        asyncio.run(_produce(self.environment["PADAN_KAFKA"], events))


async def _produce(bootstrap: str, events: list[Event]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all")
    await producer.start()
    try:
        for event in events:
            await producer.send(
                event.topic, key=event.key.encode(), value=event.value, partition=event.shard, headers=to_headers(event)
            )
        await producer.flush()
    finally:
        await producer.stop()
