"""The monthly round of a village: its recipients are named to it, it answers, and its head finalizes.

A village is nobody: its code stands in the clear. So that no event ties a person who works there to it (whose id stands
on events of families, whose village is sealed), all events of a round are recorded on behalf of `service:household`.
"""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID, uuid5

from padan_events.effects import VillageFact
from padan_events.registry import event_type
from padan_events.telling import told
from padan_events.topics import HOUSEHOLD_EVENTS

_VILLAGES: Final = UUID("b6b0a2f4-7d5c-5f0e-8d3a-3a1f6c9e2d70")
"""The namespace of villages."""


def stream_of(village: str) -> UUID:
    """The stream of a village's rounds, and the key of their records."""
    return uuid5(_VILLAGES, village)


@event_type("id.padan.household.round_opened.v1", HOUSEHOLD_EVENTS)
class RoundOpened(VillageFact, frozen=True, kw_only=True):
    """The round of a village was opened: it is to say of each recipient whether they are still entitled.

    When: the social office opened the update month. The recipients are the determined households of the village.
    """

    due_at: Annotated[datetime, told("The cut-off of the month: a village that has not answered by then is late.")]


@event_type("id.padan.household.round_answered.v1", HOUSEHOLD_EVENTS)
class RoundAnswered(VillageFact, frozen=True, kw_only=True):
    """A village answered for all its recipients at once.

    When: it declared that nothing has changed.
    """

    no_change: Annotated[bool, told("Nothing has changed for any of them.")]


@event_type("id.padan.household.round_closed.v1", HOUSEHOLD_EVENTS)
class RoundClosed(VillageFact, frozen=True, kw_only=True):
    """The round of a village is done. Of whom nobody said anything, assistance goes on.

    When: the village head finalized it.
    """
