"""Failing on request: slow, now and then, or altogether."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import msgspec
from fastapi import Response
from starlette.types import Receive, Scope, Send

from padan_simulators.register_server.problems import RegisterError

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Wrong = Literal["other_date", "repeated", "out_of_order", "unknown_nik", "backwards", "other_form", "huge"]
"""What a page of the feed can have wrong: each date a day early, each entry twice, the last entry first, one more entry
of a NIK that nobody has, entries from the beginning again, another form, more bytes than anybody wants (12 MB)."""


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a register misbehaves: added latency in ms, share of requests that fail, or wholly down; the share of answers
    whose connection is cut in the middle, or that are half the text and seem whole; what is wrong in a feed's pages."""

    latency_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 0
    failure_rate: Share = 0.0
    down: bool = False
    drop_rate: Share = 0.0
    half_rate: Share = 0.0
    wrong: tuple[Wrong, ...] = ()


class _Cut(Response):
    """An answer that promises all of its body and ends after half of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half; the server closes the connection of an answer that was not finished."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})


class FaultGate:
    """Lets a request pass, late or not at all, as the present faults demand."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._owed = self._drops_owed = self._halves_owed = 0.0

    def set(self, faults: Faults) -> None:
        """Replace the faults from the next request on."""
        self.faults = faults
        self._owed = self._drops_owed = self._halves_owed = 0.0

    def spoil(self, body: bytes) -> Response:
        """The answer that a JSON body becomes: whole, cut, or half of it."""
        self._drops_owed += self.faults.drop_rate
        self._halves_owed += self.faults.half_rate
        if self._drops_owed >= 1 - 1e-9:
            self._drops_owed -= 1
            return _Cut(body, media_type="application/json")
        if self._halves_owed >= 1 - 1e-9:
            self._halves_owed -= 1
            body = body[: len(body) // 2]
        return Response(body, media_type="application/json")

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
