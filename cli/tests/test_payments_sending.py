"""How a bank's file of results is sent: a call that nobody answered is the same call again, and so is a file that is
sent again, unless it was written anew."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from http_peer import served
from padan_cli.ingest import Gateway
from padan_cli.payments_results import Row, send

LIST = "0b0f1a6e-8a55-4c7e-9d8e-3f1b5a0c2d41"


@pytest.fixture
def keys() -> list[str]:
    return []


@pytest.fixture
def peer(keys: list[str]) -> Iterator[str]:
    class Peer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            keys.append(self.headers["Idempotency-Key"])
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if len(keys) == 1:
                self.close_connection = True  # taken, and the answer is lost
                return
            body = json.dumps({"results": [{"line": one["line"], "answer": "taken"} for one in asked["results"]]})
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

    with served(Peer) as url:
        yield url


def test_a_file_is_the_same_calls_again_until_it_is_written_anew(peer: str, keys: list[str]) -> None:
    rows = [Row({}, {"line": line, "status": "paid", "on": "2026-03-10"}) for line in range(1, 1_002)]
    with Gateway(peer, "a-token") as gateway:
        for written in (1, 1, 2):
            send(gateway, LIST, rows, lambda _: None, written=written)
    first, again, second, *rest = keys
    assert first == again, "nobody answered"
    assert rest[:2] == [first, second]
    assert len({*keys}) == len(keys) - 3 == 4
    assert {row.answer["answer"] for row in rows} == {"taken"}
