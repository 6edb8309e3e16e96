"""Sends a file in pieces through `/v1/uploads` (tus 1.0), and goes on where it was after a cut, in another run too.

What is remembered for that is one small file for each file under way: its name is the digest of what is sent and where
to, it holds the upload's id. Nothing of what the file holds, nor its name.
"""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from padan_cli.platform import PlatformError

PIECE_BYTES = 4 << 20
VERSION = {"Tus-Resumable": "1.0.0"}
_PIECE = VERSION | {"Content-Type": "application/offset+octet-stream"}
_TRY_AGAIN = {409, 423, 429, 502, 503, 504}
_GONE = {404, 410}
_MOST_PAUSE_S = 5.0

Progress = Callable[[int], None]
"""Told how many bytes are safe."""


class Pieces:
    """Sends files to one gateway. `folder` keeps what is under way; `patience_s` is how long a cut may last.

    Raises `PlatformError`: `upload_interrupted` where the line stays away (run again, it goes on), else the gateway's.
    """

    def __init__(
        self,
        client: httpx.Client,
        folder: Path,
        *,
        refused: Callable[[httpx.Response], PlatformError],
        patience_s: float = 120.0,
    ) -> None:
        self._client, self._folder, self._refused, self._patience_s = client, folder, refused, patience_s

    def send(self, file: Path, progress: Progress) -> str:
        """Send a file, or what is missing of it; answers the id by which a batch takes it."""
        size = file.stat().st_size
        note = self._note_of(file)
        upload_id = note.read_text(encoding="ascii").strip() if note.exists() else None
        offset = None if upload_id is None else self._offset(upload_id, size)
        if upload_id is None or offset is None:
            upload_id, offset = self._begin(size), 0
            note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            note.write_text(upload_id, encoding="ascii")
        progress(offset)
        with file.open("rb") as content:
            moved = time.monotonic()
            pause_s = 0.2
            while offset < size:
                content.seek(offset)
                reached = self._piece(upload_id, offset, content.read(PIECE_BYTES))
                if reached is not None:
                    offset, moved, pause_s = reached, time.monotonic(), 0.2
                    progress(offset)
                    continue
                if time.monotonic() - moved > self._patience_s:
                    raise _interrupted(offset, size)
                time.sleep(pause_s)  # longer each time: a line that was cut, or who sends over it, needs to recover
                pause_s = min(2 * pause_s, _MOST_PAUSE_S)
                try:
                    stands = self._offset(upload_id, size)
                except PlatformError as error:
                    if error.code != "upload_interrupted":
                        raise
                    continue
                if stands is None:  # it expired or was removed meanwhile
                    note.unlink(missing_ok=True)
                    return self.send(file, progress)
                offset = stands
        return upload_id

    def forget(self, file: Path, upload_id: str) -> None:
        """A batch has taken the file: neither side keeps the pieces. Where that fails they expire by themselves."""
        self._note_of(file).unlink(missing_ok=True)
        try:
            self._client.delete(f"/v1/uploads/{upload_id}", headers=VERSION)
        except httpx.TransportError:
            return

    def _note_of(self, file: Path) -> Path:
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256")
        digest.update(str(self._client.base_url).encode())
        return self._folder / digest.hexdigest()

    def _begin(self, size: int) -> str:
        try:
            answer = self._client.post("/v1/uploads", headers=VERSION | {"Upload-Length": str(size)})
        except httpx.TransportError as error:
            raise _interrupted(0, size) from error
        if not answer.is_success:
            raise self._refused(answer)
        return str(answer.json()["upload_id"])

    def _offset(self, upload_id: str, size: int) -> int | None:
        """Where it stands; None where it is gone, or is another file."""
        try:
            answer = self._client.head(f"/v1/uploads/{upload_id}", headers=VERSION)
        except httpx.TransportError as error:
            raise _interrupted(0, size) from error
        if answer.status_code in _GONE:
            return None
        if answer.status_code in _TRY_AGAIN:
            raise _interrupted(0, size)
        if not answer.is_success:
            raise self._refused(answer)
        return int(answer.headers["Upload-Offset"]) if answer.headers["Upload-Length"] == str(size) else None

    def _piece(self, upload_id: str, offset: int, piece: bytes) -> int | None:
        """How far it has come with this piece; None where that must be asked."""
        headers = _PIECE | {"Upload-Offset": str(offset)}
        try:
            answer = self._client.patch(f"/v1/uploads/{upload_id}", content=piece, headers=headers)
        except httpx.TransportError:
            return None
        if answer.status_code in _TRY_AGAIN | _GONE:
            return None
        if not answer.is_success:
            raise self._refused(answer)
        return int(answer.headers["Upload-Offset"])


def _interrupted(offset: int, size: int) -> PlatformError:
    percent = 100 * offset // max(size, 1)
    return PlatformError(
        "upload_interrupted",
        f"Sambungan terputus pada {percent}%. Jalankan lagi perintah yang sama: kiriman dilanjutkan dari situ.",
        f"The connection was cut at {percent}%. Run the same command again: it goes on from there.",
    )
