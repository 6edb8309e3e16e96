"""What the civil registry shows of moves: remembered, and decisive where a destination says nothing."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from household_desk import OFFICE, VILLAGE, Desk
from household_given import Parts, a_family, household_id
from padan_events.commands import Command
from padan_events.commands.cases import ReactivateHousehold, WithdrawHousehold
from padan_events.commands.families import Joining, SetHead, TransferMembers
from padan_events.commands.relocations import (
    AcceptRelocation,
    Address,
    CancelRelocation,
    ReleaseRelocation,
    RelocateHousehold,
    RequestRelocation,
)
from padan_events.families import TransferReason
from padan_events.personal import Relationship, ShownPlace
from padan_events.relocations import RelocationAccepted, RelocationExpired, RelocationSeen
from padan_events.tiers import WithdrawReason
from padan_household.commands.opening import opened
from padan_household.keyring.rights import Reach, Rights

OPERATOR, THERE = ("village_operator", VILLAGE), ("village_operator", "3374012003")
NEIGHBOURS = "3374012004"
ON = date(2026, 3, 1)
ENDED = (RelocationAccepted, RelocationExpired)


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts)


def give(desk: Desk, command: Command, who: tuple[str, str]) -> None:
    assert desk.codes(desk.send(command, who)) == ["accepted"]


def moving(desk: Desk, household: UUID, *, released: bool = True) -> None:
    to = Address(village=THERE[1], address="Jalan Tujuan 5", rt="003", rw="004")
    give(desk, RequestRelocation(household_id=household, to=to), OPERATOR)
    if released:
        give(desk, ReleaseRelocation(household_id=household), OFFICE)


def people(desk: Desk, household: UUID) -> list[UUID]:
    """The head first."""
    return list(desk.household(household).members)


def shown(desk: Desk, household: UUID, person: UUID, village: str, on: date = ON, **more: Any) -> str:
    report = desk.parts.intake.move(household, person, village, on, **more)
    desk.parts.decide(report)
    return desk.parts.outcome(report)


def facts(desk: Desk, *kinds: type) -> list[Any]:
    return [data for _, data in desk.parts.facts() if isinstance(data, kinds)]


def silence(desk: Desk) -> Any:
    """The destination says nothing for 30 days; how the move ended."""
    desk.now += timedelta(days=30)
    assert desk.deadlines.fire() == 1
    return facts(desk, *ENDED)[-1]


def seen(desk: Desk, household: UUID) -> dict[UUID, str]:
    """The villages that are remembered, opened from what is sealed."""
    (held,) = desk.parts.keyring.of_households([household], Rights(Reach.ALL, Reach.ALL))
    keys = {subject.subject_id: subject for subject in held.subjects}
    known = opened(desk.household(household), keys, members=False, seen=True)
    return {person: place.village for person, place in known.seen.items()}


@pytest.mark.parametrize("first", [True, False])
def test_a_silent_destination_takes_in_whom_the_registry_shows_there_before_or_after_the_request(
    desk: Desk, first: bool
) -> None:
    household = desk.propose(1)
    head = people(desk, household)[0]
    if first:
        assert shown(desk, household, head, THERE[1]) == "accepted"
    moving(desk, household)
    if not first:
        assert shown(desk, household, head, THERE[1]) == "accepted"
    before = desk.household(household)
    due = before.relocation.due_at if before.relocation else None
    ended = silence(desk)
    assert isinstance(ended, RelocationAccepted)
    assert (ended.silent, ended.regency, ended.from_regency) == (True, "3374", "3318")
    assert due is not None
    assert ended.occurred_on == (due + timedelta(hours=7)).date()
    after = desk.household(household)
    assert (after.regency, after.relocation, after.state, desk.due()) == ("3374", None, before.state, [])
    assert after.members.keys() == before.members.keys()
    assert desk.codes(desk.send(AcceptRelocation(household_id=household), THERE)) == ["no_move_open"]
    (event, told), *_ = [(event, data) for event, data in desk.parts.facts() if isinstance(data, RelocationSeen)]
    assert (told.person_id, told.to_regency, told.occurred_on) == (head, "3374", ON)
    assert THERE[1].encode() not in event.value
    (accepted,) = [event for event, data in desk.parts.facts() if data == ended]
    assert accepted.actor == "service:household"


def test_where_the_registry_shows_another_address_or_nobody_the_family_stays_with_the_origin(desk: Desk) -> None:
    """Another village of that regency, somebody else than the head, the head somewhere else since, one not released."""
    households = [desk.propose(row) for row in range(1, 6)]
    for number, household in enumerate(households):
        head, other, *_ = people(desk, household)
        moving(desk, household, released=number != 4)
        match number:
            case 1:
                shown(desk, household, head, NEIGHBOURS)
            case 2:
                shown(desk, household, other, THERE[1])
            case 3:
                shown(desk, household, head, THERE[1])
                shown(desk, household, head, VILLAGE, ON + timedelta(days=1))
            case 4:
                shown(desk, household, head, THERE[1])
    desk.now += timedelta(days=30)
    assert desk.deadlines.fire() == 5
    assert [type(one) for one in facts(desk, *ENDED)] == [RelocationExpired] * 5
    assert {desk.household(one).regency for one in households} == {"3318"}


def test_the_last_one_shown_counts_in_whatever_order_they_are_told(desk: Desk) -> None:
    household = desk.propose(1)
    head, other, *_ = people(desk, household)
    told = [(THERE[1], 5), (NEIGHBOURS, 3), (THERE[1], 5), (VILLAGE, 5), (NEIGHBOURS, 4), (THERE[1], 6), (THERE[1], 6)]
    for number, (village, day) in enumerate(told):
        assert shown(desk, household, head, village, date(2026, 3, day), number=number) == "accepted"
    assert [one.occurred_on.day for one in facts(desk, RelocationSeen)] == [5, 5, 6]
    assert seen(desk, household) == {head: THERE[1]}
    again = desk.parts.intake.move(household, other, VILLAGE, ON)
    desk.parts.decide(again, desk.parts.intake.again(again))
    desk.parts.decide(desk.parts.intake.again(again))
    assert len(facts(desk, RelocationSeen)) == 4
    assert seen(desk, household) == {head: THERE[1], other: VILLAGE}


def test_it_moves_nobody_and_no_move_within_the_regency_or_decided_in_time_asks_for_it(desk: Desk) -> None:
    first, second = desk.propose(1), desk.propose(2)
    for household in (first, second):
        shown(desk, household, people(desk, household)[0], THERE[1])
    assert (desk.household(first).regency, desk.due()) == ("3318", [])
    give(desk, RelocateHousehold(household_id=first, to=Address(village="3318042008")), OPERATOR)
    moving(desk, second)
    give(desk, CancelRelocation(household_id=second), OPERATOR)
    desk.now += timedelta(days=40)
    assert desk.deadlines.fire() == 0
    assert {desk.household(one).regency for one in (first, second)} == {"3318"}


def test_a_report_follows_whoever_moved_to_another_household_and_what_was_shown_stays_behind(desk: Desk) -> None:
    origin, to = desk.propose(1), desk.propose(2)
    bride, other = people(desk, origin)[1:3]
    shown(desk, origin, bride, THERE[1])
    transfer = TransferMembers(
        household_id=to, origin=origin, members=(Joining(bride, Relationship.WIFE),), reason=TransferReason.MARRIAGE
    )
    give(desk, transfer, OFFICE)
    assert (seen(desk, origin), seen(desk, to)) == ({}, {})
    batch = [desk.parts.intake.move(origin, one, NEIGHBOURS, ON) for one in (bride, other)]
    desk.parts.decide(*batch)
    assert [desk.parts.outcome(one) for one in batch] == ["accepted", "accepted"]
    assert (seen(desk, origin), seen(desk, to)) == ({other: NEIGHBOURS}, {bride: NEIGHBOURS})


def test_whoever_follows_the_head_is_whose_address_counts(desk: Desk) -> None:
    household = desk.propose(1)
    head, second, *_ = people(desk, household)
    shown(desk, household, second, THERE[1])
    moving(desk, household)
    give(desk, SetHead(household_id=household, person_id=second), OPERATOR)
    assert isinstance(silence(desk), RelocationAccepted)
    assert head in desk.household(household).members


def test_the_dead_move_no_more_and_a_head_who_died_is_followed(desk: Desk) -> None:
    household = desk.propose(1)
    head = people(desk, household)[0]
    shown(desk, household, head, THERE[1])
    moving(desk, household)
    death = desk.parts.intake.death(household, head, ON)
    late = desk.parts.intake.move(household, head, NEIGHBOURS, ON + timedelta(days=1))
    desk.parts.decide(death, late)
    assert desk.parts.outcome(late) == "accepted"
    assert len(facts(desk, RelocationSeen)) == 1
    assert isinstance(silence(desk), RelocationExpired)


def test_what_is_refused_leaves_no_event(desk: Desk) -> None:
    household, closed = desk.propose(1), desk.propose(2)
    head = people(desk, household)[0]
    gone = people(desk, closed)[0]
    give(desk, WithdrawHousehold(household_id=closed, reason=WithdrawReason.FAMILY_REQUEST), OPERATOR)
    assert shown(desk, UUID(int=9), UUID(int=8), THERE[1]) == "not_in_register"
    assert shown(desk, household, UUID(int=8), THERE[1]) == "not_a_member"
    assert shown(desk, closed, gone, THERE[1]) == "household_closed"
    assert shown(desk, household, head, THERE[1], source="crvs_notify", region="5101") == "region_forbidden"
    assert facts(desk, RelocationSeen) == []
    for number, region in enumerate(("3374", VILLAGE, "")):  # who registers them there, who did so here, the nation
        assert shown(desk, household, head, THERE[1], region=region, number=number) == "accepted"
    assert len(facts(desk, RelocationSeen)) == 1


def test_what_was_shown_of_a_household_that_left_the_register_counts_no_more(desk: Desk) -> None:
    household = desk.propose(1)
    shown(desk, household, people(desk, household)[0], THERE[1])
    give(desk, WithdrawHousehold(household_id=household, reason=WithdrawReason.FAMILY_REQUEST), OPERATOR)
    give(desk, ReactivateHousehold(household_id=household), OFFICE)
    assert seen(desk, household) == {}
    moving(desk, household)
    assert isinstance(silence(desk), RelocationExpired)


def test_somebody_proposed_in_the_same_batch_is_known_when_their_move_is_decided(desk: Desk) -> None:
    proposed, person = desk.parts.intake.household(3, a_family(3)), household_id(3)
    desk.parts.decide(proposed)
    head = people(desk, person)[0]
    give(desk, WithdrawHousehold(household_id=person, reason=WithdrawReason.FAMILY_REQUEST), OPERATOR)
    anew = desk.parts.intake.household(4, a_family(3))
    report = desk.parts.intake.move(person, head, THERE[1], ON)
    desk.parts.decide(anew, report)
    assert desk.parts.outcome(report) == "accepted"
    assert seen(desk, household_id(4)) == {head: THERE[1]}


def test_what_is_sealed_of_a_person_opens_with_that_persons_key_only(desk: Desk) -> None:
    household = desk.propose(1)
    head, other, *_ = people(desk, household)
    shown(desk, household, head, THERE[1])
    (held,) = desk.parts.keyring.of_households([household], Rights(Reach.ALL, Reach.ALL))
    keys = {subject.subject_id: subject for subject in held.subjects}
    stored = desk.household(household)
    for swapped in (other, household):
        wrong = {**keys, head: keys[swapped]}
        with pytest.raises(ValueError, match="does not open"):
            opened(stored, wrong, members=False, seen=True)
    assert opened(stored, keys, members=False, seen=True).seen == {head: ShownPlace(THERE[1])}
