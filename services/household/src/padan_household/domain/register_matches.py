"""A foreign register names a member: told on, and nothing more. Whether it bars anything, a review finds out;
eligibility opens it. Source: docs/domain.md, What ends aid."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from padan_events.effects import HouseholdFact
from padan_events.intake import Origin
from padan_events.reviews import RegisterMatch, RegisterMatched

from padan_household.domain.asked import Known
from padan_household.domain.household import Household
from padan_household.domain.refusals import (
    HOUSEHOLD_CLOSED,
    HOUSEHOLD_ERASED,
    NOT_A_MEMBER,
    NOT_IN_REGISTER,
    RECORDED_DEAD,
    REGION_FORBIDDEN,
    Refusal,
)
from padan_household.domain.sealed import Seal


class ReportedMatch(msgspec.Struct, frozen=True, kw_only=True):
    """A match as it was reported, opened. `region` is where whoever told it acts."""

    household_id: UUID
    person_id: UUID
    match_id: UUID
    match: RegisterMatch
    matched_on: date
    origin: Origin
    region: str = ""


def decides(report: ReportedMatch, named: Household | None, holder: Household | None) -> Household | None:
    """Which household a report is about: the one that holds the person now, which need not be the one it names."""
    return holder if holder is not None and report.person_id in holder.members else named


def told(report: ReportedMatch, known: Known | None, seal: Seal) -> Sequence[HouseholdFact] | Refusal:
    """What a report leads to. The same report comes once: its id is made of person, register and entry."""
    if known is None:
        return Refusal(NOT_IN_REGISTER)
    household, code = known.household, _refusal(report, known)
    if code is not None:
        return Refusal(code)
    return (
        RegisterMatched(
            household_id=household.id,
            regency=household.regency,
            person_id=report.person_id,
            match_id=report.match_id,
            match=seal(household.id, report.person_id, "identity", report.match, report.match_id),
            matched_on=report.matched_on,
        ),
    )


def _refusal(report: ReportedMatch, known: Known) -> str | None:
    if known.home is None:
        return HOUSEHOLD_ERASED
    if not known.home.village.startswith(report.region):
        return REGION_FORBIDDEN
    if report.person_id not in known.household.members:
        return NOT_A_MEMBER
    if known.household.closed:
        return HOUSEHOLD_CLOSED
    return None if report.person_id in known.household.living else RECORDED_DEAD
