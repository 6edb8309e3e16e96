"""Who would hold a place and who would wait: the ledgers after the round that takes up a candidate. Pure, over tables.

A round gives what is free to who ranks first among all who are entitled and hold none, and ends the places of who can
hold one no longer (docs/places.md). So what it comes to follows from numbers and ranks, without holding it.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl
from padan_events.states import CLOSED

from padan_eligibility.domain.ordering import NO_DECILE
from padan_eligibility.simulation.messages import Ledger

LISTED: Final = pl.Schema(
    {
        "household_id": pl.UInt32,
        "determined_on": pl.Date,
        "left": pl.Boolean,
        "unmet": pl.Int8,
        "held": pl.Boolean,
    }
)
"""Beside the facts, of households in regencies with a list: whether the family left the programme or its aid was ended,
minus the criteria of 2022 that hold, and whether it holds a place (null: nor does it wait)."""
_RANK: Final = ("decile", "unmet", "determined_on", "id")


def candidates(rows: pl.DataFrame, households: pl.DataFrame, listed: pl.DataFrame) -> pl.DataFrame:
    """Of the households in `listed` what settling takes; `rows` is what `compare` says of `households`."""
    order = _order(rows)
    facts = rows.select(
        "id", "regency", "before.annual_idr", "after.annual_idr", "after.outcome", "after.ready", *order
    )
    there = (
        facts.hstack(households.select("household_id", "state", "decile"))
        .join(listed, on="household_id", how="inner", maintain_order="left")
        .with_columns(
            pl.col("decile").fill_null(NO_DECILE),
            # Null where the order goes by it: families are compared with each other alone, so any beginning will do.
            *(pl.col(key).fill_null(pl.col("determined_on").cast(pl.Int32)) for key in order),
        )
    )
    may = ~pl.col("state").is_in([state.value for state in CLOSED]) & ~pl.col("left")
    undetermined = pl.col("after.outcome") == "undetermined"
    holds = pl.col("held").fill_null(value=False)
    return there.select(
        *order,
        *_RANK,
        "regency",
        "held",
        pl.col("before.annual_idr").fill_null(0),
        pl.col("after.annual_idr").fill_null(0),
        (holds & may & (pl.col("after.ready") | undetermined)).alias("stays"),
        (~holds & may & pl.col("after.ready") & pl.col("determined_on").is_not_null()).alias("stands"),
    )


def _order(table: pl.DataFrame) -> list[str]:
    return [name for name in table.columns if name.startswith("after.order.")]


def settle(found: pl.DataFrame, before: Mapping[str, int], after: Mapping[str, int]) -> list[Ledger]:
    """The ledgers by regency. `before` and `after`: the quotas, of each regency that has or gets one."""
    quota = pl.col("regency").replace_strict(dict(after), default=0, return_dtype=pl.Int64)
    ranked = found.sort(*_order(found), *_RANK).with_columns(
        free=quota - pl.col("stays").sum().over("regency"),
        before_it=pl.col("stands").cum_sum().over("regency"),
    )
    placed = pl.col("stays") | (pl.col("stands") & (pl.col("before_it") <= pl.col("free")))
    sums = ranked.group_by("regency").agg(
        pl.col("held").sum().alias("places_before"),
        (~pl.col("held")).sum().alias("waiting_before"),
        placed.sum().alias("places_after"),
        (pl.col("stands") & ~placed).sum().alias("waiting_after"),
        pl.col("before.annual_idr").filter(pl.col("held")).sum().alias("annual_idr_before"),
        pl.col("after.annual_idr").filter(placed).sum().alias("annual_idr_after"),
    )
    numbers = {row.pop("regency"): row for row in sums.iter_rows(named=True)}
    nobody = dict.fromkeys(sums.columns[1:], 0)
    return [
        _ledger(regency, before.get(regency), after[regency], numbers.get(regency, nobody)) for regency in sorted(after)
    ]


def _ledger(regency: str, quota_before: int | None, quota_after: int, numbers: Mapping[str, int]) -> Ledger:
    return Ledger(
        regency=regency,
        quota_before=quota_before,
        quota_after=quota_after,
        excess_before=max(0, numbers["places_before"] - (quota_before or 0)),
        excess_after=max(0, numbers["places_after"] - quota_after),
        **numbers,
    )
