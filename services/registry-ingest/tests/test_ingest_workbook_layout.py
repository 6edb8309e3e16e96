"""Headers and sheets of workbooks as people lay them out: found by what they mean, never guessed between."""

from typing import Any

import pytest
from hostile_files import (
    MEMBER,
    NIK,
    OTHER,
    RECIPIENT,
    Rows,
    registration,
    workbook,
)
from padan_registry_ingest.domain.columns import MEMBERS, RECIPIENTS
from padan_registry_ingest.reading.child import read
from reading_given import cells, fault

_FORM = [
    ["DAFTAR CALON PENERIMA BANTUAN SOSIAL"],
    ["KECAMATAN CONTOH"],
    [],
    [
        "NO",
        "NIK",
        "NAMA LENGKAP",
        "NO. KK",
        "TANGGAL LAHIR",
        "L/P",
        "ALAMAT",
        "",
        "",
        "KODE DESA/KELURAHAN",
        "PEKERJAAN",
    ],
    ["", "", "", "", "", "", "JALAN", "RT", "RW", "", ""],
    ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)", "(9)", "(10)", "(11)"],
]


def test_a_printed_form_with_a_merged_header_of_two_rows_below_titles_is_read() -> None:
    def merge(book: Any) -> None:
        sheet = book.get_worksheet_by_name("penerima")
        sheet.merge_range("A1:K1", "DAFTAR CALON PENERIMA BANTUAN SOSIAL")
        sheet.merge_range("G4:I4", "ALAMAT")
        for letter, title in zip("ABCDEF", _FORM[3], strict=False):
            sheet.merge_range(f"{letter}4:{letter}5", title)

    people: Rows = [["1", *RECIPIENT], [], ["2", *OTHER], ["JUMLAH", "", "", "", "", "", "", "", "", "", 2]]
    content = workbook({"penerima": [*_FORM, *people], "anggota": [MEMBERS.columns, MEMBER]}, change=merge)
    found = read(content, "auto")
    assert cells(found) == [tuple(RECIPIENT), tuple(OTHER)]
    assert found.frame["line"].to_list() == [7, 9]
    assert found.notes == {"total_row_left_out": 1}


@pytest.mark.parametrize(
    "header",
    [
        ["NOMOR INDUK KEPENDUDUKAN", "NAMA PENERIMA", "NOMOR KARTU KELUARGA", "Tgl. Lahir", "JK", "Alamat Lengkap",
         "No. RT", "No. RW", "Kode Desa", "Jenis Pekerjaan"],
        ["No KTP", "Nama (sesuai KTP)", "No. Kartu Keluarga", "TANGGAL LAHIR (HH-BB-TTTT)", "JENIS KELAMIN (L/P)",
         "alamat", "rt", "rw", "KODE KELURAHAN/DESA", "pekerjaan"],
        ["NIK *)", "NAMA_LENGKAP", "NKK", "Tanggal  Lahir", "L / P", "ALAMAT RUMAH", "R.T", "R.W", "KODE-WILAYAH",
         "PEKERJAAN:"],
    ],
)  # fmt: skip
def test_columns_are_known_by_the_names_that_forms_give_them(header: list[str]) -> None:
    header = [name.replace("R.T", "RT").replace("R.W", "RW") for name in header]
    assert cells(read(registration(header=header), "auto")) == [tuple(RECIPIENT)]


def test_columns_in_any_order_beside_others_are_found() -> None:
    header = [*reversed(RECIPIENTS.columns), "KETERANGAN"]
    found = read(registration([[*reversed(RECIPIENT), "catatan"]], header=header), "auto")
    assert cells(found) == [tuple(RECIPIENT)]


def test_two_columns_of_one_meaning_are_never_chosen_between() -> None:
    found = fault(registration([[*RECIPIENT, NIK]], header=[*RECIPIENTS.columns, "NO KTP"]))
    assert found.code == "column_twice"
    assert found.extra == {
        "column_name": "NIK",
        "columns": ["A", "K"],
        "row": 1,
        "sheet": "penerima",
        "sheet_number": 1,
    }


