"""Ordering what may be paid, page by page, behind a cut that the facts have come to: nobody whose death was
acknowledged before the order is in it. Each page is a transaction with its events; a killed order is gone on with."""

import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec
from padan_events import SHARDS
from padan_events.local_date import PROVINCES, local_date
from padan_events.payments import DisbursementResulted, Exclusion, PaymentListOrdered, Status
from padan_events.periods import PeriodKind
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime import log, positions, relay
from padan_runtime.database import Database
from padan_runtime.logs import logger
from psycopg import Connection

from padan_eligibility.domain.drafts import Person, RefusedError, acts_for
from padan_eligibility.domain.payments import BEFORE_ORDER, Change, Digest, Line, done
from padan_eligibility.domain.periods import Asked
from padan_eligibility.facts.cuts import Cut
from padan_eligibility.payments import families, lines, repository
from padan_eligibility.payments.families import Why
from padan_eligibility.payments.following import written
from padan_eligibility.payments.repository import Order, PaymentList
from padan_eligibility.periods.parked import check_parked
from padan_eligibility.places import repository as places
from padan_eligibility.places.allocating import Allocator
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.programmes.publishing import programme_entry
from padan_eligibility.timing.redeciding import Clock

PAGE: Final = 1_000
"""Lines a transaction."""
REACHED_WITHIN_S: Final = 45.0
_LOOK_S: Final = 0.1


