"""The rows of the batch: what a clerk wrote, right or wrong, about one family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from padan_simulators.pati.families import Family, Member
from padan_simulators.pati.names import another_name, as_written
from padan_simulators.pati.numbers import NumberIssuer, unknown_villages

_OCCUPATIONS = {
    "m": ("PETANI", "BURUH TANI", "NELAYAN", "PEDAGANG", "BURUH PABRIK", "TIDAK BEKERJA"),
    "f": ("IBU RUMAH TANGGA", "PETANI", "BURUH TANI", "PEDAGANG", "BURUH PABRIK", "TIDAK BEKERJA"),
}


@dataclass(slots=True)
class Row:
    """One row of `penerima`. `position` in [0, 1) orders the file; `brings_members` is False for a row
    about a family whose members another row already brings.
    """

    family: Family
    recipient: Member
    nik: str
    name: str
    card: str
    birth_date: str
    region: str
    occupation: str
    position: float
    nik_is_number: bool = False
    brings_members: bool = True
    first_reason: str | None = None


def indonesian_date(day: date) -> str:
    """Return DD-MM-YYYY."""
    return f"{day.day:02d}-{day.month:02d}-{day.year}"


class RowWriter:
    """Writes a row about a family, faithfully, and spoils it on request."""

    def __init__(self, rng: Random, numbers: NumberIssuer) -> None:
        self._rng = rng
        self._numbers = numbers

    def faithful(self, family: Family, recipient: Member | None = None) -> Row:
        """Return a row with nothing wrong, in the file's and the registry's eyes."""
        chosen = recipient or family.recipient
        return Row(
            family=family,
            recipient=chosen,
            nik=chosen.person.nik,
            name=as_written(self._rng, chosen.person.name),
            card=family.card,
            birth_date=indonesian_date(chosen.person.birth_date),
            region=family.village,
            occupation=self._rng.choice(_OCCUPATIONS[chosen.person.sex]),
            position=self._rng.random(),
        )

    def spoil(self, row: Row, reason: str) -> None:
        """Make `reason` the row's first reason; about one row in twelve gets a later one beside it.

        Raises KeyError for a reason that is not one row's own doing (duplicates, barred occupations).
        """
        _SPOILERS[reason](self._rng, row)
        row.first_reason = reason
        later = _LATER_REASONS.get(reason, ())
        if later and self._rng.random() < 0.08:
            self.also(row, self._rng.choice(later))

    def also(self, row: Row, reason: str) -> None:
        """Give the row one more reason, which must come later than its first."""
        if reason == "family_card_differs":
            issued_on = row.recipient.person.birth_date
            row.card = self._numbers.family_card(row.family.village[:6], issued_on)
        else:
            _SPOILERS[reason](self._rng, row)


def _nik_length(rng: Random, row: Row) -> None:
    nik, at = row.nik, rng.randrange(16)
    row.nik = rng.choice((nik[:at] + nik[at + 1 :], nik[:at] + nik[at] + nik[at:], nik[:12]))


def _nik_lost_digits(_: Random, row: Row) -> None:
    # Excel keeps 15 significant digits: the sixteenth becomes a zero.
    row.nik = row.nik[:15] + "0"
    row.nik_is_number = True


def _nik_date(rng: Random, row: Row) -> None:
    impossible_day = f"{rng.choice((33, 35, 38, 75, 79)):02d}{row.nik[8:10]}"
    impossible_month = f"{row.nik[6:8]}{rng.choice((13, 17, 19, 21)):02d}"
    row.nik = row.nik[:6] + rng.choice((impossible_day, impossible_month)) + row.nik[10:]


def _nik_serial(_: Random, row: Row) -> None:
    row.nik = row.nik[:12] + "0000"


def _family_card_length(_: Random, row: Row) -> None:
    row.card = row.card[:15]


def _region_unknown(rng: Random, row: Row) -> None:
    row.region = rng.choice(unknown_villages())


def _birth_date_invalid(_: Random, row: Row) -> None:
    row.birth_date = f"31-02-{row.birth_date[-4:]}"


def _nik_unknown(_: Random, row: Row) -> None:
    row.recipient.person.status = None


def _deceased(_: Random, row: Row) -> None:
    row.recipient.person.status = "deceased"


def _moved_away(_: Random, row: Row) -> None:
    row.recipient.person.status = "moved"


def _name_differs(rng: Random, row: Row) -> None:
    row.name = another_name(rng, row.recipient.person.sex, row.recipient.person.name)


def _birth_date_differs(rng: Random, row: Row) -> None:
    days = rng.randrange(20, 400)
    row.birth_date = indonesian_date(row.recipient.person.birth_date - timedelta(days=days))


_SPOILERS: dict[str, Callable[[Random, Row], None]] = {
    "nik_length": _nik_length,
    "nik_lost_digits": _nik_lost_digits,
    "nik_date": _nik_date,
    "nik_serial": _nik_serial,
    "family_card_length": _family_card_length,
    "region_unknown": _region_unknown,
    "birth_date_invalid": _birth_date_invalid,
    "nik_unknown": _nik_unknown,
    "deceased": _deceased,
    "moved_away": _moved_away,
    "name_differs": _name_differs,
    "birth_date_differs": _birth_date_differs,
}

_LATER_REASONS: dict[str, tuple[str, ...]] = {
    "nik_length": ("family_card_length", "region_unknown", "birth_date_invalid"),
    "nik_lost_digits": ("family_card_length", "region_unknown", "birth_date_invalid"),
    "nik_date": ("nik_serial", "family_card_length", "region_unknown"),
    "region_unknown": ("birth_date_invalid", "name_differs"),
    "deceased": ("name_differs", "birth_date_differs"),
    "moved_away": ("name_differs", "family_card_differs"),
    "name_differs": ("birth_date_differs", "family_card_differs"),
}
