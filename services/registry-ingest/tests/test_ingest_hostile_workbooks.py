"""Workbooks as people spoil them and as attackers build them: read right, or refused with a code and a place."""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hostile_files import (
    CARD,
    FIRST_SHEET,
    FOREIGN,
    LAUGHS,
    MEMBER,
    NIK,
    OTHER,
    RECIPIENT,
    Rows,
    archive,
    bomb,
    changed,
    lying_bomb,
    many_entries,
    members_csv,
    ole,
    recipients_csv,
    registration,
    text,
    with_document_type,
    workbook,
)
from padan_registry_ingest.domain.columns import MEMBERS, RECIPIENTS
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.reading.child import read
from padan_registry_ingest.reading.sheet import Read
from padan_registry_ingest.reading.split import batch_id_of
from padan_registry_ingest.reading.tables import Limits
from padan_registry_ingest.reading.tables import read as read_in_child

LIMITS = Limits(memory_mb=512, time_s=30)


def cells(found: Read, columns: tuple[str, ...] = RECIPIENTS.columns) -> list[tuple[str, ...]]:
    return list(found.frame.select(columns).iter_rows())


def fault(content: bytes, role: str = "auto") -> FileFault:
    with pytest.raises(FileFault) as caught:
        read(content, role)
    return caught.value


