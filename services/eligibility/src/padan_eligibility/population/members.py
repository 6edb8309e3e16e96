"""What a policy counts among the members of each household: components that count, and members who meet a condition."""

from datetime import date

import polars as pl

from padan_eligibility.domain.conditions import asked
from padan_eligibility.domain.policy import AgeWithin, AmountByComponents, MembersAtLeast, Policy, SexIs
from padan_eligibility.domain.policy_document import leaves
from padan_eligibility.population.conditions import met

FITTING, OPEN, SUM = "members.fitting", "members.open", "members.annual_idr"
"""Columns: members who make up a component, whether more may turn out to, and the amount of those that count."""


def found_column(index: int) -> str:
    """How many members meet the condition of the `index`-th `MembersAtLeast`; the next column: of how many it is not
    known."""
    return f"members.{index}"


def counted(policy: Policy, persons: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """One row a household that has members."""
    conditions = [component.when for component in policy.components]
    members = [leaf.when for leaf in leaves(policy.criteria) if isinstance(leaf, MembersAtLeast)]
    facts = [fact for when in (*conditions, *members) for fact in asked(when)]
    open_facts = ~pl.col("known")
    if any(isinstance(fact, AgeWithin) for fact in facts):
        open_facts |= pl.col("birth_date").is_null()
    if any(isinstance(fact, SexIs) for fact in facts):
        open_facts |= pl.col("sex").is_null()
    judged = persons.select(
        "household_id",
        "person_id",
        open_facts.alias("open"),
        *(met(when, as_of).fill_null(value=False).alias(f"c{i}") for i, when in enumerate(conditions)),
        *(met(when, as_of).alias(f"m{i}") for i, when in enumerate(members)),
    )
    totals = judged.group_by("household_id").agg(
        _any([f"c{i}" for i in range(len(conditions))]).sum().alias(FITTING),
        pl.col("open").any().alias(OPEN),
        *(pl.col(f"m{i}").sum().alias(found_column(i)) for i in range(len(members))),
        *(pl.col(f"m{i}").null_count().alias(f"{found_column(i)}.open") for i in range(len(members))),
    )
    if not isinstance(policy.amount, AmountByComponents):
        return totals.with_columns(pl.lit(0).alias(SUM))
    return totals.join(_amounts(policy, policy.amount.most, judged), on="household_id", how="left").with_columns(
        pl.col(SUM).fill_null(0)
    )


def _any(columns: list[str]) -> pl.Expr:
    return pl.any_horizontal(columns) if columns else pl.lit(value=False)


def _amounts(policy: Policy, most: int, judged: pl.DataFrame) -> pl.DataFrame:
    """The dearest choice, as `padan_eligibility.domain.components.find` takes it: component by component, of a limited
    one those members first who have least else to count for."""
    prices = [component.annual_idr for component in policy.components]
    everyone = range(len(prices))
    left = judged.filter(_any([f"c{i}" for i in everyone])).with_columns(
        pl.lit(0).alias("taken"), pl.lit(0).alias("idr"), pl.lit(value=False).alias("counts")
    )
    for index in sorted(everyone, key=lambda i: (-prices[i], i)):
        limit = policy.components[index].at_most
        others = [
            pl.when(pl.col(f"c{other}")).then(pl.lit(prices[other])).otherwise(0)
            for other in everyone
            if other != index
        ]
        otherwise = pl.max_horizontal(others) if others else pl.lit(0)
        candidate = pl.col(f"c{index}") & ~pl.col("counts")
        # Whoever is no candidate comes after all who are, so that a candidate's place is counted among candidates.
        place = pl.struct(~candidate, otherwise.alias("otherwise"), "person_id").rank("ordinal").over("household_id")
        room = most - pl.col("taken") if limit is None else pl.min_horizontal(most - pl.col("taken"), pl.lit(limit))
        left = left.with_columns((candidate & (place.cast(pl.Int64) <= room)).alias("now"))
        left = left.with_columns(
            pl.col("counts") | pl.col("now"),
            pl.col("taken") + pl.col("now").sum().over("household_id"),
            pl.col("idr") + pl.col("now") * prices[index],
        )
    return left.group_by("household_id").agg(pl.col("idr").sum().alias(SUM))
