"""A case on its way: who brings it on, when it is sent back, and what ends it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from household_desk import APPROVER, DISTRICT, HEAD, MINISTRY, OFFICE, VILLAGE, Desk, cases
from household_given import Parts, a_family, a_nik
from hypothesis import given
from hypothesis import strategies as st
from padan_events.commands import (
    CasesDecided,
    ProposeHousehold,
)
from padan_events.commands.cases import (
    Approve,
    Case,
    DeactivateHousehold,
    Determine,
    ReactivateHousehold,
    RejectCases,
    ReturnCases,
    WithdrawHousehold,
)
from padan_events.states import WAY, State
from padan_events.tiers import (
    Advanced,
    DeactivateReason,
    Determined,
    RejectReason,
    Returned,
    ReturnReason,
    Withdrawn,
    WithdrawReason,
)
from padan_household.domain.cut_off import update_month
from padan_household.domain.household import Household


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts)


def test_a_case_goes_from_tier_to_tier_until_it_is_determined(desk: Desk) -> None:
    household = desk.propose(1)
    assert desk.deliberate(household) == ["accepted"]
    desk.verify(household)
    assert desk.approve(DISTRICT, household) == ["accepted"]
    assert desk.approve(OFFICE, household) == ["accepted"]
    assert desk.approve(APPROVER, household) == ["accepted"]
    assert desk.codes(desk.send(Determine(cases=cases(household)), MINISTRY)) == ["accepted"]
    facts = [data for _, data in desk.parts.facts()]
    assert [data.to for data in facts if isinstance(data, Advanced)] == list(WAY[3:6])
    (determined,) = (data for data in facts if isinstance(data, Determined))
    assert determined.update_month == "2026-03"
    assert desk.state(household) is State.DETERMINED


def test_thousands_are_approved_in_one_call_and_each_has_a_result(desk: Desk) -> None:
    first, second, unknown, elsewhere = desk.propose(1), desk.propose(2), uuid4(), desk.propose(3)
    desk.deliberate(first, second)
    desk.verify(first)
    outcome = desk.send(Approve(cases=cases(first, second, unknown, first)), DISTRICT)
    assert desk.codes(outcome) == ["accepted", "not_its_turn", "household_unknown", "case_repeated"]
    assert isinstance(outcome, CasesDecided)
    assert [case.household_id for case in outcome.cases] == [first, second, unknown, first]
    assert desk.codes(desk.send(Approve(cases=cases(first, elsewhere)), ("social_office", "3319"))) == [
        "region_forbidden", "region_forbidden",
    ]  # fmt: skip
    assert desk.codes(desk.send(Approve(cases=cases(first)), HEAD)) == ["role_forbidden"]


def test_the_answer_to_many_cases_is_the_same_for_ever(desk: Desk) -> None:
    household = desk.propose(1)
    desk.deliberate(household)
    desk.verify(household)
    first = desk.send(Approve(cases=cases(household)), DISTRICT, key="once")
    assert desk.send(Approve(cases=cases(household)), DISTRICT, key="once") == first
    assert desk.household(household).version == 5


def test_nobody_approves_a_case_at_two_tiers_even_after_changing_role(desk: Desk) -> None:
    household = desk.propose(1)
    desk.deliberate(household)
    desk.verify(household)
    assert desk.approve(DISTRICT, household, actor="user:promoted") == ["accepted"]
    assert desk.approve(OFFICE, household, actor="user:promoted") == ["already_approved"]
    assert desk.approve(OFFICE, household, actor="user:another") == ["accepted"]
    assert desk.approve(APPROVER, household, actor="user:facilitator") == ["already_approved"]


def test_what_was_changed_since_one_looked_is_not_decided(desk: Desk) -> None:
    household = desk.propose(1)
    seen = desk.household(household).version
    desk.deliberate(household)
    stale = desk.send(
        WithdrawHousehold(household_id=household, reason=WithdrawReason.FAMILY_REQUEST),
        ("village_operator", VILLAGE),
        version=seen,
    )
    assert desk.codes(stale) == ["version_differs"]
    listed = Approve(cases=(Case(household, seen),))
    assert desk.codes(desk.send(listed, DISTRICT)) == ["version_differs"]


def test_a_returned_case_is_done_again_from_there_by_the_same_people(desk: Desk) -> None:
    household = desk.propose(1)
    desk.deliberate(household)
    desk.verify(household)
    desk.approve(DISTRICT, household)
    back = ReturnCases(
        cases=cases(household), to=State.DELIBERATED, reasons=(ReturnReason.PHOTO_UNCLEAR,), note="Foto gelap."
    )
    assert desk.codes(desk.send(back, OFFICE)) == ["accepted"]
    assert desk.state(household) is State.RETURNED
    assert desk.approve(DISTRICT, household) == ["not_its_turn"]
    assert desk.due() == [(household, desk.now + timedelta(days=14))]
    desk.verify(household)
    assert desk.due() == []
    assert desk.approve(DISTRICT, household) == ["accepted"]
    (returned,) = (data for _, data in desk.parts.facts() if isinstance(data, Returned))
    assert returned.note is not None
    assert b"Foto" not in returned.note


def test_a_case_is_returned_to_no_later_tier_and_only_by_whose_turn_it_is(desk: Desk) -> None:
    household = desk.propose(1)
    desk.deliberate(household)
    later = ReturnCases(cases=cases(household), to=State.VERIFIED, reasons=(ReturnReason.OTHER,))
    assert desk.codes(desk.send(later, ("facilitator", VILLAGE))) == ["not_earlier"]
    earlier = msgspec.structs.replace(later, to=State.PROPOSED)
    assert desk.codes(desk.send(earlier, OFFICE)) == ["not_its_turn"]
    assert desk.codes(desk.send(earlier, ("facilitator", VILLAGE))) == ["accepted"]


def test_a_returned_case_that_nobody_touches_is_withdrawn_and_its_people_are_free(desk: Desk) -> None:
    household = desk.propose(1, [a_nik(1)])
    back = ReturnCases(cases=cases(household), to=State.PROPOSED, reasons=(ReturnReason.DATA_INCOMPLETE,))
    assert desk.codes(desk.send(back, HEAD)) == ["accepted"]
    assert desk.deadlines.fire() == 0
    desk.now += timedelta(days=14)
    assert desk.deadlines.fire() == 1
    assert desk.deadlines.fire() == 0
    assert desk.state(household) is State.WITHDRAWN
    (withdrawn,) = ((event, data) for event, data in desk.parts.facts() if isinstance(data, Withdrawn))
    assert (withdrawn[0].actor, withdrawn[1].reason) == ("service:household", WithdrawReason.NOT_REPAIRED)
    again = desk.household(desk.propose(2, [a_nik(1)]))
    (member,) = again.members.values()
    assert member.membership_seq == 2
    assert list(again.members) == list(desk.household(household).members)


def test_what_comes_due_by_a_change_made_just_now_is_not_swept_away_with_a_row_that_lags(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    household, register = desk.propose(1), desk.parts.register
    with desk.parts.database.transaction() as connection:
        connection.execute("INSERT INTO deadline VALUES (%s, 'returned_case', %s)", [household, desk.now])
    load = register.load

    def overtaken(*asked: Any) -> dict[UUID, Household]:
        found = load(*asked)
        monkeypatch.undo()
        back = ReturnCases(cases=cases(household), to=State.PROPOSED, reasons=(ReturnReason.OTHER,))
        assert desk.codes(desk.send(back, HEAD)) == ["accepted"]
        return found

    monkeypatch.setattr(register, "load", overtaken)
    assert desk.deadlines.fire() == 0
    assert desk.due() == [(household, desk.now + timedelta(days=14))]


def test_a_row_of_deadlines_alone_makes_nothing_happen(desk: Desk) -> None:
    household = desk.propose(1)
    with desk.parts.database.transaction() as connection:
        connection.execute("INSERT INTO deadline VALUES (%s, 'returned_case', %s)", [household, desk.now])
    assert desk.deadlines.fire() == 0
    assert desk.due() == []
    assert desk.state(household) is State.PROPOSED


def test_who_was_rejected_may_be_proposed_again_and_then_not_be_taken_up_again(desk: Desk) -> None:
    household = desk.propose(1, [a_nik(1), a_nik(2)])
    out = RejectCases(cases=cases(household), reasons=(RejectReason.ABLE,))
    assert desk.codes(desk.send(out, HEAD)) == ["accepted"]
    assert desk.codes(desk.send(out, HEAD)) == ["household_closed"]
    again = desk.propose(2, [a_nik(2), a_nik(3)])
    back = ReactivateHousehold(household_id=household)
    assert desk.codes(desk.send(back, OFFICE)) == ["duplicate_in_register"]
    assert desk.state(again) is State.PROPOSED


def test_a_deactivated_household_taken_up_again_holds_its_people_and_goes_the_whole_way(desk: Desk) -> None:
    household = desk.propose(1, [a_nik(1)])
    desk.deliberate(household)
    end = DeactivateHousehold(household_id=household, reason=DeactivateReason.ABROAD)
    assert desk.codes(desk.send(end, OFFICE)) == ["accepted"]
    assert desk.codes(desk.send(ReactivateHousehold(household_id=household), OFFICE)) == ["accepted"]
    assert desk.state(household) is State.PROPOSED
    assert desk.household(household).case.approvals == {}
    twice = desk.send(ProposeHousehold(household=a_family(2, [a_nik(1)])), ("village_operator", VILLAGE))
    assert desk.codes(twice) == ["duplicate_in_register"]
    assert desk.codes(desk.send(ReactivateHousehold(household_id=household), OFFICE)) == ["still_in_register"]


def test_nobody_gives_a_reason_that_only_comes_about_by_itself(desk: Desk) -> None:
    household = desk.propose(1)
    for command in (
        DeactivateHousehold(household_id=household, reason=DeactivateReason.LAST_MEMBER_DIED),
        WithdrawHousehold(household_id=household, reason=WithdrawReason.NOT_REPAIRED),
    ):
        assert desk.codes(desk.send(command, OFFICE)) == ["reason_reserved"]


@pytest.mark.parametrize(
    ("received", "given", "month", "late"),
    [
        ("2026-03-25T23:59:59+07:00", None, "2026-03", False),
        ("2026-03-26T00:00:00+07:00", None, "2026-04", False),
        ("2026-03-26T23:00:00+07:00", "2026-03-25T23:00:00+07:00", "2026-03", True),
        ("2026-03-27T00:00:00+07:00", "2026-03-25T23:00:00+07:00", "2026-04", False),
        ("2026-03-26T23:00:00+07:00", "2026-03-26T00:30:00+07:00", "2026-04", False),
        ("2026-12-31T12:00:00+07:00", None, "2027-01", False),
    ],
)
def test_receipt_decides_the_update_month(received: str, given: str | None, month: str, late: bool) -> None:
    at = None if given is None else datetime.fromisoformat(given)
    assert update_month(datetime.fromisoformat(received), at, "3318", 25) == (month, late)


@given(st.integers(0, 10 * 366 * 24 * 60), st.integers(1, 27))
def test_an_approval_falls_into_its_own_month_or_the_next(minutes: int, day: int) -> None:
    received = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    month, late = update_month(received, None, "9401", day)
    local = received + timedelta(hours=9)
    following = (local.replace(day=1) + timedelta(days=31)).strftime("%Y-%m")
    assert (month, late) == (local.strftime("%Y-%m") if local.day <= day else following, False)
