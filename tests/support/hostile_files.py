"""Files as people and programs spoil them, made here byte by byte; nobody in them exists."""

import io
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import xlsxwriter
from padan_registry_ingest.domain.columns import MEMBERS, RECIPIENTS

NIK, CARD, VILLAGE = "3318015708900001", "3318010101200001", "3318012001"
RECIPIENT = [NIK, "SITI CONTOH", CARD, "17-08-1990", "P", "Dukuh Krajan", "001", "002", VILLAGE, "PETANI"]
MEMBER = [CARD, NIK, "SITI CONTOH", "17-08-1990", "P", "ISTRI", "", "tidak", "", "tidak"]
OTHER = ["3318011708800002", "BUDI CONTOH", "3318010101200002", "17-08-1980", "L", "Jl. Mawar", "1", "2", VILLAGE, ""]

Rows = Sequence[Sequence[Any]]


def text(rows: Rows, separator: str = ",", line_end: str = "\n") -> str:
    """Delimited text without any quoting."""
    return "".join(separator.join(map(str, row)) + line_end for row in rows)


def recipients_csv(*rows: Sequence[Any], separator: str = ",") -> str:
    """A file of recipients, quoting nothing."""
    return text([RECIPIENTS.columns, *(rows or [RECIPIENT])], separator)


def members_csv() -> bytes:
    """A file of members that goes with it."""
    return text([MEMBERS.columns, MEMBER]).encode()


def workbook(
    sheets: Mapping[str, Rows],
    *,
    hidden: Sequence[str] = (),
    change: Callable[[Any], None] | None = None,
    **options: Any,
) -> bytes:
    """An XLSX with these sheets: texts as texts, numbers as numbers. `change` gets the book before it is closed."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False, **options}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            if name in hidden:
                sheet.hide()
            else:
                sheet.activate()
            for line, cells in enumerate(rows):
                for place, cell in enumerate(cells):
                    if isinstance(cell, str):
                        sheet.write_string(line, place, cell)
                    elif cell is not None:
                        sheet.write_number(line, place, cell)
        if change is not None:
            change(book)
    return buffer.getvalue()


def registration(
    rows: Rows = (RECIPIENT,), members: Rows = (MEMBER,), header: Sequence[str] = RECIPIENTS.columns, **options: Any
) -> bytes:
    """An XLSX as the contract wants it, but for what is given."""
    sheets = {"penerima": [header, *rows], "anggota": [MEMBERS.columns, *members]}
    return workbook(sheets, **options)


def changed(content: bytes, part: str, change: Callable[[bytes], bytes], level: int = 6) -> bytes:
    """The same archive with one part changed."""
    source, made = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name in source.namelist():
            archive.writestr(name, change(source.read(name)) if name == part else source.read(name))
    return made.getvalue()


FIRST_SHEET = "xl/worksheets/sheet1.xml"


def archive(*names: str, mimetype: bytes = b"") -> bytes:
    """A zip archive with parts of these names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        if mimetype:
            package.writestr("mimetype", mimetype)
        for name in names:
            package.writestr(name, b"<x/>")
    return made.getvalue()


def ole(stream: str) -> bytes:
    """The beginning of an OLE file with one stream in its directory."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(512)


def bomb(unpacked_mb: int) -> bytes:
    """A workbook whose first sheet says truly that it unpacks to so much."""
    filler = b"<row/>" * (1 << 20)

    def inflate(xml: bytes) -> bytes:
        return xml.replace(b"</sheetData>", filler * (unpacked_mb // 6) + b"</sheetData>")

    return changed(registration(), FIRST_SHEET, inflate, level=9)


def lying_bomb(unpacked_mb: int) -> bytes:
    """The same, but its directory says that the sheet is small."""
    content = bytearray(bomb(unpacked_mb))
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        name_length = struct.unpack_from("<H", content, at + 28)[0]
        if bytes(content[at + 46 : at + 46 + name_length]) == FIRST_SHEET.encode():
            struct.pack_into("<I", content, at + 24, 2_000)
        at += 46
    return bytes(content)


def many_entries(count: int) -> bytes:
    """A workbook in an archive of very many parts."""
    made = io.BytesIO(registration())
    with zipfile.ZipFile(made, "a") as package:
        for number in range(count):
            package.writestr(f"xl/media/{number}.bin", b"")
    return made.getvalue()


LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
FOREIGN = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


def with_document_type(declaration: bytes) -> bytes:
    """A workbook whose sheet declares entities and uses one."""

    def declare(xml: bytes) -> bytes:
        head, rest = xml.split(b"?>", 1)
        return head + b"?>" + declaration + rest.replace(b"<sheetData>", b"<sheetData>&a;", 1)

    return changed(registration(), FIRST_SHEET, declare)
