"""The network of `make faults` does what its faults say; and a short campaign, for `make test-long`."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from oracle import Told
from padan_events import Event

from faults import campaign, disk, traffic
from faults.cases import COMMANDS
from faults.files import MOMENTS
from faults.kinds import draw, kinds
from faults.lists import Line as Listed
from faults.lists import ListCheck
from faults.poison import UNKNOWN_TYPE
from faults.proxy import Line, Network, Way

ROUNDS, SEED = 25, 20_261
SOON_S = 5.0
NOT_YET_S = 0.2


class Server:
    """Answers what it is sent, or with what `answer` makes of it."""

    def __init__(self, answer: Callable[[bytes], bytes] = bytes) -> None:
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with closing(connection):
            try:
                while data := connection.recv(1 << 16):
                    connection.sendall(self._answer(data))
            except OSError:
                return

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def network() -> Iterator[Network]:
    network = Network()
    yield network
    network.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def connected(line: Line) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), timeout=SOON_S)


def said(connection: socket.socket) -> bytes:
    """What comes next; nothing where the connection ended."""
    try:
        return connection.recv(1 << 16)
    except ConnectionError:
        return b""


def test_an_open_line_passes_everything_on(network: Network, server: Server) -> None:
    line = network.line(lambda: server.port)
    with connected(line) as connection:
        connection.sendall(b"is anybody there")
        assert said(connection) == b"is anybody there"


def test_a_line_that_is_cut_ends_connections_and_takes_no_new_ones(network: Network, server: Server) -> None:
    line = network.line(lambda: server.port)
    with connected(line) as connection:
        connection.sendall(b"one")
        assert said(connection) == b"one"
        network.do(line.become(Way.CUT))
        assert said(connection) == b""
    with connected(line) as another:
        assert said(another) == b""
    network.do(line.become(Way.OPEN))
    with connected(line) as connection:
        connection.sendall(b"two")
        assert said(connection) == b"two"


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_silent_line_tells_nobody(network: Network, server: Server, forgotten: bool) -> None:
    line = network.line(lambda: server.port)
    with connected(line) as connection:
        connection.sendall(b"one")
        assert said(connection) == b"one"
        network.do(line.become(Way.SILENT))
        connection.sendall(b"two")
        connection.settimeout(NOT_YET_S)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(SOON_S)
        network.do(line.forget() if forgotten else line.become(Way.OPEN))
        assert said(connection) == (b"" if forgotten else b"two")


def test_kafka_names_the_proxy_and_not_itself(network: Network) -> None:
    broker = Server(lambda asked: asked[4:].replace(b"PORT", broker.port.to_bytes(4)))
    try:
        line = network.line(lambda: broker.port, kafka=True)
        answer = b"\x0a127.0.0.1PORT and 127.0.0.1 without a port"
        with connected(line) as connection:
            connection.sendall(bytes(4) + len(answer).to_bytes(4) + answer)
            assert said(connection)[4:] == answer.replace(b"PORT", line.port.to_bytes(4))
    finally:
        broker.close()


def test_a_server_that_is_away_looks_away(network: Network) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = int(nobody.getsockname()[1])
    with connected(network.line(lambda: port)) as connection:
        assert said(connection) == b""


def test_a_seed_draws_the_same_faults() -> None:
    known = kinds([("household", "kafka"), ("gateway", "postgres")], small_disk=True)
    one, two = ([draw(known, Random(f"7:{number}")) for number in range(200)] for _ in range(2))
    assert one == two
    assert {fault.kind for faults in one for fault in faults} == set(known)


def test_a_seed_draws_the_same_traffic_and_leaves_no_way_out() -> None:
    one, two = ([traffic.draw(Random(f"7:{number}")) for number in range(200)] for _ in range(2))
    assert one == two
    assert {ways.giving_up.moment for ways in one if ways.giving_up} == set(MOMENTS)
    assert {ways.giving_up.again for ways in one if ways.giving_up} == {True, False}
    for drawn in (
        [ways.ranking for ways in one],
        [ways.old for ways in one],
        [ways.correction for ways in one],
        [ways.list_check for ways in one],
        *([ways.cuts[file] is not None for ways in one] for file in range(3)),
    ):
        assert set(drawn) == {True, False}
    pieces = [cuts for ways in one for cuts in ways.cuts if cuts is not None]
    assert {len(cuts.parts) for cuts in pieces} == set(range(3, 8))
    assert all(cuts.parts[-1] == 1.0 and len(cuts.pauses_s) == len(cuts.parts) for cuts in pieces)


def test_an_event_of_tomorrow_says_nothing_of_anybody_and_breaks_no_oracle() -> None:
    told = Told()
    nobody = UUID(int=1)
    of: dict[str, Any] = {"topic": "household.events.v1", "shard": 0, "pos": 1, "source": "/padan/household"}
    of |= {"event_id": nobody, "correlation_id": nobody, "key": str(nobody), "actor": "service:household"}
    told.hear([Event(type=UNKNOWN_TYPE, time=datetime.now(UTC), value=b"{}", **of)])
    assert (told.holders, told.states) == ({}, {})


NIK, OTHER, NOBODY = "3318010101990001", "3318010101990002", "3318010101990003"
LINES = (Listed(NIK, "ana", right=True), Listed(OTHER), Listed(NIK), Listed(NOBODY), Listed("12345"))


def told(code: str, differs: str = "", group: str = "") -> dict[str, str]:
    """A row of a list as the gateway tells it."""
    return {"HASIL_KODE": code, "DIFFERS": differs, "DESIL": group}


def right_rows() -> list[dict[str, str]]:
    return [
        told("registered", group="1-4"),
        told("registered"),
        told("duplicate_in_list"),
        told("not_registered"),
        told("nik_invalid"),
    ]


def test_a_list_that_says_what_the_register_holds_is_right() -> None:
    before = {NIK: "1-4"}
    after = {NIK: "1-4", OTHER: ""}
    ListCheck(Path("list"), LINES, before).compare("check", right_rows(), after)


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        (0, told("not_registered")),
        (0, told("registered", group="6-10")),
        (0, told("registered", "name", "1-4")),
        (0, told("registered_elsewhere")),
        (2, told("registered", group="1-4")),
        (3, told("registered")),
        (3, told("registered_elsewhere")),
        (4, told("not_registered")),
    ],
)
def test_a_list_that_says_anything_else_is_a_violation(row: int, wrong: dict[str, str]) -> None:
    rows = right_rows()
    rows[row] = wrong
    check = ListCheck(Path("list"), LINES, {NIK: "1-4", OTHER: ""})
    with pytest.raises(AssertionError, match=f"row {row + 1}"):
        check.compare("check", rows, {NIK: "1-4", OTHER: ""})
    with pytest.raises(AssertionError, match="4 rows of 5"):
        check.compare("check", rows[:-1], {NIK: "1-4", OTHER: ""})


@pytest.mark.long
def test_no_round_of_faults_breaks_a_promise() -> None:
    result = campaign.run(SEED, ROUNDS, say=print, finished=lambda: None)
    assert not result.violation
    assert len(result.rounds) == ROUNDS
    faults = [done for each in result.rounds for done in each.faults]
    drawn, happened = {done.fault.kind for done in faults}, {done.fault.kind for done in faults if done.happened}
    assert happened == drawn, "a kind of fault that never happens proves nothing"
    ways = {way for each in result.rounds for way in each.ways}
    assert ways >= {"whole", "in pieces", "correction", "list check", "cancelled in the middle"} | COMMANDS, (
        "nor does such a way"
    )


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root may mount: the campaign leaves full disks out then, and says so"
)
def test_a_small_disk_grows_with_what_rounds_leave_and_not_for_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "SIZE_MB", 16)
    monkeypatch.setattr(disk, "ROOM_MB", 4)
    assert disk.mount(tmp_path)
    try:
        disk.make_room(tmp_path)
        with disk.filled(tmp_path), pytest.raises(OSError, match="No space"):
            (tmp_path / "more").write_bytes(b"one")
        (tmp_path / "left by rounds").write_bytes(bytes(14 << 20))
        disk.make_room(tmp_path)
        (tmp_path / "more").write_bytes(bytes(5 << 20))
    finally:
        disk.unmount(tmp_path)
