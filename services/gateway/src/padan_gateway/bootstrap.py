"""Puts the gateway together: database, projection, clients, endpoints."""

from dataclasses import dataclass

import msgspec
import psycopg
from fastapi import FastAPI, Request, Response
from padan_events.topics import ELIGIBILITY_EVENTS, HOUSEHOLD_EVENTS, parked_topics_of
from padan_runtime import problems, schema
from padan_runtime.database import Database
from padan_runtime.http import Health, Progress, create_app, json_response
from padan_runtime.keys import KeyClient
from padan_runtime.parking.telling import tell_what_is_parked
from padan_runtime.process import Task
from padan_runtime.projector import Projector
from padan_runtime.reconciliation.asking import StoreClient
from padan_runtime.relay import Relay
from padan_runtime.service_tokens import ServiceIdentity
from starlette.requests import ClientDisconnect

from padan_gateway import bodies, openapi, regions
from padan_gateway.answers import Watermark
from padan_gateway.batches import endpoints as batches
from padan_gateway.commands import endpoints as commands
from padan_gateway.downstream import Refused, Service
from padan_gateway.eligibility import endpoints as eligibility
from padan_gateway.households import endpoints as households
from padan_gateway.life_events import endpoints as life_events
from padan_gateway.list_check import endpoints as list_check
from padan_gateway.list_check.work import ListChecks
from padan_gateway.objections import endpoints as objections
from padan_gateway.parts import Parts
from padan_gateway.payments import endpoints as payment_lists
from padan_gateway.payments import recoveries
from padan_gateway.payments import results as payment_results
from padan_gateway.periods import endpoints as periods
from padan_gateway.persons import endpoints as persons
from padan_gateway.persons import like
from padan_gateway.photos import endpoints as photos
from padan_gateway.pipeline import endpoints as pipeline
from padan_gateway.pipeline.watch import Watch
from padan_gateway.places import endpoints as places
from padan_gateway.policies import endpoints as policies
from padan_gateway.policies import recomputations
from padan_gateway.problems import service_unavailable
from padan_gateway.queues import endpoints as queues
from padan_gateway.register_matches import endpoints as register_matches
from padan_gateway.relocations import endpoints as relocations
from padan_gateway.reviews import endpoints as reviews
from padan_gateway.rounds import endpoints as rounds
from padan_gateway.settings import GatewaySettings, schemas
from padan_gateway.signin.door import Door
from padan_gateway.signin.tokens import TokenVerifier
from padan_gateway.simulations import endpoints as simulations
from padan_gateway.uploads import endpoints as uploads
from padan_gateway.views.projection import READER, ViewsHandler
from padan_gateway.views.reached import reached
from padan_gateway.views.reconciling import reconciliation

NAME = "gateway"
LOGS = parked_topics_of(NAME)
_MOST_CACHED = 5_000


@dataclass(frozen=True)
class Gateway:
    """The service, ready to run."""

    app: FastAPI
    tasks: tuple[Task, ...]
    parts: Parts
    writer: Database

    def close_pools(self) -> None:
        """Close the connections to the database; those over HTTP end with their loop."""
        self.parts.reader.close()
        self.writer.close()


def bootstrap(settings: GatewaySettings) -> Gateway:
    """Migrate the database, or see that it is, and put the service together; opens both pools."""
    schema.prepare(schemas(settings))
    writer = Database(settings.database_url, name=f"{NAME}-writer", size=6)
    reader = Database(settings.database_reader_url, name=f"{NAME}-reader", size=16)
    writer.open()
    reader.open()

    identity = ServiceIdentity(NAME, settings.secret(f"{NAME}.key.json"))
    keys = KeyClient(str(settings.household_url), identity, most=_MOST_CACHED)
    projector = Projector(
        reader=READER,
        topics=(HOUSEHOLD_EVENTS, ELIGIBILITY_EVENTS),
        handler=ViewsHandler(keys),
        database=writer,
        kafka=settings.kafka_client,
    )
    progress = Progress(writer, logs=LOGS, readers=(READER,))
    progress.stopped[READER] = lambda: projector.stopped
    watermark = Watermark()
    verifier = TokenVerifier(
        settings.secret("issuer.jwks.json"), issuer=settings.token_issuer, scope_of=regions.scope_of
    )
    parts = Parts(
        door=Door(verifier),
        reader=reader,
        watermark=watermark,
        reached=reached(writer, watermark),
        keys=keys,
        nik_hash_key=settings.secret("nik-hash.key"),
        household=Service("household", str(settings.household_url), identity),
        registry_ingest=Service("registry-ingest", str(settings.registry_ingest_url), identity),
        eligibility=Service("eligibility", str(settings.eligibility_url), identity),
        progress=progress,
    )
    reconciling = reconciliation(
        writer,
        StoreClient("household", str(settings.household_url), identity),
        StoreClient("eligibility", str(settings.eligibility_url), identity),
    )
    watch = Watch(parts.household, writer, watermark)
    health = Health()
    health.require("database", writer.healthy)
    health.require("database_reader", reader.healthy)
    # A gateway whose projector reads no shard answers, but from views that stand still.
    health.require(READER, lambda: projector.assigned > 0)
    health.require(f"{READER}.breaker", lambda: not projector.broken)
    relay = Relay(settings.database_url, settings.kafka_client, LOGS, source=f"/padan/{NAME}")
    telling = tell_what_is_parked(relay)
    lists = ListChecks(parts, writer)
    tasks = (projector.run, watch.run, lists.run, reconciling.run, telling)
    return Gateway(_app(parts, health, lists), tasks, parts, writer)


def _app(parts: Parts, health: Health, lists: ListChecks) -> FastAPI:
    # Without /progress: this port is public, and how far the services have come is for who may read the pipeline.
    app = create_app(title="Padan", health=health, **openapi.DESCRIPTION)
    for slice_ in (
        households, rounds, objections, queues, relocations, persons, like, eligibility, commands, photos, batches,
        uploads, pipeline, life_events, policies, recomputations, places, simulations, reviews, register_matches,
        periods, payment_lists, payment_results, recoveries,
    ):  # fmt: skip
        app.include_router(slice_.router(parts))
    app.include_router(list_check.router(parts, lists.wake.set))
    app.add_middleware(uploads.SaysVersion)
    app.add_middleware(bodies.Bounded)

    @app.exception_handler(psycopg.OperationalError)
    async def database_away(_: Request, __: psycopg.OperationalError) -> Response:
        # A server that restarts is not a fault of the request: clients try again after a 503, not after a 500.
        return problems.response(service_unavailable("database"))

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> Response:
        # Word for word. Where it says how far an upload in pieces has come, tus wants it in a header too.
        offset = msgspec.json.decode(error.body).get("offset")
        headers = None if offset is None else {"Upload-Offset": str(offset)}
        return Response(error.body, error.status, headers, media_type="application/problem+json")

    @app.exception_handler(ClientDisconnect)
    async def gone(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=400)  # nobody is there to read it; registry-ingest knows what to keep

    @app.get("/", include_in_schema=False)
    async def index() -> Response:
        return json_response(openapi.index(app))

    openapi.install(app)
    return app
