"""A simulation out of real tables, whole and in parts, and the process that holds it."""

import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import msgspec
import polars as pl
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_eligibility.domain.decision import decide
from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.domain.policy import Policy
from padan_eligibility.policies import packaged
from padan_eligibility.simulation import reading
from padan_eligibility.simulation.comparing import compare
from padan_eligibility.simulation.messages import Work
from padan_eligibility.simulation.running import Simulations
from padan_eligibility.simulation.work import simulate
from padan_events.need_kinds import NeedKind
from padan_runtime.problems import Problem
from policies_given import FAMILIES, POLICIES, family
from psycopg import Connection
from psycopg.types.json import Jsonb

DAY = date(2026, 3, 2)
PKH = next(policy for policy in packaged() if policy.programme == "pkh")


def spread(number: int) -> UUID:
    """Ids all over the range, as those of households are."""
    return UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC834 % (1 << 128))


def write_needs(
    connection: Connection[Any], household_id: UUID, person_id: UUID | None, kinds: Sequence[NeedKind]
) -> None:
    """Those that are met already are nobody's."""
    for kind, met in (*((kind, False) for kind in kinds), *((kind, True) for kind in NeedKind)):
        connection.execute(
            "INSERT INTO need_fact (need_id, household_id, person_id, kind, met) VALUES (%s, %s, %s, %s, %s)",
            [uuid4(), household_id, person_id, kind, met],
        )


def write_other_record(connection: Connection[Any], person_id: UUID) -> UUID:
    """Two records of a person that were merged into the one that stays, one after the other; the first of them."""
    first, second = uuid4(), uuid4()
    for one, same_as in ((first, second), (second, person_id)):
        connection.execute(
            "INSERT INTO person_alias (person_id, household_id, same_as, membership_seq, event_id, type, told_at) "
            "VALUES (%s, %s, %s, 2, %s, 'merged', '2026-03-02')",
            [one, UUID(int=0), same_as, uuid4()],
        )
    return first


def write_review(connection: Connection[Any], of: HouseholdFacts, person_id: UUID, outcome: str | None) -> None:
    connection.execute(
        "INSERT INTO review (review_id, household_id, person_id, match_id, match, matched_on, matched_in, reported_by, "
        "opened_on, due_on, tier, outcome, changes) "
        "VALUES (%(id)s, %(home)s, %(person)s, %(id)s, '', %(day)s, %(home)s, 'x', %(day)s, %(day)s, 'ministry', "
        "%(outcome)s, 1)",
        {"id": uuid4(), "home": of.household_id, "person": person_id, "day": DAY, "outcome": outcome},
    )


def write(connection: Connection[Any], population: list[HouseholdFacts]) -> None:
    """Families into the tables of facts, as the fact stream leaves them."""
    connection.execute("TRUNCATE household_fact, person_fact, review, place, need_fact, person_alias")
    for one in population:
        circumstances = None if one.circumstances is None else Jsonb(msgspec.to_builtins(one.circumstances))
        connection.execute(
            "INSERT INTO household_fact (household_id, regency, state, decile, caretaker, circumstances, proposed_for, "
            "shard, pos) VALUES (%s, %s, %s, %s, %s, %s, %s, 0, 1)",
            [
                one.household_id, one.regency, one.state.value, one.decile, one.household_id, circumstances,
                list(one.proposed_for),
            ],
        )  # fmt: skip
        write_needs(connection, one.household_id, None, one.needs)
        for place in one.places:
            connection.execute(
                "INSERT INTO place (programme, household_id, regency, held, decile, unmet, determined_on, round) "
                "VALUES (%s, %s, %s, %s, 1, 0, %s, 1)",
                [place.programme, one.household_id, one.regency, place.held, DAY],
            )
        if one.under_review:
            write_review(connection, one, UUID(int=0), None)
        if one.barred and one.persons:
            write_review(connection, one, one.persons[0].person_id, "founded")
        for person in one.persons:
            write_needs(connection, UUID(int=0), person.person_id, person.needs[1:])
            if person.needs:
                write_needs(connection, UUID(int=0), write_other_record(connection, person.person_id), person.needs[:1])
            agrees = {None: None, True: [], False: ["name"]}[person.identity_agrees]
            connection.execute(
                "INSERT INTO person_fact (person_id, household_id, membership_seq, known, birth_date, school, "
                "school_until, pregnant, severe_disability, sex, disabilities, identity_conflicts) "
                "VALUES (%s, %s, 1, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    person.person_id, one.household_id, person.known, person.birth_date, person.school,
                    person.school_until, person.pregnant, person.severe_disability, person.sex,
                    list(person.disabilities), agrees,
                ],
            )  # fmt: skip


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.none() | POLICIES, POLICIES, st.lists(FAMILIES, min_size=1, max_size=8), st.integers(1, 9))
def test_what_is_read_in_parts_of_any_size_is_decided_as_each_family_is(
    make_database: MakeDatabase,
    shared: dict[str, str],
    before: Policy | None,
    after: Policy,
    said: list[dict[str, Any]],
    at_once: int,
) -> None:
    url = shared.setdefault("url", "") or shared.setdefault("made", make_database("eligibility").owner_url)
    shared["url"] = url
    families = (family(n, one) for n, one in enumerate(said, 1))
    population = sorted(
        (
            # Of a household that nobody lives in nobody bars it.
            msgspec.structs.replace(one, household_id=spread(n), barred=one.barred and bool(one.persons))
            for n, one in enumerate(families, 1)
        ),
        key=lambda one: one.household_id,
    )
    with psycopg.connect(url) as connection:
        write(connection, population)
    for region in ("", "33", "3318"):
        there = [one for one in population if one.regency.startswith(region)]
        with reading.snapshot(url, 60) as connection:
            parts = list(
                reading.populations(connection, region, [after] if before is None else [before, after], (), at_once)
            )
        rows = pl.concat([compare(before, after, part.households, part.persons, DAY) for part in parts])
        decided = [decide(after, one, DAY) for one in there]
        assert rows.select("id", "after.outcome", "after.annual_idr").rows() == [
            (str(one.household_id), decision.outcome.value, decision.annual_idr)
            for one, decision in zip(there, decided, strict=True)
        ]


