"""Publishing the packaged policies, each version once."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid5

import msgspec
from padan_events import Event, encode, shard_of, type_of
from padan_events.eligibility import PolicyDrafted, PolicyPublished, PolicyReviewed
from padan_events.payments import PaymentListMade, PaymentListOrdered
from padan_events.periods import REGISTER_KEY, PeriodClosed, PeriodOpened
from padan_events.places import QuotaSet
from padan_events.topics import PROGRAMME_EVENTS
from padan_runtime import log, relay
from padan_runtime.database import Database
from padan_runtime.log import Entry
from padan_runtime.logs import logger

from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.policy_document import canonical, digest
from padan_eligibility.programmes import repository

ACTOR: Final = "service:eligibility"
NAMESPACE: Final = UUID("3a1f0a52-9d0e-5b6c-8f1d-6c1b0a5d7e21")

ProgrammeFact = (
    PolicyDrafted
    | PolicyReviewed
    | PolicyPublished
    | QuotaSet
    | PeriodOpened
    | PeriodClosed
    | PaymentListMade
    | PaymentListOrdered
)


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
                entries.append(entry_of(publication(policy, by=ACTOR)))
            elif before != digest(policy):
                raise PolicyAlteredError(f"{policy.programme} {policy.version}")
        if entries:
            log.append(connection, entries)
    if entries:
        relay.hint(database)
        for policy in policies:
            logger().info("policy published", programme=policy.programme, version=policy.version)
    return len(entries)


def publication(policy: Policy, *, by: str) -> PolicyPublished:
    """A policy as it is published by an actor."""
    return PolicyPublished(
        programme=policy.programme,
        version=policy.version,
        effective_from=policy.effective_from,
        document=msgspec.Raw(canonical(policy)),
        source=policy.source,
        digest=digest(policy),
        published_by=by,
    )


def publication_id(programme: str, version: str) -> UUID:
    """The id of the event that published a version."""
    return uuid5(NAMESPACE, f"{programme}:{version}")


def entry_of(data: PolicyPublished, *, after: Event | None = None) -> Entry:
    """Its entry in the log; the same version makes the same event. `after`: the review that let it happen."""
    event_id = publication_id(data.programme, data.version)
    return programme_entry(data, event_id, by=data.published_by, after=after)


def programme_entry(data: ProgrammeFact, event_id: UUID, *, by: str, after: Event | None = None) -> Entry:
    """An event of a programme, or of a period of the register, in the log. `after`: the event that led to it."""
    key = data.programme or REGISTER_KEY
    return Entry(
        topic=PROGRAMME_EVENTS.name,
        shard=shard_of(key),
        key=key,
        event_id=event_id,
        type=type_of(data).name,
        value=encode(data),
        actor=by,
        correlation_id=event_id if after is None else after.correlation_id,
        causation_id=None if after is None else after.event_id,
    )
