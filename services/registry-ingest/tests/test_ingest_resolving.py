"""A file that is made of repetitions is resolved in a process of its own, with the same verdict."""

import polars as pl
import pytest
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.domain.reasons import BIT
from padan_registry_ingest.reading.tables import Limits
from padan_registry_ingest.validating.against_each_other import Claims, duplicates, numbers_of
from padan_registry_ingest.validating.resolving import FEW, resolved

PAIRS = FEW * 3 // 4
DAMAGED = 2 * 7 + 1
"""The first row of the eighth pair has a reason of its own: there the second one stays valid."""


@pytest.fixture(scope="module")
def claims() -> pl.DataFrame:
    """Pairs of rows, one behind the other, with the same number and without a family card."""
    rows = pl.DataFrame(
        {
            "row": range(1, 2 * PAIRS + 1),
            "nik": [f"3318{pair:012d}" for pair in range(PAIRS) for _ in range(2)],
            "card": pl.Series([None] * 2 * PAIRS, dtype=pl.String),
        },
        schema_overrides={"row": pl.UInt32},
    )
    gathered = Claims()
    gathered.add(*numbers_of(rows, rows.select("row", "nik")))
    return gathered.repeated()


@pytest.fixture(scope="module")
def reasons() -> pl.DataFrame:
    found = [BIT["name_missing"] if row == DAMAGED else 0 for row in range(1, 2 * PAIRS + 1)]
    return pl.DataFrame(
        {"row": range(1, 2 * PAIRS + 1), "reasons": found}, schema={"row": pl.UInt32, "reasons": pl.UInt64}
    )


def test_of_each_pair_the_first_row_that_is_otherwise_valid_stays_valid(
    claims: pl.DataFrame, reasons: pl.DataFrame
) -> None:
    assert claims.height == 2 * PAIRS > FEW
    added = resolved(claims, reasons, Limits(memory_mb=2_000, time_s=60))
    repeats = [2 * pair if 2 * pair != DAMAGED + 1 else DAMAGED for pair in range(1, PAIRS + 1)]
    assert added.sort("row")["row"].to_list() == repeats
    assert set(added["reasons"]) == {BIT["duplicate_in_file"]}
    assert added.equals(duplicates(claims, reasons))


@pytest.mark.parametrize("memory_mb", [60, 120, 180])
def test_what_needs_more_memory_than_it_may_take_is_the_files_fault(
    claims: pl.DataFrame, reasons: pl.DataFrame, memory_mb: int
) -> None:
    with pytest.raises(FileFault) as refused:
        resolved(claims, reasons, Limits(memory_mb=memory_mb, time_s=60))
    assert refused.value.code == "file_too_large"


def test_what_takes_longer_than_it_may_is_the_files_fault(claims: pl.DataFrame, reasons: pl.DataFrame) -> None:
    with pytest.raises(FileFault) as refused:
        resolved(claims, reasons, Limits(memory_mb=2_000, time_s=0))
    assert refused.value.code == "file_too_large"
