"""Returned cases, as the queues show them: one that somebody has touched is not withdrawn by itself any more."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from gateway_given import PATI, VILLAGES, household_id, person_id
from gateway_world import World
from padan_events import Event
from padan_events.dying import MemberDied, ToldBy
from padan_events.effects import HouseholdFact
from padan_events.families import ChangeReason, HeadChanged
from padan_events.states import State
from padan_events.tiers import Deliberated, Returned, ReturnReason

OPERATOR, REGISTRY = "user:operator", "service:registry-ingest"
SOON = datetime.now(UTC) + timedelta(days=1)


def by(world: World, actor: str, data: HouseholdFact) -> Event:
    return msgspec.structs.replace(world.register.happened(data), actor=actor)


def returned(world: World) -> Event:
    data = Returned(
        household_id=household_id(1), regency=PATI, to=State.PROPOSED, reasons=(ReturnReason.OTHER,), due_at=SOON
    )
    return by(world, "user:office", data)


def headed(world: World, reason: ChangeReason) -> HeadChanged:
    return HeadChanged(
        household_id=household_id(1),
        regency=PATI,
        head=person_id(1, 1),
        reason=reason,
        occurred_on=date(2026, 1, 10),
    )


def due(world: World) -> tuple[int, int]:
    """How many were returned, and how many of those are due soon."""
    answer = world.get("/v1/queues?region=3318")
    assert answer.status_code == 200, answer.text
    waiting = next(one for one in answer.json()["queues"] if one["state"] == "proposed")
    return waiting["returned"], waiting["due_soon"]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_returned_case_that_was_touched_is_not_due_any_more(world: World, at_once: bool) -> None:
    proposed, sent_back = world.register.propose(1, village=VILLAGES[0]), returned(world)
    touched = by(world, OPERATOR, headed(world, ChangeReason.DECIDED))
    batches = [[proposed, sent_back, touched]] if at_once else [[proposed], [sent_back], [touched]]
    for batch in batches[:-1]:
        world.put(*batch)
    if not at_once:
        assert due(world) == (1, 1)
    world.put(*batches[-1])
    assert due(world) == (1, 0)
    again = by(world, OPERATOR, Deliberated(
        household_id=household_id(1), regency=PATI, occurred_on=date(2026, 1, 12), minutes_number="1"
    ))  # fmt: skip
    world.put(again, returned(world))
    assert due(world) == (1, 1), "returned anew, it is due anew"


def test_what_a_register_tells_is_nobodys_work_on_the_case(world: World) -> None:
    world.put(world.register.propose(1, village=VILLAGES[0]), returned(world))
    died = MemberDied(
        household_id=household_id(1),
        regency=PATI,
        person_id=person_id(1, 0),
        membership_seq=1,
        occurred_on=date(2026, 1, 5),
        source=ToldBy.FILE,
    )
    world.put(by(world, OPERATOR, died), by(world, OPERATOR, headed(world, ChangeReason.DIED)))
    world.put(by(world, REGISTRY, headed(world, ChangeReason.DECIDED)))
    assert due(world) == (1, 1)
