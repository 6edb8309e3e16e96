"""`padan parked` as a person runs it, on a real database without a reader."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from kafka_peer import an_event
from padan_cli.parked import commands
from padan_cli.platform import PlatformError
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_events import Topic
from padan_runtime.parking import operators, repository
from padan_runtime.parking.faults import BEHIND, Fault, Reason
from padan_runtime.parking.records import Record
from typer.testing import CliRunner

PADAN = str(Path(sys.executable).with_name("padan"))
TOPIC = Topic("household.events.v1", "household", "household_id")
HOUSEHOLD = "6f0d7c1e-58a1-5c3b-9a55-0f3c0a7b1a01"


def padan(url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [PADAN, "parked", *arguments],
        capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "200", "PADAN_DATABASE_URL": url},
    )  # fmt: skip


@pytest.fixture
def url(make_database: MakeDatabase) -> str:
    """A database with two events of one household and a stranger's record parked."""
    database = make_database("household", ["padan_runtime"])
    reader, cluster_id = "household.intake", "c"
    failed = Fault(Reason.HANDLER_FAILED, "ValueError padan_household/intake/handler.py:7")
    events = [an_event(TOPIC, 3, pos, key=HOUSEHOLD, value=b"Siti Aminah") for pos in (1, 2)]
    with psycopg.connect(database.url) as connection:
        repository.park(
            connection,
            [
                Record.of_event(event, fault, reader=reader, offset=event.pos, cluster_id=cluster_id)
                for event, fault in zip(events, (failed, BEHIND), strict=True)
            ]
            + [
                Record(
                    reader=reader, topic=TOPIC.name, shard=5, offset=9, cluster_id=cluster_id, key=b"Siti Aminah",
                    value=None, headers=[("ce_type", b"Siti Aminah")], fault=Fault(Reason.NOT_AN_EVENT),
                )
            ],
        )  # fmt: skip
    return str(database.url)


def test_what_is_parked_is_shown_without_a_word_of_what_is_in_it(url: str) -> None:
    shown = padan(url, "list")
    assert shown.returncode == 0, shown.stderr
    assert "3 terparkir / parked" in shown.stdout
    assert HOUSEHOLD in shown.stdout
    with psycopg.connect(url) as connection:
        listed = operators.listing(connection)
    for row in listed:
        one = padan(url, "show", str(row.parked_id)[:10])
        assert one.returncode == 0, one.stderr
        assert f"{row.size} B, sha256 {row.digest.hex()}" in one.stdout
        assert row.reason in one.stdout
        assert "Siti" not in one.stdout + shown.stdout
    assert "handler.py:7" in padan(url, "show", str(listed[0].parked_id)).stdout


def test_what_is_asked_for_is_written_down_with_the_name_and_waits_for_the_reader(url: str) -> None:
    asked = padan(url, "retry", "--household", HOUSEHOLD.upper(), "--actor", "rina", "--wait", "0")
    assert asked.returncode == 1
    assert "2 not taken up yet" in asked.stdout
    with psycopg.connect(url) as connection:
        states = connection.execute("SELECT state, asked_by FROM parked ORDER BY pos").fetchall()
        done = connection.execute("SELECT action, actor, pos FROM operator_action ORDER BY pos").fetchall()
    assert states == [("retry", "rina"), ("retry", "rina"), ("parked", None)]
    assert done == [("retry_asked", "rina", 1), ("retry_asked", "rina", 2)]


def test_what_was_asked_wrongly_is_said_in_both_languages(url: str) -> None:
    asked = {
        ("retry",): "parked_nothing_named",
        ("retry", "abc", "--reader", "gateway.views"): "parked_nothing_named",
        ("retry", "--reader", "gateway.views"): "parked_nothing",
        ("show", "ffffffff-0000"): "parked_unknown",
        ("show", ""): "parked_id_ambiguous",
        ("drop", "abc", "--reason", " "): "drop_reason_missing",
        ("list", "--service", "kafka"): "service_unknown",
        ("list", "--service", "gateway"): "service_and_database",
        ("list", "--instance", "never-started"): "instance_unknown",
        ("list", "--database-url", "postgresql://127.0.0.1:9/none"): "database_unreachable",
    }
    for arguments, code in asked.items():
        error = CliRunner().invoke(commands, arguments, env={"PADAN_DATABASE_URL": url}).exception
        assert isinstance(error, PlatformError), arguments
        assert error.code == code
        assert error.indonesian != error.english
    without_reason = padan(url, "drop", "abc")
    assert without_reason.returncode == 2
    assert without_reason.stderr.startswith("[usage] ")
