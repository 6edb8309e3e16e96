"""What a reader asks of the code that handles its events."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

import psycopg
from padan_events import Event
from psycopg import Connection
from psycopg_pool import PoolTimeout

from padan_runtime.problems import Unavailable

Prepared = TypeVar("Prepared")

TRANSIENT = (
    psycopg.OperationalError,
    psycopg.errors.IdleInTransactionSessionTimeout,  # the process slept inside a transaction
    PoolTimeout,
    Unavailable,
    TimeoutError,
)
"""A server is away, or two transactions met: the same batch may go through later. Never a reason to park."""


class StoppingError(RuntimeError):
    """The process is to stop: what is under way is left to be read again."""


class Handler(Protocol[Prepared]):
    """What a reader does with events."""

    async def prepare(self, events: Sequence[Event], /) -> Prepared:
        """Fetch from other servers what `apply` will need. May run more than once. Raises `Unavailable`."""
        ...

    def apply(self, connection: Connection[Any], events: Sequence[Event], prepared: Prepared, /) -> None:
        """Write what the events lead to, inside the transaction that moves the places. Runs in a thread."""
        ...

    async def committed(self, events: Sequence[Event], /) -> None:
        """Told after the commit; a crash may skip it."""
        ...


@runtime_checkable
class Dropping(Protocol):
    """A handler that has something to say when an operator drops an event for good."""

    def dropped(self, connection: Connection[Any], event: Event, /) -> None:
        """Write what follows from that, inside the transaction that drops it."""
        ...
