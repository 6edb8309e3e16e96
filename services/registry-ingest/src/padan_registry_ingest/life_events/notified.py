"""A notification of the civil registry: SPDCI CRVS API 1.0.0, `POST /registry/notify`."""

from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Annotated, Any, Final, Literal

import msgspec

from padan_registry_ingest.domain.life_events import Kind, LifeEvent, Told, Unreadable, judged
from padan_registry_ingest.life_events.moving import village_of

MOST_BYTES: Final = 1 << 20
MOST_EVENTS: Final = 1_000

_Short = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]

KINDS: Final[dict[str, Kind]] = {
    "Death": "death",
    "DeathCorrected": "death",
    "DeathReversed": "death_reversed",
    "LiveBirth": "birth",
    "Move": "move",
}
"""By the last word of `reg_event_type`. Death and LiveBirth are the specification's; it leaves further ones to us."""


class NotificationError(ValueError):
    """A body that is no notification. `code`: notification_malformed, notification_encrypted."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Header(msgspec.Struct, frozen=True):
    action: Literal["notify"]
    message_id: _Short
    sender_id: Annotated[str, msgspec.Meta(max_length=200)] = ""


class _Data(msgspec.Struct, frozen=True):
    reg_records: Any
    reg_event_type: str = ""


class _Event(msgspec.Struct, frozen=True):
    reference_id: _Short
    timestamp: str
    data: _Data


class _Message(msgspec.Struct, frozen=True):
    transaction_id: _Short
    notify_event: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1, max_length=MOST_EVENTS)]


class _Body(msgspec.Struct, frozen=True):
    header: _Header
    message: msgspec.Raw


class _Identifier(msgspec.Struct, frozen=True):
    identifier_value: str
    identifier_type: str = ""


class _Person(msgspec.Struct, frozen=True):
    identifier: _Identifier | list[_Identifier]
    death_date: str = ""
    birth_date: str = ""
    address: Any = None


class Notification(msgspec.Struct, frozen=True):
    """What was told, in order, and the message's own id."""

    message_id: str
    told: list[Told]


def read_notification(body: bytes, now: datetime) -> Notification:
    """A notification as it came. Raises `NotificationError`.

    An event that cannot be read is `Unreadable`: the others are taken.
    """
    try:
        whole = msgspec.json.decode(body, type=_Body)
        if b'"ciphertext"' in bytes(whole.message):
            raise NotificationError("notification_encrypted")
        message = msgspec.json.decode(whole.message, type=_Message)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise NotificationError("notification_malformed") from None  # its message may quote what came
    sender = whole.header.sender_id
    return Notification(whole.header.message_id, [_told(sender, bytes(raw), now) for raw in message.notify_event])


def _told(sender: str, raw: bytes, now: datetime) -> Told:
    name = f"{sender}\n{sha256(raw).hexdigest()}"
    try:
        event = msgspec.json.decode(raw, type=_Event)
        records = event.data.reg_records
        kind = KINDS.get(event.data.reg_event_type.rpartition(":")[2])
        if kind is None:
            return Unreadable(name=name, reason="kind_unknown")
        (record,) = records if isinstance(records, list) else [records]
        person = msgspec.convert(record, _Person)
        on = _date(person, kind, event.timestamp)
        recorded_at = datetime.fromisoformat(event.timestamp)
        nik = _nik(person)
        village = _village(person) if kind == "move" else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Unreadable(name=name, reason="entry_malformed")
    told = LifeEvent(
        entry_id=f"{sender}\n{event.reference_id}",
        kind=kind,
        nik=nik,
        occurred_on=on,
        recorded_at=recorded_at if recorded_at.tzinfo is not None else recorded_at.replace(tzinfo=UTC),
        details=raw if kind == "birth" else None,
        village=village,
    )
    return judged(told, now)


def _nik(person: _Person) -> str:
    """The NIK among a person's identifiers: the one called so, else the only one."""
    every = person.identifier if isinstance(person.identifier, list) else [person.identifier]
    named = [one.identifier_value for one in every if one.identifier_type.rpartition(":")[2].upper() == "NIK"]
    (nik,) = named or [one.identifier_value for one in every]
    return nik


def _village(person: _Person) -> str | None:
    said = person.address.get("region_code") if isinstance(person.address, dict) else None
    return village_of(said) if isinstance(said, str) else None


def _date(person: _Person, kind: Kind, timestamp: str) -> date:
    """The day it happened: of a move the one its address says, else that of the message. Times of day are left out."""
    if kind == "move":
        said = person.address.get("date") if isinstance(person.address, dict) else None
        return date.fromisoformat(str(said or timestamp)[:10])
    return date.fromisoformat((person.birth_date if kind == "birth" else person.death_date)[:10])
