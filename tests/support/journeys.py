"""Batches of invented people for a running platform: each with seed and people of its own."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from padan_cli.ingest import Gateway
from padan_cli.platform import Platform, PlatformError
from padan_cli.tokens import issue
from padan_simulators import pati

_NUMBERS = itertools.count(1)
_SERIALS_EACH = 100


class Stack:
    """A running platform, and what tests do with it."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def token(self, role: str = "social_office", region: str = "3318", subject: str = "test") -> str:
        """A development token."""
        return issue(self.platform.instance, role=role, region=region, subject=subject)

    def gateway(self, role: str = "social_office", region: str = "3318") -> Gateway:
        """A client that follows batches."""
        return Gateway(self.platform.url("gateway"), self.token(role, region))

    def http(self, role: str = "social_office", region: str = "3318", subject: str = "test") -> httpx.Client:
        """A bare client, for looking at answers themselves."""
        return httpx.Client(
            base_url=self.platform.url("gateway"),
            headers={"Authorization": f"Bearer {self.token(role, region, subject)}"},
            timeout=30,
            trust_env=False,
        )

    def invent(self, rows: int, folder: Path, *, csv: bool = False) -> pati.PatiBatch:
        """A batch of people nobody has seen yet, made known to the registers."""
        number = next(_NUMBERS)
        batch = pati.generate(rows, folder=folder, seed=7_000 + number, csv=csv, serials_after=number * _SERIALS_EACH)
        for register, people in (
            ("civil-registry", batch.civil_registry),
            ("barred-register", batch.barred_register),
            ("bpjs", batch.bpjs),
        ):
            answer = httpx.post(
                f"{self.platform.url(register)}/simulator/people",
                content=(people / "people.parquet").read_bytes(),
                timeout=60,
                trust_env=False,
            )
            answer.raise_for_status()
        return batch

    def load(self, file: Path, *, members: Path | None = None, dry_run: bool = False) -> dict[str, Any]:
        """Send a file and follow it to its end; the last batch document."""
        with self.gateway() as gateway:
            upload = gateway.upload(file, members=members, dry_run=dry_run)
            *_, last = gateway.follow(upload)
            return last

    def strike(self, victims: Sequence[str]) -> None:
        """SIGKILL each. Who fell with a victim before it (what it needs is gone) is dead already; the first lives."""
        for number, victim in enumerate(victims):
            try:
                self.platform.kill(victim)
            except PlatformError as error:
                if number == 0 or error.code != "not_running":
                    raise

    def faults(self, register: str, **faults: Any) -> None:
        """Make a simulated register slow, failing or down."""
        answer = httpx.post(f"{self.platform.url(register)}/simulator/faults", json=faults, timeout=10, trust_env=False)
        answer.raise_for_status()
