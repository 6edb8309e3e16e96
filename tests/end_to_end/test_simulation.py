"""A candidate policy held against the families of a running platform, through the one door: nothing changes."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from journeys import Stack
from oracle import come_to_rest
from padan_cli.simulate import simulate
from padan_eligibility.domain.decision import decide
from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.domain.policy import Policy
from padan_eligibility.facts.repository import read_facts
from padan_eligibility.policies import packaged
from padan_eligibility.policies.reading import read_document
from padan_eligibility.simulation import reading
from padan_gateway.regions import villages_of
from psycopg import Connection, connect, sql
from typer import Typer
from typer.testing import CliRunner, Result

OTHER = "3374"
CANDIDATE = """programme: sembako
version: "2099.1"
effective_from: 2099-01-01
name: {id: Sembako, en: Sembako}
owner: ministry
source: invented for this test
place_needs: determined
criteria:
  - {criterion: state_not_in, states: [rejected, withdrawn, deactivated]}
  - criterion: any_of
    criteria:
      - {criterion: decile_at_most, bound: 2}
      - {criterion: household_size_at_least, bound: 4}
      - {criterion: region_in, regions: ["3374"]}
amount: {reckoned: fixed, annual_idr: 2700000}
"""
OF_PATI = (
    CANDIDATE.replace("sembako", "pati_elderly")
    .replace("owner: ministry", 'owner: "3318"')
    .replace('region_in, regions: ["3374"]', 'region_in, regions: ["3318"]')
    .replace("criteria:\n", 'criteria:\n  - {criterion: region_in, regions: ["3318"]}\n', 1)
)


def facts_of(stack: Stack) -> Connection[Any]:
    return connect(stack.platform.database_url("eligibility", "padan"))


@pytest.fixture(scope="module")
def population(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> list[HouseholdFacts]:
    """Ranked families of Pati, and two that were proposed in another regency; whoever else is there."""
    batch = stack.invent(40, tmp_path_factory.mktemp("people"))
    for file in (batch.registration, batch.ranking):
        assert stack.load(file)["state"] == "done"
    village = villages_of(OTHER)[0]
    with stack.http("village_operator", village) as http:
        for name in ("TANPA KARTU", "JUGA TANPA"):
            household = {"village": village, "members": [{"name": name}]}
            proposed = http.post(
                "/v1/commands",
                json={"command": "propose_household", "household": household},
                headers={"Idempotency-Key": str(uuid4())},
            )
            assert proposed.status_code == 200, proposed.text
    come_to_rest(stack.platform)
    with facts_of(stack) as connection:
        ids = [row[0] for row in connection.execute("SELECT household_id FROM household_fact ORDER BY household_id")]
        return list(read_facts(connection, ids).values())


@pytest.fixture
def nothing_is_written(stack: Stack, population: list[HouseholdFacts]) -> Iterator[None]:
    """Every row of eligibility's tables is after a test what it was before."""
    before = contents(stack)
    yield
    assert contents(stack) == before


def contents(stack: Stack) -> Mapping[str, Any]:
    with facts_of(stack) as connection:
        tables = [
            row[0]
            for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        ]
        count = sql.SQL("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {} t")
        return {table: connection.execute(count.format(sql.Identifier(table))).fetchone() for table in tables}


