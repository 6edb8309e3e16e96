"""What is wrong with a proposed family, by itself; and the catalogue of refusals."""

from datetime import date

import msgspec
import pytest
from padan_cli.platform.instance import project_root
from padan_events.personal import ReportedHousehold, ReportedMember
from padan_registry_ingest.domain import reasons
from padan_registry_ingest.domain.proposals import faults_of
from padan_registry_ingest.domain.reasons import MOST_MEMBERS
from padan_registry_ingest.domain.refusals import CATALOGUE, REFUSALS, words_of
from padan_registry_ingest.refusals_page import page

OF_CIVIL_REGISTRY = (
    "nik_unknown", "deceased", "moved_away", "identity_blocked", "name_differs", "birth_date_differs",
    "family_card_differs",
)  # fmt: skip
TODAY = date(2026, 4, 1)
MEMBER = ReportedMember(name="SITI CONTOH", nik="3318014107900001", birth_date=date(1990, 7, 1))
FAMILY = ReportedHousehold(village="3318012001", members=(MEMBER,), caretaker=0, family_card_number="3318010101200001")


def found(**changed: object) -> list[tuple[str, str | None]]:
    return [(f.code, f.field) for f in faults_of(msgspec.structs.replace(FAMILY, **changed), TODAY)]


def found_of_member(**changed: object) -> list[tuple[str, str | None]]:
    return found(members=(msgspec.structs.replace(MEMBER, **changed),))


def test_a_family_in_order_is_in_order() -> None:
    assert found() == []
    assert found(family_card_number=None, address=None) == []
    assert found_of_member(nik=None, birth_date=None, sex=None, relationship=None) == []


@pytest.mark.parametrize(
    "nik", ["", "123", "331801410790000x", "３３１８０１４１０７９００００１", "33180141079000011"]
)
def test_a_nik_is_sixteen_digits(nik: str) -> None:
    assert found_of_member(nik=nik) == [("nik_length", "household.members.0.nik")]


def test_a_nik_holds_a_date_and_a_serial() -> None:
    place = "household.members.0.nik"
    assert found_of_member(nik="3318017213900001") == [("nik_date", place)]
    assert found_of_member(nik="3318014107900000") == [("nik_serial", place)]
    assert found_of_member(nik="3318017213900000") == [("nik_date", place), ("nik_serial", place)]


@pytest.mark.parametrize("born", [date(1899, 12, 31), date(2026, 4, 2)])
def test_nobody_is_born_before_1900_or_tomorrow(born: date) -> None:
    assert found_of_member(birth_date=born) == [("birth_date_invalid", "household.members.0.birth_date")]


@pytest.mark.parametrize("name", ["", "   ", "12", "-"])
def test_everybody_has_a_name(name: str) -> None:
    assert found_of_member(name=name) == [("name_missing", "household.members.0.name")]


@pytest.mark.parametrize("text", ["A\x00B", "A\u202eB", "A\ufffdB", "A\x7fB", "A\u200bB"])
def test_no_text_holds_what_no_text_holds(text: str) -> None:
    assert found_of_member(name=text) == [("text_damaged", "household.members.0.name")]
    assert found(address=text) == [("text_damaged", "household.address")]


def test_text_has_a_length() -> None:
    assert found_of_member(name="A" * 5_000) == [("text_too_long", "household.members.0.name")]
    assert found(rt="1" * 5_000) == [("text_too_long", "household.rt")]


def test_a_family_has_members_and_not_too_many_of_them() -> None:
    assert found(members=()) == [("members_missing", "household.members")]
    others = tuple(msgspec.structs.replace(MEMBER, nik=None) for _ in range(MOST_MEMBERS + 1))
    assert found(members=others) == [("too_many_members", "household.members")]
    assert found(members=others[:MOST_MEMBERS]) == []


@pytest.mark.parametrize("caretaker", [-1, 1, 2**40])
def test_the_caretaker_is_a_member(caretaker: int) -> None:
    assert found(caretaker=caretaker) == [("caretaker_unknown", "household.caretaker")]


def test_two_members_are_two_people() -> None:
    assert found(members=(MEMBER, MEMBER)) == [
        ("member_repeated", "household.members.0.nik"),
        ("member_repeated", "household.members.1.nik"),
    ]


@pytest.mark.parametrize("card", ["123", "33180101012000011", "331801010120000a"])
def test_a_family_card_has_sixteen_digits(card: str) -> None:
    assert found(family_card_number=card) == [("family_card_length", "household.family_card_number")]


def test_the_catalogue_names_each_code_once_in_both_languages() -> None:
    assert len(REFUSALS) == len(CATALOGUE)
    for words in CATALOGUE:
        assert 400 <= words.status < 500
        assert all((words.id, words.en, words.next_id, words.next_en))
        assert "kolom" not in words.id.lower() + words.next_id.lower(), f"{words.code} speaks of a spreadsheet"


def test_a_code_of_another_version_is_named() -> None:
    assert "unheard_of" in words_of("unheard_of").id


def test_whatever_a_family_can_be_refused_for_has_words() -> None:
    bad = msgspec.structs.replace(MEMBER, name="\x00" * 5_000, nik="1", birth_date=date(1800, 1, 1))
    family = msgspec.structs.replace(FAMILY, family_card_number="1", members=(bad, bad), caretaker=9)
    codes = {fault.code for fault in faults_of(family, TODAY)}
    codes |= set(reasons.codes(sum(reasons.BIT[code] for code in OF_CIVIL_REGISTRY)))
    codes |= {"duplicate_in_register", "region_unknown", "region_forbidden", "role_forbidden", "barred_occupation"}
    assert len(codes) > 15
    assert codes <= REFUSALS.keys()


def test_the_page_of_refusals_is_what_the_catalogue_makes_of_it() -> None:
    assert (project_root() / "docs" / "refusals.md").read_text(encoding="utf-8") == page()
