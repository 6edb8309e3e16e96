"""The whole service on real servers: household events in, decisions with reasons out."""

import signal
from datetime import date
from pathlib import Path
from uuid import UUID, uuid5

import httpx
import msgspec
import psycopg
from eligibility_worker import Worker
from kafka_peer import read_all, until
from padan_events import Event, decode
from padan_events.eligibility import Decided, Outcome
from padan_events.personal import Explanation, PersonSensitive, School
from padan_events.topics import ELIGIBILITY_EVENTS
from padan_runtime.parking import operators
from padan_runtime.sealing import open_sealed
from register_peer import RegisterPeer, tell

ADULT = PersonSensitive(birth_date=date(1985, 5, 5))
TODDLER = PersonSensitive(birth_date=date(2023, 1, 1))
PUPIL = PersonSensitive(birth_date=date(2015, 1, 1), school=School.PRIMARY)
AGELESS = PersonSensitive()
PROGRAMMES = 5
"""That decide a family of Pati: four of the nation, one of the regency."""


async def decisions(kafka: str) -> list[tuple[Event, Decided]]:
    found = []
    for event in await read_all(kafka, ELIGIBILITY_EVENTS.name):
        data = decode(event.type, event.value)
        assert isinstance(data, Decided)
        found.append((event, data))
    return found


def latest(found: list[tuple[Event, Decided]], household_id: UUID, programme: str) -> Decided:
    return [data for _, data in found if data.household_id == household_id and data.programme == programme][-1]


async def test_households_are_decided_with_reasons_and_a_late_ranking_changes_them(worker: Worker) -> None:
    kafka = worker.environment["PADAN_KAFKA"]
    async with RegisterPeer().serving(Path(worker.environment["PADAN_SECRETS"])) as register:
        worker.environment["PADAN_HOUSEHOLD_URL"] = register.url
        worker.start()
        await worker.ready()
        family, proposed = register.propose(1, [ADULT, TODDLER, PUPIL])
        await tell(kafka, [proposed])

        async def there(count: int) -> bool:
            return len(await decisions(kafka)) >= count

        await until(lambda: there(PROGRAMMES))
        first = await decisions(kafka)
        assert len(first) == PROGRAMMES
        assert latest(first, family, "pkh").outcome is Outcome.UNDETERMINED
        assert latest(first, family, "pkh").missing == ("decile",)
        assert latest(first, family, "pkh").as_of == date(2026, 3, 2)  # past midnight in Pati, not yet in UTC
        event = first[0][0]
        assert (event.causation_id, event.actor) == (proposed.event_id, "service:eligibility")

        await tell(kafka, [register.match(family), register.rank(family, 2)])
        await until(lambda: there(2 * PROGRAMMES))
        second = await decisions(kafka)
        pkh = latest(second, family, "pkh")
        assert (pkh.outcome, pkh.annual_idr, pkh.missing) == (Outcome.ENTITLED, 3_900_000, ())
        assert latest(second, family, "sembako").annual_idr == 2_400_000
        decided = next(e for e, data in second if data == pkh)
        reason = open_sealed(
            register.keys[family][family], pkh.explanation, Explanation, subject=family, event_id=decided.event_id
        )
        assert reason.next_change_on == date(2030, 1, 1)
        assert [c.code for c in reason.criteria] == ["state", "decile", "components"]
        assert all(c.holds for c in reason.criteria)
        assert reason.smallest_change is not None
        assert [(one.fact, one.to) for one in reason.smallest_change.changes] == [("decile", "5")]

        again = register.rank(family, 2)  # says what is known: nothing is decided anew
        await tell(kafka, [again])

        async def read() -> bool:
            readers = (await worker.progress())["readers"]["eligibility.facts"]["household.events.v1"]
            return bool(readers[str(again.shard)] == again.pos)

        await until(read)
        assert len(await decisions(kafka)) == 2 * PROGRAMMES
        assert await worker.stop() == 0
    assert "drained" in worker.output
    for line in worker.output.splitlines():
        assert msgspec.json.decode(line)["service"] == "eligibility"


