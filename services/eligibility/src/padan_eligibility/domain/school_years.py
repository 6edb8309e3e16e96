"""How long a level of school is known once it was told.

Nobody tells every summer what each child attends. So what was told holds as long as it can: until the school year
begins in which even who was in the lowest class then has left the level. From that day on the level is not known, which
is no "no": somebody has to tell what the child attends now.
"""

from datetime import date
from typing import Final

from padan_events.personal import School

_YEARS: Final = {School.PRIMARY: 6, School.JUNIOR_SECONDARY: 3, School.SENIOR_SECONDARY: 3}
"""Classes of a level (Peraturan Pemerintah 17/2010, articles 67-78: SD 6, SMP 3, SMA 3)."""
_MONTH: Final = 7
"""The month on whose first day a school year begins (default; schools open in the middle of July)."""


def known_until(school: School, told_on: date) -> date:
    """The first local date on which a level that was told on `told_on` is not known any more."""
    began = told_on.year if told_on.month >= _MONTH else told_on.year - 1
    return date(began + _YEARS[school], _MONTH, 1)
