"""The monthly round, objections, resignation."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
from padan_events.objections import (
    ObjectionAppealed,
    ObjectionOutcome,
    ObjectionRaised,
    ObjectionReason,
    ObjectionResolved,
)
from padan_events.recipients import (
    Finding,
    FindingCarried,
    NotEntitledReason,
    ProgrammeProposed,
    RecipientConfirmed,
    RecipientVerified,
    Resigned,
    VerificationResult,
)
from padan_events.rounds import RoundAnswered, RoundClosed, RoundOpened

from event_examples.subjects import HOUSEHOLD, OTHER, REPORT

_OF: dict[str, Any] = {"household_id": HOUSEHOLD, "regency": "3318"}
_ROUND: dict[str, Any] = {"village": "3318042007", "month": "2026-03"}
_LATER = datetime(2026, 3, 24, 3, 4, 5, tzinfo=UTC)

EXAMPLES: list[msgspec.Struct] = [
    ProgrammeProposed(**_OF, programme="pkh", occurred_on=date(2026, 3, 4)),
    RecipientVerified(
        **_OF,
        month="2026-03",
        result=VerificationResult.NOT_ENTITLED,
        occurred_on=date(2026, 3, 5),
        reason=NotEntitledReason.MOVED,
        photo=REPORT,
    ),
    RecipientConfirmed(**_OF, month="2026-03", ends=True, note=bytes(range(40))),
    FindingCarried(
        **_OF,
        finding=Finding(month="2026-03", by="user:village", reason=NotEntitledReason.ABLE),
        origin=OTHER,
        transfer_id=REPORT,
    ),
    Resigned(**_OF, programmes=("pkh",), confirmed_on=date(2026, 3, 6)),
    RoundOpened(**_ROUND, due_at=datetime(2026, 3, 25, 17, tzinfo=UTC)),
    RoundAnswered(**_ROUND, no_change=True),
    RoundClosed(**_ROUND),
    ObjectionRaised(
        **_OF,
        reason=ObjectionReason.ABLE,
        due_at=_LATER,
        objector=bytes(range(50)),
        statement=bytes(range(60)),
        photo=REPORT,
    ),
    ObjectionResolved(
        **_OF,
        objection_id=REPORT,
        outcome=ObjectionOutcome.DISMISSED,
        appeal_until=_LATER,
        note=bytes(range(40)),
    ),
    ObjectionAppealed(
        **_OF, objection_id=REPORT, due_at=_LATER, appellant=bytes(range(50)), statement=bytes(range(60))
    ),
]
