"""Places and ledgers are rebuilt from their own log, and a round that nothing came of leaves no trace in them."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import date
from uuid import UUID

import pytest
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_eligibility.places.rebuilding import view
from padan_events.recipients import Resigned
from padan_runtime.database import Database
from padan_runtime.rebuild.run import Rebuild
from padan_runtime.rebuild.view import Report
from placing_office import Office


class Rebuilding(Office):
    """An office whose places are built anew."""

    owner_url = ""

    def rebuild(self) -> Report:
        made = Rebuild(view(), url=self.database.url, owner_url=self.owner_url, kafka="127.0.0.1:9")
        return asyncio.run(made.run(verify=True))


@pytest.fixture
def office(make_database: MakeDatabase) -> Iterator[Rebuilding]:
    made = make_database("eligibility")
    database = Database(made.url, name="test")
    database.open()
    rebuilding = Rebuilding(database)
    rebuilding.owner_url = made.owner_url
    yield rebuilding
    database.close()


def busy(office: Office) -> list[UUID]:
    """Places given, waited for, released, promoted to, resigned and moved along, in several rounds."""
    office.quota(3)
    families = [office.determined(number, 1 + number % 4) for number in range(8)]
    office.round()
    office.ends(families[0])
    office.round()
    office.take(office.moved(families[4], "3374"))
    resigned = Resigned(household_id=families[1], regency="3318", confirmed_on=date(2026, 3, 1))
    office.take(office.register.happened(resigned))
    office.round()
    office.quota(2, "3374")
    office.quota(5)
    office.round()
    return families


def test_they_are_what_their_log_says_and_damage_is_mended(office: Rebuilding) -> None:
    busy(office)
    whole = office.rebuild()
    assert {table: difference.count for table, difference in whole.differences.items()} == {
        "place": 0, "ledger": 0, "allocation_round": 0,
    }  # fmt: skip
    assert whole.rows["place"] > 4
    assert whole.rows["ledger"] == 2
    before = office.ledger()
    held, waiting = sorted(before.places)[0], sorted(before.waiting)
    with office.database.transaction() as connection:
        connection.execute("DELETE FROM place WHERE household_id = %s", [held])
        connection.execute("UPDATE ledger SET quota = 77, seq = 2 WHERE regency = '3318'")
        connection.execute("UPDATE allocation_round SET round = 1")
        connection.execute("UPDATE place SET held = true WHERE household_id = ANY(%s)", [waiting])
    found = office.rebuild()
    kinds = {
        name: (difference.missing, difference.surplus, difference.altered)
        for name, difference in found.differences.items()
    }
    assert kinds == {"place": (1, 0, len(waiting)), "ledger": (0, 0, 1), "allocation_round": (0, 0, 1)}
    assert set(found.differences["place"].households) == {str(one) for one in (held, *waiting)}
    assert found.differences["ledger"].households == ()
    assert office.ledger() == before
    assert office.rebuild().different == 0


def test_rounds_wait_for_a_rebuild_and_none_is_lost(office: Rebuilding) -> None:
    busy(office)

    def rounds() -> None:
        for number in range(20, 40):
            office.determined(number, 1)
            office.round()

    writer = threading.Thread(target=rounds)
    writer.start()
    try:
        while writer.is_alive():
            assert office.rebuild().different == 0
    finally:
        writer.join()
    assert office.rebuild().different == 0


def test_a_round_that_nothing_came_of_has_no_number(office: Rebuilding) -> None:
    families = busy(office)
    told = len(office.told())
    office.ends(families[0])
    assert office.round() == 0
    assert len(office.told()) == told
    assert office.rebuild().different == 0
