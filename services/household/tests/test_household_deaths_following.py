"""A death that is reported of a person who has moved to another household meanwhile: the report follows the person."""

from datetime import timedelta
from threading import Thread
from typing import Any
from uuid import UUID

import msgspec
import pytest
from dying_given import ON, OPERATOR
from household_desk import OFFICE, VILLAGE, Desk
from household_given import Parts, a_family, a_nik, household_id
from padan_events import Event
from padan_events.commands import CommandAccepted, ProposeHousehold
from padan_events.commands.cases import WithdrawHousehold
from padan_events.commands.families import Joining, MergeHouseholds, SplitHousehold, TransferMembers
from padan_events.dying import DeathCorrected, DeathReversed, MemberDied
from padan_events.families import TransferReason
from padan_events.intake import Accepted
from padan_events.personal import Relationship
from padan_events.states import State
from padan_events.tiers import WithdrawReason
from padan_household.claims.repository import ClaimRaceError

HEAD, WIFE = Relationship.HEAD, Relationship.WIFE


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts)


def people(desk: Desk, household: UUID) -> list[UUID]:
    return list(desk.household(household).members)


def moves(desk: Desk, origin: UUID, to: UUID, person: UUID) -> list[str]:
    command = TransferMembers(
        household_id=to, origin=origin, members=(Joining(person, WIFE),), reason=TransferReason.MARRIAGE
    )
    return desk.codes(desk.send(command, OFFICE))


def parts_from(desk: Desk, origin: UUID, *who: UUID) -> UUID:
    """The household of those who part from another; the first is head."""
    joining = tuple(Joining(one, Relationship.CHILD if n else HEAD) for n, one in enumerate(who))
    outcome = desk.send(
        SplitHousehold(
            household_id=origin, members=joining, caretaker=who[0], family_card_number="3318010101200009", address="B"
        ),
        OPERATOR,
    )
    assert isinstance(outcome, CommandAccepted), outcome
    new: UUID
    (new,) = {data.household_id for _, data in desk.parts.facts() if set(who) & set(joined(data))} - {origin}
    return new


def joined(data: Any) -> list[UUID]:
    return [one.person_id for one in data.effects().joined]


def deaths(desk: Desk) -> list[tuple[type, UUID, UUID]]:
    """What happened by deaths: what, of whom, in which household."""
    told = (data for _, data in desk.parts.facts())
    return [
        (type(data), data.person_id, data.household_id)
        for data in told
        if isinstance(data, MemberDied | DeathCorrected | DeathReversed)
    ]


def decided(desk: Desk, *events: Event) -> list[str]:
    """What household decided of these reports, told in one batch."""
    desk.parts.decide(*events)
    outcomes = desk.parts.outcomes()
    found = [outcomes[event.event_id] for event in events]
    assert [one.household_id for one in found] == [UUID(event.key) for event in events], "keyed by the report"
    return ["accepted" if isinstance(one, Accepted) else one.code for one in found]


def test_after_a_split_the_report_is_decided_where_the_person_went(desk: Desk) -> None:
    tell, origin = desk.parts.intake.death, desk.propose(1)
    stays, goes, child, _ = people(desk, origin)
    new = parts_from(desk, origin, goes, child)
    before = desk.household(origin)
    report = tell(origin, goes, ON)
    assert decided(desk, report) == ["accepted"]
    assert deaths(desk) == [(MemberDied, goes, new)]
    assert desk.household(new).head == child
    assert desk.household(origin) == before

    (outcome,) = [one for one in desk.parts.outcomes().values() if one.report_id == report.event_id]
    assert len(outcome.positions) == len([one for e, one in desk.parts.facts() if e.causation_id == report.event_id])
    assert decided(desk, desk.parts.intake.again(report)) == ["accepted"]
    assert decided(desk, tell(new, goes, ON, source="file"), tell(origin, stays, ON)) == ["accepted", "accepted"]
    assert set(deaths(desk)) == {(MemberDied, goes, new), (MemberDied, stays, origin)}
    assert len(deaths(desk)) == 2


