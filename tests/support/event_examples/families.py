"""Members who come and go, families that part and join, and one that moves."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
from padan_events.effects import SealedMember
from padan_events.families import (
    AddReason,
    CaretakerChanged,
    ChangeReason,
    Departed,
    HeadChanged,
    MemberAdded,
    MemberMovedIn,
    MemberMovedOut,
    Merged,
    Split,
    TransferReason,
)
from padan_events.relocations import (
    MoveRefusal,
    RelocationAccepted,
    RelocationCancelled,
    RelocationExpired,
    RelocationRefused,
    RelocationReleased,
    RelocationRequested,
    RelocationSeen,
)

from event_examples.subjects import HOUSEHOLD, PERSON, REPORT

_OF: dict[str, Any] = {"household_id": HOUSEHOLD, "regency": "3318"}
_ON: dict[str, Any] = {**_OF, "occurred_on": date(2026, 4, 1)}
_MEMBER = SealedMember(
    person_id=PERSON, membership_seq=2, identity=bytes(range(50)), sensitive=bytes(range(60)), birth_year=2001
)
_DUE = datetime(2026, 5, 1, 3, 4, 5, tzinfo=UTC)

EXAMPLES: list[msgspec.Struct] = [
    MemberAdded(**_ON, member=_MEMBER, reason=AddReason.BIRTH),
    MemberMovedOut(
        **_ON, person_id=PERSON, membership_seq=2, to=HOUSEHOLD, transfer_id=REPORT, reason=TransferReason.MARRIAGE
    ),
    MemberMovedIn(**_ON, member=_MEMBER, origin=HOUSEHOLD, transfer_id=REPORT, reason=TransferReason.MARRIAGE),
    HeadChanged(**_ON, head=PERSON, reason=ChangeReason.LEFT),
    CaretakerChanged(**_ON, caretaker=PERSON, reason=ChangeReason.DIED),
    Split(**_ON, into=HOUSEHOLD, transfer_id=REPORT, departed=(Departed(PERSON, 2),)),
    Merged(**_ON, into=HOUSEHOLD, transfer_id=REPORT, departed=(Departed(PERSON, 2),)),
    RelocationRequested(**_ON, to_regency="3374", destination=bytes(range(48)), due_at=_DUE),
    RelocationReleased(**_OF, due_at=_DUE),
    RelocationAccepted(**_ON, identity=bytes(range(48)), from_regency="3374", objection_until=_DUE),
    RelocationRefused(**_OF, reason=MoveRefusal.NOT_ARRIVED, identity=bytes(range(48)), note=bytes(range(40))),
    RelocationCancelled(**_OF),
    RelocationExpired(**_OF),
    RelocationSeen(**_ON, person_id=PERSON, to_regency="3374", place=bytes(range(40)), source="crvs_feed"),
]
