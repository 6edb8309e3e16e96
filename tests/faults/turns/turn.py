"""By command, how it is made from a family as it stands, what it leads to, and what the views then show."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from faults.families import Family

OFFICE, OPERATOR, VILLAGE_HEAD, FACILITATOR = "social_office", "village_operator", "village_head", "facilitator"
DISTRICT, APPROVER, MINISTRY, CITIZEN = "district_officer", "approver", "ministry", "citizen"


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A command, or (`door`) a death that the civil registry tells by one of its doors.

    `events` are the types it adds to the stream of the family, `shown` what its views show then; `others` and
    `others_shown` the same for the other family that it names. One that must be refused has a `code`, and leads to
    nothing. `photos` are taken before. `region` is that of the sender; left out, it is where the role works. `person`
    is who of that role, where it is not always the same. `case` is what a command about many says of each family.
    """

    command: str = ""
    role: str = OPERATOR
    fields: Callable[[Family], dict[str, Any]] = lambda _: {}
    case: Callable[[Family], dict[str, Any]] = lambda _: {}
    events: tuple[str, ...] = ()
    shown: Mapping[str, str] = {}
    others: tuple[str, ...] = ()
    others_shown: Mapping[str, str] = {}
    code: str = ""
    region: str = ""
    person: str = ""
    photos: tuple[str, ...] = ()
    door: str = ""


def who(index: int, **fields: Any) -> Callable[[Family], dict[str, Any]]:
    """Fields that name a member."""
    return lambda family: {"person_id": family.person(index), **fields}


def their_nik(index: int, **fields: Any) -> Callable[[Family], dict[str, Any]]:
    """Fields that name a member and the NIK that is theirs."""
    return lambda family: {"person_id": family.person(index), "nik": family.nik(index), **fields}


def of_other(family: Family) -> Family:
    """The family that this one meets."""
    assert family.other is not None, f"{family.fate} without another family"
    return family.other


def said(**fields: Any) -> Callable[[Family], dict[str, Any]]:
    """Fields that are the same of every family."""
    return lambda _: fields
