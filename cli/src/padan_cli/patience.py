"""Requests that may be given again: while a gateway or a service is being restarted they are."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

import httpx

from padan_cli.platform import PlatformError

_WAITED_FOR: Final = frozenset({"gateway_unreachable", "service_unavailable", "payment_order_underway"})
_GONE_FOR_S: Final = 120.0
_AGAIN_AFTER_S: Final = 1.0
Answer = TypeVar("Answer")


def patiently(ask: Callable[[], Answer], gone_for_s: float = _GONE_FOR_S) -> Answer:
    """What `ask` answers, once somebody does. Raises `PlatformError` where it is refused, or nobody answers."""
    began = time.monotonic()
    while True:
        try:
            return ask()
        except httpx.TransportError as error:
            if time.monotonic() - began > gone_for_s:
                raise PlatformError(
                    "gateway_unreachable",
                    "Gateway tidak menjawab: periksa sambungan internet, lalu coba lagi.",
                    "The gateway does not answer: check your internet connection, then try again.",
                ) from error
        except PlatformError as error:
            if error.code not in _WAITED_FOR or time.monotonic() - began > gone_for_s:
                raise
        time.sleep(_AGAIN_AFTER_S)
