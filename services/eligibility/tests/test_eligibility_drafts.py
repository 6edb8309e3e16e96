"""Who may do what with which draft of a policy."""

from datetime import date

import msgspec
import pytest
from padan_eligibility.domain.drafts import (
    Person,
    RefusedError,
    Version,
    acts_for,
    check_draft,
    check_publish,
    check_review,
)
from padan_eligibility.policies import packaged
from padan_eligibility.programmes.problems import REASONS, refused

TODAY = date(2026, 3, 2)
SARI = Person("user:sari", "programme_owner", "3318")
BUDI = Person("user:budi", "programme_owner", "3318")
ELDERLY = msgspec.structs.replace(
    next(policy for policy in packaged() if policy.programme == "pati_elderly"),
    version="2026.1",
    effective_from=TODAY,
)
DRAFT = Version(programme="pati_elderly", version="2026.1", digest="d", owner="3318", drafted_by="user:sari")
REVIEWED = msgspec.structs.replace(DRAFT, reviewed_by="user:budi")
SHIPPED = Version(programme="pkh", version="2025.1", digest="p", owner="ministry", published_by="service:eligibility")


@pytest.mark.parametrize(
    ("role", "region", "owner", "acts"),
    [
        ("programme_owner", "3318", "3318", True),
        ("programme_owner", "33", "3318", False),
        ("programme_owner", "331801", "3318", False),
        ("programme_owner", "ID", "3318", False),
        ("ministry", "ID", "3318", False),
        ("social_office", "3318", "3318", False),
        ("ministry", "ID", "ministry", True),
        ("programme_owner", "ID", "ministry", True),
        ("ministry", "ID", "bapanas", False),
        ("programme_owner", "ID", "bapanas", True),
        ("programme_owner", "33", "ministry", False),
    ],
)
def test_who_is_of_an_owner(role: str, region: str, owner: str, *, acts: bool) -> None:
    assert acts_for(Person("user:x", role, region), owner) is acts


def code_of(error: pytest.ExceptionInfo[RefusedError]) -> str:
    problem = refused(error.value.code).document()
    assert all(problem[text] for text in ("detail_id", "detail", "next_step_id", "next_step"))
    return error.value.code


@pytest.mark.parametrize(
    ("person", "changes", "versions", "code"),
    [
        (SARI, {}, [], None),
        (SARI, {}, [DRAFT], None),
        (SARI, {"effective_from": date(2026, 3, 1)}, [], "policy_backdated"),
        (SARI, {"owner": "3319"}, [], "policy_not_yours"),
        (SARI, {}, [msgspec.structs.replace(DRAFT, owner="3319")], "policy_not_yours"),
        (SARI, {"programme": "pkh"}, [SHIPPED], "policy_not_yours"),
        (SARI, {}, [msgspec.structs.replace(REVIEWED, published_by="user:budi")], "policy_version_published"),
    ],
)
def test_a_draft(person: Person, changes: dict[str, object], versions: list[Version], code: str | None) -> None:
    policy = msgspec.structs.replace(ELDERLY, **changes)
    if code is None:
        check_draft(person, policy, versions, TODAY)
        return
    with pytest.raises(RefusedError) as error:
        check_draft(person, policy, versions, TODAY)
    assert code_of(error) == code


@pytest.mark.parametrize(
    ("person", "version", "digest", "code"),
    [
        (BUDI, DRAFT, "d", None),
        (SARI, DRAFT, "d", "second_person_needed"),
        (BUDI, DRAFT, "e", "policy_changed_since"),
        (BUDI, None, "d", "policy_unknown"),
        (BUDI, msgspec.structs.replace(DRAFT, published_by="user:tono"), "d", "policy_version_published"),
        (Person("user:tono", "programme_owner", "3319"), DRAFT, "d", "policy_not_yours"),
    ],
)
def test_a_review(person: Person, version: Version | None, digest: str, code: str | None) -> None:
    if code is None:
        assert check_review(person, version, digest) == version
        return
    with pytest.raises(RefusedError) as error:
        check_review(person, version, digest)
    assert code_of(error) == code


@pytest.mark.parametrize(
    ("person", "version", "begins", "code"),
    [
        (BUDI, REVIEWED, TODAY, None),
        (BUDI, DRAFT, TODAY, "policy_not_reviewed"),
        (SARI, REVIEWED, TODAY, "second_person_needed"),
        (BUDI, None, TODAY, "policy_unknown"),
        (BUDI, REVIEWED, date(2026, 3, 1), "policy_backdated"),
    ],
)
def test_publishing(person: Person, version: Version | None, begins: date, code: str | None) -> None:
    versions = [] if version is None else [version]
    if code is None:
        assert check_publish(person, version, versions, begins, TODAY) == version
        return
    with pytest.raises(RefusedError) as error:
        check_publish(person, version, versions, begins, TODAY)
    assert code_of(error) == code


def test_every_reason_is_one_that_somebody_gets() -> None:
    assert set(REASONS) == {
        "policy_unknown", "policy_not_yours", "policy_version_published", "policy_backdated", "second_person_needed",
        "policy_not_reviewed", "policy_changed_since", "policy_circular",
    }  # fmt: skip
