"""What payments do while nobody asks: no list keeps the holds, or another list, from their turn."""

import asyncio

import psycopg
import pytest
from deciding_office import Office
from padan_eligibility.payments import lines, looking
from padan_eligibility.payments.shapes import Hold
from padan_events.payments import HoldReason
from padan_runtime.logs import ALLOWED
from paying_desk import OWNER, PayDesk
from structlog.testing import CapturingLogger

REFUSE = """
CREATE FUNCTION refuse_list() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'this list fails'; END $$;
CREATE TRIGGER fails BEFORE UPDATE ON payment_list FOR EACH ROW EXECUTE FUNCTION refuse_list();
"""
REFUSE_FIRST = """
CREATE OR REPLACE FUNCTION refuse_list() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM payment_list WHERE NOT complete AND list_id < NEW.list_id) THEN
        RAISE 'this list fails';
    END IF;
    RETURN NEW;
END $$;
"""


@pytest.fixture
def desk(office: Office) -> PayDesk:
    return PayDesk(office)


async def begun(desk: PayDesk, name: str) -> None:
    """A list whose maker was killed before its first page."""
    await desk.close(name)
    with pytest.raises(psycopg.errors.RaiseException, match="this list fails"):
        await desk.make()


def complete(desk: PayDesk) -> list[bool]:
    """Whether each list is complete, by its id."""
    with desk.database.transaction() as connection:
        return [one for (one,) in connection.execute("SELECT complete FROM payment_list ORDER BY made_at, list_id")]


def unfinished(desk: PayDesk) -> int:
    return complete(desk).count(False)


async def test_a_list_that_fails_each_time_stops_neither_the_holds_nor_another_list(
    desk: PayDesk, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (family,) = await desk.closed_stage(1)
    await desk.make()
    asked = Hold(line=1, reason="address_checked", request="hold", until=desk.today)
    desk.work.owning.hold(OWNER, desk.list_id, asked)
    held = desk.list_id
    with psycopg.connect(owner_url) as connection:
        connection.execute(REFUSE)
    await begun(desk, "2026-T2")
    await begun(desk, "2026-T3")
    with psycopg.connect(owner_url) as connection:
        connection.execute(REFUSE_FIRST)
        failing = connection.execute("SELECT list_id FROM payment_list WHERE NOT complete ORDER BY 1").fetchone()
    assert unfinished(desk) == 2
    desk.passes(1)
    said = CapturingLogger()
    monkeypatch.setattr(looking, "logger", lambda: said)
    with pytest.raises(psycopg.errors.RaiseException, match="this list fails"):
        await desk.look()
    assert failing is not None
    assert [call.kwargs["list_id"] for call in said.calls if call.method_name == "error"] == [str(failing[0])]
    assert "list_id" in ALLOWED, "nobody would know which one"
    (line,) = [one for one in desk.all_lines() if one.list_id == held]
    assert (line.household_id, line.holds) == (family, {})
    assert unfinished(desk) == 1
    with psycopg.connect(owner_url) as connection:
        connection.execute("DROP TRIGGER fails ON payment_list")
    await desk.look()
    assert unfinished(desk) == 0


async def test_who_is_told_to_stop_stops_behind_the_page(desk: PayDesk, owner_url: str) -> None:
    await desk.closed_stage(6)
    desk.work.making._size = 2
    with psycopg.connect(owner_url) as connection:
        connection.execute(REFUSE)
    with pytest.raises(psycopg.errors.RaiseException, match="this list fails"):
        await desk.make()
    with psycopg.connect(owner_url) as connection:
        connection.execute("DROP TRIGGER fails ON payment_list")
    stop = asyncio.Event()
    with desk.database.transaction() as connection:
        lines.hold_families(connection, alone=False)
        looking = asyncio.create_task(desk.work.looking.look(stop))
        await waited_for_families(owner_url)
        stop.set()
    await looking
    assert len(desk.all_lines()) == 2
    await desk.look()
    assert len(desk.all_lines()) == 6
    assert complete(desk) == [True]


async def waited_for_families(owner_url: str) -> None:
    """Return once somebody waits to make lines of families."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        async with asyncio.timeout(30):
            while not connection.execute(
                "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
            ).fetchone():
                await asyncio.sleep(0.01)


async def test_a_hold_of_a_list_that_is_still_being_made_comes_to_its_date(desk: PayDesk, owner_url: str) -> None:
    families = await desk.closed_stage(4)
    desk.work.making._size = 2
    with psycopg.connect(owner_url) as connection:
        connection.execute(
            "CREATE FUNCTION refuse_list() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE 'this list fails'; END $$;"
            "CREATE TRIGGER fails BEFORE UPDATE ON payment_list FOR EACH ROW WHEN (OLD.lines > 0) "
            "EXECUTE FUNCTION refuse_list()"
        )
    for family in families:
        desk.claimed_dead(family, 1)
    await desk.read()
    with pytest.raises(psycopg.errors.RaiseException, match="this list fails"):
        await desk.make()
    assert [set(line.holds) for line in desk.all_lines()] == [{HoldReason.DEATH_REPORTED}] * 2
    desk.passes(40)
    with pytest.raises(psycopg.errors.RaiseException, match="this list fails"):
        await desk.look()
    assert not [line for line in desk.all_lines() if line.holds]
