"""SQL of the decisions that stand."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from padan_events.eligibility import Outcome
from psycopg import Connection


class Stood(msgspec.Struct, frozen=True):
    """How the decision that stands came out, its digest and id, the next date on which it could change, and the local
    date it was taken for (None: it is older than these)."""

    outcome: Outcome
    digest: str
    decision_id: UUID
    next_change_on: date | None
    as_of: date | None


class NextChange(msgspec.Struct, frozen=True):
    """The next date on which a decision that stands could change."""

    household_id: UUID
    programme: str
    next_change_on: date | None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The decision that stands for a household and programme."""

    household_id: UUID
    programme: str
    outcome: Outcome
    policy_version: str
    digest: str
    decision_id: UUID
    next_change_on: date | None
    as_of: date


def read_stood(
    connection: Connection[Any], household_ids: Sequence[UUID], programmes: Collection[str] | None = None
) -> Mapping[tuple[UUID, str], Stood]:
    """The decisions that stand, by household and programme; of `programmes` alone, and with them the latest of each
    household: its date never goes back."""
    rows = connection.execute(
        "SELECT household_id, programme, outcome, digest, decision_id, next_change_on, as_of FROM decision_current "
        "WHERE household_id = ANY(%b)"
        if programmes is None
        else "SELECT household_id, programme, outcome, digest, decision_id, next_change_on, as_of FROM (SELECT *, "
        "row_number() OVER (PARTITION BY household_id ORDER BY as_of DESC NULLS LAST) AS nth FROM decision_current "
        "WHERE household_id = ANY(%b)) d WHERE nth = 1 OR programme = ANY(%t)",
        [household_ids] if programmes is None else [household_ids, list(programmes)],
        binary=True,
    )
    return {
        (household_id, programme): Stood(Outcome(outcome), mark, decision_id, next_change_on, as_of)
        for household_id, programme, outcome, mark, decision_id, next_change_on, as_of in rows
    }


def write_standing(connection: Connection[Any], standing: Iterable[Standing]) -> None:
    """Replace the decisions that stand."""
    connection.execute(
        "INSERT INTO decision_current (household_id, programme, outcome, policy_version, digest, decision_id, "
        "next_change_on, as_of) SELECT household_id, programme, outcome, policy_version, digest, decision_id, "
        "next_change_on, as_of FROM json_to_recordset(%(rows)s::json) AS w (household_id uuid, programme text, "
        "outcome text, policy_version text, digest text, decision_id uuid, next_change_on date, as_of date) "
        "ON CONFLICT (household_id, programme) DO UPDATE SET "
        "outcome = excluded.outcome, policy_version = excluded.policy_version, digest = excluded.digest, "
        "decision_id = excluded.decision_id, next_change_on = excluded.next_change_on, as_of = excluded.as_of",
        {"rows": _json(standing)},
    )


def write_dates(connection: Connection[Any], dates: Iterable[NextChange]) -> None:
    """Give decisions that stand their next date."""
    connection.execute(
        "UPDATE decision_current d SET next_change_on = w.next_change_on FROM json_to_recordset(%(rows)s::json) "
        "AS w (household_id uuid, programme text, next_change_on date) "
        "WHERE (d.household_id, d.programme) = (w.household_id, w.programme)",
        {"rows": _json(dates)},
    )


def _json(rows: Iterable[object]) -> str:
    # One JSON document, read by json_to_recordset: the driver's arrays of UUIDs were a third of the time of a batch.
    return msgspec.json.encode(list(rows)).decode()
