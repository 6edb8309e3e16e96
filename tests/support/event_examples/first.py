"""Reports, outcomes, a household as it comes in, decisions, what was parked."""

from datetime import date

import msgspec
from padan_events.eligibility import Decided, Outcome, PolicyDrafted, PolicyPublished, PolicyReviewed
from padan_events.household import IdentityMatched, Proposed, SealedMember, WelfareRanked
from padan_events.intake import (
    Accepted,
    DeathReported,
    HouseholdReported,
    MoveReported,
    Position,
    RankingReported,
    Refused,
)
from padan_events.parking import Header, Parked
from padan_events.personal import Agreement

from event_examples.subjects import HOUSEHOLD, ORIGIN, PERSON, REPORT

EXAMPLES: list[msgspec.Struct] = [
    HouseholdReported(
        household_id=HOUSEHOLD, regency="3318", origin=ORIGIN, key_id="2026-01-31", sealed=bytes(range(40))
    ),
    RankingReported(household_id=HOUSEHOLD, decile=2, occurred_on=date(2026, 1, 31), origin=ORIGIN),
    DeathReported(
        household_id=HOUSEHOLD,
        person_id=PERSON,
        occurred_on=date(2026, 1, 30),
        source="crvs_feed",
        origin=ORIGIN,
        region="3318",
        reversed=True,
    ),
    MoveReported(
        household_id=HOUSEHOLD,
        person_id=PERSON,
        to_regency="3374",
        occurred_on=date(2026, 1, 30),
        source="crvs_notify",
        origin=ORIGIN,
        key_id="2026-01-31",
        sealed=bytes(range(40)),
        region="3374",
    ),
    Accepted(report_id=REPORT, household_id=HOUSEHOLD, origin=ORIGIN, positions=(Position(3, 41), Position(3, 42))),
    Refused(report_id=REPORT, household_id=HOUSEHOLD, origin=ORIGIN, code="duplicate_in_register", holder=HOUSEHOLD),
    Proposed(
        household_id=HOUSEHOLD,
        regency="3318",
        occurred_on=date(2026, 1, 31),
        caretaker=PERSON,
        head=PERSON,
        identity=bytes(range(48)),
        members=(
            SealedMember(
                person_id=PERSON,
                membership_seq=1,
                identity=bytes(range(50)),
                sensitive=bytes(range(60)),
                birth_year=1980,
            ),
        ),
        origin=ORIGIN,
    ),
    IdentityMatched(
        household_id=HOUSEHOLD,
        regency="3318",
        person_id=PERSON,
        civil_status="active",
        agreement=Agreement(nik=True, name=True, birth_date=True, sex=True, family_card_number=True),
        matched_at="2026-01-31T03:04:05Z",
        request_id="a1-7",
    ),
    WelfareRanked(household_id=HOUSEHOLD, regency="3318", decile=2, occurred_on=date(2026, 1, 31), origin=ORIGIN),
    Decided(
        household_id=HOUSEHOLD,
        regency="3318",
        programme="pkh",
        outcome=Outcome.UNDETERMINED,
        state="proposed",
        policy_version="2025.1",
        facts=Position(3, 42),
        as_of=date(2026, 1, 31),
        explanation=bytes(range(70)),
        missing=("decile",),
    ),
    PolicyDrafted(
        programme="pati_elderly",
        version="2026.1",
        document=msgspec.Raw(b'{"programme":"pati_elderly"}'),
        digest="00" * 32,
        drafted_by="user:sari",
    ),
    PolicyReviewed(programme="pati_elderly", version="2026.1", digest="00" * 32, reviewed_by="user:budi"),
    PolicyPublished(
        programme="sembako",
        version="2025.1",
        effective_from=date(2025, 1, 1),
        document=msgspec.Raw(b'{"programme":"sembako"}'),
        source="a source",
        digest="00" * 32,
        published_by="service:eligibility",
    ),
    Parked(
        parked_id=REPORT,
        reader="eligibility.facts",
        topic="household.events.v1",
        shard=3,
        offset=57,
        reason="undecodable",
        digest="00" * 32,
        size=2,
        pos=42,
        error="msgspec.DecodeError padan_events/registry.py:80",
        headers=(Header("ce_type", b"id.padan.household.proposed.v1"),),
        value=b"{}",
    ),
]
