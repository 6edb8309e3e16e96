"""A corrected file, as a clerk makes it of one sent before, and what each of its rows must come to."""

from collections import Counter
from pathlib import Path
from random import Random
from typing import Final
from uuid import UUID

import msgspec
import polars as pl
from padan_cli.platform import Platform
from padan_simulators import pati
from registration_book import sheets, write

from faults.views import Ended, rows_of

_IN_REGISTER: Final = {"accepted", "matched"}


class Correction(msgspec.Struct, frozen=True):
    """Corrects `of`. `rows`: of each row of the corrected file, what it must be found to be."""

    of: str
    rows: tuple[str, ...]
    removed: int
    removed_registered: int


def make(
    platform: Platform,
    path: Path,
    first: Ended,
    *,
    batch: pati.PatiBatch,
    new: pati.PatiBatch,
    into: Path,
    random: Random,
) -> Correction:
    """Write a corrected file of `path`, which `first` was: names mended, families altered and left out, `new` ones.

    Only rows are touched that share NIK and family card with no other, so that what each must come to is plain.
    `batch` knows how the civil registry spells the names. To be called while nothing is broken.
    """
    recipients, members = sheets(path)
    judged = {row: (outcome, reasons) for row, outcome, reasons, _ in rows_of(platform, first.upload_id)}
    assert list(judged) == list(range(1, recipients.height + 1)), f"{first.upload_id}: other rows than the file's"
    alone = recipients.select(
        (pl.col("NIK").is_unique() & pl.col("NO_KK").is_unique() & pl.col("NIK").str.contains(r"^\d{16}$")).alias("it")
    )["it"].to_list()
    registered = [row for row, (outcome, _) in judged.items() if outcome in _IN_REGISTER and alone[row - 1]]
    names = [row for row, (_, reasons) in judged.items() if reasons == ["name_differs"] and alone[row - 1]]
    mended = set(random.sample(names, random.randint(min(1, len(names)), len(names))))
    altered = set(random.sample(registered, min(len(registered), random.randrange(0, 6))))
    left_out = set(random.sample(registered, min(len(registered), random.randrange(0, 6)))) - altered
    right = dict(pl.read_parquet(batch.civil_registry / "people.parquet").select("nik", "name").iter_rows())
    barred = set(pl.read_parquet(batch.barred_register / "people.parquet")["nik"])

    kept, expected = [], []
    for row, cells in enumerate(recipients.iter_rows(named=True), 1):
        outcome, _ = judged[row]
        if row in left_out:
            continue
        if row in mended:
            cells["NAMA"] = right[cells["NIK"]]
        elif row in altered:
            cells["ALAMAT"] = f"JALAN BARU {row}"
        kept.append(cells)
        if outcome in _IN_REGISTER:
            expected.append("changed_accepted" if row in altered else "unchanged")
        else:
            # The barred register is asked about nobody whose row was invalid for another reason: now it is.
            valid = row in mended and cells["NIK"] not in barred
            expected.append("now_valid" if valid else "still_invalid")
    gone = [recipients["NO_KK"][row - 1] for row in left_out]
    added, their_members = sheets(new.registration)
    people = pl.concat([members.filter(~pl.col("NO_KK").is_in(gone)), their_members])
    write(into, pl.concat([pl.DataFrame(kept, schema=recipients.schema), added]), people)
    expected += ["new"] * added.height
    return Correction(str(first.upload_id), tuple(expected), len(left_out), len(left_out))


def check(platform: Platform, correction: Correction, upload: Ended, document: dict[str, object]) -> None:
    """What changed was taken, and nothing else; and its report says so."""
    where = f"{upload.upload_id}, which corrects {correction.of}"
    found = tuple(
        said if said != "was_invalid" else "still_invalid" if reasons else "now_valid"
        for _, _, reasons, said in rows_of(platform, upload.upload_id)
    )
    differing = [
        (row, *both) for row, both in enumerate(zip(found, correction.rows, strict=False), 1) if both[0] != both[1]
    ]
    assert not differing, f"{where}: row, found and expected: {differing[:5]}"
    assert len(found) == len(correction.rows), f"{where}: {len(found)} rows of {len(correction.rows)}"
    counts = Counter(correction.rows)
    told = {name: counts[name] for name in ("unchanged", "now_valid", "still_invalid", "changed_accepted", "new")}
    told |= {"removed": correction.removed, "removed_registered": correction.removed_registered}
    told_of = {"of": str(UUID(correction.of)), **told}
    assert document["correction"] == told_of, f"{where}: {told_of}, and its report says {document['correction']}"
