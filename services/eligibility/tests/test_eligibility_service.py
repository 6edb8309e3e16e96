"""The whole service on real servers: household events in, decisions with reasons out."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from eligibility_worker import Worker, a_worker
from kafka_peer import read_all, until
from padan_events import Event, decode
from padan_events.eligibility import Decided, Outcome
from padan_events.personal import Explanation, PersonSensitive, School
from padan_events.topics import ELIGIBILITY_EVENTS
from padan_runtime.sealing import open_sealed
from register_peer import RegisterPeer, tell

ADULT = PersonSensitive(birth_date=date(1985, 5, 5))
TODDLER = PersonSensitive(birth_date=date(2023, 1, 1))
PUPIL = PersonSensitive(birth_date=date(2015, 1, 1), school=School.PRIMARY)
AGELESS = PersonSensitive()


@pytest.fixture
def worker(fresh_topics: str, make_database: Callable[[str], Any], platform: Any, tmp_path: Path) -> Iterator[Worker]:
    database = make_database("eligibility")
    with a_worker(
        kafka=fresh_topics,
        database_url=database.url,
        owner_url=database.owner_url,
        household_url="http://127.0.0.1:9",
        secrets=platform.instance.secrets,
        folder=tmp_path,
    ) as made:
        yield made


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
        await tell(kafka, [proposed, register.match(family)])

        async def there(count: int) -> bool:
            return len(await decisions(kafka)) >= count

        await until(lambda: there(2))
        first = await decisions(kafka)
        assert len(first) == 2
        assert latest(first, family, "pkh").outcome is Outcome.UNDETERMINED
        assert latest(first, family, "pkh").missing == ("decile",)
        assert latest(first, family, "pkh").as_of == date(2026, 3, 2)  # past midnight in Pati, not yet in UTC
        event = first[0][0]
        assert (event.causation_id, event.actor) == (proposed.event_id, "service:eligibility")

        await tell(kafka, [register.rank(family, 2)])
        await until(lambda: there(4))
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

        again = register.rank(family, 2)  # says what is known: nothing is decided anew
        await tell(kafka, [again])

        async def read() -> bool:
            readers = (await worker.progress())["readers"]["eligibility.facts"]["household.events.v1"]
            return bool(readers[str(again.shard)] == again.pos)

        await until(read)
        assert len(await decisions(kafka)) == 4
        assert await worker.stop() == 0
    assert "drained" in worker.output
    for line in worker.output.splitlines():
        assert msgspec.json.decode(line)["service"] == "eligibility"
