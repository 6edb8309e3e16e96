"""Conditions on members as expressions: null where it is not known. Polars' own logic is the three-valued one."""

from datetime import date
from functools import reduce
from operator import and_, or_
from typing import Final

import polars as pl

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
    NoneMet,
    Pregnant,
    SevereDisability,
    SexIs,
)

_FLAGS: Final[dict[type[Condition], str]] = {
    Pregnant: "pregnant",
    SevereDisability: "severe_disability",
    IdentityAgrees: "identity_agrees",
}


def met(condition: Condition, as_of: date) -> pl.Expr:
    """Whether a person (a row of `PERSONS`) meets a condition on a local date."""
    expression: pl.Expr
    match condition:
        case AgeWithin():
            age = age_on(as_of)
            expression = age >= condition.from_years
            if condition.to_years is not None:
                expression &= age <= condition.to_years
        case Attends():
            attends = pl.col("school").eq_missing(condition.school.value)
            expression = pl.when(~school_lapsed(as_of)).then(attends)
        case Pregnant() | SevereDisability() | IdentityAgrees():
            expression = pl.col(_FLAGS[type(condition)])
        case DisabilityAnyOf():
            expression = reduce(or_, (pl.col(f"disability.{kind.value}") for kind in condition.kinds))
        case SexIs():
            expression = pl.col("sex") == condition.sex.value
        case HasNeed():
            expression = reduce(or_, (pl.col("needs").list.contains(kind.value) for kind in condition.kinds))
        case Everyone():
            expression = pl.lit(value=True)
        case AllMet():
            expression = reduce(and_, (met(one, as_of) for one in condition.conditions))
        case AnyMet():
            expression = reduce(or_, (met(one, as_of) for one in condition.conditions))
        case NoneMet():
            expression = ~reduce(or_, (met(one, as_of) for one in condition.conditions))
    # Of whom nothing is known, nothing is known in any group either.
    return pl.when(pl.col("known")).then(expression)


def school_lapsed(as_of: date) -> pl.Expr:
    """As `padan_eligibility.domain.conditions.school_lapsed`."""
    return (pl.col("school_until") <= as_of).fill_null(value=False)


def age_on(day: date) -> pl.Expr:
    """Completed years; as `padan_eligibility.domain.ages.age_on`."""
    born = pl.col("birth_date").dt
    later_in_the_year = born.month().cast(pl.Int16) * 100 + born.day() > day.month * 100 + day.day
    return day.year - born.year() - later_in_the_year.cast(pl.Int32)
