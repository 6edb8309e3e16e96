"""Policies and families of every kind, for laws that hold for all of them."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.domain.policy import MatchState, Policy
from padan_eligibility.domain.policy_document import read_policy
from padan_eligibility.policies import packaged
from padan_events.criteria import Answer, Criterion2022, CriterionBps
from padan_events.need_kinds import NeedKind
from padan_events.personal import Disability, School, Sex
from padan_events.states import State

NEEDS = st.sampled_from(list(NeedKind)[:3])
HAD = st.lists(NEEDS, max_size=2, unique=True)
YEARS = st.integers(0, 90)
NAME = st.just({"id": "anggota", "en": "members"})


def struct(tag: str, of: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({of: st.just(tag), **fields})


def distinct(of: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[list[Any]]:
    return st.lists(of, min_size=1, max_size=most, unique_by=str)


AGES = st.tuples(YEARS, st.none() | YEARS).map(
    lambda ends: {
        "fact": "age_within",
        "from_years": ends[0],
        "to_years": None if ends[1] is None else ends[0] + ends[1] % 30,
    }
)
CONDITIONS = st.recursive(
    AGES
    | struct("attends", "fact", school=st.sampled_from(School))
    | struct("pregnant", "fact")
    | struct("severe_disability", "fact")
    | struct("disability_any_of", "fact", kinds=distinct(st.sampled_from(Disability)))
    | struct("sex_is", "fact", sex=st.sampled_from(Sex))
    | struct("identity_agrees", "fact")
    | struct("has_need", "fact", kinds=distinct(NEEDS))
    | struct("everyone", "fact"),
    lambda inner: (
        struct("all_of", "fact", conditions=distinct(inner))
        | struct("any_of", "fact", conditions=distinct(inner))
        | struct("none_of", "fact", conditions=distinct(inner))
    ),
    max_leaves=5,
)
LEAVES = (
    struct("state_not_in", "criterion", states=distinct(st.sampled_from(State)))
    | struct("decile_at_most", "criterion", bound=st.integers(1, 10))
    | struct("decile_at_least", "criterion", bound=st.integers(1, 10))
    | struct("region_in", "criterion", regions=distinct(st.sampled_from(["33", "3318", "3319", "5171"])))
    | struct("household_size_at_least", "criterion", bound=st.integers(1, 4))
    | struct("household_size_at_most", "criterion", bound=st.integers(1, 4))
    | struct("poverty_2022", "criterion", code=st.sampled_from(Criterion2022))
    | struct("poverty_bps", "criterion", code=st.sampled_from(CriterionBps))
    | struct("poverty_2022_at_least", "criterion", bound=st.integers(1, 9))
    | struct("poverty_bps_at_least", "criterion", bound=st.integers(1, 14))
    | struct("members_at_least", "criterion", bound=st.integers(1, 3), name=NAME, when=CONDITIONS)
    | struct("proposed_for", "criterion", programme=st.sampled_from(["bst", "pkh"]))
    | struct("register_match", "criterion", state=st.sampled_from(MatchState))
    | struct("has_need", "criterion", kind=NEEDS)
    | struct("holds_place", "criterion", programme=st.sampled_from(["bst", "pkh"]))
    | struct("components_at_least", "criterion", bound=st.integers(1, 3))
)


UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Documents nest, and are slow to invent."""


