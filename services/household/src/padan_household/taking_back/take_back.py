"""At every start: is Kafka ahead of the store? Then its events are put back, verbatim, before anything is written.

A store that was restored from a backup, or a standby that had not received everything, has forgotten what its relay had
sent. Readers have it. Giving their positions out again would make one position mean two events; so they are taken back
from Kafka first: positions, times and ids as they were, versions from the order of each stream (the id of an event
proves its version), claims by opening the sealed blocks with the keyring. Reports behind the restored place of the
intake are read again: what they led to is found, and nothing is decided twice.
"""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from aiokafka.errors import KafkaError
from padan_events import SHARDS, Event, decode, type_of
from padan_events.effects import village_types
from padan_events.household import IdentityMatched, Proposed, WelfareRanked
from padan_events.intake import Accepted
from padan_events.kafka_client import Kafka
from padan_events.topics import HOUSEHOLD_EVENTS, OUTCOMES
from padan_runtime import log
from padan_runtime.beyond import Tail, read_tails
from padan_runtime.database import Database
from padan_runtime.keys import KeyUnknownError
from padan_runtime.logs import logger
from padan_runtime.positions import Shard
from padan_runtime.process import Task
from padan_runtime.projector import TRANSIENT
from padan_runtime.sealing import SealError
from psycopg import Connection

from padan_household.claims.changes import ClaimChanges, recorded
from padan_household.claims.repository import TwoHoldersError
from padan_household.deadlines import repository as deadlines
from padan_household.domain import ids
from padan_household.domain.deadlines import deadlines_of
from padan_household.keyring.keyring import Keyring
from padan_household.rounds import repository as recipients
from padan_household.store import snapshots
from padan_household.store.application import Register
from padan_household.taking_back import repository
from padan_household.taking_back.sides import lacking

_TOPICS: Final = (HOUSEHOLD_EVENTS.name, OUTCOMES.name)
_AT_ONCE: Final = 1_000
_WITHOUT_CONSEQUENCES: Final = {
    *(type_of(data).name for data in (IdentityMatched, WelfareRanked)),
    *village_types(),
}
_PROPOSED: Final = type_of(Proposed).name
_RETRY_S: Final = 2.0


class StoreDivergedError(RuntimeError):
    """Store and Kafka tell different stories: positions were given out a second time, or the keyring is not the one
    these events were sealed with, or lacks their keys, or of a transfer one side alone would stand. Nothing is written;
    somebody must restore the store (or the keyring) to its latest state."""