def fault_in_child(content: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(FileFault) as caught, read_in_child(content, None, kind="auto", limits=limits):
        pass
    return caught.value.code


# --- headers ---------------------------------------------------------------------------------------------------------

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


# --- sheets ----------------------------------------------------------------------------------------------------------


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


# --- cells -----------------------------------------------------------------------------------------------------------


def _with(place: int, cell: Any, row: Sequence[Any] = RECIPIENT) -> list[Any]:
    return [*row[:place], cell, *row[place + 1 :]]


def test_a_formula_counts_by_its_result() -> None:
    def formulas(book: Any) -> None:
        sheet = book.get_worksheet_by_name("penerima")
        sheet.write_formula(1, 5, '="Dukuh "&"Baru"', None, "Dukuh Baru")
        sheet.write_formula(1, 0, "=3318015708900000+1", None, 3318015708900001)

    found = read(registration(change=formulas), "auto")
    assert found.frame["ALAMAT"].to_list() == ["Dukuh Baru"]
    assert (found.frame["NIK"].to_list(), found.frame["NIK_IS_NUMBER"].to_list()) == ([NIK], [True])


def test_a_formula_that_failed_or_was_never_calculated_shows_in_its_cell() -> None:
    def formulas(book: Any) -> None:
        sheet = book.get_worksheet_by_name("penerima")
        sheet.write_formula(1, 5, "=A99/0", None, "#DIV/0!")
        sheet.write_formula(2, 6, "=LEFT(A1,3)", None, "weg")

    content = registration([RECIPIENT, OTHER], change=formulas)
    content = changed(content, FIRST_SHEET, lambda xml: xml.replace(b"<v>weg</v>", b""))
    found = read(content, "auto")
    assert found.frame["ALAMAT"].to_list() == ["#DIV/0!", "Jl. Mawar"]
    assert found.frame["RT"].to_list() == ["001", "#RUMUS!"]


def test_a_result_that_no_reader_knows_is_told_with_its_place() -> None:
    content = registration(change=lambda book: book.worksheets()[0].write_formula(1, 5, "=A1:A9", None, "#REF!"))
    found = fault(changed(content, FIRST_SHEET, lambda xml: xml.replace(b"#REF!", b"#SPILL!")))
    assert found.code == "formula_failed"
    assert found.extra == {"row": 2, "column": "F", "column_name": "ALAMAT", "sheet": "penerima", "sheet_number": 1}


@pytest.mark.parametrize(("date_1904", "serial"), [(False, 33102), (True, 31640)])
def test_a_date_is_read_from_its_serial_number_in_either_date_system(date_1904: bool, serial: int) -> None:
    def dates(book: Any) -> None:
        sheet = book.get_worksheet_by_name("penerima")
        # xlsxwriter gives numbers as they are: the serial is of the system of the workbook.
        sheet.write_number(1, 3, serial, book.add_format({"num_format": "dd/mm/yyyy"}))
        sheet.write_number(2, 3, serial)
        sheet.write_string(3, 3, str(serial))

    found = read(registration([RECIPIENT] * 3, change=dates, date_1904=date_1904), "auto")
    assert found.frame["TGL_LAHIR"].to_list() == ["17-08-1990"] * 3


def _attributes_turned(xml: bytes) -> bytes:
    return re.sub(rb'<c (r="[A-Z]+[0-9]+")([^>/]*)>', rb"<c\2 \1>", xml)


def _single_quotes(xml: bytes) -> bytes:
    return re.sub(rb"<c [^>]*>", lambda tag: tag[0].replace(b'"', b"'"), xml)


def _some_single_quotes(xml: bytes) -> bytes:
    return xml.replace(b't="e"', b"t='e'").replace(b'<c r="C4"', b"<c r='C4'")


def _without_addresses(xml: bytes) -> bytes:
    return re.sub(rb'<(c|row) r="[A-Z]*[0-9]+"', rb"<\1", xml)


def _prefixed(xml: bytes) -> bytes:
    xml = re.sub(rb"<(/?)(c|f|row|v|sheetData|worksheet)(?=[\s/>])", rb"<\1x:\2", xml)
    return xml.replace(b"xmlns=", b"xmlns:x=")


_WRITTEN = (bytes, _attributes_turned, _single_quotes, _some_single_quotes, _without_addresses, _prefixed)


@pytest.mark.parametrize("change", _WRITTEN)
def test_numbers_are_told_from_texts_however_a_program_writes_its_cells(change: Callable[[bytes], bytes]) -> None:
    content = registration([RECIPIENT, _with(0, int(NIK)), _with(2, float(CARD)), OTHER])
    frame = read(changed(content, FIRST_SHEET, change), "auto").frame
    assert frame["NIK_IS_NUMBER"].to_list() == [False, True, False, False]
    assert frame["NO_KK_IS_NUMBER"].to_list() == [False, False, True, False]


@pytest.mark.parametrize("change", _WRITTEN)
def test_a_failed_formula_shows_in_its_cell_however_a_program_writes_it(change: Callable[[bytes], bytes]) -> None:
    def formulas(book: Any) -> None:
        sheet = book.get_worksheet_by_name("penerima")
        sheet.write_formula(1, 2, "=VLOOKUP(A2,B1:C1,2)", None, "#N/A")
        sheet.write_formula(2, 2, "=LEFT(A1,3)", None, "weg")
        sheet.write_formula(3, 5, '=""', None, "")
        sheet.write_formula(3, 6, '="0"&"7"', None, "07")

    def spoiled(xml: bytes) -> bytes:
        return change(xml.replace(b"<v>weg</v>", b"").replace(b'<c r="F4">', b'<c r="F4" t="str">'))

    content = changed(registration([RECIPIENT, OTHER, OTHER], change=formulas), FIRST_SHEET, spoiled)
    frame = read(content, "auto").frame
    assert frame["NO_KK"].to_list() == ["#N/A", "#RUMUS!", OTHER[2]]
    assert (frame["ALAMAT"][2], frame["RT"][2]) == ("", "07")
    spilled = changed(content, FIRST_SHEET, lambda xml: xml.replace(b"#N/A", b"#SPILL!"))
    assert (fault(spilled).code, fault(spilled).extra["column"]) == ("formula_failed", "C")


def test_cells_are_cleaned_as_those_of_delimited_text_are() -> None:
    row = _with(1, "\u200bSITI\u00a0CONTOH\u202e", _with(5, "A" * 30_000))
    found = cells(read(registration([row, _with(5, "rusak \ufffd", OTHER)]), "auto"))
    assert (found[0][1], len(found[0][5]), found[1][5]) == ("SITI CONTOH", 501, "rusak \ufffd")


def test_a_cell_of_a_megabyte_is_cut_where_it_is_too_long() -> None:
    content = changed(
        registration(), "xl/sharedStrings.xml", lambda xml: xml.replace(b"Dukuh Krajan", b"B" * (1 << 20))
    )
    assert len(read(content, "auto").frame["ALAMAT"][0]) == 501


def test_a_million_empty_rows_cost_nothing() -> None:
    def claim(xml: bytes) -> bytes:
        return xml.replace(b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>').replace(
            b"</sheetData>", b'<row r="1048576"><c r="A1048576" s="0"/></row></sheetData>'
        )

    begun = time.process_time()
    assert cells(read(changed(registration(), FIRST_SHEET, claim), "auto")) == [tuple(RECIPIENT)]
    assert time.process_time() - begun < 2


def test_the_rows_of_a_workbook_and_of_delimited_text_are_the_same() -> None:
    rows = [_with(3, "31 Desember 1980"), _with(1, " BUDI\u00a0 ", OTHER), _with(5, "#REF!", OTHER)]
    of_workbook, of_text = read(registration(rows), "auto"), read(recipients_csv(*rows, separator=";").encode(), "auto")
    assert cells(of_workbook) == cells(of_text)
    assert of_workbook.frame["line"].to_list() == of_text.frame["line"].to_list()


def test_one_file_in_many_forms_is_one_batch() -> None:
    header = [
        "No KTP",
        "Nama Lengkap",
        "No. KK",
        "Tanggal Lahir",
        "L/P",
        "Alamat",
        "RT",
        "RW",
        "Kode Desa",
        "Pekerjaan",
    ]
    rows = [_with(3, "17 Agustus 1990"), OTHER]
    forms: list[tuple[bytes, bytes | None]] = [
        (registration([RECIPIENT, OTHER]), None),
        (registration(rows, header=header), None),
        (text([["DAFTAR"], header, *rows], ";").encode("utf-16-le"), members_csv()),
        (recipients_csv(RECIPIENT, OTHER, separator="\t").encode("cp1252"), members_csv()),
    ]
    batches = set()
    for first, second in forms:
        with read_in_child(first, second, kind="auto", limits=LIMITS) as tables:
            batches.add(batch_id_of("3318", [("first", tables.recipients), ("second", tables.members)]))
    assert len(batches) == 1


# --- files of another kind, damaged, or built to harm ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (ole("Workbook"), "old_excel"),
        (ole("Book"), "old_excel"),
        (ole("EncryptedPackage"), "file_has_password"),
        (ole("WordDocument"), "file_is_document"),
        (archive("xl/workbook.bin", "xl/worksheets/sheet1.bin"), "binary_excel"),
        (archive("content.xml", mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "open_document"),
        (archive("word/document.xml"), "file_is_document"),
        (archive("data/penerima.xlsx"), "file_is_archive"),
        (registration()[:-300], "file_damaged"),
        (registration()[:400], "file_damaged"),
        (b"PK\x03\x04" + bytes(500), "file_damaged"),
        (archive("xl/workbook.xml"), "file_damaged"),
        (changed(registration(), FIRST_SHEET, lambda xml: xml.split(b"</sheetData>")[0]), "file_damaged"),
        (changed(registration(), "xl/workbook.xml", lambda _: b"<workbook"), "file_damaged"),
        (
            changed(registration(), FIRST_SHEET, lambda xml: xml.replace(b"<v>11</v>", b"<v>99999</v>")),
            "file_damaged",
        ),
        (with_document_type(LAUGHS), "file_unsafe"),
        (with_document_type(FOREIGN), "file_unsafe"),
        (many_entries(3_000), "file_unsafe"),
    ],
)
def test_what_cannot_be_read_is_told_by_what_it_is(content: bytes, code: str) -> None:
    assert fault(content).code == code