def test_after_a_merge_the_report_is_decided_in_the_household_that_took_them_in(desk: Desk) -> None:
    tell, stays, goes = desk.parts.intake.death, desk.propose(1), desk.propose(2)
    dead_before, moved, *_ = people(desk, goes)
    assert decided(desk, tell(goes, dead_before, ON)) == ["accepted"]
    assert desk.codes(desk.send(MergeHouseholds(household_id=stays, absorbed=goes), OFFICE)) == ["accepted"]
    assert decided(desk, tell(goes, moved, ON), tell(goes, dead_before, ON - timedelta(days=1))) == ["accepted"] * 2
    assert sorted(deaths(desk), key=str) == sorted(
        [(MemberDied, dead_before, goes), (MemberDied, moved, stays), (DeathCorrected, dead_before, goes)], key=str
    )
    assert desk.state(goes) is State.DEACTIVATED


def test_who_moved_twice_is_found_and_what_is_taken_back_follows_too(desk: Desk) -> None:
    tell, first, second, third = desk.parts.intake.death, *(desk.propose(row) for row in (1, 2, 3))
    bride = people(desk, first)[1]
    assert moves(desk, first, second, bride) == moves(desk, second, third, bride) == ["accepted"]
    assert decided(desk, tell(first, bride, ON)) == ["accepted"]
    assert decided(desk, tell(second, bride, ON, reversed=True)) == ["accepted"]
    assert deaths(desk) == [(MemberDied, bride, third), (DeathReversed, bride, third)]
    assert bride in desk.household(third).living


@pytest.mark.parametrize("old_first", [True, False])
def test_in_one_batch_it_is_one_death_whichever_household_is_named_first(desk: Desk, old_first: bool) -> None:
    """Told once before the person moved, once after it; nothing of it was decided before."""
    tell, origin, to = desk.parts.intake.death, desk.propose(1), desk.propose(2)
    bride, other = people(desk, origin)[1:3]
    old = tell(origin, bride, ON)
    assert moves(desk, origin, to, bride) == ["accepted"]
    new = tell(to, bride, ON, source="file")
    batch = [old, new] if old_first else [new, old]
    assert decided(desk, *batch, tell(origin, other, ON)) == ["accepted"] * 3
    assert sorted(deaths(desk), key=str) == sorted([(MemberDied, bride, to), (MemberDied, other, origin)], key=str)


@pytest.mark.parametrize("told_first", [True, False])
def test_before_the_move_and_after_it(desk: Desk, told_first: bool) -> None:
    tell, origin, to = desk.parts.intake.death, desk.propose(1), desk.propose(2)
    bride = people(desk, origin)[1]
    report = tell(origin, bride, ON)
    if told_first:
        assert decided(desk, report) == ["accepted"]
        assert moves(desk, origin, to, bride) == ["member_unknown"], "the dead stay where they were"
    else:
        assert moves(desk, origin, to, bride) == ["accepted"]
        assert decided(desk, report) == ["accepted"]
    assert deaths(desk) == [(MemberDied, bride, origin if told_first else to)]


def withdrawn(desk: Desk, row: int) -> tuple[UUID, list[UUID]]:
    old = desk.propose(row)
    leave = WithdrawHousehold(household_id=old, reason=WithdrawReason.FAMILY_REQUEST)
    assert desk.codes(desk.send(leave, OPERATOR)) == ["accepted"]
    return old, people(desk, old)


def test_who_was_proposed_anew_dies_in_the_household_that_holds_them(desk: Desk) -> None:
    old, (head, *_) = withdrawn(desk, 1)
    new = desk.propose(1)
    assert decided(desk, desk.parts.intake.death(old, head, ON)) == ["accepted"]
    assert deaths(desk) == [(MemberDied, head, new)]


