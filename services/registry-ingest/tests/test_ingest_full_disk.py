"""A disk that is full, and a service that is stopped, while a file is written: what was acknowledged stays whole."""

import asyncio
import errno
import os
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from ingest_process import KeyPeer, wait_for
from padan_cli.platform import Platform
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_registry_ingest.batches import sealed_file
from padan_registry_ingest.batches.sealed_file import PARTS, PIECE_BYTES, SealedWriter
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.http_api.upload import ReceivedForm
from padan_registry_ingest.uploading import partial_file
from padan_registry_ingest.uploading.repository import Partial
from padan_registry_ingest.uploading.uploads import Uploads
from padan_runtime.database import Database
from padan_runtime.keys import KeyClient
from padan_runtime.service_tokens import ServiceIdentity

LENGTH = 2 * PIECE_BYTES + 100
CONTENT = os.urandom(LENGTH)
SENDER = {"actor": "user:clerk", "region": "3318"}
LARGE = 1_000
"""Bytes; what the test's own machinery writes is smaller."""


class Sending:
    """Uploads on a real database, and their folder."""

    def __init__(self, database: Database, keys: KeyClient, folder: Path, peer: KeyPeer) -> None:
        self.uploads, self.folder, self.key = Uploads(database, keys, folder, most_bytes=1 << 30), folder, peer.intake

    async def begin(self) -> Partial:
        return await self.uploads.begin(LENGTH, **SENDER)

    async def find(self, partial: Partial) -> Partial:
        return await self.uploads.find(partial.partial_id, **SENDER)

    async def rest(self, partial: Partial) -> int:
        """Send what is missing, as a sender does who asks first."""
        offset = (await self.find(partial)).received
        return await self.uploads.receive(partial, offset, pieces(CONTENT[offset:]))

    async def given(self, partial: Partial) -> bytes:
        upload_id = uuid4()
        writer = SealedWriter(self.folder, upload_id, "file", self.key, most_bytes=1 << 30)
        await self.uploads.give(await self.find(partial), writer)
        writer.close()
        return b"".join(sealed_file.pieces(self.folder, upload_id, "file", self.key))

    def open_files(self, partial: Partial) -> list[Path]:
        path = partial_file.path_of(self.folder, partial.partial_id)
        found = [each.readlink() for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
        return [each for each in found if each == path]


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 600_000):
        yield content[start : start + 600_000]


@pytest.fixture
def sending(platform: Platform, make_database: MakeDatabase, tmp_path: Path) -> Iterator[Sending]:
    made, peer = make_database("registry_ingest"), KeyPeer()
    wait_for(lambda: peer.server.started)
    secret = platform.instance.secrets / "registry-ingest" / "registry-ingest.key.json"
    database = Database(made.url, name="test")
    database.open()
    keys = KeyClient(f"http://127.0.0.1:{peer.port}", ServiceIdentity("registry-ingest", secret.read_bytes()))
    yield Sending(database, keys, tmp_path, peer)
    database.close()
    peer.close()


def test_a_full_disk_costs_nothing_that_was_acknowledged(sending: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    write, written = os.write, list[int]()

    def short_then_full(descriptor: int, data: Any) -> int:
        if len(data) < LARGE:
            return write(descriptor, data)
        written.append(len(data))
        if len(written) == 2:  # of the second sealed piece only a part is written
            return write(descriptor, bytes(data)[: len(data) // 2])
        if len(written) == 3:  # and there is room again as soon as this has failed
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data)

    async def scenario() -> None:
        partial = await sending.begin()
        monkeypatch.setattr(os, "write", short_then_full)
        with pytest.raises(OSError, match="No space left"):
            await sending.rest(partial)
        assert len(written) == 3, "nothing is written behind a torn piece"
        assert (await sending.find(partial)).received == 0
        assert await sending.rest(partial) == LENGTH
        assert await sending.given(partial) == CONTENT

    asyncio.run(scenario())


def test_a_disk_that_fails_at_the_end_leaves_no_file_open(sending: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync = os.fsync

    def failing(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    async def scenario() -> None:
        partial = await sending.begin()
        partial_file.path_of(sending.folder, partial.partial_id).parent.mkdir()
        partial_file.path_of(sending.folder, partial.partial_id).touch()  # so that its folder is not synced
        monkeypatch.setattr(os, "fsync", failing)
        with pytest.raises(OSError, match="Input/output"):
            await sending.rest(partial)
        assert sending.open_files(partial) == []
        monkeypatch.setattr(os, "fsync", fsync)
        assert await sending.rest(partial) == LENGTH
        assert await sending.given(partial) == CONTENT

    asyncio.run(scenario())


def test_a_transfer_that_is_cancelled_waits_for_the_write_under_way(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, writing, go_on = os.write, threading.Event(), threading.Event()

    def slow(descriptor: int, data: Any) -> int:
        if len(data) >= LARGE:
            writing.set()
            assert go_on.wait(30)
        return write(descriptor, data)

    async def scenario() -> None:
        partial = await sending.begin()
        monkeypatch.setattr(os, "write", slow)
        transfer = asyncio.create_task(sending.rest(partial))
        assert await asyncio.to_thread(writing.wait, 30)
        transfer.cancel()
        done, _ = await asyncio.wait({transfer}, timeout=0.2)
        assert not done, "it is over while a thread still writes"
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await transfer
        # What had come is durable, no more and no less of it.
        assert (await sending.find(partial)).received == 1_200_000
        assert sending.open_files(partial) == []
        assert await sending.rest(partial) == LENGTH
        assert await sending.given(partial) == CONTENT

    asyncio.run(scenario())


def test_a_file_that_is_shorter_on_disk_than_was_acknowledged_is_lost_and_not_a_batch(sending: Sending) -> None:
    async def scenario() -> None:
        partial = await sending.begin()
        await sending.rest(partial)
        found = await sending.find(partial)
        found.pieces -= 1
        writer = SealedWriter(sending.folder, uuid4(), "file", sending.key, most_bytes=1 << 30)
        with pytest.raises(FileFault, match="file_lost"):
            await sending.uploads.give(found, writer)
        writer.abandon()

    asyncio.run(scenario())


def test_what_a_full_disk_cut_short_is_removed_both_parts_of_it(tmp_path: Path) -> None:
    upload_id = uuid4()
    form = ReceivedForm(tmp_path, upload_id, os.urandom(32), most_bytes=1 << 20)
    (tmp_path / "uploads").mkdir()
    for part in PARTS:
        sealed_file.path_of(tmp_path, upload_id, part).symlink_to("/dev/full")
        form.begin(part).write(b"Siti")
    with pytest.raises(OSError, match="No space left"):
        form.files["file"].close()
    form.abandon()
    assert list((tmp_path / "uploads").iterdir()) == []


def test_the_sweep_leaves_the_first_part_alone_while_the_second_still_comes(tmp_path: Path) -> None:
    coming, left = uuid4(), uuid4()
    for upload_id, ages in ((coming, (100, 900)), (left, (100, 200))):
        for part, written in zip(PARTS, ages, strict=True):
            path = sealed_file.path_of(tmp_path, upload_id, part)
            path.parent.mkdir(exist_ok=True)
            path.touch()
            os.utime(path, (written, written))
    sealed_file.sweep(tmp_path, set(), before=500)
    assert {path.stem for path in (tmp_path / "uploads").iterdir()} == {str(coming)}
