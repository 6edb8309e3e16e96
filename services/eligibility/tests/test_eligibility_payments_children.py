"""A family of children alone has nobody who may become its caretaker: the programme's owner lets its line go on."""

from datetime import timedelta
from uuid import UUID

import pytest
from deciding_office import Office
from padan_eligibility.domain.drafts import RefusedError
from padan_eligibility.payments.shapes import Hold, Release
from padan_events import decode
from padan_events.payments import DisbursementHoldEnded, HoldReason, Status
from paying_desk import BANK, OWNER, PayDesk
from prometheus_client import REGISTRY

LEFT_ALONE = Release(line=1, request="release", reason="children_alone")


@pytest.fixture
async def desk(office: Office) -> PayDesk:
    """A line whose family's adults have died: a toddler is left."""
    made = PayDesk(office)
    (family,) = await made.closed_stage(1)
    await made.make()
    await made.said(Status.ACCOUNT_CHECKED, family)
    made.dies(family, 0)
    made.dies(family, 1)
    await made.read()
    assert set(made.line_of(1).holds) == {HoldReason.CARETAKER_DIED}
    return made


def family_of(desk: PayDesk) -> UUID:
    return desk.line_of(1).household_id


async def test_the_owner_releases_it_with_a_reason_to_the_eldest_who_lives_and_it_is_paid(desk: PayDesk) -> None:
    family, owning = family_of(desk), desk.work.owning
    assert (await desk.order()).held == 1
    line = owning.release(OWNER, desk.list_id, LEFT_ALONE)
    assert (line.holds, line.recipient, line.household_id) == ({}, desk.person(family, 2), family)
    assert owning.release(OWNER, desk.list_id, LEFT_ALONE) == line
    ended = [one for one in desk.log() if isinstance(decode(one.type, one.value), DisbursementHoldEnded)]
    assert [one.actor for one in ended] == [OWNER.actor]
    fact = decode(ended[0].type, ended[0].value)
    assert isinstance(fact, DisbursementHoldEnded)
    assert (fact.reason, fact.note, fact.recipient) == (HoldReason.CARETAKER_DIED, "children_alone", line.recipient)
    assert line.status is Status.LISTED, "the account that was checked was another's"
    await desk.said(Status.ACCOUNT_CHECKED, family, reference="AN-2")
    assert (await desk.order("again")).lines == 1
    await desk.said(Status.PAID, family)
    await desk.look()
    assert desk.recoveries() == [], "who received it lives"
    desk.reconciles()


async def test_nobody_else_releases_it_nor_without_a_reason_nor_where_a_caretaker_is(desk: PayDesk) -> None:
    family, owning = family_of(desk), desk.work.owning
    for asked, code in (
        (Release(line=1, request="r1"), "payment_not_held"),
        (Release(line=1, request="r2", reason="n3318040506070001"), "payment_note_invalid"),
    ):
        with pytest.raises(RefusedError, match=code):
            owning.release(OWNER, desk.list_id, asked)
    with pytest.raises(RefusedError, match="payment_not_yours"):
        owning.release(BANK, desk.list_id, LEFT_ALONE)
    assert set(desk.line(family).holds) == {HoldReason.CARETAKER_DIED}
    owning.release(OWNER, desk.list_id, LEFT_ALONE)
    with pytest.raises(RefusedError, match="payment_key_reused"):
        owning.release(OWNER, desk.list_id, Release(line=1, request="release", reason="other"))
    with pytest.raises(RefusedError, match="payment_not_held"):
        owning.release(OWNER, desk.list_id, Release(line=1, request="r3", reason="children_alone"))
    desk.reconciles()


async def test_another_hold_goes_on_and_the_death_of_who_is_left_excludes_the_line(desk: PayDesk) -> None:
    family, owning = family_of(desk), desk.work.owning
    until = desk.today + timedelta(days=9)
    owning.hold(OWNER, desk.list_id, Hold(line=1, reason="guardian_sought", request="hold", until=until))
    line = owning.release(OWNER, desk.list_id, LEFT_ALONE)
    assert set(line.holds) == {HoldReason.BY_OWNER}
    desk.dies_out(family)
    await desk.read()
    with pytest.raises(RefusedError, match="payment_nobody_left"):
        owning.release(OWNER, desk.list_id, Release(line=1, request="again", reason="children_alone"))
    assert (await desk.order("again")).excluded == 1
    desk.reconciles()


async def test_a_caretaker_who_comes_after_all_receives_it(desk: PayDesk) -> None:
    family = family_of(desk)
    desk.work.owning.release(OWNER, desk.list_id, LEFT_ALONE)
    desk.lives_again(family, 1)
    desk.cared_for_by(family, 1)
    await desk.read()
    line = desk.line(family)
    assert (line.holds, line.recipient) == ({}, desk.person(family, 1))
    desk.reconciles()


async def test_what_is_held_longer_than_a_stage_is_counted_until_it_is_released(desk: PayDesk) -> None:
    async def counted() -> float | None:
        await desk.look()
        return REGISTRY.get_sample_value("padan_payment_lines_held_long", {"programme": "pkh"})

    assert await counted() == 0
    desk.passes(93)
    assert await counted() == 1
    desk.work.owning.release(OWNER, desk.list_id, LEFT_ALONE)
    assert await counted() == 0


async def test_what_was_ordered_for_the_dead_is_answered_by_the_bank_first(office: Office) -> None:
    desk = PayDesk(office)
    (family,) = await desk.closed_stage(1)
    await desk.make()
    await desk.said(Status.ACCOUNT_CHECKED, family)
    await desk.order()
    desk.dies(family, 0)
    desk.dies(family, 1)
    await desk.read()
    with pytest.raises(RefusedError, match="payment_line_ordered"):
        desk.work.owning.release(OWNER, desk.list_id, LEFT_ALONE)
    await desk.said(Status.ACCOUNT_FAILED, family, reason="holder_died")
    assert desk.work.owning.release(OWNER, desk.list_id, LEFT_ALONE).recipient == desk.person(family, 2)
    desk.reconciles()
