"""Deaths in the views: whoever lives is alive and whoever died is dead, in whatever order and batches events come."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations, count
from typing import Any
from uuid import UUID

import psycopg
import pytest
from gateway_given import PATI, Register, household_id, person_id
from gateway_world import World
from padan_events import Event
from padan_events.corrections import Detail, DetailsCorrected
from padan_events.dying import DeathReversed, MemberDied, ToldBy
from padan_events.effects import HouseholdFact
from padan_events.families import MemberMovedIn, MemberMovedOut, TransferReason
from padan_events.personal import Source
from padan_events.tiers import Rejected, RejectReason

DAY, LATER = date(2026, 1, 10), date(2026, 1, 20)


class Told:
    """What happened to the second member of one household, who comes to another."""

    def __init__(self, register: Register, row: int) -> None:
        self.register, self.row, self.to, self.who = register, row, row + 1, person_id(row, 1)

    def _at(self, row: int) -> dict[str, Any]:
        return {"household_id": household_id(row), "regency": PATI}

    def happened(self, data: HouseholdFact) -> Event:
        return self.register.happened(data)

    def died(self, row: int, seq: int, on: date = DAY, kind: type[MemberDied | DeathReversed] = MemberDied) -> Event:
        return self.happened(
            kind(**self._at(row), person_id=self.who, membership_seq=seq, occurred_on=on, source=ToldBy.CRVS_FEED)
        )

    def lives(self, row: int, seq: int) -> Event:
        return self.died(row, seq, kind=DeathReversed)

    def left(self, seq: int) -> Event:
        moved = MemberMovedOut(
            **self._at(self.row), person_id=self.who, membership_seq=seq, to=household_id(self.to),
            transfer_id=UUID(int=seq), reason=TransferReason.MARRIAGE, occurred_on=DAY,
        )  # fmt: skip
        return self.happened(moved)

    def rejected(self) -> Event:
        return self.happened(Rejected(**self._at(self.row), reasons=(RejectReason.OTHER,)))

    def there(self, seq: int) -> Event:
        return self.register.propose(self.to, joining=[(self.who, seq)])


def taken_back_and_married(told: Told) -> tuple[list[Event], list[Event], tuple[int, date | None]]:
    here = [told.register.propose(told.row), told.died(told.row, 1), told.lives(told.row, 1), told.left(2)]
    return here, [told.there(2)], (told.to, None)


def proposed_anew(told: Told) -> tuple[list[Event], list[Event], tuple[int, date | None]]:
    return [told.register.propose(told.row), told.rejected(), told.died(told.row, 1)], [told.there(2)], (told.to, None)


def taken_back_and_died_there(told: Told) -> tuple[list[Event], list[Event], tuple[int, date | None]]:
    here = [told.register.propose(told.row), told.died(told.row, 1), told.lives(told.row, 1), told.left(2)]
    return here, [told.there(2), told.died(told.to, 2, LATER)], (told.to, LATER)


def orders(first: Sequence[Event], second: Sequence[Event]) -> Iterator[list[list[Event]]]:
    """Two streams in every order of reading them, one by one, as one batch and as two."""
    total = len(first) + len(second)
    for places in combinations(range(total), len(second)):
        streams = {True: iter(second), False: iter(first)}
        order = [next(streams[at in places]) for at in range(total)]
        yield [[event] for event in order]
        yield from ([order[:at], order[at:]] for at in range(total))


def held(world: World, who: UUID) -> tuple[UUID, date | None, int]:
    with psycopg.connect(world.owner_url) as owner:
        owner.execute("ALTER TABLE person_view NO FORCE ROW LEVEL SECURITY")
        found = owner.execute(
            "SELECT household_id, died_on, ordinal FROM person_view WHERE person_id = %s", [who]
        ).fetchone()
        owner.rollback()
    assert found is not None
    return found[0], found[1], found[2]


def put(world: World, batches: Sequence[Sequence[Event]]) -> None:
    for batch in batches:
        if batch:
            world.put(*batch)


@pytest.mark.parametrize("story", [taken_back_and_married, proposed_anew, taken_back_and_died_there])
def test_whoever_joins_another_household_is_as_alive_there_as_that_household_says(world: World, story: Any) -> None:
    rows = count(1, 2)
    for number in range(len(list(orders(*story(Told(Register(), 1))[:2])))):
        told = Told(world.register, next(rows))
        here, there, (row, on) = story(told)
        put(world, list(orders(here, there))[number])
        assert held(world, told.who)[:2] == (household_id(row), on), number


@pytest.mark.parametrize("together", [True, False])
def test_a_nik_corrected_after_a_death_leaves_the_dead_dead(world: World, together: bool) -> None:
    told = Told(world.register, 1)
    subject = household_id(1)
    events = [world.register.propose(1), told.died(1, 1)]

    def corrected(event_id: UUID) -> DetailsCorrected:
        member = world.register.sealed_member(1, 1, 5, event_id)
        return DetailsCorrected(
            household_id=subject, regency=PATI, fields=(Detail.NIK,), source=Source.OPERATOR, person_id=told.who,
            member=member,
        )  # fmt: skip

    events.append(world.register.told(subject, corrected))
    put(world, [events] if together else [[event] for event in events])
    assert held(world, told.who) == (subject, DAY, 1)


def test_the_place_among_members_is_that_of_the_household_joined_last(world: World) -> None:
    """The other side of a transfer, and a correction there, are read before where the person came from."""
    told, register = Told(world.register, 1), world.register
    came_from, other = register.propose(1), register.propose(2)
    subject = household_id(2)
    register.keys[subject][told.who] = register.keys[household_id(1)][told.who]

    def joined(event_id: UUID) -> MemberMovedIn:
        return MemberMovedIn(
            household_id=subject, regency=PATI, member=register.sealed_member(1, 1, 2, event_id),
            origin=household_id(1), transfer_id=UUID(int=1), reason=TransferReason.MARRIAGE, occurred_on=DAY,
        )  # fmt: skip

    def corrected(event_id: UUID) -> DetailsCorrected:
        member = register.sealed_member(1, 1, 2, event_id)
        return DetailsCorrected(
            household_id=subject, regency=PATI, fields=(Detail.NAME,), source=Source.OPERATOR, person_id=told.who,
            member=member,
        )  # fmt: skip

    world.put(other, register.told(subject, joined))
    before = held(world, told.who)
    world.put(came_from, register.told(subject, corrected))
    assert held(world, told.who) == before
