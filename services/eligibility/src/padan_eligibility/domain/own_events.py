"""What a policy asks for that this service's own events tell, and on which of these a decision rests."""

from functools import lru_cache
from uuid import UUID

from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.domain.policy import HoldsPlace, Policy, RegisterMatch
from padan_eligibility.domain.policy_document import leaves


@lru_cache(maxsize=256)
def asks_matches(policy: Policy) -> bool:
    """Whether it asks for matches with foreign registers."""
    return any(isinstance(leaf, RegisterMatch) for leaf in leaves(policy.criteria))


@lru_cache(maxsize=256)
def places_asked(policy: Policy) -> frozenset[str]:
    """The other programmes in which it asks for places."""
    return frozenset(leaf.programme for leaf in leaves(policy.criteria) if isinstance(leaf, HoldsPlace))


def asks_own_events(policy: Policy) -> bool:
    """Whether it asks for anything that this service's own events tell."""
    return asks_matches(policy) or bool(places_asked(policy))


def rests_on(policy: Policy, facts: HouseholdFacts) -> tuple[UUID, ...]:
    """The events of this service that a decision rests on, beside the household's own."""
    reviews = facts.reviews if asks_matches(policy) else ()
    asked = places_asked(policy)
    return (*reviews, *(place.event for place in facts.places if place.programme in asked))
