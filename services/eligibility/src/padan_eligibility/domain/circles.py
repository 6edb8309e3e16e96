"""Programmes that ask for places in each other: what a place is decided by may not come back to that place."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from padan_eligibility.domain.own_events import places_asked
from padan_eligibility.domain.policy import HoldsPlace, Policy
from padan_eligibility.domain.policy_document import located


def circle(policy: Policy, others: Iterable[Policy]) -> tuple[str, ...]:
    """The shortest chain of programmes by which a policy's programme would depend on itself, such as `(a, b, a)`: a
    asks for places in b, b for places in a. Empty where it would not. `others` are the policies that are in force or
    will be; those of the same programme say nothing, for this one takes their place."""
    asked: dict[str, set[str]] = {}
    for one in others:
        if one.programme != policy.programme:
            asked.setdefault(one.programme, set()).update(places_asked(one))
    chains: deque[tuple[str, ...]] = deque((policy.programme, code) for code in sorted(places_asked(policy)))
    seen: set[str] = set()
    while chains:
        chain = chains.popleft()
        if chain[-1] == policy.programme:
            return chain
        if chain[-1] not in seen:
            seen.add(chain[-1])
            chains.extend((*chain, code) for code in sorted(asked.get(chain[-1], ())))
    return ()


def where(policy: Policy, programme: str) -> str:
    """Where a policy asks for a place in a programme, as a path."""
    return next(
        f"{path}.programme"
        for path, leaf in located(policy.criteria, "$.criteria")
        if isinstance(leaf, HoldsPlace) and leaf.programme == programme
    )


def still_to_come(published: Mapping[str, Sequence[Policy]], day: date) -> list[Policy]:
    """The policies that decide on `day` or later: of each programme the last to have taken effect and those that have
    not yet. `published` is in the order of publication."""
    found: list[Policy] = []
    for versions in published.values():
        by_date = {one.effective_from: one for one in versions}  # of one date the one published last
        begun = max((begins for begins in by_date if begins <= day), default=date.min)
        found += [by_date[begins] for begins in sorted(by_date) if begins >= begun]
    return found
