"""kill -9 in the middle of a batch: afterwards accepted = stored = on Kafka = in every view, no repeat, no hole."""

import threading
from pathlib import Path
from typing import Any

import pytest
from journeys import Stack
from oracle import check_everything, come_to_rest, count, query, wait_until

ROWS = 1_200


def under_way(stack: Stack, upload_id: str, least: int) -> bool:
    """Whether at least `least` rows of the batch are decided and it is not done yet."""
    rows = query(
        stack.platform, "registry_ingest", "SELECT accepted, state FROM upload WHERE upload_id = %s", upload_id
    )
    return bool(rows) and rows[0][0] >= least


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
        # In the middle: the first reports have been written and not all outcomes are back.
        wait_until(
            lambda: bool(
                query(
                    stack.platform,
                    "registry_ingest",
                    "SELECT 1 FROM upload WHERE upload_id = %s AND (reported_to > 0 OR state = 'done')",
                    upload_id,
                )
            ),
            "the first reports",
        )
        for victim in victims:
            stack.platform.kill(victim)
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


@pytest.mark.parametrize("stage", ["reading", "validating", "matching"])
def test_registry_ingest_goes_on_where_it_was_when_killed_while(stage: str, stack: Stack, tmp_path: Path) -> None:
    batch = stack.invent(ROWS, tmp_path)
    stack.load(batch.base)
    come_to_rest(stack.platform)
    if stage == "matching":
        stack.faults("civil-registry", latency_ms=400)
    try:
        with stack.gateway() as gateway:
            upload_id = gateway.upload(batch.registration)
            wait_until(lambda: gateway.batch(upload_id)["state"] not in ("received",), "a stage")
            if stage == "matching":
                wait_until(
                    lambda: gateway.batch(upload_id)["state"] in ("matching", "reporting", "deciding", "done"), stage
                )
            stack.platform.kill("registry-ingest")
            stack.platform.wait_ready("registry-ingest")
            *_, last = gateway.follow(upload_id)
    finally:
        stack.faults("civil-registry", latency_ms=0)
    assert (last["state"], last["valid"]) == ("done", batch.expected.valid)
    come_to_rest(stack.platform)
    check_everything(stack.platform)
