"""The local date in a regency. Source: Keputusan Presiden 41/1987, three time zones, whole provinces each."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

_WIB, _WITA, _WIT = timedelta(hours=7), timedelta(hours=8), timedelta(hours=9)

_OFFSETS: Final = {
    **dict.fromkeys(("11", "12", "13", "14", "15", "16", "17", "18", "19", "21"), _WIB),
    **dict.fromkeys(("31", "32", "33", "34", "35", "36", "61", "62"), _WIB),
    **dict.fromkeys(("51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76"), _WITA),
    **dict.fromkeys(("81", "82", "91", "92", "93", "94", "95", "96"), _WIT),
}

PROVINCES: Final = tuple(sorted(_OFFSETS))
"""The codes of the provinces, 2 digits."""


ZONES: Final = tuple(
    (int(offset.total_seconds()) // 3600, tuple(sorted(code for code, one in _OFFSETS.items() if one == offset)))
    for offset in (_WIT, _WITA, _WIB)
)
"""Hours ahead of UTC with the provinces of the zone; first the one in which a day begins first."""


class UnknownProvinceError(LookupError):
    """A region code that begins with no province of ours."""


def local_date(at: datetime, regency: str) -> date:
    """The date of `at` in the zone of the regency's province. Raises `UnknownProvinceError`."""
    return (at.astimezone(UTC) + _offset(regency)).date()


def begins(on: date, regency: str) -> datetime:
    """When a local date begins in the regency (UTC). Raises `UnknownProvinceError`."""
    return datetime.combine(on, time.min, UTC) - _offset(regency)


def _offset(regency: str) -> timedelta:
    offset = _OFFSETS.get(regency[:2])
    if offset is None:
        raise UnknownProvinceError(regency[:2])
    return offset
