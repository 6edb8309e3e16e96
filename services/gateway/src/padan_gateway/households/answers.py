"""How a household and its members are shown."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field as Described

from padan_gateway import problems
from padan_gateway.answers import Answer, Model, PlacePart, PositionPart
from padan_gateway.domain.access import Field
from padan_gateway.domain.lens import Lens
from padan_gateway.households.visits import VisitParts
from padan_gateway.regions import named


class MatchPart(Model):
    """The last answer of the civil registry about a member: per field true (agrees), false (differs) or not asked."""

    person_id: UUID
    civil_status: str = Described(examples=["active"])
    matched_at: str
    agreement: dict[str, bool | None] = Described(examples=[{"nik": True, "name": True}])


class MemberPart(Model):
    """A member. Without a stated purpose numbers, name and birth date (its year) are masked. `erased`: their key was
    destroyed; nothing that named them is left."""

    person_id: UUID
    erased: bool
    alive: bool
    died_on: str | None = Described(description="When, or its year where that is masked; null for the living.")
    name: str | None = Described(examples=["S*** A***"])
    nik: str | None = Described(examples=["************0001"])
    birth_date: str | None = Described(examples=["1980"])
    sex: str | None
    relationship: str | None
    sources: dict[str, str] | None = Described(
        description="Where fields come from that were corrected or linked since the person was reported.",
        examples=[{"nik": "civil_registry"}],
    )


class ConflictPart(Model):
    """A field of a member in which the civil registry differs (`resolve_conflict`, `correct_member`)."""

    person_id: UUID
    field: str = Described(examples=["birth_date"])


class HouseholdPart(Model):
    """A household as the register has it. `member_count` counts the living. `position` is that of its last event.
    `erased`: its key was destroyed, and with it address and family card number; its members have keys of their own."""

    household_id: UUID
    erased: bool
    version: int = Described(ge=1, description="Also the ETag: what If-Match of a command takes.")
    state: str = Described(examples=["proposed"])
    state_since: datetime
    returned_to: str | None = Described(description="Of a returned case: the state that what comes next builds on.")
    due_at: datetime | None = Described(description="Of a returned case: when it is withdrawn if nobody touches it.")
    update_month: str | None = Described(examples=["2026-01"])
    place: PlacePart
    decile: int | None = Described(ge=1, le=10, examples=[2])
    proposed_on: date
    member_count: int
    head: UUID | None
    caretaker: UUID
    caretaker_name: str | None
    family_card_number: str | None
    address: str | None
    rt: str | None
    rw: str | None
    match: MatchPart | None
    position: PositionPart


class HouseholdAnswer(HouseholdPart, VisitParts, Answer):
    """A household with its members, and what visits brought home. `conflicts`: where the civil registry differs, and
    nobody has settled it."""

    members: list[MemberPart]
    conflicts: list[ConflictPart] | None


class HouseholdsAnswer(Answer):
    """A page of households, by id. `next_cursor` null: the last page."""

    households: list[HouseholdPart]
    next_cursor: str | None


def _registered(row: Mapping[str, Any], columns: Sequence[str], lens: Lens) -> dict[str, Any]:
    """Columns of the field `register`. Raises `Problem` role_forbidden where the role has no right to it: nothing else
    of a household means anything without."""
    shown: dict[str, Any] | None = lens.show(Field.REGISTER, {column: row[column] for column in columns})
    if shown is None:
        raise problems.role_forbidden()
    return shown


def household(row: Mapping[str, Any], lens: Lens) -> dict[str, Any]:
    """A row of `household_view`, with its caretaker's name, as `HouseholdPart`. Raises `Problem` role_forbidden."""
    matched = row["matched_person"] is not None
    village = lens.show(Field.ADDRESS, row["village"])
    return {
        **_registered(
            row,
            (
                "household_id",
                "version",
                "state",
                "state_since",
                "returned_to",
                "due_at",
                "update_month",
                "decile",
                "proposed_on",
                "member_count",
                "head",
                "caretaker",
            ),
            lens,
        ),
        # Whoever has a name or a district has a key; what else is null may be unknown, or not for the caller.
        "erased": row["district"] is None,
        "place": {
            **{tier: named(code) for tier, code in _registered(row, ("province", "regency", "district"), lens).items()},
            "village": named(village),
        },
        "caretaker_name": lens.show(Field.NAME, row["caretaker_name"]),
        "family_card_number": lens.show(Field.FAMILY_CARD_NUMBER, row["family_card_number"]),
        "address": lens.show(Field.ADDRESS, row["address"]),
        "rt": lens.show(Field.ADDRESS, row["rt"]),
        "rw": lens.show(Field.ADDRESS, row["rw"]),
        "match": lens.show(
            Field.MATCH,
            {
                "person_id": row["matched_person"],
                "civil_status": row["civil_status"],
                "matched_at": row["matched_at"],
                "agreement": row["agreement"],
            }
            if matched
            else None,
        ),
        "position": _registered(row, ("shard", "pos"), lens),
    }


def member(row: Mapping[str, Any], lens: Lens) -> dict[str, Any]:
    """A row of `person_view` as `MemberPart`. Raises `Problem` role_forbidden."""
    return {
        **_registered(row, ("person_id",), lens),
        "erased": row["name"] is None,
        "alive": lens.show(Field.REGISTER, row["died_on"] is None),
        "died_on": lens.show(Field.BIRTH_DATE, row["died_on"]),
        "name": lens.show(Field.NAME, row["name"]),
        "nik": lens.show(Field.NIK, row["nik"]),
        "birth_date": lens.show(Field.BIRTH_DATE, row["birth_date"]),
        "sex": lens.show(Field.SEX, row["sex"]),
        "relationship": lens.show(Field.RELATIONSHIP, row["relationship"]),
        "sources": lens.show(Field.MATCH, row["sources"] or {}),
    }


def with_members(
    row: Mapping[str, Any], members: Sequence[Mapping[str, Any]], visits: Mapping[str, Any], lens: Lens
) -> dict[str, Any]:
    """A household, its members and visits (as `VisitParts`) as `HouseholdAnswer`, but for the watermark."""
    there = {str(m["person_id"]) for m in members}
    disputed = [one.split() for one in sorted(row["conflicts"] or {})]
    conflicts = [{"person_id": person, "field": field} for person, field in disputed if person in there]
    document = {
        **household(row, lens),
        "members": [member(m, lens) for m in members],
        "conflicts": lens.show(Field.MATCH, conflicts),
        **visits,
    }
    return {**document, **lens.notes()}
