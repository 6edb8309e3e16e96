"""What stands inside a sealed block. Never in clear outside a service that may open it.

Two blocks a subject, under separate keys (UU 27/2022; the two audiences differ): **identity** for
registry-ingest and the gateway, **sensitive** facts for eligibility.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from padan_events.criteria import Answer, Criterion2022, CriterionBps
from padan_events.telling import told


class Sex(StrEnum):
    """Sex as the civil registry records it."""

    MALE = "m"
    FEMALE = "f"


class Relationship(StrEnum):
    """Relationship to the head (SHDK), the eleven of SIAK."""

    HEAD = "head"
    HUSBAND = "husband"
    WIFE = "wife"
    CHILD = "child"
    CHILD_IN_LAW = "child_in_law"
    GRANDCHILD = "grandchild"
    PARENT = "parent"
    PARENT_IN_LAW = "parent_in_law"
    OTHER_FAMILY = "other_family"
    DOMESTIC_WORKER = "domestic_worker"
    OTHER = "other"


class School(StrEnum):
    """The school level a member attends; none is the absence of a value."""

    PRIMARY = "primary"
    JUNIOR_SECONDARY = "junior_secondary"
    SENIOR_SECONDARY = "senior_secondary"


class Disability(StrEnum):
    """Kinds of disability; several make "multiple"."""

    PHYSICAL = "physical"
    INTELLECTUAL = "intellectual"
    MENTAL = "mental"
    SENSORY = "sensory"


class Source(StrEnum):
    """Where a fact of a person comes from: seen by an operator, the civil registry's own, or a citizen's documents."""

    OPERATOR = "operator"
    CIVIL_REGISTRY = "civil_registry"
    CITIZEN = "citizen"


class FreedNik(msgspec.Struct, frozen=True):
    """The keyed hash, in hexadecimal, of a NIK that a person held and that is not theirs."""

    nik_hash: str


class PersonIdentity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Identity block of a person. `nik_hash` is the keyed hash of the NIK, in hexadecimal. `sources` tells where
    fields come from that were corrected or linked since the person was reported."""

    name: str
    nik: str | None = None
    nik_hash: str | None = None
    birth_date: date | None = None
    sex: Sex | None = None
    relationship: Relationship | None = None
    sources: dict[str, Source] = {}


class PersonSensitive(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Sensitive block of a person: what eligibility may know of them."""

    birth_date: date | None = None
    sex: Sex | None = None
    relationship: Relationship | None = None
    school: School | None = None
    pregnant: bool = False
    disabilities: tuple[Disability, ...] = ()
    severe_disability: bool = False


class HouseholdIdentity(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Identity block of a household. `village` is the 10-digit Kemendagri code."""

    village: str
    family_card_number: str | None = None
    family_card_hash: str | None = None
    address: str | None = None
    rt: str | None = None
    rw: str | None = None


class ShownPlace(msgspec.Struct, frozen=True):
    """Where the civil registry shows a person: the village, a 10-digit Kemendagri code. Nothing more of the address is
    kept."""

    village: str


class Agreement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Field by field, what the civil registry said: true agrees (SESUAI), false differs, null not asked."""

    nik: Annotated[bool | None, told("The NIK exists and is this person's.")] = None
    name: Annotated[bool | None, told("The name agrees.")] = None
    birth_date: Annotated[bool | None, told("The birth date agrees.")] = None
    sex: Annotated[bool | None, told("The sex agrees.")] = None
    family_card_number: Annotated[bool | None, told("The family card agrees.")] = None
    mother_name: Annotated[bool | None, told("The mother's name agrees.")] = None


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of the civil registry, all that may be kept of it."""

    request_id: str
    matched_at: str
    civil_status: str
    agreement: Agreement


class ReportedMember(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One member of a reported household. `nik` is None where none is known or what was given is not one."""

    name: str
    nik: str | None = None
    birth_date: date | None = None
    sex: Sex | None = None
    relationship: Relationship | None = None
    school: School | None = None
    pregnant: bool = False
    disabilities: tuple[Disability, ...] = ()
    severe_disability: bool = False


class ReportedHousehold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A household as reported from outside; `caretaker` is the index of the recipient in `members`."""

    village: Annotated[str, told("Kemendagri code of the village, 10 digits.")]
    members: Annotated[tuple[ReportedMember, ...], told("Everyone in it.")]
    caretaker: Annotated[
        int, told("Who receives assistance for the family (pengurus): the place in `members`, from 0.")
    ] = 0
    family_card_number: str | None = None
    address: str | None = None
    rt: str | None = None
    rw: str | None = None
    match: Match | None = None


class Note(msgspec.Struct, frozen=True):
    """What an official wrote beside a decision; sealed under the household's identity key, and beside a need under the
    sensitive key of whom it is about."""

    text: str


class MapPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A place on the map, as a device measured it (WGS 84); sealed under the household's identity key."""

    latitude: Annotated[float, told("Degrees; south of the equator is negative.")]
    longitude: Annotated[float, told("Degrees east.")]
    accuracy_m: Annotated[float, told("Radius in metres within which the device takes itself to be.")]
    captured_at: Annotated[datetime, told("When it was measured (RFC 3339, with its zone).")]


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What a family answered to the criteria of both lists; sealed under the household's sensitive key."""

    criteria_2022: dict[Criterion2022, Answer]
    criteria_bps: dict[CriterionBps, Answer]


class Criterion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One criterion of a decision: the fact found, the bound it was held against, and how it came out.

    `holds` is None where the fact is not known. `parts` are the criteria of a group (`all_of`, `any_of`, `none_of`).
    """

    code: str
    fact: str | None
    bound: str
    holds: bool | None
    text_id: str
    text_en: str
    parts: tuple["Criterion", ...] = ()


class CountedComponent(msgspec.Struct, frozen=True, kw_only=True):
    """A component of a family, its amount a year in rupiah, and whether it is among those that count."""

    component: str
    person_id: str
    annual_idr: int
    counts: bool


class FactChange(msgspec.Struct, frozen=True):
    """A fact imagined otherwise: `decile` to `4`, `proposed_for.bst` to `yes`."""

    fact: str
    to: str


class SmallestChange(msgspec.Struct, frozen=True, kw_only=True):
    """The fewest facts that would turn a decision, were all of them otherwise, in words in both languages."""

    changes: tuple[FactChange, ...]
    text_id: str
    text_en: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a decision fell, in words in both languages. Sealed under the household's sensitive key.

    `next_change_on` is the next date on which the decision could change by itself; it lies in here because it
    can give away a birthday. `smallest_change` is absent where no few facts would turn the decision.
    """

    criteria: tuple[Criterion, ...]
    summary_id: str
    summary_en: str
    components: tuple[CountedComponent, ...] = ()
    next_change_on: date | None = None
    smallest_change: SmallestChange | None = None


class Objector(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who objected to a family, or appealed: the account that sent it, and the person it was sent for, where that is
    another. Sealed under the identity key of the household; shown to the social office and above only."""

    account: str
    role: str
    on_behalf_of: str | None = None


class Statement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody says of a family, and where."""

    text: str
    map_point: MapPoint | None = None
