"""What the bank says of lines: each row is answered by itself, a call is one transaction, and the same call again is
answered the same for ever."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from padan_events.local_date import PROVINCES, local_date
from padan_events.payments import Status
from padan_runtime import log, metrics, relay
from padan_runtime.database import Database
from padan_runtime.log import Entry
from psycopg import Connection

from padan_eligibility.domain import holding
from padan_eligibility.domain.drafts import Person, RefusedError
from padan_eligibility.domain.payments import OF_CARETAKER, Change, Line, ResultRefusedError, taken
from padan_eligibility.domain.payments import Result as Said
from padan_eligibility.payments import calls, families, lines, repository
from padan_eligibility.payments.following import recovered, written
from padan_eligibility.payments.problems import RESULT_REASONS
from padan_eligibility.payments.shapes import Result, ResultTold
from padan_eligibility.timing.redeciding import Clock

BANK = "paying_bank"


class Taking:
    """Takes results. Raises `RefusedError` where that may not be, and psycopg's errors; then nothing was taken."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def take(self, person: Person, list_id: UUID, results: Sequence[Result], request: str) -> list[ResultTold]:
        """Take results, in their order; what each is answered. The same request again is answered as it was."""
        said = calls.digest(results)
        with self._database.transaction() as connection:
            self._hold(connection, person, list_id)
            before = calls.answered(connection, list_id, request)
            if before is not None:
                if before.digest != said:
                    raise RefusedError("payment_key_reused")
                return [_told(one.line, answer) for one, answer in zip(results, before.answers, strict=True)]
            if any(not one.complete for one in repository.orders(connection, list_id)):
                raise RefusedError("payment_order_underway")  # its digest is over what it ordered
            told, entries = self._take(connection, list_id, results, person.actor)
            calls.keep(connection, list_id, request, calls.Call(said, [one.code or one.answer for one in told]))
            if entries:
                log.append(connection, entries)
        for answer, result in zip(told, results, strict=True):
            metrics.PAYMENT_RESULTS.labels(result.status.value, answer.code or answer.answer).inc()
        if entries:
            relay.hint(self._database)
        return told

    def _hold(self, connection: Connection[Any], person: Person, list_id: UUID) -> None:
        # Before the list, as those do who make one: nobody turns out to be somebody else while it is reckoned who is
        # paid. The list is held, for what one person was paid in it is reckoned by one call at a time.
        lines.hold_families(connection, alone=False)
        found = repository.one_list(connection, list_id, hold=True)
        if found is None:
            raise RefusedError("payment_list_unknown")
        if (person.role, person.actor) != (BANK, f"user:{found.bank}"):
            raise RefusedError("payment_not_bank")
        if not found.complete:
            raise RefusedError("payment_list_incomplete")

    def _take(
        self, connection: Connection[Any], list_id: UUID, results: Sequence[Result], actor: str
    ) -> tuple[list[ResultTold], list[Entry]]:
        numbers = sorted({result.line for result in results})
        held = lines.hold_numbers(connection, list_id, numbers)
        stand = {line.line: line for line in held if line.list_id == list_id}
        before = repository.results(connection, list_id, numbers)
        now = self._clock(connection)
        today = {province: local_date(now, province) for province in PROVINCES}
        told, changes, said = [], list[Change](), []
        for asked in results:
            line = stand.get(asked.line)
            if line is None:
                told.append(_told(asked.line, "payment_line_unknown"))
                continue
            result = _plain(asked)
            try:
                change = taken(line, result, before.get(line.line, ()), repository.local_dates(today, line.regency))
            except ResultRefusedError as error:
                told.append(_told(asked.line, error.code))
                continue
            told.append(_told(asked.line, "taken_already" if change is None else "taken"))
            if change is not None:
                changes.append(change)
                said.append((line.line, line.changes, result))
                before.setdefault(line.line, []).append(result)
                stand[line.line] = change.line
        changes += _taken_over(connection, changes, today)
        stand |= {one.line.line: one.line for one in changes}
        if not changes:
            return told, []
        entries = written(connection, changes, actor=actor)
        repository.write_results(connection, list_id, said)
        others = [line for line in held if line.list_id != list_id]
        return told, entries + recovered(connection, _paid([*stand.values(), *others]))


def _taken_over(connection: Connection[Any], done: Sequence[Change], today: Mapping[str, date]) -> list[Change]:
    """Of lines that come back from the bank unpaid: whose caretaker has changed meanwhile is the successor's now."""
    last = {one.line.line: one.line for one in done}
    back = [
        line
        for line in last.values()
        if line.status is Status.ACCOUNT_FAILED and not line.holds.keys().isdisjoint(OF_CARETAKER)
    ]
    if not back:
        return []
    stand = families.standing(connection, sorted({line.household_id for line in back}))
    return [
        change
        for line in back
        if (family := stand.get(line.household_id)) is not None
        for change in holding.followed(line, family, repository.local_dates(today, line.regency), None)
    ]


def _paid(found: Sequence[Line]) -> list[Line]:
    return [line for line in found if line.paid_on is not None]


def _plain(asked: Result) -> Said:
    fields: dict[str, Any] = {name: getattr(asked, name) for name in Said.__struct_fields__}
    return Said(**fields)


def _told(line: int, answer: str) -> ResultTold:
    """What a row is answered, `answer` being the code where it is refused."""
    if answer not in RESULT_REASONS:
        return ResultTold(line=line, answer=answer)
    detail, next_step = RESULT_REASONS[answer]
    return ResultTold(line=line, answer="refused", code=answer, detail=detail, next_step=next_step)
