"""Which row of the file before a corrected row is, and what that says of it. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from padan_registry_ingest.correcting.fingerprints import Fingerprint

UNCHANGED: Final = "unchanged"
"""In the register already, and the same in every cell."""
CHANGED_ACCEPTED: Final = "changed_accepted"
"""In the register already, and something differs: people in the register are changed by changes of their household."""
WAS_INVALID: Final = "was_invalid"
"""Did not come into the register before: judged anew."""
NEW: Final = "new"
"""Did not stand in the file before."""


class Earlier(msgspec.Struct):
    """A row of the file before. `household_id` is where it is in the register."""

    row: int
    nik: bytes | None
    card: bytes | None
    person: bytes | None
    digest: bytes
    household_id: UUID | None
    found: bool


class Compared(msgspec.Struct, frozen=True):
    """What is said of a row of the corrected file."""

    row: int
    correction: str
    household_id: UUID | None


def pair(rows: Iterable[Fingerprint], earlier: Sequence[Earlier]) -> list[Compared]:
    """Find each row's counterpart, by NIK, else by card, else by name and birth date; notes in `earlier` who was found.

    Of several candidates one that is still free goes first, then one with the same cells, then one in the register,
    then the earliest. So two rows with one NIK that stand in both files are the same two rows.

    By name and birth date a row is not somebody in the register with another NIK: namesakes born on one day are two
    people, and whoever is taken for the registered one would be registered never. There one who is not in the register
    goes first: who is taken for such a row is judged anew, whoever they are.
    """
    levels: list[dict[bytes, list[Earlier]]] = [{}, {}, {}]
    for candidate in earlier:
        for level, key in zip(levels, (candidate.nik, candidate.card, candidate.person), strict=True):
            if key is not None:
                level.setdefault(key, []).append(candidate)
    return [_compare(row, levels) for row in rows]


def _compare(row: Fingerprint, levels: Sequence[dict[bytes, list[Earlier]]]) -> Compared:
    by_nik, by_card, by_person = (
        [] if key is None else level.get(key, [])
        for level, key in zip(levels, (row.nik, row.card, row.person), strict=True)
    )
    numbered = by_nik or by_card
    candidates = numbered or [one for one in by_person if not _namesake(row, one)]
    if not candidates:
        return Compared(row.row, NEW, None)
    registered_first = bool(numbered)
    chosen = min(
        candidates,
        key=lambda one: (
            one.found,
            one.digest != row.digest,
            (one.household_id is not None) != registered_first,
            one.row,
        ),
    )
    chosen.found = True
    if chosen.household_id is None:
        return Compared(row.row, WAS_INVALID, None)
    return Compared(row.row, UNCHANGED if chosen.digest == row.digest else CHANGED_ACCEPTED, chosen.household_id)


def _namesake(row: Fingerprint, registered: Earlier) -> bool:
    if registered.household_id is None or row.nik is None or registered.nik is None:
        return False
    return row.nik != registered.nik
