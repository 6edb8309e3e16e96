"""Judging a policy's criteria: what each leaf reads of a household, whether it holds, and what groups make of that."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

import msgspec
from padan_events.criteria import Answer
from padan_events.personal import Circumstances
from padan_events.personal import Criterion as Explained
from padan_events.states import State

from padan_eligibility.domain import kleene, words, words_of_groups, words_of_households
from padan_eligibility.domain.components import Shape
from padan_eligibility.domain.conditions import met
from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.domain.kleene import Truth
from padan_eligibility.domain.policy import (
    AllOf,
    AnyOf,
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
    MatchState,
    MembersAtLeast,
    NoneOf,
    Policy,
    ProposedFor,
    RegionIn,
    RegisterMatch,
    SizeAtLeast,
    SizeAtMost,
    StateNotIn,
)
from padan_eligibility.domain.policy_document import leaves
from padan_eligibility.domain.words import Judged


class Count(msgspec.Struct, frozen=True):
    """How many of something there are, and how many more there may be."""

    found: int
    unknown: int


Reading = State | str | int | Count | Answer | None
"""What one leaf reads of a household; None where it is not known."""


@lru_cache(maxsize=256)
def _leaves(policy: Policy) -> tuple[Leaf, ...]:
    return tuple(leaves(policy.criteria))


def read(policy: Policy, facts: HouseholdFacts, as_of: date) -> tuple[Reading, ...]:
    """What the leaves of a policy read, in the order written: all that the household's own facts decide by."""
    return tuple(_reading(leaf, facts, as_of) for leaf in _leaves(policy))


def _reading(leaf: Leaf, facts: HouseholdFacts, as_of: date) -> Reading:
    reading: Reading
    match leaf:
        case StateNotIn():
            reading = facts.state
        case DecileAtMost() | DecileAtLeast():
            reading = facts.decile
        case RegionIn():
            reading = facts.regency
        case SizeAtLeast() | SizeAtMost():
            reading = len(facts.persons)
        case Holds2022() | HoldsBps() | Count2022() | CountBps():
            reading = None if facts.circumstances is None else _found(leaf, facts.circumstances)
        case MembersAtLeast():
            values = [met(leaf.when, person, as_of) for person in facts.persons]
            reading = Count(values.count(True), values.count(None))
        case ProposedFor():
            reading = leaf.programme in facts.proposed_for
        case HoldsPlace():
            reading = facts.holds(leaf.programme)
        case HouseholdNeed():
            reading = leaf.kind in facts.needs
        case RegisterMatch():
            reading = facts.barred if leaf.state is MatchState.FOUNDED else facts.under_review
        case ComponentsAtLeast():
            reading = None  # the components' shape says it
    return reading


def _found(leaf: Holds2022 | HoldsBps | Count2022 | CountBps, visit: Circumstances) -> Answer | Count | None:
    if isinstance(leaf, Holds2022):
        return visit.criteria_2022.get(leaf.code)
    if isinstance(leaf, HoldsBps):
        return visit.criteria_bps.get(leaf.code)
    of_list = visit.criteria_2022 if isinstance(leaf, Count2022) else visit.criteria_bps
    answers = list(of_list.values())
    return Count(answers.count(Answer.YES), answers.count(Answer.UNKNOWN))


def judge(policy: Policy, readings: Sequence[Reading], shape: Shape) -> tuple[Judged, ...]:
    """The policy's criteria, judged and put into words."""
    left = iter(readings)
    return tuple(_judge(policy, criterion, left, shape) for criterion in policy.criteria)


def _judge(policy: Policy, criterion: Criterion, readings: Iterator[Reading], shape: Shape) -> Judged:
    if isinstance(criterion, Group):
        parts = [_judge(policy, part, readings, shape) for part in criterion.criteria]
        code = group_of(criterion)
        return words_of_groups.group(code, together(code, [part.holds for part in parts]), parts)
    return _leaf(policy, criterion, next(readings), shape)


_CODES: dict[type[Group], str] = {AllOf: "all_of", AnyOf: "any_of", NoneOf: "none_of"}


def together(code: str, values: Sequence[Truth]) -> Truth:
    """What a group makes of how its parts came out."""
    match code:
        case "any_of":
            return kleene.some(values)
        case "none_of":
            return kleene.negated(kleene.some(values))
        case _:
            return kleene.every(values)


def group_of(group: Group) -> str:
    """The code of a group."""
    return _CODES[type(group)]


def may_change(criteria: Sequence[Explained]) -> bool:
    """Whether a birthday could still change the outcome: it could not where what asks for no age fails already."""
    return kleene.every(_at_best(criterion) for criterion in criteria) is not False


def _at_best(criterion: Explained) -> Truth:
    if criterion.code in _OF_AGES:
        return None
    if criterion.parts:
        return together(criterion.code, [_at_best(part) for part in criterion.parts])
    return criterion.holds


_OF_AGES = frozenset({"components", "members"})


def _leaf(policy: Policy, leaf: Leaf, reading: Reading, shape: Shape) -> Judged:
    judged: Judged
    match leaf:
        case StateNotIn():
            assert isinstance(reading, State)
            judged = words.state(reading, leaf.states)
        case DecileAtMost():
            judged = words.decile(_number(reading), leaf.bound)
        case DecileAtLeast():
            judged = words.decile(_number(reading), leaf.bound, most=False)
        case RegionIn():
            assert isinstance(reading, str)
            judged = words_of_households.region(reading, leaf.regions)
        case SizeAtLeast() | SizeAtMost():
            assert isinstance(reading, int)
            judged = words_of_households.size(reading, leaf.bound, most=isinstance(leaf, SizeAtMost))
        case Holds2022() | HoldsBps():
            judged = words_of_households.poverty(leaf.code, None if reading is None else Answer(str(reading)))
        case Count2022() | CountBps():
            listed = "2022" if isinstance(leaf, Count2022) else "bps"
            judged = words_of_households.poverty_count(listed, _counted(reading), leaf.bound)
        case MembersAtLeast():
            counted = _counted(reading)
            assert counted is not None
            judged = words_of_households.members(leaf.name, counted, leaf.bound)
        case ProposedFor() | HoldsPlace() | HouseholdNeed() | RegisterMatch():
            judged = _flag(leaf, holds=bool(reading))
        case ComponentsAtLeast():
            judged = words.components(policy, shape, leaf.bound)
    return judged


def _flag(leaf: ProposedFor | HoldsPlace | HouseholdNeed | RegisterMatch, *, holds: bool) -> Judged:
    match leaf:
        case ProposedFor():
            return words_of_households.proposed_for(leaf.programme, proposed=holds)
        case HoldsPlace():
            return words_of_households.holds_place(leaf.programme, holds=holds)
        case HouseholdNeed():
            return words_of_households.need(leaf.kind, holds=holds)
        case RegisterMatch():
            return words_of_households.register_match(leaf.state, holds=holds)


def _number(reading: Reading) -> int | None:
    assert reading is None or isinstance(reading, int)
    return reading


def _counted(reading: Reading) -> tuple[int, int] | None:
    return (reading.found, reading.unknown) if isinstance(reading, Count) else None
