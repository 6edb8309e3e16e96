"""Who may give which command, and where. Source: docs/domain.md, Roles; each acts only inside their own region."""

from collections.abc import Mapping
from typing import Final

from padan_household.domain.refusals import REGION_FORBIDDEN, ROLE_FORBIDDEN, Refusal

_VISITS: Final = frozenset({"village_operator", "facilitator"})
_TIERS: Final = frozenset({"village_head", "facilitator", "district_officer", "social_office", "approver", "ministry"})
_FAMILIES: Final = frozenset({"village_operator", "facilitator", "social_office"})
_MOVES: Final = frozenset({"village_operator", "social_office"})

CITIZEN: Final = "citizen"

MAY: Final[Mapping[str, frozenset[str]]] = {
    "propose_household": frozenset({"village_operator", "facilitator", "social_office"}),
    "deliberate": frozenset({"village_head"}),
    "approve": frozenset({"district_officer", "social_office", "approver"}),
    "determine": frozenset({"ministry"}),
    "return_cases": _TIERS,
    "reject_cases": _TIERS,
    "withdraw_household": frozenset({"village_operator", "social_office"}),
    "deactivate_household": frozenset({"social_office"}),
    "reactivate_household": frozenset({"social_office"}),
    "add_member": _FAMILIES,
    "split_household": frozenset({"village_operator", "social_office"}),
    "transfer_members": frozenset({"village_operator", "social_office"}),
    "merge_households": frozenset({"social_office"}),
    "set_head": _FAMILIES,
    "set_caretaker": _FAMILIES,
    "correct_member": frozenset({"village_operator", "social_office"}),
    "correct_household": frozenset({"village_operator", "social_office"}),
    "link_identity": frozenset({"village_operator", "social_office"}),
    "recheck_identity": frozenset({"village_operator", "social_office"}),
    "resolve_conflict": frozenset({"social_office"}),
    "report_death": frozenset({"village_operator", "facilitator", "social_office"}),
    "confirm_death": frozenset({"social_office"}),
    "refuse_death_report": frozenset({"social_office"}),
    "verify_household": _VISITS,
    "attach_evidence": _VISITS | {"village_head", "district_officer", "social_office"},
    "geotag_household": _VISITS,
    "assess_circumstances": _VISITS,
    "propose_programme": frozenset({"village_operator", "social_office"}),
    "verify_recipient": frozenset({"village_operator", "facilitator"}),
    "confirm_recipient": frozenset({"social_office"}),
    "verify_recipients": frozenset({"village_operator", "facilitator"}),
    "confirm_recipients": frozenset({"social_office"}),
    "resign": frozenset({"citizen", "village_operator", "facilitator"}),
    "open_rounds": frozenset({"social_office"}),
    "declare_no_change": frozenset({"village_operator", "village_head"}),
    "close_round": frozenset({"village_head"}),
    "raise_objection": frozenset({"citizen", "village_operator"}),
    "resolve_objection": frozenset({"social_office"}),
    "appeal_objection": frozenset({"citizen", "village_operator", "facilitator"}),
    "relocate_household": _MOVES,
    "object_relocation": _MOVES,
    "request_relocation": _MOVES,
    "release_relocation": frozenset({"social_office"}),
    "accept_relocation": _MOVES,
    "refuse_relocation": _MOVES,
    "cancel_relocation": _MOVES,
    "record_need": _FAMILIES,
    "refer_need": frozenset({"facilitator", "social_office"}),
    "deliver_intervention": frozenset({"facilitator", "social_office"}),
    "merge_members": frozenset({"social_office"}),
    "unmerge_members": frozenset({"social_office"}),
}
"""By command, the roles that may give it. What is not written here nobody may."""


def role_may(command: str, role: str) -> Refusal | None:
    """Whether a person of `role` may give this command at all."""
    return None if role in MAY.get(command, ()) else Refusal(ROLE_FORBIDDEN)


def acts_in(region: str, village: str) -> Refusal | None:
    """Whether a person who acts for `region` (empty: the nation) acts in `village`."""
    return None if village.startswith(region) else Refusal(REGION_FORBIDDEN)


def lives_in(role: str, region: str, village: str) -> Refusal | None:
    """As `acts_in`; a citizen speaks in their own village and nowhere above it."""
    return acts_in(region, village) if role != CITIZEN or region == village else Refusal(REGION_FORBIDDEN)
