"""Payment lists under anything that may happen, in any order: laws that hold after every step, on a real PostgreSQL."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from deciding_office import Office
from padan_eligibility.domain.drafts import RefusedError
from padan_eligibility.domain.payments import OF_CARETAKER, PAID, UNPAID, Line
from padan_eligibility.payments.finding import findings
from padan_eligibility.payments.shapes import Findings, Hold, Release, Result, ResultTold
from padan_events.families import ChangeReason
from padan_events.payments import Card, HoldReason, RecoveryReason, Status
from padan_events.tiers import DeactivateReason
from paying_desk import OWNER, PayDesk

FAMILIES, STEPS = 12, 110
_NEXT = {
    Status.LISTED: (Status.ACCOUNT_CHECKED,),
    Status.ACCOUNT_FAILED: (Status.ACCOUNT_CHECKED,),
    Status.ACCOUNT_CHECKED: (Status.ACCOUNT_CHECKED,),
    Status.ORDERED: (Status.PAID, Status.PAID, Status.ACCOUNT_FAILED),
    Status.PAID: (Status.PAID, Status.PAID, Status.PAID, Status.WITHDRAWN, Status.NOT_WITHDRAWN, Status.RETURNED),
    Status.NOT_WITHDRAWN: (Status.WITHDRAWN, Status.RETURNED),
    Status.WITHDRAWN: (Status.WITHDRAWN,),
    Status.RETURNED: (Status.RETURNED,),
    Status.EXCLUDED: (Status.PAID,),
}


class Life(PayDesk):
    """Families whose members die, live again, leave and turn out to be others, while they are paid. `dead` are dates of
    deaths by person, `gone` families by the number of the event that ended them, `same` who is who."""

    def __init__(self, office: Office, seed: int) -> None:
        super().__init__(office, seed)
        self.dead: dict[UUID, date] = {}
        self.caretakers: dict[UUID, UUID] = {}
        self.claimed: dict[tuple[UUID, UUID], date] = {}
        self.same: dict[UUID, UUID] = {}
        self.gone: set[UUID] = set()
        self.seqs: dict[UUID, int] = {}
        self.orders = self.requests = 0
        self.said_before: list[tuple[str, list[Result], list[ResultTold]]] = []

    async def step(self) -> None:
        """Something happens."""
        families = sorted(one.household_id for one in self.all_lines())
        happens: dict[Callable[[UUID], Awaitable[None]], int] = {
            self._result: 5, self._repeat: 1, self._order: 1, self._hold: 1, self._release: 1,
            self._live: 4, self._read: 3, self._pass: 1, self._look: 1,
        }  # fmt: skip
        (chosen,) = self.random.choices(list(happens), list(happens.values()))
        await chosen(self.random.choice(families))

    async def _result(self, _: UUID) -> None:
        """What is taken stands as it was said last."""
        rows = [self._row() for _ in range(self.random.randrange(1, 12))]
        key = f"results:{len(self.said_before)}"
        told = await self.results(*rows, request=key)
        self.said_before.append((key, rows, told))
        taken = {row.line: row for answer, row in zip(told, rows, strict=True) if answer.answer == "taken"}
        for row in taken.values():
            line = self.line_of(row.line)
            assert (line.status, line.card) == (row.status, row.card or line.card)

    def _row(self) -> Result:
        """Mostly what fits the line, but not always."""
        line = self.random.randrange(1, FAMILIES + 2)
        stands = next((one.status for one in self.all_lines() if one.line == line), Status.LISTED)
        status = self.random.choice(_NEXT[stands])
        if self.random.random() < 0.7:
            return Result(line=line, status=status, on=self.today, card=self.random.choice((None, *Card)))
        return Result(
            line=line,
            status=self.random.choice(list(Status)),
            on=self.today - timedelta(days=self.random.choice((0, 1, 5, -1))),
            amount_idr=self.random.choice((None, None, 750_000, 1)),
            reason=self.random.choice((None, "deceased", "whim")),
        )

    async def _repeat(self, _: UUID) -> None:
        """A call is answered the same for ever, and changes nothing any more."""
        if self.said_before:
            before, (key, rows, told) = self.all_lines(), self.random.choice(self.said_before)
            assert await self.results(*rows, request=key) == told
            assert self.all_lines() == before

    async def _order(self, _: UUID) -> None:
        self.orders += 1
        living = {family for family in self.lives if self.lives[family][1] and not self._extinct(family)}
        before = {one.household_id: one for one in self.all_lines()}
        order = await self.order_while_read(f"order:{self.orders}")
        assert order.complete
        ordered = [one for one in self.all_lines() if one.status is Status.ORDERED]
        new = [one for one in ordered if before[one.household_id].status is not Status.ORDERED]
        assert {one.household_id for one in new} <= living, "no family that was gone before the order is in it"
        assert all(not one.holds for one in new)
        assert (order.lines, order.amount_idr) == (len(new), sum(one.amount_idr for one in new))

    def _extinct(self, family: UUID) -> bool:
        return all(self.person(family, member) in self.dead for member in range(3))

    async def _hold(self, family: UUID) -> None:
        self.requests += 1
        until = self.random.choice((None, self.today, self.today + timedelta(days=3)))
        asked = Hold(line=self.line(family).line, reason="looked_into", request=f"{self.requests}", until=until)
        self._tries({"payment_line_over", "payment_held"}, lambda: self.work.owning.hold(OWNER, self.list_id, asked))

    async def _release(self, family: UUID) -> None:
        self.requests += 1
        asked = Release(line=self.line(family).line, request=f"{self.requests}")
        self._tries({"payment_not_held"}, lambda: self.work.owning.release(OWNER, self.list_id, asked))

    @staticmethod
    def _tries(codes: set[str], what: Callable[[], object]) -> None:
        """It is done, or refused for one of these reasons."""
        refused = None
        try:
            what()
        except RefusedError as error:
            refused = error.code
        assert refused in {None, *codes}

    async def _live(self, family: UUID) -> None:
        """Something happens in a family, and is read later."""
        member = self.random.randrange(3)
        person = self.person(family, member)
        happens: list[Callable[[], None]] = []
        if family in self.gone or person in self.seqs:
            return
        if person in self.dead:
            happens.append(lambda: self._lives_again(family, member))
            happens.append(lambda: self._dies(family, member))
        else:
            happens += [lambda: self._dies(family, member)] * 3
            happens.append(lambda: self._claims(family, member))
            happens.append(lambda: self._cares(family, member))
        happens += [lambda: self._ends(family), lambda: self._twins(family)]
        self.random.choice(happens)()

    def _dies(self, family: UUID, member: int) -> None:
        on = self.today - timedelta(days=self.random.randrange(10))
        (self.died_rather if self.person(family, member) in self.dead else self.dies)(family, member, on)
        self.dead[self.person(family, member)] = on
        self.claimed.pop((family, self.person(family, member)), None)

    def _lives_again(self, family: UUID, member: int) -> None:
        self.lives_again(family, member)
        del self.dead[self.person(family, member)]

    def _claims(self, family: UUID, member: int) -> None:
        if (family, self.person(family, member)) in self.claimed:
            self.random.choice((self.claim_refused, self.claim_lapsed))(family, member)
            self.claimed.pop((family, self.person(family, member)), None)
        else:
            days = self.random.choice((1, 3, 30))
            self.claimed_dead(family, member, days=days)
            self.claimed[family, self.person(family, member)] = self.today + timedelta(days=days)

    def _cares(self, family: UUID, member: int) -> None:
        self.cared_for_by(family, member, self.random.choice(list(ChangeReason)))
        self.caretakers[family] = self.person(family, member)

    def _ends(self, family: UUID) -> None:
        if self.random.random() < 0.3 and not self.same:
            self.gone.add(family)
            self.ends(family, DeactivateReason.ABROAD)

    def _twins(self, family: UUID) -> None:
        """The caretaker turns out to be one person with another family's, or not to be after all."""
        self._twins_of(family, self.random.choice(sorted(self.lives.keys() - self.gone - {family})))

    def _twins_of(self, family: UUID, other: UUID) -> None:
        one, two = self.person(family), self.person(other)
        if self.same.get(two) == one:
            self.seqs[two] = self.seqs.get(two, 1) + 1
            self.same_person(family, other, seq=self.seqs[two], undone=True)
            del self.same[two]
        elif not {one, two} & {*self.same, *self.same.values(), *self.dead}:
            self.seqs[two] = self.seqs.get(two, 1) + 1
            self.same_person(family, other, seq=self.seqs[two])
            self.same[two] = one

    async def _read(self, _: UUID) -> None:
        shards = self.random.sample(range(24), self.random.choice((3, 12, 24)))
        await self.read(shards, self.random.randrange(1, 6))

    async def _pass(self, _: UUID) -> None:
        self.passes(self.random.randrange(1, 4))

    async def _look(self, _: UUID) -> None:
        await self.look()
        assert all(
            held.until is None or held.until >= self.today for one in self.all_lines() for held in one.holds.values()
        )

    def laws(self) -> None:
        """What holds at any moment."""
        shown = self.reconciles()
        assert shown.lines == FAMILIES
        assert (shown.held.lines, shown.held.amount_idr) == (
            sum(1 for one in self.all_lines() if one.holds),
            sum(one.amount_idr for one in self.all_lines() if one.holds),
        )
        recoveries = self.recoveries()
        payments = [(one.list_id, one.line, one.reason) for one in recoveries]
        assert len(payments) == len(set(payments)), "a payment is claimed back once for a reason"
        lines = {one.line: one for one in self.all_lines()}
        open_ = {(one.line, one.reason) for one in recoveries if one.outcome is None}
        assert all(lines[line].status in PAID for line, _ in open_)
        with self.database.transaction() as connection:
            found, _ = findings(connection, "", Findings(limit=1_000))
        claimed = {(one.line, RecoveryReason(one.kind)) for one in found if one.kind in set(RecoveryReason)}
        assert claimed == open_, "who was not closed by hand is claimed exactly while it is found"

    def rests(self) -> None:
        """What holds once everything has been read, by nothing but what happened."""
        lines = self.all_lines()
        late = {one.line for one in lines if one.status in PAID and self._paid_late(one)}
        twice = defaultdict(list)
        for one in lines:
            if one.status in PAID:
                twice[self._root(one.recipient)].append((one.paid_on, one.line))
        again = {line for paid in twice.values() for _, line in sorted(paid)[1:]}
        found = {(one.line, one.reason) for one in self.recoveries() if one.outcome is None}
        assert {line for line, reason in found if reason is RecoveryReason.PAID_AFTER_DEATH} == late
        assert {line for line, reason in found if reason is RecoveryReason.PAID_TWICE} == again
        for one in lines:
            if one.status not in UNPAID:
                assert not one.holds
                continue
            caretaker = self.caretakers[one.household_id]
            cared_for = caretaker not in self.dead and caretaker not in self.seqs
            assert cared_for == (not set(OF_CARETAKER) & one.holds.keys()), one
            assert not cared_for or one.recipient == caretaker
            claimed = any(
                due >= self.today and person not in self.dead and person not in self.seqs
                for (family, person), due in self.claimed.items()
                if family == one.household_id
            )
            assert claimed == (HoldReason.DEATH_REPORTED in one.holds), one

    def _root(self, person: UUID) -> UUID:
        return self.same.get(person, person)

    def _paid_late(self, line: Line) -> bool:
        assert line.paid_on is not None
        same = [
            one
            for one in {line.recipient, *self.same, *self.same.values()}
            if self._root(one) == self._root(line.recipient)
        ]
        deaths = [self.dead[one] for one in same if one in self.dead]
        own = self.dead.get(line.recipient, min(deaths, default=None))
        members = [self.person(line.household_id, member) for member in range(3)]
        living = [one for one in members if one not in self.dead and one not in self.seqs]
        last = None
        if not living and self.caretakers[line.household_id] in self.dead:
            last = max(self.dead[one] for one in members if one in self.dead)
        return any(on is not None and line.paid_on > on for on in (own, last))


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_in_any_order_the_laws_hold(office: Office, seed: int) -> None:
    life = Life(office, seed)
    families = await life.closed_stage(FAMILIES)
    life.caretakers = {family: life.person(family) for family in families}
    await life.make()
    await life.said(Status.ACCOUNT_CHECKED, *families[2:])
    await life.order()
    life.passes(5)
    await life.said(Status.PAID, *families[2:4])
    life._twins_of(families[2], families[3])
    life._dies(families[2], 0)
    await life.read()
    for _ in range(STEPS):
        await life.step()
        life.laws()
    await life.read()
    await life.look()
    life.laws()
    life.rests()
    assert life.recoveries(), "there was something to be seen"
