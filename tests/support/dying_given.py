"""A family in the register whose members die: what is told of them, and what becomes of the family."""

from datetime import date
from typing import Any
from uuid import UUID

from household_desk import VILLAGE, Desk
from household_given import Parts, a_nik
from padan_events.commands import CommandAccepted, ProposeHousehold
from padan_events.intake import Accepted, DeathSource, Refused
from padan_events.personal import Relationship, ReportedHousehold, ReportedMember
from padan_events.states import State

ON = date(2026, 2, 1)
OPERATOR = ("village_operator", VILLAGE)


def family(*members: tuple[Relationship, int], caretaker: int = 0) -> ReportedHousehold:
    return ReportedHousehold(
        village=VILLAGE,
        caretaker=caretaker,
        members=tuple(
            ReportedMember(
                name=f"Orang {n}", nik=a_nik(500 + n), birth_date=date(year, 1, 1), relationship=relationship
            )
            for n, (relationship, year) in enumerate(members)
        ),
    )


class Home:
    """A family in the register, and what becomes of it."""

    def __init__(self, parts: Parts, reported: ReportedHousehold) -> None:
        self.parts, self.desk = parts, Desk(parts)
        outcome = self.desk.send(ProposeHousehold(household=reported), OPERATOR)
        assert isinstance(outcome, CommandAccepted), outcome
        self.id = outcome.household_id
        self.people = list(self.desk.household(self.id).members)
        self._seen = len(self.facts())

    def facts(self) -> list[Any]:
        return [data for _, data in self.parts.facts() if data.household_id == self.id]

    def new(self) -> list[Any]:
        """What happened since it was looked at last."""
        facts = self.facts()
        seen, self._seen = self._seen, len(facts)
        return facts[seen:]

    def told(
        self,
        member: int,
        on: date = ON,
        *,
        back: bool = False,
        source: DeathSource = "crvs_feed",
        region: str = "",
    ) -> str:
        """The civil registry tells of a death; `accepted`, or the code of the refusal."""
        return self.told_of(self.people[member], on, back=back, source=source, region=region)

    def told_of(
        self, person: UUID, on: date, *, back: bool = False, source: DeathSource = "crvs_feed", region: str = ""
    ) -> str:
        event = self.parts.intake.death(self.id, person, on, reversed=back, source=source, region=region)
        self.parts.decide(event)
        outcome = self.parts.outcomes()[event.event_id]
        assert isinstance(outcome, Accepted | Refused)
        return "accepted" if isinstance(outcome, Accepted) else outcome.code

    def holds(self) -> set[bytes]:
        """The NIKs that belong to it."""
        with self.parts.database.transaction() as connection:
            rows = connection.execute(
                "SELECT nik_hash FROM person_claim WHERE household_id = %s AND NOT released", [self.id]
            ).fetchall()
        return {nik_hash for (nik_hash,) in rows}

    @property
    def state(self) -> State:
        return self.desk.state(self.id)
