"""SQL of the projection: COPY to a stage, then one upsert a view."""

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

import msgspec
from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from padan_gateway.views.rows import Changes, DecisionRow, HouseholdChange, PersonRow, region_columns

_STAGES = {
    "household_stage": "household_view",
    "person_stage": "person_view",
    "decision_stage": "decision_view",
}

_HOUSEHOLD = (
    "household_id, province, regency, district, village, state, proposed_on, caretaker, head, member_count, address, "
    "rt, rw, family_card_number, decile, matched_person, civil_status, agreement, matched_at, shard, pos"
)
_PERSON = (
    "person_id, membership_seq, household_id, province, regency, district, village, ordinal, name, nik, nik_hash, "
    "birth_date, sex, relationship"
)
_DECISION = (
    "household_id, programme, event_id, outcome, annual_idr, missing, state, policy_version, facts_shard, facts_pos, "
    "as_of, decided_at, explanation"
)
_HOUSEHOLD_TYPES = (
    "uuid text text text text text date uuid uuid int4 text text text text int2 uuid text jsonb text int2 int8"
)
_PERSON_TYPES = "uuid int4 uuid text text text text int2 text text bytea date text text"
_DECISION_TYPES = "uuid text uuid text int8 text[] text text int2 int8 date timestamptz bytea"


def _overwrite(columns: LiteralString, *keys: str) -> sql.Composable:
    changed = [column for column in columns.split(", ") if column not in keys]
    return sql.SQL(", ").join(sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(column)) for column in changed)


# Once a connection, emptied by each commit; without the view's constraints, as a stage may hold half a household.
_STAGE = sql.SQL(
    "CREATE TEMPORARY TABLE IF NOT EXISTS {stage} ON COMMIT DELETE ROWS AS SELECT * FROM {view} WITH NO DATA"
)
_UPSERT_HOUSEHOLDS = sql.SQL(
    "INSERT INTO household_view ({columns}) SELECT {columns} FROM household_stage WHERE state IS NOT NULL "
    "ON CONFLICT (household_id) DO UPDATE SET {overwrite}"
).format(columns=sql.SQL(_HOUSEHOLD), overwrite=_overwrite(_HOUSEHOLD, "household_id"))
_CHANGE_HOUSEHOLDS = (
    "UPDATE household_view v SET pos = s.pos, decile = coalesce(s.decile, v.decile), "
    "matched_person = coalesce(s.matched_person, v.matched_person), "
    "civil_status = coalesce(s.civil_status, v.civil_status), agreement = coalesce(s.agreement, v.agreement), "
    "matched_at = coalesce(s.matched_at, v.matched_at) "
    "FROM household_stage s WHERE s.state IS NULL AND v.household_id = s.household_id"
)
_UPSERT_PERSONS = sql.SQL(
    "INSERT INTO person_view ({columns}) SELECT {columns} FROM person_stage "
    "ON CONFLICT (person_id) DO UPDATE SET {overwrite} WHERE person_view.membership_seq < EXCLUDED.membership_seq"
).format(columns=sql.SQL(_PERSON), overwrite=_overwrite(_PERSON, "person_id"))
_UPSERT_DECISIONS = sql.SQL(
    "INSERT INTO decision_view ({columns}) SELECT {columns} FROM decision_stage "
    "ON CONFLICT (household_id, programme) DO UPDATE SET {overwrite}"
).format(columns=sql.SQL(_DECISION), overwrite=_overwrite(_DECISION, "household_id", "programme"))


def write(connection: Connection[Any], changes: Changes) -> None:
    """Write a batch's changes inside the caller's transaction."""
    for stage, view in _STAGES.items():
        connection.execute(_STAGE.format(stage=sql.Identifier(stage), view=sql.Identifier(view)))
    if changes.households:
        _copy(connection, "household_stage", _HOUSEHOLD, _HOUSEHOLD_TYPES, map(_household, changes.households.values()))
        connection.execute(_UPSERT_HOUSEHOLDS)
        connection.execute(_CHANGE_HOUSEHOLDS)
    if changes.persons:
        _copy(connection, "person_stage", _PERSON, _PERSON_TYPES, map(_person, changes.persons.values()))
        connection.execute(_UPSERT_PERSONS)
    if changes.decisions:
        _copy(connection, "decision_stage", _DECISION, _DECISION_TYPES, map(_decision, changes.decisions.values()))
        connection.execute(_UPSERT_DECISIONS)


def _copy(
    connection: Connection[Any], stage: str, columns: LiteralString, types: str, rows: Iterable[Sequence[Any]]
) -> None:
    """COPY in binary: as text, a sealed explanation would be twice as long, written here and read there digit by
    digit. `types` are the columns' types; PostgreSQL converts nothing in a binary COPY."""
    with connection.cursor().copy(
        sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier(stage), sql.SQL(columns))
    ) as copy:
        copy.set_types(types.split())
        for row in rows:
            copy.write_row(row)


def _household(change: HouseholdChange) -> tuple[Any, ...]:
    standing, matched = change.standing, change.matched
    columns: tuple[Any, ...] = (None,) * 13
    if standing is not None:
        identity = standing.identity
        columns = (
            *region_columns(standing.regency if identity is None else identity.village),
            standing.state,
            standing.proposed_on,
            standing.caretaker,
            standing.head,
            standing.member_count,
            *((None,) * 4 if identity is None else (
                identity.address, identity.rt, identity.rw, identity.family_card_number
            )),
        )  # fmt: skip
    answer: tuple[Any, ...] = (None,) * 4
    if matched is not None:
        agreement = Jsonb(msgspec.to_builtins(matched.agreement))
        answer = (matched.person_id, matched.civil_status, agreement, matched.matched_at)
    return change.household_id, *columns, change.decile, *answer, change.shard, change.pos


def _person(row: PersonRow) -> tuple[Any, ...]:
    known = row.identity
    identity: tuple[Any, ...] = (None,) * 6
    if known is not None:
        nik_hash = None if known.nik_hash is None else bytes.fromhex(known.nik_hash)
        sex = None if known.sex is None else known.sex.value
        relationship = None if known.relationship is None else known.relationship.value
        identity = (known.name, known.nik, nik_hash, known.birth_date, sex, relationship)
    return row.person_id, row.membership_seq, row.household_id, *region_columns(row.village), row.ordinal, *identity


def _decision(row: DecisionRow) -> tuple[Any, ...]:
    decided = row.decided
    return (
        decided.household_id,
        decided.programme,
        row.event_id,
        decided.outcome.value,
        decided.annual_idr,
        list(decided.missing),
        decided.state,
        decided.policy_version,
        decided.facts.shard,
        decided.facts.pos,
        decided.as_of,
        row.decided_at,
        decided.explanation,
    )
