"""Whoever has the topics comes to the same findings: a reader of events alone, against what is reckoned of what is
stored."""

from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from deciding_office import Office
from findings_read import derived
from padan_eligibility.payments.finding import findings
from padan_eligibility.payments.shapes import KINDS, Findings
from padan_events.payments import Card, Status
from padan_events.reviews import ReviewOutcome
from padan_events.tiers import DeactivateReason
from paying_desk import PARENT, PayDesk

FAMILIES = 14


def found(desk: PayDesk) -> dict[tuple[str, int], set[UUID]]:
    with desk.database.transaction() as connection:
        told, following = findings(connection, "", Findings(limit=1_000))
    assert following is None
    return {(one.kind, one.line): {event.event_id for event in one.events} for one in told}


async def happens(desk: PayDesk, random: Random, families: list[UUID]) -> None:
    """To each family one thing, or nothing."""
    for family in families:
        yesterday = desk.today - timedelta(days=1)
        match random.randrange(9):
            case 0:
                desk.dies(family, on=random.choice((yesterday, desk.today)))
            case 1:
                desk.dies_out(family)
            case 2:
                desk.ends(family, DeactivateReason.ABROAD)
            case 3:
                await desk.barred(family)
            case 4:
                await desk.barred(family)
                await desk.barred(family, ReviewOutcome.UNFOUNDED)
            case 5:
                await desk.barred(family)
                desk.dies(family, 1, on=random.choice((yesterday, desk.today)))
            case 6:
                desk.dies(family, on=yesterday)
                desk.cared_for_by(family, 1)
        await desk.read()


@pytest.mark.parametrize("seed", range(4))
async def test_the_events_alone_come_to_the_same_findings(office: Office, seed: int) -> None:
    desk, random = PayDesk(office), Random(seed)
    families = await desk.closed_stage(FAMILIES)
    await desk.make()
    await desk.said(Status.ACCOUNT_CHECKED, *families)
    await desk.order()
    one, other, *families = families
    desk.passes(10)
    random.shuffle(families)
    before, after = families[: FAMILIES // 2], families[FAMILIES // 2 :]
    await happens(desk, random, before)
    await desk.allocate()
    for family in (one, other, *families):
        await desk.said(Status.PAID, family, card=random.choice((None, *Card)))
    await happens(desk, random, after)
    await desk.allocate()
    desk.same_person(one, other)
    desk.told += desk.register.transfer(desk.person(before[0], 1), before[0], one, PARENT)
    await desk.read()
    assert found(desk) == derived([*desk.told, *desk.log()], desk.list_id)


async def test_one_of_each_kind(office: Office) -> None:
    desk = PayDesk(office)
    families = await desk.closed_stage(6)
    dead, one, other, gone, barred, card = families
    await desk.make()
    await desk.said(Status.ACCOUNT_CHECKED, *families)
    await desk.order()
    desk.passes(10)
    desk.dies(dead, on=desk.today - timedelta(days=1))
    desk.ends(gone, DeactivateReason.ABROAD)
    await desk.barred(barred)
    await desk.read()
    await desk.allocate()
    await desk.said(Status.PAID, dead, one, other, gone, barred)
    await desk.said(Status.PAID, card, card=Card.NOT_DISTRIBUTED)
    desk.same_person(one, other)
    await desk.read()
    told = found(desk)
    assert {kind for kind, _ in told} == set(KINDS)
    assert told == derived([*desk.told, *desk.log()], desk.list_id)
