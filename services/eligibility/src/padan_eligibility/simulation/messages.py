"""What a simulation is asked and answers, between the service and the process that holds it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Final

import msgspec

from padan_eligibility.domain.policy import Policy
from padan_eligibility.domain.policy_conditions import Text

ENDS_S: Final = 15
"""After the time limit of a statement: what is still evaluated then is ended."""


class Change(StrEnum):
    """What becomes of a household; exactly one of these. Aid in goods is compared by its quantity."""

    WINS = "wins"
    LOSES = "loses"
    MORE = "more"
    LESS = "less"
    OPENS = "opens"
    SAME = "same"


class Side(msgspec.Struct, kw_only=True):
    """Before, or after: households by outcome, what the entitled get a year, and of them those in the state that a
    place needs. Of aid in goods the rupiah are 0."""

    entitled: int = 0
    not_entitled: int = 0
    undetermined: int = 0
    annual_idr: int = 0
    ready: int = 0
    ready_annual_idr: int = 0

    def __add__(self, other: "Side") -> "Side":
        return Side(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})


class Compared(msgspec.Struct, kw_only=True):
    """Households of a region before and after, and how many of them change in which way."""

    families: int = 0
    before: Side = msgspec.field(default_factory=Side)
    after: Side = msgspec.field(default_factory=Side)
    changes: dict[Change, int] = msgspec.field(default_factory=lambda: dict.fromkeys(Change, 0))

    def __add__(self, other: "Compared") -> "Compared":
        changes = {one: self.changes[one] + other.changes[one] for one in Change}
        return Compared(
            families=self.families + other.families,
            before=self.before + other.before,
            after=self.after + other.after,
            changes=changes,
        )


class Ledger(msgspec.Struct, kw_only=True):
    """A regency's places before, as they are listed, and after. `excess`: places above the quota; none of them ends by
    that. A family whose entitlement cannot be said keeps its place, and its amount counts as 0."""

    regency: str
    quota_before: int | None
    quota_after: int
    places_before: int
    places_after: int
    waiting_before: int
    waiting_after: int
    excess_before: int
    excess_after: int
    annual_idr_before: int
    annual_idr_after: int


class Past(msgspec.Struct, kw_only=True):
    """A past cut: by shard the last position of household's events, and of eligibility's, and its time."""

    cut: tuple[int, ...]
    decided: tuple[int, ...]
    at: datetime


class Work(msgspec.Struct, kw_only=True):
    """What a simulation is told. `region` is a prefix of codes (empty: the nation); `quotas` are candidates,
    by regency; without `past` the population is today's."""

    database_url: str
    within_s: float
    before: Policy | None
    after: Policy
    region: str
    as_of: date
    named: bool
    quotas: dict[str, int] = {}
    past: Past | None = None


class Component(msgspec.Struct, kw_only=True):
    """Members of entitled families for whom a component counts, and what they get for it a year."""

    code: str
    name: Text
    members_before: int
    members_after: int
    annual_idr_before: int
    annual_idr_after: int


class Named(msgspec.Struct, kw_only=True):
    """A family that wins or loses."""

    household_id: str
    regency: str
    change: Change
    annual_idr_before: int | None
    annual_idr_after: int | None


class Goods(msgspec.Struct, kw_only=True):
    """What each family gets a year, of aid in goods."""

    annual_quantity: int
    unit: Text


class Found(msgspec.Struct, kw_only=True):
    """What came of it. `refused`: why nothing did; `left_out`: households of which an event cannot be read."""

    refused: str | None = None
    facts_at: str | None = None
    left_out: int = 0
    total: Compared | None = None
    by_regency: dict[str, Compared] = msgspec.field(default_factory=dict)
    by_component: list[Component] = msgspec.field(default_factory=list)
    ledgers: list[Ledger] = msgspec.field(default_factory=list)
    goods_before: Goods | None = None
    goods_after: Goods | None = None
    named: list[Named] | None = None
