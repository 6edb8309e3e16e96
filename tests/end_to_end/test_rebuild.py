"""Every view of a running platform: held against its store, damaged, found, rebuilt while batches go on."""

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from journeys import Stack
from oracle import check_everything, come_to_rest, query
from padan_cli import maintenance as command
from padan_cli.reconcile import READERS
from padan_runtime.rebuild.run import Rebuild
from padan_runtime.rebuild.view import Report
from padan_runtime.reconciliation.asking import Found

ROWS = 300
DATABASE_OF = {
    "registry-ingest.persons": "registry_ingest",
    "eligibility.facts": "eligibility",
    "eligibility.places": "eligibility",
    "eligibility.reviews": "eligibility",
    "eligibility.payments": "eligibility",
    "gateway.views": "gateway",
}


def damage(stack: Stack, database: str, statement: str) -> int:
    """Alter rows as the superuser; how many."""
    url = stack.platform.database_url("postgres", "padan").rpartition("/")[0] + f"/{database}"
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode()).rowcount


async def opened(stack: Stack, view: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the command line opens for a view of this platform."""
    for name, value in stack.platform.instance.environment(command.SERVICE_OF[view]).items():
        monkeypatch.setenv(name, value)
    return command.open_view(view, None)


async def reconciled(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Found]]:
    found = {}
    for reader in READERS:
        opening = await opened(stack, reader, monkeypatch)
        try:
            found[reader] = await opening.reconciliations[0].once()
        finally:
            await opening.close()
    return found


async def rebuilt(stack: Stack, view: str, monkeypatch: pytest.MonkeyPatch) -> Report:
    opening = await opened(stack, view, monkeypatch)
    try:
        known = next(each for each in opening.views if each.name == view)
        rebuild = Rebuild(known, url=opening.url, owner_url=opening.owner_url, kafka=opening.kafka)
        return await rebuild.run(verify=True)
    finally:
        await opening.close()


def test_damage_is_found_and_mended_while_batches_go_on(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = stack.invent(ROWS, tmp_path)
    stack.load(batch.base)
    stack.load(batch.registration)
    come_to_rest(stack.platform)
    for reader, found in asyncio.run(reconciled(stack, monkeypatch)).items():
        assert all(each.differences == () for each in found), reader
        # The last of the gateway's are payments, of which there may be none yet: test_payments.py damages those.
        assert all(each.households > 0 for each in found[:2]), reader

    ids = [str(row[0]) for row in query(stack.platform, "gateway", "SELECT household_id FROM household_view LIMIT 6")]
    damages = {
        "gateway": [
            f"DELETE FROM household_view WHERE household_id = '{ids[0]}'",
            f"UPDATE household_view SET pos = pos - 1 WHERE household_id = '{ids[1]}'",
            f"DELETE FROM decision_view WHERE household_id = '{ids[2]}' AND programme = 'pkh'",
        ],
        "eligibility": [
            f"UPDATE household_fact SET decile = 9 WHERE household_id = '{ids[3]}'",
            f"UPDATE decision_current SET digest = 'x' WHERE household_id = '{ids[4]}' AND programme = 'pkh'",
        ],
        "registry_ingest": [f"DELETE FROM household_index WHERE household_id = '{ids[5]}'"],
    }
    for database, statements in damages.items():
        for statement in statements:
            assert damage(stack, database, statement) == 1
    damaged = asyncio.run(reconciled(stack, monkeypatch))
    assert {r: sorted({h for each in f for h in each.differences}) for r, f in damaged.items()} == {
        "gateway.views": sorted(ids[:3]),
        "eligibility.facts": [ids[3]],  # what was decided is its own log's: a rebuild compares it
        "registry-ingest.persons": [ids[5]],
    }

    later = stack.invent(ROWS, tmp_path / "later")
    writer = threading.Thread(target=lambda: [stack.load(file) for file in (later.base, later.registration)])
    writer.start()
    reports = {view: asyncio.run(rebuilt(stack, view, monkeypatch)) for view in DATABASE_OF}
    writer.join()
    assert {view: report.different for view, report in reports.items()} == {
        "registry-ingest.persons": 1,
        "eligibility.facts": 2,
        "eligibility.places": 0,
        "eligibility.reviews": 0,
        "eligibility.payments": 0,
        "gateway.views": 3,
    }
    come_to_rest(stack.platform)
    assert all(each.differences == () for f in asyncio.run(reconciled(stack, monkeypatch)).values() for each in f)
    check_everything(stack.platform)
    emitted = query(
        stack.platform, "eligibility", "SELECT sum(pos) FROM log_head WHERE topic = 'eligibility.events.v1'"
    )
    for view in DATABASE_OF:
        again = asyncio.run(rebuilt(stack, view, monkeypatch))
        assert (again.different, again.left_out, again.verified) == (0, (), True), view
    assert emitted == query(
        stack.platform, "eligibility", "SELECT sum(pos) FROM log_head WHERE topic = 'eligibility.events.v1'"
    ), "a rebuild tells nobody anything"


def test_the_commands_say_what_they_found(stack: Stack) -> None:
    come_to_rest(stack.platform)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PADAN_")},
        **stack.platform.instance.environment("gateway"),
    }

    def padan(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "padan_cli.main", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    reconcile = padan("reconcile", "gateway.views")
    assert reconcile.returncode == 0, reconcile.stderr
    assert "household.events.v1" in reconcile.stdout
    rebuild = padan("rebuild", "gateway.views", "--verify")
    assert rebuild.returncode == 0, rebuild.stderr
    assert "0 differences" in rebuild.stdout
    assert "verified" in rebuild.stdout
    unknown = padan("rebuild", "gateway.viewz")
    assert unknown.returncode == 1
    assert "view_unknown" in unknown.stderr


def test_nobody_but_a_service_may_ask_a_store(stack: Stack) -> None:
    for service, topic in (("household", "household.events.v1"), ("eligibility", "eligibility.events.v1")):
        answer = httpx.post(
            f"{stack.platform.url(service)}/reconciliation/{topic}", content=b"{}", timeout=10, trust_env=False
        )
        assert answer.status_code == 401
        assert answer.json()["code"] == "service_unauthenticated"
