"""What a batch of facts and decisions changes for the rounds."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

import msgspec
from padan_events.criteria import Answer
from padan_events.eligibility import Outcome
from padan_events.personal import Circumstances
from padan_events.states import CLOSED, State

from padan_eligibility.domain.allocation import Standing
from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.domain.ordering import NO_DECILE, order_of, own_order
from padan_eligibility.domain.policy import Policy
from padan_eligibility.facts.deciding import Basis, Judged
from padan_eligibility.facts.told import ALL
from padan_eligibility.places.repository import Pending


class Left(msgspec.Struct, frozen=True):
    """What ended a family's aid, or a part of it (docs/domain.md, What ends aid)."""

    aid_ended: bool
    resigned: Collection[str]
    proposed_for: Collection[str]
    barred: bool = False

    def of(self, programme: str) -> Standing | None:
        """What that means for a programme; None: nothing."""
        if programme in self.resigned or (ALL in self.resigned and programme not in self.proposed_for):
            return Standing.RESIGNED
        if self.aid_ended:
            return Standing.FOUND_NOT_ENTITLED
        return Standing.REVIEW_FOUNDED if self.barred else None


def standing(state: State, outcome: Outcome, policy: Policy, left: Left) -> Standing:
    """What state, decision and what the family left say of a place in a policy's programme."""
    if state in CLOSED:
        return Standing.OUT
    ended, place_needs = left.of(policy.programme), policy.place_needs
    if ended is not None:
        return ended
    if outcome is Outcome.UNDETERMINED:
        return Standing.UNDETERMINED
    if outcome is Outcome.ENTITLED and state is place_needs:
        return Standing.ENTITLED
    return Standing.NOT_ENTITLED


def unmet(circumstances: Circumstances | None) -> int:
    """Minus the criteria of 2022 that are known to hold: a family that nobody visited ranks behind."""
    if circumstances is None:
        return 0
    return -sum(answer is Answer.YES for answer in circumstances.criteria_2022.values())


def pending(
    facts: Iterable[tuple[Basis, HouseholdFacts]],
    outcomes: Mapping[tuple[UUID, str], Judged],
    programmes: frozenset[str],
    listed: frozenset[UUID],
) -> list[Pending]:
    """Rows for the programmes that have quotas. A family that was never determined and is not `listed` has none, nor
    has one of which nothing was told and nothing new decided. Their cause is the event that told it, else the
    decision."""
    rows = []
    for basis, household in facts:
        if household.determined_on is None or (household.state in CLOSED and household.household_id not in listed):
            continue
        left = Left(household.aid_ended, household.resigned, household.proposed_for, household.barred)
        for programme in sorted(programmes):
            judged = outcomes.get((household.household_id, programme))
            if judged is None:
                continue
            cause = basis.cause if basis.told else judged.decision_id
            if cause is None:
                continue
            rows.append(
                Pending(
                    programme=programme,
                    shard=basis.shard,
                    pos=basis.pos,
                    household_id=household.household_id,
                    regency=household.regency,
                    standing=standing(household.state, judged.outcome, judged.policy, left),
                    decile=household.decile or NO_DECILE,
                    unmet=unmet(household.circumstances),
                    determined_on=household.determined_on,
                    cause=cause,
                    own_order=own_order(judged.policy, household, basis.as_of) or None,
                    order_of=order_of(judged.policy),
                )
            )
    return rows
