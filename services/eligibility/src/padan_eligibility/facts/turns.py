"""What brought households into the register, out of it, back, or elsewhere: why one is on a list and not on another."""

from collections.abc import Iterable
from typing import Any

import msgspec
from psycopg import Connection

from padan_eligibility.facts.folding import Change


def write(connection: Connection[Any], changes: Iterable[Change]) -> None:
    """Write what brought households into the register, out of it, back, or elsewhere."""
    rows = [
        {"household_id": change.household_id, **msgspec.structs.asdict(turn)}
        for change in changes
        for turn in change.turns
    ]
    if rows:
        connection.execute(
            "INSERT INTO household_turn (household_id, pos, shard, kind, reason, regency, event_id) "
            "SELECT household_id, pos, shard, kind, reason, regency, event_id "
            "FROM json_to_recordset(%(rows)s::json) AS w (household_id uuid, pos bigint, "
            "shard smallint, kind text, reason text, regency text, event_id uuid) ON CONFLICT DO NOTHING",
            {"rows": msgspec.json.encode(rows).decode()},
        )
