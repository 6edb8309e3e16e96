"""What is to be claimed back, in whichever order payments and deaths become known, on a real PostgreSQL."""

from datetime import timedelta
from uuid import UUID, uuid5

import pytest
from deciding_office import Office
from padan_eligibility.domain.drafts import Person, RefusedError
from padan_eligibility.domain.recovering import Recovery
from padan_eligibility.payments import reading
from padan_eligibility.payments.shapes import CloseRecovery, Recoveries
from padan_events.dying import MemberDied, ToldBy
from padan_events.payments import RecoveryOutcome, RecoveryReason, Status, Whose
from paying_desk import BANK, OWNER, PARENT, PayDesk
from periods_given import TODDLER


@pytest.fixture
async def desk(office: Office) -> PayDesk:
    """Three families whose payment was ordered ten days ago."""
    made = PayDesk(office)
    families = await made.closed_stage(3)
    await made.make()
    await made.said(Status.ACCOUNT_CHECKED, *families)
    await made.order()
    made.passes(10)
    return made


def families(desk: PayDesk) -> list[UUID]:
    return [one.household_id for one in desk.all_lines()]


def only(desk: PayDesk) -> Recovery:
    desk.reconciles()
    (recovery,) = desk.recoveries()
    return recovery


@pytest.mark.parametrize("first", ["death", "payment"])
async def test_a_payment_behind_the_day_of_a_caretaker_s_death_is_claimed_back(desk: PayDesk, first: str) -> None:
    family, *_ = families(desk)
    if first == "payment":
        await desk.said(Status.PAID, family)
        assert desk.recoveries() == []
    death = desk.dies(family, on=desk.today - timedelta(days=1))
    await desk.read()
    if first == "death":
        assert desk.recoveries() == []
        await desk.said(Status.PAID, family)
    found = only(desk)
    line = desk.line(family)
    assert found.recovery_id == uuid5(desk.list_id, f"{line.line}:paid_after_death")
    assert (found.reason, found.whose) == (RecoveryReason.PAID_AFTER_DEATH, Whose.CARETAKER)
    assert found.because_of == (line.paid_event, death)
    assert (found.amount_idr, found.paid_on, found.outcome) == (750_000, desk.today, None)


@pytest.mark.parametrize("first", ["death", "payment"])
async def test_a_payment_behind_the_last_member_s_death_is_the_household_s(desk: PayDesk, first: str) -> None:
    family, *_ = families(desk)
    desk.passes(1)
    if first == "payment":
        await desk.said(Status.PAID, family)
    for member in range(3):
        last = desk.dies(family, member, on=desk.today - timedelta(days=2))
    await desk.read()
    if first == "death":
        await desk.said(Status.PAID, family)
    assert only(desk).whose is Whose.HOUSEHOLD
    assert len(only(desk).because_of) == 2
    assert last in {desk.told[-1].event_id}


async def test_who_was_paid_on_the_day_of_the_death_was_paid_in_time(desk: PayDesk) -> None:
    family, *_ = families(desk)
    await desk.said(Status.PAID, family)
    desk.dies(family, on=desk.today)
    await desk.read()
    assert desk.recoveries() == []
    desk.died_rather(family, 0, desk.today - timedelta(days=1))
    await desk.read()
    assert only(desk).outcome is None
    desk.died_rather(family, 0, desk.today)
    await desk.read()
    assert (only(desk).outcome, only(desk).closed_by) == (RecoveryOutcome.UNFOUNDED, None)


async def test_a_death_that_is_taken_back_closes_it_and_a_death_after_all_opens_it_again(desk: PayDesk) -> None:
    family, *_ = families(desk)
    await desk.said(Status.PAID, family)
    for outcome in (None, RecoveryOutcome.UNFOUNDED, None):
        if outcome is None:
            desk.dies(family, on=desk.today - timedelta(days=1))
        else:
            desk.lives_again(family)
        await desk.read()
        assert only(desk).outcome is outcome
    assert only(desk).changes == 3


async def test_a_recipient_who_died_in_another_family_was_paid_after_death(desk: PayDesk) -> None:
    family, there, _ = families(desk)
    await desk.said(Status.PAID, family)
    desk.told += desk.register.transfer(desk.person(family), family, there, PARENT)
    await desk.read()
    died = MemberDied(
        household_id=there,
        regency="3318",
        person_id=desk.person(family),
        membership_seq=2,
        occurred_on=desk.today - timedelta(days=1),
        source=ToldBy.CRVS_FEED,
    )
    desk.happened(died)
    await desk.read()
    assert only(desk).whose is Whose.CARETAKER


