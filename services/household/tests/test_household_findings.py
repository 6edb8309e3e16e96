"""What was found against a family stands when it joins another: nobody rids themselves of it by changing household."""

from uuid import UUID, uuid4

import pytest
from household_desk import OFFICE, VILLAGE, Desk
from household_given import Parts
from padan_events.commands import CommandAccepted, CommandRefused
from padan_events.commands.families import Joining, MergeHouseholds, TransferMembers
from padan_events.commands.objections import ObjectionAnswer, RaiseObjection, ResolveObjection
from padan_events.commands.recipients import ConfirmRecipient, VerifyRecipient
from padan_events.commands.rounds import OpenRounds
from padan_events.families import MemberMovedIn, TransferReason
from padan_events.objections import ObjectionReason
from padan_events.personal import Relationship
from padan_events.recipients import Finding, FindingCarried, NotEntitledReason, VerificationResult

OPERATOR = ("village_operator", VILLAGE)
MONTH = "2026-03"


@pytest.fixture
def desk(parts: Parts) -> Desk:
    desk = Desk(parts)
    desk.send(OpenRounds(region="3318", month=MONTH, villages=(VILLAGE,)), OFFICE)
    return desk


def answered(desk: Desk, household: UUID, *, entitled: bool) -> None:
    answer = VerifyRecipient(household_id=household, month=MONTH, result=VerificationResult.ENTITLED)
    if not entitled:
        answer = VerifyRecipient(
            household_id=household,
            month=MONTH,
            result=VerificationResult.NOT_ENTITLED,
            reason=NotEntitledReason.ABLE,
            photo=uuid4(),
        )
    assert desk.codes(desk.send(answer, OPERATOR, actor="user:found")) == ["accepted"]


def decided(desk: Desk, household: UUID, *, ends: bool = True, actor: str | None = None) -> str:
    return desk.codes(
        desk.send(ConfirmRecipient(household_id=household, month=MONTH, ends=ends, note="benar"), OFFICE, actor=actor)
    )[0]


def merged(desk: Desk, into: UUID, absorbed: UUID) -> CommandAccepted | CommandRefused:
    outcome = desk.send(MergeHouseholds(household_id=into, absorbed=absorbed), OFFICE)
    assert isinstance(outcome, CommandAccepted | CommandRefused)
    return outcome


def carried(desk: Desk) -> list[FindingCarried]:
    return [data for _, data in desk.parts.facts() if isinstance(data, FindingCarried)]


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_family_that_is_merged_takes_its_finding_along_and_it_is_decided_anew(desk: Desk, confirmed: bool) -> None:
    home, absorbed = desk.recipient(1), desk.recipient(2)
    answered(desk, home, entitled=True)
    answered(desk, absorbed, entitled=False)
    if confirmed:
        assert decided(desk, absorbed) == "accepted"
    assert isinstance(merged(desk, home, absorbed), CommandAccepted)
    (told,) = carried(desk)
    finding = Finding(month=MONTH, by="user:found", reason=NotEntitledReason.ABLE)
    assert (told.household_id, told.origin, told.finding) == (home, absorbed, finding)
    joined = [data for _, data in desk.parts.facts() if isinstance(data, MemberMovedIn)]
    assert {one.transfer_id for one in joined} == {told.transfer_id}
    assert decided(desk, home, actor="user:found") == "already_decided", "nobody confirms what they have found"
    assert decided(desk, home) == "accepted"


def test_what_was_found_against_the_family_itself_stays_as_it_is(desk: Desk) -> None:
    home, absorbed = desk.recipient(1), desk.recipient(2)
    for one in (home, absorbed):
        answered(desk, one, entitled=False)
    assert decided(desk, home) == "accepted"
    before = desk.household(home).aid
    merged(desk, home, absorbed)
    assert (carried(desk), desk.household(home).aid) == ([], before)


def test_what_was_set_aside_is_not_taken_up_again(desk: Desk) -> None:
    home, absorbed = desk.recipient(1), desk.recipient(2)
    answered(desk, absorbed, entitled=False)
    assert decided(desk, absorbed, ends=False) == "accepted"
    merged(desk, home, absorbed)
    assert (carried(desk), desk.household(home).aid.verification) == ([], None)


def test_who_stands_for_a_family_takes_its_finding_along_and_the_others_leave_it_there(desk: Desk) -> None:
    origin, first, second = desk.recipient(1), desk.recipient(2), desk.recipient(3)
    answered(desk, origin, entitled=False)
    before = desk.household(origin)
    head, *_, child = before.living
    assert head == before.head

    def joins(home: UUID, person: UUID) -> None:
        joining = (Joining(person, Relationship.OTHER_FAMILY),)
        transfer = TransferMembers(household_id=home, origin=origin, members=joining, reason=TransferReason.MARRIAGE)
        assert desk.codes(desk.send(transfer, OPERATOR)) == ["accepted"]

    joins(first, child)
    assert desk.household(first).aid.verification is None
    joins(second, head)
    assert [(told.household_id, told.origin) for told in carried(desk)] == [(second, origin)]
    assert desk.household(origin).aid == before.aid, "and the family it was said of goes on with it"


def test_a_family_is_not_merged_away_while_an_objection_to_it_waits(desk: Desk) -> None:
    home, absorbed = desk.recipient(1), desk.recipient(2)
    raised = desk.send(RaiseObjection(household_id=absorbed, reason=ObjectionReason.ABLE, text="mampu"), OPERATOR)
    assert isinstance(raised, CommandAccepted)
    refused = merged(desk, home, absorbed)
    assert isinstance(refused, CommandRefused)
    assert [(one.code, one.field) for one in refused.faults] == [("objection_unanswered", "absorbed")]
    (objection,) = desk.household(absorbed).objections
    answer = ResolveObjection(household_id=absorbed, objection_id=objection, outcome=ObjectionAnswer.DISMISSED)
    assert desk.codes(desk.send(answer, OFFICE)) == ["accepted"]
    assert isinstance(merged(desk, home, absorbed), CommandAccepted)
