"""Payment lists on a real PostgreSQL: made of a sealed stage, ordered and reported on."""

import asyncio
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from deciding_office import Office
from padan_eligibility.domain.drafts import Person, RefusedError
from padan_eligibility.domain.payments import Line
from padan_eligibility.payments import reading
from padan_eligibility.payments.shapes import Lines, Make, Result, Sum
from padan_events import decode
from padan_events.payments import PaymentListMade, PaymentListOrdered, Status
from padan_events.topics import PROGRAMME_EVENTS
from padan_runtime import log
from paying_desk import BANK, OWNER, PayDesk


@pytest.fixture
def desk(office: Office) -> PayDesk:
    return PayDesk(office)


def digest(lines: list[Line]) -> str:
    told = "".join(f"{one.line}|{one.household_id}|{one.regency}|{one.amount_idr}\n" for one in lines)
    return sha256(told.encode()).hexdigest()


def told(desk: PayDesk, kind: type) -> list[Any]:
    every = [decode(one.type, one.value) for one in desk.log(PROGRAMME_EVENTS.name)]
    return [one for one in every if isinstance(one, kind)]


async def checked(desk: PayDesk, families: list[UUID]) -> None:
    """The list is made, and every account is checked."""
    await desk.make()
    answers = await desk.said(Status.ACCOUNT_CHECKED, *families)
    assert {one.answer for one in answers} == {"taken"}


async def test_a_list_has_a_line_for_each_family_of_the_sealed_stage(desk: PayDesk) -> None:
    families = await desk.closed_stage(12)
    made = await desk.make()
    sealed = desk.lines(desk.stage.id)
    lines = desk.all_lines()
    assert [(one.line, one.household_id, one.amount_idr) for one in lines] == [
        (number, one.household_id, one.amount_idr) for number, one in enumerate(sealed, 1)
    ]
    assert {one.recipient for one in lines} == {desk.person(family) for family in families}
    assert {one.status for one in lines} == {Status.LISTED}
    assert (made.complete, made.lines, made.amount_idr) == (True, 12, 12 * 750_000)
    assert made.digest == digest(lines)
    assert await desk.make() == made
    (event,) = told(desk, PaymentListMade)
    assert (event.digest, event.lines, event.bank, event.by) == (made.digest, 12, "bank-1", OWNER.actor)
    shown = desk.reconciles()
    assert shown.totals == {"listed": Sum(12, 9_000_000)}


async def test_what_was_checked_is_ordered_and_paid_and_the_same_said_again_is_the_same(desk: PayDesk) -> None:
    families = await desk.closed_stage(4)
    await desk.make()
    assert (await desk.said(Status.PAID, families[0]))[0].code == "payment_step_not_allowed"
    await desk.said(Status.ACCOUNT_CHECKED, *families[:3])
    await desk.said(Status.ACCOUNT_FAILED, families[3], reason="name_differs")
    first = await desk.order()
    assert (first.number, first.lines, first.excluded, first.held) == (1, 3, 0, 0)
    assert first.digest == digest([one for one in desk.all_lines() if one.ordered_in == 1])
    assert await desk.order() == first
    await desk.said(Status.ACCOUNT_CHECKED, families[3])
    second = await desk.order("again")
    assert (second.number, second.lines) == (2, 1)
    assert [one.order for one in told(desk, PaymentListOrdered)] == [1, 2]
    paid = {"reference": "TRX/1", "card": "not_distributed"}
    row = msgspec.convert(
        {"line": desk.line(families[0]).line, "status": "paid", "on": str(desk.today), **paid}, Result
    )
    assert [one.answer for one in await desk.results(row, row)] == ["taken", "taken_already"]
    other = msgspec.structs.replace(row, reference="TRX/2")
    assert (await desk.results(other))[0].code == "payment_result_differs"
    await desk.said(Status.WITHDRAWN, families[0])
    assert (await desk.results(row))[0].answer == "taken_already"
    assert desk.line(families[0]).status is Status.WITHDRAWN
    assert desk.line(families[0]).card == "not_distributed"
    shown = desk.reconciles()
    assert {status: one.lines for status, one in shown.totals.items()} == {"withdrawn": 1, "ordered": 3}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"line": 99}, "payment_line_unknown"),
        ({"amount_idr": 1}, "payment_amount_differs"),
        ({"on": 1}, "payment_date_in_future"),
        ({"on": -1}, "payment_date_before"),
        ({"status": "excluded"}, "payment_reason_invalid"),
        ({"status": "excluded", "reason": "rich"}, "payment_reason_invalid"),
        ({"status": "ordered"}, "payment_step_not_allowed"),
        ({"status": "returned"}, "payment_step_not_allowed"),
        ({"reference": "3318040506070001"}, "payment_reference_invalid"),
        ({"reference": "331804-050607-0001"}, "payment_reference_invalid"),
    ],
)
async def test_a_row_that_does_not_fit_is_refused_by_itself(desk: PayDesk, change: dict[str, Any], code: str) -> None:
    families = await desk.closed_stage(2)
    await checked(desk, families)
    desk.passes(1)
    await desk.order()
    on = desk.today + timedelta(days=change.pop("on", 0))
    fits = {"line": 2, "status": "paid", "on": str(desk.today)}
    rows = msgspec.convert([{"line": 1, "status": "paid", "on": str(on), **change}, fits], list[Result])
    refused, taken = await desk.results(*rows)
    assert (refused.answer, refused.code, taken.answer) == ("refused", code, "taken")
    assert refused.detail is not None
    assert refused.next_step is not None
    assert {one.line: one.status for one in desk.all_lines()} == {1: Status.ORDERED, 2: Status.PAID}
    desk.reconciles()


