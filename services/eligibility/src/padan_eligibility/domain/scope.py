"""Where and when a policy speaks at all: of a family outside nothing is decided, rather than that it is refused."""

from datetime import date

from msgspec import UNSET
from padan_events.eligibility import Outcome

from padan_eligibility.domain.policy import Policy, RegionIn


def regions_of(policy: Policy) -> tuple[str, ...] | None:
    """The provinces, regencies and cities that a policy is for; None: the whole nation."""
    return next((one.regions for one in policy.criteria if isinstance(one, RegionIn)), None)


def ended(policy: Policy, day: date) -> bool:
    """Whether its programme has ended before `day`."""
    return policy.effective_until is not UNSET and policy.effective_until < day


def applies(policy: Policy, regency: str, day: date) -> bool:
    """Whether a policy speaks of families of a regency on a local date."""
    regions = regions_of(policy)
    return (regions is None or regency.startswith(regions)) and not ended(policy, day)


def concerns(policy: Policy, regency: str, day: date, stood: Outcome | None) -> bool:
    """Whether a family is to be decided by a policy. Where it does not apply, only to take back what `stood` since it
    did: a family that has left the region, or a programme that ended."""
    return applies(policy, regency, day) or stood not in {None, Outcome.NOT_ENTITLED}
