"""The families that a list begins with."""

from typing import Any
from uuid import UUID

import msgspec
from padan_events.eligibility import Outcome
from padan_events.personal import Circumstances
from padan_events.states import CLOSED, State
from psycopg import Connection

from padan_eligibility.domain.ordering import NO_DECILE
from padan_eligibility.domain.policy import Policy
from padan_eligibility.places.determined import determined
from padan_eligibility.places.pending import Left, standing, unmet
from padan_eligibility.places.repository import Pending


def standing_families(connection: Connection[Any], policy: Policy, regency: str, cause: UUID) -> list[Pending]:
    """Every family of a regency that was determined, as it stands: what a list that opens begins with. The
    round ranks them by the programme's own order, where it has one."""
    closed = [state.value for state in CLOSED]
    return [
        Pending(
            programme=policy.programme,
            shard=one.shard,
            pos=one.pos,
            household_id=one.household_id,
            regency=regency,
            standing=standing(
                State(one.state),
                Outcome(one.outcome),
                policy,
                Left(one.aid_ended, one.resigned, one.proposed_for, one.barred),
            ),
            decile=one.decile or NO_DECILE,
            unmet=unmet(None if one.circumstances is None else msgspec.convert(one.circumstances, Circumstances)),
            determined_on=one.determined_on,
            cause=cause,
        )
        for one in determined(connection, policy.programme, regency, closed)
    ]
