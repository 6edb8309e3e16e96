"""Both registers outside, answering at once that everybody is known and nobody barred: for measures of what asks them.

As a program: `quick_registers.py PORT`.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

_KNOWN = (
    b'{"found":true,"status":"active","agreement":{"nik":true,"name":true,"birth_date":true,"sex":true,'
    b'"family_card_number":true}}'
)
_BODY = "http.response.body"


class _Question(msgspec.Struct):
    request_id: str
    items: list[msgspec.Raw] | None = None
    niks: list[msgspec.Raw] | None = None


_QUESTION = msgspec.json.Decoder(_Question)


async def app(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Answer either register's question."""
    body, more = b"", scope["method"] == "POST"
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    answer = _answer(body) if body else b"{}"
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": _BODY, "body": answer})


def _answer(body: bytes) -> bytes:
    question = _QUESTION.decode(body)
    begin = b'{"request_id":' + msgspec.json.encode(question.request_id)
    if question.items is not None:
        return begin + b',"items":[' + b",".join([_KNOWN] * len(question.items)) + b"]}"
    return begin + b',"barred":[' + b",".join([b"null"] * len(question.niks or ())) + b"]}"


@contextlib.contextmanager
def quick_registers() -> Iterator[str]:
    """Run them in a process of their own; gives their address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen([sys.executable, str(Path(__file__)), str(port)], env={"PATH": os.environ["PATH"]})
    try:
        end = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert time.monotonic() < end, "the quick registers did not start"
            time.sleep(0.05)  # another process: nothing to wait on but its port
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    server = uvicorn.Server(uvicorn.Config(app, port=int(sys.argv[1]), log_level="warning", lifespan="off"))
    asyncio.run(server.serve())
