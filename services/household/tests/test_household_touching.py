"""What counts as touching a returned case: what people do to it, not what registers report of its people."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from dying_given import ON, OPERATOR
from household_desk import HEAD, OFFICE, Desk, cases
from household_given import Parts, household_id
from padan_events.commands import CommandOutcome
from padan_events.commands.cases import ReturnCases
from padan_events.commands.dying import ConfirmDeath, ReportDeath
from padan_events.commands.families import SetHead
from padan_events.dying import DeathCorrected, DeathReversed, MemberDied
from padan_events.families import HeadChanged
from padan_events.household import WelfareRanked
from padan_events.states import State
from padan_events.tiers import ReturnReason


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts)


@pytest.fixture
def household(desk: Desk) -> UUID:
    """A family that was sent back to its village and has a deadline."""
    desk.parts.decide(desk.parts.intake.household(1))
    back = ReturnCases(cases=cases(household_id(1)), to=State.PROPOSED, reasons=(ReturnReason.DATA_INCOMPLETE,))
    assert desk.codes(desk.send(back, HEAD)) == ["accepted"]
    assert len(desk.due()) == 1
    return household_id(1)


def test_what_a_person_sends_of_a_register_touches_no_returned_case(desk: Desk, household: UUID) -> None:
    tell, (head, *_) = desk.parts.intake.death, desk.household(household).members
    told = (
        tell(household, head, ON, source="file"),
        tell(household, head, ON - timedelta(days=1), source="crvs_notify"),
        tell(household, head, ON, source="crvs_notify", reversed=True),
        desk.parts.intake.ranking(1, 2),
    )
    desk.parts.decide(*(msgspec.structs.replace(event, actor="user:clerk") for event in told))
    happened = {type(data): event.actor for event, data in desk.parts.facts()}
    for one in (MemberDied, HeadChanged, DeathCorrected, DeathReversed, WelfareRanked):
        assert happened[one] == "user:clerk"
    assert desk.due() == [(household, desk.now + timedelta(days=14))]
    desk.now += timedelta(days=14)
    assert desk.deadlines.fire() == 1
    assert desk.state(household) is State.WITHDRAWN


def test_what_people_decide_of_it_does(desk: Desk, household: UUID) -> None:
    other = list(desk.household(household).members)[1]
    command = SetHead(household_id=household, person_id=other)
    assert desk.codes(desk.send(command, OPERATOR)) == ["accepted"]
    assert desk.due() == []


def test_a_death_that_an_operator_reports_and_the_office_confirms_does(desk: Desk, household: UUID) -> None:
    head = next(iter(desk.household(household).members))

    def sent(*commands: ReportDeath | ConfirmDeath) -> list[CommandOutcome]:
        return [desk.send(one, OFFICE if isinstance(one, ConfirmDeath) else OPERATOR) for one in commands]

    report = ReportDeath(household_id=household, person_id=head, occurred_on=ON, note="surat RT")
    outcomes = sent(report, ConfirmDeath(household_id=household, person_id=head))
    assert [desk.codes(one) for one in outcomes] == [["accepted"], ["accepted"]]
    assert desk.due() == []
