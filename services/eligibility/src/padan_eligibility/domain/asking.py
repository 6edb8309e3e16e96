"""What policies ask for beyond a household's own facts of before: only what is asked for is read."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import msgspec

from padan_eligibility.domain.conditions import asked
from padan_eligibility.domain.own_events import places_asked
from padan_eligibility.domain.policy import HouseholdNeed, MembersAtLeast, Policy
from padan_eligibility.domain.policy_conditions import HasNeed
from padan_eligibility.domain.policy_document import leaves


class Asks(msgspec.Struct, frozen=True):
    """In which programmes places are asked for, and whether needs are, of members or of households."""

    places: frozenset[str] = frozenset()
    needs: bool = False


NOTHING_ASKED: Final = Asks()


def asks_of(policies: Iterable[Policy]) -> Asks:
    """What these policies ask for together."""
    every = list(policies)
    return Asks(
        frozenset().union(*map(places_asked, every)),
        any(asks_members_needs(one) or asks_household_needs(one) for one in every),
    )


@lru_cache(maxsize=256)
def asks_members_needs(policy: Policy) -> bool:
    """Whether it asks for needs of members."""
    conditions = [component.when for component in policy.components]
    conditions += [leaf.when for leaf in leaves(policy.criteria) if isinstance(leaf, MembersAtLeast)]
    return any(isinstance(fact, HasNeed) for when in conditions for fact in asked(when))


@lru_cache(maxsize=256)
def asks_household_needs(policy: Policy) -> bool:
    """Whether it asks for needs of households."""
    return any(isinstance(leaf, HouseholdNeed) for leaf in leaves(policy.criteria))
