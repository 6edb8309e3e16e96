"""Payment lists, lines, holds and recoveries."""

from datetime import date
from typing import Any

import msgspec
from padan_events.payments import (
    Card,
    DisbursementHeld,
    DisbursementHoldEnded,
    DisbursementListed,
    DisbursementResulted,
    Exclusion,
    HoldReason,
    PaymentListMade,
    PaymentListOrdered,
    RecoveryClosed,
    RecoveryOpened,
    RecoveryOutcome,
    RecoveryReason,
    Status,
    Whose,
)

from event_examples.subjects import HOUSEHOLD, PERSON, REPORT

_LINE: dict[str, Any] = {
    "household_id": HOUSEHOLD,
    "regency": "3318",
    "programme": "pkh",
    "stage": "2026-T2",
    "list_id": REPORT,
    "line": 1,
}
_LIST: dict[str, Any] = {"programme": "pkh", "list_id": REPORT}
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

EXAMPLES: list[msgspec.Struct] = [
    DisbursementListed(
        **_LINE, period_id=REPORT, recipient=PERSON, amount_idr=975_000, bank="bank-1", on=date(2026, 6, 1)
    ),
    DisbursementResulted(
        **_LINE,
        status=Status.EXCLUDED,
        on=date(2026, 6, 9),
        amount_idr=975_000,
        reason=Exclusion.DECEASED.value,
        card=Card.NOT_DISTRIBUTED,
        order=1,
        because_of=(REPORT,),
    ),
    DisbursementHeld(
        **_LINE, reason=HoldReason.DEATH_REPORTED, until=date(2026, 7, 3), note="check_address", because_of=(REPORT,)
    ),
    DisbursementHoldEnded(**_LINE, reason=HoldReason.CARETAKER_DIED, recipient=PERSON, because_of=(REPORT,)),
    RecoveryOpened(
        **_LINE,
        recovery_id=REPORT,
        reason=RecoveryReason.PAID_AFTER_DEATH,
        amount_idr=975_000,
        on=date(2026, 6, 12),
        whose=Whose.CARETAKER,
        because_of=(REPORT,),
    ),
    RecoveryClosed(**_LINE, recovery_id=REPORT, outcome=RecoveryOutcome.RECEIVED_BY_FAMILY, amount_idr=0, by="user:1"),
    PaymentListMade(
        **_LIST,
        period_id=REPORT,
        stage="2026-T2",
        lines=2,
        amount_idr=1_950_000,
        digest=_DIGEST,
        bank="bank-1",
        by="user:1",
    ),
    PaymentListOrdered(**_LIST, order=1, lines=1, amount_idr=975_000, excluded=1, held=0, digest=_DIGEST, by="user:1"),
]
