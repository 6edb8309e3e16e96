"""The doors of feed and notification, behind what each of them reads: told once, kept, and deaths reported."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_runtime import metrics
from padan_runtime.keys import KeyClient
from padan_runtime.log import append
from padan_runtime.sealing import seal_bytes
from psycopg import Connection

from padan_registry_ingest.domain.life_events import Door, LifeEvent, Told, day_of, report_id
from padan_registry_ingest.life_events import repository
from padan_registry_ingest.life_events.reporting import report_deaths
from padan_registry_ingest.life_events.repository import Death, Noted

_DEATHS: Final = ("death", "death_reversed")


class Sender(msgspec.Struct, frozen=True):
    """By which door something came, who sent it, and for which part of the country they act (empty: the nation)."""

    door: Door
    actor: str
    region: str = ""


class Received(msgspec.Struct, frozen=True):
    """What came, ready to be kept."""

    sender: Sender
    rows: list[Noted]


class Receiver:
    """Keeps what was told. `keyed_hash` finds a NIK in the person index."""

    def __init__(self, keys: KeyClient, keyed_hash: Callable[[str], bytes]) -> None:
        self._keys, self._hash = keys, keyed_hash

    async def ready(self, sender: Sender, told: Sequence[Told]) -> Received:
        """Entries without a NIK in clear; what births and moves say is sealed under the key of the day.

        Raises `Unavailable` where there is a birth or a move and household, which has the key, is away.
        """
        key_id, key = datetime.now(UTC).date().isoformat(), b""
        if any(isinstance(one, LifeEvent) and one.details is not None for one in told):
            key = await self._keys.intake_key(key_id)
        return Received(sender, [self._noted(sender, one, key_id, key) for one in told])

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
            state="waiting" if told.kind in _DEATHS else "kept",
            cursor=told.cursor,
            nik_hash=nik_hash,
            occurred_on=told.occurred_on,
            recorded_at=told.recorded_at,
            key_id=None if told.details is None else key_id,
            details=None if told.details is None else seal_bytes(key, told.details, str(name).encode()),
        )


def keep(connection: Connection[Any], received: Received) -> bool:
    """Keep what was not told before, and report the deaths; whether anything was appended for the relay."""
    sender, rows = received.sender, list({row.report_id: row for row in received.rows}.values())
    fresh = repository.note(connection, rows) if rows else {}
    deaths = [_death(row, sender, *fresh[row.report_id]) for row in rows if row.report_id in fresh]
    found = report_deaths(connection, [death for death in deaths if death is not None])
    if found.waiting:
        repository.wait(connection, found.waiting)
    if found.households:
        repository.sent(connection, found.households)
    going = [*found.earlier, *found.entries]
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
