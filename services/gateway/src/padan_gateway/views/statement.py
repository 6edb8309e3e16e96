"""A view that an event of a type changes by one statement."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, LiteralString

import msgspec
from padan_events import Event

Row = Mapping[str, Any]


class Statement(msgspec.Struct, frozen=True):
    """What an event of a type does to a view, and the values it takes from one."""

    sql: LiteralString
    rows: Callable[[Event, Any], Iterable[Row]]
