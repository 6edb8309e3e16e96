"""Ages in completed years, and the dates on which they change."""

from datetime import date


def age_on(birth_date: date, day: date) -> int:
    """Completed years on `day`. Who was born on 29 February turns a year older on 1 March of common years."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def birthday(birth_date: date, years: int) -> date:
    """The day on which `years` are completed."""
    try:
        return birth_date.replace(year=birth_date.year + years)
    except ValueError:
        return date(birth_date.year + years, 3, 1)
