"""What a batch of facts makes of reviews, in the transaction that writes them: a match opens one, once; one whose
person has come or gone follows."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from padan_events import Event, encode, shard_of, type_of
from padan_events.local_date import local_date
from padan_events.reviews import RegisterMatched
from padan_events.topics import ELIGIBILITY_EVENTS
from padan_runtime.log import Entry
from psycopg import Connection

from padan_eligibility.domain import reviews
from padan_eligibility.domain.reviews import Change
from padan_eligibility.programmes.publishing import ACTOR
from padan_eligibility.reviews import repository

Matches = Sequence[tuple[Event, RegisterMatched]]


def follow(
    connection: Connection[Any], touched: Mapping[UUID, Event], matches: Matches, within: timedelta
) -> list[Entry]:
    """What reviews come to, written; the entries are for the caller to append with everything else of the batch.

    `touched` are households whose facts were written, each with its last event; `matches` what they tell of registers.
    """
    entries = _opened(connection, matches, within)
    concerned = repository.touched(connection, list(touched))
    if not concerned:
        return entries
    where = repository.whereabouts(connection, [review for held in concerned.values() for review in held])
    for held in concerned.values():
        place = where.get(held[0].person_id)
        households = (None if place is None else place.holder, *(review.household_id for review in held))
        event = next((touched[one] for one in households if one is not None and one in touched), None)
        if place is None or event is None:
            continue  # the person is on the way, or has gone on meanwhile: the events of where they are will say
        for change in reviews.followed(held, place, event.time, within):
            repository.write(connection, [change[0]])
            entries.append(entry(change, event))
    return entries


def _opened(connection: Connection[Any], matches: Matches, within: timedelta) -> list[Entry]:
    known = repository.known(connection, [reviews.review_id(one.household_id, one.match_id) for _, one in matches])
    entries = []
    for event, data in matches:
        if reviews.review_id(data.household_id, data.match_id) in known:
            continue  # told before, as it can be once more after a restore
        change = reviews.opened(data, event.actor, local_date(event.time, data.regency), within)
        known[change[0].review_id] = change[0]
        repository.write(connection, [change[0]])
        entries.append(entry(change, event))
    return entries


def entry(change: Change, cause: Event | None, *, actor: str = ACTOR) -> Entry:
    """An event of a review as it goes into the log."""
    review, fact = change
    key, own_id = str(review.household_id), reviews.event_id(change)
    return Entry(
        topic=ELIGIBILITY_EVENTS.name,
        shard=shard_of(key),
        key=key,
        event_id=own_id,
        type=type_of(fact).name,
        value=encode(fact),
        actor=actor,
        correlation_id=own_id if cause is None else cause.correlation_id,
        causation_id=None if cause is None else cause.event_id,
    )
