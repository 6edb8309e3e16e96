"""Rebuilding the person index. A rebuild sends no deciles: those that waited for people it restored are `overdue`."""

from collections.abc import Sequence
from typing import Any

from padan_events import Event
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime.keys import KeyClient
from padan_runtime.rebuild.view import Table, View
from psycopg import Connection

from padan_registry_ingest.persons.index import READER, Known, opened_batch


class IndexRebuilder:
    """See `padan_runtime.rebuild.view.Rebuilder`."""

    def __init__(self, keys: KeyClient) -> None:
        self._keys = keys

    async def prepare(self, events: Sequence[Event], /) -> Known:
        """Open the identity blocks. Raises `Unavailable`."""
        return await opened_batch(self._keys, events)

    def apply(self, connection: Connection[Any], events: Sequence[Event], prepared: Known, /) -> None:
        """Write the index."""
        del events
        if prepared.households:
            prepared.write(connection)


def view(keys: KeyClient) -> View:
    """The projection `registry-ingest.persons`."""
    return View(
        name=READER,
        reader=READER,
        topics=(HOUSEHOLD_EVENTS,),
        tables=(
            Table(name="person_index", key=("nik_hash",)),
            Table(name="household_index", key=("household_id",)),
            Table(name="freed_nik", key=("nik_hash",)),
            Table(name="person_death", key=("household_id", "person_id")),
        ),
        rebuilder=IndexRebuilder(keys),
    )
