"""What holds a payment by itself, and who receives it: read from the fact stream, on a real PostgreSQL."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from deciding_office import Office
from padan_eligibility.domain.drafts import RefusedError
from padan_eligibility.payments.families import excluded
from padan_eligibility.payments.shapes import Hold, Release
from padan_events import decode
from padan_events.families import ChangeReason
from padan_events.payments import (
    DisbursementHeld,
    DisbursementHoldEnded,
    DisbursementResulted,
    HoldReason,
    LineFact,
    Status,
    Whose,
)
from padan_events.tiers import DeactivateReason
from paying_desk import BANK, OWNER, PARENT, PayDesk
from periods_given import TODDLER


@pytest.fixture
async def desk(office: Office) -> PayDesk:
    """Four families on a list, their accounts checked."""
    made = PayDesk(office)
    families = await made.closed_stage(4)
    await made.make()
    await made.said(Status.ACCOUNT_CHECKED, *families)
    return made


def first(desk: PayDesk) -> UUID:
    return desk.all_lines()[0].household_id


def told(desk: PayDesk, family: UUID) -> list[LineFact]:
    """What was told of a family's line since it was listed and checked."""
    facts = [decode(event.type, event.value) for event in desk.log() if event.key == str(family)]
    return [one for one in facts if isinstance(one, LineFact)][2:]


def kinds(facts: Sequence[LineFact]) -> list[tuple[str, Any]]:
    return [(type(one).__name__, getattr(one, "reason", None)) for one in facts]


HELD, ENDED = DisbursementHeld.__name__, DisbursementHoldEnded.__name__


async def test_a_caretaker_dies_and_the_payment_is_held_until_there_is_a_successor(desk: PayDesk) -> None:
    family = first(desk)
    death = desk.dies(family)
    await desk.read()
    assert set(desk.line(family).holds) == {HoldReason.CARETAKER_DIED}
    assert (await desk.order()).held == 1
    assert desk.line(family).status is Status.ACCOUNT_CHECKED
    desk.cared_for_by(family, 1)
    await desk.read()
    line = desk.line(family)
    assert (line.holds, line.recipient) == ({}, desk.person(family, 1))
    held, ended, anew = told(desk, family)
    assert isinstance(held, DisbursementHeld)
    assert held.because_of == (death,)
    assert isinstance(ended, DisbursementHoldEnded)
    assert (ended.recipient, ended.because_of) == (desk.person(family, 1), (desk.told[-1].event_id,))
    assert isinstance(anew, DisbursementResulted)
    assert (anew.status, anew.because_of) == (Status.LISTED, ended.because_of), "it is another account"
    assert (await desk.order("again")).lines == 0
    await desk.said(Status.ACCOUNT_CHECKED, family, reference="AN-2")
    assert (await desk.order("checked")).lines == 1
    assert desk.line(family).status is Status.ORDERED
    desk.reconciles()


async def test_what_was_ordered_stays_with_who_it_was_ordered_for_until_the_bank_answers(desk: PayDesk) -> None:
    paid, failed = (one.household_id for one in desk.all_lines()[:2])
    await desk.order()
    death = desk.dies(paid)
    desk.dies(failed)
    for family in (paid, failed):
        desk.cared_for_by(family, 1)
    await desk.read()
    for family in (paid, failed):
        assert (desk.line(family).recipient, *desk.line(family).holds) == (desk.person(family), "caretaker_died")
    desk.passes(3)
    await desk.said(Status.PAID, paid)
    await desk.said(Status.ACCOUNT_FAILED, failed)
    (recovery,) = desk.recoveries()
    assert (recovery.household_id, recovery.whose, recovery.because_of[-1]) == (paid, Whose.CARETAKER, death)
    line = desk.line(failed)
    assert (line.status, line.recipient, line.holds) == (Status.ACCOUNT_FAILED, desk.person(failed, 1), {})
    await desk.said(Status.ACCOUNT_CHECKED, failed, reference="AN-2")
    assert (await desk.order("again")).lines == 1
    await desk.said(Status.PAID, failed, reference="AN-3")
    assert len(desk.recoveries()) == 1
    desk.reconciles()


async def test_a_family_that_died_out_after_its_caretaker_had_left_is_claimed_from(desk: PayDesk) -> None:
    family, there = (one.household_id for one in desk.all_lines()[:2])
    await desk.order()
    desk.told += desk.register.transfer(desk.person(family), family, there, PARENT)
    for member in (1, 2):
        desk.dies(family, member)
    desk.is_no_more(family)
    await desk.read()
    desk.passes(3)
    await desk.said(Status.PAID, family)
    (recovery,) = desk.recoveries()
    assert (recovery.household_id, recovery.whose) == (family, Whose.HOUSEHOLD)


