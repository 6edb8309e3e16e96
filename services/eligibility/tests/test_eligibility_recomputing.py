"""Everybody is decided anew since a policy was published, once, whatever happens on the way."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from deciding_office import Office
from kafka_peer import until
from padan_eligibility.places import repository as places
from padan_eligibility.policies import packaged
from padan_eligibility.programmes.publishing import publish
from padan_eligibility.timing import recomputing, repository
from padan_eligibility.timing.ticking import Ticking
from padan_events.eligibility import Outcome
from padan_events.personal import PersonSensitive
from padan_runtime import metrics
from padan_runtime.problems import Unavailable

TODDLER = PersonSensitive(birth_date=date(2020, 6, 15))
"""Seven on 15 June 2027."""
ADULT = PersonSensitive(birth_date=date(1985, 5, 5))
MERAUKE, PATI, BADUNG = "9301", "3318", "5103"
PKH = next(one for one in packaged() if one.programme == "pkh")


def at(day: date, hour: int = 0) -> datetime:
    """That hour of that day in UTC; Jakarta is seven hours ahead, Jayapura nine."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


NEW = msgspec.structs.replace(
    PKH,
    version="2027.1",
    effective_from=date(2027, 1, 1),
    components=tuple(msgspec.structs.replace(one, annual_idr=one.annual_idr + 1) for one in PKH.components),
)


async def decided_families(office: Office, count: int) -> list[UUID]:
    """Families of Pati with a toddler, all entitled to PKH."""
    families = [office.register.propose(number, [ADULT, TODDLER]) for number in range(count)]
    await office.read(*(event for _, event in families), *(office.register.rank(one, 1) for one, _ in families))
    await office.recomputing.look(office.stop)  # what was published at the beginning changes nothing
    return [household_id for household_id, _ in families]


async def test_a_new_policy_reaches_everybody_on_its_date_in_each_zone_and_nobody_twice(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recomputing, "PAGE", 3)
    families = await decided_families(office, 7)
    east, there = office.register.propose(100, [ADULT, TODDLER], regency=MERAUKE)
    await office.read(there, office.register.rank(east, 1, regency=MERAUKE))
    publish(office.database, [NEW])
    assert await office.recomputing.look(office.stop) == 0
    waits = office.recomputations()["pkh", "2027.1", 7]
    assert (waits.state, waits.due_at) == ("waiting", at(date(2026, 12, 31), 17))
    office.now = at(date(2026, 12, 31), 16)
    assert await office.recomputing.look(office.stop) == 1, "the new year has begun in Merauke alone"
    office.now = at(date(2026, 12, 31), 17)
    assert await office.recomputing.look(office.stop) == 7
    published = office.recomputations()["pkh", "2027.1", 7].published
    for household_id in (*families, east):
        old, new = office.decided(household_id)
        assert (old.policy_version, new.policy_version) == ("2025.1", "2027.1")
        assert (old.annual_idr, new.annual_idr) == (3_000_000, 3_000_001)
    assert {told["caused_by"] for told, data in office.log() if data.policy_version == "2027.1"} == {published}
    over = office.recomputations()["pkh", "2027.1", 7]
    assert (over.state, over.total, over.looked_at, over.changed) == ("done", 7, 7, 7)
    assert await office.recomputing.look(office.stop) == 0
    assert {one.state for one in office.recomputations().values()} == {"done"}


async def test_a_recomputation_goes_on_where_it_was_paused_or_killed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recomputing, "PAGE", 2)
    families = await decided_families(office, 5)
    publish(office.database, [NEW])
    office.now = at(date(2027, 1, 1))
    take, pages = office.recomputing._take, 0

    def first_two(one: Any, household_ids: list[UUID], keys: dict[UUID, bytes]) -> Any:
        nonlocal pages
        pages += bool(household_ids)
        if pages == 3:
            office.stop.set()  # what a pause, a stop or a death leaves: two pages of three
            return None, False
        return take(one, household_ids, keys)

    monkeypatch.setattr(office.recomputing, "_take", first_two)
    assert await office.recomputing.look(office.stop) == 4
    monkeypatch.undo()
    office.stop.clear()
    with office.database.transaction() as connection:
        assert repository.pause(connection, "pkh", "2027.1", "user:somebody") == 1
    assert await office.recomputing.look(office.stop) == 0
    assert office.recomputations()["pkh", "2027.1", 7].state == "paused"
    with office.database.transaction() as connection:
        assert repository.resume(connection, "pkh", "2027.1", "user:somebody") == 1
        assert repository.resume(connection, "pkh", "2027.1", "user:somebody") == 0
    assert await office.recomputing.look(office.stop) == 1
    assert {len(office.decided(one)) for one in families} == {2}


async def test_who_is_being_written_just_now_is_waited_for_without_a_lock(office: Office) -> None:
    held, free = await decided_families(office, 2)
    publish(office.database, [NEW])
    office.now = at(date(2027, 1, 1))
    with office.database.transaction() as connection:
        connection.execute("SELECT 1 FROM household_fact WHERE household_id = %s FOR UPDATE", [held])
        running = asyncio.create_task(office.recomputing.look(office.stop))
        while len(office.decided(free)) < 2:
            assert not running.done()
            await asyncio.sleep(0.02)
        assert len(office.decided(held)) == 1
    assert await running == 2
    assert [len(office.decided(one)) for one in (held, free)] == [2, 2]


