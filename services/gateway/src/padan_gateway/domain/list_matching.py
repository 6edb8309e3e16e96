"""What the register says of one row of a list, as far as the sender's role may learn it. Pure."""

from collections.abc import Set
from datetime import date, datetime
from typing import Final

import msgspec

from padan_gateway.domain.access import Field, Purpose, Right, Role, Sight, right, sight

SHOWN: Final = {
    Field.LIST_RESULT: "status",
    Field.LIST_DETAILS: "differences",
    Field.DECILE_GROUP: "decile_group",
}
"""The fields of an answer, and what registry-ingest calls them."""
SENT: Final = frozenset({Field.NIK, Field.NAME, Field.BIRTH_DATE})
"""What the sender of a list gave; to its sender it is nothing new, to others it is."""


class Registered(msgspec.Struct, frozen=True):
    """A person of the sender's region, as the views hold them."""

    name: str | None
    birth_date: date | None
    decile: int | None
    dead: bool = False


class Found(msgspec.Struct, frozen=True, array_like=True):
    """What is said of a row."""

    row: int
    result: str
    differs: list[str]
    decile_group: str | None


def shown_to(role: Role, purpose: Purpose | None) -> frozenset[Field]:
    """The fields that this role learns."""
    return frozenset(field for field in SHOWN if sight(role, field, purpose) is Sight.FULL)


def counted_for(role: Role) -> frozenset[Field]:
    """The fields that this role learns in numbers, which are of nobody and need no purpose."""
    return frozenset(field for field in SHOWN if right(role, field) is not Right.HIDDEN)


def may_read_others(role: Role) -> bool:
    """Whether a role may read what others of its region had checked: the rows hold what was sent in the clear."""
    return all(right(role, field) in {Right.FULL, Right.PURPOSE} for field in SENT)


def result(
    row: int,
    name: str,
    birth_date: str,
    *,
    person: Registered | None,
    elsewhere: bool,
    dead: bool = False,
    shown: Set[Field],
) -> Found:
    """The result of a row whose NIK is valid. `elsewhere`: another region's register holds them; `dead`: it has them as
    dead, in a household that is not active any more, so that nobody can propose them. Where that was, nobody is told,
    and a role without LIST_DETAILS not even that it is so."""
    if person is None:
        known = "recorded_dead" if dead else "registered_elsewhere" if elsewhere else "not_registered"
        return Found(row, known if Field.LIST_DETAILS in shown else "not_registered", [], None)
    if person.dead:
        return Found(row, "deceased" if Field.LIST_DETAILS in shown else "not_registered", [], None)
    differs = []
    if Field.LIST_DETAILS in shown:
        if name and person.name is not None and _parts(name) != _parts(person.name):
            differs.append("name_differs")
        if birth_date and person.birth_date is not None and _date(birth_date) != person.birth_date:
            differs.append("birth_date_differs")
    group = decile_group(person.decile) if Field.DECILE_GROUP in shown else None
    return Found(row, "registered", differs, group)


def decile_group(decile: int | None) -> str | None:
    """The group a decile is in: 1-4, 5 or 6-10, as programmes draw their lines; None where it is not known."""
    if decile is None:
        return None
    return "1-4" if decile <= 4 else "5" if decile == 5 else "6-10"


def _parts(name: str) -> list[str]:
    """Case, punctuation, spacing and order do not count."""
    return sorted("".join(letter if letter.isalpha() else " " for letter in name.casefold() if letter != "'").split())


def _date(text: str) -> date | None:
    try:
        return datetime.strptime(text.replace("/", "-"), "%d-%m-%Y").date()  # noqa: DTZ007  # a date has no zone
    except ValueError:
        return None
