"""SQL of facts that this service's own events tell of a household."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection


class Own(msgspec.Struct, frozen=True):
    """Whether a review of the household was founded of a member who lives and is there, whether one is open, and the
    last event of each, by review."""

    barred: bool = False
    under_review: bool = False
    reviews: tuple[UUID, ...] = ()


def read(connection: Connection[Any], household_ids: Sequence[UUID]) -> dict[UUID, Own]:
    """By household, where there is anything. In one statement: what is so, and by which events, as of one moment."""
    rows = connection.execute(
        "SELECT r.household_id, bool_or(r.outcome = 'founded' AND p.person_id IS NOT NULL) IS TRUE, "
        "bool_or(r.outcome IS NULL), array_agg(r.last_event ORDER BY r.review_id) "
        "FROM review r LEFT JOIN person_fact p ON p.person_id = r.person_id AND p.household_id = r.household_id "
        "AND p.died_on IS NULL WHERE r.household_id = ANY(%b) GROUP BY r.household_id",
        [household_ids],
        binary=True,
    )
    return {household_id: Own(barred, open_, tuple(last)) for household_id, barred, open_, last in rows}
