"""Which components a family has, which of them count, and what is not known of them."""

from datetime import date
from functools import lru_cache

import msgspec
from padan_events.personal import School

from padan_eligibility.domain.ages import age_on, birthday
from padan_eligibility.domain.conditions import asked, met
from padan_eligibility.domain.facts import PersonFacts
from padan_eligibility.domain.policy import (
    AgeWithin,
    AmountByComponents,
    Attends,
    Condition,
    MembersAtLeast,
    Policy,
    Pregnant,
    SevereDisability,
    SexIs,
)
from padan_eligibility.domain.policy_document import leaves


class Found(msgspec.Struct, frozen=True):
    """A component found: which (its place in the policy), of whom, and whether it counts."""

    component: int
    person: PersonFacts
    counts: bool


class Shape(msgspec.Struct, frozen=True):
    """A family's components without saying whose they are: many families share one.

    `counted` holds the place of a component in the policy and how many members count for it, `beyond` is the number
    of further members who would fit, `birth_dates_missing`, `persons_missing` and `sexes_missing` the number of members
    of whom the birth date, everything, or the sex is not known, where the policy asks for it.
    """

    counted: tuple[tuple[int, int], ...]
    beyond: int
    birth_dates_missing: int
    persons_missing: int
    sexes_missing: int = 0


class Components(msgspec.Struct, frozen=True):
    """The components of a family, and their shape."""

    found: tuple[Found, ...]
    shape: Shape


_NONE = Components((), Shape((), 0, 0, 0))
_ANY_AGE = 1_000


class _Rules(msgspec.Struct, frozen=True):
    """The conditions of a policy's components, by the fact they ask for; numbers are places in the policy. `others` are
    those that ask for more than one fact, or a rarer one."""

    ages: tuple[tuple[int, int, int], ...]
    schools: dict[School, tuple[int, ...]]
    pregnant: tuple[int, ...]
    severe_disability: tuple[int, ...]
    others: tuple[tuple[int, Condition], ...]
    birthdays: frozenset[int]
    asks_age: bool
    asks_sex: bool
    asks_members: bool


@lru_cache(maxsize=256)
def _rules(policy: Policy) -> _Rules:
    conditions = [(index, component.when) for index, component in enumerate(policy.components)]
    counted = [leaf.when for leaf in leaves(policy.criteria) if isinstance(leaf, MembersAtLeast)]
    facts = [fact for when in (*(when for _, when in conditions), *counted) for fact in asked(when)]
    ages = [fact for fact in facts if isinstance(fact, AgeWithin)]
    return _Rules(
        ages=tuple(
            (index, when.from_years, _ANY_AGE if when.to_years is None else when.to_years)
            for index, when in conditions
            if isinstance(when, AgeWithin)
        ),
        schools={
            school: tuple(i for i, when in conditions if isinstance(when, Attends) and when.school is school)
            for school in School
        },
        pregnant=tuple(index for index, when in conditions if isinstance(when, Pregnant)),
        severe_disability=tuple(index for index, when in conditions if isinstance(when, SevereDisability)),
        others=tuple(
            (index, when)
            for index, when in conditions
            if not isinstance(when, AgeWithin | Attends | Pregnant | SevereDisability)
        ),
        birthdays=frozenset(
            years
            for age in ages
            for years in (age.from_years, *(() if age.to_years is None else (age.to_years + 1,)))
            if years > 0
        ),
        asks_age=bool(ages),
        asks_sex=any(isinstance(fact, SexIs) for fact in facts),
        asks_members=bool(facts),
    )


def _matching(rules: _Rules, person: PersonFacts, as_of: date) -> list[int]:
    """The components a member is known to make up."""
    matching: list[int] = []
    if person.birth_date is not None and rules.ages:
        age = age_on(person.birth_date, as_of)
        matching += [index for index, from_years, to_years in rules.ages if from_years <= age <= to_years]
    if person.school is not None:
        matching += rules.schools[person.school]
    if person.pregnant:
        matching += rules.pregnant
    if person.severe_disability:
        matching += rules.severe_disability
    matching += [index for index, when in rules.others if met(when, person, as_of)]
    return matching


def find(policy: Policy, persons: tuple[PersonFacts, ...], as_of: date) -> Components:
    """The components of `persons`, dearest first, and those among them that count.

    A member counts once. Of members who could fill a limited component, those go first who have least else to
    count for: so the sum is the largest one.
    """
    rules = _rules(policy)
    if not rules.asks_members:
        return _NONE
    prices = [component.annual_idr for component in policy.components]
    candidates: list[tuple[int, int, int, bytes, PersonFacts]] = []
    fitting = birth_dates_missing = persons_missing = sexes_missing = 0
    for person in persons:
        if not person.known:
            persons_missing += 1
            continue
        birth_dates_missing += person.birth_date is None and rules.asks_age
        sexes_missing += person.sex is None and rules.asks_sex
        matching = _matching(rules, person, as_of)
        fitting += bool(matching)
        for index in matching:
            otherwise = max((prices[other] for other in matching if other != index), default=0)
            candidates.append((-prices[index], index, otherwise, person.person_id.bytes, person))
    candidates.sort(key=_order)
    most = policy.amount.most if isinstance(policy.amount, AmountByComponents) else len(candidates)
    taken: dict[int, int] = {}
    counted: set[bytes] = set()
    found = []
    for _, index, _, person_id, person in candidates:
        limit = policy.components[index].at_most
        counts = person_id not in counted and len(counted) < most and (limit is None or taken.get(index, 0) < limit)
        if counts:
            counted.add(person_id)
            taken[index] = taken.get(index, 0) + 1
        found.append(Found(index, person, counts))
    return Components(
        tuple(found),
        Shape(
            tuple(sorted(taken.items())), fitting - len(counted), birth_dates_missing, persons_missing, sexes_missing
        ),
    )


def _order(candidate: tuple[int, int, int, bytes, PersonFacts]) -> tuple[int, int, int, bytes]:
    return candidate[:4]


def next_birthday(policy: Policy, persons: tuple[PersonFacts, ...], as_of: date) -> date | None:
    """The next day after `as_of` on which a member comes into or out of an age the policy asks for."""
    days = [
        birthday(person.birth_date, years)
        for person in persons
        if person.birth_date is not None
        for years in _rules(policy).birthdays
        if person.birth_date.year + years >= as_of.year
    ]
    return min((day for day in days if day > as_of), default=None)
