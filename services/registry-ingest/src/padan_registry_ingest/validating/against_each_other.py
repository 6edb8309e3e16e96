"""Families of a file, and duplicates among them."""

import polars as pl

from padan_registry_ingest.domain.duplicates import Claim, resolve
from padan_registry_ingest.validating import rules


def people_of(recipients: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """`row, nik`: every well-formed NIK of each row's family, the recipient's included, each once a row."""
    own = recipients.select("row", "nik")
    family = recipients.select("row", "card").join(members.select("card", "nik"), on="card").select("row", "nik")
    return pl.concat([own, family]).drop_nulls().unique(maintain_order=True)


def add_duplicates(recipients: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """The recipients with the reasons that duplicates add. Every other reason must be known by now."""
    repeated = people.filter(pl.col("nik").is_duplicated()).select("row")
    same = recipients.filter(
        (pl.col("nik").is_not_null() & pl.col("nik").is_duplicated())
        | (pl.col("card").is_not_null() & pl.col("card").is_duplicated())
    ).select("row")
    concerned = pl.concat([repeated, same]).unique()
    if concerned.height == 0:
        return recipients
    families = people.join(concerned, on="row", how="semi").group_by("row").agg("nik")
    of_row = dict(families.iter_rows())
    rows = recipients.join(concerned, on="row", how="semi").sort("row").select("row", "nik", "card", "reasons")
    claims = [
        Claim(row, nik, card, frozenset(of_row.get(row, ())), reasons) for row, nik, card, reasons in rows.iter_rows()
    ]
    return add_reasons(recipients, resolve(claims))


def add_reasons(recipients: pl.DataFrame, added: dict[int, int]) -> pl.DataFrame:
    """The recipients with reasons added by row."""
    if not added:
        return recipients
    more = pl.DataFrame(
        {"row": list(added), "more": list(added.values())},
        schema={"row": recipients.schema["row"], "more": rules.REASONS},
    )
    return (
        recipients.join(more, on="row", how="left", maintain_order="left")
        .with_columns(pl.col("reasons").or_(pl.col("more").fill_null(0)))
        .drop("more")
    )
