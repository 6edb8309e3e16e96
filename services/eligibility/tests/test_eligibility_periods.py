"""Periods on a real PostgreSQL: lists exactly at a cut, sealed once, and held against a fold of the log."""

import asyncio
import threading
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, LiteralString
from uuid import UUID

import msgspec
import psycopg
import pytest
from deciding_office import Office
from padan_eligibility.domain.drafts import Person, RefusedError
from padan_eligibility.domain.periods import Asked, check_over, closes_from
from padan_eligibility.facts.handler import READER
from padan_eligibility.periods import versions
from padan_eligibility.periods.differing import Difference, difference
from padan_eligibility.periods.repository import MOST_PARKED, Period
from padan_eligibility.places.quotas import QuotaAsked, set_quota
from padan_events import decode
from padan_events.periods import REGISTER_KEY, PeriodClosed, PeriodKind, PeriodOpened
from padan_events.places import AllocationRoundClosed, PlaceAwarded, PlaceFact, PlaceReleased, Promoted
from padan_events.topics import HOUSEHOLD_EVENTS, PROGRAMME_EVENTS
from padan_runtime import log
from periods_given import REGENCIES, Desk

MINISTRY = Person("user:minister", "ministry", "ID")
FEBRUARY = Asked(kind=PeriodKind.UPDATE_MONTH, name="2026-02")
FIRST_STAGE = Asked(kind=PeriodKind.DISBURSEMENT_STAGE, name="2026-T1", programme="pkh")
NOW = datetime(2026, 3, 2, tzinfo=UTC)


async def close(desk: Desk, asked: Asked, key: str = "k", by: Person = MINISTRY) -> Period:
    """Open and close it, in a thread, as the service does."""
    await asyncio.to_thread(desk.closing.open, by, asked)
    return await asyncio.to_thread(desk.closing.close, by, asked.id, key, desk.cut, now=NOW)


def told(period: Period) -> PeriodClosed:
    assert period.closed is not None
    return period.closed


async def under_traffic(desk: Desk, asked: Asked, seed: int) -> PeriodClosed:
    """Close it while the register goes on, with the facts beyond the cut in ten shards when it is answered."""
    desk.random.seed(seed)
    desk.wait_for, stop = desk.beyond(10), threading.Event()
    traffic = asyncio.create_task(desk.traffic(stop, behind=seed % 2 == 0))
    ages = asyncio.create_task(desk.ages(stop))
    try:
        return told(await close(desk, asked))
    finally:
        stop.set()
        await traffic
        await ages


def quotas(desk: Desk, places: int) -> None:
    for regency in REGENCIES:
        asked = QuotaAsked(programme="pkh", regency=regency, places=places, request=f"{regency}:{places}")
        set_quota(desk.database, desk.office.policies, MINISTRY, asked, READER)


@pytest.fixture
async def desk(office: Office) -> Desk:
    made = Desk(office)
    for number in range(60):
        made.family(number, 1 + number % 7, REGENCIES[number % 3])
    await made.read()
    return made


@pytest.mark.parametrize("seed", range(4))
async def test_the_list_of_a_month_is_the_register_at_its_cut_whatever_happens_meanwhile(desk: Desk, seed: int) -> None:
    closed = await under_traffic(desk, FEBRUARY, seed)
    lines = desk.lines(FEBRUARY.id)
    assert {one.household_id: (one.regency, one.state, one.decile) for one in lines} == desk.fold(closed.cut)
    entitled = desk.entitled(closed.cut, closed.decided)
    assert {one.household_id: one.programmes for one in lines} == {
        one.household_id: entitled.get(one.household_id, {}) for one in lines
    }
    assert any(one.programmes for one in lines)
    assert closed.families == len(lines) == sum(part.families for part in closed.regencies)
    assert closed.digest == sha256(b"".join(one.canonical() for one in lines)).hexdigest()
    for part in closed.regencies:
        own = b"".join(one.canonical() for one in lines if one.regency == part.regency)
        assert part.digest == sha256(own).hexdigest()
    with desk.database.transaction() as connection:
        left = connection.execute("SELECT count(*) FROM period_closing").fetchone()
    assert left == (0,)


