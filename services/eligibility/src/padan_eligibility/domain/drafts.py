"""Two people publish a policy: whoever drafted it neither agrees to it nor publishes it. Pure rules of who may do what
with which version.

Source: docs/domain.md (Programmes: each has an owner; nobody approves one case twice).
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from padan_eligibility.domain.policy import Policy

NATION = "ID"


class Person(msgspec.Struct, frozen=True):
    """Who acts: `user:<subject>`, their role, and the region they act for (`ID`: the nation)."""

    actor: str
    role: str
    region: str


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a programme's policy and how far it has come. `reviewed_by` is of the last draft."""

    programme: str
    version: str
    digest: str
    owner: str
    drafted_by: str | None = None
    reviewed_by: str | None = None
    published_by: str | None = None

    @property
    def state(self) -> str:
        """drafted, reviewed or published."""
        return "published" if self.published_by else "reviewed" if self.reviewed_by else "drafted"


class RefusedError(Exception):
    """What somebody may not do; `code` is one of `REASONS` in `padan_eligibility.programmes.problems`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def acts_for(person: Person, owner: str) -> bool:
    """Whether a person is of a programme's owner: of the region that owns it, or for the nation. The ministry's own
    programmes are the ministry's too."""
    if owner[0].isdigit():
        return (person.role, person.region) == ("programme_owner", owner)
    roles = {"programme_owner", "ministry"} if owner == "ministry" else {"programme_owner"}
    return person.region == NATION and person.role in roles


def check_draft(person: Person, policy: Policy, versions: Sequence[Version], today: date) -> None:
    """Whether a person may draft a policy, `versions` being those of its programme. Raises `RefusedError`."""
    _check_owner(person, policy.owner, versions)
    if any(one.version == policy.version and one.published_by for one in versions):
        raise RefusedError("policy_version_published")
    if policy.effective_from < today:
        raise RefusedError("policy_backdated")


def check_review(person: Person, version: Version | None, digest: str) -> Version:
    """Whether a person may agree to the draft with this digest: it, to be reviewed. Raises `RefusedError`."""
    drafted = _of_somebody_else(person, version)
    if drafted.digest != digest:
        raise RefusedError("policy_changed_since")
    return drafted


def check_publish(
    person: Person, version: Version | None, versions: Sequence[Version], effective_from: date, today: date
) -> Version:
    """Whether a person may publish a draft: it, to be published. Raises `RefusedError`."""
    drafted = _of_somebody_else(person, version)
    _check_owner(person, drafted.owner, versions)
    if drafted.reviewed_by is None:
        raise RefusedError("policy_not_reviewed")
    if effective_from < today:
        raise RefusedError("policy_backdated")
    return drafted


def _of_somebody_else(person: Person, version: Version | None) -> Version:
    if version is None:
        raise RefusedError("policy_unknown")
    if not acts_for(person, version.owner):
        raise RefusedError("policy_not_yours")
    if version.published_by is not None:
        raise RefusedError("policy_version_published")
    if version.drafted_by == person.actor:
        raise RefusedError("second_person_needed")
    return version


def _check_owner(person: Person, owner: str, versions: Sequence[Version]) -> None:
    # A programme stays its owner's: else a region could put a policy of its own in the place of the nation's.
    if not acts_for(person, owner) or any(one.owner != owner for one in versions):
        raise RefusedError("policy_not_yours")
