"""Holding a file's families against the person index: who is known already, and in which household."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

import msgspec
import polars as pl
from padan_runtime.database import Database

from padan_registry_ingest.domain.reasons import BIT
from padan_registry_ingest.persons import repository
from padan_registry_ingest.persons.repository import Holder

_AT_ONCE: Final = 10_000
Hash = Callable[[str], bytes]


class Compared(msgspec.Struct, frozen=True):
    """By row: reasons to add, and the household of the register that the row is (matched)."""

    reasons: dict[int, int]
    matched: dict[int, UUID]


def compare(
    database: Database, rows: pl.DataFrame, people: pl.DataFrame, keyed_hash: Hash, *, foretell: bool = False
) -> Compared:
    """Compare `rows` (row, nik, card) and their `people` (row, nik) with the index.

    Same NIK and same family card as a household of the register: matched. Any NIK of the family held by another
    household: duplicate_in_register. `foretell`: also recorded_dead. Of rows that are reported household says that, for
    the index may not know yet that a death was taken back.
    """
    wanted = people.join(rows.select("row"), on="row", how="semi")
    held: dict[str, Holder] = {}
    dead: list[str] = []
    for part in wanted.select(pl.col("nik").unique()).iter_slices(_AT_ONCE):
        by_hash = {keyed_hash(nik): nik for nik in part["nik"]}
        with database.transaction() as connection:
            found = repository.standing(connection, list(by_hash))
        held |= {by_hash[nik_hash]: holder for nik_hash, holder in found.holders.items()}
        dead += [by_hash[nik_hash] for nik_hash in found.dead if foretell]
    reasons = _reasons(wanted, dead, "recorded_dead")
    if not held:
        return Compared(reasons, {})
    families = wanted.filter(pl.col("nik").is_in(list(held))).group_by("row").agg(pl.col("nik").alias("held"))
    matched: dict[int, UUID] = {}
    for row, nik, card, known in families.join(rows, on="row").select("row", "nik", "card", "held").iter_rows():
        own = held.get(nik)
        card_hash = None if card is None else keyed_hash(f"kk:{card}")
        if own is not None and own.family_card_hash == card_hash:
            matched[row] = own.household_id
        if any(held[person].household_id != matched.get(row) for person in known):
            matched.pop(row, None)
            reasons[row] = reasons.get(row, 0) | BIT["duplicate_in_register"]
    # Of a row that is matched nothing is registered: nobody of it is entered anew.
    return Compared({row: found for row, found in reasons.items() if row not in matched}, matched)


def _reasons(people: pl.DataFrame, niks: list[str], code: str) -> dict[int, int]:
    """The reason `code` for the rows of the people with these NIKs."""
    return dict.fromkeys(people.filter(pl.col("nik").is_in(niks))["row"], BIT[code])
