"""What a visit brought home."""

from datetime import date
from typing import Any

import msgspec
from padan_events.evidence import CircumstancesAssessed, EvidenceAttached, EvidenceFlag, Geotagged, PhotoKind

from event_examples.subjects import HOUSEHOLD, PERSON, REPORT

_OF: dict[str, Any] = {"household_id": HOUSEHOLD, "regency": "3318"}

EXAMPLES: list[msgspec.Struct] = [
    EvidenceAttached(
        **_OF,
        photo_id=REPORT,
        kind=PhotoKind.HOUSE_FRONT,
        sha256="5a" * 32,
        flags=(EvidenceFlag.SEEN_ELSEWHERE, EvidenceFlag.TAKEN_ELSEWHERE),
        similar_to=(PERSON,),
    ),
    Geotagged(**_OF, position=bytes(range(90))),
    CircumstancesAssessed(**_OF, occurred_on=date(2026, 2, 5), circumstances=bytes(range(80))),
]
