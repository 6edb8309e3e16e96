"""SQL of facts that this service's own events tell of a household."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection

from padan_eligibility.domain.facts import Place


class Own(msgspec.Struct, frozen=True):
    """Whether a review of the household was founded of a member who lives and is there, whether one is open, and the
    last event of each, by review; places that it holds or held, by programme."""

    barred: bool = False
    under_review: bool = False
    reviews: tuple[UUID, ...] = ()
    places: tuple[Place, ...] = ()


def read(connection: Connection[Any], household_ids: Sequence[UUID], programmes: Collection[str]) -> dict[UUID, Own]:
    """By household, where there is anything; of places those in `programmes`."""
    places = _places(connection, household_ids, programmes) if programmes else {}
    reviews = _reviews(connection, household_ids)
    return {
        one: msgspec.structs.replace(reviews.get(one, Own()), places=tuple(places.get(one, ())))
        for one in reviews.keys() | places.keys()
    }


def _places(
    connection: Connection[Any], household_ids: Sequence[UUID], programmes: Collection[str]
) -> dict[UUID, list[Place]]:
    """From the log itself: whether a place is held and the event that says so are then of one moment."""
    rows = connection.execute(
        "SELECT DISTINCT ON (key, programme) key, programme, type <> 'id.padan.eligibility.place_released.v1', "
        "event_id FROM (SELECT key, convert_from(value, 'UTF8')::json ->> 'programme' AS programme, type, event_id, "
        "pos FROM log_eligibility_events_v1 WHERE key = ANY(%s) AND type IN ('id.padan.eligibility.place_awarded.v1', "
        "'id.padan.eligibility.promoted.v1', 'id.padan.eligibility.place_released.v1')) p "
        "WHERE programme = ANY(%s) ORDER BY key, programme, pos DESC",
        [[str(one) for one in household_ids], sorted(programmes)],
        binary=True,
    )
    found: dict[UUID, list[Place]] = {}
    for key, programme, held, event in rows:
        found.setdefault(UUID(key), []).append(Place(programme=programme, held=held, event=event))
    return found


def _reviews(connection: Connection[Any], household_ids: Sequence[UUID]) -> dict[UUID, Own]:
    """In one statement: what is so, and by which events, as of one moment."""
    rows = connection.execute(
        "SELECT r.household_id, bool_or(r.outcome = 'founded' AND p.person_id IS NOT NULL) IS TRUE, "
        "bool_or(r.outcome IS NULL), array_agg(r.last_event ORDER BY r.review_id) "
        "FROM review r LEFT JOIN person_fact p ON p.person_id = r.person_id AND p.household_id = r.household_id "
        "AND p.died_on IS NULL WHERE r.household_id = ANY(%b) GROUP BY r.household_id",
        [household_ids],
        binary=True,
    )
    return {household_id: Own(barred, open_, tuple(last)) for household_id, barred, open_, last in rows}
