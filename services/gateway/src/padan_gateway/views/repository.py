"""SQL of the projection: COPY to a stage, then one upsert a view."""

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

import msgspec
from msgspec import UNSET
from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from padan_gateway.domain.regions import region_columns
from padan_gateway.views import payments, persons, places, recipients, relocations, seen_moves, visits
from padan_gateway.views.rows import Case, Changes, DecisionRow, HouseholdChange

_STAGES = {
    "household_stage": "household_view",
    "decision_stage": "decision_view",
}

_KEPT = "state, state_since, caretaker, update_month, decile, matched_person, civil_status, agreement, matched_at"
"""Columns that stay where a batch says nothing of them."""
_HOME = "province, regency, district, village, address, rt, rw, family_card_number"
_CASE = "returned_to, due_at"
_HOUSEHOLD = f"household_id, proposed_on, version, shard, pos, {_HOME}, {_CASE}, head, {_KEPT}"
_FLAGS = "conflicts, renamed, restated, headed, touched"
_DECISION = (
    "household_id, programme, event_id, outcome, annual_idr, missing, state, policy_version, facts_shard, facts_pos, "
    "as_of, decided_at, explanation"
)
_HOUSEHOLD_TYPES = (
    "uuid date int4 int2 int8 text text text text text text text text text timestamptz uuid "
    "text timestamptz uuid text int2 uuid text jsonb text jsonb bool bool bool bool"
)
_DECISION_TYPES = "uuid text uuid text int8 text[] text text int2 int8 date timestamptz bytea"


def _each(columns: LiteralString, form: LiteralString) -> sql.Composable:
    return sql.SQL(", ").join(sql.SQL(form).format(c=sql.Identifier(column)) for column in columns.split(", "))


# Once a connection, emptied by each commit; without the view's constraints, as a stage may hold half a household.
_STAGE = sql.SQL(
    "CREATE TEMPORARY TABLE IF NOT EXISTS {stage} ON COMMIT DELETE ROWS AS SELECT * {more} FROM {view} WITH NO DATA"
)
_MORE = {"household_stage": sql.SQL(", true AS renamed, true AS restated, true AS headed, true AS touched")}
_INSERT_HOUSEHOLDS = sql.SQL(
    "INSERT INTO household_view ({columns}, conflicts) "
    "SELECT {columns}, nullif(jsonb_strip_nulls(conflicts), '{{}}') FROM household_stage WHERE proposed_on IS NOT NULL "
    "ON CONFLICT (household_id) DO UPDATE SET {overwrite}"
).format(
    columns=sql.SQL(_HOUSEHOLD),
    overwrite=_each(_HOUSEHOLD.removeprefix("household_id, "), "{c} = EXCLUDED.{c}"),
)
_CHANGE_HOUSEHOLDS = sql.SQL(
    "UPDATE household_view v SET pos = s.pos, version = v.version + s.version, {kept}, {home}, {case}, "
    "conflicts = CASE WHEN s.conflicts IS NULL THEN v.conflicts "
    "ELSE nullif(jsonb_strip_nulls(coalesce(v.conflicts, '{{}}') || s.conflicts), '{{}}') END, "
    "head = CASE WHEN s.headed THEN s.head ELSE v.head END "
    "FROM household_stage s WHERE s.proposed_on IS NULL AND v.household_id = s.household_id"
).format(
    kept=_each(_KEPT, "{c} = coalesce(s.{c}, v.{c})"),
    home=_each(_HOME, "{c} = CASE WHEN s.renamed THEN s.{c} ELSE v.{c} END"),
    case=sql.SQL(
        "returned_to = CASE WHEN s.restated THEN s.returned_to ELSE v.returned_to END, "
        "due_at = CASE WHEN s.restated THEN s.due_at WHEN s.touched THEN NULL ELSE v.due_at END"
    ),
)
_UPSERT_DECISIONS = sql.SQL(
    "INSERT INTO decision_view ({columns}) SELECT {columns} FROM decision_stage "
    "ON CONFLICT (household_id, programme) DO UPDATE SET {overwrite}"
).format(
    columns=sql.SQL(_DECISION),
    overwrite=_each(_DECISION.removeprefix("household_id, programme, "), "{c} = EXCLUDED.{c}"),
)


def write(connection: Connection[Any], changes: Changes) -> None:
    """Write a batch's changes inside the caller's transaction."""
    for stage, view in _STAGES.items():
        connection.execute(
            _STAGE.format(stage=sql.Identifier(stage), view=sql.Identifier(view), more=_MORE.get(stage, sql.SQL("")))
        )
    if changes.households:
        _copy(
            connection,
            "household_stage",
            f"{_HOUSEHOLD}, {_FLAGS}",
            _HOUSEHOLD_TYPES,
            map(_household, changes.households.values()),
        )
        connection.execute(_INSERT_HOUSEHOLDS)
        connection.execute(_CHANGE_HOUSEHOLDS)
    persons.write(connection, changes)
    visits.write(connection, changes.visits)
    renamed = (one.household_id for one in changes.households.values() if one.renamed and one.proposed_on is None)
    recipients.write(connection, changes.told, renamed)
    # Nobody who comes in has begun to move.
    restated = (one.household_id for one in changes.households.values() if one.state and one.proposed_on is None)
    relocations.write(connection, changes.moves, restated)
    seen_moves.write(connection, changes.shown)
    places.write(connection, changes.places)
    payments.write(connection, changes.payments)
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
    identity, case, matched = change.identity, change.case or Case(), change.matched
    answer: tuple[Any, ...] = (None,) * 4
    if matched is not None:
        agreement = Jsonb(msgspec.to_builtins(matched.agreement))
        answer = (matched.person_id, matched.civil_status, agreement, matched.matched_at)
    return (
        change.household_id,
        change.proposed_on,
        change.events,
        change.shard,
        change.pos,
        *region_columns(change.regency if identity is None else identity.village),
        *((None,) * 4 if identity is None else (
            identity.address, identity.rt, identity.rw, identity.family_card_number
        )),
        case.returned_to,
        case.due_at,
        None if change.head is UNSET else change.head,
        change.state,
        change.state_since,
        change.caretaker,
        change.update_month,
        change.decile,
        *answer,
        Jsonb(change.conflicts) if change.conflicts else None,
        change.renamed,
        change.case is not None,
        change.head is not UNSET,
        change.touched,
    )  # fmt: skip


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
