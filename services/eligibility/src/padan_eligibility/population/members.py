"""What a policy counts among the members of each household: components that count, and members who meet a condition."""

from datetime import date

import polars as pl

from padan_eligibility.domain.components import dearest_choice
from padan_eligibility.domain.conditions import asked
from padan_eligibility.domain.policy import AmountByComponents, MembersAtLeast, Policy
from padan_eligibility.domain.policy_conditions import AgeWithin, Attends, IdentityAgrees, SexIs
from padan_eligibility.domain.policy_document import leaves
from padan_eligibility.population.conditions import met, school_lapsed

FITTING, OPEN, SUM = "members.fitting", "members.open", "members.annual_idr"
"""Columns: members who make up a component, whether more may turn out to, and the amount of those that count."""
MADE_UP = "members.made_up"
"""Column: which components the members of a household make up, in the form `component_numbers` reads; null: none."""


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
    if any(isinstance(fact, IdentityAgrees) for fact in facts):
        open_facts |= pl.col("identity_agrees").is_null()
    if any(isinstance(fact, Attends) for fact in facts):
        open_facts |= school_lapsed(as_of)
    judged = persons.select(
        "household_id",
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
        return totals.with_columns(pl.lit(0).alias(SUM), pl.lit(None, pl.String).alias(MADE_UP))
    return totals.join(_amounts(policy, judged), on="household_id", how="left").with_columns(pl.col(SUM).fill_null(0))


def _any(columns: list[str]) -> pl.Expr:
    return pl.any_horizontal(columns) if columns else pl.lit(value=False)


def _amounts(policy: Policy, judged: pl.DataFrame) -> pl.DataFrame:
    """The dearest choice of each household. Few families differ in what their members make up, so that each such
    make-up is chosen for once: `made_up` is the components of a member as bits, of a household as a list."""
    everyone = range(len(policy.components))
    made_up = pl.sum_horizontal(pl.col(f"c{i}").cast(pl.Int64) * (1 << i) for i in everyone)
    families = (
        judged.select("household_id", made_up.alias(MADE_UP))
        .filter(pl.col(MADE_UP) > 0)
        # Sorted at once: group by group it took three times as long.
        .sort("household_id", MADE_UP)
        .with_columns(pl.col(MADE_UP).cast(pl.String))
        .group_by("household_id", maintain_order=True)
        .agg(MADE_UP)
        .with_columns(pl.col(MADE_UP).list.join(","))
    )
    different = families[MADE_UP].unique().to_list()
    sums = [
        sum(number * component.annual_idr for number, component in zip(numbers, policy.components, strict=True))
        for numbers in (component_numbers(policy, family) for family in different)
    ]
    chosen_for = pl.DataFrame({MADE_UP: different, SUM: sums}, schema={MADE_UP: pl.String, SUM: pl.Int64})
    return families.join(chosen_for, on=MADE_UP).select("household_id", SUM, MADE_UP)


def component_numbers(policy: Policy, made_up: str) -> list[int]:
    """For how many members each component of a policy counts in a family whose members make up these."""
    members = [int(member) for member in made_up.split(",")]
    fitting = [[i for i in range(len(policy.components)) if member >> i & 1] for member in members]
    chosen = dearest_choice(policy, fitting)
    return [chosen.count(i) for i in range(len(policy.components))]
