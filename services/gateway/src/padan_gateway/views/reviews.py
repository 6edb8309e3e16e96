"""Reviews in the views: each event is one statement, in the order of its household's shard."""

from collections.abc import Iterable, Mapping
from typing import Final

from padan_events import Event
from padan_events.reviews import ReviewClosed, ReviewEscalated, ReviewOpened

from padan_gateway.views.statement import Row, Statement


def _opened(_: Event, data: ReviewOpened) -> Iterable[Row]:
    yield {
        "review_id": data.review_id,
        "household_id": data.household_id,
        "person_id": data.person_id,
        "match_id": data.match_id,
        "match": data.match,
        "matched_in": data.matched_in or data.household_id,
        "matched_on": data.matched_on,
        "came_from": data.came_from,
        "opened_on": data.opened_on,
        "due_on": data.due_on,
        "tier": data.tier.value,
    }


def _escalated(_: Event, data: ReviewEscalated) -> Iterable[Row]:
    yield {"review_id": data.review_id, "due_on": data.due_on, "tier": data.tier.value}


def _closed(event: Event, data: ReviewClosed) -> Iterable[Row]:
    yield {
        "review_id": data.review_id,
        "outcome": data.outcome.value,
        "closed_on": data.closed_on,
        "closed_tier": None if data.tier is None else data.tier.value,
        "photos": list(data.photos),
        "note": data.note,
        "event": None if data.note is None else event.event_id,
    }


STATEMENTS: Final[Mapping[type, Statement]] = {
    # Opened once more where the person, or the household, is back.
    ReviewOpened: Statement(
        "INSERT INTO review_view (review_id, household_id, person_id, match_id, match, matched_in, matched_on, "
        "came_from, opened_on, due_on, tier) VALUES (%(review_id)s, %(household_id)s, %(person_id)s, %(match_id)s, "
        "%(match)s, %(matched_in)s, %(matched_on)s, %(came_from)s, %(opened_on)s, %(due_on)s, %(tier)s) "
        "ON CONFLICT (review_id) DO UPDATE SET opened_on = EXCLUDED.opened_on, due_on = EXCLUDED.due_on, "
        "tier = EXCLUDED.tier, outcome = NULL, closed_on = NULL, closed_tier = NULL, photos = '{}', note = NULL, "
        "note_event = NULL",
        _opened,
    ),
    ReviewEscalated: Statement(
        "UPDATE review_view SET due_on = %(due_on)s, tier = %(tier)s WHERE review_id = %(review_id)s", _escalated
    ),
    ReviewClosed: Statement(
        "UPDATE review_view SET outcome = %(outcome)s, closed_on = %(closed_on)s, closed_tier = %(closed_tier)s, "
        "photos = %(photos)s::uuid[], note = %(note)s, note_event = %(event)s WHERE review_id = %(review_id)s",
        _closed,
    ),
}
