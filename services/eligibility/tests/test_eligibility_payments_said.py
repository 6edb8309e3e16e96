"""What the bank says last is what stands, and the same call again is answered as it was."""

import pytest
from deciding_office import Office
from padan_eligibility.domain.drafts import RefusedError
from padan_eligibility.payments.shapes import Result
from padan_events.payments import Card, Status
from paying_desk import DISTRIBUTED, NOT_DISTRIBUTED, PayDesk


@pytest.fixture
async def desk(office: Office) -> PayDesk:
    desk = PayDesk(office)
    await desk.closed_stage(2)
    await desk.make()
    return desk


def says(desk: PayDesk, status: Status, card: Card | None = None, reason: str | None = None) -> Result:
    return Result(line=1, status=status, on=desk.today, card=card, reason=reason)


async def answers(desk: PayDesk, *rows: Result) -> list[str]:
    """Each said in a call of its own."""
    return [(await desk.results(row))[0].answer for row in rows]


async def test_a_card_that_was_said_to_be_handed_over_and_was_not_is_not(desk: PayDesk) -> None:
    assert await answers(desk, says(desk, Status.ACCOUNT_CHECKED)) == ["taken"]
    await desk.order()
    without, with_card = says(desk, Status.PAID, NOT_DISTRIBUTED), says(desk, Status.PAID, DISTRIBUTED)
    assert await answers(desk, without, with_card, without, without) == ["taken", "taken", "taken", "taken_already"]
    assert desk.line_of(1).card is NOT_DISTRIBUTED
    desk.reconciles()


async def test_an_account_that_was_repaired_on_the_day_on_which_it_failed_is_ordered(desk: PayDesk) -> None:
    checked, failed = says(desk, Status.ACCOUNT_CHECKED), says(desk, Status.ACCOUNT_FAILED, reason="name_differs")
    assert await answers(desk, checked, failed, checked, failed, checked, checked) == ["taken"] * 5 + ["taken_already"]
    assert (await desk.order()).lines == 1
    assert desk.line_of(1).status is Status.ORDERED
    assert await answers(desk, checked) == ["taken_already"]
    desk.reconciles()


async def test_all_of_it_in_one_call_is_the_same_as_one_by_one(desk: PayDesk) -> None:
    checked, failed = says(desk, Status.ACCOUNT_CHECKED), says(desk, Status.ACCOUNT_FAILED, reason="name_differs")
    told = await desk.results(checked, checked, failed, checked)
    assert [one.answer for one in told] == ["taken", "taken_already", "taken", "taken"]
    assert desk.line_of(1).status is Status.ACCOUNT_CHECKED
    desk.reconciles()


async def test_a_late_repetition_of_a_call_is_answered_as_it_was_and_takes_nothing(desk: PayDesk) -> None:
    checked, failed = says(desk, Status.ACCOUNT_CHECKED), says(desk, Status.ACCOUNT_FAILED, reason="name_differs")
    unknown, early = Result(line=99, status=Status.PAID, on=desk.today), says(desk, Status.PAID)
    first = await desk.results(unknown, early, checked, checked, request="first")
    assert [one.code or one.answer for one in first] == [
        "payment_line_unknown", "payment_step_not_allowed", "taken", "taken_already",
    ]  # fmt: skip
    await desk.results(failed)
    before, log = desk.all_lines(), len(desk.log())
    desk.passes(2)
    for _ in range(2):
        assert await desk.results(unknown, early, checked, checked, request="first") == first
    assert (desk.all_lines(), len(desk.log())) == (before, log)
    assert desk.line_of(1).status is Status.ACCOUNT_FAILED
    with pytest.raises(RefusedError, match="payment_key_reused"):
        await desk.results(failed, request="first")
    desk.reconciles()


async def test_what_is_over_is_known_when_it_is_said_again_and_its_card_is_told_as_the_line_stands(
    desk: PayDesk,
) -> None:
    checked, paid = says(desk, Status.ACCOUNT_CHECKED), says(desk, Status.PAID, NOT_DISTRIBUTED)
    await answers(desk, checked)
    await desk.order()
    handed, withdrawn = says(desk, Status.PAID, DISTRIBUTED), says(desk, Status.WITHDRAWN)
    assert await answers(desk, paid, handed, withdrawn) == ["taken"] * 3
    assert await answers(desk, checked, handed) == ["taken_already"] * 2
    assert (await desk.results(paid))[0].code == "payment_step_not_allowed", "it would be lost if it were known"
    taken_back = says(desk, Status.WITHDRAWN, NOT_DISTRIBUTED)
    assert await answers(desk, taken_back, withdrawn) == ["taken", "taken_already"]
    assert (desk.line_of(1).status, desk.line_of(1).card) == (Status.WITHDRAWN, NOT_DISTRIBUTED)
    desk.passes(1)
    other = Result(line=1, status=Status.WITHDRAWN, on=desk.today)
    assert (await desk.results(other))[0].code == "payment_result_differs"
    desk.reconciles()
