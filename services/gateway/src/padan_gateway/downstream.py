"""The services behind this one, over HTTP: time-outs, this service's own token, and one answer when one is away."""

import re
from collections.abc import AsyncIterable, Mapping
from typing import Any

import httpx
import msgspec
from padan_runtime.http_client import http_client, streaming_client
from padan_runtime.problems import Unavailable
from padan_runtime.service_tokens import ServiceIdentity

_PROBLEM = "application/problem+json"
_TIMEOUT_S = 60.0
_NAME = re.compile(r"[a-z_-]{1,40}", re.ASCII)


class Refused(Exception):
    """The service refused with a problem of its own, which is for the person who asked."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class Service:
    """A service inside, by name and address."""

    def __init__(self, name: str, url: str, identity: ServiceIdentity) -> None:
        self.name, self._identity = name, identity
        self._http = http_client(url, timeout_s=_TIMEOUT_S)
        self._streams = streaming_client(url, timeout_s=_TIMEOUT_S)

    async def json(self, path: str, headers: Mapping[str, str] | None = None, *, timeout_s: float = 10.0) -> Any:
        """The JSON document at `path`. Raises `Unavailable` and `Refused`."""
        return await self.document("GET", path, headers, timeout_s=timeout_s)

    async def document(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        content: AsyncIterable[bytes] | bytes | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Any:
        """The JSON document that a request is answered with. Raises `Unavailable` and `Refused`."""
        response = await self.send(method, path, headers, content, timeout_s=timeout_s)
        try:
            return msgspec.json.decode(await response.aread())
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            raise Unavailable(self.name) from error
        finally:
            await response.aclose()

    async def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        content: AsyncIterable[bytes] | bytes | None = None,
        *,
        timeout_s: float | None = None,
    ) -> httpx.Response:
        """An answer whose body is still to be read (and closed). Raises `Unavailable` and `Refused`."""
        timeout = httpx.Timeout(_TIMEOUT_S if timeout_s is None else timeout_s, connect=2)
        http = self._http if content is None or isinstance(content, bytes) else self._streams
        request = http.build_request(
            method,
            path,
            headers={**(headers or {}), **self._identity.headers(self.name)},
            content=content,
            timeout=timeout,
        )
        try:
            response = await http.send(request, stream=True)
            if response.is_success:
                return response
            body = await response.aread()
            await response.aclose()
        except httpx.HTTPError as error:
            raise Unavailable(self.name) from error
        refused = response.headers.get("content-type", "").startswith(_PROBLEM)
        # 401 and 403 between services are a fault of ours, not of the person who asked.
        if refused and 400 <= response.status_code < 500 and b'"code":"service_' not in body.replace(b" ", b""):
            raise Refused(response.status_code, body)
        raise Unavailable((_away(body) if refused and response.status_code == 503 else None) or self.name)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
        await self._streams.aclose()


def _away(body: bytes) -> str | None:
    """Which server a service waited for, such as a register outside, where it says so."""
    try:
        named = msgspec.json.decode(body, type=_Away).service
    except msgspec.MsgspecError:
        return None
    return named if _NAME.fullmatch(named) else None


class _Away(msgspec.Struct):
    service: str