def test_a_missing_column_is_told_with_what_was_found_and_what_was_probably_meant() -> None:
    kept = ["NIK", "NAMA (Bu SITI)", "NO KK", "TANGAL LAHIR", "JENIS KELAMIN", "ALAMAT", "RT", "RW", "KODE DESA"]
    header = [*kept, "AGAMA"]
    found = fault(registration(header=header))
    assert found.code == "column_missing"
    assert found.extra["missing"] == ["TGL_LAHIR", "PEKERJAAN"]
    assert found.extra["near"] == [{"column": "D", "meant": "TGL_LAHIR"}]
    words = ["NIK", "NAMA", "NO_KK", "JENIS_KELAMIN", "ALAMAT", "RT", "RW", "KODE DESA", "AGAMA"]
    assert found.extra["found"] == words  # and nothing that stands in brackets
    assert (found.extra["sheet"], found.extra["sheet_number"], found.extra["row"]) == ("penerima", 1, 1)


@pytest.mark.parametrize("rows", [[RECIPIENT, OTHER], [["SITI CONTOH", "ISTRI"], *[OTHER] * 3]])
def test_a_file_without_a_header_shows_nobody_of_it(rows: list[list[str]]) -> None:
    found = fault(workbook({"penerima": rows, "anggota": [MEMBERS.columns, MEMBER]}))
    assert found.code == "column_missing"
    said = repr(found.extra)
    assert not any(cell in said for row in rows for cell in row if len(cell) > 3 and cell != "PETANI")
    assert "PETANI" not in repr(found.extra["found"])


def test_a_header_below_the_first_twenty_rows_is_not_looked_for() -> None:
    assert fault(registration(header=[], rows=[*[["x"]] * 25, RECIPIENTS.columns, RECIPIENT])).code == "column_missing"


def test_ten_thousand_columns_are_refused() -> None:
    found = fault(registration(header=[*RECIPIENTS.columns, *(f"X{n}" for n in range(10_000))]))
    assert (found.code, found.extra["count"], found.extra["row"]) == ("too_many_columns", 10_010, 1)


def test_sheets_are_found_by_name_else_by_their_columns_wherever_they_stand() -> None:
    first, second = [RECIPIENTS.columns, RECIPIENT], [MEMBERS.columns, MEMBER]
    books: tuple[dict[str, Rows], ...] = (
        {"Petunjuk": [["Isi lembar berikut"]], "Anggota ": second, "PENERIMA": first},
        {"Sheet3": second, "Sheet1": [["catatan"]], "Sheet2": first},
        {"Sheet1": first, "Sheet2": second, "Sheet3": []},
    )
    for sheets in books:
        content = workbook(sheets)
        assert cells(read(content, "auto")) == [tuple(RECIPIENT)]
        assert cells(read(content, "members"), MEMBERS.columns) == [tuple(MEMBER)]


def test_of_several_sheets_that_fit_none_is_chosen() -> None:
    first, second = [RECIPIENTS.columns, RECIPIENT], [MEMBERS.columns, MEMBER]
    found = fault(workbook({"Desa A": first, "Desa B": [RECIPIENTS.columns, OTHER], "Keluarga": second}))
    assert (found.code, found.extra) == ("sheets_ambiguous", {"sheet": "penerima", "sheets": [1, 2]})
    named = read(workbook({"Desa A": [RECIPIENTS.columns, OTHER], "penerima": first, "anggota": second}), "auto")
    assert cells(named) == [tuple(RECIPIENT)]
    assert named.notes == {"sheet_left_out": 1}


def test_a_sheet_of_remarks_is_not_taken_for_the_members() -> None:
    remarks = workbook({"penerima": [RECIPIENTS.columns, RECIPIENT], "Petunjuk": [["Isi lembar pertama"]]})
    assert fault(remarks, "members").code == "members_missing"
    nearly = workbook({"penerima": [RECIPIENTS.columns, RECIPIENT], "Keluarga": [MEMBERS.columns[:-1], MEMBER[:-1]]})
    assert (fault(nearly, "members").code, fault(nearly, "members").extra["missing"]) == ("column_missing", ["BERAT"])


def test_a_hidden_sheet_is_never_taken_and_that_is_said() -> None:
    first, second = [RECIPIENTS.columns, RECIPIENT], [MEMBERS.columns, MEMBER]
    found = fault(workbook({"penerima": first, "anggota": second, "lain": [["x"]]}, hidden=["anggota"]), "members")
    assert (found.code, found.extra) == ("sheet_hidden", {"sheet": "anggota", "sheet_number": 2})
    shown = read(
        workbook({"lama": [RECIPIENTS.columns, OTHER], "baru": first, "anggota": second}, hidden=["lama"]), "auto"
    )
    assert cells(shown) == [tuple(RECIPIENT)]
    assert shown.notes == {"hidden_sheet_left_out": 1}
