"""Why a report or a command is refused: stable codes, which travel on household.outcomes.v1 and in answers."""

from typing import Final
from uuid import UUID

import msgspec

DUPLICATE_IN_FILE: Final = "duplicate_in_file"
DUPLICATE_IN_REGISTER: Final = "duplicate_in_register"
NOT_IN_REGISTER: Final = "not_in_register"
DROPPED_BY_OPERATOR: Final = "dropped_by_operator"
MEMBER_REPEATED: Final = "member_repeated"
ROLE_FORBIDDEN: Final = "role_forbidden"
REGION_FORBIDDEN: Final = "region_forbidden"
HOUSEHOLD_UNKNOWN: Final = "household_unknown"
HOUSEHOLD_ERASED: Final = "household_erased"
HOUSEHOLD_CLOSED: Final = "household_closed"
VERSION_DIFFERS: Final = "version_differs"
NOT_ITS_TURN: Final = "not_its_turn"
ALREADY_APPROVED: Final = "already_approved"
NOT_EARLIER: Final = "not_earlier"
REASON_RESERVED: Final = "reason_reserved"
STILL_IN_REGISTER: Final = "still_in_register"
CASE_REPEATED: Final = "case_repeated"
EVENT_TOO_LARGE: Final = "event_too_large"
MEMBER_UNKNOWN: Final = "member_unknown"
NOBODY_STAYS: Final = "nobody_stays"
HEAD_UNCLEAR: Final = "head_unclear"
CARETAKER_UNKNOWN: Final = "caretaker_unknown"
SAME_HOUSEHOLD: Final = "same_household"
ALREADY_SO: Final = "already_so"
UNDER_AGE: Final = "under_age"
DATE_IN_FUTURE: Final = "date_in_future"
MOVE_OPEN: Final = "move_open"
NO_MOVE_OPEN: Final = "no_move_open"
SAME_REGENCY: Final = "same_regency"
OTHER_REGENCY: Final = "other_regency"
SAME_PLACE: Final = "same_place"
OBJECTION_LATE: Final = "objection_late"
PERSON_ERASED: Final = "person_erased"
NIK_NOT_RECORDED: Final = "nik_not_recorded"
IDENTITY_LINKED: Final = "identity_linked"
HEAD_NAMED: Final = "head_named"
NO_CONFLICT: Final = "no_conflict"
REGISTRY_KEPT: Final = "registry_kept"
HOUSE_FRONT_MISSING: Final = "house_front_missing"
HOUSE_INSIDE_MISSING: Final = "house_inside_missing"
FAMILY_CARD_MISSING: Final = "family_card_missing"
PHOTO_UNKNOWN: Final = "photo_unknown"
PHOTO_ALREADY_ATTACHED: Final = "photo_already_attached"

NOT_A_MEMBER: Final = "not_a_member"
ALREADY_DEAD: Final = "already_dead"
DEATH_ALREADY_REPORTED: Final = "death_already_reported"
DEATH_NOT_REPORTED: Final = "death_not_reported"
OWN_REPORT: Final = "own_report"
EVIDENCE_MISSING: Final = "evidence_missing"


class Refusal(msgspec.Struct, frozen=True):
    """A report or a command is refused. `field` is the field of the command it lies in, where it lies in one; `holder`
    the household that holds the NIK, where that is the reason."""

    code: str
    field: str | None = None
    holder: UUID | None = None