async def test_who_pays_is_told_of_a_successor_that_came_at_once(desk: PayDesk) -> None:
    family = first(desk)
    desk.dies(family)
    desk.cared_for_by(family, 1)
    await desk.read()
    died = [(HELD, "caretaker_died"), (ENDED, "caretaker_died"), (DisbursementResulted.__name__, None)]
    assert kinds(told(desk, family)) == died
    assert desk.line(family).recipient == desk.person(family, 1)
    desk.cared_for_by(family, 2, ChangeReason.DECIDED)
    await desk.read()
    assert kinds(told(desk, family)) == [*died, (HELD, "caretaker_left"), (ENDED, "caretaker_left")]
    assert (desk.line(family).recipient, desk.line(family).status) == (desk.person(family, 2), Status.LISTED)


async def test_what_was_ordered_is_held_too_and_a_death_in_error_ends_it(desk: PayDesk) -> None:
    family = first(desk)
    await desk.order()
    desk.dies(family)
    await desk.read()
    assert (desk.line(family).status, *desk.line(family).holds) == (Status.ORDERED, HoldReason.CARETAKER_DIED)
    desk.lives_again(family)
    await desk.read()
    assert (desk.line(family).holds, desk.line(family).recipient) == ({}, desk.person(family))
    assert desk.recoveries() == []


async def test_what_the_bank_says_of_a_held_line_is_taken_for_it_is_a_fact(desk: PayDesk) -> None:
    family = first(desk)
    await desk.order()
    desk.dies(family, on=desk.today - timedelta(days=3))
    await desk.read()
    (answer,) = await desk.said(Status.PAID, family)
    assert answer.answer == "taken"
    line = desk.line(family)
    assert (line.status, line.holds, line.recipient) == (Status.PAID, {}, desk.person(family))
    desk.cared_for_by(family, 1)
    await desk.read()
    assert desk.line(family).recipient == desk.person(family), "who was paid stays who was paid"
    desk.reconciles()


async def test_a_member_who_is_no_caretaker_dies_and_nothing_is_held(desk: PayDesk) -> None:
    family = first(desk)
    desk.dies(family, 2)
    await desk.read()
    assert told(desk, family) == []


async def test_a_caretaker_who_leaves_the_family_is_waited_for(desk: PayDesk) -> None:
    family, there = (one.household_id for one in desk.all_lines()[:2])
    out, into = desk.register.transfer(desk.person(family), family, there, PARENT)
    desk.told += [out, into]
    await desk.read()
    assert set(desk.line(family).holds) == {HoldReason.CARETAKER_LEFT}
    assert desk.line(there).holds == {}
    desk.office.keys.forget([family])
    back = desk.register.transfer(desk.person(family), there, family, PARENT, seq=3)
    desk.told += back
    await desk.read()
    assert desk.line(family).holds == {}
    desk.reconciles()


async def test_a_reported_death_holds_thirty_days_by_local_date(desk: PayDesk) -> None:
    family = first(desk)
    desk.claimed_dead(family, 1)
    await desk.read()
    held = desk.line(family).holds[HoldReason.DEATH_REPORTED]
    assert held.until == desk.today + timedelta(days=30)
    assert (await desk.order()).held == 1
    desk.passes(30)
    assert await desk.look() == 0
    desk.passes(1)
    assert await desk.look() == 1
    assert await desk.look() == 0
    assert desk.line(family).holds == {}
    desk.cared_for_by(family, 1, ChangeReason.DECIDED)
    desk.told[-1] = msgspec.structs.replace(desk.told[-1], time=desk.clock)
    await desk.read()
    assert desk.line(family).holds == {}, "what has come to its date does not hold again"
    await desk.said(Status.ACCOUNT_CHECKED, family, reference="AN-2")
    assert (await desk.order("later")).lines == 1
    desk.reconciles()


@pytest.mark.parametrize("end", ["refused", "lapsed", "confirmed"])
async def test_a_report_that_is_settled_holds_no_longer(desk: PayDesk, end: str) -> None:
    family = first(desk)
    desk.claimed_dead(family, 1)
    await desk.read()
    assert set(desk.line(family).holds) == {HoldReason.DEATH_REPORTED}
    if end == "refused":
        desk.claim_refused(family, 1)
    elif end == "lapsed":
        desk.claim_lapsed(family, 1)
    else:
        desk.dies(family, 1)
    await desk.read()
    assert desk.line(family).holds == {}
    desk.reconciles()


