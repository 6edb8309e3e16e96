"""The other programmes that ship: for each person, in kind, of one region, ended; and what policies may ask besides."""

from datetime import date

import msgspec
import pytest
from families_given import AGELESS, ERASED, FATHER, GRANDMOTHER, OLDEST, TODAY, TODDLER, family
from padan_eligibility.domain.decision import decide
from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.domain.scope import concerns
from padan_eligibility.policies import packaged
from padan_eligibility.policies.reading import read_document
from padan_events.eligibility import Outcome

PROGRAMMES = {policy.programme: policy for policy in packaged()}
SEMBAKO = PROGRAMMES["sembako"]
ASKING = """programme: matched
version: "2026.1"
effective_from: 2026-01-01
name: {id: Terpadankan, en: Matched}
owner: ministry
source: invented for this test
place_needs: determined
criteria:
  - criterion: none_of
    criteria:
      - criterion: members_at_least
        bound: 1
        name: {id: anggota yang tidak padan, en: members who do not agree}
        when: {fact: none_of, conditions: [{fact: identity_agrees}]}
amount: {reckoned: fixed, annual_idr: 1200000}
"""


@pytest.mark.parametrize(
    ("programme", "facts", "outcome", "amount"),
    [
        ("bst", family(FATHER), "not_entitled", None),  # it ended
        ("pbi_jk", family(FATHER, AGELESS, TODDLER, decile=5), "entitled", 1_512_000),
        ("pbi_jk", family(FATHER, ERASED, decile=5), "entitled", 504_000),
        ("pbi_jk", family(*[FATHER] * 9, decile=1), "entitled", 4_536_000),
        ("pbi_jk", family(FATHER, decile=6), "not_entitled", None),
        ("pbi_jk", family(FATHER, decile=None), "undetermined", None),
        ("rice", family(FATHER, decile=5), "entitled", None),
        ("rice", family(FATHER, decile=6), "not_entitled", None),
        ("rice", family(ERASED, decile=None), "undetermined", None),
        ("pati_elderly", family(OLDEST, FATHER, decile=5), "entitled", 1_200_000),
        ("pati_elderly", family(*[OLDEST] * 3, decile=6), "entitled", 2_400_000),
        ("pati_elderly", family(OLDEST, decile=4), "not_entitled", None),  # PKH pays there
        ("pati_elderly", family(OLDEST, decile=7), "not_entitled", None),
        ("pati_elderly", family(GRANDMOTHER, decile=5), "not_entitled", None),
        ("pati_elderly", family(OLDEST, AGELESS, decile=None), "undetermined", None),
        ("pati_elderly", msgspec.structs.replace(family(OLDEST, decile=5), regency="3319"), "not_entitled", None),
    ],
)
def test_the_other_programmes(programme: str, facts: HouseholdFacts, outcome: str, amount: int | None) -> None:
    decision = decide(PROGRAMMES[programme], facts, TODAY)
    assert (decision.outcome.value, decision.annual_idr) == (outcome, amount)


def test_of_a_programme_for_each_person_every_person_is_named() -> None:
    facts = family(FATHER, AGELESS, ERASED, decile=5)
    explanation = decide(PROGRAMMES["pbi_jk"], facts, TODAY).explanation
    assert [(one.component, one.annual_idr, one.counts) for one in explanation.components] == [
        ("insured", 504_000, True)
    ] * 2
    assert {one.person_id for one in explanation.components} == {str(one.person_id) for one in facts.persons[:2]}


def test_aid_in_kind_is_told_in_its_own_unit() -> None:
    explanation = decide(PROGRAMMES["rice"], family(FATHER), TODAY).explanation
    assert "120 kg beras setahun" in explanation.summary_id
    assert "120 kg of rice a year" in explanation.summary_en


@pytest.mark.parametrize(("proposed_for", "outcome"), [(("bst", "pkh"), "entitled"), (("pkh",), "not_entitled")])
def test_who_was_on_the_emergency_list_is_who_was_proposed_for_it(proposed_for: tuple[str, ...], outcome: str) -> None:
    facts = msgspec.structs.replace(family(FATHER, decile=None), proposed_for=proposed_for)
    assert decide(PROGRAMMES["bst"], facts, date(2021, 12, 31)).outcome == outcome
    assert decide(PROGRAMMES["bst"], facts, date(2022, 1, 1)).outcome is Outcome.NOT_ENTITLED


@pytest.mark.parametrize(
    ("identities", "outcome", "missing"),
    [
        ((True, True), "entitled", ()),
        ((True, False), "not_entitled", ()),
        ((True, None), "undetermined", ("identity",)),
        ((False, None), "not_entitled", ("identity",)),
    ],
)
def test_a_policy_may_ask_that_everybody_agrees_with_the_civil_registry(
    identities: tuple[bool | None, ...], outcome: str, missing: tuple[str, ...]
) -> None:
    asking = read_document(ASKING)
    decision = decide(asking, family(*({**FATHER, "identity_agrees": one} for one in identities)), TODAY)
    assert (decision.outcome, decision.missing) == (outcome, missing)
    if missing and outcome == "undetermined":
        assert "data 1 anggota" in decision.explanation.summary_id


def test_a_programme_that_ends_says_so_and_when() -> None:
    ending = msgspec.structs.replace(SEMBAKO, effective_until=date(2026, 12, 31))
    runs, over = (decide(ending, family(FATHER), day) for day in (date(2026, 12, 31), date(2027, 1, 1)))
    assert (runs.outcome, runs.explanation.next_change_on) == (Outcome.ENTITLED, date(2027, 1, 1))
    assert (over.outcome, over.explanation.next_change_on) == (Outcome.NOT_ENTITLED, None)
    assert "berakhir pada 2026-12-31" in over.explanation.criteria[0].text_id
    assert decide(ending, family(FATHER, decile=9), TODAY).explanation.next_change_on is None


@pytest.mark.parametrize(
    ("regency", "day", "stood", "concerned"),
    [
        ("3318", TODAY, None, True),
        ("3319", TODAY, None, False),
        ("3319", TODAY, Outcome.NOT_ENTITLED, False),
        ("3319", TODAY, Outcome.ENTITLED, True),
        ("3319", TODAY, Outcome.UNDETERMINED, True),
        ("3318", date(2027, 1, 1), None, False),
        ("3318", date(2027, 1, 1), Outcome.ENTITLED, True),
    ],
)
def test_of_a_family_outside_nothing_is_decided_but_to_take_back_what_stood(
    regency: str, day: date, stood: Outcome | None, *, concerned: bool
) -> None:
    policy = msgspec.structs.replace(PROGRAMMES["pati_elderly"], effective_until=date(2026, 12, 31))
    assert concerns(policy, regency, day, stood) is concerned
    if stood is Outcome.ENTITLED:
        facts = msgspec.structs.replace(family(OLDEST, decile=5), regency=regency)
        assert decide(policy, facts, day).outcome is Outcome.NOT_ENTITLED
