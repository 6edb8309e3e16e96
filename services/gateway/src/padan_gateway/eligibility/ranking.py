"""What a programme's own order of its waiting list goes by, in both languages."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

_NAMES: Final = {
    "household_size": ("jumlah anggota", "household size"),
    "poverty_2022_count": ("kriteria 2022", "criteria of 2022"),
    "poverty_bps_count": ("kriteria BPS", "criteria of BPS"),
    "decile": ("desil", "decile"),
    "determined_on": ("tanggal penetapan", "date of determination"),
}
_COMPONENT: Final = "component:"
_TOLD_BESIDE: Final = frozenset({"decile", "poverty_2022_count", "determined_on"})
"""Their values are told with the usual order."""
_OF_EVERYBODY: Final = frozenset({"household_size"})


class Key(NamedTuple):
    """A key by what it is called, and the family's number: None where it is not the caller's to know, or told
    beside."""

    by: str
    number: int | None


def keys(ordered_by: Sequence[str], own_order: Sequence[int], *, explained: bool) -> list[Key]:
    """The keys of a rank. What lies in the family's sealed facts is only for whom decisions are `explained`."""
    return [
        Key(by, abs(value) if by not in _TOLD_BESIDE and (explained or by in _OF_EVERYBODY) else None)
        for by, value in zip(ordered_by, own_order, strict=True)
    ]


def names(of: Iterable[Key], language: str) -> list[str]:
    """What the list goes by."""
    return [_name(key.by, language) for key in of]


def told(of: Iterable[Key], language: str) -> list[str]:
    """The family's numbers, as far as the caller may know them."""
    return [f"{_name(key.by, language)} {key.number}" for key in of if key.number is not None]


def _name(by: str, language: str) -> str:
    if by.startswith(_COMPONENT):
        code = by.removeprefix(_COMPONENT)
        return f"komponen {code}" if language == "id" else f"component {code}"
    found = _NAMES.get(by, (by, by))  # of a later version
    return found[0] if language == "id" else found[1]
