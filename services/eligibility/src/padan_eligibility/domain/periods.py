"""The three kinds of period: their names, who may close one, and from when on. Pure.

Source: docs/domain.md (periods, time zones, Programmes).
"""

import re
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid5

import msgspec
from padan_events.local_date import begins
from padan_events.periods import PeriodKind

from padan_eligibility.domain.drafts import NATION, Person, RefusedError, acts_for
from padan_eligibility.domain.policy import Policy

STAGES_A_YEAR: Final = 4
"""(default) Policies do not say in how many stages a year is paid: in four, as PKH is."""

_NAMESPACE: Final = UUID("5d6f3d0e-8a3b-5f0c-9d51-7c2f4b9e6a70")
_NAMES: Final = {
    PeriodKind.UPDATE_MONTH: re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII),
    PeriodKind.HALF_YEAR_SET: re.compile(r"(20[0-9]{2})-H([12])", re.ASCII),
    PeriodKind.DISBURSEMENT_STAGE: re.compile(r"(20[0-9]{2})-T([1-4])", re.ASCII),
}
_HALVES: Final = {1: 7, 2: 12}
"""(default) The set of the first half-year is that of July, the second's that of December."""
_LAST_ZONE: Final = "31"
"""A province in whose zone a day begins last: by it the nation goes."""
_OFFICES: Final = {
    PeriodKind.UPDATE_MONTH: {"social_office": 4, "ministry": 0},
    PeriodKind.HALF_YEAR_SET: {"social_office": 4, "province": 2, "ministry": 0},
}
"""Of the register: by role, how many digits its own region's code has."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A period by its kind, name, region, and (a stage) programme."""

    kind: PeriodKind
    name: str
    region: str = NATION
    programme: str | None = None

    @property
    def id(self) -> UUID:
        """Its id."""
        return uuid5(_NAMESPACE, f"{self.kind}:{self.name}:{self.region}:{self.programme or ''}")

    @property
    def stage(self) -> int:
        """Which stage of its year a disbursement stage is."""
        return int(self.name[-1])

    @property
    def prefix(self) -> str:
        """What the codes of its regencies begin with."""
        return "" if self.region == NATION else self.region


def check_may(person: Person, asked: Asked, policy: Policy | None) -> None:
    """Whether a person may open and close a period; `policy` is the programme's, of a stage. Raises `RefusedError`."""
    if _NAMES[asked.kind].fullmatch(asked.name) is None:
        raise RefusedError("period_name_invalid")
    if (asked.kind is PeriodKind.DISBURSEMENT_STAGE) != (asked.programme is not None):
        raise RefusedError("period_programme_misplaced")
    if asked.programme is not None:
        if policy is None:
            raise RefusedError("programme_unknown")
        if not acts_for(person, policy.owner):
            raise RefusedError("period_not_yours")
        if asked.region != stage_region(policy):
            raise RefusedError("period_region_wrong")
        return
    digits = _OFFICES[asked.kind].get(person.role)
    if digits is None or person.region != asked.region or len(asked.prefix) != digits:
        raise RefusedError("period_not_yours")


def stage_region(policy: Policy) -> str:
    """The region of a programme's stages: that of its owner, with all its regencies."""
    return policy.owner if policy.owner[0].isdigit() else NATION


def check_over(asked: Asked, now: datetime) -> None:
    """Whether a period may be closed by local time: a month once it is over, a half-year set from the first of its
    month on, a stage at any time. Raises `RefusedError`."""
    on = closes_from(asked)
    if on is not None and now < begins(on, asked.prefix or _LAST_ZONE):
        raise RefusedError("period_not_over")


def closes_from(asked: Asked) -> date | None:
    """The local date from which a period may be closed; None: at any time."""
    match = _NAMES[asked.kind].fullmatch(asked.name)
    assert match is not None
    year, number = int(match[1]), int(match[2])
    if asked.kind is PeriodKind.UPDATE_MONTH:
        return date(year + number // 12, number % 12 + 1, 1)
    return date(year, _HALVES[number], 1) if asked.kind is PeriodKind.HALF_YEAR_SET else None
