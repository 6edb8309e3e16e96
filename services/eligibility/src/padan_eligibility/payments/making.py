"""Making a payment list of a sealed stage, page by page.

Ten million lines are not one transaction. Each page is one, with its events; a list is complete, and ordered and
reported on, once the last of them has sealed it. Whoever was killed between two pages is taken up by the same request
or by the service itself, and goes on where the list stands.
"""

from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec
from padan_events.local_date import PROVINCES, local_date
from padan_events.payments import DisbursementListed, DisbursementResulted, Exclusion, PaymentListMade, Status
from padan_events.periods import PeriodKind
from padan_runtime import log, relay
from padan_runtime.database import Database
from padan_runtime.logs import logger
from psycopg import Connection

from padan_eligibility.domain import holding
from padan_eligibility.domain.drafts import Person, RefusedError, acts_for
from padan_eligibility.domain.payments import Change, Digest, done, list_id, listed
from padan_eligibility.domain.policy import InKind, Policy
from padan_eligibility.payments import families, lines, repository
from padan_eligibility.payments.following import written
from padan_eligibility.payments.repository import PaymentList
from padan_eligibility.payments.shapes import Make
from padan_eligibility.periods import repository as periods
from padan_eligibility.periods.repository import Period
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.programmes.publishing import programme_entry
from padan_eligibility.timing.redeciding import Clock

PAGE: Final = 2_000
"""Families a transaction."""


class Making:
    """Makes payment lists. Raises `RefusedError` where that may not be, and psycopg's errors; then what was written
    stands, and is gone on with."""

    def __init__(self, database: Database, policies: PolicySet, clock: Clock, page: int = PAGE) -> None:
        self._database, self._policies, self._clock, self._size = database, policies, clock, page

    def make(self, person: Person, asked: Make) -> PaymentList:
        """Make the list of a stage; one that is there already stays as it stands."""
        with self._database.transaction() as connection:
            period = periods.period(connection, asked.period_id)
            policy = self._check(connection, person, period)
            assert period is not None
            repository.begin(connection, self._of(connection, period, policy, person, asked.bank))
            begun = repository.one_list(connection, list_id(asked.period_id))
            assert begun is not None
            if begun.bank != asked.bank:
                raise RefusedError("payment_list_exists")
        return self.go_on(begun.list_id)

    def go_on(self, list_id: UUID) -> PaymentList:
        """Write what a list lacks."""
        while not (found := self.step(list_id)).complete:
            pass
        relay.hint(self._database)
        return found

    def step(self, list_id: UUID) -> PaymentList:
        """Write the next page of a list, or complete it where there is none; how it stands then."""
        with self._database.transaction() as connection:
            found = repository.one_list(connection, list_id)
            if found is None:
                raise RefusedError("payment_list_unknown")
            if found.complete:
                return found
            # Before the facts are read: nobody's change is passed over while their line comes about.
            lines.hold_families(connection, alone=True)
            found = repository.one_list(connection, list_id, hold=True)
            assert found is not None
            written = 0 if found.complete else self._page(connection, found)
        return found if found.complete or written else self._complete(list_id)

    def _check(self, connection: Connection[Any], person: Person, period: Period | None) -> Policy:
        if period is None:
            raise RefusedError("period_unknown")
        if period.asked.kind is not PeriodKind.DISBURSEMENT_STAGE or period.closed is None:
            raise RefusedError("payment_period_unfit")
        policy = self._policies.within(connection).latest(period.asked.programme or "")
        if policy is None:
            raise RefusedError("programme_unknown")
        if not acts_for(person, policy.owner):
            raise RefusedError("payment_not_yours")
        if isinstance(policy.amount, InKind):
            raise RefusedError("payment_in_kind")
        return policy

    def _of(
        self, connection: Connection[Any], period: Period, policy: Policy, person: Person, bank: str
    ) -> PaymentList:
        return PaymentList(
            list_id=list_id(period.period_id),
            period_id=period.period_id,
            programme=policy.programme,
            stage=period.asked.name,
            region=period.asked.region,
            bank=bank,
            made_by=person.actor,
            made_at=self._clock(connection),
            listed_after=UUID(int=0),
            lines=0,
            amount_idr=0,
            digest=None,
            complete=False,
        )

    def _page(self, connection: Connection[Any], made: PaymentList) -> int:
        """The next lines; how many there were."""
        page = repository.families(connection, made.period_id, made.listed_after, self._size)
        if not page:
            return 0
        if any(one.caretaker is None for one in page):
            # Passed over they would go without, and nobody would know: the list waits until the facts have them.
            raise RefusedError("payment_facts_missing")
        now = self._clock(connection)
        today = {province: local_date(now, province) for province in PROVINCES}
        standing = families.standing(connection, [one.household_id for one in page])
        changes: list[Change] = []
        for number, family in enumerate(page, made.lines + 1):
            on = today[family.regency[:2]]
            begun = listed(_listing(made, number, family, on))
            changes.append(begun)
            if family.amount_idr is None:
                changes.append(_without_amount(begun, on))
            else:
                changes += holding.followed(begun.line, standing[family.household_id], on, None)
        entries = written(connection, changes)
        amount = sum(one.amount_idr or 0 for one in page)
        repository.listed_to(connection, made.list_id, page[-1].household_id, len(page), amount)
        log.append(connection, entries)
        return len(page)

    def _complete(self, list_id: UUID) -> PaymentList:
        """Seal a list all of whose lines are written.

        What the digest covers of them never changes, so that nobody is held up while it is reckoned: whose family
        changes meanwhile is followed as ever. Two that reckon it at once come to the same, and one of them tells it.
        """
        digest = Digest()
        with self._database.transaction() as connection:
            for line in repository.amounts(connection, list_id, None):
                digest.add(*line)
        with self._database.transaction() as connection:
            made = repository.one_list(connection, list_id, hold=True)
            assert made is not None
            if made.complete:
                return made
            sealed = periods.period(connection, made.period_id)
            assert (digest.lines, digest.amount_idr) == (made.lines, made.amount_idr), "all lines were written"
            if sealed is None or sealed.closed is None or sealed.closed.families != digest.lines:
                raise RefusedError("payment_facts_missing")
            repository.completed(connection, list_id, digest.hex)
            data = PaymentListMade(
                programme=made.programme,
                list_id=list_id,
                period_id=made.period_id,
                stage=made.stage,
                lines=digest.lines,
                amount_idr=digest.amount_idr,
                digest=digest.hex,
                bank=made.bank,
                by=made.made_by,
            )
            log.append(connection, [programme_entry(data, uuid5(list_id, "made"), by=made.made_by)])
        logger().info("a payment list is made", programme=made.programme, stage=made.stage, lines=digest.lines)
        return msgspec.structs.replace(made, digest=digest.hex, complete=True)


def _listing(made: PaymentList, number: int, family: repository.Family, on: date) -> DisbursementListed:
    assert family.caretaker is not None
    return DisbursementListed(
        household_id=family.household_id,
        regency=family.regency,
        programme=made.programme,
        stage=made.stage,
        list_id=made.list_id,
        line=number,
        period_id=made.period_id,
        recipient=family.caretaker,
        amount_idr=family.amount_idr or 0,
        bank=made.bank,
        on=on,
    )


def _without_amount(begun: Change, on: date) -> Change:
    reason = Exclusion.DATA_INCOMPLETE.value
    fact = DisbursementResulted(**begun.line.of, status=Status.EXCLUDED, on=on, reason=reason)
    return done(begun.line, fact)
