"""Periods, opened and closed."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from padan_events.periods import PeriodClosed, PeriodKind, PeriodOpened, SealedPart

from event_examples.subjects import PERSON, REPORT

_STAGE: Any = {
    "period_id": REPORT,
    "kind": PeriodKind.DISBURSEMENT_STAGE,
    "name": "2026-T2",
    "region": "ID",
    "programme": "pkh",
}
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

EXAMPLES: list[msgspec.Struct] = [
    PeriodOpened(**_STAGE, opened_by="user:1"),
    PeriodClosed(
        **_STAGE,
        cut=tuple(range(24)),
        cut_at=datetime(2026, 6, 1, 2, 3, 4, 567890, tzinfo=UTC),
        decided=tuple(range(24)),
        families=2,
        digest=_DIGEST,
        regencies=(SealedPart(regency="3318", families=2, digest=_DIGEST, amount_idr=1_950_000, ledger_seq=9),),
        closed_by="user:1",
        amount_idr=1_950_000,
        previous=PERSON,
    ),
]
