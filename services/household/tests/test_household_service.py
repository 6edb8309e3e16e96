"""The process itself, on real servers: it says what is wrong, survives kill -9 and drains on SIGTERM."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import padan_events
import pytest
from household_given import Intake, a_family, a_nik
from kafka_peer import read_all, send, until
from padan_cli.platform.credentials import mint
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_events.intake import Accepted, Refused
from padan_events.topics import HOUSEHOLD_EVENTS, OUTCOMES
from padan_household.bootstrap import prepare_databases
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.wrapping import KeyEncryption
from padan_household.settings import HouseholdSettings
from padan_runtime.database import Database
from padan_runtime.settings import EXIT_CONFIGURATION, load


class Process:
    """One household process after another, over the same databases and topics."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment, self._log = environment, log
        self.url = f"http://127.0.0.1:{environment['PADAN_HTTP_PORT']}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "padan_household"], env=self._environment, stdout=log, stderr=log
            )

    def end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(timeout=40)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    async def ready(self) -> bool:
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(self.url + "/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    async def progress(self) -> dict[str, Any]:
        async with httpx.AsyncClient() as client:
            answer: dict[str, Any] = (await client.get(self.url + "/progress")).json()
            return answer


@pytest.fixture
def environment(fresh_topics: str, make_database: MakeDatabase, tmp_path: Path) -> dict[str, str]:
    mint(tmp_path / "secrets")
    (url, owner_url), (keyring_url, keyring_owner_url) = make_database("household"), make_database("keyring")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("PADAN_")},
        "PADAN_ENVIRONMENT": "development",
        "PADAN_KAFKA": fresh_topics,
        "PADAN_DATABASE_URL": url,
        "PADAN_DATABASE_OWNER_URL": owner_url,
        "PADAN_KEYRING_URL": keyring_url,
        "PADAN_KEYRING_OWNER_URL": keyring_owner_url,
        "PADAN_HTTP_PORT": str(port),
        "PADAN_SECRETS": str(tmp_path / "secrets/household"),
    }


@pytest.fixture
def process(environment: dict[str, str], tmp_path: Path) -> Iterator[Process]:
    process = Process(environment, tmp_path / "household.log")
    yield process
    process.close()


@pytest.fixture
def intake(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Intake]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = load(HouseholdSettings)
    prepare_databases(settings)
    database = Database(settings.keyring_url, name="keyring-test")
    database.open()
    yield Intake(Keyring(database, KeyEncryption(settings.secret("key-encryption.key"))))
    database.close()


async def test_killed_in_the_middle_it_decides_and_relays_everything_once(
    process: Process, intake: Intake, environment: dict[str, str], tmp_path: Path
) -> None:
    kafka = environment["PADAN_KAFKA"]
    reports = [intake.household(row) for row in range(300)]
    reports += [intake.household(300 + row, a_family(300 + row, [a_nik(4 * row)])) for row in range(20)]
    process.start()
    await until(process.ready)
    await send(kafka, reports[:160])

    async def decided(at_least: int) -> bool:
        return bool(sum((await process.progress())["heads"][OUTCOMES.name]) >= at_least)

    async def relayed() -> bool:
        progress = await process.progress()
        heads, sent = progress["heads"], progress["relayed"]
        return bool(sum(heads[OUTCOMES.name]) == len(reports) and heads == sent)

    await until(lambda: decided(1))
    process.end(signal.SIGKILL)
    await send(kafka, reports[160:])
    process.start()
    await until(process.ready)
    await until(relayed)
    assert (await process.progress())["stopped"] == {"household.intake": {}}
    assert await asyncio.to_thread(process.end, signal.SIGTERM) == 0
    accepted_positions: set[tuple[int, int]] = set()
    counted: Counter[type] = Counter()
    outcomes = {event.event_id: event for event in await read_all(kafka, OUTCOMES.name)}
    for event in outcomes.values():
        data = padan_events.decode(event.type, event.value)
        counted[type(data)] += 1
        if isinstance(data, Accepted):
            accepted_positions |= {(position.shard, position.pos) for position in data.positions}
    assert counted == {Accepted: 300, Refused: 20}
    records = await read_all(kafka, HOUSEHOLD_EVENTS.name)
    assert {event.position for event in records} == accepted_positions
    assert len({event.event_id for event in records}) == len(accepted_positions) == 600
    for shard in range(24):  # at least once, in order: the first time each position is seen, they count 1, 2, 3
        seen = list(dict.fromkeys(event.pos for event in records if event.shard == shard))
        assert seen == list(range(1, len(seen) + 1))
    logged = (tmp_path / "household.log").read_text()
    assert "Orang" not in logged
    assert a_nik(4) not in logged


@pytest.mark.parametrize("name", ["PADAN_KEYRING_URL", "PADAN_KAFKA", "PADAN_HTTP_PORT"])
def test_a_missing_setting_is_named_and_ends_the_process(name: str) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PADAN_")}
    for setting in ("DATABASE_URL", "DATABASE_OWNER_URL", "KEYRING_URL", "KEYRING_OWNER_URL", "KAFKA", "SECRETS"):
        environment[f"PADAN_{setting}"] = "x"
    environment |= {"PADAN_ENVIRONMENT": "development", "PADAN_HTTP_PORT": "1"}
    del environment[name]
    ended = subprocess.run(
        [sys.executable, "-m", "padan_household"], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == EXIT_CONFIGURATION
    assert name in ended.stderr
