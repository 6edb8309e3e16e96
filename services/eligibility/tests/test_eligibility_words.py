"""What decisions say, as golden files: whoever changes a sentence reads all of them again.

`PADAN_WRITE_GOLDEN=1` writes them anew.
"""

import os
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from padan_eligibility.domain.decision import Decision, decide
from padan_eligibility.domain.facts import HouseholdFacts, PersonFacts, Place
from padan_eligibility.domain.policy import Policy
from padan_eligibility.policies import packaged
from padan_eligibility.policies.reading import read_document
from padan_events.criteria import Answer, Criterion2022, CriterionBps
from padan_events.need_kinds import NeedKind
from padan_events.personal import Circumstances, Criterion, School, Sex
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


REGIONAL = read_document("""programme: lansia_pati
version: "2026.1"
effective_from: 2026-01-01
name: {id: Bantuan Lansia Pati, en: Aid for the elderly of Pati}
owner: "3318"
source: invented for this test
place_needs: determined
criteria:
  - {criterion: region_in, regions: ["3318"]}
  - {criterion: decile_at_least, bound: 1}
  - {criterion: household_size_at_most, bound: 3}
  - criterion: any_of
    criteria:
      - {criterion: poverty_2022, code: no_shelter}
      - {criterion: poverty_bps_at_least, bound: 9}
      - criterion: all_of
        criteria:
          - {criterion: poverty_2022_at_least, bound: 3}
          - {criterion: poverty_bps, code: unsafe_water}
  - criterion: members_at_least
    bound: 1
    name: {id: perempuan lansia atau penyandang disabilitas, en: an elderly woman or a person with a disability}
    when:
      fact: any_of
      conditions:
        - fact: all_of
          conditions: [{fact: age_within, from_years: 60}, {fact: sex_is, sex: f}]
        - {fact: disability_any_of, kinds: [physical, sensory]}
  - criterion: none_of
    criteria:
      - {criterion: state_not_in, states: [proposed, determined]}
amount: {reckoned: fixed, annual_idr: 1200000}
""")
GRANDMOTHER = person(5, birth_date=date(1950, 1, 1), sex=Sex.FEMALE)


EXCLUDING = read_document("""programme: bantuan_khusus
version: "2026.1"
effective_from: 2026-01-01
name: {id: Bantuan Khusus, en: Special aid}
owner: ministry
source: invented for this test
place_needs: determined
criteria:
  - {criterion: has_need, kind: homeless}
  - criterion: none_of
    criteria:
      - {criterion: register_match, state: founded}
      - {criterion: register_match, state: open}
      - {criterion: holds_place, programme: pkh}
amount: {reckoned: fixed, annual_idr: 1200000}
""")
HELD = (Place(programme="pkh", held=True, event=UUID(int=1)),)
EXCLUDING_CASES: dict[str, dict[str, Any]] = {
    "entitled": {"needs": (NeedKind.HOMELESS,)},
    "no_need": {},
    "in_another_programme": {"needs": (NeedKind.HOMELESS,), "places": HELD},
    "under_review": {"needs": (NeedKind.HOMELESS,), "under_review": True},
    "founded_and_in_another_programme": {"barred": True, "places": HELD},
}


@pytest.mark.parametrize("name", EXCLUDING_CASES)
def test_what_excludes_explains_itself(name: str) -> None:
    facts = HouseholdFacts(
        household_id=UUID(int=99), regency="3318", state=State.PROPOSED, persons=(ADULT,), **EXCLUDING_CASES[name]
    )
    held_to_golden(f"bantuan_khusus_{name}", decide(EXCLUDING, facts, TODAY))


def visited(**answers: Answer) -> Circumstances:
    return Circumstances(
        criteria_2022={code: answers.get(code, Answer.NO) for code in Criterion2022},
        criteria_bps={code: answers.get(code, Answer.NO) for code in CriterionBps},
    )


REGIONAL_CASES: dict[str, dict[str, Any]] = {
    "entitled": {
        "persons": (GRANDMOTHER,),
        "circumstances": visited(no_shelter=Answer.YES),
        "decile": 2,
        "state": State.DETERMINED,
    },
    "not_visited": {"persons": (GRANDMOTHER, person(6)), "decile": 2},
    "not_found_out": {"persons": (ADULT, GRANDMOTHER), "circumstances": visited(unsafe_water=Answer.UNKNOWN)},
    "too_many_and_elsewhere": {
        "persons": (ADULT, TODDLER, PUPIL, person(7)),
        "circumstances": visited(),
        "decile": 9,
        "regency": "3319",
        "state": State.REJECTED,
    },
}


@pytest.mark.parametrize("name", REGIONAL_CASES)
def test_a_regional_programme_explains_itself(name: str) -> None:
    facts = HouseholdFacts(
        **{"household_id": UUID(int=99), "regency": "3318", "state": State.PROPOSED, **REGIONAL_CASES[name]}
    )
    held_to_golden(f"lansia_pati_{name}", decide(REGIONAL, facts, TODAY))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("policy", packaged(), ids=lambda policy: policy.programme)
def test_a_decision_explains_itself(policy: Policy, name: str) -> None:
    state, decile, persons = CASES[name]
    facts = HouseholdFacts(household_id=UUID(int=99), regency="3318", state=state, decile=decile, persons=persons)
    held_to_golden(f"{policy.programme}_{name}", decide(policy, facts, TODAY))


def held_to_golden(name: str, decision: Decision) -> None:
    explanation = decision.explanation
    change = explanation.smallest_change
    turning = [] if change is None else [change.text_id, change.text_en]
    summary = [explanation.summary_id, explanation.summary_en]
    lines = [decision.outcome.value, *summary, *turning, *told(explanation.criteria)]
    text = "\n".join(lines) + "\n"
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("PADAN_WRITE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def told(criteria: Sequence[Criterion], indent: str = "") -> Iterator[str]:
    for criterion in criteria:
        yield f"{indent}- {criterion.code}: {criterion.fact} | {criterion.bound} | {criterion.holds}"
        yield f"{indent}  {criterion.text_id}"
        yield f"{indent}  {criterion.text_en}"
        yield from told(criterion.parts, indent + "  ")
