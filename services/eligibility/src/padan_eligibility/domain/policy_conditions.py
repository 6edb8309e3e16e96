"""What a policy may ask of one member: a closed list of conditions, and groups of them."""

from typing import Annotated

import msgspec
from padan_events.need_kinds import NeedKind
from padan_events.personal import Disability, School, Sex

Years = Annotated[int, msgspec.Meta(ge=0, le=150)]
Code = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{1,40}$")]
Words = Annotated[str, msgspec.Meta(min_length=2)]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Policies are read strictly: a misspelt word must not silently mean nothing."""


class Text(Part, frozen=True):
    """One text in Indonesian and English."""

    id: Words
    en: Words


class AgeWithin(Part, frozen=True, tag="age_within", tag_field="fact"):
    """Completed years of age, both ends included; no upper end where `to_years` is absent."""

    from_years: Years
    to_years: Years | None = None


class Attends(Part, frozen=True, tag="attends", tag_field="fact"):
    """The member attends this level of school."""

    school: School


class Pregnant(Part, frozen=True, tag="pregnant", tag_field="fact"):
    """The member is pregnant."""


class SevereDisability(Part, frozen=True, tag="severe_disability", tag_field="fact"):
    """The member has a severe disability."""


class DisabilityAnyOf(Part, frozen=True, tag="disability_any_of", tag_field="fact"):
    """The member has at least one of these kinds of disability, severe or not."""

    kinds: Annotated[tuple[Disability, ...], msgspec.Meta(min_length=1)]


class SexIs(Part, frozen=True, tag="sex_is", tag_field="fact"):
    """The member is of this sex."""

    sex: Sex


class IdentityAgrees(Part, frozen=True, tag="identity_agrees", tag_field="fact"):
    """The civil registry agrees on the member, or somebody settled every field in which it differs."""


class HasNeed(Part, frozen=True, tag="has_need", tag_field="fact"):
    """A need of the member, of one of these kinds, was recorded and is not met yet."""

    kinds: Annotated[tuple[NeedKind, ...], msgspec.Meta(min_length=1)]


class Everyone(Part, frozen=True, tag="everyone", tag_field="fact"):
    """Every member of whom anything is known: what a programme for each person counts."""


class AllMet(Part, frozen=True, tag="all_of", tag_field="fact"):
    """Every one of these holds of the member."""

    conditions: Annotated[tuple["Condition", ...], msgspec.Meta(min_length=1)]


class AnyMet(Part, frozen=True, tag="any_of", tag_field="fact"):
    """At least one of these holds of the member."""

    conditions: Annotated[tuple["Condition", ...], msgspec.Meta(min_length=1)]


class NoneMet(Part, frozen=True, tag="none_of", tag_field="fact"):
    """Not one of these holds of the member."""

    conditions: Annotated[tuple["Condition", ...], msgspec.Meta(min_length=1)]


Simple = (
    AgeWithin | Attends | Pregnant | SevereDisability | DisabilityAnyOf | SexIs | IdentityAgrees | HasNeed | Everyone
)
MemberGroup = AllMet | AnyMet | NoneMet
Condition = Simple | MemberGroup
