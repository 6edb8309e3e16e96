"""The monthly cut-off: into which update month an approval falls. Source: docs/domain.md, Deadlines and measures."""

from datetime import date, datetime, timedelta
from typing import Final

from padan_events.local_date import begins, local_date

CUT_OFF_DAY: Final = 25
"""The last day of an update month that counts, 23:59 local time, where a regency has no other (default)."""

OPENING_DAY: Final = 1
"""The day of a month on which the rounds of its villages are opened (default)."""


def update_month(received: datetime, given: datetime | None, regency: str, cut_off_day: int) -> tuple[str, bool]:
    """The update month (YYYY-MM), and whether it is late: given before the cut-off, received within 24 hours after.

    Receipt decides; what comes later falls into the next month. Raises `UnknownProvinceError`.
    """
    on = local_date(received, regency)
    if on.day <= cut_off_day:
        return _month(on), False
    cut_off = on.replace(day=cut_off_day)
    if given is not None and local_date(given, regency) <= cut_off and on == cut_off + timedelta(days=1):
        return _month(on), True
    return _month((on.replace(day=1) + timedelta(days=31)).replace(day=1)), False


def cut_off(month: str, regency: str, cut_off_day: int) -> datetime:
    """When an update month (YYYY-MM) ends: the first moment that does not count any more. Raises
    `UnknownProvinceError`."""
    return begins(date.fromisoformat(f"{month}-{cut_off_day:02d}") + timedelta(days=1), regency)


def _month(on: date) -> str:
    return f"{on.year:04d}-{on.month:02d}"
