"""A person closes a review: decided, told and taken up by the next round in one transaction."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID, uuid5

import msgspec
from padan_events import decode, shard_of
from padan_events.local_date import local_date
from padan_events.reviews import ReviewClosed, ReviewNote, ReviewOutcome
from padan_runtime import log, metrics, relay
from padan_runtime.database import Database
from padan_runtime.keys import KeyClient
from padan_runtime.log import Entry
from padan_runtime.sealing import open_sealed, seal
from psycopg import Connection

from padan_eligibility.domain import reviews
from padan_eligibility.domain.drafts import Person, RefusedError
from padan_eligibility.domain.reviews import Finding, Review
from padan_eligibility.facts import repository as facts
from padan_eligibility.facts import standing
from padan_eligibility.facts.deciding import Basis, Judged
from padan_eligibility.places import repository as places
from padan_eligibility.places.pending import pending
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.reviews import repository
from padan_eligibility.reviews.following import entry
from padan_eligibility.timing import repository as timing
from padan_eligibility.timing.redeciding import Clock

_NAMESPACE: Final = UUID("5d0b1c74-8a0f-5a44-9c68-1f2d3e9a7b60")


class CloseAsked(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says of a review. `request` names the asking of that review: the same one of the same person again
    changes nothing. `photos` are of the household, which the gateway has seen to."""

    outcome: ReviewOutcome
    request: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    photos: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=20)] = ()


class Closing:
    """Closes reviews. `keys` opens and seals what is written beside them, `clock` says what time it is."""

    def __init__(
        self, database: Database, policies: PolicySet, keys: KeyClient, clock: Clock, within: timedelta
    ) -> None:
        self._database, self._policies, self._keys = database, policies, keys
        self._clock, self._within = clock, within

    async def close(self, review_id: UUID, person: Person, asked: CloseAsked) -> dict[str, Any]:
        """Close it; what the person is answered. Raises `RefusedError`, `Unavailable`, and psycopg's errors."""
        household_id = await asyncio.to_thread(self._household, review_id)
        keys = (await self._keys.covering({household_id: (household_id,)}))[household_id].get(household_id)
        key = None if keys is None else keys.sensitive
        answer = await asyncio.to_thread(self._close, review_id, person, asked, key)
        await asyncio.to_thread(relay.hint, self._database)
        return answer

    def _household(self, review_id: UUID) -> UUID:
        with self._database.statement() as connection:
            review = repository.known(connection, [review_id]).get(review_id)
        if review is None:
            raise RefusedError("review_unknown")
        return review.household_id

    def _close(self, review_id: UUID, person: Person, asked: CloseAsked, key: bytes | None) -> dict[str, Any]:
        event_id = uuid5(_NAMESPACE, f"{review_id}:{person.actor}:{asked.request}")
        with self._database.transaction() as connection:
            places.hold_redeciding(connection, alone=False)
            review = repository.known(connection, [review_id])[review_id]
            regency = repository.hold(connection, review.household_id)
            of_match = repository.hold_match(connection, review.match_id)
            assert regency is not None, "a review is of a household that is known"
            held = next(one for one in of_match if one.review_id == review_id)
            shard = shard_of(str(review.household_id))
            before = repository.told(connection, shard, event_id)
            if before is not None:
                _require_same(decode_closed(before), review_id, asked, key, event_id)
                return _answer(review_id, asked.outcome, event_id)
            note = None
            if asked.note.strip():
                if key is None:
                    raise RefusedError("household_erased")
                text = ReviewNote(asked.note.strip())
                note = seal(key, text, subject=review.household_id, event_id=event_id)
            finding = Finding(outcome=asked.outcome, photos=asked.photos, note=note, event_id=event_id)
            now = self._clock(connection)
            change = reviews.closed(held, regency, person, finding, local_date(now, regency))
            repository.write(connection, [change[0]])
            if ReviewOutcome.FOUNDED in {held.outcome, asked.outcome}:
                self._stand_anew(connection, held, event_id)
            others = [one for one in of_match if one.review_id != review_id]
            entries = [
                entry(change, None, actor=person.actor),
                *self._followed(connection, [change[0], *others], now),
            ]
            timing.ask(connection, [(UUID(one.key), one) for one in entries])
            log.append(connection, entries)
        metrics.REVIEWS_CLOSED.labels(asked.outcome.value).inc()
        return _answer(review_id, asked.outcome, event_id)

    def _followed(self, connection: Connection[Any], held: Sequence[Review], now: datetime) -> Sequence[Entry]:
        """What a finding means where the person lives by now: one that is overturned is looked into there too."""
        place = repository.whereabouts(connection, held).get(held[0].person_id)
        changes = [] if place is None else reviews.followed(held, place, now, self._within)
        repository.write(connection, [review for review, _ in changes])
        return [entry(change, None) for change in changes]

    def _stand_anew(self, connection: Connection[Any], review: Review, cause: UUID) -> None:
        """The household's aid ends, or begins again, with the next round of each programme it was decided for."""
        household_id = review.household_id
        programmes = places.programmes(connection)
        if not programmes:
            return
        household = facts.read_facts(connection, [household_id])[household_id]
        stood = standing.read_stood(connection, [household_id])
        policies = self._policies.within(connection)
        pos = timing.hold(connection, [household_id])[household_id]
        today = local_date(self._clock(connection), household.regency)
        basis = Basis(shard=shard_of(str(household_id)), pos=pos, as_of=today, cause=cause, told=True)
        judged = {
            (household_id, programme): Judged(policy, one.outcome, None)
            for (_, programme), one in stood.items()
            if (policy := policies.latest(programme)) is not None
        }
        listed = places.listed(connection, [household_id])
        places.write_pending(connection, pending([(basis, household)], judged, programmes, listed))


def decode_closed(value: bytes) -> ReviewClosed:
    """The event of a closing, from the log."""
    data = decode("id.padan.eligibility.review_closed.v1", value)
    assert isinstance(data, ReviewClosed)
    return data


def _require_same(told: ReviewClosed, review_id: UUID, asked: CloseAsked, key: bytes | None, event_id: UUID) -> None:
    """Raises `RefusedError` where a key names another request than it did."""
    note = ""
    if told.note is not None and key is not None:
        note = open_sealed(key, told.note, ReviewNote, subject=told.household_id, event_id=event_id).text
    elif told.note is not None:
        note = asked.note.strip()  # erased since: nobody can tell
    same = (told.review_id, told.outcome, told.photos, note)
    if same != (review_id, asked.outcome, asked.photos, asked.note.strip()):
        raise RefusedError("review_key_reused")


def _answer(review_id: UUID, outcome: ReviewOutcome, event_id: UUID) -> dict[str, Any]:
    return {"review_id": review_id, "outcome": outcome, "event_id": event_id}
