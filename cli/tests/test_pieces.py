"""Sending a file in pieces to a small peer that speaks tus, keeps bytes, and cuts the line when it is told to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
from http_peer import served
from padan_cli import pieces
from padan_cli.pieces import Pieces
from padan_cli.platform import PlatformError


@dataclass
class Peer:
    """One upload. `cuts` is how many of the next pieces lose their line after half of their bytes."""

    url: str = ""
    content: bytearray = field(default_factory=bytearray)
    length: int = 0
    begun: int = 0
    cuts: int = 0
    gone: bool = False
    offsets: list[int] = field(default_factory=list)


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            peer.begun, peer.length, peer.gone = peer.begun + 1, int(self.headers["Upload-Length"]), False
            peer.content.clear()
            self._answer(201, b'{"upload_id": "u%d"}' % peer.begun)

        def do_HEAD(self) -> None:
            self._answer(410 if peer.gone else 200)

        def do_PATCH(self) -> None:
            size = int(self.headers["Content-Length"])
            peer.offsets.append(int(self.headers["Upload-Offset"]))
            assert peer.offsets[-1] == len(peer.content)
            if peer.cuts:
                peer.cuts -= 1
                peer.content += self.rfile.read(size // 2)
                self.connection.close()
                return
            peer.content += self.rfile.read(size)
            self._answer(204)

        def do_DELETE(self) -> None:
            peer.gone = True
            self._answer(204)

        def _answer(self, status: int, content: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Upload-Offset", str(len(peer.content)))
            self.send_header("Upload-Length", str(peer.length))
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with served(Handler) as peer.url:
        yield peer


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pieces, "PIECE_BYTES", 1_000)
    path = tmp_path / "penerima Siti.csv"
    path.write_bytes(bytes(n % 251 for n in range(3_500)))
    return path


def sender(peer: Peer, folder: Path, patience_s: float = 20.0) -> Pieces:
    client = httpx.Client(base_url=peer.url, timeout=5, trust_env=False)
    return Pieces(
        client, folder, refused=lambda answer: PlatformError(str(answer.status_code), "", ""), patience_s=patience_s
    )


def test_a_line_that_is_cut_goes_on_with_the_byte_it_had_come_to(peer: Peer, file: Path, tmp_path: Path) -> None:
    peer.cuts, seen = 2, list[int]()
    assert sender(peer, tmp_path / "notes").send(file, seen.append) == "u1"
    assert bytes(peer.content) == file.read_bytes()
    assert peer.offsets == [0, 500, 1_000, 2_000, 3_000]
    assert seen == sorted(seen)
    assert seen[-1] == 3_500


def test_the_same_command_again_goes_on_where_the_last_one_was_cut(peer: Peer, file: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    peer.cuts = 1_000
    with pytest.raises(PlatformError) as error:
        sender(peer, notes, patience_s=0).send(file, lambda _: None)
    assert error.value.code == "upload_interrupted"
    assert "lagi" in error.value.indonesian
    assert "again" in error.value.english
    (note,) = notes.iterdir()
    assert note.read_text() == "u1"
    assert "siti" not in note.name.lower()
    peer.cuts, first = 0, len(peer.offsets)
    assert sender(peer, notes).send(file, lambda _: None) == "u1"
    assert (peer.begun, bytes(peer.content)) == (1, file.read_bytes())
    assert peer.offsets[first] > 0
    sender(peer, notes).forget(file, "u1")
    assert list(notes.iterdir()) == []
    assert peer.gone


def test_another_file_and_one_that_expired_begin_anew(peer: Peer, file: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    sender(peer, notes).send(file, lambda _: None)
    peer.gone = True
    assert sender(peer, notes).send(file, lambda _: None) == "u2"
    file.write_bytes(file.read_bytes() + b"one more row")
    assert sender(peer, notes).send(file, lambda _: None) == "u3"
    assert bytes(peer.content) == file.read_bytes()


def test_a_refusal_is_not_tried_again(peer: Peer, file: Path, tmp_path: Path) -> None:
    client = httpx.Client(base_url=peer.url, timeout=5, trust_env=False, event_hooks={"response": [_forbid]})
    refusing = Pieces(client, tmp_path / "notes", refused=lambda answer: PlatformError(str(answer.status_code), "", ""))
    with pytest.raises(PlatformError) as error:
        refusing.send(file, lambda _: None)
    assert error.value.code == "403"
    assert not (tmp_path / "notes").exists()


def _forbid(response: httpx.Response) -> None:
    response.status_code = 403