async def test_a_long_number_of_the_bank_is_no_nik(desk: PayDesk) -> None:
    families = await desk.closed_stage(1)
    await desk.make()
    (answer,) = await desk.said(Status.ACCOUNT_CHECKED, *families, reference="20261123000100012345")
    assert answer.answer == "taken"


async def test_a_list_is_its_owner_s_and_its_bank_s(desk: PayDesk) -> None:
    await desk.closed_stage(1)
    asked = Make(period_id=desk.stage.id, bank="bank-1", request="make")
    with pytest.raises(RefusedError, match="payment_not_yours"):
        desk.work.making.make(Person("user:o", "social_office", "3318"), asked)
    await desk.make()
    with pytest.raises(RefusedError, match="payment_list_exists"):
        desk.work.making.make(OWNER, msgspec.structs.replace(asked, bank="bank-2"))
    for person in (OWNER, Person("user:bank-2", "paying_bank", "ID")):
        with pytest.raises(RefusedError, match="payment_not_bank"):
            desk.work.taking.take(person, desk.list_id, [], "k")
    with pytest.raises(RefusedError, match="payment_not_yours"):
        desk.work.ordering.order(BANK, desk.list_id, "k", desk.cut)
    open_stage = msgspec.structs.replace(desk.stage, name="2026-T2")
    desk.closing.open(OWNER, open_stage)
    with pytest.raises(RefusedError, match="payment_period_unfit"):
        desk.work.making.make(OWNER, msgspec.structs.replace(asked, period_id=open_stage.id))


async def test_a_list_is_seen_by_its_bank_its_owner_and_in_its_region(desk: PayDesk) -> None:
    await desk.closed_stage(1)
    await desk.make()

    def seen(person: Person) -> bool:
        with desk.database.transaction() as connection:
            try:
                return bool(reading.visible(connection, desk.office.policies, person, desk.list_id))
            except RefusedError:
                return False

    see = [BANK, OWNER, Person("user:a", "auditor", "ID"), Person("user:o", "social_office", "3318")]
    not_see = [Person("user:bank-2", "paying_bank", "ID"), Person("user:p", "programme_owner", "33")]
    assert [seen(person) for person in (*see, *not_see)] == [True] * 4 + [False] * 2


async def test_lines_are_shown_by_status_family_and_hold(desk: PayDesk) -> None:
    families = await desk.closed_stage(5)
    await checked(desk, families[:4])
    desk.dies(families[0])
    await desk.read()
    assert [one.line for one in desk.page(Lines(after=1, limit=2))] == [2, 3]
    assert len(desk.page(Lines(status=Status.ACCOUNT_CHECKED))) == 4
    (held,) = desk.page(Lines(held=True))
    assert (held.household_id, held.held.reason) == (families[0], "caretaker_died")
    assert desk.page(Lines(household_id=families[4]))[0].status is Status.LISTED


