"""Rebuilding lines and recoveries from what this service's own log says of them: a rebuild lists, orders, holds and
claims back nothing. Left out are the lists and orders themselves, and what the bank said word for word: its references
are no event."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from padan_events import Event, decode
from padan_events.payments import LineFact, RecoveryFact
from padan_events.topics import ELIGIBILITY_EVENTS
from padan_runtime.rebuild.view import Table, View
from psycopg import Connection

from padan_eligibility.domain import payments, recovering
from padan_eligibility.domain.payments import Line
from padan_eligibility.domain.recovering import Recovery
from padan_eligibility.payments import lines

NAME: Final = "eligibility.payments"
Told = list[tuple[UUID, LineFact]]
"""Events of lines and recoveries with their ids, in their order."""


class PaymentsRebuilder:
    """See `padan_runtime.rebuild.view.Rebuilder`."""

    async def prepare(self, events: Sequence[Event], /) -> Told:
        """The events of lines and recoveries. Raises decoding errors."""
        told = ((event.event_id, decode(event.type, event.value)) for event in events)
        return [(event_id, data) for event_id, data in told if isinstance(data, LineFact)]

    def apply(self, connection: Connection[Any], events: Sequence[Event], prepared: Told, /) -> None:
        """Write the rows: all events of a line are in one shard, and in their order."""
        del events
        numbers = sorted({(fact.list_id, fact.line) for _, fact in prepared})
        held: dict[tuple[UUID, int], Line | None] = {
            (one.list_id, one.line): one for one in lines.of(connection, numbers)
        }
        known: dict[UUID, Recovery | None] = {
            one.recovery_id: one for one in lines.recoveries_of(connection, numbers).values()
        }
        for event_id, fact in prepared:
            if isinstance(fact, RecoveryFact):
                known[fact.recovery_id] = recovering.folded(known.get(fact.recovery_id), fact)
            else:
                key = fact.list_id, fact.line
                held[key] = payments.folded(held.get(key), fact, event_id)
        lines.write(connection, [one for one in held.values() if one is not None])
        lines.write_recoveries(connection, [one for one in known.values() if one is not None])


def view() -> View:
    """The projection `eligibility.payments`."""
    return View(
        name=NAME,
        reader=NAME,
        topics=(),
        own_logs=(ELIGIBILITY_EVENTS,),
        tables=(
            Table(name="payment_line", key=("list_id", "line")),
            Table(name="payment_recovery", key=("recovery_id",)),
        ),
        rebuilder=PaymentsRebuilder(),
        hold=lines.hold_all,
    )
