"""All SQL of matches with foreign registers."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection

from padan_registry_ingest.life_events.repository import Person


def living(connection: Connection[Any], hashes: Sequence[bytes]) -> dict[bytes, Person]:
    """Those of these people who are living members of households in the register."""
    rows = connection.execute(
        "SELECT p.nik_hash, p.person_id, p.household_id FROM person_index p "
        "JOIN household_index h USING (household_id) "
        "WHERE p.nik_hash = ANY(%(hashes)b) AND h.active AND NOT EXISTS (SELECT FROM person_death d "
        "WHERE d.household_id = p.household_id AND d.person_id = p.person_id)",
        {"hashes": list(hashes)},
        binary=True,
    )
    return {bytes(nik_hash): Person(person_id, household_id) for nik_hash, person_id, household_id in rows}


def note(connection: Connection[Any], source: str, households: Mapping[UUID, UUID]) -> dict[UUID, int]:
    """Keep the matches that were not reported before, by report the household of each; by report the number it has
    now. In the order of their ids: two lists that hold the same matches wait for each other and never deadlock."""
    rows = connection.execute(
        "INSERT INTO register_match (report_id, source, household_id) "
        "SELECT report_id, %(source)s, household_id FROM unnest(%(ids)b::uuid[], %(households)b::uuid[]) "
        "AS w (report_id, household_id) ORDER BY report_id ON CONFLICT DO NOTHING RETURNING report_id, number",
        {"source": source, "ids": list(households), "households": list(households.values())},
        binary=True,
    )
    return dict(rows.fetchall())


def decided(connection: Connection[Any], outcomes: Mapping[UUID, str | None]) -> None:
    """Note what household decided: by report the code of a refusal, None where it was accepted."""
    connection.execute(
        "UPDATE register_match m SET state = CASE WHEN d.code IS NULL THEN 'accepted' ELSE 'refused' END, "
        "reason = d.code FROM unnest(%(ids)b::uuid[], %(codes)b::text[]) AS d (report_id, code) "
        "WHERE m.report_id = d.report_id",
        {"ids": list(outcomes), "codes": list(outcomes.values())},
    )


def hold_key(connection: Connection[Any], actor: str, key: bytes) -> None:
    """One request at a time under a key, until the end of the transaction."""
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%(actor)s || encode(%(key)b, 'hex'), 80))",
        {"actor": actor, "key": key},
    )


def answered(connection: Connection[Any], actor: str, key: bytes) -> tuple[bytes, bytes] | None:
    """The digest of what was sent under a key, and its answer; None where nothing was."""
    row = connection.execute(
        "SELECT digest, answer FROM register_match_list WHERE actor = %(actor)s AND key = %(key)b",
        {"actor": actor, "key": key},
        binary=True,
    ).fetchone()
    return None if row is None else (bytes(row[0]), bytes(row[1]))


def keep_answer(connection: Connection[Any], actor: str, key: bytes, digest: bytes, answer: bytes) -> None:
    """Keep the answer of a key."""
    connection.execute(
        "INSERT INTO register_match_list (actor, key, digest, answer) "
        "VALUES (%(actor)s, %(key)b, %(digest)b, %(answer)b)",
        {"actor": actor, "key": key, "digest": digest, "answer": answer},
    )
