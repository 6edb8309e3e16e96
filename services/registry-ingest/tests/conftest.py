"""What the tests of registry-ingest stand on: real servers, both register simulators, and the service as a process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from ingest_process import ROWS, Ingest, KeyPeer, free_port, wait_for
from life_events_given import Registry
from padan_cli.platform import Platform
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_runtime.database import Database
from padan_simulators.pati import PatiBatch, generate


@pytest.fixture(scope="module")
def pati(tmp_path_factory: pytest.TempPathFactory) -> PatiBatch:
    return generate(ROWS, folder=tmp_path_factory.mktemp("pati"), csv=True)


@pytest.fixture(scope="module")
def registers(pati: PatiBatch) -> Iterator[dict[str, str]]:
    started, urls = [], {}
    for name, folder in (("civil_registry", pati.civil_registry), ("barred_register", pati.barred_register)):
        port = free_port()
        environment = {
            "PADAN_ENVIRONMENT": "development", "PADAN_HTTP_PORT": str(port), "PADAN_FOLDER": str(folder),
            "PATH": os.environ["PATH"],
        }  # fmt: skip
        started.append(subprocess.Popen([sys.executable, "-m", f"padan_simulators.{name}"], env=environment))
        urls[name] = f"http://127.0.0.1:{port}"
    for url in urls.values():
        wait_for(partial(_answers, url))
    yield urls
    for process in started:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def resting(
    platform: Platform,
    fresh_topics: str,
    make_database: MakeDatabase,
    registers: dict[str, str],
    tmp_path: Path,
) -> Iterator[Ingest]:
    """The service, not started yet."""
    for url in registers.values():
        httpx.post(f"{url}/simulator/faults", json={"down": False}).raise_for_status()
    made, peer = make_database("registry_ingest"), KeyPeer()
    environment = {
        "PATH": os.environ["PATH"],
        "PADAN_ENVIRONMENT": "development",
        "PADAN_KAFKA": fresh_topics,
        "PADAN_DATABASE_URL": made.url,
        "PADAN_DATABASE_OWNER_URL": made.owner_url,
        "PADAN_HTTP_PORT": str(free_port()),
        "PADAN_SECRETS": str(platform.instance.secrets / "registry-ingest"),
        "PADAN_HOUSEHOLD_URL": f"http://127.0.0.1:{peer.port}",
        "PADAN_CIVIL_REGISTRY_URL": registers["civil_registry"],
        "PADAN_BARRED_REGISTER_URL": registers["barred_register"],
        "PADAN_FOLDER": str(tmp_path / "ingest"),
        "PADAN_UPLOAD_LIMIT_MB": "2",
        "PADAN_CIVIL_REGISTRY_FEED_S": "0",
        "PADAN_ROWS_AT_ONCE": "100",  # so that a batch can be met in the middle
    }
    database = Database(made.url, name="test")
    database.open()
    service = Ingest(environment, database, platform.instance.secrets, peer)
    yield service
    if service.process is not None and service.process.poll() is None:
        assert service.stop() == 0
    database.close()
    peer.close()


@pytest.fixture
def ingest(resting: Ingest) -> Ingest:
    """The service at work."""
    resting.start()
    return resting


@pytest.fixture(scope="module")
def module_registry(registers: dict[str, str], pati: PatiBatch) -> Registry:
    return Registry(registers["civil_registry"], pati)


@pytest.fixture
def registry(module_registry: Registry) -> Iterator[Registry]:
    module_registry.faults()
    yield module_registry
    module_registry.faults()


@pytest.fixture
def listening(resting: Ingest, registry: Registry) -> Ingest:
    """At work, looking at the feed often enough for a test, from the end of what other tests made happen."""
    with resting.database.transaction() as connection:
        connection.execute("INSERT INTO feed_cursor VALUES ('civil_registry', %s)", [registry.head()])
    resting.environment["PADAN_CIVIL_REGISTRY_FEED_S"] = "0.2"
    resting.start()
    return resting
