"""SQL of the families that a list begins with."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection


class Determined(msgspec.Struct, frozen=True):
    """A family that was determined, as its facts and the outcome that stands have it."""

    shard: int
    pos: int
    household_id: UUID
    state: str
    outcome: str
    decile: int | None
    circumstances: Any
    determined_on: date
    aid_ended: bool
    resigned: list[str]
    proposed_for: list[str]
    barred: bool


def determined(
    connection: Connection[Any], programme: str, regency: str, closed: Sequence[str]
) -> Iterable[Determined]:
    """Every family of a regency that was determined and has not left the register."""
    rows = connection.execute(
        "SELECT f.shard, f.pos, f.household_id, f.state, d.outcome, f.decile, f.circumstances, f.determined_on, "
        "f.aid_ended, f.resigned, f.proposed_for, "
        "EXISTS (SELECT FROM barred_household b WHERE b.household_id = f.household_id) "
        "FROM household_fact f JOIN decision_current d USING (household_id) "
        "WHERE d.programme = %s AND f.regency = %s AND f.determined_on IS NOT NULL AND NOT f.state = ANY(%s)",
        [programme, regency, list(closed)],
        binary=True,
    )
    return (Determined(*row) for row in rows)
