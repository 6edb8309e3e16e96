"""Publishing the packaged policies, each version once."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid5

import msgspec
from padan_events import encode, shard_of, type_of
from padan_events.eligibility import PolicyPublished
from padan_events.topics import PROGRAMME_EVENTS
from padan_runtime import log, relay
from padan_runtime.database import Database
from padan_runtime.log import Entry
from padan_runtime.logs import logger

from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.policy_document import canonical, digest
from padan_eligibility.programmes import repository

ACTOR: Final = "service:eligibility"
_NAMESPACE: Final = UUID("3a1f0a52-9d0e-5b6c-8f1d-6c1b0a5d7e21")


class PolicyAlteredError(RuntimeError):
    """A version that was published says something else now: a change needs a new version."""


def publish(database: Database, policies: Sequence[Policy]) -> int:
    """Publish the policies that are not published yet; return how many.

    Safe to repeat and to run from several workers at once. Raises `PolicyAlteredError`; then none is published.
    """
    with database.transaction() as connection:
        repository.lock(connection)
        known = {(data.programme, data.version): data.digest for _, data in repository.published(connection)}
        entries = []
        for policy in policies:
            before = known.get((policy.programme, policy.version))
            if before is None:
                entries.append(_entry(policy))
            elif before != digest(policy):
                raise PolicyAlteredError(f"{policy.programme} {policy.version}")
        if entries:
            log.append(connection, entries)
    if entries:
        relay.hint(database)
        for policy in policies:
            logger().info("policy published", programme=policy.programme, version=policy.version)
    return len(entries)


def _entry(policy: Policy) -> Entry:
    event_id = uuid5(_NAMESPACE, f"{policy.programme}:{policy.version}")
    data = PolicyPublished(
        programme=policy.programme,
        version=policy.version,
        effective_from=policy.effective_from,
        document=msgspec.Raw(canonical(policy)),
        source=policy.source,
        digest=digest(policy),
        published_by=ACTOR,
    )
    return Entry(
        topic=PROGRAMME_EVENTS.name,
        shard=shard_of(policy.programme),
        key=policy.programme,
        event_id=event_id,
        type=type_of(data).name,
        value=encode(data),
        actor=ACTOR,
        correlation_id=event_id,
    )
