"""What decisions say, as golden files: whoever changes a sentence reads all of them again.

`PADAN_WRITE_GOLDEN=1` writes them anew.
"""

import os
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from padan_eligibility.domain.decision import decide
from padan_eligibility.domain.facts import HouseholdFacts, PersonFacts
from padan_eligibility.domain.policy import Policy
from padan_eligibility.policies import packaged
from padan_events.personal import School
from padan_events.states import State

GOLDEN = Path(__file__).parent / "golden"
TODAY = date(2026, 3, 2)


def person(number: int, **facts: Any) -> PersonFacts:
    return PersonFacts(person_id=UUID(int=number), **facts)


ADULT = person(1, birth_date=date(1985, 5, 5))
TODDLER = person(2, birth_date=date(2023, 1, 1))
PUPIL = person(3, birth_date=date(2015, 1, 1), school=School.PRIMARY)
OLD = tuple(person(10 + n, birth_date=date(1950, 1, 1)) for n in range(5))

CASES = {
    "entitled": (State.PROPOSED, 2, (ADULT, TODDLER, PUPIL)),
    "entitled_determined": (State.DETERMINED, 2, (ADULT, TODDLER)),
    "entitled_beyond_the_limit": (State.PROPOSED, 1, OLD),
    "entitled_birth_date_missing": (State.PROPOSED, 3, (ADULT, TODDLER, person(4))),
    "decile_too_high": (State.PROPOSED, 7, (ADULT, TODDLER)),
    "decile_too_high_birth_dates_missing": (State.PROPOSED, 7, (person(1), person(2))),
    "no_component": (State.PROPOSED, 2, (ADULT,)),
    "no_component_decile_missing": (State.PROPOSED, None, (ADULT,)),
    "decile_missing": (State.PROPOSED, None, (ADULT, TODDLER)),
    "birth_date_and_erased_missing": (State.PROPOSED, 2, (ADULT, person(4), person(5, known=False))),
    "deactivated": (State.DEACTIVATED, 2, (ADULT, TODDLER)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("policy", packaged(), ids=lambda policy: policy.programme)
def test_a_decision_explains_itself(policy: Policy, name: str) -> None:
    state, decile, persons = CASES[name]
    facts = HouseholdFacts(household_id=UUID(int=99), regency="3318", state=state, decile=decile, persons=persons)
    decision = decide(policy, facts, TODAY)
    explanation = decision.explanation
    lines = [decision.outcome.value, explanation.summary_id, explanation.summary_en]
    for criterion in explanation.criteria:
        lines += [
            f"- {criterion.code}: {criterion.fact} | {criterion.bound} | {criterion.holds}",
            f"  {criterion.text_id}",
            f"  {criterion.text_en}",
        ]
    text = "\n".join(lines) + "\n"
    file = GOLDEN / f"{policy.programme}_{name}.txt"
    if os.environ.get("PADAN_WRITE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
