"""A decision's digest can be reckoned again from what was recorded of it: a rebuild takes no decision anew."""

from datetime import date
from itertools import product
from typing import Any
from uuid import UUID

import msgspec
import pytest
from padan_eligibility.domain.decision import decide, digest, digest_of_recorded
from padan_eligibility.domain.facts import HouseholdFacts, PersonFacts
from padan_eligibility.domain.policy import Policy
from padan_eligibility.policies import packaged
from padan_events import decode, encode
from padan_events.eligibility import Decided
from padan_events.intake import Position
from padan_events.personal import Explanation, School
from padan_events.states import State

HOUSEHOLD = UUID(int=99)
MEMBERS: list[list[dict[str, Any]]] = [
    [],
    [{}],
    [{"known": False}],
    [{"birth_date": date(1988, 1, 1)}],
    [{"birth_date": date(2023, 1, 1)}, {"birth_date": date(1990, 1, 1), "pregnant": True}],
    [{"birth_date": date(2014, 1, 1), "school": School.PRIMARY}, {"birth_date": date(1960, 3, 2)}],
    [{"birth_date": date(1960, 3, 2), "severe_disability": True}, {}],
]


@pytest.mark.parametrize("policy", packaged(), ids=lambda policy: policy.programme)
def test_the_digest_of_a_recorded_decision_is_the_one_it_had(policy: Policy) -> None:
    for members, decile, state in product(MEMBERS, (None, 1, 4, 5, 9), State):
        persons = [msgspec.convert({"person_id": UUID(int=i + 1), **m}, PersonFacts) for i, m in enumerate(members)]
        facts = HouseholdFacts(
            household_id=HOUSEHOLD, regency="3318", state=state, decile=decile, persons=tuple(persons)
        )
        decision = decide(policy, facts, date(2026, 3, 2))
        recorded = Decided(
            household_id=HOUSEHOLD,
            regency=facts.regency,
            programme=policy.programme,
            outcome=decision.outcome,
            state=state.value,
            policy_version=decision.policy_version,
            facts=Position(1, 1),
            as_of=date(2026, 3, 2),
            explanation=msgspec.json.encode(decision.explanation),
            annual_idr=decision.annual_idr,
            missing=decision.missing,
        )
        read = decode("id.padan.eligibility.decided.v1", encode(recorded))
        assert isinstance(read, Decided)
        explanation = msgspec.json.decode(read.explanation, type=Explanation)
        assert digest_of_recorded(read, explanation) == digest(decision, facts)
