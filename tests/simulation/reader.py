"""A reader: the projector of `padan_runtime` in steps, around the real `Sequence`; and the group that gives shards."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from typing import Protocol

import msgspec
from padan_events import Event
from padan_runtime.sequence import Sequence as ShardSequence
from padan_runtime.sequence import Verdict

from simulation.processes import Process, World
from simulation.servers import SHARDS, ConflictError, Database, Place, Steps, Transaction

Shard = tuple[str, int]


class MovedOnError(Exception):
    """A place is not where the reader believes it to be."""


class Handler(Protocol):
    """What a reader does with events, in steps, within the transaction that moves its places."""

    def apply(self, transaction: Transaction, events: Sequence[Event], /) -> Steps:
        """Write what the events lead to."""
        ...


class Group:
    """Who reads which shards; whoever sleeps through a rebalance is not told."""

    def __init__(self, world: World, name: str, topics: Sequence[str]) -> None:
        self.name, self._world = name, world
        self.shards = [(topic, shard) for topic in topics for shard in range(SHARDS)]
        self.members: list[Reader] = []
        self.generation = 0
        self.held: dict[str, list[Shard]] = {}

    def rebalance(self) -> None:
        """Give all shards out anew, to those who are awake."""
        awake = [each for each in self.members if each.asleep_until <= self._world.now] or self.members
        self.held = {each.name: [] for each in self.members}
        for topic, number in self.shards:
            # One shard number of all topics to one member, as Kafka's range assignor does.
            self.held[awake[(number + self.generation) % len(awake)].name].append((topic, number))
        self.generation += 1


class _Taken(msgspec.Struct):
    generation: int
    events: list[Event] = []
    follows: dict[tuple[str, int, int], int] = {}
    offsets: dict[tuple[str, int, int], int] = {}
    passed: dict[Shard, Place] = {}


class Reader(Process):
    """One member of a group."""

    def __init__(self, world: World, name: str, group: Group, database: Database, handler: Handler) -> None:
        super().__init__(world, name)
        self._group, self._database, self._handler = group, database, handler
        group.members.append(self)
        self.forget()

    def forget(self) -> None:
        """A new process has no place yet."""
        self._sequences: dict[Shard, ShardSequence] = {}
        self._offsets: dict[Shard, int] = {}
        self._generation = -1
        self._seeks = 0

    def main(self) -> Steps:
        """Poll, apply, and seek wherever the shards were given out anew or a check was lost."""
        while True:
            yield "polls"
            if self._generation != self._group.generation:
                self._generation = self._group.generation
                yield from self._seek()
            taken = self._take()
            while taken.events or taken.passed:
                try:
                    yield from self._apply(taken)
                    break
                except ConflictError:
                    self.roll_back()
                    yield "decides again"
                except MovedOnError:
                    self.roll_back()
                    yield "finds that another moved on"
                    if self.world.has("seek after a lost check"):
                        yield from self._seek()
                    break

    def _seek(self) -> Steps:
        yield "reads its places"
        places, recent = self._database.table("place"), self._database.table("recent")
        self._seeks += 1
        self._sequences, self._offsets = {}, {}
        for shard in self._group.held.get(self.name, []):
            place = places.get((self._group.name, shard), Place())
            self._sequences[shard] = ShardSequence(place.pos, OrderedDict(recent.get((self._group.name, shard), {})))
            self._offsets[shard] = place.offset

    def _take(self) -> _Taken:
        taken = _Taken(self._seeks)
        for shard, sequence in self._sequences.items():
            records = self.world.kafka.topics[shard[0]][shard[1]]
            offset = self._offsets[shard]
            until = min(len(records), offset + self.world.random.randrange(1, 6))
            for event in records[offset:until]:
                offset += 1
                self._take_one(taken, shard, sequence, event, offset)
            self._offsets[shard] = offset
        return taken

    def _take_one(self, taken: _Taken, shard: Shard, sequence: ShardSequence, event: Event, offset: int) -> None:
        verdict = sequence.judge(event)
        if verdict is Verdict.REUSED:
            raise AssertionError(f"{self.name}: {shard[0]}/{shard[1]} {event.pos} was given out twice")
        skipped = verdict is Verdict.HOLE and not self.world.has("hole waiting")
        again = verdict is Verdict.REPEAT and not self.world.has("repeat dropping")
        if verdict is Verdict.APPLY or skipped or again:
            taken.follows[shard[0], shard[1], event.pos] = sequence.pos
            sequence.take(event)
            taken.offsets[shard[0], shard[1], event.pos] = offset
            taken.events.append(event)
        elif verdict is Verdict.REPEAT:
            taken.passed[shard] = Place(sequence.pos, offset)

    def _apply(self, taken: _Taken) -> Steps:
        if taken.generation != self._seeks:
            raise MovedOnError
        expected: dict[Shard, int] = {}
        moved: dict[Shard, Place] = {}
        for event in taken.events:
            shard, key = (event.topic, event.shard), (event.topic, event.shard, event.pos)
            expected.setdefault(shard, taken.follows[key])
            moved[shard] = Place(event.pos, taken.offsets[key])
        for shard, place in taken.passed.items():
            if shard in moved:
                moved[shard] = Place(moved[shard].pos, max(moved[shard].offset, place.offset))
            else:
                expected[shard], moved[shard] = place.pos, place
        transaction = self.begin(self._database)
        yield "claims its places"
        yield from transaction.lock([("place", self._group.name, *shard) for shard in sorted(expected)])
        places = self._database.table("place")
        believed = {shard: places.get((self._group.name, shard), Place()).pos for shard in expected}
        if believed != expected and self.world.has("position check"):
            raise MovedOnError
        if taken.events:
            yield from self._handler.apply(transaction, taken.events)
            self._note_applied(transaction, taken.events)
        if not self.world.has("view and place together"):
            transaction.commit()
            transaction = self.begin(self._database)
        self._note_places(transaction, taken, moved)
        yield f"commits {len(taken.events)} events"
        transaction.commit()

    def _note_places(self, transaction: Transaction, taken: _Taken, moved: dict[Shard, Place]) -> None:
        for shard, place in moved.items():
            transaction.write("place", (self._group.name, shard), place)
            transaction.write("recent", (self._group.name, shard), dict(self._sequences[shard].ids))

    def _note_applied(self, transaction: Transaction, events: Sequence[Event]) -> None:
        """For the oracle: what was applied, in the order of commits."""
        for event in events:
            applied = self._database.table("applied").setdefault((self._group.name, event.topic, event.shard), [])
            transaction.do(partial(applied.append, event.pos))
