"""Corrections, identities, people recorded twice, and conflicts between sources."""

from datetime import date
from typing import Any

import msgspec
from padan_events.corrections import ConflictResolved, Detail, DetailsCorrected, IdentityLinked, IdentityUnmatched
from padan_events.duplicates import DuplicateMerged, Unmerged
from padan_events.effects import SealedMember
from padan_events.personal import Agreement, Source

from event_examples.subjects import HOUSEHOLD, ORIGIN, PERSON, REPORT

_OF: dict[str, Any] = {"household_id": HOUSEHOLD, "regency": "3318"}
_MEMBER = SealedMember(
    person_id=PERSON, membership_seq=2, identity=bytes(range(40)), sensitive=bytes(range(40, 80)), birth_year=1990
)
_TWICE: dict[str, Any] = {
    "person_id": PERSON,
    "formerly": ORIGIN.batch_id,
    "kept_in": HOUSEHOLD,
    "duplicate_in": HOUSEHOLD,
    "transfer_id": REPORT,
    "membership_seq": 3,
    "occurred_on": date(2026, 4, 1),
}

EXAMPLES: list[msgspec.Struct] = [
    DetailsCorrected(
        **_OF,
        fields=(Detail.NIK, Detail.RELATIONSHIP),
        source=Source.CITIZEN,
        person_id=PERSON,
        member=_MEMBER,
        freed=bytes(range(32)),
        head=PERSON,
        evidence=REPORT,
    ),
    IdentityLinked(**_OF, person_id=PERSON, member=_MEMBER, formerly=REPORT),
    IdentityUnmatched(
        **_OF,
        person_id=PERSON,
        civil_status="active",
        agreement=Agreement(nik=True, name=True, birth_date=False),
        conflicts=("birth_date",),
        matched_at="2026-02-03T04:05:06+00:00",
        request_id="5f0c",
    ),
    ConflictResolved(**_OF, person_id=PERSON, field="birth_date", kept=Source.CITIZEN),
    DuplicateMerged(**_OF, **_TWICE, member=_MEMBER, freed=bytes(range(32))),
    Unmerged(**_OF, **_TWICE, back=_MEMBER, member=_MEMBER, freed=bytes(range(32))),
]
