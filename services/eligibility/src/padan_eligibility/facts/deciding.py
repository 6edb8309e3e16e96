"""From changed facts to decisions as they go into the log."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cache
from uuid import UUID, uuid5

import msgspec
from padan_events import Event, encode, type_of
from padan_events.eligibility import Decided, Outcome
from padan_events.intake import Position
from padan_events.local_date import local_date
from padan_events.topics import ELIGIBILITY_EVENTS
from padan_runtime.log import Entry
from padan_runtime.sealing import seal

from padan_eligibility.domain.decision import Decision, decide, digest
from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.domain.own_events import rests_on
from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.scope import concerns
from padan_eligibility.facts.standing import NextChange, Standing, Stood
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.programmes.publishing import ACTOR

_TYPE = type_of(Decided).name


class KeyMissingError(LookupError):
    """A household without a sensitive key: what is decided of it could not be sealed. Its event is parked."""


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """On what a household is decided: the position of its last event that told a fact, a local date, and what led to
    it: an event of the household (`told`), the publication of a policy, or nothing but time."""

    shard: int
    pos: int
    as_of: date
    cause: UUID | None = None
    correlation_id: UUID | None = None
    told: bool = False


class Judged(msgspec.Struct, frozen=True):
    """How a household was decided by a policy; `decision_id` is None where nothing new was to say."""

    policy: Policy
    outcome: Outcome
    decision_id: UUID | None


class Taken(msgspec.Struct):
    """New decisions: as entries of the log, and as what stands from now on. `outcomes` are those of all, new or not, by
    household and programme; `dates` are next dates of decisions that stand and do not have theirs yet."""

    entries: list[Entry]
    standing: list[Standing]
    outcomes: dict[tuple[UUID, str], Judged]
    dates: list[NextChange] = msgspec.field(default_factory=list)


def basis_of(event: Event, household: HouseholdFacts, begun: Mapping[str, date]) -> Basis:
    """An event of a household, on its local date; one that comes late, as it does when it was parked, on the last date
    on which everybody of its province began to be decided anew (`begun`): nobody comes by again.

    Raises `UnknownProvinceError`.
    """
    on = local_date(event.time, household.regency)
    return Basis(
        shard=event.shard,
        pos=event.pos,
        as_of=max(on, begun.get(household.regency[:2], on)),
        cause=event.event_id,
        correlation_id=event.correlation_id,
        told=True,
    )


def take_decisions(
    policies: PolicySet,
    facts: Iterable[tuple[Basis, HouseholdFacts]],
    standing: Mapping[tuple[UUID, str], Stood],
    keys: Mapping[UUID, bytes],
    programmes: Collection[str] | None = None,
) -> Taken:
    """Decide each household by each policy in force on its date, or by those of `programmes`; one that says what the
    decision that stands says is not taken again, and none is taken by a policy that does not speak of the household.
    A household's date never goes back: an event that comes late is decided as of the last decision. `keys` are the
    households' sensitive keys.

    Raises `KeyMissingError`.
    """
    taken = Taken([], [], {})
    in_force = cache(policies.in_force)
    last = _last_dates(standing)
    for basis, household in facts:
        as_of = max(basis.as_of, last.get(household.household_id, basis.as_of))
        for policy in in_force(as_of):
            if programmes is not None and policy.programme not in programmes:
                continue
            stood = standing.get((household.household_id, policy.programme))
            if not _is_asked(policy, household, stood, as_of):
                continue
            decision = decide(policy, household, as_of)
            mark = digest(decision, household)
            next_change_on = decision.explanation.next_change_on
            if stood is not None and stood.digest == mark:
                taken.outcomes[household.household_id, policy.programme] = Judged(policy, decision.outcome, None)
                if stood.next_change_on != next_change_on:
                    taken.dates.append(NextChange(household.household_id, policy.programme, next_change_on))
                continue
            name = f"{policy.programme}:{basis.shard}:{basis.pos}:{policy.version}:{as_of}"
            if not basis.told and stood is not None:
                # Nothing new was told: what it takes the place of tells it from what was decided here before.
                name += f":{stood.decision_id}"
            decision_id = uuid5(household.household_id, name)
            taken.outcomes[household.household_id, policy.programme] = Judged(policy, decision.outcome, decision_id)
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
                facts=Position(basis.shard, basis.pos),
                as_of=as_of,
                explanation=seal(key, decision.explanation, subject=household.household_id, event_id=decision_id),
                annual_idr=decision.annual_idr,
                missing=decision.missing,
                rests_on=rests_on(policy, household),
            )
            taken.entries.append(_entry(decision_id, data, basis))
            taken.standing.append(_standing(decision_id, decision, data, mark))
    return taken


def _last_dates(standing: Mapping[tuple[UUID, str], Stood]) -> dict[UUID, date]:
    dates: dict[UUID, date] = {}
    for (household_id, _), stood in standing.items():
        if stood.as_of is not None:
            dates[household_id] = max(stood.as_of, dates.get(household_id, stood.as_of))
    return dates


def _is_asked(policy: Policy, household: HouseholdFacts, stood: Stood | None, as_of: date) -> bool:
    """Whether a policy is to decide a household: it speaks of it, or the day has come on which, as it said before, it
    could change."""
    if stood is not None and stood.next_change_on is not None and stood.next_change_on <= as_of:
        return True
    return concerns(policy, household.regency, as_of, None if stood is None else stood.outcome)


def _entry(decision_id: UUID, data: Decided, basis: Basis) -> Entry:
    key = str(data.household_id)
    return Entry(
        topic=ELIGIBILITY_EVENTS.name,
        shard=basis.shard,  # of the household: what it rests on and what is said of it lie in one shard
        key=key,
        event_id=decision_id,
        type=_TYPE,
        value=encode(data),
        actor=ACTOR,
        correlation_id=basis.correlation_id or decision_id,
        causation_id=basis.cause,
    )


def _standing(decision_id: UUID, decision: Decision, data: Decided, mark: str) -> Standing:
    return Standing(
        household_id=data.household_id,
        programme=decision.programme,
        outcome=decision.outcome,
        policy_version=decision.policy_version,
        digest=mark,
        decision_id=decision_id,
        next_change_on=decision.explanation.next_change_on,
        as_of=data.as_of,
    )
