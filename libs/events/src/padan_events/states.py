"""How far a household has come in the register. Source: docs/domain.md, From proposal to determination."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """States of a household, from its proposal on."""

    PROPOSED = "proposed"
    DELIBERATED = "deliberated"
    VERIFIED = "verified"
    DISTRICT_APPROVED = "district_approved"
    OFFICE_APPROVED = "office_approved"
    REGION_APPROVED = "region_approved"
    DETERMINED = "determined"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    DEACTIVATED = "deactivated"


WAY: Final = (
    State.PROPOSED,
    State.DELIBERATED,
    State.VERIFIED,
    State.DISTRICT_APPROVED,
    State.OFFICE_APPROVED,
    State.REGION_APPROVED,
    State.DETERMINED,
)
"""The way of a case, tier by tier."""

CLOSED: Final = frozenset({State.REJECTED, State.WITHDRAWN, State.DEACTIVATED})
"""States in which the register holds nobody of the household any more: their NIKs are free to be proposed again."""

TURN: Final[Mapping[State, tuple[State, frozenset[str]]]] = {
    State.PROPOSED: (State.DELIBERATED, frozenset({"village_head"})),
    State.DELIBERATED: (State.VERIFIED, frozenset({"facilitator", "village_operator"})),
    State.VERIFIED: (State.DISTRICT_APPROVED, frozenset({"district_officer"})),
    State.DISTRICT_APPROVED: (State.OFFICE_APPROVED, frozenset({"social_office"})),
    State.OFFICE_APPROVED: (State.REGION_APPROVED, frozenset({"approver"})),
    State.REGION_APPROVED: (State.DETERMINED, frozenset({"ministry"})),
}
"""By the state a case builds on, the state that comes next, and the roles that bring it there."""
