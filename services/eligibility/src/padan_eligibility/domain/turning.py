"""The smallest change that would turn a decision: which facts, were they otherwise, would make it come out otherwise.

Facts are imagined otherwise one at a time, then two, then three together, and of as many the nearest. Where a policy
counts members in more ways than one, nothing is imagined of members: one more of a kind could be one of another kind
too, and what is named must really turn the decision.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Final

import msgspec
from padan_events.criteria import Answer, Criterion2022, CriterionBps
from padan_events.states import State

from padan_eligibility.domain import kleene
from padan_eligibility.domain.components import Shape
from padan_eligibility.domain.criteria import Count, Reading, group_of, together
from padan_eligibility.domain.kleene import Truth
from padan_eligibility.domain.policy import (
    ComponentsAtLeast,
    Count2022,
    CountBps,
    Criterion,
    DecileAtLeast,
    DecileAtMost,
    Group,
    Holds2022,
    HoldsBps,
    HoldsPlace,
    HouseholdNeed,
    Leaf,
    MembersAtLeast,
    Policy,
    ProposedFor,
    RegionIn,
    RegisterMatch,
    SizeAtLeast,
    SizeAtMost,
    StateNotIn,
)
from padan_eligibility.domain.policy_document import leaves

Fact = tuple[str, str]
"""A kind of fact, and which one of it: `("decile", "")`, `("poverty_2022", "no_shelter")`."""
Changes = tuple[tuple[Fact, Reading], ...]
World = dict[Fact, Reading]

_LISTS: Final[dict[str, int]] = {"poverty_2022": len(Criterion2022), "poverty_bps": len(CriterionBps)}
ELSEWHERE: Final = "00"
_MANY: Final = 1_000
_FAR: Final = 9
"""A family moves, or its case comes to another state, less easily than any number changes."""
_OF_HEADS: Final = frozenset({"members", "components", "household_size"})


def smallest(policy: Policy, readings: Sequence[Reading], shape: Shape) -> Changes:
    """The fewest facts, and of as many the nearest, that would turn the decision; none where no three do. A decision
    that is open is turned by what makes it a yes."""
    world = _world(policy, readings, shape)
    wanted = _outcome(policy, world) is not True
    values = _otherwise(policy, world)
    for number in range(1, 4 if len(values) <= 6 else 3):
        turning = [
            (sum(_cost(world[fact], value) for fact, value in changes), order, changes)
            for order, changes in enumerate(_combined(values, number))
            if (after := _after(world, dict(changes))) is not None and _outcome(policy, after) is wanted
        ]
        if turning:
            return min(turning)[2]
    return ()


def _combined(values: dict[Fact, list[Reading]], number: int) -> Iterator[Changes]:
    for facts in combinations(values, number):
        for chosen in product(*(values[fact] for fact in facts)):
            yield tuple(zip(facts, chosen, strict=True))


def _world(policy: Policy, readings: Sequence[Reading], shape: Shape) -> World:
    world: World = {}
    for leaf, reading in zip(leaves(policy.criteria), readings, strict=True):
        fact = _fact(leaf)
        if fact[0] in _LISTS:  # nobody asked, or it could not be found out: neither is known
            world[fact] = Answer.UNKNOWN if reading is None else reading
        elif fact[0].removesuffix("_count") in _LISTS:
            world[fact] = Count(0, _LISTS[fact[0].removesuffix("_count")]) if reading is None else reading
        elif isinstance(leaf, ComponentsAtLeast):
            found = sum(number for _, number in shape.counted) + shape.beyond
            world[fact] = Count(found, _MANY if shape.missing else 0)
        else:
            world[fact] = reading
    return world


_KINDS: Final[dict[type[Leaf], str]] = {
    StateNotIn: "state",
    DecileAtMost: "decile",
    DecileAtLeast: "decile",
    RegionIn: "region",
    SizeAtLeast: "household_size",
    SizeAtMost: "household_size",
    Holds2022: "poverty_2022",
    HoldsBps: "poverty_bps",
    Count2022: "poverty_2022_count",
    CountBps: "poverty_bps_count",
    ProposedFor: "proposed_for",
    RegisterMatch: "register_match",
    HoldsPlace: "holds_place",
    HouseholdNeed: "has_need",
    MembersAtLeast: "members",
    ComponentsAtLeast: "components",
}


def _fact(leaf: Leaf) -> Fact:
    """What a leaf asks for; leaves that ask for the same say the same."""
    which = ""
    match leaf:
        case Holds2022() | HoldsBps():
            which = leaf.code
        case ProposedFor() | HoldsPlace():
            which = leaf.programme
        case HouseholdNeed():
            which = leaf.kind.value
        case RegisterMatch():
            which = leaf.state.value
        case MembersAtLeast():
            which = condition_of(leaf)
    return _KINDS[type(leaf)], which


def condition_of(leaf: MembersAtLeast) -> str:
    """The condition as a text to know it by."""
    return msgspec.json.encode(leaf.when).decode()


def _otherwise(policy: Policy, world: World) -> dict[Fact, list[Reading]]:
    """What each fact could be instead, as far as a bound lies between."""
    values: dict[Fact, list[Reading]] = {}
    certain = _counts_heads_once(policy)
    for leaf in leaves(policy.criteria):
        fact = _fact(leaf)
        if fact[0] in _OF_HEADS and not certain:
            continue
        held = values.setdefault(fact, [])
        held += [value for value in _values(leaf) if value not in held and value != world[fact]]
    return values


def _counts_heads_once(policy: Policy) -> bool:
    facts = (_fact(leaf) for leaf in leaves(policy.criteria))
    return len({fact for fact in facts if fact[0] in _OF_HEADS}) <= 1


def _values(leaf: Leaf) -> list[Reading]:
    values: list[Reading]
    match leaf:
        case StateNotIn():
            values = [next((state for state in State if state not in leaf.states), leaf.states[0]), leaf.states[0]]
        case DecileAtMost():
            values = [bound for bound in (leaf.bound, leaf.bound + 1) if bound <= 10]
        case DecileAtLeast():
            values = [bound for bound in (leaf.bound, leaf.bound - 1) if bound >= 1]
        case RegionIn():
            values = [*leaf.regions, ELSEWHERE]
        case SizeAtLeast():
            values = [leaf.bound, leaf.bound - 1]
        case SizeAtMost():
            values = [leaf.bound, leaf.bound + 1]
        case Holds2022() | HoldsBps():
            values = [Answer.YES, Answer.NO]
        case ProposedFor() | RegisterMatch() | HoldsPlace() | HouseholdNeed():
            values = [True, False]
        case Count2022() | CountBps() | MembersAtLeast() | ComponentsAtLeast():
            values = [Count(leaf.bound, 0), Count(leaf.bound - 1, 0)]
    return values


def _cost(before: Reading, after: Reading) -> int:
    if isinstance(after, Count):
        return abs(after.found - (before.found if isinstance(before, Count) else 0)) + 1
    if isinstance(after, str):
        return 1 if isinstance(after, Answer) else _FAR
    return abs(after - before) if isinstance(after, int) and isinstance(before, int) else 1


def _after(world: World, changes: World) -> World | None:
    """The world with the changes; None where they do not go together."""
    after = world | changes
    for name, size in _LISTS.items():
        count = after.get((f"{name}_count", ""))
        if not isinstance(count, Count):
            continue
        named = [fact for fact in world if fact[0] == name]
        if (f"{name}_count", "") in changes:
            for fact in named:  # so many hold, and of every other it was found out that it does not
                after[fact] = Answer.NO if after[fact] is Answer.UNKNOWN else after[fact]
            hold = sum(after[fact] is Answer.YES for fact in named)
            if not hold <= count.found <= hold + size - len(named):
                return None
        else:
            found, unknown = count.found, count.unknown
            for fact in named:
                found += (after[fact] is Answer.YES) - (world[fact] is Answer.YES)
                unknown -= (world[fact] is Answer.UNKNOWN) - (after[fact] is Answer.UNKNOWN)
            after[f"{name}_count", ""] = Count(found, unknown)
    return after


def _outcome(policy: Policy, world: World) -> Truth:
    return kleene.every(_holds(criterion, world) for criterion in policy.criteria)


def _holds(criterion: Criterion, world: World) -> Truth:
    if isinstance(criterion, Group):
        return together(group_of(criterion), [_holds(part, world) for part in criterion.criteria])
    value = world[_fact(criterion)]
    holds: Truth
    match criterion:
        case StateNotIn():
            holds = value not in criterion.states
        case DecileAtMost() | SizeAtMost():
            holds = value <= criterion.bound if isinstance(value, int) else None
        case DecileAtLeast() | SizeAtLeast():
            holds = value >= criterion.bound if isinstance(value, int) else None
        case RegionIn():
            holds = str(value).startswith(criterion.regions)
        case Holds2022() | HoldsBps():
            holds = None if value is Answer.UNKNOWN else value is Answer.YES
        case ProposedFor() | RegisterMatch() | HoldsPlace() | HouseholdNeed():
            holds = bool(value)
        case Count2022() | CountBps() | MembersAtLeast() | ComponentsAtLeast():
            assert isinstance(value, Count)
            holds = kleene.at_least(criterion.bound, value.found, value.unknown)
    return holds
