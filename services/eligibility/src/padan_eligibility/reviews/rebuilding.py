"""Rebuilding reviews from what this service's own log says of them: a rebuild opens none and passes none on."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from padan_events import Event, decode
from padan_events.reviews import ReviewFact
from padan_events.topics import ELIGIBILITY_EVENTS
from padan_runtime.rebuild.view import Table, View
from psycopg import Connection

from padan_eligibility.domain.reviews import Review, folded
from padan_eligibility.reviews import repository

NAME: Final = "eligibility.reviews"

_Told = tuple[UUID, ReviewFact]


class ReviewsRebuilder:
    """See `padan_runtime.rebuild.view.Rebuilder`."""

    async def prepare(self, events: Sequence[Event], /) -> list[_Told]:
        """The events of reviews, in their order. Raises decoding errors."""
        told = ((event.event_id, decode(event.type, event.value)) for event in events)
        return [(event_id, data) for event_id, data in told if isinstance(data, ReviewFact)]

    def apply(self, connection: Connection[Any], events: Sequence[Event], prepared: list[_Told], /) -> None:
        """Write the rows: all events of a review are in one shard, and in their order."""
        del events
        if not prepared:
            return
        held: dict[UUID, Review] = repository.known(connection, sorted({fact.review_id for _, fact in prepared}))
        for event_id, fact in prepared:
            after = folded(held.get(fact.review_id), fact, event_id)
            if after is not None:
                held[fact.review_id] = after
        repository.write(connection, held.values())


def view() -> View:
    """The projection `eligibility.reviews`."""
    return View(
        name=NAME,
        reader=NAME,
        topics=(),
        own_logs=(ELIGIBILITY_EVENTS,),
        tables=(Table(name="review", key=("review_id",)),),
        rebuilder=ReviewsRebuilder(),
        hold=repository.hold_all,
    )