def one_of_a_kind(criteria: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As a document must be: one fact has one bound."""
    return list({criterion["criterion"]: criterion for criterion in criteria}.values())


CRITERIA = st.recursive(
    LEAVES,
    lambda inner: st.sampled_from(["all_of", "any_of", "none_of"]).flatmap(
        lambda tag: struct(tag, "criterion", criteria=distinct(inner).map(one_of_a_kind))
    ),
    max_leaves=6,
)
COMPONENTS = st.lists(
    st.fixed_dictionaries(
        {
            "name": NAME,
            "when": CONDITIONS,
            "annual_idr": st.sampled_from([900_000, 1_500_000, 2_400_000, 2_400_001, 3_000_000]),
            "at_most": st.none() | st.integers(1, 2),
        }
    ),
    min_size=1,
    max_size=4,
).map(lambda components: [{**one, "code": f"code_{index}"} for index, one in enumerate(components)])


ENDS = st.sampled_from([{}, {"effective_until": "2026-12-31"}, {"effective_until": "2028-03-01"}])
GOODS = {"reckoned": "in_kind", "annual_quantity": 120, "unit": {"id": "kg beras", "en": "kg of rice"}}
MOST: st.SearchStrategy[dict[str, Any]] = st.integers(1, 4).map(lambda most: {"most": most})
AMOUNTS: st.SearchStrategy[dict[str, Any] | None] = MOST | st.just({}) | st.none()


ORDERS = st.lists(
    struct("decile", "by")
    | struct("poverty_2022_count", "by")
    | struct("poverty_bps_count", "by")
    | struct("determined_on", "by")
    | struct("household_size", "by", first=st.sampled_from(["larger", "smaller"]))
    | struct("component", "by", code=st.sampled_from(["code_0", "code_1"])),
    max_size=3,
    unique_by=lambda key: (key["by"], key.get("code")),
)


def may_stand(order: list[dict[str, Any]], components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those keys that a document may have: none tells everybody more of members than how many are of an age."""
    hidden = ("pregnant", "disability", "has_need", "identity", "sex_is", "attends")
    codes = {one["code"] for one in components if not any(word in str(one["when"]) for word in hidden)}
    return [key for key in order if key["by"] != "component" or key["code"] in codes]


def document(
    criteria: list[dict[str, Any]],
    components: list[dict[str, Any]],
    most: dict[str, Any] | None,
    ends: dict[str, str],
    order: list[dict[str, Any]],
) -> Policy:
    """`most` None: aid in kind, which has no components."""
    if most is None:
        criteria = [*criteria, {"criterion": "state_not_in", "states": ["rejected"]}]
        criteria = one_of_a_kind([one for one in criteria if "components_at_least" not in str(one)])
    keys = may_stand(order, [] if most is None else components)
    return read_policy(
        {
            "programme": "invented",
            "version": "2026.1",
            "effective_from": "2026-01-01",
            "name": {"id": "Karangan", "en": "Invented"},
            "owner": "nobody",
            "source": "a test",
            "place_needs": "determined",
            "criteria": one_of_a_kind(criteria),
            "amount": GOODS if most is None else most | {"reckoned": "by_components"},
            "components": [] if most is None else components,
            **ends,
            **({"order": keys} if keys else {}),
        }
    )


POLICIES = st.sampled_from(packaged()) | st.builds(document, distinct(CRITERIA), COMPONENTS, AMOUNTS, ENDS, ORDERS)
PERSONS = st.fixed_dictionaries(
    {
        "known": st.sampled_from([True, True, True, False]),
        "birth_date": st.none() | st.dates(date(1930, 1, 1), date(2026, 3, 1)) | st.just(date(2020, 2, 29)),
        "sex": st.none() | st.sampled_from(Sex),
        "school": st.none() | st.sampled_from(School),
        "school_until": st.none() | st.sampled_from([date(2026, 3, 2), date(2026, 7, 1), date(2031, 7, 1)]),
        "pregnant": st.booleans(),
        "severe_disability": st.booleans(),
        "identity_agrees": st.none() | st.booleans(),
        "needs": HAD,
        "disabilities": st.lists(st.sampled_from(Disability), max_size=2, unique=True),
    }
)
ANSWERS = st.sampled_from([Answer.YES, Answer.NO, Answer.UNKNOWN])
PLACES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"programme": st.sampled_from(["bst", "pkh"]), "held": st.booleans(), "event": st.just(UUID(int=7))}
)
FAMILIES = st.fixed_dictionaries(
    {
        "regency": st.sampled_from(["3318", "3319", "5171"]),
        "state": st.sampled_from(State),
        "decile": st.none() | st.integers(1, 10),
        "proposed_for": st.sampled_from([[], ["bst"], ["bst", "pkh"]]),
        "barred": st.booleans(),
        "under_review": st.booleans(),
        "needs": HAD,
        "places": st.lists(PLACES, max_size=2, unique_by=lambda place: str(place["programme"])),
        "circumstances": st.none()
        | st.fixed_dictionaries(
            {
                "criteria_2022": st.fixed_dictionaries(dict.fromkeys(Criterion2022, ANSWERS)),
                "criteria_bps": st.fixed_dictionaries(dict.fromkeys(CriterionBps, ANSWERS)),
            }
        ),
        "persons": st.lists(PERSONS, max_size=6),
    }
)


def family(number: int, said: dict[str, Any]) -> HouseholdFacts:
    persons = [{**one, "person_id": UUID(int=100 * number + i)} for i, one in enumerate(said["persons"])]
    return msgspec.convert({**said, "household_id": UUID(int=number), "persons": persons}, HouseholdFacts)
