"""A relay that loses its lock ends its process; the next one goes on, and nothing is lost or told twice."""

from pathlib import Path

from journeys import Stack
from oracle import check_everything, come_to_rest, query, wait_until


def test_a_service_whose_relay_lost_its_lock_is_started_again(stack: Stack, tmp_path: Path) -> None:
    batch = stack.invent(200, tmp_path)
    stack.load(batch.base)
    before = stack.platform.pid("household")
    ended = query(
        stack.platform,
        "household",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'relay' AND datname = current_database()",
    )
    assert ended == [(True,)]
    wait_until(lambda: stack.platform.pid("household") not in {before, None}, "another process", within_s=60)
    stack.platform.wait_ready("household")
    document = stack.load(batch.registration)
    assert (document["state"], document["valid"]) == ("done", batch.expected.valid)
    come_to_rest(stack.platform)
    check_everything(stack.platform)