async def test_an_event_that_cannot_be_handled_waits_with_its_household_and_nobody_else_does(worker: Worker) -> None:
    kafka = worker.environment["PADAN_KAFKA"]
    async with RegisterPeer().serving(Path(worker.environment["PADAN_SECRETS"])) as register:
        worker.environment["PADAN_HOUSEHOLD_URL"] = register.url
        worker.start()
        await worker.ready()
        ill, first = register.propose(1, [ADULT])
        poison, behind = register.poison(ill), register.rank(ill, 2)
        well, other = register.propose_on(first.shard, [TODDLER])
        await tell(kafka, [first, poison, behind, other, register.rank(well, 2)])

        async def decided() -> bool:
            return any(d.household_id == well and d.annual_idr is not None for _, d in await decisions(kafka))

        await until(decided)
        progress = await worker.progress()
        assert progress["stopped"]["eligibility.facts"] == {}
        assert progress["parked"] == {"eligibility.facts": 2, "eligibility.policies": 0}
        found = await decisions(kafka)
        assert {d.facts.pos for _, d in found if d.household_id == ill} == {first.pos}
        assert 'padan_parked_rows{reader="eligibility.facts"} 2.0' in (await worker.page("/metrics")).text
        assert (await worker.page("/readyz")).status_code == 200
        with psycopg.connect(worker.environment["PADAN_DATABASE_URL"]) as connection:
            listed = operators.listing(connection)
            assert [(row.pos, row.reason) for row in listed] == [(poison.pos, "unknown_type"), (behind.pos, "behind")]
            assert operators.ask_drop(connection, listed[0].parked_id, actor="rina", reason="of a later version")

        async def decided_after_all() -> bool:
            return any(d.household_id == ill and d.facts.pos == behind.pos for _, d in await decisions(kafka))

        await until(decided_after_all)
        assert (await worker.progress())["parked"]["eligibility.facts"] == 0
        assert await worker.stop() == 0
    assert "shard stopped" not in worker.output


async def test_a_worker_killed_in_the_middle_loses_nothing_and_repeats_nothing(worker: Worker) -> None:
    kafka = worker.environment["PADAN_KAFKA"]
    async with RegisterPeer().serving(Path(worker.environment["PADAN_SECRETS"])) as register:
        worker.environment["PADAN_HOUSEHOLD_URL"] = register.url
        made = [register.propose(n, [ADULT, PUPIL]) for n in range(600)]
        ranks = [register.rank(household_id, 1 + n % 9) for n, (household_id, _) in enumerate(made)]
        await tell(kafka, [event for _, event in made])
        worker.start()

        async def some() -> bool:
            return bool(await read_all(kafka, ELIGIBILITY_EVENTS.name))

        await until(some)
        await tell(kafka, ranks)
        await worker.stop(signal.SIGKILL)
        worker.start()

        async def caught_up() -> bool:
            try:
                reached = (await worker.progress())["readers"]["eligibility.facts"].get("household.events.v1", {})
            except httpx.HTTPError:
                return False
            return bool(sum(reached.values()) == 1200)

        await until(caught_up, within_s=60)

        async def all_sent() -> bool:
            progress = await worker.progress()
            return bool(progress["heads"] == progress["relayed"])

        await until(all_sent)
        assert await worker.stop() == 0
    found = await decisions(kafka)
    by_position = {event.position: event.event_id for event, _ in found}
    assert len(set(by_position.values())) == len(by_position)
    for shard in range(24):
        positions = sorted(pos for s, pos in by_position if s == shard)
        assert positions == list(range(1, len(positions) + 1))
    final = {(d.household_id, d.programme): d.outcome for _, d in found}
    for n, (household_id, _) in enumerate(made):
        expected = Outcome.ENTITLED if 1 + n % 9 <= 4 else Outcome.NOT_ENTITLED
        assert final[household_id, "pkh"] is final[household_id, "sembako"] is expected


async def test_while_the_keyring_is_away_households_wait(worker: Worker) -> None:
    kafka = worker.environment["PADAN_KAFKA"]
    async with RegisterPeer().serving(Path(worker.environment["PADAN_SECRETS"])) as register:
        worker.environment["PADAN_HOUSEHOLD_URL"] = register.url
        register.answers = False
        worker.start()
        await worker.ready()
        family, proposed = register.propose(1, [ADULT, AGELESS])
        await tell(kafka, [proposed, register.rank(family, 1)])
        await until(lambda: register.asked >= 2)
        assert await decisions(kafka) == []
        assert (await worker.progress())["stopped"]["eligibility.facts"] == {}
        register.answers = True
        register.erased.add(uuid5(family, "person:0"))  # meanwhile

        async def decided() -> bool:
            return len(await decisions(kafka)) == PROGRAMMES

        await until(decided)
        pkh = latest(await decisions(kafka), family, "pkh")
        assert (pkh.outcome, pkh.missing) == (Outcome.UNDETERMINED, ("birth_date", "person_facts"))


async def test_a_setting_that_is_missing_is_named(worker: Worker) -> None:
    del worker.environment["PADAN_HOUSEHOLD_URL"]
    worker.start()
    assert await worker.ended() == 78
    assert "PADAN_HOUSEHOLD_URL" in worker.output
