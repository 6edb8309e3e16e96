"""What the simulating process does: reads, evaluates, and answers on standard output."""

import math
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
import polars as pl
import psycopg
from padan_events.envelope import rfc3339
from padan_runtime.problems import Unavailable
from padan_runtime.rebuild.reading import RecordsMissingError
from padan_runtime.settings import load
from psycopg import Connection

from padan_eligibility.domain.policy import InKind, Policy
from padan_eligibility.places.repository import NATION
from padan_eligibility.settings import EligibilitySettings
from padan_eligibility.simulation import past, reading
from padan_eligibility.simulation.comparing import by_regency, compare, members_by_component, total
from padan_eligibility.simulation.messages import ENDS_S, Change, Compared, Component, Found, Goods, Named, Work
from padan_eligibility.simulation.placing import candidates, settle

MOST_NAMED: Final = 1_000
"""Families that are named, of those who win and of those who lose."""


def simulate(work: Work) -> Found:
    """Read and compare. Raises psycopg's errors, and of a past cut `Unavailable` and `RecordsMissingError`."""
    before, after = work.before, work.after
    asked: list[Policy] = [after] if before is None else [before, after]
    regencies: dict[str, Compared] = {}
    members: dict[str, Counter[str]] = {"before": Counter(), "after": Counter()}
    named: list[Named] = []
    with _population(work) as seen:
        connection = seen.connection
        had = reading.quotas(connection, after.programme)
        national = had.pop(NATION, None)
        gets = had | work.quotas
        if work.quotas and national is not None and sum(gets.values()) > national:
            return Found(refused="quota_exceeds_nation")
        here = {regency: places for regency, places in gets.items() if regency.startswith(work.region)}
        listed: list[pl.DataFrame] = []
        for part in reading.populations(connection, work.region, asked, here):
            rows = compare(before, after, part.households, part.persons, work.as_of)
            listed.append(candidates(rows, part.households, part.listed))
            for regency, found in by_regency(rows).items():
                regencies[regency] = regencies.get(regency, Compared()) + found
            members["before"] += members_by_component(before, rows, "before")
            members["after"] += members_by_component(after, rows, "after")
            if work.named:
                named += _named(rows, Counter(one.change for one in named))
    return Found(
        facts_at=rfc3339(seen.at),
        left_out=seen.left_out,
        total=total(regencies.values()),
        by_regency=dict(sorted(regencies.items())),
        by_component=_components(before, after, members),
        ledgers=settle(pl.concat(listed), had, here),
        goods_before=_goods(before),
        goods_after=_goods(after),
        named=named if work.named else None,
    )


class _Seen(NamedTuple):
    """A session with the population in it, the time it is of, and how many households are not in it."""

    connection: Connection[Any]
    at: datetime
    left_out: int


@contextmanager
def _population(work: Work) -> Iterator[_Seen]:
    if work.past is None:
        with reading.snapshot(work.database_url, work.within_s) as connection:
            yield _Seen(connection, reading.taken_at(connection), 0)
        return
    with past.folded(load(EligibilitySettings), work.past, work.within_s) as found:
        yield _Seen(found.connection, work.past.at, len(found.left_out))


def _goods(policy: Policy | None) -> Goods | None:
    if policy is None or not isinstance(policy.amount, InKind):
        return None
    return Goods(annual_quantity=policy.amount.annual_quantity, unit=policy.amount.unit)


def _components(before: Policy | None, after: Policy, members: dict[str, Counter[str]]) -> list[Component]:
    """Those of the candidate first, then those that it no longer has."""
    had = {} if before is None else {one.code: one for one in before.components}
    gets = {one.code: one for one in after.components}
    return [
        Component(
            code=code,
            name=one.name,
            members_before=members["before"][code],
            members_after=members["after"][code],
            annual_idr_before=members["before"][code] * (had[code].annual_idr if code in had else 0),
            annual_idr_after=members["after"][code] * (gets[code].annual_idr if code in gets else 0),
        )
        for code, one in (gets | {code: one for code, one in had.items() if code not in gets}).items()
    ]


def _named(rows: pl.DataFrame, so_far: Counter[Change]) -> list[Named]:
    found = []
    for change in (Change.WINS, Change.LOSES):
        part = rows.filter(pl.col("change") == change.value).head(MOST_NAMED - so_far[change])
        found += [
            Named(
                household_id=row["id"],
                regency=row["regency"],
                change=change,
                annual_idr_before=row["before.annual_idr"],
                annual_idr_after=row["after.annual_idr"],
            )
            for row in part.iter_rows(named=True)
        ]
    return found


def answer(request: bytes) -> bytes:
    """The answer to a request, both as JSON, of a process that does nothing else. Raises psycopg's errors."""
    work = msgspec.json.decode(request, type=Work)
    # Whoever asked may be gone, and could not end it any more.
    signal.alarm(math.ceil(work.within_s) + ENDS_S)
    try:
        found = simulate(work)
    except reading.RunningError:
        found = Found(refused="simulation_running")
    except psycopg.errors.QueryCanceled:
        found = Found(refused="simulation_too_long")
    except (Unavailable, RecordsMissingError) as error:
        print(type(error).__name__, file=sys.stderr)  # the service's log tells it
        found = Found(refused="simulation_past_unreadable")
    return msgspec.json.encode(found)
