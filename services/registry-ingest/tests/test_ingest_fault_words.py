"""What a sender is told: in both languages, with a next step, and with the place where there is one."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from padan_registry_ingest.domain.cells import FAILED, cell_fault, faulty_columns
from padan_registry_ingest.domain.columns import BY_NAME, CONTRACT, column_of, letter, normal_header
from padan_registry_ingest.domain.faults import FAULTS
from padan_registry_ingest.domain.photo_faults import PHOTO_FAULTS
from padan_registry_ingest.domain.reasons import BIT, codes
from padan_registry_ingest.domain.sending_faults import SENDING_FAULTS
from padan_registry_ingest.problems import problem
from padan_registry_ingest.validating import rules


@pytest.mark.parametrize("code", [*FAULTS, *SENDING_FAULTS, *PHOTO_FAULTS])
def test_every_fault_is_told_in_both_languages_with_a_next_step(code: str) -> None:
    document = problem(code).document()
    for key in ("detail", "detail_id", "next_step", "next_step_id"):
        assert document[key].strip()
        assert "{" not in document[key]
        assert document[key].endswith(".")
    assert document["detail"] != document["detail_id"]
    assert len(document["next_step_id"]) < 170, "one thing to do"


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({}, "Berkas tidak berisi baris data."),
        ({"sheet": "anggota"}, "Berkas tidak berisi baris data. Letaknya: tabel anggota."),
        ({"sheet": "anggota", "sheet_number": 2}, "Berkas tidak berisi baris data. Letaknya: lembar ke-2 (anggota)."),
        (
            {"sheet_number": 1, "row": 7, "column": "F", "column_name": "ALAMAT"},
            "Berkas tidak berisi baris data. Letaknya: lembar ke-1, baris 7, kolom F (ALAMAT).",
        ),
    ],
)
def test_the_place_of_a_fault_is_said_as_a_spreadsheet_names_it(extra: dict[str, object], said: str) -> None:
    assert problem("file_empty", **extra).document()["detail_id"] == said


def test_a_missing_column_is_told_with_what_was_found_and_meant() -> None:
    near = [{"column": "D", "meant": "TGL_LAHIR"}]
    said = problem("column_missing", missing=["TGL_LAHIR"], found=["NIK", "NAMA"], near=near).document()["detail_id"]
    assert said == (
        "Kolom wajib tidak ditemukan: TGL_LAHIR. Judul kolom yang terbaca: NIK, NAMA. "
        "Kolom D mungkin maksudnya TGL_LAHIR."
    )
    headless = problem("column_missing", missing=["NIK"], found=[], near=[]).document()["detail_id"]
    assert "Judul kolom tidak ditemukan" in headless


def test_each_name_of_a_column_is_written_as_headers_are_compared_and_means_one_column() -> None:
    assert all(normal_header(name) == name for name in BY_NAME)
    assert set(BY_NAME.values()) == set(CONTRACT)
    assert [column_of(text) for text in ("no. ktp", "Tanggal Lahir (HH-BB-TTTT)", "NAMA IBU", "")] == [
        "NIK", "TGL_LAHIR", None, None,
    ]  # fmt: skip
    assert [letter(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@given(st.lists(st.one_of(st.sampled_from(FAILED), st.text(max_size=3), st.text("A\ufffd", max_size=220)), min_size=1))
def test_the_rules_of_cells_are_the_same_one_at_a_time_and_by_column(cells: list[str]) -> None:
    frame = pl.DataFrame({"NAMA": cells, "RT": cells[::-1], "EXTRA_CELLS": [False] * len(cells)})
    judged = frame.select(rules.cell_reasons(("NAMA", "RT")).alias("reasons"), faulty=rules.faulty("RT"))
    for name, other, found, faulty in zip(cells, cells[::-1], judged["reasons"], judged["faulty"], strict=True):
        told = set(codes(found))
        one = {fault for fault in (cell_fault("NAMA", name), cell_fault("RT", other)) if fault}
        # One at a time a cell has one fault, the first; together a row has all of its cells' faults.
        assert one <= told
        assert bool(told) == bool(one)
        assert faulty == (cell_fault("RT", other) is not None)
        assert set(faulty_columns({"NAMA": name, "RT": other})) == one


def test_a_shifted_row_is_judged_before_its_cells() -> None:
    assert BIT["cells_shifted"] < BIT["cell_error"] < BIT["cell_damaged"] < BIT["cell_too_long"] < BIT["name_missing"]