def kills(monkeypatch: pytest.MonkeyPatch, at: int) -> Any:
    """The connection breaks right behind the append of this number, before its commit; what patches it."""
    appended, append = 0, log.append

    def breaks(connection: Any, entries: Any) -> Any:
        nonlocal appended
        appended += 1
        append(connection, entries)
        if appended == at:
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(log, "append", breaks)


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5])
async def test_a_list_whose_maker_is_killed_between_two_pages_is_gone_on_with(
    desk: PayDesk, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    await desk.closed_stage(9)
    desk.work.making._size = 2
    with monkeypatch.context() as patch:
        kills(patch, at)
        with pytest.raises(psycopg.OperationalError):
            await desk.make()
    assert not told(desk, PaymentListMade)
    assert len(desk.all_lines()) == 2 * (at - 1)
    await desk.look()
    (made,) = told(desk, PaymentListMade)
    lines = desk.all_lines()
    assert [one.line for one in lines] == list(range(1, 10))
    assert (made.digest, made.lines) == (digest(lines), 9)
    assert (await desk.make()).digest == made.digest
    assert len(told(desk, PaymentListMade)) == 1
    desk.reconciles()


@pytest.mark.parametrize("at", [1, 2, 3, 4])
@pytest.mark.parametrize("by", ["look", "order"])
async def test_an_order_that_is_killed_between_two_pages_is_gone_on_with(
    desk: PayDesk, monkeypatch: pytest.MonkeyPatch, at: int, by: str
) -> None:
    families = await desk.closed_stage(9)
    await checked(desk, families)
    desk.work.ordering._size = 3
    with monkeypatch.context() as patch:
        kills(patch, at)
        with pytest.raises(psycopg.OperationalError):
            await desk.order()
    assert not told(desk, PaymentListOrdered)
    with pytest.raises(RefusedError, match="payment_order_underway"):
        await desk.said(Status.PAID, families[0])
    with pytest.raises(RefusedError, match="payment_order_underway"):
        await desk.order("another")
    desk.dies(families[-1])  # and held from now on, ordered or not
    await desk.read()
    await (desk.look() if by == "look" else desk.order())
    (ordered,) = told(desk, PaymentListOrdered)
    lines = [one for one in desk.all_lines() if one.ordered_in == 1]
    assert (ordered.lines, ordered.digest) == (len(lines), digest(lines))
    assert ordered.lines + ordered.held == 9
    assert (await desk.order()).digest == ordered.digest
    assert len(told(desk, PaymentListOrdered)) == 1
    desk.reconciles()


async def test_results_that_are_killed_before_the_commit_are_not_taken_and_may_be_sent_again(
    desk: PayDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    families = await desk.closed_stage(3)
    await checked(desk, families)
    with monkeypatch.context() as patch:
        kills(patch, 1)
        with pytest.raises(psycopg.OperationalError):
            await desk.said(Status.ACCOUNT_FAILED, *families)
    assert {one.status for one in desk.all_lines()} == {Status.ACCOUNT_CHECKED}
    desk.reconciles()
    answers = await desk.said(Status.ACCOUNT_FAILED, *families)
    assert {one.answer for one in answers} == {"taken"}


async def test_of_those_who_make_and_order_at_once_one_does(desk: PayDesk) -> None:
    families = await desk.closed_stage(7)
    desk.work.making._size = desk.work.ordering._size = 2
    made = await asyncio.gather(*(desk.make() for _ in range(3)))
    assert {one.digest for one in made} == {made[0].digest}
    await desk.said(Status.ACCOUNT_CHECKED, *families)
    ordered = await asyncio.gather(*(desk.order("same") for _ in range(3)), return_exceptions=True)
    assert len({one.digest for one in ordered if not isinstance(one, BaseException)}) == 1
    assert len(told(desk, PaymentListMade)) == len(told(desk, PaymentListOrdered)) == 1
    desk.reconciles()
