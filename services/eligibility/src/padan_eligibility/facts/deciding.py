"""From changed facts to decisions as they go into the log."""

from collections.abc import Iterable, Mapping
from functools import cache
from uuid import UUID, uuid5

import msgspec
from padan_events import Event, encode, type_of
from padan_events.eligibility import Decided
from padan_events.intake import Position
from padan_events.local_date import local_date
from padan_events.topics import ELIGIBILITY_EVENTS
from padan_runtime.log import Entry
from padan_runtime.sealing import seal

from padan_eligibility.domain.decision import Decision, decide, digest
from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.facts.repository import Standing
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.programmes.publishing import ACTOR

_TYPE = type_of(Decided).name


class KeyMissingError(LookupError):
    """A household without a sensitive key: what is decided of it could not be sealed. Its event is parked."""


class Taken(msgspec.Struct):
    """New decisions: as entries of the log, and as what stands from now on."""

    entries: list[Entry]
    standing: list[Standing]


def take_decisions(
    policies: PolicySet,
    facts: Iterable[tuple[Event, HouseholdFacts]],
    standing: Mapping[tuple[UUID, str], str],
    keys: Mapping[UUID, bytes],
) -> Taken:
    """Decide each household by each policy in force on the local date of its event; one that says what the decision
    that stands says is not taken again. `keys` are the households' sensitive keys.

    Raises `KeyMissingError` and `UnknownProvinceError`.
    """
    taken = Taken([], [])
    in_force = cache(policies.in_force)
    for event, household in facts:
        as_of = local_date(event.time, household.regency)
        for policy in in_force(as_of):
            decision = decide(policy, household, as_of)
            mark = digest(decision, household)
            if standing.get((household.household_id, policy.programme)) == mark:
                continue
            decision_id = uuid5(
                household.household_id, f"{policy.programme}:{event.shard}:{event.pos}:{policy.version}:{as_of}"
            )
            key = keys.get(household.household_id)
            if key is None:
                raise KeyMissingError(str(household.household_id))
            data = Decided(
                household_id=household.household_id,
                regency=household.regency,
                programme=policy.programme,
                outcome=decision.outcome,
                state=household.state.value,
                policy_version=policy.version,
                facts=Position(event.shard, event.pos),
                as_of=as_of,
                explanation=seal(key, decision.explanation, subject=household.household_id, event_id=decision_id),
                annual_idr=decision.annual_idr,
                missing=decision.missing,
            )
            taken.entries.append(_entry(decision_id, data, event))
            taken.standing.append(_standing(decision_id, decision, household, mark))
    return taken


def _entry(decision_id: UUID, data: Decided, event: Event) -> Entry:
    return Entry(
        topic=ELIGIBILITY_EVENTS.name,
        shard=event.shard,  # the key is the same household, so the shard is
        key=event.key,
        event_id=decision_id,
        type=_TYPE,
        value=encode(data),
        actor=ACTOR,
        correlation_id=event.correlation_id,
        causation_id=event.event_id,
    )


def _standing(decision_id: UUID, decision: Decision, household: HouseholdFacts, mark: str) -> Standing:
    return Standing(
        household_id=household.household_id,
        programme=decision.programme,
        outcome=decision.outcome,
        policy_version=decision.policy_version,
        digest=mark,
        decision_id=decision_id,
    )
