"""A programme's policy as data: a closed list of criteria, conditions and ways to reckon an amount.

Whatever a policy names must be a fact that events carry, so a document that asks for anything else is refused when
it is read, not when a family is decided.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType
from padan_events.criteria import Criterion2022, CriterionBps
from padan_events.need_kinds import NeedKind
from padan_events.states import State

from padan_eligibility.domain.policy_conditions import Code, Condition, Part, Text, Words
from padan_eligibility.domain.policy_order import OrderBy

Rupiah = Annotated[int, msgspec.Meta(gt=0)]
Decile = Annotated[int, msgspec.Meta(ge=1, le=10)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Region = Annotated[str, msgspec.Meta(pattern="^[0-9]{2}([0-9]{2})?$")]
Owner = Annotated[str, msgspec.Meta(pattern="^([a-z][a-z_]{1,40}|[0-9]{2}([0-9]{2})?)$")]
"""Whose programme it is: a national body by its name, such as `ministry`, or a province (2 digits) or regency or city
(4 digits) by its code."""


class StateNotIn(Part, frozen=True, tag="state_not_in", tag_field="criterion"):
    """The household is in none of these states."""

    states: tuple[State, ...]


class DecileAtMost(Part, frozen=True, tag="decile_at_most", tag_field="criterion"):
    """The welfare decile (1 poorest) is known and not above `bound`."""

    bound: Decile


class DecileAtLeast(Part, frozen=True, tag="decile_at_least", tag_field="criterion"):
    """The welfare decile (1 poorest) is known and not below `bound`."""

    bound: Decile


class RegionIn(Part, frozen=True, tag="region_in", tag_field="criterion"):
    """The household belongs to one of these provinces (2 digits) or regencies and cities (4 digits)."""

    regions: Annotated[tuple[Region, ...], msgspec.Meta(min_length=1)]


class SizeAtLeast(Part, frozen=True, tag="household_size_at_least", tag_field="criterion"):
    """At least `bound` living members."""

    bound: Count


class SizeAtMost(Part, frozen=True, tag="household_size_at_most", tag_field="criterion"):
    """At most `bound` living members."""

    bound: Count


class Holds2022(Part, frozen=True, tag="poverty_2022", tag_field="criterion"):
    """One of the nine criteria of 2022 holds; without a visit, or where it was not found out, it is not known."""

    code: Criterion2022


class HoldsBps(Part, frozen=True, tag="poverty_bps", tag_field="criterion"):
    """One of the fourteen criteria of BPS holds; without a visit, or where it was not found out, it is not known."""

    code: CriterionBps


class Count2022(Part, frozen=True, tag="poverty_2022_at_least", tag_field="criterion"):
    """At least `bound` of the nine criteria of 2022 hold."""

    bound: Annotated[int, msgspec.Meta(ge=1, le=len(Criterion2022))]


class CountBps(Part, frozen=True, tag="poverty_bps_at_least", tag_field="criterion"):
    """At least `bound` of the fourteen criteria of BPS hold (poor where nine do)."""

    bound: Annotated[int, msgspec.Meta(ge=1, le=len(CriterionBps))]


class MembersAtLeast(Part, frozen=True, tag="members_at_least", tag_field="criterion"):
    """At least `bound` members meet a condition. `name` is what one such member is called."""

    bound: Count
    name: Text
    when: Condition


class ComponentsAtLeast(Part, frozen=True, tag="components_at_least", tag_field="criterion"):
    """At least `bound` of the policy's components are found among the members."""

    bound: Count


class ProposedFor(Part, frozen=True, tag="proposed_for", tag_field="criterion"):
    """The family was proposed for this programme, and has not left it since by a request that its head confirmed."""

    programme: Code


class HoldsPlace(Part, frozen=True, tag="holds_place", tag_field="criterion"):
    """The family holds a place in this other programme. Whoever waits for one, or never stood for one, holds none."""

    programme: Code


