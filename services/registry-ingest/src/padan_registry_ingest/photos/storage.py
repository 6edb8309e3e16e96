"""Where photos are kept: a folder, or S3 and its like, by address. What lies there is sealed."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url
from padan_runtime.logs import logger
from padan_runtime.problems import Unavailable

if TYPE_CHECKING:  # obstore has them for type checkers only
    from obstore.store import RetryConfig

_RETRY: "Final[RetryConfig]" = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}


class PhotoStore:
    """Photos by household and photo. `url` is `s3://BUCKET/PREFIX` (credentials as AWS's own tools take them, from the
    environment) or another address that obstore knows; without one they lie in `folder`. Raises `ValueError` where the
    address is none."""

    def __init__(self, url: str | None, folder: Path) -> None:
        self._local = folder / "photos" if url is None else None
        self._store: ObjectStore
        if self._local is not None:
            self._local.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._store = LocalStore(self._local)
            return
        assert url is not None
        try:
            self._store = from_url(url, retry_config=_RETRY)
        except (BaseError, TypeError) as error:
            raise ValueError("not an address of a store") from error

    async def put(self, household_id: UUID, photo_id: UUID, sealed: bytes) -> None:
        """Keep a photo: whole or not at all, and durable. One that is there is replaced. Raises `Unavailable`."""
        path = _path(household_id, photo_id)
        try:
            await obstore.put_async(self._store, path, sealed, use_multipart=False)
            if self._local is not None:
                await asyncio.to_thread(_make_durable, self._local, path)
        except (BaseError, OSError) as error:
            raise _away(error) from error

    async def get(self, household_id: UUID, photo_id: UUID) -> bytes | None:
        """A photo as it was kept, None where it is not there. Raises `Unavailable`."""
        try:
            found = await obstore.get_async(self._store, _path(household_id, photo_id))
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise _away(error) from error


def _path(household_id: UUID, photo_id: UUID) -> str:
    # A folder with millions of entries is slow on many file systems; object stores do not mind.
    return f"{household_id.hex[:2]}/{household_id.hex[2:4]}/{household_id}/{photo_id}"


def _make_durable(root: Path, path: str) -> None:
    """obstore renames into place but leaves the rest to the system (seen with strace): after a loss of power the row
    would be there, and the photo not."""
    place = root / path
    for each in (place, *place.parents):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if each == root:
            return


def _away(error: Exception) -> Unavailable:
    # Its first line names address and ids, never what is in the photo.
    logger().error("the store of photos does not take or give one", error=str(error).partition("\n")[0])
    return Unavailable("photo-store")
