"""Matches with foreign registers, and reviews."""

from datetime import date
from typing import Any

import msgspec
from padan_events.intake import MatchReported
from padan_events.reviews import (
    RegisterMatched,
    ReviewClosed,
    ReviewEscalated,
    ReviewOpened,
    ReviewOutcome,
    ReviewTier,
)

from event_examples.subjects import HOUSEHOLD, ORIGIN, PERSON, REPORT

_OF: dict[str, Any] = {"household_id": HOUSEHOLD, "regency": "3318"}
_REVIEW: dict[str, Any] = {**_OF, "review_id": REPORT}
_MATCH: dict[str, Any] = {
    "person_id": PERSON,
    "match_id": REPORT,
    "match": bytes(range(60)),
    "matched_on": date(2026, 4, 1),
}

EXAMPLES: list[msgspec.Struct] = [
    MatchReported(
        household_id=HOUSEHOLD,
        person_id=PERSON,
        matched_on=date(2026, 4, 1),
        origin=ORIGIN,
        key_id="2026-04-02",
        sealed=bytes(range(70)),
        region="3318",
    ),
    RegisterMatched(**_OF, **_MATCH),
    ReviewOpened(
        **_REVIEW,
        **_MATCH,
        opened_on=date(2026, 4, 2),
        due_on=date(2026, 5, 2),
        tier=ReviewTier.SOCIAL_OFFICE,
        reported_by="user:sari",
        came_from=PERSON,
        matched_in=REPORT,
    ),
    ReviewEscalated(**_REVIEW, tier=ReviewTier.PROVINCE, due_on=date(2026, 6, 2)),
    ReviewClosed(
        **_REVIEW,
        outcome=ReviewOutcome.FOUNDED,
        closed_on=date(2026, 5, 20),
        tier=ReviewTier.PROVINCE,
        closed_by="user:wati",
        photos=(PERSON,),
        note=bytes(range(50)),
    ),
]
