"""How many rows of a generated batch are valid, and how many fail for which first reason."""

from __future__ import annotations

from dataclasses import dataclass

FULL_SIZE = 39_760
"""Recipients in the batch that Pati regency reported, 29,833 of which were valid."""

FIRST_REASONS: dict[str, int] = {
    "nik_length": 1_204,
    "nik_lost_digits": 388,
    "nik_date": 613,
    "region_unknown": 181,
    "duplicate_in_file": 534,
    "nik_unknown": 1_377,
    "deceased": 1_451,
    "moved_away": 702,
    "name_differs": 2_906,
    "duplicate_in_register": 297,
    "family_card_duplicate": 126,
    "barred_occupation": 148,
}
"""Rows by first reason at full size, in the order in which reasons are judged."""

BASE_ROWS = 600
"""Recipients of the earlier, smaller file, at full size."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What validation must find in one generated batch."""

    rows: int
    valid: int
    by_first_reason: dict[str, int]
    base_rows: int

    @property
    def invalid(self) -> int:
        """Rows with at least one reason."""
        return self.rows - self.valid


def expected(rows: int = FULL_SIZE) -> Expected:
    """Return the counts of a batch of `rows` recipients.

    Exactly the reported counts at full size; elsewhere scaled by largest remainder, so that they always
    sum to `rows`. Raises ValueError when `rows` is less than one.
    """
    if rows < 1:
        raise ValueError("a batch has at least one row")
    weights = {"valid": FULL_SIZE - sum(FIRST_REASONS.values()), **FIRST_REASONS}
    counts = {name: rows * weight // FULL_SIZE for name, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda name: -(rows * weights[name] % FULL_SIZE))
    for name in by_remainder[: rows - sum(counts.values())]:
        counts[name] += 1
    valid = counts.pop("valid")
    base = max(1, counts["duplicate_in_register"], round(rows * BASE_ROWS / FULL_SIZE))
    return Expected(rows=rows, valid=valid, by_first_reason=counts, base_rows=base)
