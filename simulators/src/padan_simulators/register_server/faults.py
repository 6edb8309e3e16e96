"""Failing on request: slow, now and then, or altogether."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec

from padan_simulators.register_server.problems import RegisterError


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a register misbehaves: added latency in ms, share of requests that fail, or wholly down."""

    latency_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 0
    failure_rate: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    down: bool = False


class FaultGate:
    """Lets a request pass, late or not at all, as the present faults demand."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._owed = 0.0

    def set(self, faults: Faults) -> None:
        """Replace the faults from the next request on."""
        self.faults = faults
        self._owed = 0.0

    async def pass_through(self) -> None:
        """Wait the latency, then return; raises RegisterError `register_unavailable` for a request that fails.

        Failures are spread evenly and not drawn, so that a test of them always sees the same ones.
        """
        faults = self.faults
        if faults.latency_ms:
            await asyncio.sleep(faults.latency_ms / 1000)
        self._owed += faults.failure_rate
        if faults.down or self._owed >= 1 - 1e-9:
            self._owed = max(0.0, self._owed - 1)
            raise RegisterError(503, "register_unavailable", "the register does not answer now")
