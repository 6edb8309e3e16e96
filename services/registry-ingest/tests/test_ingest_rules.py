"""The reasons of a row, each by example, and laws that hold for any row."""

import random
from datetime import date
from uuid import uuid4

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_rows import GOOD, NO_MEMBER, OTHER, TODAY, file_judged, frame, judged
from padan_events.personal import Agreement
from padan_registry_ingest.domain import reasons
from padan_registry_ingest.domain.columns import MEMBERS, RANKING, RECIPIENTS
from padan_registry_ingest.domain.matching import CivilAnswer, civil_reasons
from padan_registry_ingest.domain.numbers import birth_date, family_card_reasons, nik_reasons
from padan_registry_ingest.reading.cells import normalized
from padan_registry_ingest.reporting.households import Sender, families_of, report_id, reports
from padan_registry_ingest.validating import check
from padan_registry_ingest.validity_report.rows import harmless


def codes_of(row: dict[str, str], *, region: str = "3318", numbers: tuple[str, ...] = ()) -> list[str]:
    return reasons.codes(judged([row], region=region, numbers=numbers)["reasons"][0])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"NAMA": ""}, ["name_missing"]),
        ({"NIK": "331801570890001"}, ["nik_length"]),
        ({"NIK": "33180157089000011"}, ["nik_length"]),
        ({"NIK": "3.31802E+15"}, ["nik_lost_digits"]),
        ({"NIK": ""}, ["nik_lost_digits"]),
        ({"NIK": "33180157089O0001"}, ["nik_lost_digits"]),
        ({"NIK": "3318013208900001"}, ["nik_date"]),
        ({"NIK": "3318014008900001"}, ["nik_date"]),
        ({"NIK": "3318015713900001"}, ["nik_date"]),
        ({"NIK": "3318013002900001"}, ["nik_date"]),
        ({"NIK": "3318012902910001"}, ["nik_date"]),
        ({"NIK": "3318012902920001", "TGL_LAHIR": "29-02-1992", "JENIS_KELAMIN": "L"}, []),
        ({"NIK": "3318015708900000"}, ["nik_serial"]),
        ({"NO_KK": "331801010120000"}, ["family_card_length"]),
        ({"NO_KK": ""}, []),
        ({"KODE_WILAYAH": "3318010001"}, ["region_unknown"]),
        ({"KODE_WILAYAH": "3319012001"}, ["region_unknown"]),
        ({"KODE_WILAYAH": "33.18.01.2001"}, []),
        ({"TGL_LAHIR": "31-02-1990"}, ["birth_date_invalid"]),
        ({"TGL_LAHIR": "01-02-2026"}, ["birth_date_invalid"]),
        ({"TGL_LAHIR": ""}, ["birth_date_invalid"]),
        ({"NAMA": "", "NIK": "1", "NO_KK": "1", "KODE_WILAYAH": "x", "TGL_LAHIR": "x"},
         ["name_missing", "nik_length", "family_card_length", "region_unknown", "birth_date_invalid"]),
    ],
)  # fmt: skip
def test_a_row_has_the_reasons_of_what_is_wrong_with_it(change: dict[str, str], expected: list[str]) -> None:
    assert codes_of(GOOD | change) == expected


def test_a_numeric_cell_has_lost_digits_whatever_they_are() -> None:
    assert codes_of(GOOD, numbers=("NIK",)) == ["nik_lost_digits"]
    assert codes_of(GOOD, numbers=("NO_KK",)) == ["family_card_length"]


def test_a_village_outside_the_senders_region_is_unknown_to_them() -> None:
    assert codes_of(GOOD, region="33") == codes_of(GOOD, region="") == []
    assert codes_of(GOOD, region="3319") == ["region_unknown"]


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        ({"TGL_LAHIR": "18-08-1990"}, "nik_birth_date_mismatch"),
        ({"JENIS_KELAMIN": "L"}, "nik_sex_mismatch"),
        ({"NIK": "3174015708900001"}, "nik_region_mismatch"),
    ],
)
def test_a_nik_that_disagrees_with_its_row_is_a_warning_only(change: dict[str, str], warning: str) -> None:
    row = judged([GOOD | change])
    assert row["reasons"][0] == 0
    assert reasons.warning_codes(row["warnings"][0]) == [warning]


