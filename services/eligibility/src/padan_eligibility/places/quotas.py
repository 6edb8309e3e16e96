"""How many places a programme has: set by its owner, told on the programme log, taken up by the next round."""

from typing import Annotated, Final
from uuid import UUID, uuid5

import msgspec
from padan_events.local_date import PROVINCES
from padan_events.places import QuotaSet
from padan_runtime import log, relay
from padan_runtime.database import Database
from padan_runtime.log import Entry

from padan_eligibility.domain.drafts import Person, RefusedError, acts_for
from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.scope import regions_of
from padan_eligibility.places import repository
from padan_eligibility.places.families import standing_families
from padan_eligibility.places.repository import NATION
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.programmes.publishing import programme_entry

_NAMESPACE: Final = UUID("b7b0a0c2-0d4f-5d53-9f1e-3c6f6c2f9e10")


class QuotaAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Places that a programme may have, in a regency, or (None) in all regencies together. `request` names the asking:
    the same one of the same person again changes nothing."""

    programme: str
    regency: str | None
    places: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]
    request: str


def set_quota(database: Database, policies: PolicySet, person: Person, asked: QuotaAsked, reader: str) -> UUID:
    """Set a quota; return the id of its event. Raises `RefusedError`, `PolicyError` and psycopg's
    errors; then nothing is set.

    Where there is no list yet, all families of the regency that may have a place become pending. With the first quota
    of a programme the facts' `reader` waits meanwhile, so that none is missed between the families there are and the
    events to come; from then on it tells of every change by itself.
    """
    event_id = uuid5(_NAMESPACE, f"{person.actor}:{asked.request}")
    with database.transaction() as connection:
        repository.lock(connection)
        repository.hold_redeciding(connection, alone=True)
        before = repository.quota_of(connection, event_id)
        if before is not None:
            if (before.programme, before.regency, before.places) != (asked.programme, asked.regency, asked.places):
                raise RefusedError("idempotency_key_reused")
            return event_id
        policy = _checked(policies.within(connection), person, asked)
        if repository.is_outdated(connection, policy.place_needs.value):
            raise RefusedError("facts_outdated")
        if asked.regency is not None and asked.programme not in repository.programmes(connection):
            repository.hold_readers(connection, reader)
        opens = asked.regency is not None and not repository.is_open(connection, asked.programme, asked.regency)
        repository.write_quota(connection, asked.programme, asked.regency or NATION, asked.places, event_id)
        if not repository.within_nation(connection, asked.programme):
            raise RefusedError("quota_exceeds_nation")
        if asked.regency is not None and opens:
            repository.write_pending(connection, standing_families(connection, policy, asked.regency, event_id))
        log.append(connection, [_entry(asked, person, event_id)])
    relay.hint(database)
    return event_id


def _checked(policies: PolicySet, person: Person, asked: QuotaAsked) -> Policy:
    """The programme's policy, where this person may set this quota of it. Raises `RefusedError`."""
    policy = policies.latest(asked.programme)
    if policy is None:
        raise RefusedError("programme_unknown")
    if not acts_for(person, policy.owner):
        raise RefusedError("policy_not_yours")
    if asked.regency is not None:
        if asked.regency[:2] not in PROVINCES:
            raise RefusedError("region_unknown")
        regions = regions_of(policy)
        if regions is not None and not asked.regency.startswith(regions):
            raise RefusedError("quota_outside_programme")
    return policy


def _entry(asked: QuotaAsked, person: Person, event_id: UUID) -> Entry:
    data = QuotaSet(programme=asked.programme, places=asked.places, set_by=person.actor, regency=asked.regency)
    return programme_entry(data, event_id, by=person.actor)
