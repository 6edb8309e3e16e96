"""Why a line is excluded is told as it is: what the region found is not where the family went."""

from typing import Any
from uuid import uuid4

import msgspec
import pytest
from deciding_office import Office
from padan_eligibility.payments.families import excluded
from padan_eligibility.payments.following import entry
from padan_events import decode
from padan_events.payments import Exclusion, Status
from padan_events.places import PlaceReleased, ReleaseReason
from padan_events.recipients import RecipientConfirmed, Resigned
from padan_runtime import log
from paying_desk import REGENCY, PayDesk


@pytest.fixture
async def desk(office: Office) -> PayDesk:
    desk = PayDesk(office)
    families = await desk.closed_stage(2)
    await desk.make()
    await desk.said(Status.ACCOUNT_CHECKED, *families)
    return desk


@pytest.mark.parametrize(
    ("ends", "reason"), [("found_not_entitled", "regionally_ineligible"), ("resigned", "place_ended")]
)
async def test_what_the_verification_found_is_told_and_who_resigned_is_not_found_anything(
    desk: PayDesk, ends: str, reason: str
) -> None:
    family, stays = (one.household_id for one in desk.all_lines())
    of: Any = {"household_id": family, "regency": REGENCY}
    if ends == "found_not_entitled":
        desk.happened(RecipientConfirmed(**of, month="2026-03", ends=True))
    else:
        desk.happened(Resigned(**of, confirmed_on=desk.today))
    order = await desk.order_while_read()
    assert (order.lines, order.excluded) == (1, 1)
    (released,) = releases(desk)
    assert released.reason.value == ends
    assert (desk.line(family).status, desk.line(family).reason) == (Status.EXCLUDED, reason)
    assert desk.line(stays).status is Status.ORDERED
    desk.reconciles()


@pytest.mark.parametrize("reason", [ReleaseReason.MOVED, ReleaseReason.MOVED_ALONG])
async def test_a_family_that_moved_was_not_found_ineligible(desk: PayDesk, reason: ReleaseReason) -> None:
    """As a programme of a region tells it, whose places go nowhere with a family."""
    family = desk.line_of(1).household_id
    desk.happened(Resigned(household_id=family, regency=REGENCY, confirmed_on=desk.today))
    await desk.order_while_read()
    (released,) = releases(desk)
    moved: Any = msgspec.structs.replace(released, reason=reason, ledger_seq=released.ledger_seq + 1)
    with desk.database.transaction() as connection:
        log.append(connection, [entry(moved, uuid4())])
        assert excluded(connection, "pkh", [family])[family][0] is Exclusion.PLACE_ENDED


def releases(desk: PayDesk) -> list[PlaceReleased]:
    facts = [decode(event.type, event.value) for event in desk.log()]
    return [one for one in facts if isinstance(one, PlaceReleased)]
