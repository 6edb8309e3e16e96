"""The HTTP client from one service to another."""

from typing import Final

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

_KEPT: Final = httpx.Limits(max_connections=100, keepalive_expiry=4.0)
"""Below the five seconds after which uvicorn closes a quiet connection: none is used that is just being closed."""


class _Transport(AiohttpTransport):
    """Every failure of aiohttp is one of httpx: the library itself lets those of a malformed answer through."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except aiohttp.ClientError as error:
            raise httpx.ReadError(type(error).__name__) from error


def http_client(url: str, *, timeout_s: float) -> httpx.AsyncClient:
    """A client for the service at `url`. It reads HTTP with aiohttp, in C: httpx's own way takes 3.3 ms of processor a
    request where this takes 0.85 ms, and a command passes two of them. For bodies that are at hand: while one is sent,
    no time-out counts."""
    return httpx.AsyncClient(
        base_url=url,
        timeout=httpx.Timeout(timeout_s, connect=2),
        trust_env=False,
        transport=_Transport(limits=_KEPT),
    )


def streaming_client(url: str, *, timeout_s: float) -> httpx.AsyncClient:
    """A client for bodies that come piece by piece, whose time-out counts for each piece that is sent, too."""
    return httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(timeout_s, connect=2), trust_env=False)
