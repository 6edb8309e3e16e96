"""How personal data look to somebody who has not stated why they need them."""

from datetime import date

_MASK = "*"


def number(value: str) -> str:
    """A NIK or family card number: the last four digits. The others hold the birth date."""
    return _MASK * (len(value) - 4) + value[-4:] if len(value) > 4 else _MASK * len(value)


def name(value: str) -> str:
    """The initial of each part of a name. Parts have one length, so that it gives nothing away."""
    return " ".join(part[0] + _MASK * 3 for part in value.split())


def birth_date(value: date) -> str:
    """The year, which stands in the clear in the events anyway."""
    return f"{value.year:04d}"
