"""Events as PostgreSQL's binary COPY format."""

import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from padan_runtime.log import Entry

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_FIELDS = struct.Struct("!hihiqi")
_LENGTH = struct.Struct("!i")
_VERSION = struct.Struct("!ii")
_TIME = struct.Struct("!iq")
_NULL = _LENGTH.pack(-1)
_UUID_LENGTH = _LENGTH.pack(16)
_BUFFER_BYTES = 1 << 20


def _text(value: str) -> bytes:
    data = value.encode()
    return _LENGTH.pack(len(data)) + data


def _uuid(value: UUID | None) -> bytes:
    return _NULL if value is None else _UUID_LENGTH + value.bytes


def binary_rows(numbered: "Sequence[tuple[Entry, int]]", recorded_at: datetime) -> Iterator[bytes]:
    """The rows of a log's table, in buffers of a megabyte: `numbered` are (entry, position).

    By hand, because a driver's row-by-row adaptation took three times as long.
    """
    time = _TIME.pack(8, (recorded_at - _EPOCH) // _MICROSECOND)
    packed: dict[str, bytes] = {}  # types and actors repeat
    parts, size = [_HEADER], 0
    for entry, pos in numbered:
        type_ = packed.get(entry.type) or packed.setdefault(entry.type, _text(entry.type))
        actor = packed.get(entry.actor) or packed.setdefault(entry.actor, _text(entry.actor))
        row = b"".join(
            (
                _FIELDS.pack(11, 2, entry.shard, 8, pos, 16),
                entry.event_id.bytes,
                type_,
                _text(entry.key),
                _NULL if entry.version is None else _VERSION.pack(4, entry.version),
                time,
                actor,
                _uuid(entry.causation_id),
                _uuid(entry.correlation_id),
                _LENGTH.pack(len(entry.value)),
                entry.value,
            )
        )
        parts.append(row)
        size += len(row)
        if size >= _BUFFER_BYTES:
            yield b"".join(parts)
            parts, size = [], 0
    parts.append(b"\xff\xff")
    yield b"".join(parts)
