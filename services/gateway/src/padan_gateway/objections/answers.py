"""How objections are shown. Who objected is a field of its own, for few, with a purpose, and logged."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from padan_events.objections import ObjectionOutcome, ObjectionReason
from padan_events.personal import Note, Objector, Statement
from padan_runtime.sealing import open_sealed
from pydantic import Field as Described

from padan_gateway.answers import Answer, Model, WatermarkPart
from padan_gateway.domain.access import Field
from padan_gateway.domain.lens import Lens

Content = TypeVar("Content", bound=msgspec.Struct)
_PLAIN = (
    "objection_id", "household_id", "reason", "photo", "raised_at", "due_at", "outcome", "resolved_at", "lapses",
    "appealed_at", "appeal_until",
)  # fmt: skip


class ObjectorPart(Model):
    """Who sent it, and for whom, where that is another."""

    account: str
    role: str
    on_behalf_of: str | None


class MapPointPart(Model):
    """A place on the map (degrees, WGS 84), as a device measured it."""

    latitude: float
    longitude: float
    accuracy_m: float
    captured_at: datetime


class StatementPart(Model):
    """What was said, and where."""

    text: str
    map_point: MapPointPart | None


class ObjectionPart(Model):
    """An objection. `due_at`: it waits for an answer until then. `lapses`: how often nobody answered in time."""

    objection_id: UUID
    household_id: UUID
    reason: ObjectionReason
    photo: UUID | None
    raised_at: datetime
    due_at: datetime | None
    outcome: ObjectionOutcome | None
    resolved_at: datetime | None
    lapses: int
    appealed_at: datetime | None
    appeal_until: datetime | None


class OpenedObjectionPart(ObjectionPart):
    """An objection with what is sealed in it; null where that is hidden, was not said, or was erased."""

    objector: ObjectorPart | None
    statement: StatementPart | None
    note: str | None
    appellant: ObjectorPart | None
    appeal_statement: StatementPart | None


class ObjectionsOfHouseholdAnswer(Answer):
    """The objections to a household, the oldest first."""

    household_id: UUID
    objections: list[OpenedObjectionPart]


class ObjectionsAnswer(Model):
    """How many objections a region has, and at most 500 that wait, those that lapse first at the top."""

    region: str = Described(examples=["3318"])
    open: int
    upheld: int
    dismissed: int
    lapses: int = Described(description="How often nobody answered in time: it counts against the region.")
    appeals: int
    waiting: list[ObjectionPart]
    watermark: WatermarkPart


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `objection_view` as `ObjectionPart`."""
    return {name: row[name] for name in _PLAIN}


def opened(row: Mapping[str, Any], key: bytes | None, lens: Lens) -> dict[str, Any]:
    """A row of `objection_view` as `OpenedObjectionPart`, opened as far as `lens` shows it. Raises `SealError`."""

    def content(column: str, kind: type[Content], event: str) -> Content | None:
        if key is None or row[column] is None or lens.show(Field.OBJECTION, True) is None:
            return None
        return open_sealed(key, row[column], kind, subject=row["household_id"], event_id=row[event])

    note = content("note", Note, "note_event")
    return {
        **plain(row),
        "objector": _whole(content("objector", Objector, "objection_id")),
        "statement": _whole(content("statement", Statement, "objection_id")),
        "note": None if note is None else note.text,
        "appellant": _whole(content("appellant", Objector, "appeal_event")),
        "appeal_statement": _whole(content("appeal_statement", Statement, "appeal_event")),
    }


def _whole(content: msgspec.Struct | None) -> dict[str, Any] | None:
    """With what is left out stated: a client should not have to know our defaults."""
    if content is None:
        return None
    stated = msgspec.structs.asdict(content)
    point = stated.get("map_point")
    return stated if point is None else {**stated, "map_point": msgspec.structs.asdict(point)}
