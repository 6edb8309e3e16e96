"""The register as an application of the `eventsourcing` library: load households, save what was decided."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Never
from uuid import UUID

import msgspec
from eventsourcing.application import Application
from eventsourcing.persistence import EventStore, InfrastructureFactory, Mapper
from eventsourcing.utils import Environment
from padan_events import decode
from padan_events.commands import AppendedEvent
from padan_events.effects import VillageFact, village_types
from padan_events.intake import Position
from padan_events.rounds import stream_of
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime.database import Database
from psycopg import Connection, sql

from padan_household.domain.household import Household
from padan_household.domain.rounds import Rounds
from padan_household.domain.rounds import fold as fold_rounds
from padan_household.domain.stream import HouseholdEvent, fold
from padan_household.store import snapshots
from padan_household.store.enveloped import EnvelopedEvent
from padan_household.store.mapper import HouseholdMapper, shard_of
from padan_household.store.recorder import ShardedAggregateRecorder, ShardedRecorder
from padan_household.store.repository import wait_for_writers

_MAPPER = HouseholdMapper()
_OF_VILLAGES = village_types()


class ShardedFactory(InfrastructureFactory):
    """Makes the library's parts over one database."""

    def __init__(self, env: Environment, database: Database) -> None:
        super().__init__(env)
        self._database = database

    def mapper(self, *_: object, **__: object) -> Mapper[Any]:
        """The mapper of this store, whatever the environment names."""
        return _MAPPER

    def aggregate_recorder(self, purpose: str = "events") -> ShardedAggregateRecorder:
        """A recorder of streams."""
        if purpose != "events":
            raise LookupError(f"nothing is stored here for {purpose}")
        return ShardedAggregateRecorder(self._database)

    def application_recorder(self) -> ShardedRecorder:
        """A recorder of streams that knows their positions."""
        return ShardedRecorder(self._database)

    def tracking_recorder(self, *_: object) -> Never:
        """None: `padan_runtime.positions` is where readers stand."""
        raise LookupError("readers stand in padan_runtime.positions")

    def process_recorder(self) -> Never:
        """None: see `tracking_recorder`."""
        self.tracking_recorder()


class Loaded(msgspec.Struct, frozen=True):
    """A household as it stands, and those of its events that a command has led to already, with their versions."""

    household: Household
    caused: tuple[tuple[int, AppendedEvent], ...] = ()


class LoadedRounds(msgspec.Struct, frozen=True):
    """The rounds of a village as they stand, and those of their events that a command has led to already."""

    rounds: Rounds
    caused: tuple[tuple[int, AppendedEvent], ...] = ()


