"""Compares a corrected file with the one before, once, before its rows are judged."""

import asyncio
from uuid import UUID

from padan_runtime.database import Database
from padan_runtime.keys import IntakeKeyGoneError, KeyClient
from padan_runtime.sealing import SealError

from padan_registry_ingest.batches import chunks
from padan_registry_ingest.batches import repository as batches
from padan_registry_ingest.batches.repository import Upload
from padan_registry_ingest.correcting import repository
from padan_registry_ingest.correcting.fingerprints import Hash, fingerprints
from padan_registry_ingest.correcting.pairing import pair
from padan_registry_ingest.domain.columns import ALONE
from padan_registry_ingest.domain.faults import FileFault


class Corrections:
    """Holds corrected files against the files before them, chunk by chunk: the memory does not grow with a file."""

    def __init__(self, database: Database, keys: KeyClient, keyed_hash: Hash) -> None:
        self._database, self._keys, self._hash = database, keys, keyed_hash

    async def compare(self, upload: Upload, key: bytes) -> None:
        """Have it said of each row of `upload`, whose chunks are kept, what it is to the file that it corrects.

        In one transaction, so that a crash leaves nothing half said. Does nothing for any other file, and nothing the
        second time. Raises `FileFault`, `Unavailable`.
        """
        if upload.corrects is None or upload.removed is not None:
            return
        if upload.kind in ALONE:
            raise FileFault("correction_of_ranking")
        first = await asyncio.to_thread(self._find, upload.corrects)
        try:
            first_key = await self._keys.intake_key(first.key_id)
            await asyncio.to_thread(self._compare, upload.upload_id, key, first.upload_id, first_key)
        except (IntakeKeyGoneError, SealError) as error:
            raise FileFault("corrected_expired") from error

    def _find(self, upload_id: UUID) -> Upload:
        with self._database.transaction() as connection:
            upload = batches.find(connection, upload_id)
        assert upload is not None
        return upload

    def _compare(self, upload_id: UUID, key: bytes, first_id: UUID, first_key: bytes) -> None:
        with self._database.transaction() as connection:
            repository.begin(connection, upload_id)
            for first_row in chunks.first_rows(connection, first_id):
                before = list(fingerprints(chunks.load(connection, first_key, first_id, first_row), self._hash))
                registered = repository.households(connection, first_id, before[0].row, before[-1].row)
                repository.keep(connection, upload_id, before, registered)
            for first_row in chunks.first_rows(connection, upload_id):
                sent = list(fingerprints(chunks.load(connection, key, upload_id, first_row), self._hash))
                earlier = repository.candidates(connection, upload_id, sent)
                repository.note(connection, upload_id, pair(sent, earlier), earlier)
            repository.end(connection, upload_id)