@pytest.mark.parametrize("seed", range(4))
async def test_the_list_of_a_stage_is_who_holds_a_place_at_its_cut_and_nobody_who_died_is_on_it(
    desk: Desk, seed: int
) -> None:
    quotas(desk, 10)
    await desk.allocator.look(asyncio.Event())
    rounds, over = threading.Event(), asyncio.Event()

    async def allocate() -> None:
        while not rounds.is_set():
            await desk.allocator.look(over)

    others = asyncio.create_task(allocate())
    try:
        closed = await under_traffic(desk, FIRST_STAGE, seed)
    finally:
        rounds.set()
        over.set()
        await others
    lines = desk.lines(FIRST_STAGE.id)
    holds: dict[Any, str] = {}
    up_to = {part.regency: part.ledger_seq or 0 for part in closed.regencies}
    facts = [decode(event.type, event.value) for event in desk.log()]
    ordered = sorted((one for one in facts if isinstance(one, PlaceFact)), key=lambda one: (one.round, one.ledger_seq))
    for fact in ordered:
        if fact.ledger_seq > up_to.get(fact.regency, 0):
            continue
        if isinstance(fact, PlaceAwarded | Promoted):
            holds[fact.household_id] = fact.regency
        elif isinstance(fact, PlaceReleased) and holds.get(fact.household_id) == fact.regency:
            del holds[fact.household_id]
    assert {one.household_id: one.regency for one in lines} == holds
    register = desk.fold(closed.cut)
    assert {one.household_id for one in lines} <= register.keys()
    assert all(one.regency == register[one.household_id][0] for one in lines)
    last = [one for one in facts if isinstance(one, AllocationRoundClosed)]
    assert all(tuple(one.cut) <= closed.cut for one in last if one.ledger_seq <= up_to.get(one.regency, 0))
    entitled = desk.entitled(closed.cut, closed.decided)
    for one in lines:
        assert (one.annual_idr is not None) == ("pkh" in entitled.get(one.household_id, {}))
    assert (
        closed.amount_idr
        == sum(one.amount_idr or 0 for one in lines)
        == 750_000 * sum((one.annual_idr or 0) // 3_000_000 for one in lines)
    )


async def test_a_period_is_closed_once_and_the_same_request_is_answered_the_same(desk: Desk) -> None:
    closed = await close(desk, FEBRUARY, "first")
    before = desk.lines(FEBRUARY.id)
    desk.goes_on(2)
    await desk.read()
    assert await close(desk, FEBRUARY, "first") == closed
    for key, by in (("second", MINISTRY), ("first", Person("user:other", "ministry", "ID"))):
        with pytest.raises(RefusedError, match="period_closed"):
            await close(desk, FEBRUARY, key, by)
    with pytest.raises(RefusedError, match="period_key_reused"):
        await close(desk, FIRST_STAGE, "first")
    assert desk.lines(FEBRUARY.id) == before
    opened, done = [decode(one.type, one.value) for one in desk.log(PROGRAMME_EVENTS.name) if one.key == REGISTER_KEY]
    assert isinstance(opened, PeriodOpened)
    assert done == closed.closed
    desk.office.policies.refresh()  # who reads policies passes over periods
    assert desk.office.policies.latest("pkh") is not None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE period_list SET decile = 1",
        "DELETE FROM period_list",
        "TRUNCATE period_list",
        "INSERT INTO period_list (period_id, household_id, regency) SELECT period_id, period_id, '3318' FROM period",
        "UPDATE period SET closed = NULL, closed_at = NULL, request = NULL",
        "DELETE FROM period",
        "TRUNCATE period",
    ],
)
async def test_a_sealed_list_is_never_changed_not_even_by_the_owner(
    desk: Desk, owner_url: str, statement: LiteralString
) -> None:
    await close(desk, FEBRUARY)
    before = desk.lines(FEBRUARY.id)
    with psycopg.connect(owner_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)
    assert desk.lines(FEBRUARY.id) == before != []


@pytest.mark.parametrize("asked", [FEBRUARY, FIRST_STAGE], ids=["month", "stage"])
async def test_what_breaks_before_the_commit_leaves_the_period_open_and_nothing_else(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, asked: Asked
) -> None:
    quotas(desk, 5)
    await asyncio.to_thread(desk.closing.open, MINISTRY, asked)
    log_before, append = len(desk.log()), log.append

    def breaks(connection: Any, entries: Any) -> Any:
        append(connection, entries)
        connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as patch:
        patch.setattr(log, "append", breaks)
        with pytest.raises(psycopg.OperationalError):
            await close(desk, asked)
    assert desk.lines(asked.id) == []
    assert len(desk.log()) == log_before
    closed = await close(desk, asked)
    assert told(closed).families == len(desk.lines(asked.id)) > 0


