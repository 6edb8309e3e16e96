"""All SQL of the person index, and of deciles that wait for people."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.effects import Left
from psycopg import Connection

_WAITING_LOCK: Final = 0x7061_6461_6E10


class IndexedPerson(msgspec.Struct, frozen=True):
    """Where one person belongs."""

    nik_hash: bytes
    person_id: UUID
    household_id: UUID
    membership_seq: int


class FreedHash(msgspec.Struct, frozen=True):
    """The hash of a NIK that from `membership_seq` on is nobody's, and the household whose record was corrected."""

    nik_hash: bytes
    household_id: UUID
    membership_seq: int


class IndexedHousehold(msgspec.Struct, frozen=True):
    """A household, the position of its last event that changed a fact, and what changed: whether it is in the register
    (None: as before) and, where it was `named` anew, the hash of its family card."""

    household_id: UUID
    shard: int
    pos: int
    active: bool | None
    named: bool
    family_card_hash: bytes | None

    def then(self, later: "IndexedHousehold") -> "IndexedHousehold":
        """Both, one after the other."""
        return msgspec.structs.replace(
            later,
            active=self.active if later.active is None else later.active,
            named=self.named or later.named,
            family_card_hash=later.family_card_hash if later.named else self.family_card_hash,
        )


class Holder(msgspec.Struct, frozen=True):
    """The household that holds a NIK, and the hash of its family card."""

    household_id: UUID
    family_card_hash: bytes | None


class Standing(msgspec.Struct, frozen=True):
    """Of NIKs that were asked for: who holds them, and those whose person is recorded as dead in a household that has
    left the register (`recorded_dead`)."""

    holders: dict[bytes, Holder]
    dead: frozenset[bytes]


class WaitingRank(msgspec.Struct, frozen=True):
    """A decile whose person has appeared: the row it came from, and the household it is for."""

    upload_id: UUID
    batch_id: UUID
    actor: str
    row: int
    decile: int
    occurred_on: date
    household_id: UUID


