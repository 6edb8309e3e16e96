"""A household gets a welfare decile."""

from padan_events.household import WelfareRanked
from padan_events.intake import RankingReported

from padan_household.domain.household import Household
from padan_household.domain.refusals import NOT_IN_REGISTER, Refusal


def rank(household: Household | None, report: RankingReported) -> tuple[WelfareRanked, ...] | Refusal:
    """The event a ranking leads to; a household not known is refused.

    A ranking of an earlier day than the one that counts changes nothing: files may arrive late. One of a later day is
    told also where the decile is what it was, or one of a day between the two would count that comes even later.
    """
    if household is None:
        return Refusal(NOT_IN_REGISTER)
    if household.ranked_on is not None:
        if report.occurred_on < household.ranked_on:
            return ()
        if report.occurred_on == household.ranked_on and report.decile == household.decile:
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
