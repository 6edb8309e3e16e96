"""NIK and family card number, judged one at a time. The vectorized rules are held against these in tests.

Source: NIK = 6 digits region of first registration, DDMMYY of birth with 40 added to the day for women, serial from
0001; no check digit. The century is not in it, so 29 February stands where either century has one.
"""

import re
from datetime import date
from typing import Final

from padan_registry_ingest.domain.reasons import BIT

_DIGITS: Final = re.compile(r"[0-9]+")
_DATE: Final = re.compile(r"([0-9]{2})[-/]([0-9]{2})[-/]([0-9]{4})")
_MONTH_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def nik_reasons(text: str, *, was_number: bool) -> int:
    """The set of nik_* reasons of a cell. `was_number`: a spreadsheet's numeric cell, which may have lost digits.

    `nik_length` is judged only on text made of digits; anything else that is wrong is `nik_lost_digits`.
    """
    if was_number or not _DIGITS.fullmatch(text):
        return BIT["nik_lost_digits"]
    if len(text) != 16:
        return BIT["nik_length"]
    reasons = 0
    day, month, year = int(text[6:8]) % 40, int(text[8:10]), int(text[10:12])
    within = int(text[6:8]) <= 31 or 41 <= int(text[6:8]) <= 71
    if not (within and 1 <= month <= 12 and 1 <= day <= _MONTH_DAYS[month - 1]) or (
        month == 2 and day == 29 and year % 4
    ):
        reasons |= BIT["nik_date"]
    if text[12:] == "0000":
        reasons |= BIT["nik_serial"]
    return reasons


def family_card_reasons(text: str, *, was_number: bool = False) -> int:
    """The set of reasons of a family card cell; an empty one is right: cardless families are valid."""
    right = not text or (len(text) == 16 and _DIGITS.fullmatch(text) is not None and not was_number)
    return 0 if right else BIT["family_card_length"]


def birth_date(text: str, today: date) -> date | None:
    """The date of DD-MM-YYYY (or DD/MM/YYYY), None where it is impossible, before 1900 or after `today`."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    day, month, year = map(int, found.groups())
    try:
        written = date(year, month, day)
    except ValueError:
        return None
    return written if date(1900, 1, 1) <= written <= today else None


def decile_of(text: str) -> int | None:
    """The decile 1 to 10 a cell holds, or None."""
    return int(text) if re.fullmatch(r"[1-9]|10", text) else None
