"""What a programme's own order of its waiting list goes by, of every household of a population."""

from collections.abc import Iterable

import polars as pl
from msgspec import UNSET
from padan_events.criteria import Criterion2022, CriterionBps

from padan_eligibility.domain.ordering import NO_DECILE
from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.policy_order import (
    ByComponent,
    ByCount2022,
    ByCountBps,
    ByDecile,
    ByDetermination,
    BySize,
    OrderBy,
    Size,
)
from padan_eligibility.population.frames import Code, answer_column
from padan_eligibility.population.members import MADE_UP


def order_columns(policy: Policy) -> list[pl.Expr]:
    """`order.0` and so on: as `padan_eligibility.domain.ordering.own_order`; null where it goes by the date of
    determination, which is no fact that policies ask for."""
    keys = () if policy.order is UNSET else policy.order
    return [_value(policy, key).cast(pl.Int64).alias(f"order.{index}") for index, key in enumerate(keys)]


def _value(policy: Policy, key: OrderBy) -> pl.Expr:
    expression: pl.Expr
    match key:
        case ByDecile():
            expression = pl.col("decile").fill_null(NO_DECILE)
        case ByCount2022():
            expression = -_holding(Criterion2022)
        case ByCountBps():
            expression = -_holding(CriterionBps)
        case ByDetermination():
            expression = pl.lit(None)
        case BySize():
            expression = pl.col("size").cast(pl.Int64) * (-1 if key.first is Size.LARGER else 1)
        case ByComponent():
            place = [component.code for component in policy.components].index(key.code)
            made_up = pl.col(MADE_UP).str.split(",").list.eval(pl.element().cast(pl.Int64) // (1 << place) % 2)
            expression = -made_up.list.sum().fill_null(0)
    return expression


def _holding(codes: Iterable[Code]) -> pl.Expr:
    return pl.sum_horizontal(pl.col(answer_column(code)).fill_null(value=False).cast(pl.Int64) for code in codes)
