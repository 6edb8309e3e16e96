"""A round goes by one order: that of the policy in force where its families live. Where ranks are by another one, as
all are when a new version takes effect, the whole list is ranked anew by the first round that touches it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from padan_events.local_date import local_date
from psycopg import Connection

from padan_eligibility.domain.allocation import Candidate, Ledger, Standing
from padan_eligibility.domain.ordering import in_order, order_of
from padan_eligibility.domain.policy import Policy
from padan_eligibility.facts.cuts import Cut
from padan_eligibility.facts.repository import read_facts
from padan_eligibility.programmes.publishing import publication_id

InForce = Callable[[date], Policy | None]
"""The policy of the round's programme on a local date."""


def reordered(
    connection: Connection[Any],
    in_force: InForce,
    ledgers: Mapping[str, Ledger],
    candidates: Sequence[Candidate],
    cut: Cut,
) -> list[Candidate]:
    """The candidates of a round with their ranks by the order in force, and with them those who wait by another. What
    is ranked anew is so by the facts as they are now; what changed beyond the cut is in a later round too."""
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
    if not anew:
        return list(candidates)
    facts = read_facts(connection, sorted({one.household_id for one in anew}))
    ranked: dict[UUID, Candidate] = {}
    for one in anew:
        policy = orders[one.regency]
        assert policy is not None
        rank = in_order(one.rank, policy, facts[one.household_id], local_date(cut.at, one.regency))
        ranked[one.household_id] = msgspec.structs.replace(one, rank=rank)
    return [*(ranked.pop(one.household_id, one) for one in candidates), *ranked.values()]


def _is_otherwise(one: Candidate, orders: Mapping[str, Policy | None]) -> bool:
    policy = orders[one.regency]
    return policy is not None and one.standing is Standing.ENTITLED and one.rank.order_of != order_of(policy)
