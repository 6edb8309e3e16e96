"""SQL of the persons in the views: one row each, held by the household with the largest `membership_seq`."""

from typing import Any

from padan_events.effects import NOBODY
from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from padan_gateway.views.rows import Changes, PersonRow

_STAGE = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS person_stage ON COMMIT DELETE ROWS AS "
    "SELECT person_id, membership_seq, household_id, ordinal, name, nik, nik_hash, birth_date, sex, relationship, "
    "sources FROM person_view WITH NO DATA"
)
_COLUMNS = (
    "person_id, membership_seq, household_id, ordinal, name, nik, nik_hash, birth_date, sex, relationship, sources"
)
_TYPES = ("uuid", "int4", "uuid", "int2", "text", "text", "bytea", "date", "text", "text", "jsonb")
# Sorted, so that two readers that meet over a transfer wait for each other and never deadlock.
_LOCK = "SELECT 1 FROM person_view WHERE person_id = ANY(%b) ORDER BY person_id FOR UPDATE"
# Where they live is where their household does, and that was written before: blocks and households come in one event.
_UPSERT = (
    "INSERT INTO person_view AS p (person_id, membership_seq, household_id, province, regency, district, village, "
    "ordinal, name, nik, nik_hash, birth_date, sex, relationship, sources) "
    "SELECT s.person_id, s.membership_seq, s.household_id, h.province, h.regency, h.district, h.village, s.ordinal, "
    "s.name, s.nik, s.nik_hash, s.birth_date, s.sex, s.relationship, s.sources "
    "FROM person_stage s JOIN household_view h USING (household_id) ORDER BY s.person_id "
    "ON CONFLICT (person_id) DO UPDATE SET membership_seq = EXCLUDED.membership_seq, "
    "household_id = EXCLUDED.household_id, province = EXCLUDED.province, regency = EXCLUDED.regency, "
    "district = EXCLUDED.district, village = EXCLUDED.village, "
    "ordinal = CASE WHEN EXCLUDED.ordinal < 0 THEN p.ordinal ELSE EXCLUDED.ordinal END, name = EXCLUDED.name, "
    "nik = EXCLUDED.nik, nik_hash = EXCLUDED.nik_hash, birth_date = EXCLUDED.birth_date, sex = EXCLUDED.sex, "
    "relationship = EXCLUDED.relationship, sources = EXCLUDED.sources, "
    # Only the living join: what is known of a death is of a household before, and does not count in this one.
    "died_on = CASE WHEN EXCLUDED.ordinal < 0 OR p.membership_seq = EXCLUDED.membership_seq THEN p.died_on END "
    # The other side of a transfer may have been read first: it moved the person, and knew nothing else.
    "WHERE p.membership_seq <= EXCLUDED.membership_seq"
)
# A record that turned out to be a second one is shown nowhere and lives nowhere; its row stays, so that what was said
# of it before and is read later does not bring it back.
_LEFT = (
    "UPDATE person_view p SET household_id = w.household_id, membership_seq = w.membership_seq, died_on = NULL, "
    "province = CASE WHEN w.household_id <> %(nobody)b THEN p.province ELSE '' END, "
    "regency = CASE WHEN w.household_id <> %(nobody)b THEN p.regency ELSE '' END, "
    "district = CASE WHEN w.household_id <> %(nobody)b THEN p.district END, "
    "village = CASE WHEN w.household_id <> %(nobody)b THEN p.village END, "
    "name = CASE WHEN w.household_id <> %(nobody)b THEN p.name END, "
    "nik = CASE WHEN w.household_id <> %(nobody)b THEN p.nik END, "
    "nik_hash = CASE WHEN w.household_id <> %(nobody)b THEN p.nik_hash END, "
    "birth_date = CASE WHEN w.household_id <> %(nobody)b THEN p.birth_date END, "
    "sex = CASE WHEN w.household_id <> %(nobody)b THEN p.sex END, "
    "relationship = CASE WHEN w.household_id <> %(nobody)b THEN p.relationship END, "
    "sources = CASE WHEN w.household_id <> %(nobody)b THEN p.sources END "
    "FROM unnest(%(persons)b::uuid[], %(seqs)b::integer[], %(households)b::uuid[]) "
    "AS w (person_id, membership_seq, household_id) "
    "WHERE p.person_id = w.person_id AND p.membership_seq < w.membership_seq"
)
_DIED = (
    "UPDATE person_view p SET died_on = w.died_on "
    "FROM unnest(%(persons)b::uuid[], %(seqs)b::integer[], %(dates)b::date[]) "
    "AS w (person_id, membership_seq, died_on) "
    "WHERE p.person_id = w.person_id AND p.membership_seq <= w.membership_seq"
)
_FOLLOW = (
    "UPDATE person_view p SET province = h.province, regency = h.regency, district = h.district, village = h.village "
    "FROM household_view h WHERE p.household_id = ANY(%b) AND h.household_id = p.household_id"
)


def write(connection: Connection[Any], changes: Changes) -> None:
    """Write the persons of a batch, behind its households."""
    moving = {*changes.left, *changes.died, *(row.person_id for row in changes.persons.values() if _may_be_there(row))}
    if moving:
        connection.execute(_LOCK, [sorted(moving)])
    if changes.persons:
        connection.execute(_STAGE)
        with connection.cursor().copy(
            sql.SQL("COPY person_stage ({}) FROM STDIN (FORMAT BINARY)").format(sql.SQL(_COLUMNS))
        ) as copy:
            copy.set_types(_TYPES)
            for row in changes.persons.values():
                copy.write_row(_person(row))
        connection.execute(_UPSERT)
    if changes.left:
        connection.execute(
            _LEFT,
            {
                "persons": list(changes.left),
                "seqs": [left.membership_seq for left in changes.left.values()],
                "households": [left.to for left in changes.left.values()],
                "nobody": NOBODY,
            },
        )
    if changes.died:
        connection.execute(
            _DIED,
            {
                "persons": list(changes.died),
                "seqs": [died.membership_seq for died in changes.died.values()],
                "dates": [died.on for died in changes.died.values()],
            },
        )
    relocated = [one.household_id for one in changes.households.values() if one.renamed and one.proposed_on is None]
    if relocated:
        connection.execute(_FOLLOW, [relocated])


def _may_be_there(row: PersonRow) -> bool:
    return row.membership_seq > 1 or row.ordinal < 0


def _person(row: PersonRow) -> tuple[Any, ...]:
    known = row.identity
    identity: tuple[Any, ...] = (None,) * 7
    if known is not None:
        nik_hash = None if known.nik_hash is None else bytes.fromhex(known.nik_hash)
        sex = None if known.sex is None else known.sex.value
        relationship = None if known.relationship is None else known.relationship.value
        sources = Jsonb(known.sources) if known.sources else None
        identity = (known.name, known.nik, nik_hash, known.birth_date, sex, relationship, sources)
    return row.person_id, row.membership_seq, row.household_id, row.ordinal, *identity
