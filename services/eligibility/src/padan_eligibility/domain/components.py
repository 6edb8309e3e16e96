"""Which components a family has, which of them count, and what is not known of them."""

from collections import Counter
from datetime import date

import msgspec

from padan_eligibility.domain.ages import age_on, birthday
from padan_eligibility.domain.facts import PersonFacts
from padan_eligibility.domain.policy import (
    AgeWithin,
    AmountByComponents,
    Attends,
    Component,
    Policy,
    Pregnant,
    SevereDisability,
)


class Found(msgspec.Struct, frozen=True):
    """A component found: which (its place in the policy), of whom, and whether it counts."""

    component: int
    person: PersonFacts
    counts: bool


class Shape(msgspec.Struct, frozen=True):
    """A family's components without saying whose they are: many families share one.

    `counted` holds the place of a component in the policy and how many members count for it, `beyond` is the number
    of further members who would fit, `birth_dates_missing` and `persons_missing` the number of members of whom the
    birth date, or everything, is not known, where the policy asks for it.
    """

    counted: tuple[tuple[int, int], ...]
    beyond: int
    birth_dates_missing: int
    persons_missing: int

    @property
    def complete(self) -> bool:
        """Whether every fact that could add a component is known."""
        return not self.birth_dates_missing and not self.persons_missing


class Components(msgspec.Struct, frozen=True):
    """The components of a family, and their shape."""

    found: tuple[Found, ...]
    shape: Shape


def holds(component: Component, person: PersonFacts, as_of: date) -> bool | None:
    """Whether a member makes up a component; None where that is not known."""
    if not person.known:
        return None
    when = component.when
    match when:
        case AgeWithin():
            if person.birth_date is None:
                return None
            age = age_on(person.birth_date, as_of)
            return when.from_years <= age and (when.to_years is None or age <= when.to_years)
        case Attends():
            return person.school is when.school
        case Pregnant():
            return person.pregnant
        case SevereDisability():
            return person.severe_disability


def find(policy: Policy, persons: tuple[PersonFacts, ...], as_of: date) -> Components:
    """The components of `persons`, dearest first, and those among them that count.

    A member counts once. Of members who could fill a limited component, those go first who have least else to
    count for: so the sum is the largest one.
    """
    by_person: list[tuple[PersonFacts, list[int]]] = []
    for person in persons:
        matching = [i for i, component in enumerate(policy.components) if holds(component, person, as_of)]
        if matching:
            by_person.append((person, matching))
    candidates = []
    for person, matching in by_person:
        for index in matching:
            amount = policy.components[index].annual_idr
            otherwise = max((policy.components[other].annual_idr for other in matching if other != index), default=0)
            candidates.append((-amount, index, otherwise, person.person_id.bytes, person))
    candidates.sort(key=lambda candidate: candidate[:4])
    most = policy.amount.most if isinstance(policy.amount, AmountByComponents) else len(candidates)
    taken: Counter[int] = Counter()
    counted: set[bytes] = set()
    found = []
    for _, index, _, person_id, person in candidates:
        limit = policy.components[index].at_most
        counts = person_id not in counted and len(counted) < most and (limit is None or taken[index] < limit)
        if counts:
            counted.add(person_id)
            taken[index] += 1
        found.append(Found(index, person, counts))
    by_age = any(isinstance(component.when, AgeWithin) for component in policy.components)
    return Components(
        tuple(found),
        Shape(
            counted=tuple(sorted(taken.items())),
            beyond=len(by_person) - len(counted),
            birth_dates_missing=sum(by_age and person.known and person.birth_date is None for person in persons),
            persons_missing=sum(bool(policy.components) and not person.known for person in persons),
        ),
    )


def next_birthday(policy: Policy, persons: tuple[PersonFacts, ...], as_of: date) -> date | None:
    """The next day after `as_of` on which a member enters or leaves a component by age."""
    ages = set()
    for component in policy.components:
        if isinstance(component.when, AgeWithin):
            ages.add(component.when.from_years)
            if component.when.to_years is not None:
                ages.add(component.when.to_years + 1)
    days = (
        birthday(person.birth_date, years)
        for person in persons
        if person.birth_date is not None
        for years in ages
        if years > 0 and person.birth_date.year + years >= as_of.year
    )
    return min((day for day in days if day > as_of), default=None)
