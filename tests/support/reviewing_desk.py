"""Families with places and reviews on eligibility's own parts, and those who close the reviews."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

from deciding_office import Office
from padan_eligibility.domain.drafts import Person
from padan_eligibility.facts.cuts import Cut
from padan_eligibility.facts.handler import READER
from padan_eligibility.places.allocating import Allocator
from padan_eligibility.places.quotas import QuotaAsked, set_quota
from padan_eligibility.reviews.closing import CloseAsked, Closing
from padan_eligibility.reviews.escalating import Escalating
from padan_events import SHARDS, Event, decode
from padan_events.personal import PersonSensitive
from padan_events.places import PlaceFact
from padan_events.reviews import (
    REVIEWED_WITHIN,
    RegisterMatched,
    ReviewFact,
    ReviewOutcome,
)
from padan_events.tiers import Determined
from padan_events.topics import ELIGIBILITY_EVENTS, HOUSEHOLD_EVENTS
from padan_runtime import log

PATI = "3318"
TODDLER = PersonSensitive(birth_date=date(2023, 1, 1))
SARI, WATI = Person("user:sari", "social_office", PATI), Person("user:wati", "province", "33")
FOUNDED = CloseAsked(outcome=ReviewOutcome.FOUNDED, note="Slip gaji diperiksa.", request="founded")
UNFOUNDED = CloseAsked(outcome=ReviewOutcome.UNFOUNDED, request="unfounded")
OPENED, DUE = date(2026, 3, 2), date(2026, 4, 1)


class Desk:
    """Families of a regency with a programme of one place, and their reviews."""

    def __init__(self, office: Office) -> None:
        self.office, self.heads = office, [0] * SHARDS
        office.policies.refresh()
        self.allocator = Allocator(office.database, office.policies, self._cut, READER)
        self.closing = Closing(office.database, office.policies, office.keys, lambda _: office.now, REVIEWED_WITHIN)
        self.escalating = Escalating(office.database, lambda _: office.now, REVIEWED_WITHIN)

    async def _cut(self) -> Cut:
        return Cut(list(self.heads), datetime(2026, 3, 2, tzinfo=UTC))

    async def take(self, *events: Event) -> None:
        await self.office.read(*events)
        for event in events:
            self.heads[event.shard] = max(event.pos, self.heads[event.shard])
        with self.office.database.transaction() as connection:
            connection.execute(
                "INSERT INTO reader_position (reader, topic, shard, pos, next_offset, cluster_id) "
                "SELECT %s, %s, s.shard - 1, s.pos, s.pos, 'x' FROM unnest(%s::bigint[]) WITH ORDINALITY AS s "
                "(pos, shard) ON CONFLICT (reader, topic, shard) DO UPDATE SET pos = excluded.pos",
                [READER, HOUSEHOLD_EVENTS.name, self.heads],
            )

    async def family(self, number: int, decile: int) -> UUID:
        register = self.office.register
        family, proposed = register.propose(number, [TODDLER, TODDLER], regency=PATI)
        done = Determined(household_id=family, regency=PATI, update_month="2026-03")
        await self.take(proposed, register.rank(family, decile), register.happened(done))
        return family

    async def places(self, number: int) -> None:
        asked = QuotaAsked(programme="pkh", regency=PATI, places=number, request=f"{number}")
        by = Person("user:owner", "ministry", "ID")
        await asyncio.to_thread(set_quota, self.office.database, self.office.policies, by, asked, READER)
        await self.round()

    async def round(self) -> None:
        await self.allocator.look(asyncio.Event())

    def matched(self, family: UUID, person: int = 0, *, reference: str = "A-1") -> Event:
        data = RegisterMatched(
            household_id=family,
            regency=PATI,
            person_id=uuid5(family, f"person:{person}"),
            match_id=uuid5(family, reference),
            match=b"sealed for others",
            matched_on=date(2026, 3, 1),
        )
        return self.office.register.happened(data)

    async def close(self, review: UUID, person: Person, asked: CloseAsked) -> dict[str, Any]:
        return await self.closing.close(review, person, asked)

    def told(self, *kinds: type) -> list[tuple[Event, Any]]:
        with self.office.database.transaction() as connection:
            after = dict.fromkeys(range(SHARDS), 0)
            events = log.read_after(connection, ELIGIBILITY_EVENTS.name, "/padan/eligibility", after, 1_000)
        found = [(event, decode(event.type, event.value)) for event in sorted(events, key=lambda one: one.time)]
        return [(event, data) for event, data in found if isinstance(data, kinds)]

    def reviews(self) -> list[Any]:
        return [data for _, data in self.told(ReviewFact)]

    def places_told(self) -> list[Any]:
        return sorted((data for _, data in self.told(PlaceFact)), key=lambda one: one.ledger_seq)
