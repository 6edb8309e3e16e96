"""What a policy asks for that this service's own events tell, and on which of these a decision rests."""

from functools import lru_cache
from uuid import UUID

from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.domain.policy import Policy, RegisterMatch
from padan_eligibility.domain.policy_document import leaves


@lru_cache(maxsize=256)
def asks_matches(policy: Policy) -> bool:
    """Whether it asks for matches with foreign registers."""
    return any(isinstance(leaf, RegisterMatch) for leaf in leaves(policy.criteria))


def rests_on(policy: Policy, facts: HouseholdFacts) -> tuple[UUID, ...]:
    """The events of this service that a decision rests on, beside the household's own."""
    return facts.reviews if asks_matches(policy) else ()
