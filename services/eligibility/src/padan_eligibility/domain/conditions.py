"""Whether a member meets a condition: true, false or not known."""

from collections.abc import Iterator
from datetime import date

from padan_eligibility.domain import kleene
from padan_eligibility.domain.ages import age_on
from padan_eligibility.domain.facts import PersonFacts
from padan_eligibility.domain.kleene import Truth
from padan_eligibility.domain.policy_conditions import (
    AgeWithin,
    AllMet,
    AnyMet,
    Attends,
    Condition,
    DisabilityAnyOf,
    Everyone,
    HasNeed,
    IdentityAgrees,
    MemberGroup,
    NoneMet,
    Pregnant,
    SevereDisability,
    SexIs,
    Simple,
)


def met(condition: Condition, person: PersonFacts, as_of: date) -> Truth:
    """Whether `person` meets `condition` on a local date."""
    result: Truth
    match condition:
        case _ if not person.known:
            result = None
        case AgeWithin():
            result = None if person.birth_date is None else _within(condition, age_on(person.birth_date, as_of))
        case Attends():
            result = None if school_lapsed(person, as_of) else person.school is condition.school
        case Pregnant():
            result = person.pregnant
        case SevereDisability():
            result = person.severe_disability
        case DisabilityAnyOf() | HasNeed():
            result = _any_of(condition, person)
        case SexIs():
            result = None if person.sex is None else person.sex is condition.sex
        case IdentityAgrees():
            result = person.identity_agrees
        case Everyone():
            result = True
        case AllMet():
            result = kleene.every(met(one, person, as_of) for one in condition.conditions)
        case AnyMet():
            result = kleene.some(met(one, person, as_of) for one in condition.conditions)
        case NoneMet():
            result = kleene.negated(kleene.some(met(one, person, as_of) for one in condition.conditions))
    return result


def school_lapsed(person: PersonFacts, as_of: date) -> bool:
    """Whether a level of school was told so long ago that nobody can say what the member attends now."""
    return person.school_until is not None and person.school_until <= as_of


def _any_of(listed: DisabilityAnyOf | HasNeed, person: PersonFacts) -> bool:
    has = person.needs if isinstance(listed, HasNeed) else person.disabilities
    return not set(listed.kinds).isdisjoint(has)


def _within(ages: AgeWithin, age: int) -> bool:
    return ages.from_years <= age and (ages.to_years is None or age <= ages.to_years)


def asked(condition: Condition) -> Iterator[Simple]:
    """The facts a condition asks for, in the order written."""
    if isinstance(condition, MemberGroup):
        for one in condition.conditions:
            yield from asked(one)
    else:
        yield condition
