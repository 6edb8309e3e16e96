"""Those who meet over the same families: the bank, the reader of the facts, who makes and who orders. And ten thousand
deaths between listing and order."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from deciding_office import Office
from padan_eligibility.domain.payments import UNPAID
from padan_eligibility.facts.cuts import Cut
from padan_eligibility.facts.handler import READER
from padan_eligibility.places.quotas import QuotaAsked, set_quota
from padan_events.families import ChangeReason
from padan_events.payments import Exclusion, HoldReason, RecoveryReason, Status
from padan_events.recipients import Resigned
from padan_events.tiers import Deactivated, DeactivateReason
from paying_desk import OWNER, REGENCY, PayDesk

FAMILIES = 40
EXTINCT, BEREAVED, SPARED = 2_500, 2_500, 200
"""Families of which all three die, whose caretaker dies, and in which nobody does: 10,000 deaths."""


async def read_on(desk: PayDesk) -> None:
    """All that has happened, a few events of some shards at a time."""
    while any(event.pos > desk.read_to[event.shard] for event in desk.told):
        await desk.read(desk.random.sample(range(24), 5), 2)


@pytest.mark.parametrize("seed", range(3))
async def test_deaths_and_results_that_meet_are_claimed_back_once_whichever_comes_first(
    office: Office, seed: int
) -> None:
    desk = PayDesk(office, seed)
    families = await desk.closed_stage(FAMILIES)
    await desk.make()
    await desk.said(Status.ACCOUNT_CHECKED, *families)
    await desk.order()
    desk.passes(3)
    dead, twins = families[: FAMILIES // 2], list(zip(families[20:30], families[30:], strict=True))
    for family in desk.random.sample(dead, len(dead)):
        desk.dies(family, on=desk.today - timedelta(days=1))
    for one, other in twins:
        desk.same_person(one, other)

    async def pays(slices: list[list[UUID]]) -> None:
        for some in slices:
            await desk.said(Status.PAID, *some)

    shuffled = desk.random.sample(families, len(families))
    slices = [shuffled[start : start + 4] for start in range(0, FAMILIES, 4)]
    await asyncio.gather(pays(slices[:5]), pays(slices[5:]), read_on(desk), desk.look(), desk.look())
    desk.reconciles()
    found = {(one.household_id, one.reason) for one in desk.recoveries()}
    late = {(family, RecoveryReason.PAID_AFTER_DEATH) for family in dead}
    numbers = {line.household_id: line.line for line in desk.all_lines()}
    again = {(max(pair, key=numbers.__getitem__), RecoveryReason.PAID_TWICE) for pair in twins}
    assert found == late | again
    assert len(desk.recoveries()) == len(found)


async def test_deaths_while_the_list_is_made_are_in_it_or_follow_it(office: Office) -> None:
    desk = PayDesk(office)
    families = await desk.closed_stage(FAMILIES)
    desk.work.making._size = 2
    replaced = families[: FAMILIES // 2]
    for family in families:
        desk.dies(family)
        if family in replaced:
            desk.cared_for_by(family, 1)
    await asyncio.gather(desk.make(), read_on(desk))
    for line in desk.all_lines():
        if line.household_id in replaced:
            assert (line.holds, line.recipient) == ({}, desk.person(line.household_id, 1))
        else:
            assert set(line.holds) == {HoldReason.CARETAKER_DIED}
    desk.reconciles()


async def test_deaths_while_it_is_ordered_hold_the_line_whether_it_was_ordered_yet_or_not(office: Office) -> None:
    desk = PayDesk(office)
    families = await desk.closed_stage(FAMILIES)
    await desk.make()
    await desk.said(Status.ACCOUNT_CHECKED, *families)
    desk.work.ordering._size = 2
    desk.asked.clear()
    ordering = asyncio.create_task(desk.order())
    assert await asyncio.to_thread(desk.asked.wait, 30)
    for family in families[::2]:
        desk.dies(family)
    _, order = await asyncio.gather(read_on(desk), ordering)
    lines = {line.household_id: line for line in desk.all_lines()}
    assert {family for family, line in lines.items() if line.holds} == set(families[::2])
    assert {line.status for line in lines.values()} <= {Status.ORDERED, Status.ACCOUNT_CHECKED}
    assert {lines[family].status for family in families[1::2]} == {Status.ORDERED}
    assert order.lines + order.held == FAMILIES
    desk.reconciles()


async def test_a_quota_that_is_set_while_the_cut_is_taken_lets_no_ended_place_through(office: Office) -> None:
    desk = PayDesk(office)
    families = await desk.closed_stage(4)
    await desk.make()
    await desk.said(Status.ACCOUNT_CHECKED, *families)
    desk.happened(Resigned(household_id=families[0], regency=REGENCY, confirmed_on=desk.today))
    await desk.read()
    cuts = 0

    def sets_a_quota(_: Cut) -> None:
        nonlocal cuts
        cuts += 1
        if cuts == 1:
            asked = QuotaAsked(programme="pkh", regency="3374", places=9, request="meanwhile")
            set_quota(desk.database, office.policies, OWNER, asked, READER)

    desk.wait_for = sets_a_quota
    order = await desk.order()
    assert cuts == 2
    assert (order.lines, order.excluded) == (3, 1)
    assert desk.line(families[0]).reason == Exclusion.PLACE_ENDED.value
    desk.reconciles()


async def test_ten_thousand_deaths_between_listing_and_order(office: Office) -> None:
    """No dead household is ordered; every surviving family's line is ordered, or held until it has a caretaker again;
    none is cancelled."""
    desk = PayDesk(office)
    families = await desk.closed_stage(EXTINCT + BEREAVED + SPARED)
    await desk.make()
    numbers = {line.household_id: line.line for line in desk.all_lines()}
    assert len(numbers) == len(families)
    for start in range(0, len(families), 1_000):
        await desk.said(Status.ACCOUNT_CHECKED, *families[start : start + 1_000])

    desk.random.shuffle(families)
    extinct, bereaved = set(families[:EXTINCT]), families[EXTINCT : EXTINCT + BEREAVED]
    deaths = [(family, member) for family in extinct for member in range(3)] + [(family, 0) for family in bereaved]
    assert len(deaths) == 10_000
    desk.random.shuffle(deaths)
    alive = dict.fromkeys(extinct, 3)
    for family, member in deaths:
        desk.dies(family, member)
        if family in alive:
            alive[family] -= 1
            if not alive[family]:
                reason = DeactivateReason.LAST_MEMBER_DIED
                desk.happened(Deactivated(household_id=family, regency=REGENCY, reason=reason, occurred_on=desk.today))
    followed = set(bereaved[: BEREAVED // 2])
    for family in bereaved:
        if family in followed:
            desk.cared_for_by(family, 1)
    order = await desk.order_while_read(most=80)

    lines = {line.household_id: line for line in desk.all_lines()}
    assert {family for family, line in lines.items() if line.status is Status.EXCLUDED} == extinct
    assert {lines[family].reason for family in extinct} == {Exclusion.DECEASED.value}
    waiting = set(bereaved) - followed
    assert {family for family, line in lines.items() if line.holds} == waiting
    assert {lines[family].status for family in waiting} == {Status.ACCOUNT_CHECKED}
    ordered = {family for family, line in lines.items() if line.status is Status.ORDERED}
    assert ordered == lines.keys() - extinct - waiting - followed
    assert {lines[family].status for family in followed} == {Status.LISTED}, "the successor's account is to be checked"
    assert {lines[family].recipient for family in followed} == {desk.person(family, 1) for family in followed}
    assert (order.lines, order.excluded, order.held) == (len(ordered), EXTINCT, len(waiting))
    for family in waiting:
        desk.cared_for_by(family, 1, ChangeReason.DECIDED)
    await desk.read_all(80)
    for start in range(0, BEREAVED, 1_000):
        await desk.said(Status.ACCOUNT_CHECKED, *bereaved[start : start + 1_000], reference="AN-2")
    again = await desk.order("again")
    assert (again.lines, again.held) == (len(bereaved), 0)
    assert all(line.status is not Status.EXCLUDED for family, line in lines.items() if family not in extinct)
    shown = desk.reconciles()
    assert {status: one.lines for status, one in shown.totals.items()} == {
        "ordered": BEREAVED + SPARED,
        "excluded": EXTINCT,
    }
    assert not [line for line in desk.all_lines() if line.status in UNPAID and line.holds]
