"""Rows of files, made here, and what the rules say of them; nobody in them exists."""

from datetime import date

import polars as pl
from padan_registry_ingest.domain.columns import MEMBERS, RECIPIENTS
from padan_registry_ingest.reading.split import judge
from padan_registry_ingest.validating import families
from padan_registry_ingest.validating.against_each_other import (
    Claims,
    add_reasons,
    duplicates,
    numbers_of,
    people_of,
)

TODAY = date(2026, 1, 31)
VILLAGE = "3318012001"
GOOD = {
    "NIK": "3318015708900001", "NAMA": "SITI", "NO_KK": "3318010101200001", "TGL_LAHIR": "17-08-1990",
    "JENIS_KELAMIN": "P", "ALAMAT": "Dukuh Krajan", "RT": "001", "RW": "002", "KODE_WILAYAH": VILLAGE,
    "PEKERJAAN": "PETANI",
}  # fmt: skip
OTHER = GOOD | {"NIK": "3318011708900002", "JENIS_KELAMIN": "L", "NO_KK": "3318010101200002"}
NO_MEMBER = dict.fromkeys(MEMBERS.columns, "")


def frame(rows: list[dict[str, str]], columns: tuple[str, ...], numbers: tuple[str, ...] = ()) -> pl.DataFrame:
    """Rows as they are read of a file; the columns of `numbers` were numbers there."""
    made = pl.DataFrame(
        [[row[name] for name in columns] for row in rows], schema=dict.fromkeys(columns, pl.String), orient="row"
    )
    flags = [pl.lit(value="NIK" in numbers).alias("NIK_IS_NUMBER")]
    if "NO_KK" in columns:
        flags.append(pl.lit(value="NO_KK" in numbers).alias("NO_KK_IS_NUMBER"))
    flags.append(pl.lit(value=False).alias("EXTRA_CELLS"))
    return made.with_columns(flags).with_row_index("row", 1)


def judged(
    rows: list[dict[str, str]],
    members: list[dict[str, str]] | None = None,
    *,
    region: str = "3318",
    numbers: tuple[str, ...] = (),
) -> pl.DataFrame:
    """Recipients and members as `file_judged` judges them."""
    return file_judged(
        frame(rows, RECIPIENTS.columns, numbers), frame(members or [NO_MEMBER], MEMBERS.columns), region=region
    )[0]


def file_judged(
    sent: pl.DataFrame, members: pl.DataFrame, *, region: str = "3318", rows_at_once: int = 1_000
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows with all their reasons, and their people, as the child process and the service judge a file in chunks."""
    split = families.split(sent, members, rows_at_once, TODAY)
    chunks = [judge(split, number, region, TODAY) for number in range(split.count)]
    claims = Claims()
    for _, _, rows, people in chunks:
        claims.add(*numbers_of(rows, people_of(rows, people)))
    rows = pl.concat(rows for _, _, rows, _ in chunks)
    return add_reasons(rows, duplicates(claims.repeated(), rows)), pl.concat(people for *_, people in chunks)