def lock_waiting(connection: Connection[Any]) -> None:
    """Until the end of the transaction: no decile begins to wait while its person is being written, or the reverse."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_WAITING_LOCK])


def write(
    connection: Connection[Any],
    households: Collection[IndexedHousehold],
    persons: Sequence[IndexedPerson],
    left: Sequence[Left],
    freed: Sequence[FreedHash] = (),
) -> None:
    """Write households and people. Of two sides of a transfer the one with the larger `membership_seq` stays, and of a
    NIK that was freed only what came later."""
    connection.execute(
        "INSERT INTO household_index AS h (household_id, family_card_hash, shard, pos, active) "
        "SELECT household_id, card, shard, pos, coalesce(active, true) "
        "FROM unnest(%(ids)b::uuid[], %(cards)b::bytea[], %(shards)b::smallint[], %(positions)b::bigint[], "
        "%(active)b::boolean[]) AS w (household_id, card, shard, pos, active) "
        "ON CONFLICT (household_id) DO UPDATE SET shard = excluded.shard, pos = excluded.pos",
        _columns(households),
    )
    connection.execute(
        "UPDATE household_index h SET family_card_hash = CASE WHEN w.named THEN w.card ELSE h.family_card_hash END, "
        "active = coalesce(w.active, h.active) "
        "FROM unnest(%(ids)b::uuid[], %(cards)b::bytea[], %(active)b::boolean[], %(named)b::boolean[]) "
        "AS w (household_id, card, active, named) WHERE h.household_id = w.household_id AND (h.family_card_hash, "
        "h.active) IS DISTINCT FROM (CASE WHEN w.named THEN w.card ELSE h.family_card_hash END, "
        "coalesce(w.active, h.active))",
        {name: column for name, column in _columns(households).items() if name not in {"shards", "positions"}},
    )
    if freed:
        connection.execute(
            "INSERT INTO freed_nik AS f (nik_hash, household_id, membership_seq) SELECT DISTINCT ON (w.nik_hash) w.* "
            "FROM unnest(%(hashes)b::bytea[], %(households)b::uuid[], %(seqs)b::integer[]) "
            "AS w (nik_hash, household_id, membership_seq) ORDER BY w.nik_hash, w.membership_seq DESC "
            "ON CONFLICT (nik_hash) DO UPDATE SET household_id = excluded.household_id, "
            "membership_seq = excluded.membership_seq WHERE f.membership_seq < excluded.membership_seq",
            {
                "hashes": [one.nik_hash for one in freed],
                "households": [one.household_id for one in freed],
                "seqs": [one.membership_seq for one in freed],
            },
        )
    latest = {person.nik_hash: person for person in sorted(persons, key=lambda person: person.membership_seq)}
    rows = list(latest.values())
    connection.execute(
        "INSERT INTO person_index AS p (nik_hash, person_id, household_id, membership_seq) "
        "SELECT w.* FROM unnest(%(hashes)b::bytea[], %(persons)b::uuid[], %(households)b::uuid[], %(seqs)b::integer[]) "
        "AS w (nik_hash, person_id, household_id, membership_seq) LEFT JOIN freed_nik f USING (nik_hash) "
        "WHERE f.membership_seq IS NULL OR f.membership_seq < w.membership_seq "
        "ON CONFLICT (nik_hash) DO UPDATE SET person_id = excluded.person_id, household_id = excluded.household_id, "
        "membership_seq = excluded.membership_seq WHERE p.membership_seq < excluded.membership_seq",
        {
            "hashes": [row.nik_hash for row in rows],
            "persons": [row.person_id for row in rows],
            "households": [row.household_id for row in rows],
            "seqs": [row.membership_seq for row in rows],
        },
    )
    if freed:
        connection.execute(
            "DELETE FROM person_index p USING freed_nik f WHERE p.nik_hash = ANY(%(hashes)b::bytea[]) "
            "AND f.nik_hash = p.nik_hash AND p.membership_seq <= f.membership_seq",
            {"hashes": [one.nik_hash for one in freed]},
        )
    if left:
        connection.execute(
            "UPDATE person_index p SET household_id = w.household_id, membership_seq = w.membership_seq "
            "FROM (SELECT DISTINCT ON (person_id) * FROM unnest(%(persons)b::uuid[], %(households)b::uuid[], "
            "%(seqs)b::integer[]) AS w (person_id, household_id, membership_seq) "
            "ORDER BY person_id, membership_seq DESC) w "
            "WHERE p.person_id = w.person_id AND p.membership_seq < w.membership_seq",
            {
                "persons": [one.person_id for one in left],
                "households": [one.to for one in left],
                "seqs": [one.membership_seq for one in left],
            },
        )


def _columns(households: Collection[IndexedHousehold]) -> dict[str, list[Any]]:
    return {
        "ids": [one.household_id for one in households],
        "cards": [one.family_card_hash for one in households],
        "shards": [one.shard for one in households],
        "positions": [one.pos for one in households],
        "active": [one.active for one in households],
        "named": [one.named for one in households],
    }


def record_deaths(connection: Connection[Any], died: Mapping[tuple[UUID, UUID], bool]) -> None:
    """By household and person: who died there (True), or lives after all (False)."""
    if not died:
        return
    connection.execute(
        "WITH said AS (SELECT * FROM unnest(%(households)b::uuid[], %(persons)b::uuid[], %(died)b::boolean[]) "
        "AS s (household_id, person_id, died)), "
        "alive AS (DELETE FROM person_death d USING said s WHERE NOT s.died "
        "AND d.household_id = s.household_id AND d.person_id = s.person_id) "
        "INSERT INTO person_death (household_id, person_id) SELECT household_id, person_id FROM said WHERE died "
        "ON CONFLICT DO NOTHING",
        {
            "households": [household for household, _ in died],
            "persons": [person for _, person in died],
            "died": list(died.values()),
        },
    )


def standing(connection: Connection[Any], hashes: Sequence[bytes]) -> Standing:
    """What the register says of those NIKs: who belongs to a household that left it is nobody's, dead or alive."""
    rows = connection.execute(
        "SELECT p.nik_hash, p.household_id, h.family_card_hash, h.active IS FALSE "
        "FROM unnest(%(hashes)b::bytea[]) AS w (nik_hash) "
        "JOIN person_index p USING (nik_hash) LEFT JOIN household_index h USING (household_id) "
        "WHERE h.active IS NOT FALSE OR EXISTS (SELECT 1 FROM person_death d "
        "WHERE d.household_id = p.household_id AND d.person_id = p.person_id)",
        {"hashes": list(hashes)},
        binary=True,
    ).fetchall()
    return Standing(
        {nik_hash: Holder(household_id, card) for nik_hash, household_id, card, dead in rows if not dead},
        frozenset(nik_hash for nik_hash, *_, dead in rows if dead),
    )


