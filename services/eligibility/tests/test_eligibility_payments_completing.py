"""A payment list whose lines are all written and that is not complete yet: who was killed there, who meets there."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from deciding_office import Office
from padan_eligibility.payments import lines
from padan_events import decode
from padan_events.payments import HoldReason, PaymentListMade
from padan_events.topics import PROGRAMME_EVENTS
from padan_runtime.database import Database
from paying_desk import PayDesk

FAMILIES = 6
REFUSE = """
CREATE FUNCTION refuse_to_complete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'killed here'; END $$;
CREATE TRIGGER killed BEFORE UPDATE ON payment_list FOR EACH ROW WHEN (NEW.complete)
    EXECUTE FUNCTION refuse_to_complete();
"""


@pytest.fixture
async def desk(office: Office, owner_url: str) -> PayDesk:
    """A list whose maker was killed between the last of its lines and the seal over them."""
    made = PayDesk(office)
    await made.closed_stage(FAMILIES)
    made.work.making._size = 2
    with psycopg.connect(owner_url) as connection:
        connection.execute(REFUSE)
    with pytest.raises(psycopg.errors.RaiseException, match="killed here"):
        await made.make()
    with psycopg.connect(owner_url) as connection:
        connection.execute("DROP TRIGGER killed ON payment_list")
    assert len(made.all_lines()) == FAMILIES
    return made


@contextmanager
def unreadable_lines(owner_url: str) -> Iterator[None]:
    """Nobody reads a line: a digest takes as long as this lasts."""
    with psycopg.connect(owner_url) as connection:
        connection.execute("LOCK TABLE payment_line IN ACCESS EXCLUSIVE MODE")
        yield


async def waited_for_lines(owner_url: str) -> None:
    """Return once somebody waits for the lines."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        async with asyncio.timeout(30):
            while not connection.execute(
                "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'payment_line'::regclass"
            ).fetchone():
                await asyncio.sleep(0.01)


def follows(database: Database) -> None:
    """What the reader of the facts holds before it commits, and what a result of the bank does."""
    with database.transaction() as connection:
        connection.execute("SET LOCAL lock_timeout = '2s'")
        lines.hold_families(connection, alone=True)
        connection.execute("SELECT 1 FROM payment_list FOR UPDATE")


def made_events(desk: PayDesk) -> list[PaymentListMade]:
    every = [decode(one.type, one.value) for one in desk.log(PROGRAMME_EVENTS.name)]
    return [one for one in every if isinstance(one, PaymentListMade)]


async def test_the_reader_of_the_facts_goes_on_while_the_digest_is_reckoned(desk: PayDesk, owner_url: str) -> None:
    with unreadable_lines(owner_url):
        making = asyncio.create_task(desk.make())
        await waited_for_lines(owner_url)
        follows(desk.database)
    made = await making
    (event,) = made_events(desk)
    assert (made.complete, event.lines, event.digest) == (True, FAMILIES, made.digest)


async def test_a_family_that_changes_before_the_seal_is_followed_and_leaves_the_digest_alone(desk: PayDesk) -> None:
    bereaved, *_ = (one.household_id for one in desk.all_lines())
    desk.dies(bereaved)
    await desk.read()
    assert made_events(desk) == []
    await desk.look()
    (event,) = made_events(desk)
    assert set(desk.line(bereaved).holds) == {HoldReason.CARETAKER_DIED}
    made = await desk.make()
    assert (made.complete, made.digest, made.lines) == (True, event.digest, FAMILIES)
    desk.reconciles()


async def test_many_that_complete_a_list_at_once_complete_it_once(desk: PayDesk) -> None:
    made, again, *_ = await asyncio.gather(desk.make(), desk.make(), desk.look(), desk.look())
    assert made == again
    assert len(made_events(desk)) == 1
    desk.reconciles()
