"""The outcome and amount of one policy for every household of a population."""

from collections.abc import Iterator
from datetime import date
from functools import reduce
from operator import and_, or_

import polars as pl
from padan_events.criteria import Criterion2022, CriterionBps
from padan_events.eligibility import Outcome

from padan_eligibility.domain.policy import (
    AllOf,
    AmountByComponents,
    ComponentsAtLeast,
    Count2022,
    CountBps,
    Criterion,
    DecileAtLeast,
    DecileAtMost,
    FixedAmount,
    Group,
    Holds2022,
    HoldsBps,
    HoldsPlace,
    HouseholdNeed,
    InKind,
    Leaf,
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
from padan_eligibility.domain.scope import ended
from padan_eligibility.population.frames import answer_column, match_column
from padan_eligibility.population.members import FITTING, MADE_UP, OPEN, SUM, counted, found_column
from padan_eligibility.population.ordering import order_columns


def outcomes(policy: Policy, households: pl.DataFrame, persons: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """`household_id`, `outcome` and `annual_idr` (null where not entitled), in the order of `households`.

    The tables are those of `padan_eligibility.population.frames`; a person's household must be among them.
    """
    return evaluated(policy, households, persons, as_of).select("household_id", "outcome", "annual_idr")


def evaluated(policy: Policy, households: pl.DataFrame, persons: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The same, with what the members make up (`MADE_UP`) and the columns of `order_columns`."""
    size = persons.group_by("household_id").agg(pl.len().alias("size"))
    members = counted(policy, persons, as_of)
    facts = (
        households.join(size, on="household_id", how="left", maintain_order="left")
        .join(members, on="household_id", how="left", maintain_order="left")
        .with_columns(pl.col("size").fill_null(0), pl.col(OPEN).fill_null(value=False), _nobody(members))
    )
    numbers = iter(range(len(policy.criteria) + members.width))
    runs = pl.lit(value=not ended(policy, as_of))
    holds = reduce(and_, (_holds(criterion, numbers) for criterion in policy.criteria), runs)
    outcome = (
        pl.when(holds)
        .then(pl.lit(Outcome.ENTITLED.value))
        .when(holds.is_null())
        .then(pl.lit(Outcome.UNDETERMINED.value))
        .otherwise(pl.lit(Outcome.NOT_ENTITLED.value))
    )
    return facts.select(
        "household_id",
        outcome.alias("outcome"),
        pl.when(holds).then(_amount(policy)).cast(pl.Int64).alias("annual_idr"),
        MADE_UP,
        *order_columns(policy),
    )


def _amount(policy: Policy) -> pl.Expr:
    match policy.amount:
        case FixedAmount():
            return pl.lit(policy.amount.annual_idr)
        case AmountByComponents():
            return pl.col(SUM)
        case InKind():
            return pl.lit(None)


def _nobody(members: pl.DataFrame) -> pl.Expr:
    return pl.col([name for name in members.columns if name not in {"household_id", OPEN, MADE_UP}]).fill_null(0)


def _holds(criterion: Criterion, numbers: Iterator[int]) -> pl.Expr:
    """`numbers` gives each `MembersAtLeast` its place among them, in the order written."""
    if not isinstance(criterion, Group):
        return _leaf(criterion, numbers)
    parts = [_holds(one, numbers) for one in criterion.criteria]
    if isinstance(criterion, AllOf):
        return reduce(and_, parts)
    return ~reduce(or_, parts) if isinstance(criterion, NoneOf) else reduce(or_, parts)


def _leaf(criterion: Leaf, numbers: Iterator[int]) -> pl.Expr:
    expression: pl.Expr
    match criterion:
        case StateNotIn():
            expression = ~pl.col("state").is_in([state.value for state in criterion.states])
        case DecileAtMost():
            expression = pl.col("decile") <= criterion.bound
        case DecileAtLeast():
            expression = pl.col("decile") >= criterion.bound
        case RegionIn():
            expression = reduce(or_, (pl.col("regency").str.starts_with(region) for region in criterion.regions))
        case SizeAtLeast():
            expression = pl.col("size") >= criterion.bound
        case SizeAtMost():
            expression = pl.col("size") <= criterion.bound
        case Holds2022() | HoldsBps() | RegisterMatch():
            expression = pl.col(_flag(criterion))
        case Count2022() | CountBps():
            codes = list(Criterion2022) if isinstance(criterion, Count2022) else list(CriterionBps)
            columns = [pl.col(answer_column(code)) for code in codes]
            found = pl.sum_horizontal(column.fill_null(value=False).cast(pl.Int32) for column in columns)
            unknown = pl.sum_horizontal(column.is_null().cast(pl.Int32) for column in columns)
            expression = _at_least(criterion.bound, found, unknown)
        case MembersAtLeast():
            name = found_column(next(numbers))
            expression = _at_least(criterion.bound, pl.col(name), pl.col(f"{name}.open"))
        case ProposedFor() | HoldsPlace() | HouseholdNeed():
            expression = _listed(criterion)
        case ComponentsAtLeast():
            enough = pl.col(FITTING) >= criterion.bound
            expression = pl.when(enough).then(pl.lit(value=True)).when(~pl.col(OPEN)).then(pl.lit(value=False))
    return expression


def _listed(criterion: ProposedFor | HoldsPlace | HouseholdNeed) -> pl.Expr:
    if isinstance(criterion, HouseholdNeed):
        return pl.col("household_needs").list.contains(criterion.kind.value)
    return pl.col("proposed_for" if isinstance(criterion, ProposedFor) else "places").list.contains(criterion.programme)


def _flag(criterion: Holds2022 | HoldsBps | RegisterMatch) -> str:
    return match_column(criterion.state) if isinstance(criterion, RegisterMatch) else answer_column(criterion.code)


def _at_least(bound: int, found: pl.Expr, unknown: pl.Expr) -> pl.Expr:
    return pl.when(found >= bound).then(pl.lit(value=True)).when(found + unknown < bound).then(pl.lit(value=False))
