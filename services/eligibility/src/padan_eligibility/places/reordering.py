"""A round goes by one order: that of the policy in force where its families live. Where ranks are by another one, as
all are when a new version takes effect, the whole list is ranked anew by the first round that touches it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.local_date import local_date
from padan_events.places import Rank
from padan_runtime.problems import Unavailable
from psycopg import Connection

from padan_eligibility.domain.allocation import Candidate, Ledger, Standing
from padan_eligibility.domain.ordering import in_order, order_of
from padan_eligibility.domain.policy import Policy
from padan_eligibility.facts.cuts import Cut
from padan_eligibility.facts.repository import read_facts
from padan_eligibility.places import repository
from padan_eligibility.programmes.publishing import publication_id

PAGE: Final = 1_000
"""Households whose facts are read at once."""

InForce = Callable[[date], Policy | None]
"""The policy of the round's programme on a local date."""


class BeyondCutError(Unavailable):
    """Facts of a household that is to be ranked anew lie beyond the round's cut, so that nobody could check its rank
    from there: the round is to be held at a later cut. One that left out the household would give its place away."""


def reordered(
    connection: Connection[Any],
    in_force: InForce,
    ledgers: Mapping[str, Ledger],
    candidates: Sequence[Candidate],
    cut: Cut,
) -> list[Candidate]:
    """The candidates of a round with their ranks by the order in force, and with them those who wait by another.

    Raises `BeyondCutError`, and then nothing of the round may stand.
    """
    regencies = {*ledgers, *(one.regency for one in candidates)}
    orders = {regency: in_force(local_date(cut.at, regency)) for regency in regencies}
    taken = {one.household_id for one in candidates}
    waiting = [
        Candidate(regency, Standing.ENTITLED, rank, publication_id(policy.programme, policy.version))
        for regency, ledger in ledgers.items()
        if (policy := orders[regency]) is not None
        for household_id, rank in ledger.waiting.items()
        if household_id not in taken and rank.order_of != order_of(policy)
    ]
    anew = [*(one for one in candidates if _is_otherwise(one, orders)), *waiting]
    ranked: dict[UUID, Candidate] = {}
    anew.sort(key=_by_household)
    for start in range(0, len(anew), PAGE):
        page = anew[start : start + PAGE]
        for one, rank in zip(page, _ranks(connection, orders, page, cut), strict=True):
            ranked[one.household_id] = msgspec.structs.replace(one, rank=rank)
    return [*(ranked.pop(one.household_id, one) for one in candidates), *ranked.values()]


def _ranks(
    connection: Connection[Any], orders: Mapping[str, Policy | None], page: Sequence[Candidate], cut: Cut
) -> list[Rank]:
    ids = [one.household_id for one in page]
    facts = read_facts(connection, ids)
    # Afterwards: who is within the cut now was so when the facts were read.
    if repository.are_beyond(connection, ids, cut.heads):
        raise BeyondCutError("facts")
    ranks = []
    for one in page:
        policy = orders[one.regency]
        assert policy is not None
        ranks.append(in_order(one.rank, policy, facts[one.household_id], local_date(cut.at, one.regency)))
    return ranks


def _by_household(one: Candidate) -> UUID:
    return one.household_id


def _is_otherwise(one: Candidate, orders: Mapping[str, Policy | None]) -> bool:
    policy = orders[one.regency]
    return policy is not None and one.standing is Standing.ENTITLED and one.rank.order_of != order_of(policy)
