"""kill -9 in the middle of a batch: afterwards accepted = stored = on Kafka = in every view, no repeat, no hole."""

import threading
from pathlib import Path
from typing import Any

import pytest
from batch_hold import held
from journeys import Stack
from oracle import check_everything, come_to_rest, count

ROWS = 1_200


def database_of(stack: Stack) -> str:
    """registry-ingest's database, as the superuser."""
    return stack.platform.database_url("postgres", "padan").rpartition("/")[0] + "/registry_ingest"


@pytest.mark.parametrize(
    "victims",
    [
        ("registry-ingest",),
        ("household",),
        ("eligibility",),
        ("gateway",),
        ("kafka",),
        ("postgres",),
        ("household", "kafka", "postgres", "registry-ingest", "eligibility", "gateway"),
    ],
    ids=lambda victims: "all" if len(victims) > 1 else victims[0],
)
def test_a_batch_survives_the_death_of(victims: tuple[str, ...], stack: Stack, tmp_path: Path) -> None:
    batch = stack.invent(ROWS, tmp_path)
    stack.load(batch.base)
    come_to_rest(stack.platform)
    accepted_before = count(stack.platform, "registry_ingest", "SELECT sum(accepted) FROM upload")
    with stack.gateway() as gateway:
        upload_id = gateway.upload(batch.registration)
        with held(database_of(stack), upload_id, lambda point: point.in_the_middle) as point:
            assert 0 < point.reported_to < ROWS
            stack.strike(victims)
        documents: list[dict[str, Any]] = []
        follower = threading.Thread(target=lambda: documents.extend(gateway.follow(upload_id)))
        follower.start()
        for victim in victims:
            stack.platform.wait_ready(victim)
        follower.join(240)
    assert documents
    assert documents[-1]["state"] == "done"
    assert documents[-1]["valid"] == batch.expected.valid
    come_to_rest(stack.platform)
    check_everything(stack.platform)
    accepted = count(stack.platform, "registry_ingest", "SELECT sum(accepted) FROM upload") - accepted_before
    assert accepted == batch.expected.valid


@pytest.mark.long  # services/registry-ingest/tests/test_ingest_killed.py asks the same of the service alone, always
@pytest.mark.parametrize("stage", ["reading", "matching", "reporting"])
def test_registry_ingest_goes_on_where_it_was_when_killed_while(stage: str, stack: Stack, tmp_path: Path) -> None:
    batch = stack.invent(ROWS, tmp_path)
    stack.load(batch.base)
    come_to_rest(stack.platform)
    if stage == "matching":
        stack.faults("civil-registry", latency_ms=400)
    try:
        with stack.gateway() as gateway:
            upload_id = gateway.upload(batch.registration)
            with held(database_of(stack), upload_id, lambda point: point.stage == stage) as point:
                assert point.stage == stage
                stack.platform.kill("registry-ingest")
            stack.platform.wait_ready("registry-ingest")
            *_, last = gateway.follow(upload_id)
    finally:
        stack.faults("civil-registry", latency_ms=0)
    assert (last["state"], last["valid"]) == ("done", batch.expected.valid)
    stages = [each["stage"] for each in last["stages"]]
    assert len(stages) == len(set(stages)), "a stage gone through twice stands twice"
    come_to_rest(stack.platform)
    check_everything(stack.platform)
