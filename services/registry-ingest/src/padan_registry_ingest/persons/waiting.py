"""Deciles that waited for people who are there now: taken out and reported, in one transaction with whatever found
them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from padan_runtime.log import append
from psycopg import Connection

from padan_registry_ingest.persons import repository
from padan_registry_ingest.reporting.rankings import ranking


def report_waiting(connection: Connection[Any], hashes: Sequence[bytes], causes: Mapping[UUID, UUID]) -> int:
    """Report the deciles that waited for these people; how many those were. Behind `repository.lock_waiting`.

    `causes`: by household, the event that named it, where there is one.
    """
    taken = repository.take_waiting(connection, hashes)
    if taken:
        append(
            connection,
            [
                ranking(
                    rank.batch_id,
                    rank.row,
                    rank.household_id,
                    decile=rank.decile,
                    occurred_on=rank.occurred_on,
                    actor=rank.actor,
                    cause=causes.get(rank.household_id),
                )
                for rank in taken
            ],
        )
    return len(taken)
