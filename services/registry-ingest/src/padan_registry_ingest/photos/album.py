"""The photos of households: taken in, listed, given back, and told to whoever decides by them."""

import asyncio
from collections.abc import Callable, Iterable
from uuid import UUID

from padan_events.evidence import PhotoKind
from padan_runtime import metrics
from padan_runtime.database import Database
from padan_runtime.keys import KeyClient, KeyUnknownError, keys_of
from padan_runtime.logs import logger
from padan_runtime.problems import Unavailable
from padan_runtime.sealing import SealError, open_bytes, seal, seal_bytes

from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.domain.photos import COMPARED, MOST_RECENT, RECENT, PhotoFacts, photo_id_of
from padan_registry_ingest.photos import repository
from padan_registry_ingest.photos.developing import Darkroom
from padan_registry_ingest.photos.repository import Photo
from padan_registry_ingest.photos.storage import PhotoStore


class Album:
    """All photos. Raises `FileFault` and `Unavailable`."""

    def __init__(self, database: Database, keys: KeyClient, store: PhotoStore) -> None:
        self._database, self._keys, self._store, self._darkroom = database, keys, store, Darkroom()

    async def add(self, household_id: UUID, kind: PhotoKind, read: Callable[[], bytes], *, actor: str) -> Photo:
        """Take in the photo that `read` gives. The same one again, of the same household and kind, is answered as the
        first time."""
        try:
            photo = await self._add(household_id, kind, read, actor)
        except FileFault as fault:
            metrics.PHOTOS.labels(fault.code).inc()
            raise
        metrics.PHOTOS.labels("flagged" if photo.flagged else "kept").inc()
        return photo

    async def _add(self, household_id: UUID, kind: PhotoKind, read: Callable[[], bytes], actor: str) -> Photo:
        # First, for it costs least: nothing of an erased household is opened.
        key = await self._key(household_id)
        developed = await self._darkroom.develop(read)
        found, sha256 = developed.found, bytes.fromhex(developed.found.sha256)
        photo_id = photo_id_of(household_id, kind, sha256)
        photo = Photo(
            photo_id=photo_id,
            household_id=household_id,
            kind=kind,
            sha256=sha256,
            perceptual=found.perceptual,
            compared=kind in COMPARED,
            size_bytes=len(developed.jpeg),
            width=found.width,
            height=found.height,
            details=seal(key, found.details, subject=household_id, event_id=photo_id),
            uploaded_by=actor,
        )
        await asyncio.to_thread(self._room_for, photo)
        # The picture first: one without a row harms nobody and is replaced when it is sent again.
        sealed = seal_bytes(key, developed.jpeg, _context(household_id, photo_id))
        await self._store.put(household_id, photo_id, sealed)
        return await asyncio.to_thread(self._record, photo)

    def _room_for(self, photo: Photo) -> None:
        """Whether the household may have one more. Those that come at once do not see each other: they are few."""
        with self._database.transaction() as connection:
            if repository.others_since(connection, photo, RECENT) >= MOST_RECENT:
                raise FileFault("photo_too_many", most=MOST_RECENT)

    def _record(self, photo: Photo) -> Photo:
        with self._database.transaction() as connection:
            repository.keep(connection, photo)
            kept = repository.find(connection, photo.household_id, photo.photo_id)
        assert kept is not None
        return kept

    def listed(self, household_id: UUID) -> list[Photo]:
        """The photos of a household, as they came."""
        with self._database.transaction() as connection:
            return repository.of_household(connection, household_id)

    def places(self, photo_ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, PhotoKind]]:
        """By id, the household of a photo and what it shows; one that never came is not in it."""
        with self._database.transaction() as connection:
            return repository.places(connection, photo_ids)

    async def picture(self, household_id: UUID, photo_id: UUID) -> bytes:
        """A photo as JPEG."""
        if await asyncio.to_thread(self._find, household_id, photo_id) is None:
            raise FileFault("photo_not_found")
        key = await self._key(household_id)
        sealed = await self._store.get(household_id, photo_id)
        if sealed is None:
            logger().error("a photo is on record but not in the store", photo_id=str(photo_id))
            raise FileFault("photo_lost")
        try:
            return open_bytes(key, sealed, _context(household_id, photo_id))
        except SealError as error:
            logger().error("a photo in the store does not open", photo_id=str(photo_id))
            raise FileFault("photo_lost") from error

    async def facts(self, household_id: UUID, photo_ids: Iterable[UUID]) -> dict[UUID, PhotoFacts]:
        """By id, what is known of photos that a command names; those that are not this household's are not in it."""
        wanted, key = list(photo_ids), await self._key(household_id)
        return await asyncio.to_thread(self._facts, household_id, wanted, key)

    def _facts(self, household_id: UUID, photo_ids: list[UUID], key: bytes) -> dict[UUID, PhotoFacts]:
        with self._database.transaction() as connection:
            return repository.of(connection, household_id, photo_ids, key)

    def _find(self, household_id: UUID, photo_id: UUID) -> Photo | None:
        with self._database.transaction() as connection:
            return repository.find(connection, household_id, photo_id)

    async def _key(self, household_id: UUID) -> bytes:
        # Asked for anew each time: a photo takes longer anyway, and an erasure holds from the next request on.
        self._keys.forget([household_id])
        found = await self._keys.of([household_id])
        try:
            key = keys_of(found[household_id], household_id).identity
        except KeyUnknownError as error:
            # Not an erasure: a keyring that was restored, or a household that is not there yet. Tried again later.
            logger().error("the keyring does not know a household", household_id=str(household_id))
            raise Unavailable("household") from error
        if key is None:
            raise FileFault("photo_erased")
        return key


def _context(household_id: UUID, photo_id: UUID) -> bytes:
    return household_id.bytes + photo_id.bytes + b"photo"
