"""What a simulation is answered with."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field as Described

from padan_gateway.answers import Model, RegionPart


class SidePart(Model):
    """Before, or after: families by outcome, what those who are entitled get a year in rupiah (aid in goods: 0), and of
    them those in the state that a place needs."""

    entitled: int
    not_entitled: int
    undetermined: int
    annual_idr: int
    ready: int
    ready_annual_idr: int


class ChangesPart(Model):
    """Each family is in exactly one. `opens`: it could be said before, and cannot be now, since a fact is missing."""

    wins: int
    loses: int
    more: int = Described(description="Entitled before and after, and to more.")
    less: int
    opens: int
    same: int


class ComparedPart(Model):
    """Families of a region, before and after."""

    families: int
    before: SidePart
    after: SidePart
    changes: ChangesPart


class RegencyPart(ComparedPart):
    """The same, of a regency."""

    regency: RegionPart


class TextPart(Model):
    """A text in both languages."""

    id: str
    en: str


class ComponentPart(Model):
    """Members of entitled families for whom a component counts, and what their families get for them a year."""

    code: str = Described(examples=["elderly"])
    name: TextPart
    members_before: int
    members_after: int
    annual_idr_before: int
    annual_idr_after: int


class LedgerPart(Model):
    """Places of a regency as they are listed, and after the round that would take up the candidate. `excess`: places
    above the quota; none of them ends by that. The rupiah are those of who holds a place."""

    regency: RegionPart
    quota_before: int | None = Described(description="Null: there is no list yet.")
    quota_after: int
    places_before: int
    places_after: int
    waiting_before: int
    waiting_after: int
    excess_before: int
    excess_after: int
    annual_idr_before: int
    annual_idr_after: int


class GoodsPart(Model):
    """What each entitled family gets a year, of aid in goods."""

    annual_quantity: int
    unit: TextPart


class NamedPart(Model):
    """A family that wins or loses; `name` is its head's, null where it was erased."""

    household_id: UUID
    regency: str
    change: str = Described(examples=["wins"])
    annual_idr_before: int | None
    annual_idr_after: int | None
    name: str | None


class SimulationAnswer(Model):
    """What a candidate policy would change of families as they were at `facts_at`, both policies held against them on
    `as_of`. `version_in_force` null: the programme has none, so that nobody is entitled before."""

    programme: str = Described(examples=["pkh"])
    version: str
    version_in_force: str | None
    name_id: str
    name_en: str
    digest: str
    region: str = Described(examples=["3318"])
    as_of: date
    facts_at: datetime
    period_id: UUID | None = Described(description="The closed period at whose cut the families were taken.")
    left_out: int = Described(description="Of a past cut: households that are missing, since an event is unreadable.")
    total: ComparedPart
    by_region: list[RegencyPart]
    by_component: list[ComponentPart]
    ledgers: list[LedgerPart] = Described(description="Where there is a list of the programme, or would be.")
    goods_before: GoodsPart | None
    goods_after: GoodsPart | None
    named: list[NamedPart] | None = Described(
        description="At most 1,000 who win and 1,000 who lose, by id; null where names were not asked for."
    )
