"""The views from real events on a real Kafka: each event once, each person in one household, whatever the order."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from gateway_given import ELSEWHERE, VILLAGES, Register, household_id, person_id
from gateway_world import World
from kafka_peer import send
from oracle import wait_until
from padan_events import Event
from padan_events.eligibility import Outcome
from padan_gateway.views.rows import decoded, fold
from padan_runtime.keys import KeyUnknownError, SubjectKeys
from padan_runtime.sealing import SealError
from psycopg import Connection

SECONDS = 60.0


def until(world: World, query: str, expected: Any) -> None:
    """Wait until a query over the views gives what is expected; says what it gave otherwise."""
    ends = time.monotonic() + SECONDS
    while (found := one(world, query)) != expected:
        assert time.monotonic() < ends, f"{query}: {found} instead of {expected}"
        time.sleep(0.05)  # the projector writes as it comes to it: nothing to wait on but its rows


def one(world: World, query: str) -> Any:
    with world.gateway.writer.transaction() as connection:
        return connection.execute(query.encode()).fetchone()


def snapshot(connection: Connection) -> list[list[tuple[Any, ...]]]:
    """All three views."""
    return [
        connection.execute(f"SELECT * FROM {view} ORDER BY 1, 2".encode()).fetchall()
        for view in ("household_view", "person_view", "decision_view")
    ]


def counts(world: World) -> Any:
    return one(
        world,
        "SELECT (SELECT count(*) FROM household_view), (SELECT count(*) FROM person_view), "
        "(SELECT count(*) FROM decision_view)",
    )


def test_events_on_kafka_become_what_people_read(fresh_topics: str, make_world: Callable[..., World]) -> None:
    world = make_world(projecting=True)
    wait_until(lambda: world.client.get("/readyz").status_code == 200, "the projector reads its shards", SECONDS)
    register = world.register
    early = [register.decide(row) for row in range(20)]
    # Decisions first: their topic is another, and nothing orders the two.
    asyncio.run(send(fresh_topics, early))
    until(world, "SELECT count(*) FROM decision_view", (20,))
    assert world.get(f"/v1/households/{household_id(1)}/eligibility").status_code == 404

    proposed = [register.propose(row, village=VILLAGES[row % 3]) for row in range(20)]
    asyncio.run(send(fresh_topics, [*proposed, *(register.match(row) for row in range(20))]))
    until(world, "SELECT count(*), count(civil_status) FROM household_view", (20, 20))
    shown = world.get(f"/v1/households/{household_id(1)}/eligibility").json()
    assert [decision["outcome"] for decision in shown["decisions"]] == ["entitled"]

    # The relay sends at least once: repeats change nothing, a late ranking does.
    later = [register.rank(1, 9), register.decide(1, outcome=Outcome.NOT_ENTITLED, facts=3)]
    asyncio.run(send(fresh_topics, [*proposed, *early, *later]))
    until(world, "SELECT outcome FROM decision_view WHERE outcome <> 'entitled'", ("not_entitled",))
    until(world, "SELECT decile FROM household_view WHERE decile IS NOT NULL", (9,))
    assert counts(world) == (20, 60, 20)

    wait_until(lambda: world.gateway.parts.watermark.at is not None, "the watermark comes", SECONDS)
    position = f"{later[0].shard}:{later[0].pos}"
    read = world.get(f"/v1/households/{household_id(1)}?min_position={position}", purpose="verification")
    assert read.json()["decile"] == 9
    assert read.json()["position"] == {"shard": later[0].shard, "pos": later[0].pos}


def test_a_gateway_that_reads_no_shard_is_not_ready(world: World) -> None:
    stated = world.client.get("/readyz")
    assert stated.status_code == 503
    assert stated.json()["conditions"] == {
        "database": True, "database_reader": True, "gateway.views": False, "gateway.views.breaker": True,
    }  # fmt: skip


@pytest.mark.parametrize("first", ["origin", "destination"])
def test_a_person_is_in_one_household_whichever_side_of_a_transfer_comes_first(world: World, first: str) -> None:
    register = world.register
    before = register.propose(1, members=2)
    after = register.propose(2, village=ELSEWHERE, members=1, joining=[(person_id(1, 1), 2)])
    for event in (before, after) if first == "origin" else (after, before):
        world.put(event)
        held = one(world, "SELECT count(*), count(DISTINCT person_id) FROM person_view")
        assert held[0] == held[1]
    moved = one(
        world, f"SELECT household_id, membership_seq, regency FROM person_view WHERE person_id = '{person_id(1, 1)}'"
    )
    assert moved == (household_id(2), 2, "3319")
    assert counts(world) == (2, 3, 0)


def a_history() -> tuple[Register, Sequence[Event]]:
    register = Register()
    events = [register.propose(row) for row in range(6)]
    events += [register.match(row) for row in range(4)] + [register.rank(row, 1 + row) for row in range(5)]
    events += [register.decide(row, programme) for row in range(6) for programme in ("pkh", "sembako")]
    events += [register.rank(2, 8), register.decide(2, "pkh", outcome=Outcome.NOT_ENTITLED)]
    return register, events


def test_batches_of_any_size_lead_to_the_same_views(make_world: Callable[..., World]) -> None:
    world = make_world()
    register, events = a_history()
    world.register.keys.update(register.keys)
    views = []
    for size in (1, 2, 5, len(events)):
        for start in range(0, len(events), size):
            world.put(*events[start : start + size])
        with world.gateway.writer.transaction() as connection:
            views.append(snapshot(connection))
            connection.execute("DELETE FROM household_view")
            connection.execute("DELETE FROM person_view")
            connection.execute("DELETE FROM decision_view")
    assert views[0][0]
    assert all(view == views[0] for view in views)


def test_an_erased_subject_stands_without_identity(world: World) -> None:
    event = world.register.propose(1)
    world.register.keys[household_id(1)][person_id(1, 1)] = SubjectKeys(person_id(1, 1))
    world.put(event)
    assert one(world, "SELECT count(*), count(name), count(nik_hash) FROM person_view") == (3, 2, 2)
    other = world.register.propose(2)
    keys = world.register.keys[household_id(2)]
    keys |= {subject: SubjectKeys(subject) for subject in keys}
    world.put(other)
    found = one(world, f"SELECT regency, village, address FROM household_view WHERE household_id = '{household_id(2)}'")
    assert found == ("3318", None, None)
    assert world.get(f"/v1/households/{household_id(2)}").json()["place"]["village"] is None


def test_a_subject_that_the_keyring_does_not_know_is_not_taken_for_erased(world: World) -> None:
    for number, lost in ((1, household_id(1)), (2, person_id(2, 1))):
        event = world.register.propose(number)
        world.put(event)
        before = one(world, "SELECT count(*), count(name), count(nik_hash) FROM person_view")
        del world.register.keys[household_id(number)][lost]
        with pytest.raises(KeyUnknownError, match=str(lost)):
            world.put(event)
        assert one(world, "SELECT count(*), count(name), count(nik_hash) FROM person_view") == before


def test_a_block_that_was_sealed_for_another_event_does_not_open(world: World) -> None:
    one_event, other = world.register.propose(1), world.register.propose(2)
    keys = {household_id(1): world.register.keys[household_id(1)]}
    altered = Event(
        **{name: getattr(one_event, name) for name in Event.__struct_fields__} | {"event_id": other.event_id}
    )
    with pytest.raises(SealError):
        fold(decoded([altered]), keys)


def test_a_type_without_place_in_the_views_stops_the_reader(world: World) -> None:
    event = world.register.propose(1)
    with pytest.raises(LookupError):
        world.put(msgspec.structs.replace(event, type="id.padan.x.y.v1"))