class HouseholdNeed(Part, frozen=True, tag="has_need", tag_field="criterion"):
    """A need of the household as a whole, of this kind, was recorded and is not met yet."""

    kind: NeedKind


class MatchState(StrEnum):
    """What became of a match of a member with a foreign register: an official found it `founded`, or nobody has closed
    its review yet (`open`)."""

    FOUNDED = "founded"
    OPEN = "open"


class RegisterMatch(Part, frozen=True, tag="register_match", tag_field="criterion"):
    """`founded`: an official found that a match of a living member with a foreign register bars the family. `open`:
    such a match is under review. Where no register told of anybody neither holds."""

    state: MatchState


class AllOf(Part, frozen=True, tag="all_of", tag_field="criterion"):
    """Every one of these holds."""

    criteria: Annotated[tuple["Criterion", ...], msgspec.Meta(min_length=1)]


class AnyOf(Part, frozen=True, tag="any_of", tag_field="criterion"):
    """At least one of these holds."""

    criteria: Annotated[tuple["Criterion", ...], msgspec.Meta(min_length=1)]


class NoneOf(Part, frozen=True, tag="none_of", tag_field="criterion"):
    """Not one of these holds."""

    criteria: Annotated[tuple["Criterion", ...], msgspec.Meta(min_length=1)]


Leaf = (
    StateNotIn
    | DecileAtMost
    | DecileAtLeast
    | RegionIn
    | SizeAtLeast
    | SizeAtMost
    | Holds2022
    | HoldsBps
    | Count2022
    | CountBps
    | MembersAtLeast
    | ComponentsAtLeast
    | ProposedFor
    | RegisterMatch
    | HoldsPlace
    | HouseholdNeed
)
Group = AllOf | AnyOf | NoneOf
Criterion = Leaf | Group


class Component(Part, frozen=True):
    """A kind of member for whom a family is paid; at most `at_most` members of a family count for it."""

    code: Code
    name: Text
    when: Condition
    annual_idr: Rupiah
    at_most: Count | None = None


class FixedAmount(Part, frozen=True, tag="fixed", tag_field="reckoned"):
    """The same amount a year for every family."""

    annual_idr: Rupiah


class AmountByComponents(Part, frozen=True, tag="by_components", tag_field="reckoned"):
    """The sum of the components that count: one a member, at most `most` a family, the dearest; without `most`, as of a
    programme for each person, of as many as there are."""

    most: Count | UnsetType = UNSET


class InKind(Part, frozen=True, tag="in_kind", tag_field="reckoned"):
    """The same goods for every family: `annual_quantity` of `unit` a year, such as 120 kg of rice."""

    annual_quantity: Count
    unit: Text


class Policy(Part, frozen=True, kw_only=True, cache_hash=True):
    """One version of a programme's policy. `place_needs` is the state a household must reach to be given a place;
    `effective_until` the last day of a programme that ends; `answers_needs` are the kinds of needs that the programme
    answers, which decides nothing; `order` is what its waiting list goes by before the usual order. What is not set
    does not stand in the canonical bytes, so that a field which comes later leaves the digests of what was published as
    they are."""

    programme: Code
    version: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}\\.[0-9]+$")]
    effective_from: date
    name: Text
    owner: Owner
    source: Words
    place_needs: State
    criteria: Annotated[tuple[Criterion, ...], msgspec.Meta(min_length=1)]
    amount: FixedAmount | AmountByComponents | InKind
    components: Annotated[tuple[Component, ...], msgspec.Meta(max_length=60)] = ()
    effective_until: date | UnsetType = UNSET
    order: Annotated[tuple[OrderBy, ...], msgspec.Meta(min_length=1, max_length=6)] | UnsetType = UNSET
    answers_needs: Annotated[tuple[NeedKind, ...], msgspec.Meta(min_length=1)] | UnsetType = UNSET