async def test_a_version_that_another_overtook_is_passed_over(office: Office) -> None:
    await decided_families(office, 1)
    later = msgspec.structs.replace(NEW, version="2027.2", effective_from=date(2027, 1, 2))
    publish(office.database, [NEW, later])
    office.now = at(date(2027, 1, 3))
    assert await office.recomputing.look(office.stop) == 1
    states = {version: one.state for (_, version, zone), one in office.recomputations().items() if zone == 7}
    assert (states["2027.1"], states["2027.2"]) == ("superseded", "done")


async def test_a_decision_that_other_words_replace_on_the_same_day_is_an_event_of_its_own(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    (family,) = await decided_families(office, 1)
    first = office.decided(family)[-1]
    publish(office.database, [msgspec.structs.replace(NEW, version="2026.2", effective_from=first.as_of)])
    with office.database.transaction() as connection:
        # As software of yesterday would have said it, by the same version, position and day.
        connection.execute("UPDATE decision_current SET digest = 'of yesterday', policy_version = '2026.2'")
    assert await office.recomputing.look(office.stop) == 1
    with office.database.transaction() as connection:
        connection.execute("UPDATE decision_current SET digest = 'of yesterday' WHERE programme = 'pkh'")
        connection.execute("UPDATE recomputation SET state = 'running', after = DEFAULT WHERE version = '2026.2'")
    assert await office.recomputing.look(office.stop) == 1
    second, third = office.decided(family)[-2:]
    assert (second.policy_version, second.facts, second.as_of) == (third.policy_version, third.facts, third.as_of)


async def test_a_family_that_was_parked_over_the_change_is_decided_by_the_new_policy(office: Office) -> None:
    await decided_families(office, 1)
    publish(office.database, [NEW])
    office.now = at(date(2027, 1, 1))
    await office.recomputing.look(office.stop)
    late, proposed = office.register.propose(50, [ADULT, TODDLER], at=at(date(2026, 12, 30)))
    await office.read(proposed, office.register.rank(late, 1, at=at(date(2026, 12, 30))))
    assert [(one.policy_version, one.as_of) for one in office.decided(late)] == [("2027.1", date(2027, 1, 1))]


async def test_a_keyring_that_does_not_know_a_household_yet_erases_nobody(office: Office) -> None:
    household_id, proposed = office.register.propose(1, [ADULT, TODDLER])
    await office.read(proposed, office.register.rank(household_id, 1))
    held = office.register.keys.pop(household_id)
    office.keys.forget([household_id])
    office.now = at(date(2027, 7, 1))
    with pytest.raises(Unavailable):
        await office.due.look(office.stop)
    office.register.keys[household_id] = held
    assert await office.due.look(office.stop) == 1
    assert office.decided(household_id)[-1].outcome is Outcome.NOT_ENTITLED


async def test_no_list_opens_while_decisions_are_taken_again(office: Office) -> None:
    (family,) = await decided_families(office, 1)
    publish(office.database, [NEW])
    office.now = at(date(2027, 1, 1))
    with office.database.transaction() as connection:
        places.hold_redeciding(connection, alone=True)
        running = asyncio.create_task(office.recomputing.look(office.stop))
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while connection.execute(waiting).fetchone() == (0,):
            assert not running.done()
            await asyncio.sleep(0.02)
        assert len(office.decided(family)) == 1
    assert await running == 1
    assert len(office.decided(family)) == 2


async def test_a_version_that_is_overtaken_midway_leaves_the_rest_to_the_later_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recomputing, "PAGE", 1)
    families = await decided_families(office, 2)
    publish(office.database, [NEW])
    office.now = at(date(2027, 1, 1))
    take = office.recomputing._take

    def one_page(one: Any, household_ids: list[UUID], keys: dict[UUID, bytes]) -> Any:
        if household_ids:
            office.stop.set()
        return take(one, household_ids, keys)

    monkeypatch.setattr(office.recomputing, "_take", one_page)
    assert await office.recomputing.look(office.stop) == 1
    monkeypatch.undo()
    office.stop.clear()
    publish(office.database, [msgspec.structs.replace(NEW, version="2027.2")])
    await office.recomputing.look(office.stop)
    states = {version: one.state for (_, version, zone), one in office.recomputations().items() if zone == 7}
    assert (states["2027.1"], states["2027.2"]) == ("superseded", "done")
    assert [office.decided(one)[-1].policy_version for one in families] == ["2027.2", "2027.2"]
    assert sum(data.policy_version == "2027.1" for _, data in office.log()) == 1


async def test_a_fault_of_this_work_waits_for_the_next_tick_and_ends_nothing() -> None:
    looked: list[int] = []

    async def look(stop: asyncio.Event) -> int:
        looked.append(len(looked))
        if len(looked) == 1:
            raise ValueError("a household that cannot be decided")
        stop.set()
        return 0

    ticking = Ticking("tried", look)
    running = asyncio.create_task(ticking.run(asyncio.Event()))
    await until(lambda: looked == [0])
    assert metrics.LOOKED.labels("tried")._value.get() == 0, "an alarm would tell"
    await ticking.wake()
    await asyncio.wait_for(running, 10)
    assert looked == [0, 1]
    assert metrics.LOOKED.labels("tried")._value.get() > 0
