"""A register that goes on changing, and an office that reads it in pieces while periods are closed."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from os import urandom
from random import Random
from typing import Any
from uuid import UUID, uuid5

import msgspec
from deciding_office import Office
from padan_eligibility.domain.sealing import Line
from padan_eligibility.facts.cuts import Cut
from padan_eligibility.facts.handler import READER
from padan_eligibility.periods import repository
from padan_eligibility.periods.closing import Closing
from padan_eligibility.places.allocating import Allocator
from padan_eligibility.timing.redeciding import Why
from padan_events import SHARDS, Event, decode
from padan_events.effects import HouseholdFact
from padan_events.eligibility import Decided, Outcome
from padan_events.families import MemberMovedIn, MemberMovedOut, TransferReason
from padan_events.household import SealedMember
from padan_events.personal import PersonSensitive
from padan_events.relocations import RelocationAccepted
from padan_events.states import CLOSED, State
from padan_events.tiers import Deactivated, DeactivateReason, Determined, Reactivated
from padan_events.topics import ELIGIBILITY_EVENTS, HOUSEHOLD_EVENTS
from padan_runtime import log
from padan_runtime.sealing import seal

TODDLER = PersonSensitive(birth_date=date(2023, 1, 1))
REGENCIES = ("3318", "3374", "3319")
_ON: Any = {"occurred_on": date(2026, 3, 1)}


class Desk:
    """`told` is household's log; the office reads it shard by shard, and never all at once."""

    def __init__(self, office: Office, seed: int = 1) -> None:
        self.office, self.database, self.register = office, office.database, office.register
        self.told: list[Event] = []
        self.read_to = [0] * SHARDS
        self.random = Random(seed)
        self.lives: dict[UUID, tuple[str, bool]] = {}
        self.asked = threading.Event()
        self.wait_for: Callable[[Cut], None] = lambda _: None

        async def cut() -> Cut:
            return self.now()

        self.allocator = Allocator(self.database, office.policies, cut, READER)
        self.closing = Closing(self.database, office.policies, self.allocator, READER)

    def now(self) -> Cut:
        """What household has accepted, of all shards at once."""
        heads = [0] * SHARDS
        for event in tuple(self.told):
            heads[event.shard] = event.pos
        return Cut(heads, datetime(2026, 3, 2, tzinfo=UTC))

    def cut(self) -> Cut:
        """A cut, for a closing: what `wait_for` waits for happens between the asking and the answer."""
        cut = self.now()
        self.asked.set()
        self.wait_for(cut)
        return cut

    def happened(self, *data: HouseholdFact) -> None:
        """Household accepts these in one transaction."""
        self.told += [self.register.happened(one) for one in data]

    def family(self, number: int, decile: int, regency: str = "3318") -> UUID:
        """A family with a toddler, determined."""
        family, proposed = self.register.propose(number, [TODDLER], regency=regency)
        ranked = self.register.rank(family, decile, regency=regency)
        done = self.register.happened(Determined(household_id=family, regency=regency, update_month="2026-03"))
        self.told += [proposed, ranked, done]
        self.lives[family] = (regency, True)
        return family

    def ends(self, family: UUID, reason: DeactivateReason = DeactivateReason.LAST_MEMBER_DIED) -> None:
        regency, _ = self.lives[family]
        self.lives[family] = (regency, False)
        self.happened(Deactivated(household_id=family, regency=regency, reason=reason, **_ON))

    def comes_back(self, family: UUID) -> None:
        regency, _ = self.lives[family]
        self.lives[family] = (regency, True)
        self.happened(Reactivated(household_id=family, regency=regency, to=State.DETERMINED, **_ON))

    def moves(self, family: UUID, to: str) -> None:
        regency, there = self.lives[family]
        self.lives[family] = (to, there)
        moved: Any = {"household_id": family, "regency": to, "from_regency": regency, "identity": b"sealed for others"}
        self.happened(RelocationAccepted(**moved, **_ON))

    def merges(self, one: UUID, into: UUID, number: int) -> None:
        """All of a family goes over into another: three events, and no cut between them."""
        (origin, _), (there, _) = self.lives[one], self.lives[into]
        self.lives[one] = (origin, False)
        person = uuid5(one, "person:0")
        key = self.register.keys[into].setdefault(person, urandom(32))
        transfer: Any = {"transfer_id": uuid5(one, f"transfer:{number}"), "reason": next(iter(TransferReason)), **_ON}
        left = MemberMovedOut(
            household_id=one, regency=origin, person_id=person, membership_seq=number, to=into, **transfer
        )
        out = self.register.happened(left)
        ends = Deactivated(household_id=one, regency=origin, reason=DeactivateReason.MERGED, **_ON)
        ended = self.register.happened(ends)

        def came(event_id: UUID) -> MemberMovedIn:
            member = SealedMember(
                person_id=person,
                membership_seq=number,
                identity=b"sealed for others",
                sensitive=seal(key, TODDLER, subject=person, event_id=event_id),
            )
            return MemberMovedIn(household_id=into, regency=there, member=member, origin=one, **transfer)

        draft = self.register.happened(came(UUID(int=0)))
        came_in = msgspec.structs.replace(draft, value=msgspec.json.encode(came(draft.event_id)))
        self.told += [out, ended, came_in]

    def goes_on(self, number: int) -> None:
        """Something happens to somebody, often twice to the same family."""
        families = sorted(self.lives)
        for family in self.random.sample(families, 6):
            regency, there = self.lives[family]
            if not there:
                self.comes_back(family)
                continue
            match self.random.randrange(6):
                case 0:
                    self.ends(family)
                case 1:
                    self.moves(family, self.random.choice([one for one in REGENCIES if one != regency]))
                    if self.random.random() < 0.5:
                        self.ends(family)
                case 2:
                    living = [one for one in families if self.lives[one][1] and one != family]
                    self.merges(family, self.random.choice(living), number)
                case _:
                    for _ in range(self.random.randrange(1, 4)):
                        decile = self.random.randrange(1, 11)
                        self.told.append(self.register.rank(family, decile, regency=regency))

    async def read(self, shards: Sequence[int] | None = None, most: int = 1_000_000) -> None:
        """What the reader of the facts does with a batch of these shards."""
        chosen = range(SHARDS) if shards is None else shards
        events: list[Event] = []
        for shard in chosen:
            new = [one for one in tuple(self.told) if one.shard == shard and one.pos > self.read_to[shard]]
            events += new[:most]
        if not events:
            return
        prepared = await self.office.handler.prepare(events)
        reached = list(self.read_to)
        for event in events:
            reached[event.shard] = event.pos

        def write() -> None:
            with self.database.transaction() as connection:
                self.office.handler.apply(connection, events, prepared)
                connection.execute(
                    "INSERT INTO reader_position (reader, topic, shard, pos, next_offset, cluster_id) "
                    "SELECT %s, %s, s.shard - 1, s.pos, s.pos, 'x' FROM unnest(%s::bigint[]) WITH ORDINALITY AS s "
                    "(pos, shard) ON CONFLICT (reader, topic, shard) DO UPDATE SET pos = excluded.pos",
                    [READER, HOUSEHOLD_EVENTS.name, reached],
                )

        await asyncio.to_thread(write)
        self.read_to = reached

    async def traffic(self, stop: threading.Event, *, behind: bool) -> None:
        """The register goes on, and is read unevenly: some shards far ahead of others. `behind`: nothing is read before
        a cut is asked for, and then events on both sides of it in one batch."""
        number = 2
        for _ in range(10 if behind else 0):
            self.goes_on(number)
            number += 1
        if behind:
            assert await asyncio.to_thread(self.asked.wait, 60), "nobody asked for a cut"
            for _ in range(10):
                self.goes_on(number)
                number += 1
        while not stop.is_set():
            self.goes_on(number)
            number += 1
            await self.read(self.random.sample(range(SHARDS), 9), self.random.randrange(1, 30))
            if number % 3 == 0:
                await self.read()

    async def ages(self, stop: threading.Event) -> None:
        """Years pass, and everybody is decided anew meanwhile, a few at a time."""
        self.office.now = datetime(2031, 3, 2, tzinfo=UTC)
        order, chosen = Random(7), sorted(self.lives)
        while not stop.is_set():
            ids = order.sample(chosen, 5)

            def decide(ids: Sequence[UUID] = ids) -> None:
                with self.database.transaction() as connection:
                    keys = {one: self.register.keys[one][one] for one in ids}
                    self.office.redeciding.page(connection, ids, keys, Why())

            await asyncio.to_thread(decide)

    def beyond(self, shards: int) -> Callable[[Cut], None]:
        """Waits, with a cut in hand, until the facts are beyond it in so many shards."""

        def wait(cut: Cut) -> None:
            tick, deadline = threading.Event(), time.monotonic() + 30
            while sum(map(int.__gt__, self.read_to, cut.heads)) < shards:
                assert time.monotonic() < deadline, "the traffic stands still"
                tick.wait(0.01)

        return wait

    def fold(self, cut: Sequence[int], prefix: str = "") -> dict[UUID, tuple[str, str, int | None]]:
        """Whom the register held at a cut, by nothing but its log: regency, state, decile."""
        found: dict[UUID, tuple[str, str, int | None]] = {}
        for event in tuple(self.told):
            if event.pos > cut[event.shard]:
                continue
            data = decode(event.type, event.value)
            assert isinstance(data, HouseholdFact)
            effects = data.effects()
            _, state, decile = found.get(data.household_id, ("", "", None))
            found[data.household_id] = (
                data.regency,
                state if effects.state is None else effects.state.value,
                effects.decile or decile,
            )
        closed = {one.value for one in CLOSED}
        return {key: one for key, one in found.items() if one[1] not in closed and one[0].startswith(prefix)}

    def entitled(self, cut: Sequence[int], decided: Sequence[int]) -> dict[UUID, dict[str, str]]:
        """By household, the programmes it was entitled to and the decisions, by nothing but eligibility's log."""
        stands: dict[UUID, dict[str, str]] = {}
        for event in self.log():
            data = decode(event.type, event.value)
            if not isinstance(data, Decided) or event.pos > decided[event.shard]:
                continue
            if data.facts.pos > cut[data.facts.shard]:
                continue
            of = stands.setdefault(data.household_id, {})
            of.pop(data.programme, None)
            if data.outcome is Outcome.ENTITLED:
                of[data.programme] = str(event.event_id)
        return stands

    def log(self, topic: str = ELIGIBILITY_EVENTS.name) -> list[Event]:
        with self.database.transaction() as connection:
            return log.read_after(connection, topic, "/padan/eligibility", dict.fromkeys(range(SHARDS), 0), 100_000)

    def lines(self, period_id: UUID) -> list[Line]:
        with self.database.transaction() as connection:
            return list(repository.lines(connection, period_id))
