"""The two registers this service asks, as ports over HTTP: time-outs, retries, up to 1,000 questions a request."""

import asyncio
import random
from collections.abc import Sequence
from datetime import date
from typing import Final, TypeVar

import httpx
import msgspec
from padan_runtime import metrics
from padan_runtime.problems import Unavailable

from padan_registry_ingest.domain.matching import CivilAnswer

MOST_QUESTIONS: Final = 1_000
_ATTEMPTS: Final = 4
_TIMEOUT: Final = httpx.Timeout(15, connect=2)

Answer = TypeVar("Answer")


class RegisterError(RuntimeError):
    """A register refused a question or answered something else: trying again helps nothing. Names no person."""


class CivilQuestion(msgspec.Struct, frozen=True):
    """One person as a row describes them. A field that is None is not compared."""

    nik: str
    name: str
    birth_date: date | None
    sex: str | None
    family_card_number: str | None


class _CivilRequest(msgspec.Struct, frozen=True):
    request_id: str
    items: Sequence[CivilQuestion]


class _CivilResponse(msgspec.Struct, frozen=True):
    request_id: str
    items: list[CivilAnswer]


class _BarredRequest(msgspec.Struct, frozen=True):
    request_id: str
    niks: Sequence[str]


class _BarredResponse(msgspec.Struct, frozen=True):
    request_id: str
    barred: list[str | None]


class _Register:
    """One register: a POST body, never a number in an address."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._http = httpx.AsyncClient(base_url=url, timeout=_TIMEOUT)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _ask(self, path: str, request: msgspec.Struct, kind: type[Answer]) -> Answer:
        """Raises `Unavailable` where it does not answer after some tries, `RegisterError` where it refuses."""
        body = msgspec.json.encode(request)
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(0.2 * 2**attempt * (0.5 + random.random()))  # noqa: S311  # spread, no secret
            try:
                with metrics.PORT_SECONDS.labels(self.name).time():
                    response = await self._http.post(path, content=body, headers={"Content-Type": "application/json"})
            except httpx.TransportError:
                metrics.PORT_REQUESTS.labels(self.name, "unreachable").inc()
                continue
            metrics.PORT_REQUESTS.labels(self.name, str(response.status_code)).inc()
            if response.status_code == 200:
                try:
                    return msgspec.json.decode(response.content, type=kind)
                except msgspec.MsgspecError:
                    # Its message may quote what came, so it does not go on.
                    raise RegisterError(f"{self.name}: an answer of another form") from None
            if response.status_code < 500 and response.status_code not in (408, 429):
                raise RegisterError(f"{self.name}: status {response.status_code}")
        raise Unavailable(self.name)


class CivilRegistry(_Register):
    """Matching with the civil registry: only agreement and a status come back."""

    def __init__(self, url: str) -> None:
        super().__init__("civil_registry", url)

    async def match(self, request_id: str, questions: Sequence[CivilQuestion]) -> list[CivilAnswer]:
        """The answers, in order of the questions. Raises `Unavailable`, `RegisterError`."""
        answer = await self._ask("/v1/matches:batch", _CivilRequest(request_id, questions), _CivilResponse)
        if answer.request_id != request_id or len(answer.items) != len(questions):
            raise RegisterError(f"{self.name}: the answer of another question")
        return answer.items


class BarredRegister(_Register):
    """People to whom aid is barred by occupation."""

    def __init__(self, url: str) -> None:
        super().__init__("barred_register", url)

    async def check(self, request_id: str, niks: Sequence[str]) -> list[str | None]:
        """The occupation by which each is barred, in order; None: by none. Raises `Unavailable`, `RegisterError`."""
        answer = await self._ask("/v1/checks:batch", _BarredRequest(request_id, niks), _BarredResponse)
        if answer.request_id != request_id or len(answer.barred) != len(niks):
            raise RegisterError(f"{self.name}: the answer of another question")
        return answer.barred
