"""The monthly round: recipients are verified, a village answers, its head finalizes."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from household_desk import HEAD, OFFICE, VILLAGE, Desk, cases
from household_given import Parts
from padan_events.commands import CommandAccepted, VillageAccepted, VillagesDecided
from padan_events.commands.cases import Deliberate
from padan_events.commands.families import Joining, SetHead, SplitHousehold
from padan_events.commands.recipients import (
    AnsweredCase,
    ConfirmRecipient,
    ConfirmRecipients,
    ProposeProgramme,
    Resign,
    VerifyRecipient,
    VerifyRecipients,
)
from padan_events.commands.rounds import CloseRound, DeclareNoChange, OpenRounds
from padan_events.household import Proposed
from padan_events.personal import Relationship
from padan_events.recipients import (
    NotEntitledReason,
    RecipientConfirmed,
    RecipientVerified,
    Resigned,
    VerificationResult,
)
from padan_events.rounds import RoundClosed, RoundOpened, stream_of
from padan_events.states import State
from padan_household.domain.cut_off import cut_off
from padan_household.domain.stream import Cause, HouseholdEvent

OPERATOR, CITIZEN = ("village_operator", VILLAGE), ("citizen", VILLAGE)
MONTH = "2026-03"


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts)


def opened(desk: Desk, *villages: str, month: str = MONTH) -> list[str]:
    command = OpenRounds(region="3318", month=month, villages=villages or (VILLAGE,))
    return desk.codes(desk.send(command, OFFICE))


def answer(household: UUID, *, entitled: bool = True, month: str = MONTH) -> VerifyRecipient:
    if entitled:
        return VerifyRecipient(household_id=household, month=month, result=VerificationResult.ENTITLED)
    return VerifyRecipient(
        household_id=household,
        month=month,
        result=VerificationResult.NOT_ENTITLED,
        reason=NotEntitledReason.MOVED,
        photo=uuid4(),
    )


def test_a_recipient_is_answered_for_while_the_round_is_open(desk: Desk) -> None:
    household = desk.recipient(1)
    assert desk.codes(desk.send(answer(household), OPERATOR)) == ["round_not_open"]
    assert opened(desk) == ["accepted"]
    assert desk.codes(desk.send(answer(household), OPERATOR)) == ["accepted"]
    assert desk.codes(desk.send(answer(household, month="2026-04"), OPERATOR)) == ["month_not_current"]
    assert desk.codes(desk.send(answer(desk.propose(2)), OPERATOR)) == ["not_a_recipient"]
    assert desk.codes(desk.send(CloseRound(village=VILLAGE, month=MONTH), HEAD)) == ["accepted"]
    assert desk.codes(desk.send(answer(household), OPERATOR)) == ["round_closed"]
    assert desk.state(household) is State.DETERMINED


def test_not_entitled_is_confirmed_by_somebody_else_or_aid_goes_on(desk: Desk) -> None:
    household = desk.recipient(1)
    opened(desk)
    end = ConfirmRecipient(household_id=household, month=MONTH, ends=True, note="Sudah pindah.")
    assert desk.codes(desk.send(end, OFFICE)) == ["nothing_to_confirm"]
    desk.send(answer(household), OPERATOR)
    assert desk.codes(desk.send(end, OFFICE)) == ["nothing_to_confirm"]
    desk.send(answer(household, entitled=False), OPERATOR, actor="user:both")
    assert desk.codes(desk.send(end, OFFICE, actor="user:both")) == ["already_decided"]
    assert desk.codes(desk.send(end, OFFICE)) == ["accepted"]
    assert desk.codes(desk.send(end, OFFICE)) == ["already_confirmed"]
    assert desk.codes(desk.send(answer(household), OPERATOR)) == ["already_confirmed"]
    facts = [data for _, data in desk.parts.facts()]
    assert [data.result.value for data in facts if isinstance(data, RecipientVerified)] == ["entitled", "not_entitled"]
    (confirmed,) = (data for data in facts if isinstance(data, RecipientConfirmed))
    assert confirmed.ends
    assert b"pindah" not in (confirmed.note or b"")
    assert desk.state(household) is State.DETERMINED


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_part_that_leaves_takes_along_what_its_village_found(desk: Desk, confirmed: bool) -> None:
    household = desk.recipient(1)
    opened(desk)
    desk.send(answer(household, entitled=False), OPERATOR, actor="user:both")
    if confirmed:
        desk.send(ConfirmRecipient(household_id=household, month=MONTH, ends=True), OFFICE)
    part = parted(desk, household)
    end = ConfirmRecipient(household_id=part, month=MONTH, ends=True)
    if confirmed:
        assert desk.codes(desk.send(end, OFFICE)) == ["already_confirmed"]
        assert desk.codes(desk.send(answer(part), OPERATOR)) == ["already_confirmed"]
    else:
        assert desk.codes(desk.send(end, OFFICE, actor="user:both")) == ["already_decided"]
        assert desk.household(part).aid == desk.household(household).aid
        again = parted(desk, household)
        assert desk.codes(desk.send(end, OFFICE)) == ["accepted"]
        other = ConfirmRecipient(household_id=again, month=MONTH, ends=False, note="Masih layak.")
        assert desk.codes(desk.send(other, OFFICE)) == ["accepted"]
        assert desk.household(household).aid.verification != desk.household(part).aid.verification


@pytest.mark.parametrize("entitled", [True, False])
def test_a_part_is_answered_for_by_itself_where_nothing_stands_against_the_family(desk: Desk, entitled: bool) -> None:
    household = desk.recipient(1)
    opened(desk)
    desk.send(answer(household, entitled=entitled), OPERATOR)
    if not entitled:
        desk.send(ConfirmRecipient(household_id=household, month=MONTH, ends=False, note="Masih layak."), OFFICE)
    assert desk.household(parted(desk, household)).aid.verification is None


def parted(desk: Desk, household: UUID) -> UUID:
    """The household of the last member, who leaves the others."""
    child = desk.household(household).living[-1]
    part = SplitHousehold(household_id=household, members=(Joining(child, Relationship.HEAD),), caretaker=child)
    outcome = desk.send(part, OPERATOR)
    assert isinstance(outcome, CommandAccepted), outcome
    (new,) = (
        data.household_id
        for _, data in desk.parts.facts()
        if isinstance(data, Proposed) and [one.person_id for one in data.members] == [child]
    )
    return UUID(str(new))


def test_many_are_answered_for_and_confirmed_in_one_call_each_by_itself(desk: Desk) -> None:
    first, second, third = (desk.recipient(row) for row in (1, 2, 3))
    proposed, unknown = desk.propose(4), uuid4()
    opened(desk)
    ended: dict[str, Any] = {
        "result": VerificationResult.NOT_ENTITLED,
        "reason": NotEntitledReason.MOVED,
        "photo": uuid4(),
    }
    answers = VerifyRecipients(
        month=MONTH,
        cases=(
            AnsweredCase(household_id=first, result=VerificationResult.ENTITLED),
            AnsweredCase(household_id=second, **ended),
            AnsweredCase(household_id=third, version=1, **ended),
            AnsweredCase(household_id=proposed, **ended),
            AnsweredCase(household_id=unknown, **ended),
            AnsweredCase(household_id=first, **ended),
        ),
    )
    assert desk.codes(desk.send(answers, OFFICE)) == ["role_forbidden"]
    given = desk.send(answers, OPERATOR, key="once")
    codes = ["accepted", "accepted", "version_differs", "not_a_recipient", "household_unknown", "case_repeated"]
    assert desk.codes(given) == codes
    assert desk.send(answers, OPERATOR, key="once") == given
    told = [data for _, data in desk.parts.facts() if isinstance(data, RecipientVerified)]
    assert {(one.household_id, one.result.value, one.photo) for one in told} == {
        (first, "entitled", None),
        (second, "not_entitled", ended["photo"]),
    }
    confirm = ConfirmRecipients(month=MONTH, ends=True, note="benar", cases=cases(first, second, third))
    assert desk.codes(desk.send(confirm, OPERATOR)) == ["role_forbidden"]
    assert desk.codes(desk.send(confirm, OFFICE)) == ["nothing_to_confirm", "accepted", "nothing_to_confirm"]
    (confirmed,) = (data for _, data in desk.parts.facts() if isinstance(data, RecipientConfirmed))
    assert (confirmed.household_id, confirmed.ends) == (second, True)
    assert b"benar" not in (confirmed.note or b"")


def test_a_village_is_opened_once_a_month_and_declares_that_nothing_has_changed(desk: Desk) -> None:
    other = "3318042006"
    outcome = desk.send(OpenRounds(region="3318", month=MONTH, villages=(VILLAGE, other, "3319012001")), OFFICE)
    assert isinstance(outcome, VillagesDecided)
    assert desk.codes(outcome) == ["accepted", "accepted", "region_forbidden"]
    assert opened(desk) == ["round_open"]
    declared = DeclareNoChange(village=VILLAGE, month=MONTH)
    assert desk.codes(desk.send(declared, HEAD)) == ["accepted"]
    assert desk.codes(desk.send(declared, OPERATOR)) == ["round_answered"]
    closed = desk.send(CloseRound(village=VILLAGE, month=MONTH), HEAD)
    assert isinstance(closed, VillageAccepted)
    assert (closed.version, [event.event_id for event in closed.events]) == (3, [desk.event_id(stream_of(VILLAGE), 3)])
    assert desk.codes(desk.send(CloseRound(village=VILLAGE, month=MONTH), HEAD)) == ["round_closed"]
    assert desk.codes(desk.send(declared, HEAD)) == ["round_closed"]
    assert desk.codes(desk.send(CloseRound(village=other, month=MONTH), HEAD)) == ["region_forbidden"]


def test_the_round_of_the_next_month_begins_with_the_cut_off(desk: Desk) -> None:
    desk.now = datetime(2026, 3, 25, 16, 59, tzinfo=UTC)
    assert opened(desk, month="2026-04") == ["month_not_current"]
    assert opened(desk) == ["accepted"]
    (fact,) = (data for _, data in desk.parts.facts() if isinstance(data, RoundOpened))
    assert fact.due_at == datetime(2026, 3, 25, 17, 0, tzinfo=UTC)
    desk.now += timedelta(minutes=1)
    assert desk.codes(desk.send(CloseRound(village=VILLAGE, month=MONTH), HEAD)) == ["month_not_current"]
    assert opened(desk, month="2026-04") == ["accepted"]
    assert cut_off("2026-12", "9401", 20) == datetime(2026, 12, 20, 15, tzinfo=UTC)


def test_a_round_names_nobody_who_works_in_the_village(desk: Desk) -> None:
    opened(desk)
    desk.send(CloseRound(village=VILLAGE, month=MONTH), HEAD)
    events = [event for event, data in desk.parts.facts() if event.key == str(stream_of(VILLAGE))]
    assert [event.actor for event in events] == ["service:household"] * 2


def test_the_answer_about_villages_is_the_same_for_ever(desk: Desk) -> None:
    command = OpenRounds(region="3318", month=MONTH, villages=(VILLAGE,))
    first = desk.send(command, OFFICE, key="once")
    assert desk.send(command, OFFICE, key="once") == first
    with desk.parts.database.transaction() as connection:  # as a restore leaves it that lost the answer
        connection.execute("DELETE FROM command WHERE idempotency_key = 'once'")
    assert desk.send(command, OFFICE, key="once") == first


def test_a_family_is_proposed_for_a_programme_once_and_leaves_it_when_its_head_says_so(desk: Desk) -> None:
    household = desk.propose(1)
    ask = ProposeProgramme(household_id=household, programme="pkh")
    assert desk.codes(desk.send(ask, OPERATOR)) == ["accepted"]
    assert desk.codes(desk.send(ask, OFFICE)) == ["programme_repeated"]
    leave = Resign(household_id=household, programmes=("pkh",))
    assert isinstance(desk.send(leave, CITIZEN, actor="user:a-citizen"), CommandAccepted)
    assert desk.codes(desk.send(leave, OPERATOR)) == ["asked_already"]
    final = Resign(household_id=household, programmes=("pkh",), confirmed_by_head=True, confirmed_on=date(2026, 3, 9))
    assert desk.codes(desk.send(final, CITIZEN)) == ["confirmation_not_yours"]
    assert desk.codes(desk.send(final, ("citizen", "3318"))) == ["region_forbidden"]
    assert desk.codes(desk.send(final, OPERATOR)) == ["accepted"]
    told = [(event.actor, data.confirmed_on) for event, data in desk.parts.facts() if isinstance(data, Resigned)]
    assert told == [("service:household", None), ("user:village_operator", date(2026, 3, 9))]
    assert (desk.household(household).aid.programmes, desk.state(household)) == ((), State.PROPOSED)
    assert desk.codes(desk.send(ask, OPERATOR)) == ["accepted"]


def test_who_answers_while_the_round_is_closed_waits_and_is_refused(desk: Desk) -> None:
    household = desk.recipient(1)
    opened(desk)
    others = ThreadPoolExecutor(1)
    with desk.parts.database.transaction() as connection:
        desk.parts.register.hold_rounds([VILLAGE], connection, alone=True)  # as the village head's command does
        answered = others.submit(lambda: desk.codes(desk.send(answer(household), OPERATOR)))
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        ends = time.monotonic() + 30
        while connection.execute(waiting).fetchone() == (0,):
            assert time.monotonic() < ends
            time.sleep(0.02)  # the condition is a lock of another session: nothing to wait on but its row
        event = HouseholdEvent(
            stream_of(VILLAGE), 2, RoundClosed(village=VILLAGE, month=MONTH), Cause("service:household", uuid4())
        )
        desk.parts.register.append([event], connection)
    assert answered.result() == ["round_closed"]


def test_the_stream_of_a_village_is_no_household(desk: Desk) -> None:
    assert opened(desk) == ["accepted"]
    assert desk.codes(desk.send(SetHead(household_id=stream_of(VILLAGE), person_id=uuid4()), OPERATOR)) == [
        "household_unknown"
    ]
    both = Deliberate(cases=cases(stream_of(VILLAGE), desk.propose(1)), held_on=date(2026, 3, 9), minutes_number="1")
    assert desk.codes(desk.send(both, HEAD)) == ["household_unknown", "accepted"]
