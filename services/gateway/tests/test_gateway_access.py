"""The access table: complete, deny by default, and what it says is what is shown."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from padan_cli.platform.instance import project_root
from padan_gateway.domain import masking
from padan_gateway.domain.access import (
    ACTIONS,
    FIELDS,
    UNIDENTIFYING,
    Action,
    Field,
    Purpose,
    Right,
    Role,
    Sight,
    may,
    sight,
)
from padan_gateway.domain.access_page import page
from padan_gateway.domain.lens import MASKS, Lens
from padan_gateway.domain.regions import RegionFormError, Scope, parts

roles, fields = st.sampled_from(Role), st.sampled_from(Field)
purposes = st.none() | st.sampled_from(Purpose)


def test_the_page_in_docs_is_the_table_of_the_code() -> None:
    assert (project_root() / "docs" / "access-table.md").read_text(encoding="utf-8") == page()


@given(roles, fields)
def test_personal_data_are_never_unmasked_without_a_purpose(role: Role, field: Field) -> None:
    assert field in UNIDENTIFYING or sight(role, field, None) is not Sight.FULL


@given(roles, fields, purposes)
def test_what_is_not_granted_is_hidden(role: Role, field: Field, purpose: Purpose | None) -> None:
    if field not in FIELDS.get(role, {}):
        assert sight(role, field, purpose) is Sight.HIDDEN


def test_a_cell_that_grants_personal_data_without_purpose_would_still_show_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(FIELDS, Role.CITIZEN, {Field.NIK: Right.FULL})
    assert sight(Role.CITIZEN, Field.NIK, Purpose.AUDIT) is Sight.HIDDEN


@given(roles, fields, purposes)
def test_a_role_without_any_action_sees_no_field(role: Role, field: Field, purpose: Purpose | None) -> None:
    if role not in ACTIONS or ACTIONS[role] <= {Action.READ_PIPELINE}:
        assert sight(role, field, purpose) is Sight.HIDDEN


def test_whoever_reads_households_has_a_right_to_the_register() -> None:
    reads = {Action.READ_HOUSEHOLD, Action.LIST_HOUSEHOLDS, Action.LOOK_UP_PERSON, Action.READ_ELIGIBILITY}
    for role in Role:
        if any(may(role, action) for action in reads):
            assert sight(role, Field.REGISTER, None) is Sight.FULL, role


def test_whoever_is_answered_about_people_of_a_list_may_know_it_with_a_purpose_which_is_logged() -> None:
    for role in Role:
        if may(role, Action.CHECK_LIST) or may(role, Action.REPORT_MATCHES):
            assert sight(role, Field.LIST_RESULT, Purpose.VERIFICATION) is Sight.FULL, role


def test_files_come_only_from_offices_that_answer_for_a_register() -> None:
    assert {role for role in Role if may(role, Action.UPLOAD_BATCH)} == {
        Role.SOCIAL_OFFICE, Role.PROVINCE, Role.MINISTRY,
    }  # fmt: skip


@given(st.sampled_from(sorted(MASKS)), st.text("0123456789", min_size=5, max_size=16))
def test_a_mask_keeps_at_most_four_characters_of_a_number(field: Field, digits: str) -> None:
    if field in (Field.NIK, Field.FAMILY_CARD_NUMBER):
        masked = MASKS[field](digits)
        assert masked == "*" * (len(digits) - 4) + digits[-4:]


@given(st.text(max_size=4))
def test_a_short_number_is_masked_whole(value: str) -> None:
    assert set(masking.number(value)) <= {"*"}


def test_names_and_dates_are_masked_so_that_length_gives_nothing_away() -> None:
    assert masking.name("Sri  Wahyuningsih") == "S*** W***"
    assert masking.name("Al Bo") == "A*** B***"
    assert masking.birth_date(date(1980, 5, 17)) == "1980"


def test_a_lens_remembers_what_it_showed_unmasked_and_forgets_what_was_not_there() -> None:
    lens = Lens(Role.SOCIAL_OFFICE, Purpose.VERIFICATION)
    assert lens.show(Field.NIK, "3318010101800001") == "3318010101800001"
    assert lens.show(Field.NAME, None) is None
    assert lens.show(Field.REGISTER, 3) == 3
    assert lens.unmasked == {Field.NIK}
    masked = Lens(Role.SOCIAL_OFFICE, None)
    assert masked.show(Field.NIK, "3318010101800001") == "************0001"
    assert masked.show(Field.ADDRESS, "Jalan 1") is None
    assert masked.notes() == {"masked": ["nik"], "hidden": ["address"]}
    assert not masked.unmasked


def test_scopes_contain_what_lies_below_them_and_nothing_else() -> None:
    pati, nation = Scope.of("3318"), Scope.of("ID")
    assert nation.contains(pati)
    assert nation == Scope.of("")
    assert pati.contains(pati)
    assert pati.contains(Scope.of("3318042007"))
    assert not pati.contains(nation)
    assert not pati.contains(Scope.of("33"))
    assert not pati.contains(Scope.of("3319042007"))
    assert parts("331804") == {"province": "33", "regency": "3318", "district": "331804", "village": None}


@pytest.mark.parametrize("code", ["3", "331", "33180", "33A8", "33.18", "３３１８", "331804200", "33180420070"])
def test_what_has_not_the_form_of_a_code_is_no_region(code: str) -> None:
    with pytest.raises(RegionFormError):
        Scope.of(code)
