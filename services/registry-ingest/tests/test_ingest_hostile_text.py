"""Delimited text as people save it: every encoding, delimiter and quoting, and what is told where it cannot be read."""

import pytest
from hostile_files import CARD, MEMBER, NIK, OTHER, RECIPIENT, recipients_csv, text
from padan_registry_ingest.domain.columns import MEMBERS, RECIPIENTS
from padan_registry_ingest.reading import delimited
from padan_registry_ingest.reading.child import read
from reading_given import cells, fault

PLAIN = [tuple(RECIPIENT), tuple(OTHER)]
JOSE = [NIK, "José Núñez", *RECIPIENT[2:]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_file_is_read_in_any_usual_encoding_with_any_delimiter(encoding: str, separator: str) -> None:
    content = recipients_csv(JOSE, OTHER, separator=separator).encode(encoding)
    assert cells(read(content, "auto")) == [tuple(JOSE), tuple(OTHER)]


def test_the_byte_order_mark_of_utf_16_decides_its_order() -> None:
    for mark, encoding in ((b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le")):
        assert cells(read(mark + recipients_csv(JOSE).encode(encoding), "auto")) == [tuple(JOSE)]


def test_one_broken_byte_spoils_its_cell_and_not_the_accents_of_the_others() -> None:
    content = recipients_csv(JOSE, OTHER).encode().replace(b"BUDI", b"B\xffDI")
    assert [row[1] for row in cells(read(content, "auto"))] == ["José Núñez", "B\ufffdDI CONTOH"]


def test_the_delimiter_is_the_one_under_which_the_header_can_be_read() -> None:
    # The text holds more commas than semicolons, in quotes and out of them.
    header = ";".join(f'"{name}, (wajib, isi, dengan, benar)"' for name in RECIPIENTS.columns)
    row = ";".join(['"Dukuh, Krajan, RT 1, RW 2"' if cell == "Dukuh Krajan" else cell for cell in RECIPIENT])
    found = read(f"{header}\n{row}\n".encode(), "auto")
    assert found.frame["ALAMAT"].to_list() == ["Dukuh, Krajan, RT 1, RW 2"]
    assert found.frame["PEKERJAAN"].to_list() == ["PETANI"]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(line_end: str) -> None:
    content = text([RECIPIENTS.columns, RECIPIENT, OTHER], ";", line_end)
    assert cells(read(content.encode(), "auto")) == PLAIN


def test_the_first_line_by_which_excel_announces_the_delimiter_is_no_row() -> None:
    found = read(("sep=|\n" + recipients_csv(separator="|")).encode(), "auto")
    assert found.frame["line"].to_list() == [3]


def test_a_row_is_named_by_its_line_whatever_stands_above_or_between() -> None:
    header = ",".join(RECIPIENTS.columns)
    for above in ("DAFTAR PENERIMA\n\n", "\n\n"):
        content = f"{above}{header}\n{','.join(RECIPIENT)}\n\n,,,,\n{','.join(OTHER)}\n"
        found = read(content.encode(), "auto")
        assert cells(found) == PLAIN
        assert found.frame["line"].to_list() == [4, 7]


def test_cells_over_several_lines_keep_the_lines_of_the_rows_below() -> None:
    address = '"Dukuh ""Krajan""\nbelakang masjid"'
    rows = [[*RECIPIENT[:5], address, *RECIPIENT[6:]], OTHER]
    found = read(text([RECIPIENTS.columns, *rows]).encode(), "auto")
    assert found.frame["ALAMAT"].to_list() == ['Dukuh "Krajan" belakang masjid', "Jl. Mawar"]
    assert found.frame["line"].to_list() == [2, 4]


def test_a_quotation_mark_inside_a_plain_cell_is_part_of_it() -> None:
    rows = [[*RECIPIENT[:5], 'Gang 5" kiri', *RECIPIENT[6:]], OTHER]
    found = read(text([RECIPIENTS.columns, *rows]).encode(), "auto")
    assert found.frame["ALAMAT"].to_list() == ['Gang 5" kiri', "Jl. Mawar"]


@pytest.mark.parametrize("spoiled", ['"Dukuh Krajan', '"Dukuh "Krajan"', '"Dukuh" Krajan"'])
def test_a_quotation_mark_never_closed_is_told_with_its_row(spoiled: str) -> None:
    rows = [OTHER, [*RECIPIENT[:5], spoiled, *RECIPIENT[6:]], *[OTHER] * 30]
    found = fault(text([RECIPIENTS.columns, *rows]).encode())
    assert (found.code, found.extra) == ("quote_not_closed", {"row": 3, "sheet": "penerima"})


@pytest.mark.parametrize(("opens", "closes"), [(1, 3), (1, 2), (2, 7)])
@pytest.mark.parametrize("place", [0, 1, 5, 9])
def test_two_stray_quotation_marks_never_take_the_rows_between_them_for_one_cell(
    opens: int, closes: int, place: int
) -> None:
    rows = [[NIK, *OTHER[1:9], "TANI"] for _ in range(9)]
    rows[opens][place] = '"' + rows[opens][place]
    rows[closes][place] += '"'
    found = fault(text([RECIPIENTS.columns, *rows]).encode())
    assert (found.code, found.extra) == ("quote_not_closed", {"row": opens + 2, "sheet": "penerima"})


@pytest.mark.parametrize("place", [1, 5, 9])
def test_cells_over_lines_with_commas_are_no_stray_quotation_marks(place: int) -> None:
    cell = '"Blok A, lantai 2,\nkamar 3, belakang,\nkiri, bawah"'
    rows = [[*OTHER[:place], cell, *OTHER[place + 1 :]], OTHER]
    header = [name if name != "TGL_LAHIR" else '"TANGGAL\nLAHIR"' for name in RECIPIENTS.columns]
    found = read(text([header, *rows]).encode(), "auto")
    assert found.frame[RECIPIENTS.columns[place]][0] == "Blok A, lantai 2, kamar 3, belakang, kiri, bawah"
    assert found.frame["line"].to_list() == [3, 6]


# The same rows by either path: whole lines at once, and record by record.
_RECORDS = [*RECIPIENT[:5], '"Dukuh\nKrajan"', *RECIPIENT[6:]]


@pytest.mark.parametrize("first", [RECIPIENT, _RECORDS, [*RECIPIENT[:5], '"Dukuh, Krajan"', *RECIPIENT[6:]]])
@pytest.mark.parametrize(
    ("beyond", "expected"),
    [
        ([[], [], []], [False, False, False]),
        ([[], [""], []], [False, True, False]),
        ([[], ["", "x"], ["", ""]], [False, True, True]),
        ([[""], [""], [""]], [False, False, False]),
        ([[""], ["", ""], [""]], [False, True, False]),
        ([["", ""], ["", "x"], ["", '" "']], [False, True, False]),
        ([["x"], ["y"], ["z"]], [True, True, True]),
    ],
)
def test_a_row_with_more_cells_than_columns_says_so_by_their_count(
    first: list[str], beyond: list[list[str]], expected: list[bool]
) -> None:
    rows = [[*row, *more] for row, more in zip((first, OTHER, OTHER), beyond, strict=True)]
    assert read(recipients_csv(*rows).encode(), "auto").frame["EXTRA_CELLS"].to_list() == expected
    totals = recipients_csv(*rows) + "JUMLAH,,3\n,,,,,\n"
    assert read(totals.encode(), "auto").frame["EXTRA_CELLS"].to_list() == expected


def test_a_shifted_row_says_so_wherever_in_a_large_file_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_BYTES_AT_ONCE", 100)  # some rows at a time: each stands first once
    shifted = [*OTHER[:5], "Jl", " Mawar", " 5", *OTHER[6:]]
    for at in range(8):
        rows = [shifted if n == at else OTHER for n in range(8)]
        frame = read(recipients_csv(*rows).encode(), "auto").frame
        assert frame["EXTRA_CELLS"].to_list() == [n == at for n in range(8)]
        assert frame["line"].to_list() == list(range(2, 10))


def test_a_shifted_row_says_so_though_the_cell_that_was_pushed_out_is_empty() -> None:
    shifted = [*MEMBER[:2], "SITI AMINAH", " S.PD", *MEMBER[3:9], ""]
    assert read(text([MEMBERS.columns, shifted]).encode(), "members_file").frame["EXTRA_CELLS"].to_list() == [True]
    # A cell that was read as one stays one, however long.
    long = read(recipients_csv([*RECIPIENT[:5], "A" * (1 << 20), *RECIPIENT[5:]], OTHER).encode(), "auto")
    assert long.frame["EXTRA_CELLS"].to_list() == [True, False]


def test_invisible_characters_go_and_damaged_ones_are_marked() -> None:
    name = "\u200fSITI\u00a0\u200bCONTOH\u202c"
    spoiled = [f"{NIK}\ufeff", name, CARD, "17-08-1990", "P", "Dukuh\x00Krajan", "0\x1f1", "002", RECIPIENT[8], "A\tB"]
    found = read(recipients_csv(spoiled, separator=";").encode(), "auto")
    row = cells(found)[0]
    assert row[:2] == (NIK, "SITI CONTOH")
    assert row[5:7] == ("Dukuh\ufffdKrajan", "0\ufffd1")
    assert row[9] == "A B"


def test_a_cell_of_a_megabyte_is_cut_where_it_is_too_long() -> None:
    found = read(recipients_csv([NIK, "A" * (1 << 20), *RECIPIENT[2:]], OTHER).encode(), "auto")
    assert [len(name) for name in found.frame["NAMA"].to_list()] == [201, len("BUDI CONTOH")]


def test_rows_of_totals_are_left_out_and_counted() -> None:
    totals = [
        ["JUMLAH", "", "2"],
        ["", "TOTAL PENERIMA :", "", "2"],
        ["", "", "", "", "", "", "", "", "", "Jumlah KK = 2"],
    ]
    people = [["", "JUMLAHWATI", *OTHER[2:]], ["3318011708800003", "TOTAL", *OTHER[2:]]]
    found = read(recipients_csv(RECIPIENT, *totals, *people).encode(), "auto")
    assert found.notes == {"total_row_left_out": 3}
    assert found.frame["NAMA"].to_list() == ["SITI CONTOH", "JUMLAHWATI", "TOTAL"]


def test_a_total_beside_a_number_of_rows_is_found_in_a_column_that_is_not_ours() -> None:
    content = text([["NO", *RECIPIENTS.columns], ["1", *RECIPIENT], ["JUMLAH", "1"]])
    found = read(content.encode(), "auto")
    assert (found.frame.height, found.notes) == (1, {"total_row_left_out": 1})


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("31/12/1980", "31-12-1980"), ("31-12-1980", "31-12-1980"), ("31.12.1980", "31-12-1980"),
        ("1980-12-31", "31-12-1980"), ("1980-12-31 00:00:00", "31-12-1980"), ("1980/12/31", "31-12-1980"),
        ("31 Desember 1980", "31-12-1980"), ("31 desember 1980", "31-12-1980"), ("31-Des-1980", "31-12-1980"),
        ("1 Agt 1980", "01-08-1980"), ("5 Pebruari 1980", "05-02-1980"), ("31-Dec-1980", "31-12-1980"),
        ("1/2/1980", "01-02-1980"), ("29586", "31-12-1980"), ("29586.0", "31-12-1980"),
        # Never guessed: a year of two digits, a month first, a year alone, words that are no month.
        ("31/12/80", "31/12/80"), ("12/31/1980", "12-31-1980"), ("1980", "1980"), ("31 Pahing 1980", "31 Pahing 1980"),
        ("31-02-1980", "31-02-1980"),
    ],
)  # fmt: skip
def test_dates_in_the_usual_ways_are_one_date_day_before_month(written: str, read_as: str) -> None:
    found = read(recipients_csv([*RECIPIENT[:3], written, *RECIPIENT[4:]]).encode(), "auto")
    assert found.frame["TGL_LAHIR"].to_list() == [read_as]


@pytest.mark.parametrize("number", ["3.31802E+15", "3,31802E+15", "1.23E+15"])
def test_a_nik_that_a_spreadsheet_shortened_stays_as_it_is(number: str) -> None:
    found = read(recipients_csv([number, *RECIPIENT[1:]], separator=";").encode(), "auto")
    assert found.frame["NIK"].to_list() == [number]


def test_ten_thousand_columns_are_refused() -> None:
    header = [*RECIPIENTS.columns, *(f"X{n}" for n in range(10_000))]
    found = fault(text([header, RECIPIENT]).encode())
    assert found.code == "too_many_columns"
    assert found.extra["count"] == 10_010


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n", "file_is_pdf"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "file_is_picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "file_is_picture"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "file_is_picture"),
        (b"<html><body><table><tr><td>NIK</td></tr></table>", "file_is_web_page"),
        (b"\xef\xbb\xbf\r\n  <TABLE border=1><tr><th>NIK", "file_is_web_page"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "old_excel"),
        (b"{\\rtf1\\ansi NIK}", "file_is_document"),
        (b"Rar!\x1a\x07\x01\x00", "file_is_archive"),
        (b"\x1f\x8b\x08\x00", "file_is_archive"),
        (bytes(range(256)) * 20, "not_a_spreadsheet"),
        (b"", "file_empty"),
        (b"\xef\xbb\xbf \r\n", "file_empty"),
        (b"\xff\xfe", "file_empty"),
    ],
)
def test_what_is_no_table_is_told_by_what_it_is(content: bytes, code: str) -> None:
    assert fault(content).code == code


def test_a_delimited_file_of_members_is_read_as_such_and_a_first_file_holds_no_second_sheet() -> None:
    content = text([MEMBERS.columns, MEMBER]).encode()
    assert cells(read(content, "members_file"), MEMBERS.columns) == [tuple(MEMBER)]
    assert fault(content, "members").code == "members_missing"
