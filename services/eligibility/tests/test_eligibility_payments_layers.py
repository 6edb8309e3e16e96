"""A bank that pays while a period is being closed, and households are read as they stood after each of their events."""

import asyncio
from uuid import UUID, uuid4

import pytest
from deciding_office import Office
from padan_eligibility.payments import lines
from padan_eligibility.periods import versions
from padan_events.payments import HoldReason, Status
from paying_desk import REGENCY, PayDesk


@pytest.fixture
async def desk(office: Office) -> PayDesk:
    """A list whose accounts are checked, while a period is being closed."""
    desk = PayDesk(office)
    families = await desk.closed_stage(4)
    await desk.make()
    await desk.said(Status.ACCOUNT_CHECKED, *families)
    with desk.database.transaction() as connection:
        versions.begin(connection, uuid4())
    return desk


async def waits(desk: PayDesk) -> None:
    """Until somebody waits for a lock."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.timeout(30):
        while True:
            with desk.database.statement() as connection:
                if connection.execute(waiting).fetchone() is not None:
                    return
            await asyncio.sleep(0.01)


def ranked(desk: PayDesk, *families: UUID) -> None:
    """Something that no payment follows from: what comes next is read in the layer behind it."""
    desk.told += [desk.register.rank(family, 3, regency=REGENCY) for family in families]


async def test_records_that_turn_out_to_be_one_behind_a_death_stop_no_bank(desk: PayDesk) -> None:
    """The death holds its line, the merge waits for whoever pays, and who pays waits for that line."""
    bereaved, kept, merged, _ = (one.household_id for one in desk.all_lines())
    desk.dies(bereaved)
    ranked(desk, kept, merged)
    desk.same_person(kept, merged)
    with desk.database.transaction() as connection:
        lines.hold_families(connection, alone=False)
        reading = asyncio.create_task(desk.read())
        await waits(desk)
        held = await asyncio.to_thread(lines.hold_numbers, connection, desk.list_id, [1])
        assert [one.line for one in held] == [1]
    await reading
    assert set(desk.line(bereaved).holds) == {HoldReason.CARETAKER_DIED}
    desk.reconciles()


async def test_lines_of_a_later_layer_are_held_in_the_order_of_all(desk: PayDesk) -> None:
    first, second, *_ = (one.household_id for one in desk.all_lines())
    ranked(desk, first)
    desk.dies(first)
    desk.dies(second)
    with desk.database.transaction() as connection:
        lines.hold_numbers(connection, desk.list_id, [1])
        reading = asyncio.create_task(desk.read())
        await waits(desk)
        held = await asyncio.to_thread(lines.hold_numbers, connection, desk.list_id, [1, 2])
        assert [one.line for one in held] == [1, 2]
    await reading
    assert {family for family in (first, second) if desk.line(family).holds} == {first, second}
    desk.reconciles()
