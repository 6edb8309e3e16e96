"""Deaths in the facts: a living person counts and a dead one does not, in whatever order and batches events come."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_eligibility.facts import repository
from padan_eligibility.facts.folding import fold, open_members
from padan_events import Event
from padan_events.corrections import Detail, DetailsCorrected
from padan_events.dying import DeathReversed, MemberDied, ToldBy
from padan_events.effects import SealedMember
from padan_events.families import MemberMovedIn, MemberMovedOut, TransferReason
from padan_events.personal import Source
from padan_runtime.database import Database
from padan_runtime.keys import SubjectKeys
from register_peer import RegisterPeer

DAY, LATER = date(2026, 1, 10), date(2026, 1, 20)
_MOVE: dict[str, Any] = {"transfer_id": UUID(int=1), "reason": TransferReason.MARRIAGE, "occurred_on": DAY}


@pytest.fixture
def database(make_database: MakeDatabase) -> Iterator[Database]:
    opened = Database(make_database("eligibility").url, name="test")
    opened.open()
    yield opened
    opened.close()


class Told:
    """What happened to a person of one household who comes to another: what each of the two says, in its order."""

    def __init__(self, number: int) -> None:
        self.register, self.who = RegisterPeer(), UUID(int=number)
        self.home, proposed = self.register.propose(2 * number, [])
        self.other, proposed_there = self.register.propose(2 * number + 1, [])
        self.here, self.there = [proposed], [proposed_there]
        self._tell(self.home, self.here, "came", 1)

    def _tell(self, household_id: UUID, stream: list[Event], what: str, seq: int, on: date = DAY) -> None:
        of: dict[str, Any] = {"household_id": household_id, "regency": "3318"}
        member = SealedMember(person_id=self.who, membership_seq=seq, identity=b"", sensitive=b"")
        person: dict[str, Any] = {"person_id": self.who, "membership_seq": seq}
        death: dict[str, Any] = {"occurred_on": on, "source": ToldBy.CRVS_FEED}
        match what:
            case "came":
                data: Any = MemberMovedIn(**of, member=member, origin=self.home, **_MOVE)
            case "went":
                data = MemberMovedOut(**of, **person, to=self.other, **_MOVE)
            case "died":
                data = MemberDied(**of, **person, **death)
            case "lives":
                data = DeathReversed(**of, **person, **death)
            case _:
                data = DetailsCorrected(
                    **of, fields=(Detail.NIK,), source=Source.OPERATOR, person_id=self.who, member=member
                )
        stream.append(self.register.happened(data))

    def at_home(self, what: str, seq: int) -> None:
        self._tell(self.home, self.here, what, seq)

    def at_the_other(self, what: str, seq: int) -> None:
        self._tell(self.other, self.there, what, seq, LATER)


def taken_back_and_married(told: Told) -> tuple[int, int]:
    told.at_home("died", 1)
    told.at_home("lives", 1)
    told.at_home("went", 2)
    told.at_the_other("came", 2)
    return 0, 1


def proposed_anew(told: Told) -> tuple[int, int]:
    told.at_home("died", 1)
    told.at_the_other("came", 2)
    return 0, 1


def taken_back_and_died_there(told: Told) -> tuple[int, int]:
    told.at_home("died", 1)
    told.at_home("lives", 1)
    told.at_home("went", 2)
    told.at_the_other("came", 2)
    told.at_the_other("died", 2)
    return 0, 0


def died_and_corrected(told: Told) -> tuple[int, int]:
    told.at_home("died", 1)
    told.at_home("corrected", 5)
    return 0, 0


def orders(first: Sequence[Event], second: Sequence[Event]) -> Iterator[list[list[Event]]]:
    """Two streams in every order of reading them, one by one, as one batch and as two."""
    total = len(first) + len(second)
    for places in combinations(range(total), len(second)):
        streams = {True: iter(second), False: iter(first)}
        order = [next(streams[at in places]) for at in range(total)]
        yield [[event] for event in order]
        yield from ([part for part in (order[:at], order[at:]) if part] for at in range(total))


def read(database: Database, batch: Sequence[Event], who: UUID) -> None:
    changes = fold(batch)
    erased = {who: SubjectKeys(who, None, None)}
    members = [member for change in changes.values() for member in open_members(change, erased)]
    with database.transaction() as connection:
        repository.write_households(connection, changes.values())
        repository.write_persons(connection, members, changes.values())


@pytest.mark.parametrize(
    "story", [taken_back_and_married, proposed_anew, taken_back_and_died_there, died_and_corrected]
)
def test_a_person_counts_where_they_live_and_not_where_they_died(
    database: Database, story: Callable[[Told], tuple[int, int]]
) -> None:
    likeness = Told(1)
    story(likeness)
    for number in range(len(list(orders(likeness.here, likeness.there)))):
        told = Told(number + 1)
        expected = story(told)
        for batch in list(orders(told.here, told.there))[number]:
            read(database, batch, told.who)
        with database.transaction() as connection:
            facts = repository.read_facts(connection, [told.home, told.other])
        assert (len(facts[told.home].persons), len(facts[told.other].persons)) == expected, number
