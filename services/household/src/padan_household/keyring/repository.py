"""All SQL over the keyring."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection

from padan_household.keyring.rights import Rights


class WrappedKeys(msgspec.Struct, frozen=True):
    """A subject's two keys, wrapped; None where one was destroyed, or was not asked for."""

    household_id: UUID
    subject_id: UUID
    identity: bytes | None
    sensitive: bytes | None


def insert_if_absent(connection: Connection[Any], keys: Sequence[WrappedKeys]) -> int:
    """Keep keys for subjects that have none; return for how many."""
    # Sorted, so that two who mint for the same subjects wait for each other instead of deadlocking.
    return connection.execute(
        "INSERT INTO subject_key (household_id, subject_id, identity, sensitive) "
        "SELECT * FROM unnest(%b::uuid[], %b::uuid[], %b::bytea[], %b::bytea[]) "
        "AS minted (household_id, subject_id, identity, sensitive) ORDER BY household_id, subject_id "
        "ON CONFLICT DO NOTHING",
        [
            [key.household_id for key in keys],
            [key.subject_id for key in keys],
            [key.identity for key in keys],
            [key.sensitive for key in keys],
        ],
    ).rowcount


def kept(connection: Connection[Any], subjects: Sequence[tuple[UUID, UUID]]) -> list[WrappedKeys]:
    """The keys that stand for `(household_id, subject_id)`."""
    rows = connection.execute(
        "SELECT k.household_id, k.subject_id, k.identity, k.sensitive "
        "FROM unnest(%b::uuid[], %b::uuid[]) AS w (household_id, subject_id) "
        "JOIN subject_key k USING (household_id, subject_id)",
        [[household for household, _ in subjects], [subject for _, subject in subjects]],
        binary=True,
    )
    return [WrappedKeys(*row) for row in rows]


def of_households(connection: Connection[Any], household_ids: Sequence[UUID], rights: Rights) -> list[WrappedKeys]:
    """The keys of every subject of some households, by household: of each kind those that `rights` reach."""
    rows = connection.execute(
        "SELECT k.household_id, k.subject_id, "
        "CASE WHEN %(identity)s = 'all' OR (%(identity)s = 'household' AND k.subject_id = k.household_id) "
        "THEN k.identity END, "
        "CASE WHEN %(sensitive)s = 'all' OR (%(sensitive)s = 'household' AND k.subject_id = k.household_id) "
        "THEN k.sensitive END "
        "FROM unnest(%(households)b::uuid[]) AS w (household_id) JOIN subject_key k USING (household_id) "
        "ORDER BY k.household_id, k.subject_id",
        {
            "households": list(household_ids),
            "identity": rights.identity.value,
            "sensitive": rights.sensitive.value,
        },
        binary=True,
    )
    return [WrappedKeys(*row) for row in rows]


def keep_intake_key(connection: Connection[Any], day: date, wrapped: bytes) -> None:
    """Keep a day's key unless it has one."""
    connection.execute("INSERT INTO intake_key (day, wrapped) VALUES (%s, %s) ON CONFLICT DO NOTHING", [day, wrapped])


def intake_key(connection: Connection[Any], day: date) -> bytes | None:
    """A day's wrapped key."""
    row = connection.execute("SELECT wrapped FROM intake_key WHERE day = %s", [day], binary=True).fetchone()
    return None if row is None else row[0]


def destroy_intake_keys(connection: Connection[Any], before: date) -> int:
    """Destroy the keys of the days before `before`; return how many."""
    return connection.execute("DELETE FROM intake_key WHERE day < %s", [before]).rowcount
