"""Deciles, deaths and moves that waited for people who are there now: taken out and reported, in one transaction with
whatever found them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from padan_runtime.log import append
from psycopg import Connection

from padan_registry_ingest.life_events.moving import moves_waited_for
from padan_registry_ingest.life_events.reporting import waited_for
from padan_registry_ingest.persons import repository
from padan_registry_ingest.reporting.rankings import ranking


def report_waiting(connection: Connection[Any], hashes: Sequence[bytes], causes: Mapping[UUID, UUID]) -> int:
    """Report the deciles, deaths and moves that waited for these people; how many those were. Behind
    `repository.lock_waiting`, and in one append: two would take their locks in no order.

    `causes`: by household, the event that named it, where there is one.
    """
    entries = [
        ranking(
            rank.batch_id,
            rank.row,
            rank.household_id,
            decile=rank.decile,
            occurred_on=rank.occurred_on,
            actor=rank.actor,
            cause=causes.get(rank.household_id),
        )
        for rank in repository.take_waiting(connection, hashes)
    ]
    entries += waited_for(connection, hashes, causes)
    entries += moves_waited_for(connection, hashes, causes)
    if entries:
        append(connection, entries)
    return len(entries)
