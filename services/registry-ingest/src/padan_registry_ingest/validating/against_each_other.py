"""Families of a file, and duplicates among them. A number has 16 digits, so it is held as an integer of 8 bytes."""

import polars as pl

from padan_registry_ingest.domain.duplicates import Claim, resolve
from padan_registry_ingest.validating import rules

_ROW = {"row": pl.UInt32}


def people_of(recipients: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """`row, nik`: every well-formed NIK of each row's family, the recipient's included, each once a row."""
    own = recipients.select("row", "nik")
    family = recipients.select("row", "card").join(members.select("card", "nik"), on="card").select("row", "nik")
    return pl.concat([own, family]).drop_nulls().unique(maintain_order=True)


def numbers_of(recipients: pl.DataFrame, people: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`row, nik, card` and `row, nik` with numbers as integers: what `Claims.add` takes of a chunk."""
    number = pl.col("nik").cast(pl.Int64)
    return recipients.select("row", number, pl.col("card").cast(pl.Int64)), people.select("row", number)


class Claims:
    """The numbers of a whole file, gathered chunk by chunk, some 60 bytes a row."""

    def __init__(self) -> None:
        self._rows = [pl.DataFrame(schema=_ROW | {"nik": pl.Int64, "card": pl.Int64})]
        self._people = [pl.DataFrame(schema=_ROW | {"nik": pl.Int64})]

    def add(self, rows: pl.DataFrame, people: pl.DataFrame) -> None:
        """Take the numbers of some more rows."""
        self._rows.append(rows)
        self._people.append(people)

    def repeated(self) -> pl.DataFrame:
        """`row, nik, card, people`: the rows with a number that another row has too, in order of the file.

        Of `people` only those who stand in several rows are listed. Each number is replaced by one that tells whose
        it is in this file only.
        """
        rows, people = pl.concat(self._rows), pl.concat(self._people)
        several = people.filter(pl.col("nik").is_duplicated())
        same = pl.col("nik").is_duplicated() & pl.col("nik").is_not_null()
        same |= pl.col("card").is_duplicated() & pl.col("card").is_not_null()
        concerned = pl.concat([several.select("row"), rows.filter(same).select("row")]).unique()
        numbers = pl.concat([several["nik"], rows.join(concerned, on="row", how="semi")["nik"]]).drop_nulls().unique()
        renamed = pl.DataFrame({"nik": numbers}).with_row_index("person")
        families = several.join(renamed, on="nik").group_by("row").agg(people=pl.col("person"))
        return (
            rows.join(concerned, on="row", how="semi")
            .join(renamed, on="nik", how="left")
            .join(families, on="row", how="left")
            .select("row", nik=pl.col("person"), card=pl.col("card").rank("dense"), people=pl.col("people"))
            .sort("row")
        )


def duplicates(claims: pl.DataFrame, reasons: pl.DataFrame) -> pl.DataFrame:
    """`row, reasons`: what duplicates add. `claims` as `Claims.repeated` gives them.

    `reasons` holds `row, reasons` of every row, each but for duplicates: those must all be known by now.
    """
    found = claims.join(reasons, on="row", how="left", maintain_order="left").with_columns(
        pl.col("reasons").fill_null(0)
    )
    added = resolve(
        [
            Claim(row, nik, card, frozenset(people or ()), bits)
            for row, nik, card, people, bits in found.select("row", "nik", "card", "people", "reasons").iter_rows()
        ]
    )
    return as_frame(added)


def as_frame(reasons: dict[int, int]) -> pl.DataFrame:
    """`row, reasons` of reasons by row."""
    return pl.DataFrame(
        {"row": list(reasons), "reasons": list(reasons.values())}, schema=_ROW | {"reasons": rules.REASONS}
    )


def add_reasons(recipients: pl.DataFrame, added: pl.DataFrame) -> pl.DataFrame:
    """The recipients with reasons (`row, reasons`) added by row."""
    if added.height == 0:
        return recipients
    return (
        recipients.join(added.rename({"reasons": "more"}), on="row", how="left", maintain_order="left")
        .with_columns(pl.col("reasons").or_(pl.col("more").fill_null(0)))
        .drop("more")
    )