def families_in(file: Path) -> list[dict[str, str]]:
    """The families that a CSV of `padan simulate` names."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return [row for row in csv.DictReader(opened) if row["part"] == "family"]


def in_force(programme: str) -> Policy:
    return next(policy for policy in packaged() if policy.programme == programme)


@pytest.mark.usefixtures("nothing_is_written")
def test_it_says_what_deciding_each_family_says_and_writes_nothing(
    stack: Stack, population: list[HouseholdFacts]
) -> None:
    candidate = read_document(CANDIDATE)
    with stack.http("ministry", "ID") as http:
        answer = http.post("/v1/simulations", json={"policy": CANDIDATE})
        of_pati = http.post("/v1/simulations", json={"policy": CANDIDATE, "region": "3318"}).json()
        of_java = http.post("/v1/simulations", json={"policy": CANDIDATE, "region": "33", "as_of": "2040-01-01"}).json()
    assert answer.status_code == 200, answer.text
    found = answer.json()
    as_of = date.fromisoformat(found["as_of"])
    assert (found["version_in_force"], found["named"], found["region"]) == ("2025.1", None, "ID")
    parts = {one["regency"]["code"]: one for one in found["by_region"]}
    assert parts.keys() == {one.regency for one in population} > {OTHER}
    for regency, part in parts.items():
        families = [one for one in population if one.regency == regency]
        for side, policy in (("before", in_force("sembako")), ("after", candidate)):
            decided = [decide(policy, one, as_of) for one in families]
            outcomes = Counter(one.outcome.value for one in decided)
            told = part[side]
            assert {name: told[name] for name in ("entitled", "not_entitled", "undetermined")} == {
                name: outcomes[name] for name in ("entitled", "not_entitled", "undetermined")
            }, regency
            assert told["annual_idr"] == sum(one.annual_idr or 0 for one in decided)
    assert parts[OTHER]["changes"]["wins"] >= 2
    assert parts["3318"]["changes"]["more"] > 0
    assert parts["3318"]["changes"]["loses"] > 0
    assert found["total"]["families"] == len(population)
    assert [one["regency"]["code"] for one in of_pati["by_region"]] == ["3318"]
    assert of_pati["by_region"][0] == parts["3318"]
    assert (of_java["as_of"], of_java["region"]) == ("2040-01-01", "33")


@pytest.mark.parametrize(
    ("role", "region", "asked", "status", "code"),
    [
        ("social_office", "3318", {"policy": OF_PATI}, 403, "role_forbidden"),
        ("programme_owner", "3318", {"policy": CANDIDATE}, 403, "policy_not_yours"),
        ("programme_owner", "3374", {"policy": OF_PATI}, 403, "policy_not_yours"),
        ("programme_owner", "3318", {"policy": OF_PATI, "region": OTHER}, 403, "region_forbidden"),
        ("programme_owner", "3318", {"policy": OF_PATI, "region": "33"}, 403, "region_forbidden"),
        ("programme_owner", "3318", {"policy": OF_PATI, "named": True}, 403, "role_forbidden"),
        ("ministry", "ID", {"policy": CANDIDATE, "named": True}, 403, "purpose_missing"),
        ("ministry", "ID", {"policy": CANDIDATE, "as_of": "2026-01-01"}, 422, "simulation_backdated"),
        ("ministry", "ID", {"policy": CANDIDATE.replace("bound: 2", "bound: 11")}, 422, "policy_invalid"),
        ("ministry", "ID", {}, 422, "candidate_missing"),
        ("ministry", "ID", {"programme": "none_such", "quotas": {"3318": 1}}, 404, "programme_unknown"),
        ("ministry", "ID", {"programme": "pkh", "region": "33", "quotas": {"5171": 1}}, 422, "quota_outside_region"),
        ("programme_owner", "3318", {"policy": OF_PATI, "quotas": {"3374": 1}}, 422, "quota_outside_programme"),
        ("ministry", "ID", {"policy": CANDIDATE, "region": "331804"}, 422, "request_invalid"),
    ],
)
@pytest.mark.usefixtures("population")
def test_who_may_not_is_told_why(
    stack: Stack, role: str, region: str, asked: dict[str, Any], status: int, code: str
) -> None:
    with stack.http(role, region) as http:
        answer = http.post("/v1/simulations", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if code == "policy_invalid":
        assert (answer.json()["line"], answer.json()["allowed"]) == (12, ["1 ... 10"])


@pytest.mark.usefixtures("nothing_is_written")
def test_a_regional_owner_sees_its_own_region(stack: Stack, population: list[HouseholdFacts]) -> None:
    with stack.http("programme_owner", "3318") as http:
        found = http.post("/v1/simulations", json={"policy": OF_PATI}).json()
    assert [one["regency"]["code"] for one in found["by_region"]] == ["3318"]
    assert found["total"]["families"] == sum(one.regency == "3318" for one in population)


@pytest.mark.usefixtures("population")
def test_a_second_one_is_refused_while_one_runs(stack: Stack) -> None:
    with facts_of(stack) as other, stack.http("ministry", "ID") as http:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [reading.LOCK])
        answer = http.post("/v1/simulations", json={"policy": CANDIDATE})
        assert (answer.status_code, answer.json()["code"]) == (409, "simulation_running")


@pytest.mark.usefixtures("nothing_is_written")
def test_the_command_prints_a_table_and_names_families_for_who_states_a_purpose(stack: Stack, tmp_path: Path) -> None:
    document, file = tmp_path / "candidate.yaml", tmp_path / "found.csv"
    document.write_text(CANDIDATE)
    app = Typer()
    app.command()(simulate)
    arguments = ["--policy", str(document), "--csv", str(file), "--names", "--purpose", "audit"]

    def reads() -> int:
        with connect(stack.platform.database_url("gateway", "padan")) as connection:
            row = connection.execute(
                "SELECT count(*) FROM access_log WHERE action = 'simulate_policy' AND purpose = 'audit' "
                "AND fields = '{explanation,name}' AND cardinality(household_ids) > 0"
            ).fetchone()
        return int(row[0]) if row else 0

    quota = ["--programme", "pkh", "--quota", "3318=1200", "--region", "33"]
    places = CliRunner().invoke(app, [*quota, "--instance", stack.platform.instance.folder.name])
    assert places.exit_code == 0, places.output
    lines = places.stdout.splitlines()
    below = next(index for index, line in enumerate(lines) if "1,200" in line)
    row = [*lines[below - 1].split(), *lines[below].split()]
    assert (row[0], row.count("1,200")) == ("3318", 1)

    before = reads()
    instance = stack.platform.instance.folder.name
    result: Result = CliRunner().invoke(app, [*arguments, "--instance", instance])
    assert result.exit_code == 0, result.output
    assert "sembako: 2025.1 (berlaku / in force) → 2099.1 (calon / candidate)" in result.stdout
    assert "3374 Kota Semarang" in result.stdout
    named = families_in(file)
    assert {row["change"] for row in named} == {"wins", "loses"}
    assert reads() == before + 1

    # Of one regency, since only the first thousand are named and other tests' families are on the platform.
    result = CliRunner().invoke(app, [*arguments, "--region", OTHER, "--instance", instance])
    assert result.exit_code == 0, result.output
    assert {"TANPA KARTU", "JUGA TANPA"} <= {row["name"] for row in families_in(file)}
    assert reads() == before + 2
