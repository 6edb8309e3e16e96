"""Eligibility's parts that decide and give places, on a database of their own, told of families by a peer."""

import asyncio
from datetime import UTC, date, datetime
from uuid import UUID

from padan_eligibility.domain.allocation import Ledger
from padan_eligibility.domain.drafts import Person
from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.facts.cuts import Cut
from padan_eligibility.facts.folding import Member, fold, open_answers, open_members
from padan_eligibility.facts.handler import READER, FactsHandler, Prepared
from padan_eligibility.facts.needs import NeedRow, open_needs
from padan_eligibility.facts.repository import read_facts
from padan_eligibility.places import repository
from padan_eligibility.places.allocating import Allocator
from padan_eligibility.places.quotas import QuotaAsked, set_quota
from padan_eligibility.policies import packaged
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.programmes.publishing import publish
from padan_events import SHARDS, Event, decode
from padan_events.personal import PersonSensitive
from padan_events.places import PlaceFact
from padan_events.relocations import RelocationAccepted
from padan_events.tiers import Deactivated, DeactivateReason, Determined
from padan_events.topics import ELIGIBILITY_EVENTS, HOUSEHOLD_EVENTS
from padan_runtime import log
from padan_runtime.database import Database
from padan_runtime.keys import SubjectKeys
from register_peer import RegisterPeer

MINISTRY = Person("user:owner", "ministry", "ID")
TODDLER = PersonSensitive(birth_date=date(2023, 1, 1))


class Office:
    """Eligibility's database, and a register that tells it of families."""

    def __init__(self, database: Database) -> None:
        self.database, self.register, self.policies = database, RegisterPeer(), PolicySet(database)
        publish(database, packaged())
        self.policies.refresh()
        self.heads = [0] * SHARDS
        self.allocator = Allocator(database, self.policies, self.cut, READER)

    async def cut(self) -> Cut:
        return Cut(list(self.heads), datetime(2026, 3, 2, tzinfo=UTC))

    def take(self, *events: Event) -> None:
        """What the reader of the facts does with a batch."""
        changes = fold(events)
        members: list[Member] = []
        recorded: list[NeedRow] = []
        for household_id, change in changes.items():
            keys = {
                subject: SubjectKeys(subject, sensitive=key)
                for subject, key in self.register.keys[household_id].items()
            }
            members += open_members(change, keys)
            recorded += open_needs(change, keys)
            change.circumstances = open_answers(change, keys)
        own = {household_id: self.register.keys[household_id][household_id] for household_id in changes}
        with self.database.transaction() as connection:
            FactsHandler(self.database, None, self.policies).apply(  # type: ignore[arg-type]  # asked for no key here
                connection, events, Prepared(changes, members, recorded, own)
            )
            for event in events:
                self.heads[event.shard] = max(event.pos, self.heads[event.shard])
            connection.execute(
                "INSERT INTO reader_position (reader, topic, shard, pos, next_offset, cluster_id) "
                "SELECT %s, %s, s.shard - 1, s.pos, s.pos, 'x' FROM unnest(%s::bigint[]) WITH ORDINALITY AS s "
                "(pos, shard) ON CONFLICT (reader, topic, shard) DO UPDATE SET pos = excluded.pos",
                [READER, HOUSEHOLD_EVENTS.name, self.heads],
            )

    def determined(self, number: int, decile: int, *, regency: str = "3318") -> UUID:
        """A family with a toddler, determined."""
        family, proposed = self.register.propose(number, [TODDLER], regency=regency)
        ranked = self.register.rank(family, decile)
        done = Determined(household_id=family, regency=regency, update_month="2026-03")
        self.take(proposed, ranked, self.register.happened(done))
        return family

    def ends(self, family: UUID) -> Event:
        """A family leaves the register."""
        data = Deactivated(
            household_id=family,
            regency="3318",
            occurred_on=date(2026, 3, 1),
            reason=DeactivateReason.LAST_MEMBER_DIED,
        )
        event = self.register.happened(data)
        self.take(event)
        return event

    def moved(self, family: UUID, regency: str) -> Event:
        """A family lives in another regency."""
        data = RelocationAccepted(
            household_id=family,
            regency=regency,
            identity=b"sealed for others",
            from_regency="3318",
            occurred_on=date(2026, 3, 1),
        )
        return self.register.happened(data)

    def facts_of(self, family: UUID) -> HouseholdFacts:
        """What is known of a family."""
        with self.database.transaction() as connection:
            return read_facts(connection, [family])[family]

    def quota(
        self,
        places: int,
        regency: str | None = "3318",
        *,
        programme: str = "pkh",
        request: str = "",
        by: Person = MINISTRY,
    ) -> UUID:
        asked = QuotaAsked(
            programme=programme,
            regency=regency,
            places=places,
            request=request or f"{regency}:{places}",
        )
        return set_quota(self.database, self.policies, by, asked, READER)

    def round(self) -> int:
        return asyncio.run(self.allocator.look(asyncio.Event()))

    def told(self) -> list[Event]:
        with self.database.transaction() as connection:
            after = dict.fromkeys(range(SHARDS), 0)
            events = log.read_after(connection, ELIGIBILITY_EVENTS.name, "/padan/eligibility", after, 1_000)
        return [event for event in events if isinstance(decode(event.type, event.value), PlaceFact)]

    def facts(self, regency: str = "3318") -> list[tuple[Event, PlaceFact]]:
        """Of a ledger, in its order."""
        found = [(event, decode(event.type, event.value)) for event in self.told()]
        own = [(event, fact) for event, fact in found if isinstance(fact, PlaceFact) and fact.regency == regency]
        return sorted(own, key=lambda one: one[1].ledger_seq)

    def ledger(self, regency: str = "3318") -> Ledger:
        with self.database.transaction() as connection:
            return repository.ledgers(connection, "pkh", [regency], [])[regency]