class TakingBack:
    """`whole` is set once the store holds everything that Kafka does; writers wait for it."""

    def __init__(self, database: Database, register: Register, keyring: Keyring, kafka: Kafka) -> None:
        self._database, self._register, self._keyring, self._kafka = database, register, keyring, kafka
        self.whole = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Take back, trying again while a server is away, then idle until `stop`. Raises `StoreDivergedError`."""
        while not stop.is_set() and not self.whole.is_set():
            try:
                count = await self.take_back()
            except (KafkaError, OSError, *TRANSIENT) as error:
                logger().warning("the store waits to be compared with Kafka", error=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _RETRY_S)
            else:
                if count:
                    logger().error("the store had been set back: taken back from Kafka", count=count)
                self.whole.set()
        await stop.wait()

    def before(self, task: Task) -> Task:
        """`task`, begun only when the store is whole."""

        async def wait_and_run(stop: asyncio.Event) -> None:
            waits = [asyncio.ensure_future(event.wait()) for event in (self.whole, stop)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            if not stop.is_set():
                await task(stop)

        return wait_and_run

    async def take_back(self) -> int:
        """Put back what the store lacks; how many events. Raises `StoreDivergedError`, and what servers raise."""
        tails = await read_tails(self._kafka, _TOPICS, self._heads)
        await asyncio.to_thread(self._check, tails)
        await asyncio.to_thread(self._check_sides, tails)
        count = 0
        for topic in _TOPICS:  # events first: an outcome tells of events
            for shard in range(SHARDS):
                for run in _runs(tails[topic, shard]):
                    count += await asyncio.to_thread(self._put_back, run)
        return count

    def _heads(self) -> dict[tuple[str, int], int]:
        with self._database.transaction() as connection:
            return repository.heads(connection, _TOPICS)

    def _check(self, tails: dict[Shard, Tail]) -> None:
        """At the last position that both have stands the same event."""
        with self._database.transaction() as connection:
            for (topic, shard), tail in tails.items():
                last = tail.common
                if last is not None and (repository.event_id_at(connection, topic, shard, last.pos) != last.event_id):
                    raise StoreDivergedError(f"{topic}/{shard}: position {last.pos}")

    def _check_sides(self, tails: dict[Shard, Tail]) -> None:
        """Of no transfer one side alone would stand: a person would be held twice, or by nobody."""
        beyond = [
            event
            for (topic, _), tail in tails.items()
            if topic == HOUSEHOLD_EVENTS.name
            for event in tail.beyond.values()
        ]
        with self._database.transaction() as connection:
            missing = lacking(beyond, lambda households: repository.of_households(connection, households))
        if missing:
            households = ", ".join(sorted({str(side.household_id) for side in missing}))
            raise StoreDivergedError(
                f"{len(missing)} persons have one side of a transfer on Kafka, and the other nowhere: of {households}"
            )

    def _put_back(self, run: Sequence[Event]) -> int:
        topic, shard = run[0].topic, run[0].shard
        claims = self._claims(run) if topic == HOUSEHOLD_EVENTS.name else ClaimChanges()
        with self._database.transaction() as connection:
            if claims:
                try:
                    claims.apply(connection)
                except TwoHoldersError as error:
                    raise StoreDivergedError("a person is claimed by another household") from error
            head = log.lock_head(connection, topic, shard)
            # Another process of this service may have been here; or somebody who wrote without looking.
            differing = repository.differing(connection, [event for event in run if event.pos <= head])
            if differing is not None:
                raise StoreDivergedError(f"{topic}/{shard}: position {differing}")
            events = [event for event in run if event.pos > head]
            if topic == HOUSEHOLD_EVENTS.name:
                log.put_back(connection, self._numbered(connection, events))
                self._follow(connection, events)
            else:
                known = repository.heads(connection, [HOUSEHOLD_EVENTS.name])
                hollow = [event.event_id for event in events if _lost_events(event, known)]
                repository.note_without_events(connection, hollow)
                log.put_back(connection, [(event, None) for event in events])
        return len(events)

    def _follow(self, connection: Connection[Any], events: Sequence[Event]) -> None:
        """What comes due, and who is a recipient, follows from the households as they stand now."""
        households = {UUID(event.key) for event in events if _is_followed(event)}
        snapshots.drop(connection, sorted(households))
        loaded = self._register.load(households, connection)
        deadlines.replace(connection, {household_id: deadlines_of(one) for household_id, one in loaded.items()})
        recipients.replace(connection, recipients.regencies_of(loaded.values()))

    def _claims(self, run: Sequence[Event]) -> ClaimChanges:
        try:
            return recorded(run, self._keyring)
        except KeyUnknownError as error:
            raise StoreDivergedError(f"the keyring has no keys for {error}: bring it to its latest state") from error
        except SealError as error:
            raise StoreDivergedError(f"the keyring is another one: {error}") from error

    @staticmethod
    def _numbered(connection: Connection[Any], events: Sequence[Event]) -> list[tuple[Event, int | None]]:
        """Each event with its version. Raises `StoreDivergedError` where its id says another."""
        if not events:
            return []
        versions = repository.versions(connection, events[0].shard, sorted({event.key for event in events}))
        numbered: list[tuple[Event, int | None]] = []
        for event in events:
            version = versions[event.key] = versions.get(event.key, 0) + 1
            if ids.event_id(UUID(event.key), version) != event.event_id:
                raise StoreDivergedError(f"{event.topic}/{event.shard}: position {event.pos} is not version {version}")
            numbered.append((event, version))
        return numbered


def _is_followed(event: Event) -> bool:
    """Nothing comes due in whoever is proposed; a part of another household stands where that one stood."""
    if event.type == _PROPOSED:
        return b'"split_from"' in event.value
    return event.type not in _WITHOUT_CONSEQUENCES


def _runs(tail: Tail) -> Iterator[list[Event]]:
    """What comes after the head, in order and without a hole, some at a time. Raises `StoreDivergedError`."""
    positions = sorted(tail.beyond)
    if positions and positions != list(range(tail.head + 1, tail.head + 1 + len(positions))):
        raise StoreDivergedError("Kafka has later positions of a shard and lacks an earlier one")
    for start in range(0, len(positions), _AT_ONCE):
        yield [tail.beyond[pos] for pos in positions[start : start + _AT_ONCE]]


def _lost_events(event: Event, heads: dict[tuple[str, int], int]) -> bool:
    outcome = decode(event.type, event.value)
    return isinstance(outcome, Accepted) and any(
        position.pos > heads[HOUSEHOLD_EVENTS.name, position.shard] for position in outcome.positions
    )
