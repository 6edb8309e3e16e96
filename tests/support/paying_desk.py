"""A register, an office that reads it, and payment lists, with a clock that tests move."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import msgspec
from deciding_office import Office
from padan_eligibility.domain.drafts import Person
from padan_eligibility.domain.payments import Line, folded
from padan_eligibility.domain.periods import Asked
from padan_eligibility.domain.recovering import Recovery
from padan_eligibility.domain.recovering import folded as folded_recovery
from padan_eligibility.facts.handler import READER
from padan_eligibility.payments import lines as stored
from padan_eligibility.payments import reading
from padan_eligibility.payments.repository import Order, PaymentList, one_list
from padan_eligibility.payments.shapes import Lines, ListTold, Make, Result, ResultTold
from padan_eligibility.payments.work import payment_work
from padan_eligibility.places.quotas import QuotaAsked, set_quota
from padan_eligibility.reviews.closing import CloseAsked, Closing
from padan_events import decode
from padan_events.duplicates import DuplicateMerged, Unmerged
from padan_events.dying import (
    DeathClaimed,
    DeathClaimLapsed,
    DeathClaimRefused,
    DeathCorrected,
    DeathReversed,
    MemberDied,
    ToldBy,
)
from padan_events.families import CaretakerChanged, ChangeReason
from padan_events.payments import Card, LineFact, RecoveryFact, Status
from padan_events.periods import PeriodKind
from padan_events.personal import PersonSensitive
from padan_events.reviews import REVIEWED_WITHIN, RegisterMatched, ReviewOutcome
from padan_events.tiers import Deactivated, DeactivateReason, Determined
from periods_given import TODDLER, Desk

OWNER = Person("user:minister", "ministry", "ID")
BANK = Person("user:bank-1", "paying_bank", "ID")
PARENT = PersonSensitive(birth_date=date(1990, 1, 1))
REGENCY = "3318"


class PayDesk(Desk):
    """`clock` is what time it is for payments; `list_id` the list that was made last."""

    def __init__(self, office: Office, seed: int = 1) -> None:
        super().__init__(office, seed)
        self.clock = datetime.now(UTC)
        self.work = payment_work(self.database, office.policies, self.allocator, READER, lambda _: self.clock)
        self.reviews = Closing(self.database, office.policies, office.keys, lambda _: self.clock, REVIEWED_WITHIN)
        self.list_id = UUID(int=0)

    @property
    def today(self) -> date:
        """In Pati."""
        return (self.clock + timedelta(hours=7)).date()

    def passes(self, days: int) -> None:
        """Days go by."""
        self.clock += timedelta(days=days)

    def enters(self, number: int, regency: str = REGENCY) -> UUID:
        """A parent, who is the caretaker, another adult and a toddler, determined."""
        family, proposed = self.register.propose(number, [PARENT, PARENT, TODDLER], regency=regency)
        ranked = self.register.rank(family, 1 + number % 4, regency=regency)
        done = self.register.happened(Determined(household_id=family, regency=regency, update_month="2026-03"))
        self.told += [proposed, ranked, done]
        self.lives[family] = (regency, True)
        return family

    def person(self, family: UUID, member: int = 0) -> UUID:
        return uuid5(family, f"person:{member}")

    def _of(self, family: UUID, member: int, seq: int) -> dict[str, Any]:
        regency = self.lives[family][0] if family in self.lives else REGENCY
        person = self.person(family, member)
        return {"household_id": family, "regency": regency, "person_id": person, "membership_seq": seq}

    def dies(self, family: UUID, member: int = 0, on: date | None = None, seq: int = 1) -> UUID:
        """A member dies, by default today; the id of the event."""
        died = MemberDied(**self._of(family, member, seq), occurred_on=on or self.today, source=ToldBy.CRVS_FEED)
        self.happened(died)
        return self.told[-1].event_id

    def died_rather(self, family: UUID, member: int, on: date) -> None:
        self.happened(DeathCorrected(**self._of(family, member, 1), occurred_on=on, source=ToldBy.CRVS_FEED))

    def lives_again(self, family: UUID, member: int = 0) -> None:
        self.happened(DeathReversed(**self._of(family, member, 1), occurred_on=self.today, source=ToldBy.CRVS_FEED))

    def claimed_dead(self, family: UUID, member: int = 0, days: int = 30) -> None:
        due_at = self.clock + timedelta(days=days)
        data = DeathClaimed(**self._of(family, member, 1), occurred_on=self.today, due_at=due_at)
        self.told.append(self.register.happened(data, at=self.clock))

    def claim_refused(self, family: UUID, member: int = 0) -> None:
        self.told.append(self.register.happened(DeathClaimRefused(**self._of(family, member, 1)), at=self.clock))

    def claim_lapsed(self, family: UUID, member: int = 0) -> None:
        self.told.append(self.register.happened(DeathClaimLapsed(**self._of(family, member, 1)), at=self.clock))

    def cared_for_by(self, family: UUID, member: int, reason: ChangeReason = ChangeReason.DIED) -> None:
        regency, _ = self.lives[family]
        caretaker = self.person(family, member)
        data = CaretakerChanged(
            household_id=family, regency=regency, caretaker=caretaker, reason=reason, occurred_on=self.today
        )
        self.happened(data)

    def dies_out(self, family: UUID) -> None:
        """All members die, and the household leaves the register."""
        for member in range(3):
            self.dies(family, member)
        self.is_no_more(family)

    def is_no_more(self, family: UUID) -> None:
        """Nobody of the household lives, and it leaves the register."""
        regency, _ = self.lives[family]
        self.lives[family] = (regency, False)
        gone = DeactivateReason.LAST_MEMBER_DIED
        self.happened(Deactivated(household_id=family, regency=regency, reason=gone, occurred_on=self.today))

    async def barred(self, family: UUID, outcome: ReviewOutcome = ReviewOutcome.FOUNDED) -> None:
        """A review of a member is opened, where there is none, and closed."""
        match_id = uuid5(family, "match")
        matched = RegisterMatched(
            household_id=family,
            regency=self.lives[family][0],
            person_id=self.person(family, 1),
            match_id=match_id,
            match=b"sealed for others",
            matched_on=self.today,
        )
        if outcome is ReviewOutcome.FOUNDED:
            self.happened(matched)
            await self.read()
        said = CloseAsked(outcome=outcome, note="Slip gaji diperiksa.", request=outcome.value)
        role = "social_office" if outcome is ReviewOutcome.FOUNDED else "province"
        person = Person(f"user:{role}", role, REGENCY[: 4 if role == "social_office" else 2])
        await self.reviews.close(uuid5(family, str(match_id)), person, said)

    def same_person(self, kept: UUID, duplicate: UUID, seq: int = 2, *, undone: bool = False) -> None:
        """The caretakers of two families turn out to be one person, or not to be."""
        of: Any = {
            "regency": REGENCY,
            "person_id": self.person(kept),
            "formerly": self.person(duplicate),
            "kept_in": kept,
            "duplicate_in": duplicate,
            "transfer_id": uuid5(kept, str(duplicate)),
            "membership_seq": seq,
            "occurred_on": self.today,
        }
        kind = Unmerged if undone else DuplicateMerged
        for household_id in (kept, duplicate):
            self.happened(kind(household_id=household_id, **of))

    async def closed_stage(self, families: int, places: int | None = None, name: str = "2026-T1") -> list[UUID]:
        """A stage that is closed with so many families on its list."""
        made = [self.enters(number) for number in range(families)]
        await self.read_all(80)
        asked = QuotaAsked(programme="pkh", regency=REGENCY, places=places or families, request="quota")
        await asyncio.to_thread(set_quota, self.database, self.office.policies, OWNER, asked, READER)
        await self.close(name)
        return made

    async def close(self, name: str) -> Asked:
        stage = Asked(kind=PeriodKind.DISBURSEMENT_STAGE, name=name, programme="pkh")
        await asyncio.to_thread(self.closing.open, OWNER, stage)
        await asyncio.to_thread(self.closing.close, OWNER, stage.id, name, self.cut, now=self.clock)
        self.stage = stage
        return stage

    async def make(self) -> PaymentList:
        asked = Make(period_id=self.stage.id, bank="bank-1", request="make")
        made = await asyncio.to_thread(self.work.making.make, OWNER, asked)
        self.list_id = made.list_id
        return made

    async def results(self, *rows: Result, request: str | None = None) -> list[ResultTold]:
        """The bank says this, in a call of its own where none is named."""
        return await asyncio.to_thread(self.work.taking.take, BANK, self.list_id, rows, request or str(uuid4()))

    async def said(self, status: Status, *families: UUID, **more: Any) -> list[ResultTold]:
        """The bank says the same of these families, today."""
        by_family = {line.household_id: line.line for line in self.all_lines()}
        on = more.pop("on", self.today)
        return await self.results(*(Result(line=by_family[one], status=status, on=on, **more) for one in families))

    async def order(self, key: str = "order") -> Order:
        return await asyncio.to_thread(self.work.ordering.order, OWNER, self.list_id, key, self.cut)

    async def read_all(self, most: int = 1_000_000) -> None:
        """In batches of so many events of a shard, as the reader of the facts gets them."""
        while any(event.pos > self.read_to[event.shard] for event in self.told):
            await self.read(most=most)

    async def order_while_read(self, key: str = "order", most: int = 1_000_000) -> Order:
        """The order is given before what happened last is read, and waits for that."""
        self.asked.clear()
        ordering = asyncio.create_task(self.order(key))
        assert await asyncio.to_thread(self.asked.wait, 30), "nobody asked for a cut"
        await self.read_all(most)
        return await ordering

    async def allocate(self) -> None:
        await self.allocator.look(asyncio.Event())

    async def look(self) -> int:
        return await self.work.looking.look(asyncio.Event())

    def all_lines(self) -> list[Line]:
        with self.database.transaction() as connection:
            rows = connection.execute("SELECT list_id, line FROM payment_line").fetchall()
            return stored.of(connection, rows)

    def line(self, family: UUID) -> Line:
        return next(one for one in self.all_lines() if one.household_id == family)

    def line_of(self, number: int) -> Line:
        return next(one for one in self.all_lines() if one.line == number)

    def shown(self) -> ListTold:
        with self.database.transaction() as connection:
            found = one_list(connection, self.list_id)
            assert found is not None
            return reading.told_list(connection, found, "")

    def page(self, asked: Lines) -> Any:
        with self.database.transaction() as connection:
            found = one_list(connection, self.list_id)
            assert found is not None
            return reading.page(connection, found, "", asked)

    def recoveries(self) -> list[Recovery]:
        with self.database.transaction() as connection:
            names = ", ".join(Recovery.__struct_fields__)
            rows = connection.execute(f"SELECT {names} FROM payment_recovery ORDER BY 1")
            fields = Recovery.__struct_fields__
            return [msgspec.convert(dict(zip(fields, row, strict=True)), Recovery) for row in rows]

    def replayed(self) -> tuple[list[Line], list[Recovery]]:
        """Lines and recoveries, by nothing but the log."""
        lines: dict[tuple[UUID, int], Line | None] = {}
        found: dict[UUID, Recovery | None] = {}
        for event in self.log():
            data = decode(event.type, event.value)
            if isinstance(data, RecoveryFact):
                found[data.recovery_id] = folded_recovery(found.get(data.recovery_id), data)
            elif isinstance(data, LineFact):
                key = data.list_id, data.line
                lines[key] = folded(lines.get(key), data, event.event_id)
        return (
            [lines[key] for key in sorted(lines) if lines[key] is not None],  # type: ignore[misc]
            [found[key] for key in sorted(found) if found[key] is not None],  # type: ignore[misc]
        )

    def reconciles(self) -> ListTold:
        """Sums of the list by status come to the list; and the log folds to what is stored."""
        shown = self.shown()
        assert sum(one.lines for one in shown.totals.values()) == shown.lines
        assert sum(one.amount_idr for one in shown.totals.values()) == shown.amount_idr
        assert shown.regencies is not None
        assert sum(one.lines for one in shown.regencies) == shown.lines
        with self.database.transaction() as connection:
            counted = connection.execute(
                "SELECT regency, status, held, sum(lines), sum(amount_idr) FROM payment_total GROUP BY 1, 2, 3 "
                "HAVING sum(lines) <> 0 ORDER BY 1, 2, 3"
            ).fetchall()
            stored_lines = connection.execute(
                "SELECT regency, status, holds <> '{}', count(*), sum(amount_idr) FROM payment_line GROUP BY 1, 2, 3 "
                "ORDER BY 1, 2, 3"
            ).fetchall()
        assert counted == stored_lines
        assert self.replayed() == (self.all_lines(), self.recoveries())
        return shown


DISTRIBUTED, NOT_DISTRIBUTED = Card.DISTRIBUTED, Card.NOT_DISTRIBUTED
