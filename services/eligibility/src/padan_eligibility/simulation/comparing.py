"""Before and after, household by household, and what that comes to: pure, over tables of a population."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import polars as pl
from padan_events.eligibility import Outcome

from padan_eligibility.domain.policy import InKind, Policy
from padan_eligibility.population.members import MADE_UP, component_numbers
from padan_eligibility.population.outcomes import evaluated
from padan_eligibility.simulation.messages import Change, Compared, Side

_E, _N, _U = Outcome.ENTITLED.value, Outcome.NOT_ENTITLED.value, Outcome.UNDETERMINED.value


_SIDES: Final = ("before", "after")


def compare(
    before: Policy | None, after: Policy, households: pl.DataFrame, persons: pl.DataFrame, as_of: date
) -> pl.DataFrame:
    """One row a household, in the order of `households`: its `id` and `regency`, `change`, and under `before.` and
    `after.` the columns of `evaluated` and `ready`, and of the order (`after.order.0` ...). `before` None: there is no
    policy yet, and nobody is entitled."""
    sides = []
    for name, policy in zip(_SIDES, (before, after), strict=True):
        sides.append(_side(name, policy, households, persons, as_of))
    return pl.concat([households.select("id", "regency"), *sides], how="horizontal").with_columns(
        _change(_quantity(before), _quantity(after)).alias("change")
    )


def _side(
    name: str, policy: Policy | None, households: pl.DataFrame, persons: pl.DataFrame, as_of: date
) -> pl.DataFrame:
    if policy is None:
        nothing = {
            f"{name}.outcome": pl.lit(_N),
            f"{name}.annual_idr": pl.lit(None, pl.Int64),
            f"{name}.{MADE_UP}": pl.lit(None, pl.String),
            f"{name}.ready": pl.lit(value=False),
        }
        return households.with_columns(**nothing).select(list(nothing))
    found = evaluated(policy, households, persons, as_of).with_columns(households["state"])
    return found.select(
        pl.col("outcome").alias(f"{name}.outcome"),
        pl.col("annual_idr").alias(f"{name}.annual_idr"),
        pl.when(pl.col("outcome") == _E).then(MADE_UP).alias(f"{name}.{MADE_UP}"),
        ((pl.col("outcome") == _E) & (pl.col("state") == policy.place_needs.value)).alias(f"{name}.ready"),
        *(pl.col(one).alias(f"{name}.{one}") for one in found.columns if one.startswith("order.")),
    )


def _quantity(policy: Policy | None) -> int | None:
    return policy.amount.annual_quantity if policy is not None and isinstance(policy.amount, InKind) else None


def _change(goods_before: int | None, goods_after: int | None) -> pl.Expr:
    before, after = pl.col("before.outcome"), pl.col("after.outcome")
    # Goods and rupiah are not compared with each other.
    had, gets = (
        pl.lit(goods) if goods is not None else pl.col(f"{side}.annual_idr")
        for side, goods in zip(_SIDES, (goods_before, goods_after), strict=True)
    )
    comparable = (goods_before is None) == (goods_after is None)
    both = (before == _E) & (after == _E) & comparable
    return (
        pl.when((before != _E) & (after == _E))
        .then(pl.lit(Change.WINS.value))
        .when((before == _E) & (after == _N))
        .then(pl.lit(Change.LOSES.value))
        .when((before != _U) & (after == _U))
        .then(pl.lit(Change.OPENS.value))
        .when(both & (gets > had))
        .then(pl.lit(Change.MORE.value))
        .when(both & (gets < had))
        .then(pl.lit(Change.LESS.value))
        .otherwise(pl.lit(Change.SAME.value))
    )


def by_regency(rows: pl.DataFrame) -> dict[str, Compared]:
    """What `compare` found, by regency."""
    counts = rows.group_by("regency").agg(
        pl.len().alias("families"),
        *(
            (pl.col(f"{side}.outcome") == outcome.value).sum().alias(f"{side}.{outcome.value}")
            for side in _SIDES
            for outcome in Outcome
        ),
        *(pl.col(f"{side}.annual_idr").sum() for side in _SIDES),
        *(pl.col(f"{side}.ready").sum() for side in _SIDES),
        *(
            pl.col(f"{side}.annual_idr").filter(pl.col(f"{side}.ready")).sum().alias(f"{side}.ready_annual_idr")
            for side in _SIDES
        ),
        *((pl.col("change") == change.value).sum().alias(change.value) for change in Change),
    )
    return {
        row["regency"]: Compared(
            families=row["families"],
            before=_told(row, "before"),
            after=_told(row, "after"),
            changes={change: row[change.value] for change in Change},
        )
        for row in counts.iter_rows(named=True)
    }


def _told(row: Mapping[str, int], side: str) -> Side:
    return Side(**{name: row[f"{side}.{name}"] for name in Side.__struct_fields__})


def members_by_component(policy: Policy | None, rows: pl.DataFrame, side: str) -> Counter[str]:
    """For how many members of entitled households each component counts, by its code."""
    found: Counter[str] = Counter()
    if policy is None or not policy.components:
        return found
    families = rows.drop_nulls(f"{side}.{MADE_UP}").group_by(f"{side}.{MADE_UP}").len()
    for made_up, households in families.iter_rows():
        for component, number in zip(policy.components, component_numbers(policy, made_up), strict=True):
            found[component.code] += number * households
    return found


def total(parts: Iterable[Compared]) -> Compared:
    """Several regions as one."""
    return sum(parts, Compared())
