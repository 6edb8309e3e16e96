"""What the civil registry told, as this service understands it, whatever door it came by."""

from datetime import date, datetime, timedelta
from typing import Final, Literal
from uuid import UUID, uuid5

import msgspec

from padan_registry_ingest.domain.numbers import nik_reasons

NAMESPACE: Final = UUID("0f5c1a52-9a44-5b0d-8c0e-2f6f4a1d7e05")
"""Namespace of the reports that come of entries, and of the days they are counted by."""

Kind = Literal["death", "death_reversed", "birth", "move"]
Door = Literal["crvs_feed", "crvs_notify"]
_FIRST_YEAR: Final = 1900
_EASTERN_TIME: Final = timedelta(hours=9)


class LifeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to the person with this NIK, as the registry's entry `entry_id` says.

    `details` are the whole entry of a birth, which this service keeps for those who act on it; `village` is where the
    registry shows whoever moved, a 10-digit Kemendagri code.
    """

    entry_id: str
    kind: Kind
    nik: str
    occurred_on: date
    recorded_at: datetime | None = None
    details: bytes | None = None
    village: str | None = None
    cursor: int | None = None


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that cannot be used: why, and a name by which the same one is known again. Nothing of its content."""

    name: str
    reason: str
    cursor: int | None = None


Told = LifeEvent | Unreadable


def judged(event: LifeEvent, now: datetime) -> Told:
    """The event, or why it cannot be: a NIK that is none, a date before 1900 or that is nowhere in the country yet, a
    move to no village."""
    reason = None
    if nik_reasons(event.nik, was_number=False):
        reason = "nik_invalid"
    elif not date(_FIRST_YEAR, 1, 1) <= event.occurred_on <= (now + _EASTERN_TIME).date():
        reason = "date_impossible"
    elif event.kind == "move" and event.village is None:
        reason = "region_unknown"
    return event if reason is None else Unreadable(name=event.entry_id, reason=reason, cursor=event.cursor)


def report_id(door: Door, told: Told, nik_hash: bytes | None, region: str = "") -> UUID:
    """The id of what was told: the same entry with the same content is one, with another date or village it is
    another. So it is where the sender acts for another `region` (empty: the nation): names of entries are the senders'
    own, and what one was refused for, another may say."""
    if isinstance(told, Unreadable) or nik_hash is None:
        return uuid5(NAMESPACE, f"{door}\nunreadable\n{_name_of(told)}")
    to = "" if told.village is None else f"\n{told.village}"
    within = f"\n{region}" if region else ""
    name = f"{door}\n{told.entry_id}\n{told.kind}\n{nik_hash.hex()}\n{told.occurred_on}{to}{within}"
    return uuid5(NAMESPACE, name)


def _name_of(told: Told) -> str:
    return told.name if isinstance(told, Unreadable) else told.entry_id


def day_of(door: Door, received_at: datetime) -> UUID:
    """What reports of one door and UTC day have in common, as the rows of a file have their batch."""
    return uuid5(NAMESPACE, f"{door}:{received_at:%Y-%m-%d}")
