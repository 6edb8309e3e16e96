"""Another service that answers nonsense, hangs up or is not there has not answered: what was asked waits."""

import asyncio
from uuid import UUID

import msgspec
import pytest
from joserfc.jwk import ECKey
from padan_runtime.keys import KeyClient
from padan_runtime.problems import Unavailable
from padan_runtime.service_tokens import ServiceIdentity

KEY = msgspec.json.encode(ECKey.generate_key("P-256").as_dict(private=True))


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: none\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"",
    ],
    ids=["no HTTP", "a header that is no number", "cut in the middle", "hung up"],
)
async def test_an_answer_that_is_none_is_a_service_that_is_away(answer: bytes) -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answers, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        keys = KeyClient(f"http://127.0.0.1:{port}", ServiceIdentity("gateway", KEY))
        with pytest.raises(Unavailable):
            await keys.of([UUID(int=1)])
        await keys.close()


async def test_a_service_that_is_not_there_is_away() -> None:
    keys = KeyClient("http://127.0.0.1:9", ServiceIdentity("gateway", KEY))
    with pytest.raises(Unavailable):
        await keys.of([UUID(int=1)])
    await keys.close()
