"""Which components a family has, which of them count, and what is not known of them."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import msgspec
from msgspec import UNSET
from padan_events.personal import School

from padan_eligibility.domain.ages import age_on, birthday
from padan_eligibility.domain.conditions import asked, met, school_lapsed
from padan_eligibility.domain.facts import PersonFacts
from padan_eligibility.domain.policy import AmountByComponents, MembersAtLeast, Policy
from padan_eligibility.domain.policy_conditions import (
    AgeWithin,
    Attends,
    Condition,
    IdentityAgrees,
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
    of further members who would fit, `..._missing` the number of members
    of whom the birth date, everything, the sex, a match with the civil registry, or the level of school is not known,
    where the policy asks for it.
    """

    counted: tuple[tuple[int, int], ...]
    beyond: int
    birth_dates_missing: int
    persons_missing: int
    sexes_missing: int = 0
    identities_missing: int = 0
    schools_missing: int = 0

    @property
    def missing(self) -> int:
        """How often something is not known of a member."""
        return (
            self.birth_dates_missing
            + self.persons_missing
            + self.sexes_missing
            + self.identities_missing
            + self.schools_missing
        )


class Components(msgspec.Struct, frozen=True):
    """The components of a family, and their shape."""

    found: tuple[Found, ...]
    shape: Shape


_NONE = Components((), Shape((), 0, 0, 0))
_ANY_AGE = 1_000


class _Rules(msgspec.Struct, frozen=True):
    """The conditions of a policy's components, by the fact they ask for; numbers are places in the policy. `others` are
    those that ask for more than one fact, or a rarer one; `dearest_first` are all."""

    ages: tuple[tuple[int, int, int], ...]
    schools: dict[School, tuple[int, ...]]
    pregnant: tuple[int, ...]
    severe_disability: tuple[int, ...]
    others: tuple[tuple[int, Condition], ...]
    dearest_first: tuple[int, ...]
    birthdays: frozenset[int]
    asks_age: bool
    asks_sex: bool
    asks_identity: bool
    asks_school: bool
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
        dearest_first=tuple(
            sorted(range(len(policy.components)), key=lambda index: -policy.components[index].annual_idr)
        ),
        birthdays=frozenset(
            years
            for age in ages
            for years in (age.from_years, *(() if age.to_years is None else (age.to_years + 1,)))
            if years > 0
        ),
        asks_age=bool(ages),
        asks_sex=any(isinstance(fact, SexIs) for fact in facts),
        asks_identity=any(isinstance(fact, IdentityAgrees) for fact in facts),
        asks_school=any(isinstance(fact, Attends) for fact in facts),
        asks_members=bool(facts),
    )


def _matching(rules: _Rules, person: PersonFacts, as_of: date) -> list[int]:
    """The components a member is known to make up."""
    matching: list[int] = []
    if person.birth_date is not None and rules.ages:
        age = age_on(person.birth_date, as_of)
        matching += [index for index, from_years, to_years in rules.ages if from_years <= age <= to_years]
    if person.school is not None and not school_lapsed(person, as_of):
        matching += rules.schools[person.school]
    if person.pregnant:
        matching += rules.pregnant
    if person.severe_disability:
        matching += rules.severe_disability
    matching += [index for index, when in rules.others if met(when, person, as_of)]
    return matching


def find(policy: Policy, persons: tuple[PersonFacts, ...], as_of: date) -> Components:
    """The components of `persons`, dearest first, and those among them that count."""
    rules = _rules(policy)
    if not rules.asks_members:
        return _NONE
    fitting: list[tuple[PersonFacts, list[int]]] = []
    birth_dates_missing = persons_missing = sexes_missing = identities_missing = schools_missing = 0
    for person in sorted(persons, key=_by_id):
        if not person.known:
            persons_missing += 1
            continue
        birth_dates_missing += person.birth_date is None and rules.asks_age
        sexes_missing += person.sex is None and rules.asks_sex
        identities_missing += person.identity_agrees is None and rules.asks_identity
        schools_missing += rules.asks_school and school_lapsed(person, as_of)
        matching = _matching(rules, person, as_of)
        if matching:
            fitting.append((person, matching))
    chosen = _chosen(policy, tuple(tuple(matching) for _, matching in fitting))
    found = [
        (rules.dearest_first.index(index), person.person_id.bytes, Found(index, person, counts=index == choice))
        for (person, matching), choice in zip(fitting, chosen, strict=True)
        for index in matching
    ]
    found.sort(key=_dearest_first)
    taken = sorted((index, chosen.count(index)) for index in set(chosen) if index is not None)
    return Components(
        tuple(one for *_, one in found),
        Shape(
            tuple(taken),
            chosen.count(None),
            birth_dates_missing,
            persons_missing,
            sexes_missing,
            identities_missing,
            schools_missing,
        ),
    )


@lru_cache(maxsize=65_536)  # families of one shape choose alike: it was an eighth of the time of a recomputation
def _chosen(policy: Policy, fitting: tuple[tuple[int, ...], ...]) -> tuple[int | None, ...]:
    return tuple(dearest_choice(policy, fitting))


def dearest_choice(policy: Policy, fitting: Sequence[Sequence[int]]) -> list[int | None]:
    """For which component each member counts, None for those who count for none: the choice of the largest sum.

    `fitting` holds the components each member makes up (places in the policy). A member counts once, a component for
    `at_most` members, a family for `most`. Places are filled from the dearest on; where all who fit are counted
    already, one of them makes way for another component that still has somebody (an augmenting path). A filled place
    stays filled, and sets of places that can be filled together are a matroid: so the greedy order gives the dearest
    set. Choosing member by member does not: whoever is kept for a place that another takes anyway is lost.
    """
    most = policy.amount.most if isinstance(policy.amount, AmountByComponents) else UNSET
    chosen: list[int | None] = [None] * len(fitting)

    def fill(component: int, tried: set[int]) -> bool:
        who = [i for i, fits in enumerate(fitting) if component in fits and chosen[i] != component and i not in tried]
        free = [i for i in who if chosen[i] is None]
        for i in free or who:
            tried.add(i)
            before = chosen[i]
            if before is None or fill(before, tried):
                chosen[i] = component
                return True
        return False

    left = len(fitting) if most is UNSET else most
    for component in _rules(policy).dearest_first:
        limit = policy.components[component].at_most
        room = left if limit is None else min(left, limit)
        while room > 0 and fill(component, set()):
            room, left = room - 1, left - 1
    return chosen


def _dearest_first(found: tuple[int, bytes, Found]) -> tuple[int, bytes]:
    return found[:2]


def _by_id(person: PersonFacts) -> bytes:
    return person.person_id.bytes


def next_birthday(policy: Policy, persons: tuple[PersonFacts, ...], as_of: date) -> date | None:
    """The next day after `as_of` on which a member comes into or out of an age the policy asks for, or on which the
    level of school that it asks for is not known any more."""
    rules = _rules(policy)
    days = [
        birthday(person.birth_date, years)
        for person in persons
        if person.birth_date is not None
        for years in rules.birthdays
        if person.birth_date.year + years >= as_of.year
    ]
    if rules.asks_school:
        days += [person.school_until for person in persons if person.school_until is not None]
    return min((day for day in days if day > as_of), default=None)