async def test_a_confirmed_death_of_the_caretaker_goes_on_holding_for_another_reason(desk: PayDesk) -> None:
    family = first(desk)
    desk.claimed_dead(family)
    await desk.read()
    desk.dies(family)
    await desk.read()
    assert set(desk.line(family).holds) == {HoldReason.CARETAKER_DIED}
    desk.passes(40)
    await desk.look()
    assert set(desk.line(family).holds) == {HoldReason.CARETAKER_DIED}, "nothing but a successor ends it"


async def test_the_owner_holds_and_releases_and_the_same_request_is_answered_the_same(desk: PayDesk) -> None:
    family, number = first(desk), desk.all_lines()[0].line
    owning = desk.work.owning
    asked = Hold(line=number, reason="address_checked", request="h", until=desk.today)
    held = owning.hold(OWNER, desk.list_id, asked)
    assert owning.hold(OWNER, desk.list_id, asked) == held
    for refused, code in (
        (Hold(line=number, reason="other", request="h"), "payment_key_reused"),
        (Hold(line=number, reason="other", request="h2"), "payment_held"),
        (Hold(line=number, reason="n3318040506070001", request="h5"), "payment_note_invalid"),
        (Hold(line=99, reason="other", request="h3"), "payment_line_missing"),
        (Hold(line=number + 1, reason="other", request="h4", until=desk.today - timedelta(1)), "payment_until_past"),
    ):
        with pytest.raises(RefusedError, match=code):
            owning.hold(OWNER, desk.list_id, refused)
    with pytest.raises(RefusedError, match="payment_not_yours"):
        owning.hold(BANK, desk.list_id, asked)
    assert (await desk.order()).held == 1
    desk.dies(family)
    await desk.read()
    released = owning.release(OWNER, desk.list_id, Release(line=number, request="r"))
    assert set(released.holds) == {HoldReason.CARETAKER_DIED}
    assert owning.release(OWNER, desk.list_id, Release(line=number, request="r")) == released
    with pytest.raises(RefusedError, match="payment_not_held"):
        owning.release(OWNER, desk.list_id, Release(line=number, request="r2"))
    desk.reconciles()


async def test_a_family_that_has_gone_over_into_another_is_held_and_its_place_ended(desk: PayDesk) -> None:
    family, there = (one.household_id for one in desk.all_lines()[:2])
    desk.dies(family, 1)
    for member, kind in ((0, PARENT), (2, TODDLER)):
        desk.told += desk.register.transfer(desk.person(family, member), family, there, kind)
    await desk.read()  # all but the event that ends it, as a batch may fall
    with desk.database.transaction() as connection:
        assert excluded(connection, "pkh", [family]) == {}
    assert set(desk.line(family).holds) == {HoldReason.CARETAKER_LEFT}
    desk.ends(family, DeactivateReason.MERGED)
    await desk.order_while_read()
    assert (desk.line(family).status, desk.line(family).reason) == (Status.EXCLUDED, "place_ended")
    assert desk.line(there).status is Status.ORDERED
    desk.reconciles()


async def test_a_family_that_is_gone_before_the_order_is_excluded_and_the_cause_is_named(desk: PayDesk) -> None:
    extinct, abroad, barred, stays = (one.household_id for one in desk.all_lines())
    await desk.barred(barred)
    desk.dies_out(extinct)
    gone = desk.told[-1].event_id
    desk.ends(abroad, DeactivateReason.ABROAD)
    left = desk.told[-1].event_id
    desk.dies(stays, 1)
    order = await desk.order_while_read()
    assert (order.lines, order.excluded) == (1, 3)
    lines = {family: desk.line(family) for family in (extinct, abroad, barred, stays)}
    assert [lines[one].reason for one in (extinct, abroad, barred)] == ["deceased", "place_ended", "occupation"]
    assert lines[stays].status is Status.ORDERED
    (fact,) = [one for one in told(desk, extinct) if isinstance(one, DisbursementResulted)]
    assert gone in fact.because_of
    (fact,) = [one for one in told(desk, abroad) if isinstance(one, DisbursementResulted)]
    assert left in fact.because_of
    (fact,) = [one for one in told(desk, barred) if isinstance(one, DisbursementResulted)]
    assert len(fact.because_of) == 1
    desk.reconciles()
