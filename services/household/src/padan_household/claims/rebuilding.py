"""Rebuilding the claims from the store itself: who holds which NIK stands in the sealed blocks of its events."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from padan_events import Event
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime.rebuild.view import Table, View
from psycopg import Connection

from padan_household.claims.changes import ClaimChanges, recorded
from padan_household.intake.handler import READER
from padan_household.keyring.keyring import Keyring

NAME: Final = "household.claims"


class ClaimsRebuilder:
    """See `padan_runtime.rebuild.view.Rebuilder`."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    async def prepare(self, events: Sequence[Event], /) -> ClaimChanges:
        """Open the identity blocks. Raises `SealError` and decoding errors."""
        return await asyncio.to_thread(recorded, events, self._keyring)

    def apply(self, connection: Connection[Any], events: Sequence[Event], prepared: ClaimChanges, /) -> None:
        """Claim. Raises `TwoHoldersError`."""
        del events
        if prepared:
            prepared.apply(connection)


def view(keyring: Keyring) -> View:
    """The claims; they stand where the log does, and nobody appends while they are compared."""
    return View(
        name=NAME,
        reader=READER,
        topics=(),
        own_logs=(HOUSEHOLD_EVENTS,),
        tables=(
            Table(name="person_claim", key=("nik_hash",)),
            Table(name="person_death", key=("household_id", "person_id")),
        ),
        rebuilder=ClaimsRebuilder(keyring),
    )
