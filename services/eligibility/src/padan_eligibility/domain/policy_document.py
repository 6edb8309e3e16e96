"""From a plain document to a policy, and back to bytes: what no type can say is checked here."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

import msgspec
from msgspec import UNSET

from padan_eligibility.domain.conditions import asked
from padan_eligibility.domain.policy import (
    AmountByComponents,
    ComponentsAtLeast,
    Criterion,
    Group,
    Holds2022,
    HoldsBps,
    HoldsPlace,
    HouseholdNeed,
    Leaf,
    MembersAtLeast,
    Policy,
    ProposedFor,
    RegionIn,
    RegisterMatch,
)
from padan_eligibility.domain.policy_conditions import AgeWithin, Condition, Everyone, MemberGroup
from padan_eligibility.domain.policy_order import ByComponent, name_of
from padan_eligibility.domain.scope import regions_of

_MANY: Final = (Holds2022, HoldsBps, MembersAtLeast, ProposedFor, RegisterMatch, HoldsPlace, HouseholdNeed, Group)
_IN_THE_CLEAR: Final = (AgeWithin, Everyone)
"""What a rank may tell of members."""
MOST_DEEP: Final = 6
"""Levels of groups in groups: nobody could read out what lies deeper."""


class PolicyError(ValueError):
    """A policy document that says something it may not; the message says where and what."""


def read_policy(document: object) -> Policy:
    """The policy in a plain document (mappings, lists, scalars). Raises `PolicyError`."""
    try:
        policy = msgspec.convert(document, Policy)
    except msgspec.ValidationError as error:
        raise PolicyError(str(error)) from error
    _check_siblings(policy.criteria, "$.criteria", 1)
    if policy.owner[0].isdigit():
        _check_owner(policy)
    if policy.effective_until is not UNSET and policy.effective_until < policy.effective_from:
        raise PolicyError("it ends before it begins - at `$.effective_until`")
    codes = [component.code for component in policy.components]
    if len(set(codes)) != len(codes):
        raise PolicyError("a component is given twice - at `$.components`")
    counts = any(isinstance(leaf, ComponentsAtLeast) for leaf in leaves(policy.criteria))
    if (counts or isinstance(policy.amount, AmountByComponents)) and not codes:
        raise PolicyError("components are asked for, but none is given - at `$.components`")
    if codes and not isinstance(policy.amount, AmountByComponents):
        raise PolicyError("components are given, but the amount is fixed - at `$.amount`")
    if policy.answers_needs is not UNSET and len(set(policy.answers_needs)) != len(policy.answers_needs):
        raise PolicyError("a need is given twice - at `$.answers_needs`")
    _check_order(policy)
    for index, component in enumerate(policy.components):
        _check_condition(component.when, f"$.components[{index}].when", 1)
    return policy


def _check_order(policy: Policy) -> None:
    """Each key once, and none that would tell every reader of ranks of sex, school, health, needs or an identity."""
    if policy.order is UNSET:
        return
    components = {component.code: component for component in policy.components}
    for index, key in enumerate(policy.order):
        if name_of(key) in map(name_of, policy.order[:index]):
            raise PolicyError(f"a key is given twice - at `$.order[{index}]`")
        if not isinstance(key, ByComponent):
            continue
        component = components.get(key.code)
        if component is None:
            raise PolicyError(f"there is no component `{key.code}` - at `$.order[{index}].code`")
        if not all(isinstance(fact, _IN_THE_CLEAR) for fact in asked(component.when)):
            raise PolicyError(f"component `{key.code}` would show in every rank - at `$.order[{index}].code`")


def _check_owner(policy: Policy) -> None:
    """An owner acts inside its region only."""
    if regions_of(policy) is None:
        raise PolicyError(f"it is for the whole nation, but its owner is region `{policy.owner}` - at `$.criteria`")
    for path, leaf in located(policy.criteria, "$.criteria"):
        if not isinstance(leaf, RegionIn):
            continue
        for index, region in enumerate(leaf.regions):
            if not region.startswith(policy.owner):
                raise PolicyError(
                    f"region `{region}` lies outside of its owner's, `{policy.owner}` - at `{path}.regions[{index}]`"
                )


def leaves(criteria: Sequence[Criterion]) -> Iterator[Leaf]:
    """The criteria that ask for a fact, in the order written, out of whatever groups they lie in."""
    for _, leaf in located(criteria, "$.criteria"):
        yield leaf


def located(criteria: Sequence[Criterion], path: str) -> Iterator[tuple[str, Leaf]]:
    """The same, each with its path in the document."""
    for index, criterion in enumerate(criteria):
        if isinstance(criterion, Group):
            yield from located(criterion.criteria, f"{path}[{index}].criteria")
        else:
            yield f"{path}[{index}]", criterion


def _check_siblings(criteria: Sequence[Criterion], path: str, depth: int) -> None:
    if depth > MOST_DEEP:
        raise PolicyError(f"groups lie deeper than {MOST_DEEP} levels - at `{path}`")
    seen: list[object] = []
    for index, criterion in enumerate(criteria):
        # Two bounds for one fact say nothing that the narrower one does not.
        same: object = criterion if isinstance(criterion, _MANY) else type(criterion)
        if same in seen:
            raise PolicyError(f"a criterion is given twice - at `{path}[{index}]`")
        seen.append(same)
        if isinstance(criterion, Group):
            _check_siblings(criterion.criteria, f"{path}[{index}].criteria", depth + 1)
        elif isinstance(criterion, MembersAtLeast):
            _check_condition(criterion.when, f"{path}[{index}].when", 1)


def _check_condition(when: Condition, path: str, depth: int) -> None:
    if depth > MOST_DEEP:
        raise PolicyError(f"groups lie deeper than {MOST_DEEP} levels - at `{path}`")
    if isinstance(when, AgeWithin) and when.to_years is not None and when.to_years < when.from_years:
        raise PolicyError(f"to_years is below from_years - at `{path}.to_years`")
    if isinstance(when, MemberGroup):
        for index, condition in enumerate(when.conditions):
            _check_condition(condition, f"{path}.conditions[{index}]", depth + 1)


def canonical(policy: Policy) -> bytes:
    """The policy as bytes: JSON, fields in the order declared. Equal policies give equal bytes."""
    return msgspec.json.encode(policy)


def digest(policy: Policy) -> str:
    """SHA-256 of the canonical document, in hexadecimal."""
    return sha256(canonical(policy)).hexdigest()
