"""Needs: recorded, referred, met."""

from datetime import date
from typing import Any

import msgspec
from padan_events.needs import InterventionDelivered, NeedOutcome, NeedRecorded, Referred

from event_examples.subjects import HOUSEHOLD, PERSON, REPORT

_OF: dict[str, Any] = {"household_id": HOUSEHOLD, "regency": "3318"}

EXAMPLES: list[msgspec.Struct] = [
    NeedRecorded(**_OF, occurred_on=date(2026, 3, 4), need=bytes(range(40)), person_id=PERSON, note=bytes(range(50))),
    Referred(**_OF, need_id=REPORT, occurred_on=date(2026, 3, 5), referral=bytes(range(45))),
    InterventionDelivered(
        **_OF, need_id=REPORT, outcome=NeedOutcome.PARTLY, occurred_on=date(2026, 3, 9), note=bytes(range(30))
    ),
]
