"""What an auditor finds: reckoned from what happened, each with the events that prove it, on a real PostgreSQL."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from deciding_office import Office
from padan_eligibility.payments import finding
from padan_eligibility.payments.finding import findings
from padan_eligibility.payments.shapes import KINDS, Findings, FindingTold
from padan_events import decode
from padan_events.payments import Card, Status
from padan_events.places import PlaceReleased
from padan_events.reviews import ReviewClosed, ReviewOutcome
from padan_events.tiers import DeactivateReason
from paying_desk import PARENT, PayDesk


@pytest.fixture
async def desk(office: Office) -> PayDesk:
    """Four families whose payment was ordered ten days ago."""
    made = PayDesk(office)
    families = await made.closed_stage(4)
    await made.make()
    await made.said(Status.ACCOUNT_CHECKED, *families)
    await made.order()
    made.passes(10)
    return made


def families(desk: PayDesk) -> list[UUID]:
    return [one.household_id for one in desk.all_lines()]


def found(desk: PayDesk, prefix: str = "", **asked: Any) -> list[FindingTold]:
    """All of it, page by page."""
    every: list[FindingTold] = []
    with desk.database.transaction() as connection:
        after: str | None = ""
        while after is not None:
            page, after = findings(connection, prefix, Findings(**{"limit": 1, **asked}, after=after))
            every += page
    return every


def only(desk: PayDesk, kind: str) -> FindingTold:
    (finding,) = found(desk)
    assert finding.kind == kind
    assert found(desk, "3318", programme="pkh", stage="2026-T1", kind=kind, limit=50) == [finding]
    others = [one for one in KINDS if one != kind]
    assert found(desk, "3319") == found(desk, programme="bst") == found(desk, stage="2026-T2") == []
    assert found(desk, kind=others[0]) == []
    return finding


def ids(finding: FindingTold) -> set[UUID]:
    """The events, which are found where the finding says."""
    return {one.event_id for one in finding.events}


async def test_what_was_paid_in_order_is_no_finding(desk: PayDesk) -> None:
    await desk.said(Status.PAID, *families(desk), card=Card.DISTRIBUTED)
    assert found(desk) == []


async def test_paid_after_death(desk: PayDesk) -> None:
    family, *others = families(desk)
    await desk.said(Status.PAID, family, *others)
    death = desk.dies(family, on=desk.today - timedelta(days=1))
    await desk.read()
    finding = only(desk, "paid_after_death")
    assert ids(finding) == {desk.line(family).paid_event, death}
    assert {one.topic for one in finding.events} == {"eligibility.events.v1", "household.events.v1"}
    assert (finding.household_id, finding.paid_on, finding.amount_idr) == (family, desk.today, 750_000)
    with desk.database.transaction() as connection:
        connection.execute("DELETE FROM payment_recovery")
    assert only(desk, "paid_after_death") == finding, "whatever anybody wrote of it"


async def test_paid_twice(desk: PayDesk) -> None:
    one, other, *_ = families(desk)
    await desk.said(Status.PAID, one, other)
    desk.same_person(one, other)
    await desk.read()
    assert len(ids(only(desk, "paid_twice"))) == 3


async def test_paid_without_place(desk: PayDesk) -> None:
    """Times of places are the database's own: the payment is dated ten days later."""
    family, kept, *_ = families(desk)
    desk.ends(family, DeactivateReason.ABROAD)
    await desk.read()
    await desk.allocate()
    await desk.said(Status.PAID, family, kept)
    released = [one.event_id for one in desk.log() if isinstance(decode(one.type, one.value), PlaceReleased)]
    assert ids(only(desk, "paid_without_place")) == {desk.line(family).paid_event, *released}


async def test_on_the_day_on_which_a_place_ended_it_was_still_held(office: Office) -> None:
    desk = PayDesk(office)
    (family,) = await desk.closed_stage(1)
    await desk.make()
    await desk.said(Status.ACCOUNT_CHECKED, family)
    await desk.order()
    desk.ends(family, DeactivateReason.ABROAD)
    await desk.read()
    await desk.allocate()
    await desk.said(Status.PAID, family)
    assert found(desk) == []


async def test_paid_while_barred(desk: PayDesk) -> None:
    family, *_ = families(desk)
    await desk.barred(family)
    closed = [one.event_id for one in desk.log() if isinstance(decode(one.type, one.value), ReviewClosed)]
    await desk.said(Status.PAID, family)
    finding = only(desk, "paid_while_barred")
    assert ids(finding) == {desk.line(family).paid_event, *closed}
    desk.told += desk.register.transfer(desk.person(family, 1), family, families(desk)[1], PARENT)
    desk.told[-2:] = [msgspec.structs.replace(one, time=desk.clock) for one in desk.told[-2:]]
    await desk.read()
    assert only(desk, "paid_while_barred") == finding, "who was barred lived there on that day"


async def test_who_died_or_left_before_barred_nobody(desk: PayDesk) -> None:
    died, left, overturned, there = families(desk)
    for family in (died, left, overturned):
        await desk.barred(family)
    await desk.barred(overturned, ReviewOutcome.UNFOUNDED)
    desk.dies(died, 1, on=desk.today - timedelta(days=1))
    desk.told += desk.register.transfer(desk.person(left, 1), left, there, PARENT)
    await desk.read()
    await desk.said(Status.PAID, died, left, overturned)
    assert found(desk, kind="paid_while_barred") == []


async def test_card_not_distributed(desk: PayDesk) -> None:
    one, other, *_ = families(desk)
    await desk.said(Status.PAID, one, other, card=Card.NOT_DISTRIBUTED)
    await desk.said(Status.WITHDRAWN, other, card=Card.DISTRIBUTED)
    assert ids(only(desk, "card_not_distributed")) == {desk.line(one).paid_event}
    await desk.said(Status.PAID, one, card=Card.DISTRIBUTED)
    assert found(desk) == []


async def test_a_mark_that_is_none_is_refused(desk: PayDesk) -> None:
    for wrong in ("x", "a|b|c", f"{KINDS[0]}|{desk.list_id}"):
        with desk.database.transaction() as connection, pytest.raises(msgspec.ValidationError):
            findings(connection, "", Findings(after=wrong))


async def test_an_answer_waits_for_no_more_than_a_part_of_the_lines(
    desk: PayDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    *paid, last = families(desk)
    await desk.said(Status.PAID, *paid, last, card=Card.DISTRIBUTED)
    await desk.said(Status.PAID, last, card=Card.NOT_DISTRIBUTED)
    whole = found(desk)
    monkeypatch.setattr(finding, "_PAGE", 1)
    monkeypatch.setattr(finding, "_WITHIN_S", 0.0)
    with desk.database.transaction() as connection:
        none_yet, after = findings(connection, "", Findings(limit=50))
    assert (none_yet, after) == ([], f"{KINDS[0]}|{desk.line(paid[0]).list_id}|1")
    assert [one.kind for one in whole] == ["card_not_distributed"]
    assert found(desk) == found(desk, limit=50) == whole
