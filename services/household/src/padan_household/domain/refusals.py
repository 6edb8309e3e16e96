"""Why a report is refused: stable codes, which travel on household.outcomes.v1 and into validity reports."""

from typing import Final
from uuid import UUID

import msgspec

DUPLICATE_IN_FILE: Final = "duplicate_in_file"
DUPLICATE_IN_REGISTER: Final = "duplicate_in_register"
NOT_IN_REGISTER: Final = "not_in_register"
DROPPED_BY_OPERATOR: Final = "dropped_by_operator"


class Refusal(msgspec.Struct, frozen=True):
    """A report is refused. `holder` is the household that holds the NIK, where that is the reason."""

    code: str
    holder: UUID | None = None