async def test_periods_are_closed_in_their_order_when_they_are_over_by_local_time(desk: Desk) -> None:
    january, march = (Asked(kind=PeriodKind.UPDATE_MONTH, name=name) for name in ("2026-01", "2026-03"))
    await asyncio.to_thread(desk.closing.open, MINISTRY, january)
    with pytest.raises(RefusedError, match="period_earlier_open"):
        await close(desk, FEBRUARY)
    first = await close(desk, january, "january")
    second = await close(desk, FEBRUARY, "february")
    assert told(second).previous == first.period_id
    with pytest.raises(RefusedError, match="period_later_closed"):
        await close(desk, Asked(kind=PeriodKind.UPDATE_MONTH, name="2025-12"))
    with pytest.raises(RefusedError, match="period_not_over"):
        await close(desk, march)
    papua = Asked(kind=PeriodKind.UPDATE_MONTH, name="2026-02", region="9171")
    over = datetime(2026, 2, 28, 15, 30, tzinfo=UTC)  # half an hour into March in Jayapura, and not yet in Jakarta
    check_over(papua, over)
    with pytest.raises(RefusedError, match="period_not_over"):
        check_over(FEBRUARY, over)
    assert [closes_from(Asked(kind=PeriodKind.HALF_YEAR_SET, name=f"2026-H{half}")) for half in (1, 2)] == [
        date(2026, 7, 1),
        date(2026, 12, 1),
    ]


@pytest.mark.parametrize(
    ("person", "asked", "code"),
    [
        (Person("user:o", "social_office", "3318"), FEBRUARY, "period_not_yours"),
        (
            Person("user:p", "province", "33"),
            Asked(kind=PeriodKind.UPDATE_MONTH, name="2026-02", region="33"),
            "not_yours",
        ),
        (Person("user:o", "social_office", "3318"), FIRST_STAGE, "period_not_yours"),
        (MINISTRY, Asked(kind=PeriodKind.UPDATE_MONTH, name="2026-H1"), "period_name_invalid"),
        (MINISTRY, Asked(kind=PeriodKind.UPDATE_MONTH, name="2026-02", programme="pkh"), "period_programme_misplaced"),
        (MINISTRY, Asked(kind=PeriodKind.DISBURSEMENT_STAGE, name="2026-T1", programme="none"), "programme_unknown"),
    ],
)
async def test_a_period_is_its_own_office_s(desk: Desk, person: Person, asked: Asked, code: str) -> None:
    with pytest.raises(RefusedError, match=code):
        desk.closing.open(person, asked)
    desk.closing.open(Person("user:o", "social_office", "3318"), msgspec.structs.replace(FEBRUARY, region="3318"))
    half = Asked(kind=PeriodKind.HALF_YEAR_SET, name="2025-H2", region="33")
    desk.closing.open(Person("user:p", "province", "33"), half)


async def test_a_list_is_not_sealed_over_events_that_wait_parked(desk: Desk) -> None:
    family = min(desk.lives)
    death = desk.told[-1]
    with desk.database.transaction() as connection:
        connection.execute(
            "INSERT INTO parked (parked_id, reader, topic, shard, pos, record_offset, cluster_id, key, headers, value, "
            "reason) VALUES (gen_random_uuid(), %s, %s, %s, 1, 1, 'x', %s, '', %s, 'handler_failed')",
            [READER, death.topic, death.shard, str(family).encode(), b'{"regency":"3374"}'],
        )
    there, elsewhere = desk.lives[family][0], "3319"
    for region, fits in (("ID", False), (there, False), ("3374", False), (elsewhere, True)):
        office = MINISTRY if region == "ID" else Person("user:o", "social_office", region)
        asked = msgspec.structs.replace(FEBRUARY, region=region)
        if fits:
            assert (await close(desk, asked, region, office)).closed is not None
        else:
            with pytest.raises(RefusedError, match="period_events_parked"):
                await close(desk, asked, region, office)


async def test_a_list_is_not_sealed_where_more_wait_parked_than_are_looked_at(desk: Desk) -> None:
    office = Person("user:o", "social_office", "3319")
    asked = msgspec.structs.replace(FEBRUARY, region="3319")
    with desk.database.transaction() as connection:
        connection.execute(
            "INSERT INTO parked (parked_id, reader, topic, shard, pos, record_offset, cluster_id, key, headers, value, "
            "reason) SELECT gen_random_uuid(), %s, %s, 0, -n, n, 'x', convert_to(gen_random_uuid()::text, 'UTF8'), '', "
            "%s, 'handler_failed' FROM generate_series(1, %s) n",
            [READER, HOUSEHOLD_EVENTS.name, b'{"regency":"3374"}', MOST_PARKED + 1],
        )
    with pytest.raises(RefusedError, match="period_events_parked"):
        await close(desk, asked, "1", office)
    with desk.database.transaction() as connection:
        connection.execute("DELETE FROM parked WHERE pos = -1")
    assert (await close(desk, asked, "1", office)).closed is not None


