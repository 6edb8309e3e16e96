"""Foreign registers name members: told on to whoever reviews it, once, of the household that holds the person."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from household_desk import OFFICE, VILLAGE, Desk
from household_given import Parts
from padan_events import Event
from padan_events.commands.cases import WithdrawHousehold
from padan_events.commands.families import Joining, TransferMembers
from padan_events.families import TransferReason
from padan_events.personal import Relationship
from padan_events.reviews import ForeignRegister, RegisterMatch, RegisterMatched
from padan_events.tiers import WithdrawReason
from padan_events.touching import touches
from padan_household.keyring.rights import RIGHTS, Reach, Rights
from padan_runtime.sealing import open_sealed

OPERATOR = ("village_operator", VILLAGE)


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts)


def people(desk: Desk, household: UUID) -> list[UUID]:
    return list(desk.household(household).members)


def matched(desk: Desk) -> list[tuple[Event, Any]]:
    return [(event, data) for event, data in desk.parts.facts() if isinstance(data, RegisterMatched)]


def report(desk: Desk, household: UUID, person: UUID, **more: Any) -> str:
    told = desk.parts.intake.match(household, person, **more)
    desk.parts.decide(told)
    return desk.parts.outcome(told)


def test_a_match_is_told_once_and_only_the_person_s_identity_key_opens_which_register_it_was(desk: Desk) -> None:
    household = desk.propose(1)
    person = people(desk, household)[0]
    told = desk.parts.intake.match(household, person)
    before = desk.household(household)
    desk.parts.decide(told, desk.parts.intake.again(told))
    desk.parts.decide(desk.parts.intake.again(told))
    ((event, data),) = matched(desk)
    assert (data.household_id, data.person_id, data.matched_on) == (household, person, date(2026, 2, 1))
    assert data.match_id == told.event_id == event.causation_id
    assert b"pension" not in event.value
    (held,) = desk.parts.keyring.of_households([household], Rights(Reach.ALL, Reach.NONE))
    (key,) = [one.identity for one in held.subjects if one.subject_id == person]
    assert key is not None
    assert open_sealed(key, data.match, RegisterMatch, subject=person, event_id=data.match_id) == RegisterMatch(
        register=ForeignRegister.PENSION, reference="A-1", detail="retired"
    )
    assert RIGHTS["eligibility"].identity is Reach.NONE  # whoever decides by it learns that there is one, and no more
    after = desk.household(household)
    assert (after.state, after.members.keys()) == (before.state, before.members.keys())


def test_a_match_follows_the_person_to_whom_holds_them_now(desk: Desk) -> None:
    origin, there = desk.propose(1), desk.propose(2)
    moved = people(desk, origin)[-1]
    joining = Joining(person_id=moved, relationship=Relationship.OTHER)
    outcome = desk.send(
        TransferMembers(household_id=there, origin=origin, reason=TransferReason.RETURN, members=(joining,)), OPERATOR
    )
    assert desk.codes(outcome) == ["accepted"]
    assert report(desk, origin, moved) == "accepted"
    ((_, data),) = matched(desk)
    assert data.household_id == there


def test_matches_of_nobody_who_is_there_or_from_elsewhere_are_refused_and_leave_nothing(desk: Desk) -> None:
    household, gone = desk.propose(1), desk.propose(2)
    someone, dead = people(desk, household)[:2]
    leaves = people(desk, gone)[0]
    assert report(desk, uuid4(), uuid4()) == "not_in_register"
    assert report(desk, household, uuid4(), reference="nobody") == "not_a_member"
    assert report(desk, household, someone, region="3319") == "region_forbidden"
    desk.parts.decide(desk.parts.intake.death(household, dead, date(2026, 2, 1)))
    assert report(desk, household, dead) == "recorded_dead"
    withdraw = WithdrawHousehold(household_id=gone, reason=WithdrawReason.FAMILY_REQUEST)
    assert desk.codes(desk.send(withdraw, OFFICE)) == ["accepted"]
    assert report(desk, gone, leaves) == "household_closed"
    assert matched(desk) == []


def test_a_match_keeps_no_returned_case_alive() -> None:
    data = RegisterMatched(
        household_id=uuid4(),
        regency="3318",
        person_id=uuid4(),
        match_id=uuid4(),
        match=b"x",
        matched_on=date(2026, 2, 1),
    )
    assert not touches(data, "user:agency")
