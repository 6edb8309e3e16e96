"""Workbooks of another kind, damaged, or built to harm: refused with a code, and the service goes on."""

import time

import pytest
from hostile_files import (
    FIRST_SHEET,
    FOREIGN,
    LAUGHS,
    RECIPIENT,
    archive,
    bomb,
    changed,
    lying_bomb,
    many_entries,
    ole,
    registration,
    with_document_type,
)
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.reading.child import read
from padan_registry_ingest.reading.tables import Limits
from padan_registry_ingest.reading.tables import read as read_in_child
from reading_given import LIMITS, cells, fault


def fault_in_child(content: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(FileFault) as caught, read_in_child(content, None, kind="auto", limits=limits):
        pass
    return caught.value.code


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
