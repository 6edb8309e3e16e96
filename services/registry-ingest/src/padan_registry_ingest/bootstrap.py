"""Puts the service together."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from fastapi import FastAPI
from padan_events.topics import HOUSEHOLD_EVENTS, INTAKE, OUTCOMES, parked_topics_of
from padan_runtime import schema
from padan_runtime.database import Database
from padan_runtime.http import Health, Progress, create_app
from padan_runtime.keys import KeyClient
from padan_runtime.left_behind import LogLeftBehindError, require_whole
from padan_runtime.process import Task
from padan_runtime.projector import Projector
from padan_runtime.reconciliation.asking import StoreClient
from padan_runtime.relay import Relay
from padan_runtime.same_server import SameServer
from padan_runtime.sealing import keyed_hash
from padan_runtime.service_tokens import read_identity
from padan_runtime.settings import fail

from padan_registry_ingest import SERVICE, SOURCE
from padan_registry_ingest.batches.deaths import Deaths
from padan_registry_ingest.batches.registration import Registration
from padan_registry_ingest.batches.splitting import Splitter
from padan_registry_ingest.batches.stage import Stages
from padan_registry_ingest.batches.welfare_ranking import WelfareRanking
from padan_registry_ingest.batches.work import Worker
from padan_registry_ingest.commands.household import DecidingHousehold
from padan_registry_ingest.commands.validating import Validation
from padan_registry_ingest.correcting.comparing import Corrections
from padan_registry_ingest.http_api.batches import BatchApi
from padan_registry_ingest.http_api.commands import CommandApi
from padan_registry_ingest.http_api.life_events import LifeEventApi
from padan_registry_ingest.http_api.list_checks import ListCheckApi
from padan_registry_ingest.http_api.photos import PhotoApi
from padan_registry_ingest.http_api.register_matches import RegisterMatchApi
from padan_registry_ingest.http_api.uploads import UploadApi
from padan_registry_ingest.life_events.polling import FeedPoller
from padan_registry_ingest.life_events.receiving import Receiver
from padan_registry_ingest.life_events.registry_feed import RegistryFeed
from padan_registry_ingest.list_check.reading import ListReader
from padan_registry_ingest.matching.ask import Matcher
from padan_registry_ingest.matching.registers import BarredRegister, CivilRegistry
from padan_registry_ingest.outcomes import handler as outcomes
from padan_registry_ingest.persons import index
from padan_registry_ingest.persons.overdue import OverdueDeciles
from padan_registry_ingest.persons.reconciling import reconciliation
from padan_registry_ingest.photos.album import Album
from padan_registry_ingest.photos.storage import PhotoStore
from padan_registry_ingest.reading.tables import Limits
from padan_registry_ingest.settings import IngestSettings, schemas
from padan_registry_ingest.uploading.uploads import Uploads

_MB: Final = 1 << 20
LOGS: Final = (INTAKE.name, *parked_topics_of(SERVICE))


class Api(Protocol):
    """Addresses of one slice."""

    def install(self, app: FastAPI) -> None:
        """Add them."""


class Service:
    """The service, ready to run: `app` to serve, `tasks` to run beside it."""

    def __init__(self, settings: IngestSettings) -> None:
        hash_key = settings.secret("nik-hash.key")
        identity, verifier = read_identity(settings.secrets, SERVICE)
        server = SameServer(SERVICE)
        self.database = Database(settings.database_url, name=SERVICE, server=server)
        self._keys = KeyClient(settings.household_url, identity)
        self._civil = CivilRegistry(settings.civil_registry_url)
        self._barred = BarredRegister(settings.barred_register_url)

        def hashed(number: str) -> bytes:
            return keyed_hash(hash_key, number)

        self.relay = Relay(settings.database_url, settings.kafka_client, LOGS, source=SOURCE, server=server)
        stages = Stages(self.database, settings.folder)
        limits = Limits(settings.reader_memory_mb, settings.reader_time_s)
        matcher = Matcher(self.database, self._civil, self._barred)
        self.worker = Worker(
            stages,
            self._keys,
            Splitter(stages, limits, settings.rows_at_once),
            {
                "registration": Registration(stages, matcher, hashed, limits),
                "ranking": WelfareRanking(stages, hashed),
                "deaths": Deaths(stages, hashed),
            },
            corrections=Corrections(self.database, self._keys, hashed),
            leading=lambda: self.relay.leading,
        )
        # Batches of 1,000: opened, that many households take some 15 MB.
        self.persons = Projector(
            reader=index.READER,
            topics=[HOUSEHOLD_EVENTS],
            handler=index.PersonIndex(self.database, self._keys),
            database=self.database,
            kafka=settings.kafka_client,
            batch=1_000,
        )
        self.outcomes = Projector(
            reader=outcomes.READER,
            topics=[OUTCOMES],
            handler=outcomes.Outcomes(self.worker.wake.set),
            database=self.database,
            kafka=settings.kafka_client,
        )
        uploads = Uploads(self.database, self._keys, settings.folder, most_bytes=settings.upload_limit_mb * _MB)
        batches = BatchApi(
            self.database, self._keys, verifier,
            uploads=uploads, folder=settings.folder, wake=self.worker.wake.set,
        )  # fmt: skip
        lists = ListReader(
            self.database, self._keys, settings.folder, limits=limits, leading=lambda: self.relay.leading
        )
        checks = ListCheckApi(
            self.database, self._keys, verifier, hashed,
            folder=settings.folder, most_bytes=uploads.most_bytes, wake=lists.wake.set,
        )  # fmt: skip
        self._deciding = DecidingHousehold(settings.household_url, identity)
        album = Album(self.database, self._keys, _photo_store(settings))
        validation = Validation(self._civil, self._barred, self._deciding, album)
        commands = CommandApi(verifier, self._deciding, validation, hashed)
        photos = PhotoApi(
            album, verifier,
            folder=settings.folder, most_bytes=settings.photo_limit_mb * _MB,
        )  # fmt: skip
        receiver = Receiver(self._keys, hashed)
        told = LifeEventApi(self.database, receiver, verifier)
        matches = RegisterMatchApi(self.database, self._keys, verifier, hashed)
        feed = FeedPoller(
            self.database, RegistryFeed(settings.civil_registry_url), receiver,
            every_s=settings.civil_registry_feed_s, leading=lambda: self.relay.leading,
        )  # fmt: skip
        self.app = self._app([batches, UploadApi(uploads, verifier), checks, commands, photos, told, matches])
        reconciling = reconciliation(self.database, StoreClient("household", settings.household_url, identity))
        overdue = OverdueDeciles(self.database, leading=lambda: self.relay.leading)
        self.tasks: list[Task] = [
            server.run, self.worker.run, self.persons.run, self.outcomes.run, self.relay.run,
            uploads.run, lists.run, overdue.run, reconciling.run, feed.run,
        ]  # fmt: skip

    def _app(self, apis: Sequence[Api]) -> FastAPI:
        health = Health()
        health.require("database", self.database.healthy)
        readers: dict[str, Projector[Any]] = {index.READER: self.persons, outcomes.READER: self.outcomes}
        progress = Progress(self.database, logs=LOGS, readers=tuple(readers))
        for name, reader in readers.items():
            health.require(name, _reads(reader))
            health.require(f"{name}.breaker", _whole(reader))
            progress.stopped[name] = _stopped(reader)
        app = create_app(title="Padan registry-ingest", health=health, progress=progress, openapi_url=None)
        for api in apis:
            api.install(app)
        return app


def _photo_store(settings: IngestSettings) -> PhotoStore:
    try:
        return PhotoStore(settings.photo_store, settings.folder)
    except ValueError as error:
        fail(f"PADAN_PHOTO_STORE: {error}")


def _reads(reader: Projector[Any]) -> Callable[[], bool]:
    return lambda: reader.assigned > 0


def _whole(reader: Projector[Any]) -> Callable[[], bool]:
    return lambda: not reader.broken


def _stopped(reader: Projector[Any]) -> Callable[[], dict[tuple[str, int], str]]:
    return lambda: reader.stopped


def prepare(settings: IngestSettings) -> Service:
    """Migrate the database, or see that it is; put the service together. Ends the process (78) where the database was
    set back."""
    schema.prepare(schemas(settings))
    service = Service(settings)
    service.database.open()
    try:
        require_whole(service.database, settings.kafka_client, LOGS)
    except LogLeftBehindError as error:
        fail(f"the database was set back: {error}")
    return service
