"""A household gets a welfare decile."""

from padan_events.household import WelfareRanked
from padan_events.intake import RankingReported

from padan_household.domain.household import Household
from padan_household.domain.refusals import NOT_IN_REGISTER, Refusal


def rank(household: Household | None, report: RankingReported) -> tuple[WelfareRanked, ...] | Refusal:
    """The event a ranking leads to: none where the decile is what it was; a household not known is refused.

    A ranking of an earlier day than the one that counts changes nothing either: files may arrive late.
    """
    if household is None:
        return Refusal(NOT_IN_REGISTER)
    if household.ranked_on is not None and report.occurred_on < household.ranked_on:
        return ()
    if household.decile == report.decile:
        return ()
    return (
        WelfareRanked(
            household_id=household.id,
            regency=household.regency,
            decile=report.decile,
            occurred_on=report.occurred_on,
            origin=report.origin,
        ),
    )
