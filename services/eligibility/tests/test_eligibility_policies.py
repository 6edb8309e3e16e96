"""Policies as data: what is not on the closed list is refused when it is read."""

import copy
from datetime import UTC, date, datetime
from typing import Any

import pytest
import yaml
from padan_eligibility.domain.policy_document import PolicyError, canonical, digest, read_policy
from padan_eligibility.policies import packaged
from padan_events.local_date import UnknownProvinceError, local_date

DOCUMENT: dict[str, Any] = yaml.safe_load("""
programme: rice
version: "2025.1"
effective_from: 2025-01-01
name: {id: Beras, en: Rice}
owner: agency
source: a regulation
place_needs: determined
criteria: [{criterion: decile_at_most, bound: 3}]
amount: {reckoned: fixed, annual_idr: 1}
""")
CHILD = {
    "code": "child",
    "name": {"id": "anak", "en": "child"},
    "when": {"fact": "age_within", "from_years": 0, "to_years": 6},
    "annual_idr": 1,
}


def test_the_packaged_policies_are_valid_and_name_their_source() -> None:
    assert [policy.programme for policy in packaged()] == ["bst", "pati_elderly", "pbi_jk", "pkh", "rice", "sembako"]
    assert all("unsure" in policy.source.lower() for policy in packaged())


def test_what_was_published_keeps_its_digest() -> None:
    """A field that comes later stands in no canonical bytes of before: else no start would get past a version that was
    published."""
    kept = {policy.programme: digest(policy)[:16] for policy in packaged()}
    assert kept == {
        "bst": "3f7aa1120bbb5df3",
        "pati_elderly": "cc08b812ffe7c0eb",
        "pbi_jk": "a7611357d0ef4535",
        "pkh": "a00f61b9d4e5020b",
        "rice": "e59a58c26fd018be",
        "sembako": "ee34706156d6632b",
    }


def test_a_policy_comes_back_from_its_canonical_bytes() -> None:
    for policy in packaged():
        again = read_policy(yaml.safe_load(canonical(policy)))
        assert again == policy
        assert digest(again) == digest(policy)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"criteria": [{"criterion": "income_at_most", "bound": 3}]}, "$.criteria[0].criterion"),
        ({"criteria": [{"criterion": "decile_at_most", "bound": 11}]}, "$.criteria[0].bound"),
        ({"criteria": [{"criterion": "decile_at_most", "limit": 3}]}, "$.criteria[0]"),
        ({"criteria": []}, "$.criteria"),
        ({"criteria": [{"criterion": "decile_at_most", "bound": b} for b in (3, 4)]}, "given twice"),
        ({"criteria": [{"criterion": "components_at_least", "bound": 1}]}, "none is given"),
        ({"amount": {"reckoned": "by_components", "most": 4}}, "none is given"),
        ({"components": [CHILD]}, "the amount is fixed"),
        ({"amount": {"reckoned": "by_components", "most": 4}, "components": [CHILD, CHILD]}, "given twice"),
        (
            {
                "amount": {"reckoned": "by_components", "most": 4},
                "components": [{**CHILD, "when": {"fact": "age_within", "from_years": 7, "to_years": 6}}],
            },
            "to_years is below from_years",
        ),
        ({"components": [{**CHILD, "when": {"fact": "owns_a_car"}}]}, "$.components[0].when.fact"),
        ({"amount": {"reckoned": "fixed", "annual_idr": 0}}, "$.amount.annual_idr"),
        ({"programme": "Rice!"}, "$.programme"),
        ({"place_needs": "blessed"}, "$.place_needs"),
        ({"colour": "green"}, "colour"),
        ({"source": ""}, "$.source"),
    ],
)
def test_what_a_policy_may_not_say_is_refused_and_named(change: dict[str, Any], says: str) -> None:
    assert read_policy(copy.deepcopy(DOCUMENT)).programme == "rice"
    with pytest.raises(PolicyError) as refused:
        read_policy({**copy.deepcopy(DOCUMENT), **change})
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("regency", "day"),
    [("3318", date(2026, 3, 2)), ("5171", date(2026, 3, 2)), ("9171", date(2026, 3, 2)), ("1171", date(2026, 3, 2))],
)
def test_the_date_is_the_local_one(regency: str, day: date) -> None:
    assert local_date(datetime(2026, 3, 1, 17, 0, tzinfo=UTC), regency) == day


def test_midnight_comes_first_in_the_east() -> None:
    at = datetime(2026, 3, 1, 15, 30, tzinfo=UTC)
    assert [local_date(at, regency).day for regency in ("3318", "5171", "9171")] == [1, 1, 2]
    with pytest.raises(UnknownProvinceError):
        local_date(at, "9918")
