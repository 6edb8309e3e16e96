"""A regional programme on real servers: it decides the families of its region, and nobody else."""

from datetime import date
from pathlib import Path
from uuid import UUID

from eligibility_worker import Worker
from kafka_peer import read_all, until
from padan_events import Event, decode
from padan_events.eligibility import Decided
from padan_events.household import WelfareRanked
from padan_events.intake import Origin
from padan_events.personal import PersonSensitive
from padan_events.topics import ELIGIBILITY_EVENTS
from register_peer import CHAIN, RegisterPeer, tell

OLD = PersonSensitive(birth_date=date(1950, 3, 2))


async def test_a_family_outside_has_no_decision_and_one_that_leaves_is_told_once(worker: Worker) -> None:
    kafka = worker.environment["PADAN_KAFKA"]

    async def outcomes(household_id: UUID, programme: str = "pati_elderly") -> list[str]:
        said = [decode(event.type, event.value) for event in await read_all(kafka, ELIGIBILITY_EVENTS.name)]
        decided = [data for data in said if isinstance(data, Decided) and data.household_id == household_id]
        return [data.outcome.value for data in decided if data.programme == programme]

    async with RegisterPeer().serving(Path(worker.environment["PADAN_SECRETS"])) as register:

        def ranked(household_id: UUID, regency: str, decile: int) -> Event:
            origin = Origin(CHAIN, 1)
            day = date(2026, 3, 1)
            return register.happened(
                WelfareRanked(household_id=household_id, regency=regency, decile=decile, occurred_on=day, origin=origin)
            )

        worker.environment["PADAN_HOUSEHOLD_URL"] = register.url
        worker.start()
        await worker.ready()
        here, came = register.propose(1, [OLD])
        there, born_there = register.propose(2, [OLD], regency="3319")

        async def rice(household_id: UUID, outcome: str) -> bool:
            """Of the nation's programme each change of the decile is heard: the region's was decided with it."""
            return (await outcomes(household_id, "rice"))[-1:] == [outcome]

        await tell(kafka, [came, born_there, ranked(here, "3318", 5), ranked(there, "3319", 5)])
        await until(lambda: rice(here, "entitled"))
        await until(lambda: rice(there, "entitled"))
        assert (await outcomes(here))[-1] == "entitled"
        assert await outcomes(there) == []

        await tell(kafka, [ranked(here, "3319", 6)])  # it lives elsewhere now
        await until(lambda: rice(here, "not_entitled"))
        assert (await outcomes(here))[-1] == "not_entitled"
        told = len(await outcomes(here))
        await tell(kafka, [ranked(here, "3319", 5)])
        await until(lambda: rice(here, "entitled"))
        assert len(await outcomes(here)) == told

        await tell(kafka, [ranked(here, "3318", 6)])  # and back: the region's programme speaks of it again
        await until(lambda: rice(here, "not_entitled"))
        assert (await outcomes(here))[-1] == "entitled"
