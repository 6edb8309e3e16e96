"""What is wrong with a proposed family by itself. Pure: no register is asked here."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import msgspec
from padan_events.commands import Fault
from padan_events.personal import ReportedHousehold, ReportedMember

from padan_registry_ingest.domain import reasons
from padan_registry_ingest.domain.cells import longest_of
from padan_registry_ingest.domain.numbers import family_card_reasons, nik_reasons
from padan_registry_ingest.domain.reasons import MOST_MEMBERS
from padan_registry_ingest.domain.texts import line, text_faults

EARLIEST_BIRTH: Final = date(1900, 1, 1)
TEXTS: Final = {"address": "ALAMAT", "rt": "RT", "rw": "RW"}
"""The fields of a household that are free text, and the column whose length they share."""


def tidied(household: ReportedHousehold) -> ReportedHousehold:
    """The family as it was meant: a field that was left blank is left out, and a line break in text is a space."""
    return msgspec.structs.replace(
        household,
        family_card_number=(household.family_card_number or "").strip() or None,
        address=line(household.address or "") or None,
        rt=line(household.rt or "") or None,
        rw=line(household.rw or "") or None,
        members=tuple(tidied_member(member) for member in household.members),
        match=None,
    )


def tidied_member(member: ReportedMember) -> ReportedMember:
    """A member as they were meant."""
    return msgspec.structs.replace(member, name=line(member.name), nik=(member.nik or "").strip() or None)


def faults_of(household: ReportedHousehold, today: date) -> list[Fault]:
    """All that is wrong, in the order of the form; `today` is the date where the family lives."""
    return [*_of_household(household), *_of_members(household.members, today)]


def _of_household(household: ReportedHousehold) -> Iterator[Fault]:
    yield from card_faults(household.family_card_number, "household.family_card_number")
    yield from place_faults(household, "household.")
    if not household.members:
        yield Fault("members_missing", "household.members")
    elif len(household.members) > MOST_MEMBERS:
        yield Fault("too_many_members", "household.members")
    elif not 0 <= household.caretaker < len(household.members):
        yield Fault("caretaker_unknown", "household.caretaker")


def nik_faults(nik: str, place: str) -> Iterator[Fault]:
    """What is wrong with a NIK that a person typed, so that no spreadsheet can have changed it."""
    found = reasons.codes(nik_reasons(nik, was_number=False))
    yield from (Fault(code.replace("nik_lost_digits", "nik_length"), place) for code in found)


def _of_members(members: tuple[ReportedMember, ...], today: date) -> Iterator[Fault]:
    niks = Counter(member.nik for member in members if member.nik is not None)
    for index, member in enumerate(members[: MOST_MEMBERS + 1]):
        place = f"household.members.{index}"
        yield from member_faults(member, place, today)
        if member.nik is not None and niks[member.nik] > 1:
            yield Fault("member_repeated", f"{place}.nik")


def member_faults(member: ReportedMember, place: str, today: date) -> Iterator[Fault]:
    """What is wrong with one member by themselves."""
    if not any(map(str.isalpha, member.name)):
        yield Fault("name_missing", f"{place}.name")
    yield from text_faults(member.name, longest_of("NAMA"), f"{place}.name")
    if member.nik is not None:
        yield from nik_faults(member.nik, f"{place}.nik")
    if member.birth_date is not None and not EARLIEST_BIRTH <= member.birth_date <= today:
        yield Fault("birth_date_invalid", f"{place}.birth_date")


def card_faults(number: str | None, place: str) -> Iterator[Fault]:
    """What is wrong with the number of a family card; None is none."""
    if family_card_reasons(number or ""):
        yield Fault("family_card_length", place)


def place_faults(home: Any, place: str) -> Iterator[Fault]:
    """What is wrong with the texts of an address: a Struct with `address`, `rt` and `rw`."""
    for name, column in TEXTS.items():
        yield from text_faults(getattr(home, name), longest_of(column), f"{place}{name}")
