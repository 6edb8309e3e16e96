"""Files as people save them: one content, one batch, and nothing that harms the service."""

import io
import os
import time
import zipfile
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import polars as pl
import pytest
import xlsxwriter
from padan_registry_ingest.batches import sealed_file
from padan_registry_ingest.domain.columns import MEMBERS, RECIPIENTS
from padan_registry_ingest.domain.faults import FileFault
from padan_registry_ingest.reading.split import batch_id_of
from padan_registry_ingest.reading.tables import Limits, read

LIMITS = Limits(memory_mb=1024, time_s=60)
ROWS: list[list[Any]] = [
    [
        "3318015708900001",
        "SITI",
        "3318010101200001",
        "17-08-1990",
        "P",
        "Dukuh, Krajan",
        "001",
        "002",
        "3318012001",
        "",
    ],
    ["9101021234567891", "=HYPERLINK", "", "01-01-1980", "L", 'Jl. "M"', "1", "2", "3318012001", "PETANI"],
]
FAMILY: list[list[Any]] = [
    ["3318010101200001", "3318015708900001", "SITI", "17-08-1990", "P", "ISTRI", "", "tidak", "", "tidak"],
]


def workbook(sheets: dict[str, tuple[tuple[str, ...], list[list[Any]]]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False}) as book:
        for name, (columns, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            for line, cells in enumerate([list(columns), *rows]):
                for column, cell in enumerate(cells):
                    if isinstance(cell, str):
                        sheet.write_string(line, column, cell)
                    else:
                        sheet.write_number(line, column, cell)
    return buffer.getvalue()


def registration(rows: list[list[Any]] = ROWS, family: list[list[Any]] = FAMILY) -> bytes:
    return workbook({"penerima": (RECIPIENTS.columns, rows), "anggota": (MEMBERS.columns, family)})


def text(columns: tuple[str, ...], rows: list[list[Any]], separator: str = ",") -> bytes:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
    return frame.write_csv(separator=separator).encode()


class Opened(NamedTuple):
    """What a file holds, all of it at once."""

    kind: str
    recipients: pl.DataFrame
    members: pl.DataFrame | None
    batch_id: UUID


def opened(file: bytes, members: bytes | None = None, *, region: str = "3318", kind: str = "auto") -> Opened:
    with read(file, members, kind=kind, limits=LIMITS) as tables:
        sheets = [("first", tables.recipients)]
        if tables.second is not None:
            sheets.append(("second", tables.members))
        return Opened(tables.kind, sheets[0][1], dict(sheets).get("second"), batch_id_of(region, sheets))


def fault(file: bytes, members: bytes | None = None, limits: Limits = LIMITS) -> FileFault:
    with pytest.raises(FileFault) as caught:
        read(file, members, kind="auto", limits=limits)
    return caught.value


def test_a_file_is_the_same_batch_however_it_was_saved() -> None:
    first = opened(registration())
    turned = tuple(reversed(RECIPIENTS.columns))
    others = [opened(text(RECIPIENTS.columns, ROWS, separator), text(MEMBERS.columns, FAMILY)) for separator in ",;\t"]
    others.append(opened(b"\xef\xbb\xbf" + text(RECIPIENTS.columns, ROWS), text(MEMBERS.columns, FAMILY)))
    others.append(opened(workbook({
        "Anggota ": (MEMBERS.columns, FAMILY),
        "PENERIMA": ((*turned, "ALASAN"), [[*reversed(row), "catatan"] for row in [*ROWS, [""] * 10]]),
    })))  # fmt: skip
    assert {first.batch_id} == {other.batch_id for other in others}
    assert all(other.recipients.rows() == first.recipients.rows() for other in others)


def test_another_cell_another_region_or_another_order_is_another_batch() -> None:
    changed = [[*ROWS[0][:1], "SITA", *ROWS[0][2:]], ROWS[1]]
    batches = {
        opened(registration()).batch_id,
        opened(registration(changed)).batch_id,
        opened(registration(list(reversed(ROWS)))).batch_id,
        opened(registration(), region="33").batch_id,
    }
    assert len(batches) == 4


def test_a_damaged_file_is_another_batch_than_its_mended_twin_and_twice_the_same() -> None:
    clean = opened(registration())
    assert clean.batch_id == UUID("091239c8-7090-5dd1-8348-9a240e385e73"), "a clean file keeps the id it has always had"
    first, second = ROWS
    remark = text(RECIPIENTS.columns, ROWS).replace(b"\n9101", b",pindah\n9101")
    files: list[tuple[bytes, bytes | None]] = [
        (registration([[int(first[0]), *first[1:]], second]), None),
        (registration([[*first[:2], int(first[2]), *first[3:]], second]), None),
        (registration(ROWS, [[FAMILY[0][0], int(FAMILY[0][1]), *FAMILY[0][2:]]]), None),
        (remark, text(MEMBERS.columns, FAMILY)),
    ]
    damaged = [opened(*file) for file in files]
    columns = list(RECIPIENTS.columns)
    assert all(each.recipients.select(columns).equals(clean.recipients.select(columns)) for each in damaged)
    assert damaged[-1].recipients["EXTRA_CELLS"].to_list() == [True, False]
    assert len({clean.batch_id, *(each.batch_id for each in damaged)}) == len(files) + 1
    for each, file in ((damaged[0], files[0]), (damaged[-1], files[-1])):
        assert opened(*file).batch_id == each.batch_id


def test_a_ranking_with_a_number_is_another_batch_than_its_mended_twin() -> None:
    def ranking(nik: str | int) -> UUID:
        return opened(workbook({"ranking": (("NIK", "DESIL"), [[nik, "3"]])})).batch_id

    assert ranking("3318015708900001") != ranking(3318015708900001)


def test_numeric_cells_are_told_from_text_in_one_column() -> None:
    rows = [ROWS[0], [3318015708900001, *ROWS[0][1:]], [9101021234567891.0, "B", 3318010101200001, *ROWS[0][3:]]]
    tables = opened(registration(rows, FAMILY))
    assert tables.recipients["NIK_IS_NUMBER"].to_list() == [False, True, True]
    assert tables.recipients["NO_KK_IS_NUMBER"].to_list() == [False, False, True]
    assert tables.recipients["NIK"][0] == "3318015708900001"


def test_a_date_cell_shows_the_same_date_as_text_does() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("penerima")
        sheet.write_row(0, 0, RECIPIENTS.columns)
        for column, cell in enumerate(ROWS[0]):
            sheet.write_string(1, column, cell)
        sheet.write_number(1, 3, 33102, book.add_format({"num_format": "dd-mm-yyyy"}))
        other = book.add_worksheet("anggota")
        other.write_row(0, 0, MEMBERS.columns)
        other.write_row(1, 0, FAMILY[0])
    assert opened(buffer.getvalue()).recipients["TGL_LAHIR"].to_list() == ["17-08-1990"]


def test_a_ranking_is_recognized_by_its_columns() -> None:
    tables = opened(b"NIK;DESIL\n3318015708900001;3\n")
    assert tables.kind == "ranking"
    assert tables.members is None
    assert tables.recipients["DESIL"].to_list() == ["3"]


def test_missing_columns_are_named_and_cells_of_a_file_without_headers_are_not() -> None:
    without = tuple(name for name in RECIPIENTS.columns if name != "NO_KK")
    found = fault(workbook({"penerima": (without, [[cell for n, cell in enumerate(ROWS[0]) if n != 2]]),
                            "anggota": (MEMBERS.columns, FAMILY)}))  # fmt: skip
    assert found.code == "column_missing"
    assert found.extra["missing"] == ["NO_KK"]
    headless = fault("\n".join(",".join(row[:3]) for row in ROWS).encode())
    assert headless.code == "column_missing"
    assert "SITI" not in repr(headless.extra)


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (b"", "file_empty"),
        (b"  \n", "file_empty"),
        (",".join(RECIPIENTS.columns).encode() + b"\n", "file_empty"),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n", "file_is_pdf"),
        (b"\x00\x01\x02", "not_a_spreadsheet"),
        (b"PK\x03\x04 no archive", "file_damaged"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_code(file: bytes, code: str) -> None:
    assert fault(file, text(MEMBERS.columns, FAMILY)).code == code


def test_a_registration_without_its_members_is_refused() -> None:
    assert fault(text(RECIPIENTS.columns, ROWS)).code == "members_missing"
    assert fault(workbook({"penerima": (RECIPIENTS.columns, ROWS)})).code == "members_missing"


def test_a_workbook_that_asks_for_more_memory_than_allowed_ends_the_child_only() -> None:
    bomb = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(registration()))
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            if not name.endswith("sheet1.xml"):
                archive.writestr(name, source.read(name))
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            head, tail = source.read("xl/worksheets/sheet1.xml").split(b"</sheetData>")
            part.write(head)
            for line in range(10, 400_000):
                part.write(
                    b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>%s</t></is></c></row>' % (line, line, b"9" * 600)
                )
            part.write(b"</sheetData>" + tail)
    assert len(bomb.getvalue()) < 4_000_000
    assert fault(bomb.getvalue(), limits=Limits(memory_mb=350, time_s=60)).code == "file_too_large"


def test_a_sealed_file_opens_whole_or_not_at_all(tmp_path: Path) -> None:
    upload_id, key = uuid4(), os.urandom(32)
    content = os.urandom(2 * sealed_file.PIECE_BYTES + 17)
    writer = sealed_file.SealedWriter(tmp_path, upload_id, "file", key, most_bytes=len(content))
    writer.write(content)
    writer.close()
    path = sealed_file.path_of(tmp_path, upload_id, "file")
    assert b"".join(sealed_file.pieces(tmp_path, upload_id, "file", key)) == content
    sealed = path.read_bytes()
    second = 4 + int.from_bytes(sealed[:4], "big")
    for spoiled in (sealed[:second], sealed[:-1], sealed[second:], sealed + sealed[:second], b""):
        path.write_bytes(spoiled)
        with pytest.raises(FileFault, match="file_lost"):
            list(sealed_file.pieces(tmp_path, upload_id, "file", key))


def test_only_old_files_of_no_open_upload_are_swept(tmp_path: Path) -> None:
    kept, lost, fresh = uuid4(), uuid4(), uuid4()
    for upload_id, age_s in ((kept, 7200), (lost, 7200), (fresh, 0)):
        writer = sealed_file.SealedWriter(tmp_path, upload_id, "file", os.urandom(32), most_bytes=1)
        writer.close()
        os.utime(sealed_file.path_of(tmp_path, upload_id, "file"), (time.time() - age_s,) * 2)
    foreign = [tmp_path / "uploads" / name for name in ("notes.txt", f"{lost}.bak", ".nfs000001.file")]
    for path in foreign:
        path.touch()
        os.utime(path, (time.time() - 7200,) * 2)
    sealed_file.sweep(tmp_path, {kept}, before=time.time() - 3600)
    left = {f"{kept}.file", f"{fresh}.file", *(path.name for path in foreign)}
    assert {path.name for path in (tmp_path / "uploads").iterdir()} == left
