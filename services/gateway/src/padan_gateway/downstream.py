"""The services behind this one, over HTTP: time-outs, this service's own token, and one answer when one is away."""

from collections.abc import AsyncIterable, Mapping
from typing import Any

import httpx
import msgspec
from padan_runtime.problems import Unavailable
from padan_runtime.service_tokens import ServiceIdentity

_PROBLEM = "application/problem+json"
_TIMEOUT = httpx.Timeout(60, connect=2)


class Refused(Exception):
    """The service refused with a problem of its own, which is for the person who asked."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class Service:
    """A service inside, by name and address."""

    def __init__(self, name: str, url: str, identity: ServiceIdentity) -> None:
        self.name, self._identity = name, identity
        self._http = httpx.AsyncClient(base_url=url, timeout=_TIMEOUT, trust_env=False)

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
        timeout = _TIMEOUT if timeout_s is None else httpx.Timeout(timeout_s, connect=2)
        request = self._http.build_request(
            method,
            path,
            headers={**(headers or {}), **self._identity.headers(self.name)},
            content=content,
            timeout=timeout,
        )
        try:
            response = await self._http.send(request, stream=True)
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
        raise Unavailable(self.name)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
