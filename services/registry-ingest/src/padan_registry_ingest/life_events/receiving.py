"""The doors of feed and notification, behind what each of them reads: told once, kept, deaths and moves reported."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.personal import ShownPlace
from padan_runtime import metrics
from padan_runtime.keys import KeyClient
from padan_runtime.log import append
from padan_runtime.sealing import seal, seal_bytes
from psycopg import Connection

from padan_registry_ingest.domain.life_events import Door, LifeEvent, Told, day_of, report_id
from padan_registry_ingest.life_events import repository
from padan_registry_ingest.life_events.moving import report_moves
from padan_registry_ingest.life_events.reporting import report_deaths
from padan_registry_ingest.life_events.repository import Death, Move, Noted

_DEATHS: Final = ("death", "death_reversed")
_SEALED: Final = ("birth", "move")


class Sender(msgspec.Struct, frozen=True):
    """By which door something came, who sent it, and for which part of the country they act (empty: the nation)."""

    door: Door
    actor: str
    region: str = ""


class Shown(msgspec.Struct, frozen=True):
    """Where the registry shows somebody: the regency, and the village sealed under the key of the day `key_id`."""

    to_regency: str
    key_id: str
    sealed: bytes


class Received(msgspec.Struct, frozen=True):
    """What came, ready to be kept; by report where it shows those who moved."""

    sender: Sender
    rows: list[Noted]
    shown: dict[UUID, Shown] = {}


class Receiver:
    """Keeps what was told. `keyed_hash` finds a NIK in the person index."""

    def __init__(self, keys: KeyClient, keyed_hash: Callable[[str], bytes]) -> None:
        self._keys, self._hash = keys, keyed_hash

    async def ready(self, sender: Sender, told: Sequence[Told]) -> Received:
        """Entries without a NIK in clear; what births and moves say is sealed under the key of the day.

        Raises `Unavailable` where there is a birth or a move and household, which has the key, is away.
        """
        key_id, key = datetime.now(UTC).date().isoformat(), b""
        if any(isinstance(one, LifeEvent) and one.kind in _SEALED for one in told):
            key = await self._keys.intake_key(key_id)
        rows = [self._noted(sender, one, key_id, key) for one in told]
        shown = {
            row.report_id: _shown(one.village, row.report_id, key_id, key)
            for one, row in zip(told, rows, strict=True)
            if isinstance(one, LifeEvent) and one.village is not None
        }
        return Received(sender, rows, shown)

    def _noted(self, sender: Sender, told: Told, key_id: str, key: bytes) -> Noted:
        if not isinstance(told, LifeEvent):
            return Noted(
                report_id=report_id(sender.door, told, None),
                source=sender.door,
                kind="unreadable",
                state="unreadable",
                cursor=told.cursor,
                reason=told.reason,
            )
        nik_hash = self._hash(told.nik)
        name = report_id(sender.door, told, nik_hash, sender.region)
        return Noted(
            report_id=name,
            source=sender.door,
            kind=told.kind,
            state="kept" if told.kind == "birth" else "waiting",
            cursor=told.cursor,
            nik_hash=nik_hash,
            occurred_on=told.occurred_on,
            recorded_at=told.recorded_at,
            key_id=None if told.details is None else key_id,
            details=None if told.details is None else seal_bytes(key, told.details, str(name).encode()),
        )


def keep(connection: Connection[Any], received: Received) -> bool:
    """Keep what was not told before, and report deaths and moves; whether anything was appended for the relay."""
    sender, rows = received.sender, list({row.report_id: row for row in received.rows}.values())
    fresh = repository.note(connection, rows) if rows else {}
    deaths = [_death(row, sender, *fresh[row.report_id]) for row in rows if row.report_id in fresh]
    found = report_deaths(connection, [death for death in deaths if death is not None])
    if found.waiting:
        repository.wait(connection, found.waiting)
    moves = [_move(row, received, *fresh[row.report_id]) for row in rows if row.report_id in fresh]
    moved, households = report_moves(connection, [move for move in moves if move is not None])
    if found.households or households:
        repository.sent(connection, found.households | households)
    going = [*found.earlier, *found.entries, *moved]
    if going:
        append(connection, going)
    return bool(going)


def count(received: Received) -> None:
    """Count what came, once it is kept."""
    for (kind, reason), number in Counter((row.kind, row.reason or "read") for row in received.rows).items():
        metrics.LIFE_EVENTS.labels(received.sender.door, kind, reason).inc(number)


def _death(row: Noted, sender: Sender, number: int, received_at: datetime) -> Death | None:
    if row.kind not in _DEATHS or row.nik_hash is None or row.occurred_on is None:
        return None
    batch_id: UUID = day_of(sender.door, received_at.astimezone(UTC))
    return Death(
        report_id=row.report_id,
        nik_hash=row.nik_hash,
        source=sender.door,
        occurred_on=row.occurred_on,
        reversed=row.kind == "death_reversed",
        batch_id=batch_id,
        row=number,
        region=sender.region,
        actor=sender.actor,
    )


def _move(row: Noted, received: Received, number: int, received_at: datetime) -> Move | None:
    shown, sender = received.shown.get(row.report_id), received.sender
    if shown is None or row.nik_hash is None or row.occurred_on is None:
        return None
    return Move(
        report_id=row.report_id,
        nik_hash=row.nik_hash,
        source=sender.door,
        occurred_on=row.occurred_on,
        to_regency=shown.to_regency,
        batch_id=day_of(sender.door, received_at.astimezone(UTC)),
        row=number,
        region=sender.region,
        actor=sender.actor,
        key_id=shown.key_id,
        sealed=shown.sealed,
    )


def _shown(village: str, report: UUID, key_id: str, key: bytes) -> Shown:
    """Bound to the report alone: the household may not be known yet."""
    return Shown(village[:4], key_id, seal(key, ShownPlace(village), subject=report, event_id=report))
