"""How a review is told: whose turn it is and until when, to whoever sees the family's decisions; whom it is of, which
register it was and what was found, to whoever may know."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from padan_events.local_date import PROVINCES, local_date
from padan_events.reviews import ForeignRegister, RegisterMatch, ReviewNote, ReviewOutcome, ReviewTier
from padan_runtime.keys import KeyClient
from padan_runtime.sealing import open_sealed
from pydantic import Field as Described

from padan_gateway.answers import Answer, Model

_TIER_ID = {"social_office": "dinas sosial", "province": "provinsi", "ministry": "kementerian"}
_TIER_EN = {"social_office": "the social office", "province": "the province", "ministry": "the ministry"}
_OUTCOME_ID = {
    "unfounded": "tidak terbukti; bantuan tidak berubah",
    "founded": "terbukti; bantuan berakhir",
    "gone": "selesai sendiri: orangnya bukan anggota lagi, atau keluarga ini keluar dari data",
}
_OUTCOME_EN = {
    "unfounded": "unfounded; nothing of the aid changes",
    "founded": "founded; the aid ends",
    "gone": "it ended by itself: the person is no member any more, or the household has left the register",
}


class ReviewState(StrEnum):
    """Open ones that are late are overdue, too."""

    OPEN = "open"
    OVERDUE = "overdue"
    CLOSED = "closed"


class FindingPart(Model):
    """Which register named the person, the entry's name there, its own code of what it found, and what an official
    wrote and which photos show it. Null register: the person's data were erased."""

    register_: ForeignRegister | None = Described(alias="register")
    reference: str | None
    detail: str | None
    note: str | None
    photos: list[UUID]


class ReviewPart(Model):
    """A review. While it is open nothing of the family's aid changes. `finding`, `person_id`, `matched_on` and
    `came_from` (the review of the household that the person was in before) are for who may know them, with a purpose;
    else null."""

    review_id: UUID
    household_id: UUID
    person_id: UUID | None
    state: ReviewState
    tier: ReviewTier = Described(description="Whose turn it is, or was.")
    matched_on: date | None
    opened_on: date
    due_on: date = Described(description="Last day on which it is on time.")
    outcome: ReviewOutcome | None
    closed_on: date | None
    closed_tier: ReviewTier | None
    came_from: UUID | None
    finding: FindingPart | None
    text_id: str
    text_en: str


class ReviewsAnswer(Answer):
    """A page of reviews, those due first first. `next_cursor` null: the last page."""

    region: str = Described(examples=["3318"])
    reviews: list[ReviewPart]
    next_cursor: str | None


def today() -> dict[str, date]:
    """The local date by province."""
    now = datetime.now(UTC)
    return {province: local_date(now, province) for province in PROVINCES}


def review(row: Mapping[str, Any], finding: Mapping[str, Any] | None) -> dict[str, Any]:
    """A row of `review_view` as `ReviewPart`. No finding: whom of the family it names is not for the caller, either."""
    plain = ("review_id", "household_id", "tier", "opened_on", "due_on", "outcome", "closed_on", "closed_tier")
    of_the_match = ("person_id", "matched_on", "came_from")
    state = "closed" if row["outcome"] is not None else "overdue" if row["overdue"] else "open"
    text_id, text_en = _in_words(row)
    return {
        **{name: row[name] for name in plain},
        **{name: None if finding is None else row[name] for name in of_the_match},
        "state": state,
        "finding": finding,
        "text_id": text_id,
        "text_en": text_en,
    }


def _in_words(row: Mapping[str, Any]) -> tuple[str, str]:
    if row["outcome"] is not None:
        on = row["closed_on"]
        return (
            f"Peninjauan ditutup {on:%d-%m-%Y}: {_OUTCOME_ID[row['outcome']]}.",
            f"The review was closed on {on:%Y-%m-%d}: {_OUTCOME_EN[row['outcome']]}.",
        )
    due, tier = row["due_on"], row["tier"]
    late_id, late_en = (", sudah lewat", ", which has passed") if row["overdue"] else ("", "")
    return (
        f"Sedang ditinjau oleh {_TIER_ID[tier]} sampai {due:%d-%m-%Y}{late_id}. Bantuan tidak berubah selama ditinjau.",
        f"Under review by {_TIER_EN[tier]} until {due:%Y-%m-%d}{late_en}. Nothing of the aid changes meanwhile.",
    )


async def findings(keys: KeyClient, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is sealed in reviews, opened; null where a key was destroyed. Raises `Unavailable` and `SealError`."""
    wanted: dict[UUID, set[UUID]] = {}
    for row in rows:
        wanted.setdefault(row["matched_in"], set()).add(row["person_id"])
        wanted.setdefault(row["household_id"], set()).add(row["household_id"])
    held = await keys.covering(wanted) if wanted else {}
    found = []
    for row in rows:
        person = held[row["matched_in"]].get(row["person_id"])
        household = held[row["household_id"]].get(row["household_id"])
        match, note = None, None
        if person is not None and person.identity is not None:
            match = open_sealed(
                person.identity, row["match"], RegisterMatch, subject=row["person_id"], event_id=row["match_id"]
            )
        if row["note"] is not None and household is not None and household.sensitive is not None:
            subject, event = row["household_id"], row["note_event"]
            note = open_sealed(household.sensitive, row["note"], ReviewNote, subject=subject, event_id=event).text
        found.append(
            {
                "register": None if match is None else match.register,
                "reference": None if match is None else match.reference,
                "detail": None if match is None else match.detail or None,
                "note": note,
                "photos": row["photos"],
            }
        )
    return found