@pytest.mark.parametrize("told_first", [True, False])
def test_who_is_proposed_anew_in_the_same_batch_is_where_they_stand_when_it_is_their_turn(
    desk: Desk, told_first: bool
) -> None:
    old, (head, *_) = withdrawn(desk, 1)
    told, proposed = desk.parts.intake.death(old, head, ON), desk.parts.intake.household(1)
    if told_first:
        assert decided(desk, told, proposed) == ["accepted", "recorded_dead"]
    else:
        assert decided(desk, proposed, told) == ["accepted"] * 2
    assert deaths(desk) == [(MemberDied, head, old if told_first else household_id(1))]


@pytest.mark.parametrize("told_first", [True, False])
def test_a_death_taken_back_in_the_batch_that_proposes_the_person_anew_makes_no_second_holder(
    desk: Desk, told_first: bool
) -> None:
    """Whoever reads the reports in their order sees the person free, or dead."""
    old = desk.propose(1, [a_nik(1)])
    (person,) = people(desk, old)
    assert decided(desk, desk.parts.intake.death(old, person, ON)) == ["accepted"]
    back = desk.parts.intake.death(old, person, ON, reversed=True)
    anew = desk.parts.intake.household(1, a_family(1, [a_nik(1)]))
    if told_first:
        assert decided(desk, back, anew) == ["accepted"] * 2
        assert (desk.state(old), desk.state(household_id(1))) == (State.DEACTIVATED, State.PROPOSED)
    else:
        assert decided(desk, anew, back) == ["recorded_dead", "accepted"]
        assert desk.state(old) is State.PROPOSED
    assert deaths(desk) == [(MemberDied, person, old), (DeathReversed, person, old)]
    assert list(desk.parts.claims().values()) == [household_id(1) if told_first else old]


def test_a_report_follows_into_a_household_that_it_does_not_name_and_the_register_does_not_know(desk: Desk) -> None:
    origin = desk.propose(1)
    person = people(desk, origin)[1]
    assert decided(desk, desk.parts.intake.death(UUID(int=8), person, ON)) == ["accepted"]
    assert deaths(desk) == [(MemberDied, person, origin)]


def test_the_sender_has_to_act_where_the_person_is_now(desk: Desk) -> None:
    origin = desk.propose(1)
    family = msgspec.structs.replace(a_family(2), village="3318042008")
    outcome = desk.send(ProposeHousehold(household=family), ("village_operator", "3318042008"))
    assert isinstance(outcome, CommandAccepted)
    bride = people(desk, origin)[1]
    assert moves(desk, origin, outcome.household_id, bride) == ["accepted"]
    tell = desk.parts.intake.death
    there, here = (tell(origin, bride, ON, region=region) for region in (VILLAGE, "3318042008"))
    assert decided(desk, there, here) == ["region_forbidden", "accepted"]
    assert deaths(desk) == [(MemberDied, bride, outcome.household_id)]


def test_whoever_is_moved_to_and_fro_while_the_death_is_told_dies_once_where_they_are(desk: Desk) -> None:
    first, second, third = (desk.propose(row) for row in (1, 2, 3))
    brides = people(desk, first)[1:]

    def to_and_fro() -> None:
        for bride in brides:
            here, there = first, second
            while moves(desk, here, there, bride) == ["accepted"]:
                here, there = there, here

    mover = Thread(target=to_and_fro)
    mover.start()
    for bride in brides:
        report, told = desk.parts.intake.death(third, bride, ON), False
        while not told:
            try:
                assert decided(desk, report) == ["accepted"]
                told = True
            except ClaimRaceError:
                continue
    mover.join(60)
    assert not mover.is_alive()
    assert [(what, who) for what, who, _ in sorted(deaths(desk), key=str)] == [
        (MemberDied, bride) for bride in sorted(brides, key=str)
    ]
    for _, bride, where in deaths(desk):
        assert desk.household(where).members[bride].died_on == ON
