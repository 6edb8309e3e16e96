"""Rebuilding the views on real servers: only what differs changes, while events go on and people read."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from gateway_given import TIME, VILLAGES, household_id, person_id
from gateway_world import World
from kafka_peer import send
from padan_cli.platform import Platform
from padan_events.personal import MapPoint
from padan_gateway.maintenance import of
from padan_gateway.settings import GatewaySettings
from padan_runtime.rebuild.run import Rebuild
from padan_runtime.rebuild.view import Report
from psycopg import sql

HOUSEHOLDS = 60
UNTOUCHED = dict.fromkeys(
    (
        "relocation_view",
        "seen_move_view",
        "round_view",
        "verification_view",
        "programme_view",
        "objection_view",
        "place_view",
        "ledger_view",
        "review_view",
        "payment_view",
        "recovery_view",
    ),
    (0, 0, 0),
)
"""Views of which these events say nothing."""
VISITED = range(10)
EVENTS = 4 * HOUSEHOLDS + 3 * len(VISITED)
PLACE = MapPoint(latitude=-6.7545, longitude=111.0381, accuracy_m=8.5, captured_at=TIME)


class Superuser:
    """Who stands outside of every rule, as whoever damages a table by hand."""

    def __init__(self, platform: Platform, world: World) -> None:
        name = world.owner_url.rpartition("/")[2]
        self._url = platform.database_url("postgres", "padan").rpartition("/")[0] + f"/{name}"

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url) as connection:
            cursor = connection.execute(sql.SQL(statement), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def until(self, statement: str, expected: tuple[Any, ...]) -> None:
        ends = time.monotonic() + 40
        while (found := self.rows(statement)) != [expected]:
            assert time.monotonic() < ends, found
            time.sleep(0.05)  # the projector writes as it comes to it: nothing to wait on but its rows


@pytest.fixture
def world(fresh_topics: str, make_world: Callable[..., World]) -> World:
    """A gateway that has read events of 60 households."""
    world = make_world(projecting=True)
    register = world.register
    events = [register.propose(row, village=VILLAGES[row % 3]) for row in range(HOUSEHOLDS)]
    events += [register.match(row) for row in range(HOUSEHOLDS)]
    events += [register.decide(row, programme) for row in range(HOUSEHOLDS) for programme in ("pkh", "sembako")]
    events += [event for row in VISITED for event in register.visit(row, PLACE)]
    asyncio.run(send(fresh_topics, events))
    return world


@pytest.fixture
def superuser(platform: Platform, world: World) -> Superuser:
    made = Superuser(platform, world)
    made.until("SELECT count(*), count(civil_status) FROM household_view", (HOUSEHOLDS, HOUSEHOLDS))
    made.until("SELECT count(*) FROM decision_view", (2 * HOUSEHOLDS,))
    made.until("SELECT count(*) FROM visit_view WHERE assessed_on IS NOT NULL", (len(VISITED),))
    return made


@pytest.fixture
def settings(make_settings: Callable[..., GatewaySettings], world: World) -> GatewaySettings:
    return make_settings(world.household_url, "http://127.0.0.1:9")


async def rebuild(settings: GatewaySettings, **how: bool) -> Report:
    opened = of(settings)
    assert opened.owner_url is not None
    try:
        rebuild = Rebuild(opened.views[0], url=opened.url, owner_url=opened.owner_url, kafka=opened.kafka)
        return await rebuild.run(**how)
    finally:
        await opened.close()


def differences(report: Report) -> dict[str, tuple[int, int, int]]:
    return {name: (found.missing, found.surplus, found.altered) for name, found in report.differences.items()}


def test_damaged_rows_are_mended_and_no_others_while_events_come_and_people_read(
    world: World, superuser: Superuser, settings: GatewaySettings, fresh_topics: str
) -> None:
    superuser.rows("DELETE FROM household_view WHERE household_id = %s", household_id(1))
    superuser.rows("UPDATE person_view SET name = 'Orang Lain' WHERE person_id = %s", person_id(2, 0))
    superuser.rows(
        "INSERT INTO person_view SELECT gen_random_uuid(), membership_seq, household_id, province, regency, district, "
        "village, 9, name, nik, nik_hash, birth_date, sex, relationship FROM person_view WHERE person_id = %s",
        person_id(3, 0),
    )
    superuser.rows(
        "UPDATE decision_view SET outcome = 'not_entitled' WHERE household_id = %s AND programme = 'pkh'",
        household_id(4),
    )
    superuser.rows("UPDATE visit_view SET latitude = 0 WHERE household_id = %s", household_id(6))
    superuser.rows("DELETE FROM evidence_view WHERE household_id = %s", household_id(8))
    untouched = superuser.rows("SELECT xmin::text FROM person_view WHERE person_id = %s", person_id(5, 1))
    done, seen = threading.Event(), []

    def write() -> None:
        rows = iter(range(10, 10 + 45))
        while not done.is_set() and (row := next(rows, None)) is not None:
            asyncio.run(send(fresh_topics, [world.register.rank(row, 1 + row % 10)]))

    def read() -> None:
        while not done.is_set():
            seen.append(len(world.get("/v1/households?limit=100").json()["households"]))

    threads = [threading.Thread(target=write), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    try:
        report = asyncio.run(rebuild(settings, verify=True))
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert differences(report) == {
        **UNTOUCHED,
        "household_view": (1, 0, 0),
        "person_view": (0, 1, 1),
        "decision_view": (0, 0, 1),
        "evidence_view": (1, 0, 0),
        "visit_view": (0, 0, 1),
    }
    named = {name: found.households for name, found in report.differences.items()}
    assert named["household_view"] == (str(household_id(1)),)
    assert sorted(named["person_view"]) == sorted((str(household_id(2)), str(household_id(3))))
    assert named["decision_view"] == (str(household_id(4)),)
    assert named["visit_view"] == (str(household_id(6)),)
    assert named["evidence_view"] == (str(household_id(8)),)
    assert seen
    assert set(seen) <= {HOUSEHOLDS - 1, HOUSEHOLDS}, "nobody saw an empty view"
    assert superuser.rows("SELECT xmin::text FROM person_view WHERE person_id = %s", person_id(5, 1)) == untouched
    superuser.until(
        "SELECT sum(pos)::int FROM reader_position WHERE topic = 'household.events.v1'",
        (sum(world.register.vector("household.events.v1")),),
    )
    after = asyncio.run(rebuild(settings, switch=False))
    assert (after.different, after.switched) == (0, False)
    shown = world.get(f"/v1/households/{household_id(1)}").json()
    assert UUID(shown["household_id"]) == household_id(1)


@pytest.fixture
def killed(settings: GatewaySettings, superuser: Superuser, tmp_path: Path) -> None:
    """A rebuild that was killed when its tables stood, before it compared."""
    script = tmp_path / "rebuild.py"
    script.write_text(
        "import asyncio, os, signal\n"
        "from padan_runtime.rebuild import comparing\n"
        "from padan_gateway.settings import GatewaySettings\n"
        "from padan_gateway.maintenance import of\n"
        "from padan_runtime.rebuild.run import Rebuild\n"
        "comparing.compare = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"opened = of(GatewaySettings.model_validate_json({settings.model_dump_json()!r}))\n"
        "rebuild = Rebuild(opened.views[0], url=opened.url, owner_url=opened.owner_url, kafka=opened.kafka)\n"
        "asyncio.run(rebuild.run())\n"
    )
    ended = subprocess.run([sys.executable, str(script)], timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL


@pytest.mark.usefixtures("killed")
def test_a_rebuild_that_was_killed_leaves_the_view_and_the_next_begins_afresh(
    world: World, superuser: Superuser, settings: GatewaySettings
) -> None:
    assert superuser.rows("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'rebuild%'") == [(1,)]
    assert superuser.rows("SELECT count(*) FROM household_view") == [(HOUSEHOLDS,)]
    assert world.get("/v1/households").status_code == 200
    assert superuser.rows("SELECT * FROM rebuild_report") == []
    report = asyncio.run(rebuild(settings, verify=True))
    assert (report.different, report.switched, report.verified) == (0, True, True)
    assert report.rows == {
        **dict.fromkeys(UNTOUCHED, 0),
        "household_view": HOUSEHOLDS,
        "person_view": 3 * HOUSEHOLDS,
        "decision_view": 2 * HOUSEHOLDS,
        "evidence_view": len(VISITED),
        "visit_view": len(VISITED),
    }
    assert report.events == EVENTS
    kept = superuser.rows("SELECT view, events, switched, verified, left_out FROM rebuild_report")
    assert kept == [("gateway.views", EVENTS, True, True, [])]
    assert superuser.rows("SELECT 1 FROM pg_namespace WHERE nspname LIKE 'rebuild%'") == []

    # Comparing only changes nothing.
    superuser.rows("DELETE FROM decision_view WHERE household_id = %s", household_id(7))
    found = asyncio.run(rebuild(settings, switch=False))
    assert differences(found)["decision_view"] == (2, 0, 0)
    assert superuser.rows("SELECT count(*) FROM decision_view") == [(2 * HOUSEHOLDS - 2,)]

    # A household that cannot be rebuilt is left out: its key is another now, while the view shows what it read.
    world.register.keys[household_id(8)] = {
        subject: type(keys)(subject, bytes(32), bytes(32))
        for subject, keys in world.register.keys[household_id(8)].items()
    }
    # Nor is one that the keyring does not know taken for erased.
    del world.register.keys[household_id(10)]
    superuser.rows("UPDATE household_view SET address = NULL WHERE household_id = %s", household_id(9))
    mended = asyncio.run(rebuild(settings, verify=True))
    assert set(mended.left_out) == {str(household_id(8)), str(household_id(10))}
    assert {name: found for name, found in differences(mended).items() if any(found)} == {
        "household_view": (0, 0, 1),
        "decision_view": (2, 0, 0),
    }
    assert superuser.rows("SELECT count(*) FROM household_view WHERE address IS NOT NULL") == [(HOUSEHOLDS,)]
