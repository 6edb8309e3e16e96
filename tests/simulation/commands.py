"""Where reports come from: new households, one NIK in two of them, a report sent twice, rankings early and late."""

from datetime import date, timedelta
from uuid import UUID, uuid5

import msgspec
from padan_events import encode, type_of
from padan_events.intake import HouseholdReported, Origin, RankingReported
from padan_events.personal import Agreement, Match, Relationship, ReportedHousehold, ReportedMember
from padan_events.topics import INTAKE
from padan_household.domain.stream import Cause
from padan_runtime.log import Entry

from simulation.processes import Process, World
from simulation.register import moving
from simulation.servers import ConflictError, Database, Steps, shard_here

BATCH = UUID("5d0b9c1e-7b7f-5d5e-8f5a-000000000001")
_NIKS = 12
"""Few: they meet."""
_FIRST_DAY = date(2026, 1, 1)


def household_of(number: int) -> UUID:
    """The household of a number."""
    return uuid5(BATCH, f"household:{number}")


class Sender(Process):
    """registry-ingest: notes a row as pending and reports it, in one transaction."""

    def __init__(self, world: World, name: str, database: Database, commands: int) -> None:
        super().__init__(world, name)
        self._database, self._commands = database, commands

    @property
    def finished(self) -> bool:
        """Whether everything was reported."""
        return len(self._database.table("row")) >= self._commands

    def main(self) -> Steps:
        """One report after the other."""
        while True:
            row = len(self._database.table("row")) + 1
            if row > self._commands:
                yield "has reported everything"
                continue
            yield f"reports row {row}"
            transaction = self.begin(self._database)
            data = self._content(row)
            entry = _entry(row, data)
            # A peer that sends twice, or a store that was asked twice: one report under two positions.
            again = self.world.random.random() < 0.15
            transaction.write("row", row, "pending")
            yield from transaction.append([entry, entry] if again else [entry])
            yield "commits its report"
            transaction.commit()

    def _content(self, row: int) -> HouseholdReported | RankingReported:
        random = self.world.random
        origin = Origin(BATCH, row)
        if row > 2 and random.random() < 0.4:
            return RankingReported(
                household_id=household_of(random.randrange(1, row + 1)),
                decile=random.randrange(1, 11),
                occurred_on=_FIRST_DAY + timedelta(random.randrange(30)),
                origin=origin,
            )
        # Sometimes a household that was reported before; else one of this row.
        number = random.randrange(1, row + 1) if random.random() < 0.15 else row
        household_id = household_of(number)
        niks = [random.choice((None, *(f"nik {nik}" for nik in range(_NIKS)))) for _ in range(random.randrange(1, 4))]
        members = tuple(
            ReportedMember(name="nobody", nik=nik, relationship=Relationship.CHILD if index else Relationship.HEAD)
            for index, nik in enumerate(niks)
        )
        answer = Match(request_id="1", matched_at="2026-01-01T00:00:00Z", civil_status="active", agreement=Agreement())
        reported = ReportedHousehold(
            village="3318012001", members=members, caretaker=0, match=answer if random.random() < 0.5 else None
        )
        return HouseholdReported(
            household_id=household_id,
            regency="3318",
            origin=origin,
            key_id="2026-01-01",
            sealed=msgspec.json.encode(reported),
        )


def _entry(row: int, data: HouseholdReported | RankingReported) -> Entry:
    key = str(data.household_id)
    return Entry(
        topic=INTAKE.name,
        shard=shard_here(key),
        key=key,
        event_id=uuid5(BATCH, f"report:{row}"),
        type=type_of(data).name,
        value=encode(data),
        actor="service:registry-ingest",
        correlation_id=BATCH,
    )


class Mover(Process):
    """Persons join other households, as later issues will have them do."""

    def __init__(self, world: World, name: str, database: Database, moves: int) -> None:
        super().__init__(world, name)
        self._database, self._moves = database, moves

    @property
    def finished(self) -> bool:
        """Whether all have moved."""
        return len(self._database.table("move")) >= self._moves

    def main(self) -> Steps:
        """Now and then somebody moves."""
        while True:
            yield "looks around"
            number = len(self._database.table("move")) + 1
            if number > self._moves or (self.world.random.random() < 0.7 and not self.world.calm):
                continue
            transaction = self.begin(self._database)
            cause = Cause("service:household", BATCH, None)
            choice = self.world.random.randrange(1_000)
            try:
                yield from moving(self._database, transaction, uuid5(BATCH, f"moved:{number}"), cause, choice)
            except ConflictError:
                transaction.roll_back()
                continue
            transaction.write("move", number, True)
            yield "commits the move"
            transaction.commit()