def test_a_member_with_a_bad_nik_is_a_warning_on_the_recipients_row() -> None:
    member = NO_MEMBER | {"NO_KK": GOOD["NO_KK"], "NAMA": "BUDI", "NIK": "123"}
    row = judged([GOOD], [member])
    assert row["reasons"][0] == 0
    assert reasons.warning_codes(row["warnings"][0]) == ["member_nik_invalid"]


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("TGL_LAHIR", " S.PD", ["member_cell_unreadable"]), ("TGL_LAHIR", "31-02-1980", ["member_cell_unreadable"]),
        ("JENIS_KELAMIN", "ISTRI", ["member_cell_unreadable"]), ("HUBUNGAN", "17-08-1990", ["member_cell_unreadable"]),
        ("HUBUNGAN", "istri", []), ("JENIS_KELAMIN", "p", []), ("TGL_LAHIR", "17-08-1990", []), ("HUBUNGAN", "", []),
    ],
)  # fmt: skip
def test_a_members_cell_that_is_not_understood_is_a_warning_and_an_empty_one_is_not(
    column: str, cell: str, expected: list[str]
) -> None:
    row = judged([GOOD], [NO_MEMBER | {"NO_KK": GOOD["NO_KK"], "NAMA": "BUDI", column: cell}])
    assert row["reasons"][0] == 0
    assert reasons.warning_codes(row["warnings"][0]) == expected


@pytest.mark.parametrize(("people", "expected"), [(50, []), (51, ["too_many_members"])])
def test_a_family_card_holds_fifty_members(people: int, expected: list[str]) -> None:
    members = [NO_MEMBER | {"NO_KK": GOOD["NO_KK"], "NAMA": f"ANAK {n}"} for n in range(people)]
    rows = judged([GOOD, OTHER], members)
    assert [reasons.codes(bits) for bits in rows["reasons"]] == [expected, []]


def test_members_who_become_nobody_are_counted() -> None:
    member = NO_MEMBER | {"NO_KK": GOOD["NO_KK"], "NAMA": "BUDI"}
    stray = member | {"NO_KK": "3318010101209999"}
    sent = frame([member, stray, stray, member | {"NO_KK": "1"}, member | {"NO_KK": ""}, member | {"NAMA": ""}],
                 MEMBERS.columns)  # fmt: skip
    assert check.left_out(sent, frame([GOOD], RECIPIENTS.columns)) == {
        "member_without_recipient": 2,
        "member_unreadable": 3,
    }
    assert check.left_out(sent.head(1), frame([GOOD], RECIPIENTS.columns)) == {}


def test_ranking_rows_are_judged_by_nik_and_decile() -> None:
    cells = [(GOOD["NIK"], "0"), (GOOD["NIK"], "3"), (GOOD["NIK"], "4"), ("1", "11"), (OTHER["NIK"], "10")]
    rows = check.check_ranking(frame([{"NIK": nik, "DESIL": decile} for nik, decile in cells], RANKING.columns))
    assert [reasons.codes(bits) for bits in rows["reasons"]] == [
        ["duplicate_in_file", "decile_too_high"], [], ["duplicate_in_file"], ["nik_length", "decile_too_high"], [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (CivilAnswer(False, None, Agreement(nik=False)), ["nik_unknown"]),
        (CivilAnswer(True, "active", Agreement(nik=True, name=True)), []),
        (CivilAnswer(True, "deceased", Agreement(name=False)), ["deceased", "name_differs"]),
        (CivilAnswer(True, "moved", Agreement()), ["moved_away"]),
        (CivilAnswer(True, "blocked", Agreement()), ["identity_blocked"]),
        (CivilAnswer(True, "active", Agreement(birth_date=False, family_card_number=False)),
         ["birth_date_differs", "family_card_differs"]),
        (CivilAnswer(True, "active", Agreement(sex=False)), []),
    ],
)  # fmt: skip
def test_the_civil_registrys_answer_becomes_reasons(answer: CivilAnswer, expected: list[str]) -> None:
    assert reasons.codes(civil_reasons(answer)) == expected


