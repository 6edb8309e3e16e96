"""PostgreSQL comes back on another timeline, as after a failover: whoever writes events begins anew there."""

import re
from pathlib import Path

import httpx
from journeys import Stack
from oracle import check_everything, come_to_rest, wait_until
from restored_server import restore_on_a_new_timeline

WRITERS = ("household", "registry-ingest", "eligibility")


def timeline(stack: Stack, service: str) -> int | None:
    """The timeline that a service says it writes to; None while it does not answer."""
    try:
        answer = httpx.get(f"{stack.platform.url(service)}/metrics", timeout=5, trust_env=False)
    except httpx.HTTPError:
        return None
    found = re.search(rf'^padan_database_timeline{{database="{service}"}} (\d+)', answer.text, re.MULTILINE)
    return None if found is None else int(found[1])


def test_writers_of_events_begin_anew_on_another_timeline(stack: Stack, tmp_path: Path) -> None:
    batch = stack.invent(200, tmp_path)
    stack.load(batch.base)
    (before,) = {timeline(stack, service) for service in WRITERS}
    assert before is not None
    pids = {service: stack.platform.pid(service) for service in WRITERS}
    restore_on_a_new_timeline(stack.platform)
    wait_until(lambda: {timeline(stack, service) for service in WRITERS} == {before + 1}, "writers on the new timeline")
    for service, pid in pids.items():
        assert stack.platform.pid(service) != pid
        stack.platform.wait_ready(service)
    document = stack.load(batch.registration)
    assert (document["state"], document["valid"]) == ("done", batch.expected.valid)
    come_to_rest(stack.platform)
    check_everything(stack.platform)
