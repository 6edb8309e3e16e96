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


class Refusal(msgspec.Struct, frozen=True):
    """A report or a command is refused. `holder` is the household that holds the NIK, where that is the reason."""

    code: str
    holder: UUID | None = None