@pytest.fixture
def shared() -> dict[str, str]:
    """What the examples of one property have in common."""
    return {}


def work(url: str, within_s: float = 60.0) -> Work:
    return Work(database_url=url, within_s=within_s, before=PKH, after=PKH, region="", as_of=DAY, named=False)


def test_the_dead_are_nobody_and_whoever_wins_is_named(make_database: MakeDatabase) -> None:
    url = make_database("eligibility").owner_url
    elderly = {"known": True, "birth_date": "1940-01-01", "disabilities": []}
    families = [
        family(n, {"regency": "3318", "state": "determined", "decile": 1, "persons": [elderly]}) for n in (1, 2)
    ]
    with psycopg.connect(url) as connection:
        write(connection, families)
        connection.execute("UPDATE person_fact SET died_on = %s WHERE household_id = %s", [DAY, UUID(int=1)])
    asked = msgspec.structs.replace(work(url), before=None, named=True)
    found = simulate(asked)
    assert found.total is not None
    assert (found.total.after.entitled, found.total.after.annual_idr) == (1, 2_400_000)
    assert found.named is not None
    assert [(one.household_id, one.change) for one in found.named] == [(str(UUID(int=2)), "wins")]
    assert [(one.code, one.members_after) for one in found.by_component if one.members_after] == [("elderly", 1)]


def test_the_service_itself_holds_no_tables() -> None:
    look = "import sys, padan_eligibility.bootstrap; sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0


def test_its_transaction_can_write_nothing_and_is_the_only_one(make_database: MakeDatabase) -> None:
    url = make_database("eligibility").owner_url
    with reading.snapshot(url, 60) as connection:
        with pytest.raises(reading.RunningError), reading.snapshot(url, 60):
            pass
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("DELETE FROM household_fact")


def test_the_process_answers_and_what_takes_too_long_or_finds_another_is_refused(make_database: MakeDatabase) -> None:
    url = make_database("eligibility").owner_url
    simulations = Simulations()
    found = simulations.run(work(url))
    assert found.total is not None
    assert (found.total.families, found.refused) == (0, None)
    with reading.snapshot(url, 60), pytest.raises(Problem, match="simulation_running"):
        simulations.run(work(url))
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE household_fact IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Problem, match="simulation_too_long"):
            simulations.run(work(url, within_s=1.0))


def test_a_service_that_ends_ends_its_simulation(make_database: MakeDatabase) -> None:
    url = make_database("eligibility").owner_url
    simulations = Simulations()
    raised: list[Exception] = []

    def run() -> None:
        try:
            simulations.run(work(url))
        except Exception as error:
            raised.append(error)

    with psycopg.connect(url, autocommit=True) as watch, psycopg.connect(url) as other:
        other.execute("LOCK TABLE household_fact IN ACCESS EXCLUSIVE MODE")
        thread = Thread(target=run)
        thread.start()
        waits = (
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'eligibility-simulation' "
            "AND datname = current_database() AND wait_event_type = 'Lock'"
        )
        deadline = time.monotonic() + 60
        while watch.execute(waits).fetchone() != (1,):
            assert time.monotonic() < deadline
            time.sleep(0.05)  # of another process: nothing to wait on but its session
        with pytest.raises(Problem, match="simulation_running"):
            simulations.run(work(url))
        simulations.close()
        thread.join(10)
        assert not thread.is_alive()
    assert [type(error) for error in raised] == [RuntimeError]
    with pytest.raises(RuntimeError):
        simulations.run(work(url))