class Register(Application[UUID]):
    """Households and their events. `save(*events, connection=...)` appends inside the surrounding transaction."""

    recorder: ShardedRecorder
    events: EventStore[UUID]

    def __init__(self, database: Database) -> None:
        self._database = database
        super().__init__()

    def construct_factory(self, env: Environment) -> InfrastructureFactory:
        """The factory over this register's database."""
        return ShardedFactory(env, self._database)

    def load(self, household_ids: Iterable[UUID], connection: Connection[Any]) -> dict[UUID, Household]:
        """Those of the households that exist, by id: from their snapshots and the events since, or all their events."""
        return {household_id: household for household_id, (household, _) in self._read(household_ids, connection)}

    def load_with_cause(
        self, household_ids: Iterable[UUID], causation_id: UUID, connection: Connection[Any]
    ) -> dict[UUID, Loaded]:
        """As `load`, with the events each has of a cause already."""
        found: dict[UUID, Loaded] = {}
        for household_id, (household, stored) in self._read(household_ids, connection):
            whole = bool(stored) and stored[0].originator_version == 1
            # What lies before a snapshot was not read.
            seen = stored if whole else self.recorder.select_of_cause(household_id, causation_id, connection)
            found[household_id] = Loaded(household, _of_cause(seen, causation_id, household_id))
        return found

    def _read(
        self, household_ids: Iterable[UUID], connection: Connection[Any]
    ) -> Iterator[tuple[UUID, tuple[Household, list[EnvelopedEvent]]]]:
        wanted = list(household_ids)
        kept = snapshots.read(connection, wanted)
        after = {household_id: household.version for household_id, household in kept.items()}
        for household_id, stored in self.recorder.select_streams(wanted, connection, after).items():
            if stored and stored[0].topic in _OF_VILLAGES:
                continue  # whoever knows a village can tell the id of its stream: it is no household
            household = fold(map(_MAPPER.to_domain_event, stored), kept.get(household_id))
            if household is not None:
                yield household_id, (household, stored)

    def hold(self, household_id: UUID, connection: Connection[Any]) -> None:
        """Until the transaction ends nobody appends to this household; whoever was doing so is done or gone."""
        wait_for_writers(connection, HOUSEHOLD_EVENTS.name, [shard_of(household_id)])

    def load_rounds(
        self, villages: Iterable[str], causation_id: UUID, connection: Connection[Any]
    ) -> list[LoadedRounds]:
        """The rounds of villages, each once, with the events they have of a cause, in one SELECT; of a village that
        had none they are empty."""
        streams = {stream_of(village): village for village in villages}
        stored = self.recorder.select_streams(streams, connection)
        return [
            LoadedRounds(
                fold_rounds(village, _of_village(stored[stream])), _of_cause(stored[stream], causation_id, None)
            )
            for stream, village in streams.items()
        ]

    def hold_rounds(self, villages: Iterable[str], connection: Connection[Any], *, alone: bool = False) -> None:
        """Until the transaction ends nobody closes these villages' rounds; `alone`: nobody answers in them either.

        A family's answer and the end of its village's round stand in different streams, so that no version tells one
        of the other.
        """
        lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        for stream in sorted(map(stream_of, villages)):
            connection.execute(
                sql.SQL("SELECT {}(%s)").format(sql.Identifier(lock)), [int.from_bytes(stream.bytes[:8], signed=True)]
            )

    def append(self, events: Sequence[HouseholdEvent], connection: Connection[Any]) -> list[Position]:
        """Append in bulk inside the surrounding transaction; where each event stands.

        `save` does the same, but asks of each event which protocols it fulfils: a seventh of a batch's time.
        """
        recordings = self.events.put(events, connection=connection)
        return [
            Position(shard_of(recording.domain_event.originator_id), recording.notification.id)
            for recording in recordings
        ]

    def appended(self, events: Sequence[HouseholdEvent], connection: Connection[Any]) -> tuple[AppendedEvent, ...]:
        """Append inside the surrounding transaction; each event with its place, as an answer tells it."""
        return tuple(
            AppendedEvent(
                event.event_id,
                position.shard,
                position.pos,
                None if isinstance(event.data, VillageFact) else event.originator_id,
            )
            for event, position in zip(events, self.append(events, connection), strict=True)
        )

    def positions_of_proposal(self, household_id: UUID, connection: Connection[Any]) -> tuple[Position, ...]:
        """Where the events stand that the report led to by which a household was proposed."""
        stored = self.recorder.select_streams([household_id], connection)[household_id]
        return tuple(
            Position(event.shard, event.pos)
            for event in stored
            if event.causation_id == stored[0].causation_id and event.pos is not None
        )


def _of_village(stored: Iterable[EnvelopedEvent]) -> Iterator[tuple[int, VillageFact]]:
    for event in stored:
        data = decode(event.topic, event.state)
        assert isinstance(data, VillageFact), event.topic
        yield event.originator_version, data


def _of_cause(
    stored: Sequence[EnvelopedEvent], causation_id: UUID, household_id: UUID | None
) -> tuple[tuple[int, AppendedEvent], ...]:
    return tuple(
        (event.originator_version, AppendedEvent(event.event_id, event.shard, event.pos, household_id))
        for event in stored
        if event.causation_id == causation_id and event.pos is not None
    )
