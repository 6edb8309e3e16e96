"""One shard as a reader sees it: what comes next, what is a repeat, what is missing. Pure: time is passed in."""

from collections import OrderedDict
from enum import Enum

import msgspec
from padan_events import Event

from padan_runtime.positions import RECENT


class Verdict(Enum):
    """What to do with a record."""

    APPLY = "apply"
    REPEAT = "repeat"
    HOLE = "hole"
    REUSED = "reused"


class Sequence(msgspec.Struct):
    """The state of one shard: the last position taken, the ids of the last thousand, since when a hole waits.

    `may_begin_anywhere`: on a topic that expires, the earliest record kept is a legal start.
    """

    pos: int
    ids: OrderedDict[int, bytes]
    may_begin_anywhere: bool = False
    hole_since: float | None = None
    stopped: str | None = None

    def judge(self, event: Event) -> Verdict:
        """Whether `event` comes next, was seen before, is too early, or stands where another event stood."""
        if event.pos == self.pos + 1 or (self.may_begin_anywhere and event.pos > self.pos):
            return Verdict.APPLY
        if event.pos > self.pos:
            return Verdict.HOLE
        known = self.ids.get(event.pos)
        if known is not None and known != event.event_id.bytes:
            return Verdict.REUSED
        return Verdict.REPEAT

    def take(self, event: Event) -> None:
        """Go on past an event that is to be applied."""
        self.pos, self.hole_since, self.may_begin_anywhere = event.pos, None, False
        self.ids[event.pos] = event.event_id.bytes
        while len(self.ids) > RECENT:
            self.ids.popitem(last=False)