def test_macros_are_not_run_and_their_workbook_is_read() -> None:
    def with_macros(xml: bytes) -> bytes:
        return xml.replace(b"spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main")

    content = changed(registration(), "[Content_Types].xml", with_macros)
    assert cells(read(content, "auto")) == [tuple(RECIPIENT)]


def test_a_bomb_is_known_by_what_it_declares_before_anything_is_unpacked() -> None:
    content = bomb(72)
    begun = time.process_time()
    assert fault(content).code == "file_unsafe"
    assert time.process_time() - begun < 1


def test_a_bomb_that_declares_less_than_it_is_ends_its_process_only() -> None:
    assert fault_in_child(lying_bomb(72), LIMITS) == "file_damaged"


def test_nested_tags_without_end_end_their_process_only() -> None:
    def deep(xml: bytes) -> bytes:
        return xml.replace(b"<sheetData>", b"<sheetData>" + b"<a>" * 300_000)

    assert fault_in_child(changed(registration(), FIRST_SHEET, deep), LIMITS) in ("file_damaged", "file_too_large")


def test_a_cell_at_the_far_end_of_a_sheet_ends_its_process_only() -> None:
    far = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    content = changed(registration(), FIRST_SHEET, lambda xml: xml.replace(b"</sheetData>", far))
    assert fault_in_child(content, LIMITS) == "file_too_large"
