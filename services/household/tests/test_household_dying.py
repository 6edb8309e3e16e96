"""A death: who follows, what ends, another date, taken back."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from dying_given import ON, OPERATOR, Home, family
from household_desk import OFFICE, VILLAGE, cases
from household_given import NIK_HASH_KEY, Parts, a_family, a_nik
from padan_events.commands import ProposeHousehold
from padan_events.commands.cases import DeactivateHousehold, ReturnCases
from padan_events.dying import (
    DeathCorrected,
    DeathReversed,
    MemberDied,
    ToldBy,
)
from padan_events.families import CaretakerChanged, ChangeReason, HeadChanged
from padan_events.personal import Relationship
from padan_events.states import State
from padan_events.tiers import Deactivated, DeactivateReason, Reactivated, ReturnReason
from padan_runtime.sealing import keyed_hash

TODAY = date(2026, 3, 10)
Family = list[tuple[Relationship, int]]
"""Relationship and year of birth of each member."""

HEAD, WIFE, HUSBAND, CHILD, PARENT, OTHER = (
    Relationship.HEAD,
    Relationship.WIFE,
    Relationship.HUSBAND,
    Relationship.CHILD,
    Relationship.PARENT,
    Relationship.OTHER_FAMILY,
)


@pytest.mark.parametrize(
    ("members", "head"),
    [
        ([(HEAD, 1970), (CHILD, 1995), (WIFE, 1975)], 2),
        ([(HEAD, 1970), (CHILD, 2000), (CHILD, 1995), (PARENT, 1940)], 2),
        ([(HEAD, 1970), (CHILD, 2015), (OTHER, 1990), (PARENT, 1940)], 3),
        ([(HEAD, 1970), (WIFE, 1980), (WIFE, 1975)], 2),
        ([(HEAD, 1970), (CHILD, 2015), (CHILD, 2010)], None),
    ],
    ids=["the wife", "the eldest child of age", "the eldest of age", "the elder of two wives", "nobody of age"],
)
def test_who_follows_the_head(parts: Parts, members: Family, head: int | None) -> None:
    home = Home(parts, family(*members))
    assert home.told(0) == "accepted"
    died, headed, *cared = home.new()
    assert (died.person_id, died.occurred_on, died.source) == (home.people[0], ON, ToldBy.CRVS_FEED)
    expected = None if head is None else home.people[head]
    assert isinstance(headed, HeadChanged)
    assert (headed.head, headed.reason) == (expected, ChangeReason.DIED)
    assert [fact.caretaker for fact in cared] == [] if expected is None else [expected]
    household = home.desk.household(home.id)
    assert (household.head, household.caretaker) == (expected, expected or home.people[0])
    assert home.state is State.PROPOSED, "the household goes on"


@pytest.mark.parametrize(
    ("members", "caretaker", "follows"),
    [
        ([(HEAD, 1970), (WIFE, 1975)], 1, 0),
        ([(HEAD, 1970), (CHILD, 1995), (PARENT, 1940)], 1, 0),
        ([(HEAD, 2012), (PARENT, 1940), (OTHER, 1990)], 2, 1),
    ],
    ids=["husband of the wife", "the head, of the child", "the eldest of age where the head is a child"],
)
def test_who_follows_a_caretaker_who_is_not_the_head(
    parts: Parts, members: Family, caretaker: int, follows: int
) -> None:
    home = Home(parts, family(*members, caretaker=caretaker))
    assert home.told(caretaker) == "accepted"
    died, changed = home.new()
    assert isinstance(died, MemberDied)
    assert isinstance(changed, CaretakerChanged)
    assert (changed.caretaker, changed.reason) == (home.people[follows], ChangeReason.DIED)


def test_the_death_of_somebody_else_changes_nobody_s_part(parts: Parts) -> None:
    home = Home(parts, family((HEAD, 1970), (CHILD, 2000)))
    assert home.told(1) == "accepted"
    assert [type(fact) for fact in home.new()] == [MemberDied]


def test_the_last_member_s_death_ends_the_household_and_they_stay_dead(parts: Parts) -> None:
    home = Home(parts, family((HEAD, 1970), (WIFE, 1975)))
    home.told(0)
    home.new()
    assert home.told(1) == "accepted"
    died, ended = home.new()
    assert isinstance(died, MemberDied)
    assert isinstance(ended, Deactivated)
    assert (ended.reason, ended.occurred_on) == (DeactivateReason.LAST_MEMBER_DIED, ON)
    assert home.state is State.DEACTIVATED
    anew = ProposeHousehold(household=family((HEAD, 1970), (WIFE, 1975)))
    assert home.desk.codes(home.desk.send(anew, OPERATOR)) == ["recorded_dead"]


def test_a_death_told_again_by_another_door_changes_nothing_and_another_date_is_corrected(parts: Parts) -> None:
    home = Home(parts, family((HEAD, 1970), (WIFE, 1975)))
    home.told(0)
    home.new()
    assert home.told(0, source="file") == "accepted"
    assert home.new() == []
    assert home.told(0, ON - timedelta(days=3_000), source="crvs_notify") == "accepted"
    (corrected,) = home.new()
    assert isinstance(corrected, DeathCorrected)
    assert (corrected.occurred_on, corrected.source) == (ON - timedelta(days=3_000), ToldBy.CRVS_NOTIFY)


def test_a_death_taken_back_lets_the_person_live_and_who_followed_stays(parts: Parts) -> None:
    home = Home(parts, family((HEAD, 1970), (WIFE, 1975)))
    assert home.told(0, back=True) == "accepted", "of somebody who lives there is nothing to take back"
    assert home.new() == []
    home.told(0)
    home.new()
    assert home.told(0, back=True, source="crvs_notify") == "accepted"
    (back,) = home.new()
    assert isinstance(back, DeathReversed)
    assert back.occurred_on == ON
    household = home.desk.household(home.id)
    assert (household.living, household.head) == (tuple(home.people), home.people[1])


def test_a_household_that_the_death_had_ended_stands_again_where_it_stood(parts: Parts) -> None:
    home = Home(parts, a_family(1, [a_nik(1)]))
    home.desk.deliberate(home.id)
    home.new()
    home.told(0)
    assert home.state is State.DEACTIVATED
    assert home.holds() == set()
    home.new()
    home.told(0, back=True)
    back, again = home.new()
    assert isinstance(back, DeathReversed)
    assert isinstance(again, Reactivated)
    assert again.to is home.desk.state(home.id) is State.DELIBERATED
    assert home.holds() == {keyed_hash(NIK_HASH_KEY, a_nik(1))}


def test_a_returned_case_that_a_death_had_ended_stands_again_where_it_was_returned_to(parts: Parts) -> None:
    home = Home(parts, a_family(1, [a_nik(1)]))
    home.desk.deliberate(home.id)
    back = ReturnCases(cases=cases(home.id), to=State.PROPOSED, reasons=(ReturnReason.OTHER,))
    assert home.desk.codes(home.desk.send(back, ("facilitator", VILLAGE))) == ["accepted"]
    home.told(0)
    assert home.state is State.DEACTIVATED
    home.told(0, back=True)
    assert home.desk.state(home.id) is State.PROPOSED
    assert home.desk.deliberate(home.id) == ["accepted"]


def test_it_does_not_stand_again_where_something_else_had_ended_it(parts: Parts) -> None:
    gone = Home(parts, a_family(3, [a_nik(3)]))
    leave = DeactivateHousehold(household_id=gone.id, reason=DeactivateReason.ABROAD)
    assert gone.desk.codes(gone.desk.send(leave, OFFICE)) == ["accepted"]
    gone.new()
    gone.told(0)
    assert [type(fact) for fact in gone.new()] == [MemberDied], "a household that has left ends no second time"
    gone.told(0, back=True)
    assert [type(fact) for fact in gone.new()] == [DeathReversed]
    assert gone.state is State.DEACTIVATED


def test_in_one_batch_each_report_meets_what_the_one_before_it_left(parts: Parts) -> None:
    home = Home(parts, family((HEAD, 1970), (WIFE, 1975), (CHILD, 2000)))
    first, wife, _ = home.people
    tell = parts.intake.death
    parts.decide(
        tell(home.id, first, ON),
        tell(home.id, wife, ON),
        tell(home.id, first, ON, source="file"),
        tell(home.id, wife, ON, reversed=True),
    )
    assert [type(fact) for fact in home.new()] == [
        MemberDied, HeadChanged, CaretakerChanged, MemberDied, HeadChanged, CaretakerChanged, DeathReversed,
    ]  # fmt: skip
    household = home.desk.household(home.id)
    assert household.living == (wife, home.people[2])
    assert household.head == household.caretaker == home.people[2]


@pytest.mark.parametrize(
    ("region", "code"),
    [("", "accepted"), ("33", "accepted"), ("3318", "accepted"), ("3318042007", "accepted"),
     ("3319", "region_forbidden"), ("3318042008", "region_forbidden")],
)  # fmt: skip
def test_who_reports_acts_inside_their_own_region(parts: Parts, region: str, code: str) -> None:
    home = Home(parts, family((HEAD, 1970), (WIFE, 1975)))
    assert home.told(0, region=region) == code
    assert bool(home.new()) == (code == "accepted")


def test_of_nobody_there_is_nothing_to_decide(parts: Parts) -> None:
    home = Home(parts, a_family(1))
    assert home.told_of(UUID(int=7), ON) == "not_a_member"
    event = parts.intake.death(UUID(int=8), UUID(int=9), ON)
    parts.decide(event)
    assert parts.outcomes()[event.event_id].code == "not_in_register"