@pytest.mark.parametrize("known", ["before", "between", "after"])
async def test_one_person_with_two_records_was_paid_twice(desk: PayDesk, known: str) -> None:
    one, other, _ = families(desk)
    for moment in ("before", "between", "after"):
        if known == moment:
            desk.same_person(one, other)
            merged = desk.told[-1].event_id
            await desk.read()
        if moment == "before":
            await desk.said(Status.PAID, one, on=desk.today - timedelta(days=1))
        elif moment == "between":
            assert desk.recoveries() == []
            await desk.said(Status.PAID, other)
    found = only(desk)
    assert (found.reason, found.household_id, found.whose) == (RecoveryReason.PAID_TWICE, other, None)
    assert set(found.because_of) == {desk.line(one).paid_event, desk.line(other).paid_event, merged}
    desk.same_person(one, other, seq=3, undone=True)
    await desk.read()
    assert only(desk).outcome is RecoveryOutcome.UNFOUNDED


async def test_a_payment_that_came_back_is_not_claimed_any_more(desk: PayDesk) -> None:
    family, *_ = families(desk)
    await desk.said(Status.PAID, family)
    desk.dies(family, on=desk.today - timedelta(days=1))
    await desk.read()
    await desk.said(Status.RETURNED, family)
    assert (only(desk).outcome, only(desk).returned_idr) == (RecoveryOutcome.RETURNED, 750_000)


async def test_a_merge_of_two_families_is_no_death_and_no_payment_twice(desk: PayDesk) -> None:
    family, there, third = families(desk)
    desk.dies(family, 1, on=desk.today - timedelta(days=300))
    await desk.read()
    await desk.said(Status.PAID, family, there, third)
    desk.office.keys.forget([there])
    for member, kind in ((0, PARENT), (2, TODDLER)):
        desk.told += desk.register.transfer(desk.person(family, member), family, there, kind)
    await desk.read()
    assert desk.recoveries() == []


async def test_a_recovery_is_closed_by_the_owner_once_with_what_came_back(desk: PayDesk) -> None:
    family, *_ = families(desk)
    await desk.said(Status.PAID, family)
    desk.dies(family, on=desk.today - timedelta(days=1))
    await desk.read()
    recovery_id, owning = only(desk).recovery_id, desk.work.owning
    asked = CloseRecovery(request="c", outcome=RecoveryOutcome.RETURNED, amount_idr=500_000)
    for person in (BANK, Person("user:o", "social_office", "3318")):
        with pytest.raises(RefusedError, match="payment_not_yours"):
            owning.close(person, recovery_id, asked)
    for wrong in (0, 750_001):
        with pytest.raises(RefusedError, match="recovery_amount_wrong"):
            owning.close(
                OWNER, recovery_id, CloseRecovery(request="w", outcome=RecoveryOutcome.RETURNED, amount_idr=wrong)
            )
    closed = owning.close(OWNER, recovery_id, asked)
    assert owning.close(OWNER, recovery_id, asked) == closed
    with pytest.raises(RefusedError, match="payment_key_reused"):
        owning.close(OWNER, recovery_id, CloseRecovery(request="c", outcome=RecoveryOutcome.WRITTEN_OFF))
    with pytest.raises(RefusedError, match="recovery_closed"):
        owning.close(OWNER, recovery_id, CloseRecovery(request="d", outcome=RecoveryOutcome.WRITTEN_OFF))
    with pytest.raises(RefusedError, match="recovery_unknown"):
        owning.close(OWNER, family, asked)
    assert (closed.outcome, closed.returned_idr, closed.closed_by) == ("returned", 500_000, OWNER.actor)
    desk.lives_again(family)
    desk.dies(family, on=desk.today - timedelta(days=2))
    await desk.read()
    assert only(desk) == closed, "what a person closed stays closed"


async def test_recoveries_are_shown_to_whose_region_or_programme_they_are(desk: PayDesk) -> None:
    one, other, _ = families(desk)
    await desk.said(Status.PAID, one, other)
    for family in (one, other):
        desk.dies(family, on=desk.today - timedelta(days=1))
    await desk.read()

    def shown(person: Person, **asked: object) -> int:
        with desk.database.transaction() as connection:
            page = Recoveries(**asked)  # type: ignore[arg-type]
            return len(reading.recoveries(connection, desk.office.policies, person, page))

    assert [
        shown(Person("user:x", role, region))
        for role, region in (
            ("auditor", "ID"), ("social_office", "3318"), ("social_office", "3319"), ("paying_bank", "ID"),
            ("programme_owner", "ID"), ("programme_owner", "33"),
        )
    ] == [2, 2, 0, 0, 2, 0]  # fmt: skip
    assert shown(OWNER, state="closed") == shown(OWNER, programme="sembako") == 0
    assert shown(OWNER, state="open", limit=1) == 1
    assert shown(OWNER, after=max(one.recovery_id for one in desk.recoveries())) == 0
    for anybody in (OWNER, Person("user:x", "auditor", "ID")):
        with pytest.raises(RefusedError, match="programme_unknown"):
            shown(anybody, programme="nosuch")
