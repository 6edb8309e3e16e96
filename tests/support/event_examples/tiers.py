"""A case on its way."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
from padan_events.states import State
from padan_events.tiers import (
    Advanced,
    Deactivated,
    DeactivateReason,
    Deliberated,
    Determined,
    Reactivated,
    Rejected,
    RejectReason,
    Returned,
    ReturnReason,
    Verified,
    Withdrawn,
    WithdrawReason,
)

from event_examples.subjects import HOUSEHOLD, REPORT

_OF: dict[str, Any] = {"household_id": HOUSEHOLD, "regency": "3318"}

EXAMPLES: list[msgspec.Struct] = [
    Deliberated(**_OF, occurred_on=date(2026, 2, 3), minutes_number="141/07/BA/2026", minutes_photos=(REPORT,)),
    Verified(**_OF, occurred_on=date(2026, 2, 5)),
    Advanced(**_OF, to=State.REGION_APPROVED, update_month="2026-02", late=True),
    Determined(**_OF, update_month="2026-02"),
    Returned(
        **_OF,
        to=State.DELIBERATED,
        reasons=(ReturnReason.PHOTO_UNCLEAR,),
        due_at=datetime(2026, 2, 20, 3, 4, 5, tzinfo=UTC),
        note=bytes(range(40)),
    ),
    Rejected(**_OF, reasons=(RejectReason.ABLE,)),
    Withdrawn(**_OF, reason=WithdrawReason.NOT_REPAIRED),
    Deactivated(**_OF, reason=DeactivateReason.ABROAD, occurred_on=date(2026, 3, 1)),
    Reactivated(**_OF, to=State.PROPOSED, occurred_on=date(2026, 3, 2)),
]
