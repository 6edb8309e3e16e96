"""A programme's policy as data: a closed list of criteria, conditions and ways to reckon an amount.

Whatever a policy names must be a fact that events carry, so a document that asks for anything else is refused when
it is read, not when a family is decided.
"""

from datetime import date
from hashlib import sha256
from typing import Annotated

import msgspec
from padan_events.personal import School
from padan_events.states import State

Rupiah = Annotated[int, msgspec.Meta(gt=0)]
Decile = Annotated[int, msgspec.Meta(ge=1, le=10)]
Years = Annotated[int, msgspec.Meta(ge=0, le=150)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Code = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{1,40}$")]
Words = Annotated[str, msgspec.Meta(min_length=2)]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Policies are read strictly: a misspelt word must not silently mean nothing."""


class Text(_Part, frozen=True):
    """One text in Indonesian and English."""

    id: Words
    en: Words


class StateNotIn(_Part, frozen=True, tag="state_not_in", tag_field="criterion"):
    """The household is in none of these states."""

    states: tuple[State, ...]


class DecileAtMost(_Part, frozen=True, tag="decile_at_most", tag_field="criterion"):
    """The welfare decile (1 poorest) is known and not above `bound`."""

    bound: Decile


class ComponentsAtLeast(_Part, frozen=True, tag="components_at_least", tag_field="criterion"):
    """At least `bound` of the policy's components are found among the members."""

    bound: Count


Criterion = StateNotIn | DecileAtMost | ComponentsAtLeast


class AgeWithin(_Part, frozen=True, tag="age_within", tag_field="fact"):
    """Completed years of age, both ends included; no upper end where `to_years` is absent."""

    from_years: Years
    to_years: Years | None = None


class Attends(_Part, frozen=True, tag="attends", tag_field="fact"):
    """The member attends this level of school."""

    school: School


class Pregnant(_Part, frozen=True, tag="pregnant", tag_field="fact"):
    """The member is pregnant."""


class SevereDisability(_Part, frozen=True, tag="severe_disability", tag_field="fact"):
    """The member has a severe disability."""


Condition = AgeWithin | Attends | Pregnant | SevereDisability


class Component(_Part, frozen=True):
    """A kind of member for whom a family is paid; at most `at_most` members of a family count for it."""

    code: Code
    name: Text
    when: Condition
    annual_idr: Rupiah
    at_most: Count | None = None


class FixedAmount(_Part, frozen=True, tag="fixed", tag_field="reckoned"):
    """The same amount a year for every family."""

    annual_idr: Rupiah


class AmountByComponents(_Part, frozen=True, tag="by_components", tag_field="reckoned"):
    """The sum of the components that count: one a member, at most `most` a family, the dearest."""

    most: Count


class Policy(_Part, frozen=True, kw_only=True, cache_hash=True):
    """One version of a programme's policy. `place_needs` is the state a household must reach to be given a place."""

    programme: Code
    version: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}\\.[0-9]+$")]
    effective_from: date
    name: Text
    owner: Words
    source: Words
    place_needs: State
    criteria: Annotated[tuple[Criterion, ...], msgspec.Meta(min_length=1)]
    amount: FixedAmount | AmountByComponents
    components: tuple[Component, ...] = ()


class PolicyError(ValueError):
    """A policy document that says something it may not; the message says where and what."""


def read_policy(document: object) -> Policy:
    """The policy in a plain document (mappings, lists, scalars). Raises `PolicyError`."""
    try:
        policy = msgspec.convert(document, Policy)
    except msgspec.ValidationError as error:
        raise PolicyError(str(error)) from error
    kinds = [type(criterion) for criterion in policy.criteria]
    if len(set(kinds)) != len(kinds):
        raise PolicyError("a criterion is given twice - at `$.criteria`")
    codes = [component.code for component in policy.components]
    if len(set(codes)) != len(codes):
        raise PolicyError("a component is given twice - at `$.components`")
    asks = ComponentsAtLeast in kinds or isinstance(policy.amount, AmountByComponents)
    if asks and not codes:
        raise PolicyError("components are asked for, but none is given - at `$.components`")
    if codes and not isinstance(policy.amount, AmountByComponents):
        raise PolicyError("components are given, but the amount is fixed - at `$.amount`")
    for index, component in enumerate(policy.components):
        when = component.when
        if isinstance(when, AgeWithin) and when.to_years is not None and when.to_years < when.from_years:
            raise PolicyError(f"to_years is below from_years - at `$.components[{index}].when`")
    return policy


def canonical(policy: Policy) -> bytes:
    """The policy as bytes: JSON, fields in the order declared. Equal policies give equal bytes."""
    return msgspec.json.encode(policy)


def digest(policy: Policy) -> str:
    """SHA-256 of the canonical document, in hexadecimal."""
    return sha256(canonical(policy)).hexdigest()