class Ordering:
    """Orders. `reader` is the reader of the facts, `clock` says what time it is. Raises `RefusedError` where that may
    not be, and psycopg's errors; then what was written stands, and is gone on with."""

    def __init__(
        self,
        database: Database,
        policies: PolicySet,
        allocator: Allocator,
        reader: str,
        *,
        clock: Clock,
        page: int = PAGE,
    ) -> None:
        self._database, self._policies, self._allocator = database, policies, allocator
        self._reader, self._clock, self._size = reader, clock, page

    def order(self, person: Person, list_id: UUID, key: str, cut: Callable[[], Cut]) -> Order:
        """Order what may be paid, and exclude whose family or place is gone. The same key of the same person again
        answers the same. `cut` asks household for one."""
        request = f"{person.actor}:{key}"
        with self._database.transaction() as connection:
            found, begun = self._orderable(connection, person, list_id, request)
        if begun is None:
            self._await(found, cut)
            with self._database.transaction() as connection:
                found, begun = self._orderable(connection, person, list_id, request)
                if begun is None:
                    self._begin(connection, found, person, request)
        self.go_on(list_id)
        with self._database.transaction() as connection:
            return next(one for one in repository.orders(connection, list_id) if one.request == request)

    def go_on(self, list_id: UUID) -> None:
        """Order what an order that is under way lacks; nothing where there is none."""
        while True:
            with self._database.transaction() as connection:
                found = repository.one_list(connection, list_id, hold=True)
                begun = [one for one in repository.orders(connection, list_id) if not one.complete]
                if found is None or not begun:
                    break
                if not self._page(connection, found, begun[0]):
                    self._complete(connection, found, begun[0])
        relay.hint(self._database)

    def _orderable(
        self, connection: Connection[Any], person: Person, list_id: UUID, request: str
    ) -> tuple[PaymentList, Order | None]:
        """The list, held, and the order that this request began."""
        found = repository.one_list(connection, list_id, hold=True)
        if found is None:
            raise RefusedError("payment_list_unknown")
        policy = self._policies.within(connection).latest(found.programme)
        if policy is None or not acts_for(person, policy.owner):
            raise RefusedError("payment_not_yours")
        if not found.complete:
            raise RefusedError("payment_list_incomplete")
        orders = repository.orders(connection, list_id)
        mine = next((one for one in orders if one.request == request), None)
        if mine is None and any(not one.complete for one in orders):
            raise RefusedError("payment_order_underway")
        return found, mine

    def _await(self, found: PaymentList, take_cut: Callable[[], Cut]) -> None:
        """Let the facts come to a cut, and hold the round at it."""
        asked = Asked(
            kind=PeriodKind.DISBURSEMENT_STAGE, name=found.stage, region=found.region, programme=found.programme
        )
        deadline = time.monotonic() + REACHED_WITHIN_S
        while True:
            known = self._untaken(found.programme)
            cut = take_cut()
            while not self._reached(cut):
                if time.monotonic() > deadline:
                    raise RefusedError("payment_facts_behind")
                time.sleep(_LOOK_S)
            with self._database.transaction() as connection:
                check_parked(connection, self._reader, asked, cut, code="payment_events_parked")
            self._allocator.hold(found.programme, cut, known)
            if not self._untaken(found.programme) - known:
                return
            # A quota was set since the cut, so that no round may have been held at it: a later one is taken.

    def _untaken(self, programme: str) -> set[tuple[str, UUID]]:
        with self._database.transaction() as connection:
            return {one for one in places.untaken(connection) if one[0] == programme}

    def _reached(self, cut: Cut) -> bool:
        with self._database.transaction() as connection:
            held = positions.vector(connection, self._reader).get(HOUSEHOLD_EVENTS.name, {})
        return all(held.get(shard, 0) >= cut.heads[shard] for shard in range(SHARDS))

    def _begin(self, connection: Connection[Any], found: PaymentList, person: Person, request: str) -> None:
        number = len(repository.orders(connection, found.list_id)) + 1
        begun = Order(
            list_id=found.list_id,
            number=number,
            request=request,
            ordered_by=person.actor,
            ordered_at=self._clock(connection),
            after=0,
            lines=0,
            amount_idr=0,
            excluded=0,
            held=0,
            digest=None,
            complete=False,
        )
        repository.order_begun(connection, begun)

    def _page(self, connection: Connection[Any], found: PaymentList, order: Order) -> int:
        """The next lines; how many there were."""
        statuses = [one.value for one in BEFORE_ORDER]
        page = lines.hold_unordered(connection, found.list_id, statuses, order.after, self._size)
        if not page:
            return 0
        # Behind the lines: who follows a family that changes meanwhile waits for them, and finds them ordered.
        why = families.excluded(connection, found.programme, [line.household_id for line in page])
        now = self._clock(connection)
        today = {province: local_date(now, province) for province in PROVINCES}
        changes, held = _ordered(page, why, today, order.number)
        ordered = [one.line for one in changes if one.line.status is Status.ORDERED]
        after = msgspec.structs.replace(
            order,
            after=page[-1].line,
            lines=order.lines + len(ordered),
            amount_idr=order.amount_idr + sum(line.amount_idr for line in ordered),
            excluded=order.excluded + len(changes) - len(ordered),
            held=order.held + held,
        )
        repository.order_at(connection, after)
        entries = written(connection, changes)
        if entries:
            log.append(connection, entries)
        return len(page)

    def _complete(self, connection: Connection[Any], found: PaymentList, order: Order) -> None:
        digest = Digest()
        for line in repository.amounts(connection, found.list_id, order.number):
            digest.add(*line)
        assert (digest.lines, digest.amount_idr) == (order.lines, order.amount_idr), "nothing else orders lines"
        repository.order_at(connection, msgspec.structs.replace(order, digest=digest.hex, complete=True))
        data = PaymentListOrdered(
            programme=found.programme,
            list_id=found.list_id,
            order=order.number,
            lines=order.lines,
            amount_idr=order.amount_idr,
            excluded=order.excluded,
            held=order.held,
            digest=digest.hex,
            by=order.ordered_by,
        )
        event_id = uuid5(found.list_id, f"ordered:{order.number}")
        log.append(connection, [programme_entry(data, event_id, by=order.ordered_by)])
        logger().info("a payment list is ordered", programme=found.programme, stage=found.stage, lines=order.lines)


def _ordered(
    page: Sequence[Line], why: dict[UUID, Why], today: dict[str, date], number: int
) -> tuple[list[Change], int]:
    """What becomes of lines, and how many would have been ordered and are held."""
    changes, held = [], 0
    for line in page:
        on = today[line.regency[:2]]
        gone = why.get(line.household_id)
        if gone is not None:
            changes.append(done(line, _excluded(line, gone, on)))
        elif line.status is Status.ACCOUNT_CHECKED and line.holds:
            held += 1
        elif line.status is Status.ACCOUNT_CHECKED:
            changes.append(done(line, DisbursementResulted(**line.of, status=Status.ORDERED, on=on, order=number)))
    return changes, held


def _excluded(line: Line, why: tuple[Exclusion, tuple[UUID, ...]], on: date) -> DisbursementResulted:
    reason, because_of = why
    return DisbursementResulted(**line.of, status=Status.EXCLUDED, on=on, reason=reason.value, because_of=because_of)
