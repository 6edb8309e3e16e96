"""Bodies that the framework reads whole, and before it looks at the token: none is larger than such a form can be."""

import re
from typing import Final

from padan_runtime.problems import response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from padan_gateway import problems

MOST_BYTES: Final = 64_000
"""The largest form has a name of 100 characters."""
_STREAMED: Final = re.compile(r"/v1/(commands|crvs/.*|(batches|uploads|list-checks)(/.*)?|households/[^/]+/photos)")
"""Addresses whose endpoints read a stream, behind the token, and count for themselves."""


class Bounded:
    """Refuses what is larger (413, body_too_large) on every other address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on once its body is here, or refuse it."""
        if scope["type"] != "http" or _STREAMED.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] != "http.request":  # whoever asked is gone
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > MOST_BYTES:
                await response(problems.body_too_large(MOST_BYTES))(scope, receive, send)
                return
        whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replayed() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, replayed, send)
