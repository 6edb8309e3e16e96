"""What services cannot handle is parked, everybody else goes on, and operators see to it by `padan parked`."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from aiokafka import AIOKafkaProducer
from journeys import Stack
from oracle import check_copies, check_everything, come_to_rest, count, parked, query, wait_until
from padan_cli.parked import commands
from padan_cli.platform import PlatformError
from typer.testing import CliRunner

STRAYS = {"household.events.v1": 2, "registry.intake.v1": 1}
FAILING = {  # database, table, and whom the invented fault of its handler befalls
    "household": ("person_claim", "'0' AND '4'"),
    "eligibility": ("household_fact", "'6' AND '8'"),
    "gateway": ("household_view", "'a' AND 'c'"),
}


class Said(NamedTuple):
    """What the command answered."""

    status: int
    text: str
    code: str | None


def padan(stack: Stack, *arguments: str) -> Said:
    """`padan parked` in this process: cli/tests runs it as one of its own."""
    place = ["--instance", stack.platform.instance.folder.name]
    result = CliRunner().invoke(commands, [*arguments, *place], env={"COLUMNS": "200"})
    error = result.exception
    if error is not None and not isinstance(error, SystemExit | PlatformError):
        raise error
    return Said(result.exit_code, result.output, error.code if isinstance(error, PlatformError) else None)


def as_superuser(stack: Stack, database: str, statement: str) -> None:
    url = stack.platform.database_url("postgres", "padan").rpartition("/")[0] + f"/{database}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


@contextmanager
def handlers_that_fail(stack: Stack) -> Iterator[None]:
    """Three services fail for some households each, as a bug that depends on the data would have it."""
    try:
        for database, (table, ids) in FAILING.items():
            as_superuser(
                stack,
                database,
                f"""CREATE FUNCTION a_bug() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF NEW.household_id::text BETWEEN {ids} THEN RAISE EXCEPTION 'a bug' USING ERRCODE = 'check_violation';
                END IF; RETURN NEW; END $$;
                CREATE TRIGGER a_bug BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION a_bug()""",
            )
        yield
    finally:
        for database in FAILING:
            as_superuser(stack, database, "DROP FUNCTION IF EXISTS a_bug CASCADE")


async def write_strays(stack: Stack) -> None:
    producer = AIOKafkaProducer(**stack.platform.instance.kafka_client().options(), acks="all")
    await producer.start()
    try:
        for topic, number in STRAYS.items():
            for _ in range(number):
                await producer.send_and_wait(topic, b"\x00\xff no event", b"a stranger", partition=5)
    finally:
        await producer.stop()


def listed(stack: Stack) -> list[tuple[Any, ...]]:
    return [
        (reader, str(parked_id), pos, str(key))
        for database in ("household", "registry_ingest", "eligibility", "gateway")
        for reader, parked_id, pos, key in query(
            stack.platform,
            database,
            "SELECT reader, parked_id, pos, convert_from(key, 'UTF8') FROM parked ORDER BY topic, shard, pos",
        )
    ]


def test_what_cannot_be_handled_waits_and_operators_see_to_it(stack: Stack, tmp_path: Path) -> None:
    come_to_rest(stack.platform)
    before = count(stack.platform, "gateway", "SELECT count(*) FROM household_view")
    batch = stack.invent(150, tmp_path)
    asyncio.run(write_strays(stack))
    with handlers_that_fail(stack), stack.gateway() as gateway:
        upload_id = gateway.upload(batch.registration)
        waiting = ("household.intake", "handler_failed")

        def settled() -> bool:
            """Every row has its outcome but those whose report waits, and every view has what it can have."""
            document = gateway.batch(upload_id)
            outcomes = document.get("outcomes") or {}
            still = parked(stack.platform)
            accepted = outcomes.get("accepted", 0)
            return bool(
                accepted
                and outcomes["pending"] == still[waiting]
                and document["state"] == "deciding"
                and accepted + outcomes["refused"] + outcomes["pending"] == document["valid"]
                and count(stack.platform, "eligibility", "SELECT count(*) FROM household_fact")
                + still["eligibility.facts", "handler_failed"] == before + accepted
                and count(stack.platform, "gateway", "SELECT count(*) FROM household_view")
                + still["gateway.views", "handler_failed"] == before + accepted
            )  # fmt: skip

        wait_until(settled, "everybody else has gone on", 240)
        still = parked(stack.platform)
        assert still[waiting] > 0
        assert still["eligibility.facts", "handler_failed"] > 0
        assert still["gateway.views", "handler_failed"] > 0
        assert still["gateway.views", "behind"] > 0  # the match of a household whose proposal waits
        for reader in ("registry-ingest.persons", "eligibility.facts", "gateway.views"):
            assert still[reader, "not_an_event"] == 2
        assert still["household.intake", "not_an_event"] == 1
        for service in ("household", "registry-ingest", "eligibility", "gateway"):
            stack.platform.wait_ready(service)

        # What an operator sees: each record, never a value.
        shown = padan(stack, "list")
        assert shown.status == 0, shown
        assert f"{sum(still.values())} terparkir / parked" in shown.text
        rows = listed(stack)
        report = next(row for row in rows if row[0] == "household.intake" and row[2] is not None)
        one = padan(stack, "show", report[1][:13])
        assert "handler_failed" in one.text
        assert "sha256" in one.text
        assert report[3] in one.text
        stray = next(row for row in rows if row[2] is None)
        assert "a stranger" not in padan(stack, "show", stray[1]).text
        assert padan(stack, "retry", stray[1]).code == "parked_not_an_event"

        # The cause is there still: a try fails, and counts.
        again = padan(stack, "retry", report[1])
        assert again.status == 1
        assert "1 failed again" in again.text, again

        # One report is dropped for good: its row does not wait for ever.
        assert padan(stack, "drop", report[1], "--reason", " ").code == "drop_reason_missing"
        dropped = padan(stack, "drop", report[1], "--reason", "sent twice", "--actor", "rina")
        assert dropped.status == 0, dropped
        wait_until(lambda: gateway.batch(upload_id)["outcomes"]["refused"] == 1, "the dropped report is refused", 60)
        assert gateway.batch(upload_id)["every_reason"]["dropped_by_operator"] == 1

    # The cause is mended: everything is tried again, and stands as if nothing had happened.
    for reader in ("household.intake", "eligibility.facts", "gateway.views"):
        if any(key[0] == reader and key[1] != "not_an_event" for key in parked(stack.platform)):
            done = padan(stack, "retry", "--reader", reader, "--wait", "60")
            assert done.status == 0, done
    for _, parked_id, *_ in listed(stack):
        gone = padan(stack, "drop", parked_id, "--reason", "written by a stranger")
        assert gone.status == 0, gone
    come_to_rest(stack.platform)
    assert parked(stack.platform) == {}
    check_everything(stack.platform)
    check_copies(stack.platform)
    with stack.gateway() as gateway:
        last = gateway.batch(upload_id)
    assert (last["state"], last["outcomes"]["refused"]) == ("done", 1)
    assert query(
        stack.platform, "household", "SELECT action, actor, reason FROM operator_action WHERE parked_id = %s "
        "AND action LIKE 'drop%%' ORDER BY action_id", report[1],
    ) == [("drop_asked", "rina", "sent twice"), ("dropped", "rina", None)]  # fmt: skip
    for service in ("household", "registry-ingest", "eligibility", "gateway"):
        log = stack.platform.instance.log(service).read_text(errors="replace")
        assert not any(json.loads(line).get("event") == "shard stopped" for line in log.splitlines() if line[:1] == "{")