def test_every_reason_has_words_in_both_languages_and_a_next_step() -> None:
    assert len(reasons.BY_CODE) == len(reasons.CATALOGUE) + len(reasons.WARNINGS) <= 64  # the bits of a set
    for reason in (*reasons.CATALOGUE, *reasons.WARNINGS):
        assert all((reason.id, reason.en, reason.next_id, reason.next_en))
        assert reasons.words(reason.code)["en"] == reason.en
    assert "odd_code" in reasons.words("odd_code")["en"]


_DIGITS = st.text("0123456789", min_size=14, max_size=17)
_CELL = st.one_of(
    st.sampled_from(list(GOOD.values()) + list(OTHER.values())),
    _DIGITS,
    st.dates(date(1890, 1, 1), date(2030, 1, 1)).map(lambda day: f"{day:%d-%m-%Y}"),
    st.builds(
        "331801{:02d}{:02d}{:02d}{:04d}".format,
        st.integers(0, 99), st.integers(0, 19), st.integers(0, 99), st.integers(0, 3),
    ),
    st.text(max_size=20),
)  # fmt: skip


def normal(sent: pl.DataFrame) -> pl.DataFrame:
    """Rows as the child process that reads a file gives them."""
    return normalized(sent.drop("row")).with_row_index("row", 1)


@settings(max_examples=20, deadline=None)
@given(st.lists(_CELL, min_size=10, max_size=40), st.integers(0, 2**32))
def test_ten_thousand_random_rows_never_crash_and_agree_with_the_rules_one_by_one(cells: list[str], seed: int) -> None:
    # Hypothesis finds the cells; five hundred rows of them are drawn here, which it would do far slower.
    rng = random.Random(seed)
    # Most cells are good ones, so that rows get as far as being reported.
    drawn = [
        {name: GOOD[name] if rng.random() < 0.85 else rng.choice(cells) for name in RECIPIENTS.columns}
        for _ in range(500)
    ]
    drawn[0] = GOOD
    members = [{name: rng.choice([*cells, GOOD["NO_KK"]]) for name in MEMBERS.columns} for _ in range(100)]
    sent = normal(frame(drawn, RECIPIENTS.columns))
    assert sent.height == 500
    rows = list(sent.iter_rows(named=True))
    found, people = file_judged(sent, normal(frame(members, MEMBERS.columns)))
    assert found["row"].to_list() == list(range(1, len(rows) + 1))
    valid = found.filter(pl.col("reasons") == 0)
    sender = Sender(uuid4(), "user:clerk", "2026-01-31", bytes(32))
    entries = reports(valid, families_of(valid, people), {}, sender)
    assert [entry.event_id for entry in entries] == [report_id(sender.batch_id, row) for row in valid["row"]]
    assert entries
    of_numbers = reasons.bits(["nik_length", "nik_lost_digits", "nik_date", "nik_serial", "family_card_length"])
    for row, bits in zip(rows, found["reasons"], strict=True):
        one_by_one = nik_reasons(row["NIK"], was_number=False) | family_card_reasons(row["NO_KK"])
        assert bits & of_numbers == one_by_one
        assert bool(bits & reasons.BIT["birth_date_invalid"]) == (birth_date(row["TGL_LAHIR"], TODAY) is None)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM", "\tx", "\rx"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(cell: str) -> None:
    assert harmless(cell) == "'" + cell
    assert harmless("SITI") == "SITI"
