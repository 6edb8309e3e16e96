"""People of every tier who send commands to household, and a clock that stands where the test puts it."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
from household_given import NIK_HASH_KEY, Parts, a_family
from padan_events.commands import (
    CaseRefused,
    Command,
    CommandAccepted,
    CommandOutcome,
    CommandRefused,
    CommandRequest,
    ProposeHousehold,
    VillageAccepted,
    VillageRefused,
    VillagesDecided,
)
from padan_events.commands.cases import Approve, Case, Deliberate, Determine
from padan_events.states import State
from padan_events.tiers import Verified
from padan_household.commands.deciding import Commands
from padan_household.deadlines.firing import Deadlines
from padan_household.decisions.writing import write
from padan_household.domain import ids
from padan_household.domain.household import Household
from padan_household.domain.stream import Cause
from padan_household.keyring.rights import Reach, Rights
from padan_runtime.keys import SubjectKeys

VILLAGE = "3318042007"
HEAD, DISTRICT, OFFICE, APPROVER, MINISTRY = (
    ("village_head", VILLAGE),
    ("district_officer", "331804"),
    ("social_office", "3318"),
    ("approver", "3318"),
    ("ministry", ""),
)


class Desk:
    """People who send commands; the clock stands where the test puts it."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self.now = parts, datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
        self.commands = Commands(
            parts.database, parts.register, parts.keyring, NIK_HASH_KEY, lambda: self.now, cut_off_days={"3319": 20}
        )
        self.deadlines = Deadlines(parts.database, parts.register, parts.keyring, lambda: self.now)

    def send(
        self,
        command: Command,
        who: tuple[str, str],
        *,
        actor: str | None = None,
        version: int | None = None,
        key: str | None = None,
    ) -> CommandOutcome:
        role, region = who
        return self.commands.decide(
            CommandRequest(
                actor=actor or f"user:{role}",
                role=role,
                region=region,
                idempotency_key=key or str(uuid4()),
                digest=msgspec.json.encode(command),
                command=command,
                version=version,
            )
        )

    def propose(self, row: int, niks: list[str | None] | None = None) -> UUID:
        outcome = self.send(ProposeHousehold(household=a_family(row, niks)), ("village_operator", VILLAGE))
        assert isinstance(outcome, CommandAccepted), outcome
        return outcome.household_id

    def codes(self, outcome: CommandOutcome) -> list[str]:
        """By case `accepted`, or the code of its refusal."""
        if isinstance(outcome, CommandRefused):
            return [outcome.faults[0].code]
        if isinstance(outcome, CommandAccepted):
            return ["accepted"]
        if isinstance(outcome, VillageAccepted):
            return ["accepted"]
        results = outcome.villages if isinstance(outcome, VillagesDecided) else outcome.cases
        return [
            case.faults[0].code if isinstance(case, CaseRefused | VillageRefused) else "accepted" for case in results
        ]

    def deliberate(self, *households: UUID) -> list[str]:
        minutes = Deliberate(cases=cases(*households), held_on=date(2026, 3, 9), minutes_number="141/07/BA/2026")
        return self.codes(self.send(minutes, HEAD))

    def verify(self, household_id: UUID, actor: str = "user:facilitator") -> None:
        """As the field verification does, once it is complete."""
        with self.parts.database.transaction() as connection:
            household = self.household(household_id)
            fact = Verified(household_id=household_id, regency="3318", occurred_on=date(2026, 3, 10))
            cause = Cause(actor, uuid4())
            write(connection, self.parts.register, {household_id: household}, [fact], cause=cause, keys={})

    def approve(self, who: tuple[str, str], *households: UUID, actor: str | None = None) -> list[str]:
        return self.codes(self.send(Approve(cases=cases(*households)), who, actor=actor))

    def recipient(self, row: int) -> UUID:
        """A household that went the whole way."""
        household_id = self.propose(row)
        self.deliberate(household_id)
        self.verify(household_id)
        for who in (DISTRICT, OFFICE, APPROVER):
            self.approve(who, household_id)
        determined = self.codes(self.send(Determine(cases=cases(household_id)), MINISTRY))
        assert determined == ["accepted"]
        return household_id

    def event_id(self, stream: UUID, version: int) -> UUID:
        return ids.event_id(stream, version)

    def keys(self, household_id: UUID) -> SubjectKeys:
        """Those of the household itself."""
        (held,) = self.parts.keyring.of_households([household_id], Rights(Reach.HOUSEHOLD, Reach.HOUSEHOLD))
        return next(subject for subject in held.subjects if subject.subject_id == household_id)

    def kept_outcomes(self) -> list[Any]:
        """What was answered, as it is kept."""
        with self.parts.database.transaction() as connection:
            return [row for (row,) in connection.execute("SELECT outcome FROM command").fetchall()]

    def household(self, household_id: UUID) -> Household:
        with self.parts.database.transaction() as connection:
            return self.parts.register.load([household_id], connection)[household_id]

    def state(self, household_id: UUID) -> State:
        return self.household(household_id).state

    def due(self) -> list[tuple[UUID, datetime]]:
        with self.parts.database.transaction() as connection:
            return connection.execute("SELECT household_id, due_at FROM deadline").fetchall()


def cases(*households: UUID) -> tuple[Case, ...]:
    return tuple(map(Case, households))
