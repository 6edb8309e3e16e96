"""Deaths, reported and confirmed."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
from padan_events.dying import (
    DeathClaimed,
    DeathClaimLapsed,
    DeathClaimRefused,
    DeathCorrected,
    DeathReversed,
    MemberDied,
    ToldBy,
)

from event_examples.subjects import HOUSEHOLD, PERSON, REPORT

_OF: dict[str, Any] = {"household_id": HOUSEHOLD, "regency": "3318"}
_PERSON: dict[str, Any] = {**_OF, "person_id": PERSON, "membership_seq": 1}
_ON = date(2026, 1, 30)

EXAMPLES: list[msgspec.Struct] = [
    MemberDied(**_PERSON, occurred_on=_ON, source=ToldBy.CRVS_FEED),
    DeathCorrected(**_PERSON, occurred_on=_ON, source=ToldBy.FILE),
    DeathReversed(**_PERSON, occurred_on=_ON, source=ToldBy.CRVS_NOTIFY),
    DeathClaimed(
        **_PERSON,
        occurred_on=_ON,
        due_at=datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC),
        photos=(REPORT,),
        note=bytes(range(40)),
    ),
    DeathClaimRefused(**_PERSON, note=bytes(range(40))),
    DeathClaimLapsed(**_PERSON),
]