async def test_the_difference_of_two_stages_names_who_came_and_went_and_the_events_that_say_why(desk: Desk) -> None:
    quotas(desk, 5)
    first = await close(desk, FIRST_STAGE, "1")
    held = {one.household_id for one in desk.lines(FIRST_STAGE.id)}
    gone = next(one for one in sorted(held) if desk.lives[one][0] == "3318")
    desk.ends(gone)
    death = desk.told[-1]
    moved = next(one for one in sorted(held - {gone}) if desk.lives[one][0] == "3318")
    desk.moves(moved, "3374")
    await desk.read()
    second_stage = msgspec.structs.replace(FIRST_STAGE, name="2026-T2")
    second = await close(desk, second_stage, "2")
    found = differ(desk, first, second)
    out = next(one for one in found.families if one.change == "out")
    assert (out.household_id, out.why, out.caused_by) == (gone, "left_the_register", death.event_id)
    came = next(one for one in found.families if one.change == "in")
    assert came.why == "promoted"
    assert came.caused_by == out.event_id
    (changed,) = [one for one in found.families if "regency" in one.fields]
    assert (changed.household_id, changed.why) == (moved, "moved_along")
    totals = {one.regency: one for one in found.regencies or ()}
    assert (totals["3318"].families_before, totals["3318"].families_after) == (5, 4)
    assert (totals["3318"].into, totals["3318"].out) == (1, 1)
    assert totals["3374"].changed == 1
    only = differ(desk, first, second, "3374")
    assert {one.household_id for one in only.families} == {moved}
    assert [one.regency for one in only.regencies or ()] == ["3374"]
    with desk.database.transaction() as connection:
        behind = found.families[0].household_id
        rest = difference(connection, first, second, "", behind=behind, limit=1_000)
    assert (rest.regencies, rest.families) == (None, found.families[1:])
    with pytest.raises(RefusedError, match="periods_not_alike"):
        differ(desk, first, await close(desk, FEBRUARY, "3"))


async def test_the_difference_of_two_months_names_the_events_of_the_register(desk: Desk) -> None:
    january = msgspec.structs.replace(FEBRUARY, name="2026-01")
    first = await close(desk, january, "1")
    dead, ranked, mover, *_ = sorted(one for one, (regency, _) in desk.lives.items() if regency == "3318")
    desk.ends(dead)
    death = desk.told[-1]
    desk.told.append(desk.register.rank(ranked, 10))
    desk.moves(mover, "3374")
    move = desk.told[-1]
    new = desk.family(900, 3)
    await desk.read()
    found = {one.household_id: one for one in differ(desk, first, await close(desk, FEBRUARY, "2")).families}
    assert found.keys() == {dead, ranked, mover, new}
    assert (found[dead].change, found[dead].why, found[dead].event_id) == ("out", "last_member_died", death.event_id)
    assert (found[new].change, found[new].why) == ("in", "proposed")
    assert (found[mover].why, found[mover].event_id, found[mover].fields[0]) == ("moved", move.event_id, "regency")
    assert "decile" in found[ranked].fields
    assert found[ranked].why is None


async def test_the_stages_of_a_year_come_to_the_year_s_amount(desk: Desk) -> None:
    quotas(desk, 3)
    paid = 0
    for stage in range(1, 5):
        closed = told(await close(desk, msgspec.structs.replace(FIRST_STAGE, name=f"2026-T{stage}"), str(stage)))
        paid += closed.amount_idr or 0
    assert paid == sum(one.annual_idr or 0 for one in desk.lines(FIRST_STAGE.id)) > 0


def differ(desk: Desk, before: Period, after: Period, prefix: str = "") -> Difference:
    with desk.database.transaction() as connection:
        return difference(connection, before, after, prefix, behind=UUID(int=0), limit=1_000)


async def test_a_closing_that_took_too_long_is_refused_and_begins_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(versions, "CLOSES_WITHIN_S", 0)
        with pytest.raises(RefusedError, match="period_facts_behind"):
            await close(desk, FEBRUARY)
    assert desk.lines(FEBRUARY.id) == []
    assert told(await close(desk, FEBRUARY)).families == len(desk.lives)


async def test_of_those_who_close_at_once_one_does_and_its_own_request_is_answered_the_same(desk: Desk) -> None:
    await asyncio.to_thread(desk.closing.open, MINISTRY, FEBRUARY)
    asked = threading.Barrier(3)
    answered: list[Period | str] = []

    def closes(key: str) -> None:
        asked.wait()
        try:
            answered.append(desk.closing.close(MINISTRY, FEBRUARY.id, key, desk.cut, now=NOW))
        except RefusedError as error:
            answered.append(error.code)

    await asyncio.gather(*(asyncio.to_thread(closes, key) for key in ("one", "one", "other")))
    closed = [one for one in answered if isinstance(one, Period)]
    refused = [one for one in answered if not isinstance(one, Period)]
    assert {told(one) for one in closed} == {told(closed[0])}
    assert sorted((len(closed), len(refused))) == [1, 2]
    assert set(refused) == {"period_closed"}
    assert len(desk.log(PROGRAMME_EVENTS.name)) == len({one.event_id for one in desk.log(PROGRAMME_EVENTS.name)})
    assert len(desk.lines(FEBRUARY.id)) == told(closed[0]).families == len(desk.lives)
