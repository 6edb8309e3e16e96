"""The table of rights, and a broker that knows no rights."""

import asyncio
import json
import subprocess
import sys

import pytest
from padan_events import TOPICS
from padan_events.access import INTEGRATOR, SERVICES, USERS, grants
from padan_events.acls import AclsRefusedError, apply_acls
from padan_events.topics import PARKED_TOPICS


def test_only_the_owner_of_a_topic_may_write_it() -> None:
    writers = {(g.user, g.name) for g in grants() if g.resource == "topic" and g.operation == "Write"}

    assert writers == {(topic.owner, topic.name) for topic in TOPICS.values()}


def test_an_integrator_may_read_what_stays_for_ever_and_write_nothing() -> None:
    own = [g for g in grants() if g.user == INTEGRATOR]

    assert {g.operation for g in own} == {"Read"}
    assert {g.name for g in own if g.resource == "topic"} == {t.name for t in TOPICS.values() if not t.expires}
    assert not {g.name for g in own} & PARKED_TOPICS.keys()


def test_the_groups_of_one_user_are_no_prefix_of_another() -> None:
    groups = [(g.user, g.name) for g in grants() if g.resource == "group"]

    assert {user for user, _ in groups} == set(USERS) >= set(SERVICES)
    for user, name in groups:
        for other, longer in groups:
            assert user == other or not longer.startswith(name)


def test_the_table_is_printed_as_data() -> None:
    printed = subprocess.run([sys.executable, "-m", "padan_events.access"], capture_output=True, check=True, timeout=60)

    rows = json.loads(printed.stdout)
    assert [tuple(row.values()) for row in rows] == sorted(
        (g.user, g.resource, g.name, g.pattern, g.operation) for g in grants()
    )
    assert set(rows[0]) == {"user", "resource", "name", "pattern", "operation"}


def test_a_broker_without_an_authorizer_is_told_from_one_that_holds_the_rules(kafka_bootstrap: str) -> None:
    with pytest.raises(AclsRefusedError):
        asyncio.run(apply_acls(kafka_bootstrap))
