"""Drafts of policies: written, agreed to by a second person, published; each an event of the programme log."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import uuid5

import msgspec
from msgspec import UNSET
from padan_events import Event
from padan_events.eligibility import PolicyDrafted, PolicyPublished, PolicyReviewed
from padan_runtime import log, relay
from padan_runtime.database import Database
from padan_runtime.log import Entry
from psycopg import Connection

from padan_eligibility.domain import drafts
from padan_eligibility.domain.circles import still_to_come
from padan_eligibility.domain.drafts import Person, Version
from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.policy_document import canonical, digest, read_policy
from padan_eligibility.domain.policy_order import name_of
from padan_eligibility.policies.circles import check_circle, check_known
from padan_eligibility.programmes import repository
from padan_eligibility.programmes.publishing import NAMESPACE, entry_of, programme_entry, publication


class Kept(msgspec.Struct):
    """A version with its document, the event that told of it last, and how many there are."""

    version: Version
    policy: Policy
    last: Event
    events: int


class Drafting:
    """What people do to policies. Everything raises `RefusedError` where it may not be done. Doing it once more, as a
    retry does, changes nothing and answers the same."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def draft(self, person: Person, policy: Policy, today: date, text: str) -> dict[str, Any]:
        """Keep a draft; another one of the same version takes its place, and needs a review of its own. `text` is the
        document that `policy` was read from. Raises `CircularDocumentError` too."""
        with self._database.transaction() as connection:
            repository.lock(connection)
            kept = _kept(connection)
            before = kept.get((policy.programme, policy.version))
            drafts.check_draft(person, policy, _of(kept, policy.programme), today)
            check_known(text, policy, {programme for programme, _ in kept})
            check_circle(text, policy, _in_force(kept, today))
            if before is None or (before.version.digest, before.version.drafted_by) != (digest(policy), person.actor):
                data = PolicyDrafted(
                    programme=policy.programme,
                    version=policy.version,
                    document=msgspec.Raw(canonical(policy)),
                    digest=digest(policy),
                    drafted_by=person.actor,
                )
                log.append(connection, [_entry(data, person, before)])
            answer = _plain(_kept(connection)[policy.programme, policy.version])
        relay.hint(self._database)
        return answer

    def review(self, person: Person, programme: str, version: str, agreed_to: str) -> dict[str, Any]:
        """A second person agrees to the draft with the digest `agreed_to`."""
        with self._database.transaction() as connection:
            repository.lock(connection)
            before = _kept(connection).get((programme, version))
            drafted = drafts.check_review(person, None if before is None else before.version, agreed_to)
            if drafted.reviewed_by is None:
                data = PolicyReviewed(programme=programme, version=version, digest=agreed_to, reviewed_by=person.actor)
                log.append(connection, [_entry(data, person, before)])
            answer = _plain(_kept(connection)[programme, version])
        relay.hint(self._database)
        return answer

    def publish(self, person: Person, programme: str, version: str, today: date) -> dict[str, Any]:
        """A second person publishes a draft that was agreed to: from its date on everybody is decided by it. Raises
        `CircularDocumentError` too: since it was drafted others may have been published."""
        with self._database.transaction() as connection:
            repository.lock(connection)
            kept = _kept(connection)
            before = kept.get((programme, version))
            if before is None or before.version.published_by != person.actor:
                found = None if before is None else before.version
                begins = today if before is None else before.policy.effective_from
                drafts.check_publish(person, found, _of(kept, programme), begins, today)
                assert before is not None
                check_circle(canonical(before.policy).decode(), before.policy, _in_force(kept, today))
                data = publication(before.policy, by=person.actor)
                log.append(connection, [entry_of(data, after=before.last)])
            answer = _plain(_kept(connection)[programme, version])
        relay.hint(self._database)
        return answer

    def listing(self) -> list[dict[str, Any]]:
        """Every version, by programme and version, with how far it has come."""
        with self._database.transaction() as connection:
            kept = _kept(connection)
        return [_plain(kept[key]) for key in sorted(kept)]

    def document(self, programme: str, version: str) -> dict[str, Any]:
        """One version, with its document."""
        with self._database.transaction() as connection:
            kept = _kept(connection).get((programme, version))
        if kept is None:
            raise drafts.RefusedError("policy_unknown")
        return {**_plain(kept), "document": msgspec.Raw(canonical(kept.policy))}


def _kept(connection: Connection[Any]) -> dict[tuple[str, str], Kept]:
    kept: dict[tuple[str, str], Kept] = {}
    for event, data in repository.everything(connection):
        if not isinstance(data, PolicyDrafted | PolicyReviewed | PolicyPublished):
            continue
        key = data.programme, data.version
        before = kept.get(key)
        events = 1 if before is None else before.events + 1
        if isinstance(data, PolicyReviewed):
            assert before is not None
            version, policy = msgspec.structs.replace(before.version, reviewed_by=data.reviewed_by), before.policy
        else:
            policy = read_policy(repository.document(data))
            version = _version(data, policy, None if before is None else before.version)
        kept[key] = Kept(version, policy, event, events)
    return kept


def _version(data: PolicyDrafted | PolicyPublished, policy: Policy, before: Version | None) -> Version:
    if isinstance(data, PolicyPublished) and before is not None:
        return msgspec.structs.replace(before, published_by=data.published_by)
    return Version(
        programme=data.programme,
        version=data.version,
        digest=data.digest,
        owner=policy.owner,
        drafted_by=data.drafted_by if isinstance(data, PolicyDrafted) else None,
        published_by=data.published_by if isinstance(data, PolicyPublished) else None,
    )


def _of(kept: Mapping[tuple[str, str], Kept], programme: str) -> list[Version]:
    return [one.version for (code, _), one in kept.items() if code == programme]


def _in_force(kept: Mapping[tuple[str, str], Kept], today: date) -> list[Policy]:
    """What was published and decides from yesterday on: somewhere it is that day still."""
    published: dict[str, list[Policy]] = {}
    for one in sorted(kept.values(), key=lambda one: (one.last.shard, one.last.pos)):
        if one.version.published_by is not None:
            published.setdefault(one.policy.programme, []).append(one.policy)
    return still_to_come(published, today - timedelta(days=1))


def _entry(data: PolicyDrafted | PolicyReviewed, person: Person, before: Kept | None) -> Entry:
    number = 1 if before is None else before.events + 1
    event_id = uuid5(NAMESPACE, f"{data.programme}:{data.version}:{number}")
    return programme_entry(data, event_id, by=person.actor, after=None if before is None else before.last)


def _plain(kept: Kept) -> dict[str, Any]:
    policy, version = kept.policy, kept.version
    return {
        "programme": policy.programme,
        "version": policy.version,
        "state": version.state,
        "name_id": policy.name.id,
        "name_en": policy.name.en,
        "owner": policy.owner,
        "effective_from": policy.effective_from,
        "effective_until": None if policy.effective_until is UNSET else policy.effective_until,
        "answers_needs": None if policy.answers_needs is UNSET else list(policy.answers_needs),
        "order": None if policy.order is UNSET else [name_of(key) for key in policy.order],
        "source": policy.source,
        "digest": version.digest,
        "drafted_by": version.drafted_by,
        "reviewed_by": version.reviewed_by,
        "published_by": version.published_by,
    }
