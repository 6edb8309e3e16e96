"""Has a photo developed in a child process, and takes what comes back."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from typing import Final

import msgspec
from padan_runtime.logs import logger

from padan_registry_ingest.child_processes import CODE
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.domain.photo_faults import PHOTO_FAULTS
from padan_registry_ingest.domain.photos import PhotoDetails
from padan_registry_ingest.photos.child import DATA_ERROR

AT_ONCE: Final = 2
MEMORY_MB: Final = 400
"""Address space of each child: 50 megapixels as progressive JPEG, 25 as PNG, 16 as WebP fit (measured)."""
_CPU_S: Final = 15
_WALL_S: Final = 60.0
_ENVIRONMENT: Final = {**CODE, "PYTHONUTF8": "1", "MALLOC_ARENA_MAX": "1"}


class Found(msgspec.Struct, frozen=True):
    """What the child says of a photo: SHA-256 of the JPEG in hexadecimal, perceptual hash, size in pixels."""

    sha256: str
    perceptual: int
    width: int
    height: int
    details: PhotoDetails


class Developed(msgspec.Struct, frozen=True):
    """A photo as it is kept, and what is known of it."""

    jpeg: bytes
    found: Found


class Darkroom:
    """Develops a few photos at once: the memory of the container is that of so many."""

    def __init__(self, *, memory_mb: int = MEMORY_MB) -> None:
        self._places, self._memory_mb = asyncio.Semaphore(AT_ONCE), memory_mb

    async def develop(self, read: Callable[[], bytes]) -> Developed:
        """Develop the photo that `read` gives, which is not read before its turn. Raises `FileFault`."""
        async with self._places:
            return await asyncio.to_thread(lambda: _develop(read(), self._memory_mb))


def _develop(content: bytes, memory_mb: int) -> Developed:
    try:
        child = subprocess.run(
            [sys.executable, "-m", "padan_registry_ingest.photos.child", str(memory_mb), str(_CPU_S)],
            input=content,
            capture_output=True,
            env=_ENVIRONMENT,
            timeout=_WALL_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise FileFault("photo_failed") from error
    if child.returncode == 0:
        line, _, jpeg = child.stdout.partition(b"\n")
        return Developed(jpeg, msgspec.json.decode(line, type=Found))
    if child.returncode == DATA_ERROR:
        code = child.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise FileFault(code if code in PHOTO_FAULTS else "photo_failed")
    if child.returncode < 0:  # ended by a signal: a limit, or a decoder that broke
        raise FileFault("photo_too_many_pixels")
    logger().error("a photo could not be developed", status=child.returncode)
    raise FileFault("photo_failed")
