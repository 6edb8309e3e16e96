"""A file that is not whole yet, on disk: sealed pieces one behind the other, never in clear.

How many of them count stands in the database. What lies beyond was never acknowledged, and is cut
off before more comes.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

from padan_runtime.sealing import SealError, open_bytes, seal_bytes

from padan_registry_ingest.batches.sealed_file import PIECE_BYTES
from padan_registry_ingest.domain.faults import FileFault

_LENGTH: Final = struct.Struct("!I")


def path_of(folder: Path, partial_id: UUID) -> Path:
    """Where it is kept."""
    return folder / "partial" / str(partial_id)


def _context(partial_id: UUID, number: int) -> bytes:
    return f"{partial_id}/partial/{number}".encode()


class PartialWriter:
    """Goes on behind `pieces` pieces, which take `stored` bytes on disk."""

    def __init__(self, folder: Path, partial_id: UUID, key: bytes, *, pieces: int, stored: int) -> None:
        path = path_of(folder, partial_id)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = path.exists()
        # Without a buffer of Python's: one that is flushed late could write into what a later writer has begun.
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        self._id, self._key = partial_id, key
        self._buffer, self.pieces, self.stored = bytearray(), pieces, stored
        try:
            os.ftruncate(self._file, stored)
            os.lseek(self._file, stored, os.SEEK_SET)
            if not known:
                _sync_folder(path.parent)
        except OSError:
            self.close()
            raise

    def write(self, data: bytes) -> None:
        """Take some more of the file."""
        self._buffer += data
        while len(self._buffer) >= PIECE_BYTES:
            self._piece(bytes(self._buffer[:PIECE_BYTES]))
            del self._buffer[:PIECE_BYTES]

    def make_durable(self) -> None:
        """Have everything taken so far survive the death of this process, and a loss of power."""
        if self._buffer:
            self._piece(bytes(self._buffer))
            self._buffer.clear()
        os.fsync(self._file)

    def close(self) -> None:
        """Let go of the file. What was not made durable does not count."""
        os.close(self._file)

    def _piece(self, clear: bytes) -> None:
        sealed = seal_bytes(self._key, clear, _context(self._id, self.pieces))
        left = memoryview(_LENGTH.pack(len(sealed)) + sealed)
        while left:
            left = left[os.write(self._file, left) :]
        self.pieces += 1
        self.stored += _LENGTH.size + len(sealed)


def read(folder: Path, partial_id: UUID, key: bytes, *, pieces: int) -> Iterator[bytes]:
    """The file in clear, a piece at a time. Raises `FileFault` file_lost."""
    try:
        with path_of(folder, partial_id).open("rb") as file:
            for number in range(pieces):
                sealed = file.read(_LENGTH.unpack(file.read(_LENGTH.size))[0])
                yield open_bytes(key, sealed, _context(partial_id, number))
    except (OSError, struct.error, SealError) as error:
        raise FileFault("file_lost") from error


def remove(folder: Path, partial_id: UUID) -> None:
    """Remove it from the disk."""
    path_of(folder, partial_id).unlink(missing_ok=True)


def _sync_folder(path: Path) -> None:
    # The file's name is in its folder: a loss of power could take the name and leave the record.
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
