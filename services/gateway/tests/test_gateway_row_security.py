"""Row-level security: what stands between regions when everything above it has failed."""

from collections.abc import Iterator

import psycopg
import pytest
from gateway_given import ELSEWHERE, VILLAGES, a_nik, household_id
from gateway_world import World
from padan_gateway.domain.access import Action, Field, Purpose, Role
from padan_gateway.domain.regions import Scope
from padan_gateway.households import endpoints as household_endpoints
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.tokens import Caller
from psycopg import Connection

VIEWS = ("household_view", "person_view", "decision_view")


@pytest.fixture
def filled(world: World) -> World:
    """Two households in Pati, in two villages, and one in the regency beside it, each with a decision."""
    for row, village in ((1, VILLAGES[0]), (2, VILLAGES[2]), (3, ELSEWHERE)):
        world.put(world.register.propose(row, village=village), world.register.decide(row))
    return world


@pytest.fixture
def connection(filled: World) -> Iterator[Connection]:
    with psycopg.connect(filled.gateway.parts.reader.url) as connection:
        yield connection


def rows(connection: Connection) -> tuple[int, ...]:
    """How many rows of each view can be seen."""
    counted = connection.execute(
        "SELECT (SELECT count(*) FROM household_view), (SELECT count(*) FROM person_view), "
        "(SELECT count(*) FROM decision_view)"
    ).fetchone()
    assert counted is not None
    return counted


def a_caller(region: str) -> Caller:
    return Caller("tester", Role.SOCIAL_OFFICE, Scope.of(region))


def test_no_context_is_no_row(connection: Connection) -> None:
    assert rows(connection) == (0, 0, 0)


def test_each_tier_sees_its_own_region(filled: World) -> None:
    expected = {"ID": 3, "33": 3, "3318": 2, "3319": 1, "331804": 1, VILLAGES[0]: 1, ELSEWHERE: 1, "3320": 0}
    for region, households in expected.items():
        with seen_by(filled.gateway.parts.reader, a_caller(region)) as connection:
            assert rows(connection) == (households, 3 * households, households), region


def test_a_level_that_does_not_exist_sees_nothing(connection: Connection) -> None:
    for level in ("nation ", "NATION", "", "everything"):
        connection.execute("SELECT set_config('padan.level', %s, true), set_config('padan.region', '', true)", [level])
        assert rows(connection) == (0, 0, 0)


def test_a_pooled_connection_carries_no_context_into_the_next_transaction(filled: World) -> None:
    database = filled.gateway.parts.reader
    with seen_by(database, a_caller("ID")) as connection:
        backend = connection.info.backend_pid
        assert rows(connection)[0] == 3
    with database.transaction() as connection:
        assert connection.info.backend_pid == backend, "the pool gave another connection: this test shows nothing"
        assert rows(connection) == (0, 0, 0)
    with pytest.raises(ZeroDivisionError), seen_by(database, a_caller("ID")):
        raise ZeroDivisionError
    with database.transaction() as connection:
        assert rows(connection) == (0, 0, 0)


def test_without_the_checks_in_the_handlers_nothing_leaks(filled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(household_endpoints, "within", lambda caller, row: True)
    monkeypatch.setattr("padan_gateway.persons.endpoints.within", lambda caller, row: True)
    monkeypatch.setattr("padan_gateway.eligibility.endpoints.within", lambda caller, row: True)
    monkeypatch.setattr(Scope, "contains", lambda self, other: True)
    outside = f"/v1/households/{household_id(3)}"
    assert filled.get(outside).status_code == 404
    assert filled.get(f"{outside}/eligibility").status_code == 404
    asked = {"nik": a_nik(3, 0)}
    found = filled.client.post("/v1/persons:lookup", json=asked, headers=filled.signer.headers())
    assert found.status_code == 404
    for region in ("3319", "33", "ID", ELSEWHERE):
        listed = filled.get(f"/v1/households?region={region}", purpose="audit").json()["households"]
        assert str(household_id(3)) not in [household["household_id"] for household in listed]


def test_without_row_security_the_checks_in_the_handlers_hold(filled: World) -> None:
    for view in VIEWS:
        filled.as_owner(f"ALTER TABLE {view} DISABLE ROW LEVEL SECURITY")
    outside = f"/v1/households/{household_id(3)}"
    assert filled.get(outside).status_code == 404
    assert filled.get(f"{outside}/eligibility").status_code == 404
    asked = {"nik": a_nik(3, 0)}
    found = filled.client.post("/v1/persons:lookup", json=asked, headers=filled.signer.headers())
    assert found.status_code == 404
    assert len(filled.get("/v1/households").json()["households"]) == 2


def test_the_owner_is_under_the_policies_too(filled: World) -> None:
    with psycopg.connect(filled.owner_url) as owner:
        assert rows(owner) == (0, 0, 0)


def test_the_reader_can_neither_change_a_view_nor_see_the_log(connection: Connection) -> None:
    for statement in (
        "DELETE FROM household_view",
        "UPDATE household_view SET village = '3318042007'",
        "INSERT INTO decision_view SELECT * FROM decision_view",
        "SELECT * FROM access_log",
        "UPDATE access_log SET subject = 'nobody'",
        "DELETE FROM access_log",
        "SELECT * FROM reader_position",
        "ALTER TABLE household_view DISABLE ROW LEVEL SECURITY",
        "SET ROLE gateway_owner",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute(statement.encode())


def test_nobody_logs_in_anothers_name(filled: World) -> None:
    other = Caller("somebody else", Role.AUDITOR, Scope.of("3318"))
    with seen_by(filled.gateway.parts.reader, a_caller("3318")) as connection:
        log_read(connection, a_caller("3318"), Purpose.AUDIT, Action.READ_HOUSEHOLD, [Field.NIK])
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            log_read(connection, other, Purpose.AUDIT, Action.READ_HOUSEHOLD, [Field.NIK])


def test_a_region_condition_reaches_its_index_under_row_security(filled: World) -> None:
    with seen_by(filled.gateway.parts.reader, a_caller("3318")) as connection:
        connection.execute("SET LOCAL enable_seqscan = off")
        plan = connection.execute(
            "EXPLAIN SELECT * FROM household_view WHERE regency = '3318' ORDER BY household_id LIMIT 50"
        ).fetchall()
        assert "household_view_regency" in str(plan)
        assert "Sort" not in str(plan)
