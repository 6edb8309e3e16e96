"""Puts the household service together."""

import asyncio
import contextlib
from datetime import UTC, datetime

import msgspec
from fastapi import FastAPI
from padan_events.topics import HOUSEHOLD_EVENTS, INTAKE, OUTCOMES, parked_topics_of
from padan_runtime import schema
from padan_runtime.database import Database
from padan_runtime.http import Health, Progress, create_app
from padan_runtime.logs import logger
from padan_runtime.process import Task
from padan_runtime.projector import TRANSIENT, Projector
from padan_runtime.relay import Relay
from padan_runtime.same_server import SameServer
from padan_runtime.service_tokens import read_identity
from padan_runtime.settings import fail

from padan_household import cut, reconciling
from padan_household.commands import endpoints as commands
from padan_household.commands.deciding import Commands
from padan_household.deadlines.firing import Deadlines
from padan_household.intake.handler import READER, IntakeHandler
from padan_household.intake.opening import Opener, Report
from padan_household.keyring import endpoints
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.wrapping import KeyEncryption
from padan_household.rounds.opening import MonthlyOpening
from padan_household.settings import HouseholdSettings, schemas
from padan_household.store.application import Register
from padan_household.taking_back.take_back import TakingBack

SERVICE = "household"
SOURCE = f"/padan/{SERVICE}"
LOGS = (HOUSEHOLD_EVENTS.name, OUTCOMES.name, *parked_topics_of(SERVICE))
# Larger batches save round trips, smaller ones keep memory low: 4,000 reports are 40 MB while they are decided.
BATCH = 2_000
_DESTROY_EVERY_S = 3_600.0


class Household(msgspec.Struct):
    """The service's parts; `close` ends its connections."""

    app: FastAPI
    tasks: list[Task]
    projector: Projector[list[Report]]
    keyring: Keyring
    databases: tuple[Database, ...]

    def close(self) -> None:
        """Close every connection pool."""
        for database in self.databases:
            database.close()


def prepare_databases(settings: HouseholdSettings) -> None:
    """Bring both databases to the state this code needs; see `padan_runtime.schema`."""
    schema.prepare(schemas(settings))


def bootstrap(settings: HouseholdSettings) -> Household:
    """The service, with its connections open and nothing running yet."""
    nik_hash_key, encryption_key = (_key(settings, name) for name in ("nik-hash.key", "key-encryption.key"))
    _, verifier = read_identity(settings.secrets, SERVICE)
    server = SameServer(SERVICE)
    database = Database(settings.database_url, name=SERVICE, server=server, generic_plans=True)
    keyring_database = Database(settings.keyring_url, name="keyring")
    for opened in (database, keyring_database):
        opened.open()
    keyring = Keyring(keyring_database, KeyEncryption(encryption_key))
    register = Register(database)
    projector = Projector(
        reader=READER,
        topics=[INTAKE],
        handler=IntakeHandler(
            database=database, register=register, keyring=keyring, opener=Opener(keyring, nik_hash_key)
        ),
        database=database,
        kafka=settings.kafka_client,
        batch=BATCH,
    )
    relay = Relay(settings.database_url, settings.kafka_client, LOGS, source=SOURCE, server=server)
    monthly = MonthlyOpening(
        database, register, keyring, cut_off_days=settings.cut_off_days, opens_on=settings.rounds_open_on
    )
    taking_back = TakingBack(database, register, keyring, settings.kafka_client)
    health = Health()
    health.require("database", database.healthy)
    health.require("keyring", keyring.healthy)
    health.require("store", taking_back.whole.is_set)
    health.require(READER, lambda: projector.assigned > 0)
    health.require(f"{READER}.breaker", lambda: not projector.broken)
    progress = Progress(database, logs=LOGS, readers=(READER,))
    progress.stopped[READER] = lambda: projector.stopped
    app = create_app(title="Padan household", health=health, progress=progress)
    app.include_router(endpoints.router(keyring, verifier))
    app.include_router(
        commands.router(
            Commands(database, register, keyring, nik_hash_key, cut_off_days=settings.cut_off_days),
            verifier,
            taking_back.whole,
        )
    )
    app.include_router(cut.router(database, verifier))
    app.include_router(reconciling.router(database, verifier))

    async def destroy_old_intake_keys(stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                count = await asyncio.to_thread(keyring.destroy_old_intake_keys, now=datetime.now(UTC))
                if count:
                    logger().info("intake keys destroyed", count=count)
            except TRANSIENT as error:
                logger().warning("intake keys wait to be destroyed", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _DESTROY_EVERY_S)

    return Household(
        app=app,
        tasks=[
            server.run,
            taking_back.run,
            taking_back.before(projector.run),
            taking_back.before(relay.run),
            taking_back.before(Deadlines(database, register, keyring).run),
            taking_back.before(monthly.run),
            destroy_old_intake_keys,
        ],
        projector=projector,
        keyring=keyring,
        databases=(database, keyring_database),
    )


def _key(settings: HouseholdSettings, name: str) -> bytes:
    key = settings.secret(name)
    if len(key) != 32:
        fail(f"PADAN_SECRETS: {name} must hold 32 bytes")
    return key
