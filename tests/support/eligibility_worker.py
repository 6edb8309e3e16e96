"""A worker of eligibility as its own process, run as in production."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from kafka_peer import until


class Worker:
    """One process of `padan-eligibility` and its pages."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.environment, self._log = environment, log
        self.url = f"http://127.0.0.1:{environment['PADAN_HTTP_PORT']}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; its output goes to the log."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "padan_eligibility"], env=self.environment, stdout=log, stderr=log
            )

    @property
    def output(self) -> str:
        """All it has printed so far."""
        return self._log.read_text()

    async def ready(self) -> None:
        """Wait until /readyz says so; fails when the process ends instead."""

        async def answers() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self.output[-3000:]
            try:
                async with httpx.AsyncClient(trust_env=False) as http:
                    return (await http.get(f"{self.url}/readyz", timeout=2)).status_code == 200
            except httpx.HTTPError:
                return False

        await until(answers)

    async def page(self, path: str) -> httpx.Response:
        """One of its pages."""
        async with httpx.AsyncClient(trust_env=False) as http:
            return await http.get(f"{self.url}{path}", timeout=10)

    async def progress(self) -> Any:
        """What /progress says."""
        return (await self.page("/progress")).json()

    async def stop(self, number: signal.Signals = signal.SIGTERM, within_s: float = 20) -> int:
        """End the process; its exit status (negative: the signal)."""
        assert self.process is not None
        self.process.send_signal(number)
        return await self.ended(within_s)

    async def ended(self, within_s: float = 30) -> int:
        """The exit status of a process that ends by itself."""
        process = self.process
        assert process is not None
        return await asyncio.to_thread(process.wait, within_s)


@contextmanager
def a_worker(
    *, kafka: str, database_url: str, owner_url: str, household_url: str, secrets: Path, folder: Path
) -> Iterator[Worker]:
    """A worker that is not started yet; whatever runs of it at the end is killed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    worker = Worker(
        {
            "PATH": os.environ["PATH"],
            "PYTHONUNBUFFERED": "1",
            "PADAN_ENVIRONMENT": "development",
            "PADAN_KAFKA": kafka,
            "PADAN_DATABASE_URL": database_url,
            "PADAN_DATABASE_OWNER_URL": owner_url,
            "PADAN_HTTP_PORT": str(port),
            "PADAN_SECRETS": str(secrets),
            "PADAN_HOUSEHOLD_URL": household_url,
            "PADAN_FOLDER": str(folder),
        },
        folder / "worker.log",
    )
    try:
        yield worker
    finally:
        if worker.process is not None and worker.process.poll() is None:
            worker.process.kill()
            worker.process.wait()
