"""Cells of workbooks as people spoil them and programs write them: read as they are meant, or refused with a place."""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hostile_files import (
    CARD,
    FIRST_SHEET,
    NIK,
    OTHER,
    RECIPIENT,
    changed,
    members_csv,
    recipients_csv,
    registration,
    text,
)
from padan_registry_ingest.reading.child import read
from padan_registry_ingest.reading.split import batch_id_of
from padan_registry_ingest.reading.tables import read as read_in_child
from reading_given import LIMITS, cells, fault


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
