"""A file from outside on disk, sealed piece by piece: never in clear on a disk, at no time."""

import contextlib
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

from padan_runtime.sealing import SealError, open_bytes, seal_bytes

from padan_registry_ingest.domain.faults import FileFault

PIECE_BYTES: Final = 1 << 20
PARTS: Final = ("file", "members")
_LENGTH: Final = struct.Struct("!I")


def path_of(folder: Path, upload_id: UUID, part: str) -> Path:
    """Where a part (`file` or `members`) of an upload is kept."""
    return folder / "uploads" / f"{upload_id}.{part}"


def _context(upload_id: UUID, part: str, number: int, *, last: bool) -> bytes:
    # The last piece says so: a file cut short does not open.
    return f"{upload_id}/{part}/{number}/{'last' if last else 'more'}".encode()


class SealedWriter:
    """Writes one part; `close` must be called for it to be whole. Raises `FileFault` file_too_large."""

    def __init__(self, folder: Path, upload_id: UUID, part: str, key: bytes, *, most_bytes: int) -> None:
        path = path_of(folder, upload_id, part)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = path.open("wb")
        self._id, self._part, self._key, self._most = upload_id, part, key, most_bytes
        self._buffer, self._number, self.size = bytearray(), 0, 0

    def write(self, data: bytes) -> None:
        """Take some more of the file."""
        self.size += len(data)
        if self.size > self._most:
            raise FileFault("file_too_large", limit_bytes=self._most)
        self._buffer += data
        while len(self._buffer) > PIECE_BYTES:
            self._piece(bytes(self._buffer[:PIECE_BYTES]), last=False)
            del self._buffer[:PIECE_BYTES]

    def close(self) -> None:
        """Write what is left and make it durable."""
        self._piece(bytes(self._buffer), last=True)
        self._buffer.clear()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        # The file's name is in its folder: without this a loss of power could take the name and leave the record.
        folder = os.open(Path(self._file.name).parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def abandon(self) -> None:
        """Remove what was written. Raises nothing: what a broken disk keeps, `sweep` removes."""
        # Unlinked first: closing writes what is still in the buffer, which a full disk refuses.
        with contextlib.suppress(OSError):
            Path(self._file.name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._file.close()

    def _piece(self, clear: bytes, *, last: bool) -> None:
        sealed = seal_bytes(self._key, clear, _context(self._id, self._part, self._number, last=last))
        self._file.write(_LENGTH.pack(len(sealed)) + sealed)
        self._number += 1


def pieces(folder: Path, upload_id: UUID, part: str, key: bytes) -> Iterator[bytes]:
    """One part in clear, a megabyte at a time, in memory only. Raises `FileFault` file_lost."""
    try:
        with path_of(folder, upload_id, part).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            number, last = 0, False
            while not last:
                sealed = file.read(_LENGTH.unpack(file.read(_LENGTH.size))[0])
                last = file.tell() == size
                yield open_bytes(key, sealed, _context(upload_id, part, number, last=last))
                number += 1
    except (OSError, struct.error, SealError) as error:
        raise FileFault("file_lost") from error


def size_of(folder: Path, upload_id: UUID, part: str) -> int:
    """How large one part is on disk, in bytes; 0 where it is lost."""
    try:
        return path_of(folder, upload_id, part).stat().st_size
    except OSError:
        return 0


def remove(folder: Path, upload_id: UUID) -> None:
    """Remove all parts of an upload."""
    for part in PARTS:
        path_of(folder, upload_id, part).unlink(missing_ok=True)


def sweep(folder: Path, keep: set[UUID], *, before: float) -> None:
    """Remove what a crash left: files last written before the time `before` (s) whose upload is not in `keep`.

    An upload's parts are judged by the last of them: the first lies there while the second still comes. Sealed they
    harm nobody, but nobody will ask for them again either. Files with names of another kind stay.
    """
    written: dict[UUID, float] = {}
    for path in (folder / "uploads").glob("*.*"):
        upload_id = _upload_of(path)
        if upload_id is not None and upload_id not in keep:
            with contextlib.suppress(FileNotFoundError):  # removed meanwhile, by whom it belongs to
                written[upload_id] = max(written.get(upload_id, 0.0), path.stat().st_mtime)
    for upload_id, last in written.items():
        if last < before:
            remove(folder, upload_id)


def _upload_of(path: Path) -> UUID | None:
    """The upload whose part a file is by its name; None for a file that is not ours."""
    try:
        upload_id = UUID(path.stem)
    except ValueError:
        return None
    return upload_id if path.name in (f"{upload_id}.{part}" for part in PARTS) else None
