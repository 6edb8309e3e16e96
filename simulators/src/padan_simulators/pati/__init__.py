"""The Pati batch: a seeded generator of a registration file, the register before it, the ranking after it,
and what the civil registry, the barred-occupation register and BPJS know of the same invented people.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from padan_simulators.pati import files
from padan_simulators.pati.people import Population, populate
from padan_simulators.pati.plan import FULL_SIZE, Expected, expected

__all__ = ["FULL_SIZE", "Expected", "PatiBatch", "expected", "generate"]

DEFAULT_SEED = 3318


@dataclass(frozen=True, slots=True)
class PatiBatch:
    """Where the generated files are, and what validation must find in `registration`.

    `base` is loaded first, then `registration`, then `ranking`. The CSV pairs (recipients, members) are
    None unless asked for. Each register folder holds one people.parquet.
    """

    base: Path
    registration: Path
    ranking: Path
    base_csv: tuple[Path, Path] | None
    registration_csv: tuple[Path, Path] | None
    civil_registry: Path
    barred_register: Path
    bpjs: Path
    expected: Expected


def generate(
    rows: int = FULL_SIZE, *, folder: Path, seed: int = DEFAULT_SEED, csv: bool = False, serials_after: int = 0
) -> PatiBatch:
    """Write a batch of `rows` recipients and all that goes with it into `folder`.

    The same arguments give the same bytes. Batches that meet in one register need serials apart: all numbers of one
    end in a serial above `serials_after`, and a batch of some thousand rows uses fewer than a hundred.

    Raises ValueError when `rows` is less than one.
    """
    plan = expected(rows)
    with _without_garbage_collection():
        return _write(plan, populate(plan, seed, serials_after), folder, csv=csv)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Everyone lives until the files are written, so collecting finds nothing: it cost 1.6 of 9 s."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _write(plan: Expected, population: Population, folder: Path, *, csv: bool) -> PatiBatch:
    folder.mkdir(parents=True, exist_ok=True)
    batch = PatiBatch(
        base=folder / "base.xlsx",
        registration=folder / "pati.xlsx",
        ranking=folder / "ranking.csv",
        base_csv=files.write_registration_csv(folder / "base-csv", population.base) if csv else None,
        registration_csv=files.write_registration_csv(folder / "pati-csv", population.batch) if csv else None,
        civil_registry=folder / "civil-registry",
        barred_register=folder / "barred-register",
        bpjs=folder / "bpjs",
        expected=plan,
    )
    files.write_registration(batch.base, population.base)
    files.write_registration(batch.registration, population.batch)
    files.write_ranking(batch.ranking, population)
    files.write_civil_registry(batch.civil_registry, population)
    files.write_barred_register(batch.barred_register, population)
    files.write_bpjs(batch.bpjs, population)
    return batch
