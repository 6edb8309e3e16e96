"""Fixtures of this service's tests: a gateway over a fresh database, with real servers behind it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from gateway_given import NIK_HASH_KEY, Register
from gateway_world import HouseholdPeer, IngestPeer, Signer, World, serving
from padan_cli.platform import Platform
from padan_cli.platform.credentials import mint
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_gateway.bootstrap import bootstrap
from padan_gateway.settings import GatewaySettings
from padan_runtime import logs
from pydantic import HttpUrl


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    (tmp_path / "nik-hash.key").write_bytes(NIK_HASH_KEY)
    mint(tmp_path)  # what exists is kept and handed to the services
    return tmp_path


@pytest.fixture
def make_settings(platform: Platform, make_database: MakeDatabase, secrets: Path) -> Callable[..., GatewaySettings]:
    database = make_database("gateway")

    def make(household: str, ingest: str) -> GatewaySettings:
        return GatewaySettings(
            environment="development",
            kafka=platform.kafka,
            database_url=database.url,
            database_owner_url=database.owner_url,
            database_reader_url=database.url_for(platform, "gateway_reader"),
            http_port=0,
            secrets=secrets / "gateway",
            household_url=HttpUrl(household),
            registry_ingest_url=HttpUrl(ingest),
            eligibility_url=HttpUrl("http://127.0.0.1:9"),  # nothing listens there: a service that is down
        )

    return make


@pytest.fixture
def make_world(make_settings: Callable[..., GatewaySettings], secrets: Path) -> Iterator[Callable[..., World]]:
    """Makes a world; `projecting` also runs the gateway's tasks against Kafka."""
    logs.configure("gateway", "error")  # structlog's own traceback renderer takes seconds
    with ExitStack() as stack:

        def make(*, projecting: bool = False) -> World:
            register = Register()
            household, ingest = HouseholdPeer(register, secrets), IngestPeer(secrets)
            ingest_server = stack.enter_context(ExitStack())
            household_url = stack.enter_context(serving(household.app))
            settings = make_settings(household_url, ingest_server.enter_context(serving(ingest.app)))
            gateway = bootstrap(settings)
            stack.callback(gateway.close_pools)
            url = stack.enter_context(serving(gateway.app, *(gateway.tasks if projecting else ())))
            return World(
                gateway=gateway,
                register=register,
                household=household,
                household_url=household_url,
                ingest=ingest,
                stop_ingest=ingest_server.close,
                signer=Signer(secrets),
                client=stack.enter_context(httpx.Client(base_url=url, timeout=30, trust_env=False)),
                owner_url=settings.database_owner_url,
                secrets=secrets,
            )

        yield make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A gateway whose views are written by the test."""
    return make_world()
