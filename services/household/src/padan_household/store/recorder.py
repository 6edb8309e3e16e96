"""The library's recorder interfaces over the sharded log."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Never
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    IntegrityError,
    Notification,
    NotSupportedError,
    OperationalError,
    StoredEvent,
    Subscription,
)
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime import log
from padan_runtime.database import Database
from psycopg import Connection

from padan_household.domain import ids
from padan_household.store import repository
from padan_household.store.enveloped import EnvelopedEvent
from padan_household.store.mapper import shard_of

_TOPIC = HOUSEHOLD_EVENTS.name
_SERVICE = "service:household"


class ShardedAggregateRecorder(AggregateRecorder):
    """Streams of events in the log of household.events.v1."""

    def __init__(self, database: Database, *, shard_of: Callable[[UUID], int] = shard_of) -> None:
        self._database, self._shard_of = database, shard_of

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, connection: Connection[Any] | None = None, **_: Any
    ) -> Sequence[int] | None:
        """Append events; with `connection` inside the transaction that surrounds it, else in one of its own.

        Raises the library's `IntegrityError` where a version of a stream is taken (a surrounding transaction is then
        lost), and its `OperationalError` where the server is away and nothing was appended.
        """
        self._append(stored_events, connection)
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """A stream, or a part of it."""
        stream = UUID(str(originator_id))
        with self._database.transaction() as connection:
            return repository.stream(
                connection, _TOPIC, self._shard_of(stream), stream, gt=gt, lte=lte, desc=desc, limit=limit
            )

    def select_streams(
        self, originator_ids: Iterable[UUID], connection: Connection[Any], after: Mapping[UUID, int] | None = None
    ) -> dict[UUID, list[EnvelopedEvent]]:
        """Many streams in one SELECT, inside the caller's transaction; `after` says behind which version."""
        wanted = [(self._shard_of(stream), stream) for stream in originator_ids]
        return repository.streams(connection, _TOPIC, wanted, after)

    def select_of_cause(
        self, originator_id: UUID, causation_id: UUID, connection: Connection[Any]
    ) -> list[EnvelopedEvent]:
        """The events of a stream that have this cause, inside the caller's transaction."""
        return repository.of_cause(connection, _TOPIC, self._shard_of(originator_id), originator_id, causation_id)

    def _append(
        self, stored_events: Sequence[StoredEvent], connection: Connection[Any] | None
    ) -> list[tuple[int, int]]:
        if not stored_events:
            return []
        entries = [self._entry(event) for event in stored_events]
        try:
            if connection is not None:
                return log.append(connection, entries).positions
            return log.append_alone(self._database, entries).positions
        except psycopg.errors.UniqueViolation as error:
            raise IntegrityError("a version of a stream is taken") from error
        except psycopg.OperationalError as error:
            if connection is not None:
                raise  # the owner of the transaction decides what its loss means
            return self._after_lost_connection(entries, error)

    def _after_lost_connection(self, entries: Sequence[log.Entry], error: Exception) -> list[tuple[int, int]]:
        """The connection was lost, perhaps behind the commit: look before anyone tries again and meets himself.

        An event id tells only stream and version, so the content and its cause are compared too. "Nothing was
        appended" is final for a transaction; a statement alone may still be on a line that swallowed it: whoever tries
        again then meets their own event as a conflict, and nothing stands twice.
        """
        try:
            with self._database.transaction() as connection:
                repository.wait_for_writers(connection, _TOPIC, [entry.shard for entry in entries])
                stored = repository.streams(
                    connection, _TOPIC, sorted({(entry.shard, UUID(entry.key)) for entry in entries})
                )
        except psycopg.OperationalError as still_away:
            raise OperationalError("the store is away; whether the events were appended is not known") from still_away
        known = {event.event_id: event for events in stored.values() for event in events}
        positions = []
        for entry in entries:
            event = known.get(entry.event_id)
            if event is None or event.pos is None or not _is_same(entry, event):
                raise OperationalError("the store was away, and nothing was appended") from error
            positions.append((event.shard, event.pos))
        return positions

    def _entry(self, event: StoredEvent) -> log.Entry:
        stream = UUID(str(event.originator_id))
        if isinstance(event, EnvelopedEvent):
            event_id, actor, correlation_id = event.event_id, event.actor, event.correlation_id
            shard, causation_id = event.shard, event.causation_id
        else:  # the library's own kind, which knows nothing of envelopes
            event_id = correlation_id = ids.event_id(stream, event.originator_version)
            actor, shard, causation_id = _SERVICE, self._shard_of(stream), None
        return log.Entry(
            topic=_TOPIC,
            shard=shard,
            key=str(stream),
            event_id=event_id,
            type=event.topic,
            value=event.state,
            actor=actor,
            correlation_id=correlation_id,
            causation_id=causation_id,
            version=event.originator_version,
        )


class ShardedRecorder(ShardedAggregateRecorder, ApplicationRecorder):
    """The same with the library's application sequence: each shard is one, and a notification's id is its `pos`.

    The library knows one sequence, so `select_notifications` asks for a recorder whose streams all lie in `shard`;
    where there are 24, readers use `padan_runtime.log.read_after`.
    """

    def __init__(
        self, database: Database, *, shard_of: Callable[[UUID], int] = shard_of, only_shard: int | None = None
    ) -> None:
        super().__init__(database, shard_of=shard_of if only_shard is None else lambda _: only_shard)
        self._only_shard = only_shard

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, connection: Connection[Any] | None = None, **_: Any
    ) -> Sequence[int] | None:
        """As `ShardedAggregateRecorder.insert_events`; returns the position of each event within its shard."""
        return [pos for _, pos in self._append(stored_events, connection)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The sequence of the only shard. Raises `NotSupportedError` where there are several."""
        first = 1 if start is None else start + (0 if inclusive_of_start else 1)
        with self._database.transaction() as connection:
            events = repository.run_of_shard(
                connection, _TOPIC, self._sequence(), first=first, last=stop, limit=limit, types=topics
            )
        return [
            Notification(event.originator_id, event.originator_version, event.topic, event.state, event.pos or 0)
            for event in events
        ]

    def max_notification_id(self) -> int | None:
        """The last position of the only shard, None before the first. Raises `NotSupportedError` as above."""
        shard = self._sequence()
        with self._database.transaction() as connection:
            return log.heads(connection, _TOPIC)[shard] or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Never: the library's subscription waits on NOTIFY without a time-out. Kafka is where one subscribes."""
        del gt, topics
        self._refuse("subscribe to household.events.v1 on Kafka")

    def _sequence(self) -> int:
        if self._only_shard is None:
            self._refuse("there are 24 sequences here: read them with padan_runtime.log.read_after")
        return self._only_shard

    @staticmethod
    def _refuse(instead: str) -> Never:
        raise NotSupportedError(instead)


def _is_same(entry: log.Entry, event: EnvelopedEvent) -> bool:
    return (
        entry.value == event.state
        and entry.type == event.topic
        and entry.causation_id == event.causation_id
        and entry.correlation_id == event.correlation_id
    )
