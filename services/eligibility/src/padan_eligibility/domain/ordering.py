"""A family's values by a programme's own order of its waiting list."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from msgspec import UNSET
from padan_events.criteria import Answer
from padan_events.places import OrderKey, Rank

from padan_eligibility.domain.components import find
from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.policy_order import (
    ByComponent,
    ByCount2022,
    ByCountBps,
    ByDecile,
    ByDetermination,
    BySize,
    OrderBy,
    Size,
    name_of,
)

NO_DECILE: Final = 11
"""The rank of a family whose decile is not known: behind all others."""


def order_of(policy: Policy) -> str | None:
    """What ranks by its own order name it by: the version; None where it has none."""
    return None if policy.order is UNSET else policy.version


def own_order(policy: Policy, facts: HouseholdFacts, as_of: date) -> tuple[OrderKey, ...]:
    """The family's values by the policy's own order; none where it has none. It must have been determined."""
    if policy.order is UNSET:
        return ()
    found = find(policy, facts.persons, as_of).found
    codes = [policy.components[one.component].code for one in found]
    return tuple(OrderKey(name_of(key), _value(key, facts, codes)) for key in policy.order)


def _value(key: OrderBy, facts: HouseholdFacts, components: Sequence[str]) -> int:
    visit = facts.circumstances
    value: int
    match key:
        case ByDecile():
            value = facts.decile or NO_DECILE
        case ByCount2022():
            value = 0 if visit is None else -list(visit.criteria_2022.values()).count(Answer.YES)
        case ByCountBps():
            value = 0 if visit is None else -list(visit.criteria_bps.values()).count(Answer.YES)
        case ByDetermination():
            assert facts.determined_on is not None
            value = facts.determined_on.toordinal()
        case BySize():
            value = len(facts.persons) * (-1 if key.first is Size.LARGER else 1)
        case ByComponent():
            value = -components.count(key.code)
    return value


def in_order(rank: Rank, policy: Policy, facts: HouseholdFacts, as_of: date) -> Rank:
    """A family's rank by the policy's own order, all else as it was."""
    return Rank(
        rank.decile,
        rank.unmet,
        rank.determined_on,
        rank.household_id,
        own_order(policy, facts, as_of),
        order_of(policy),
    )
