"""An append whose connection is lost behind the commit is recognized, and not taken for a conflict."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent
from padan_household.store.recorder import ShardedRecorder
from padan_runtime.database import Database
from psycopg.conninfo import conninfo_to_dict, make_conninfo


class Wire:
    """A wire to the server that is cut once, at what commits: before it gets through, or before its answer does."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self.commits = b"COMMIT"
        self.cut: str | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                threading.Thread(target=self._to_server, args=(client, server), daemon=True).start()
                threading.Thread(target=self._to_client, args=(server, client), daemon=True).start()

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65_536):
                if self.cut is not None and self.commits in data:
                    # Before anybody can notice.
                    how, self.cut = self.cut, None
                    if how == "behind":
                        client.shutdown(socket.SHUT_RDWR)  # the answer will find nobody
                        server.sendall(data)
                    else:
                        server.shutdown(socket.SHUT_RDWR)
                        client.shutdown(socket.SHUT_RDWR)
                    return
                server.sendall(data)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _to_client(server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65_536):
                client.sendall(data)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def wire(database: Database) -> Iterator[Wire]:
    address = conninfo_to_dict(database.url)
    wire = Wire(str(address["host"]), int(str(address["port"])))
    yield wire
    wire.close()


@pytest.fixture
def recorder(database: Database, wire: Wire) -> Iterator[ShardedRecorder]:
    over_the_wire = Database(make_conninfo(database.url, port=wire.port, sslmode="disable"), name="wire", size=2)
    over_the_wire.open()
    yield ShardedRecorder(over_the_wire)
    over_the_wire.close()


COMMITS = pytest.mark.parametrize(
    ("count", "commits"), [(1, b"appended AS (INSERT"), (3, b"COMMIT")], ids=["a statement alone", "a transaction"]
)


@COMMITS
def test_cut_behind_the_commit_the_append_has_happened(
    wire: Wire, recorder: ShardedRecorder, count: int, commits: bytes
) -> None:
    events = [StoredEvent(uuid4(), 1, "a type", b"{}") for _ in range(count)]
    wire.commits, wire.cut = commits, "behind"
    positions = recorder.insert_events(events)
    assert wire.cut is None
    assert positions is not None
    assert [recorder.select_events(event.originator_id) for event in events] == [[event] for event in events]
    with pytest.raises(IntegrityError):
        recorder.insert_events(events)


@COMMITS
def test_cut_before_the_commit_nothing_has_happened(
    wire: Wire, recorder: ShardedRecorder, count: int, commits: bytes
) -> None:
    events = [StoredEvent(uuid4(), 1, "a type", b"{}") for _ in range(count)]
    wire.commits, wire.cut = commits, "before"
    with pytest.raises(OperationalError):
        recorder.insert_events(events)
    assert wire.cut is None
    assert [recorder.select_events(event.originator_id) for event in events] == [[] for _ in events]
    recorder.insert_events(events)
