"""Whom the packaged policies must have decided: every family by those of the nation, a region's own by the region's."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.scope import ended, regions_of
from padan_eligibility.policies import packaged


@cache
def _running() -> list[Policy]:
    return [policy for policy in packaged() if not ended(policy, datetime.now(UTC).date())]


def of_the_nation() -> list[str]:
    """The programmes by which every family is decided."""
    return [policy.programme for policy in _running() if regions_of(policy) is None]


def check_decided(count: Callable[..., int], households: int) -> None:
    """Every family is decided by each programme of the nation, and by one of a region if it lives there. Who lives
    elsewhere has no decision of it, or was refused when they left. `count` asks a database for one number."""
    nation = of_the_nation()
    for database, view in (("eligibility", "decision_current"), ("gateway", "decision_view")):
        found = count(database, f"SELECT count(*) FROM {view} WHERE programme = ANY(%s)", nation)
        assert found == len(nation) * households, f"{view}: {found} decisions of {nation} on {households} households"
    everything = [
        count(database, f"SELECT count(*) FROM {view}")
        for database, view in (("eligibility", "decision_current"), ("gateway", "decision_view"))
    ]
    assert everything[0] == everything[1], f"decided and shown: {everything}"
    for policy in _running():
        regions = regions_of(policy)
        if regions is None:
            continue
        wrong = count(
            "eligibility",
            "SELECT count(*) FROM household_fact f LEFT JOIN decision_current d ON d.household_id = f.household_id "
            "AND d.programme = %s WHERE CASE WHEN f.regency ~ %s THEN d.outcome IS NULL "
            "ELSE d.outcome <> 'not_entitled' END",
            policy.programme,
            f"^({'|'.join(regions)})",
        )
        assert wrong == 0, f"{wrong} households of {policy.programme} are not decided, or stand outside of its region"
