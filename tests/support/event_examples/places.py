"""Places, waiting lists and quotas."""

from datetime import date
from typing import Any

import msgspec
from padan_events.places import (
    AllocationRoundClosed,
    PlaceAwarded,
    PlaceReleased,
    Promoted,
    QuotaSet,
    Rank,
    ReleaseReason,
    WaitingEnded,
    WaitingEndReason,
    Waitlisted,
)

from event_examples.subjects import HOUSEHOLD, REPORT

_RANK = Rank(2, -4, date(2026, 3, 2), HOUSEHOLD)
_OF: Any = {"household_id": HOUSEHOLD, "regency": "3318", "programme": "pkh", "round": 3}

EXAMPLES: list[msgspec.Struct] = [
    PlaceAwarded(**_OF, ledger_seq=4, rank=_RANK, came_from="3319"),
    Promoted(**_OF, ledger_seq=5, rank=_RANK, because_of=REPORT),
    Waitlisted(**_OF, ledger_seq=6, rank=_RANK),
    WaitingEnded(**_OF, ledger_seq=7, reason=WaitingEndReason.NOT_ENTITLED),
    PlaceReleased(**_OF, ledger_seq=8, reason=ReleaseReason.MOVED_ALONG, went_to="3374"),
    AllocationRoundClosed(
        ledger_id=REPORT,
        programme="pkh",
        regency="3318",
        round=3,
        ledger_seq=9,
        cut=tuple(range(24)),
        as_of=date(2026, 3, 2),
        quota=2,
        places=2,
        waiting=5,
    ),
    QuotaSet(programme="pkh", places=2, set_by="user:1", regency="3318"),
]