def wait(connection: Connection[Any], upload_id: UUID, rows: Sequence[tuple[bytes, int, int]], on: date) -> None:
    """Let deciles (hash, row, decile) wait for their people."""
    connection.execute(
        "INSERT INTO ranking_waiting (nik_hash, upload_id, row, decile, occurred_on) "
        "SELECT h, %(id)s, r, d, %(on)s FROM unnest(%(hashes)b::bytea[], %(rows)b::integer[], %(deciles)b::smallint[]) "
        "AS w (h, r, d)",
        {
            "id": upload_id,
            "on": on,
            "hashes": [nik_hash for nik_hash, _, _ in rows],
            "rows": [row for _, row, _ in rows],
            "deciles": [decile for *_, decile in rows],
        },
    )


def overdue(connection: Connection[Any], most: int) -> list[bytes]:
    """The people of up to `most` households who are in the index and whose deciles, deaths or moves still wait.

    All of a household's: the order in which its deciles were received must hold.
    """
    rows = connection.execute(
        "WITH there AS (SELECT p.nik_hash, p.household_id FROM person_index p WHERE p.nik_hash IN "
        "(SELECT nik_hash FROM ranking_waiting UNION SELECT nik_hash FROM death_waiting "
        "UNION SELECT nik_hash FROM move_waiting)) "
        "SELECT nik_hash FROM there WHERE household_id IN "
        "(SELECT DISTINCT household_id FROM there ORDER BY household_id LIMIT %(most)s)",
        {"most": most},
        binary=True,
    ).fetchall()
    return [nik_hash for (nik_hash,) in rows]


def take_waiting(connection: Connection[Any], hashes: Sequence[bytes]) -> list[WaitingRank]:
    """Take out the deciles that waited for these people, and note on their rows that they are under way.

    In the order in which they were received, so that of several for one person the latest comes last.
    """
    taken = connection.execute(
        "WITH taken AS (DELETE FROM ranking_waiting w USING person_index p WHERE w.nik_hash = ANY(%(hashes)b) "
        "AND p.nik_hash = w.nik_hash RETURNING w.upload_id, w.row, w.decile, w.occurred_on, p.household_id), "
        "marked AS (UPDATE batch_row b SET outcome = 'pending', household_id = t.household_id FROM taken t "
        "WHERE b.upload_id = t.upload_id AND b.row = t.row), "
        "counted AS (UPDATE upload u SET waiting = u.waiting - c.n, pending = u.pending + c.n, summary = NULL "
        "FROM (SELECT upload_id, count(*)::integer AS n FROM taken GROUP BY upload_id) c "
        "WHERE u.upload_id = c.upload_id) "
        "SELECT t.upload_id, u.batch_id, u.actor, t.row, t.decile, t.occurred_on, t.household_id "
        "FROM taken t JOIN upload u USING (upload_id) ORDER BY u.received_at, t.upload_id, t.row",
        {"hashes": list(hashes)},
    ).fetchall()
    return [WaitingRank(*row) for row in taken]
