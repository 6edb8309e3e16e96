"""Who may give which command, and where. Source: docs/domain.md, Roles; each acts only inside their own region."""

from collections.abc import Mapping
from typing import Final

from padan_household.domain.refusals import REGION_FORBIDDEN, ROLE_FORBIDDEN, Refusal

MAY: Final[Mapping[str, frozenset[str]]] = {
    "propose_household": frozenset({"village_operator", "facilitator", "social_office"}),
}
"""By command, the roles that may give it. What is not written here nobody may."""


def authorize(command: str, role: str, region: str, village: str) -> Refusal | None:
    """Whether a person of `role`, who acts for `region` (empty: the nation), may do this in `village`."""
    if role not in MAY.get(command, ()):
        return Refusal(ROLE_FORBIDDEN)
    if not village.startswith(region):
        return Refusal(REGION_FORBIDDEN)
    return None
