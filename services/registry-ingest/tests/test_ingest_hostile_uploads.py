"""Hostile files through the service's door: refused with code and place, or reported by row; nothing half done."""

import csv
import io
from pathlib import Path
from typing import Any

from hostile_files import (
    LAUGHS,
    NIK,
    OTHER,
    RECIPIENT,
    Rows,
    bomb,
    many_entries,
    members_csv,
    ole,
    registration,
    text,
    with_document_type,
    workbook,
)
from ingest_process import Ingest
from padan_registry_ingest.domain.columns import MEMBERS, RECIPIENTS

_NOT_CLOSED = text([RECIPIENTS.columns, OTHER, [*RECIPIENT[:5], '"Dukuh Krajan', *RECIPIENT[6:]], OTHER]).encode()
_TWICE = registration([[*RECIPIENT, NIK]], header=[*RECIPIENTS.columns, "NO KTP"])
_SPILLED = registration(change=lambda book: book.worksheets()[0].write_formula(1, 5, "=A1", None, "#SPILL!"))
_AMBIGUOUS = workbook({"A": [RECIPIENTS.columns, RECIPIENT], "B": [RECIPIENTS.columns, OTHER], "C": [MEMBERS.columns]})
_HEADLESS = workbook({"penerima": [RECIPIENT, OTHER], "anggota": [MEMBERS.columns]})

# name, files, the code, and what the problem says besides
_REFUSED: list[tuple[str, list[bytes], str, dict[str, Any]]] = [
    ("a renamed PDF", [b"%PDF-1.7\n\xe2\xe3"], "file_is_pdf", {}),
    ("a photo", [b"\xff\xd8\xff\xe0\x00\x10JFIF"], "file_is_picture", {}),
    ("an old workbook", [ole("Workbook")], "old_excel", {}),
    ("a locked workbook", [ole("EncryptedPackage")], "file_has_password", {}),
    ("a web page", [b"<html><table><tr><td>NIK"], "file_is_web_page", {}),
    ("half a workbook", [registration()[:-200]], "file_damaged", {}),
    ("a bomb", [bomb(72)], "file_unsafe", {}),
    ("a thousand laughs", [with_document_type(LAUGHS)], "file_unsafe", {}),
    ("very many parts", [many_entries(3_000)], "file_unsafe", {}),
    ("no header", [_HEADLESS], "column_missing", {"sheet": "penerima", "sheet_number": 1, "found": []}),
    ("a column twice", [_TWICE], "column_twice", {"sheet_number": 1, "row": 1, "columns": ["A", "K"]}),
    ("two sheets alike", [_AMBIGUOUS], "sheets_ambiguous", {"sheets": [1, 2]}),
    ("no members", [workbook({"penerima": [RECIPIENTS.columns, RECIPIENT]})], "members_missing", {}),
    ("a quotation mark not closed", [_NOT_CLOSED, members_csv()], "quote_not_closed", {"row": 3, "sheet": "penerima"}),
]


def uploads(ingest: Ingest) -> list[Path]:
    return list((Path(ingest.environment["PADAN_FOLDER"]) / "uploads").iterdir())


def send(ingest: Ingest, folder: Path, name: str, contents: list[bytes], **form: str) -> str:
    paths = [folder / f"{name} {number}" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return ingest.upload(*paths, **form)


def test_files_that_cannot_be_read_fail_with_code_and_place_and_leave_nothing_behind(
    ingest: Ingest, tmp_path: Path
) -> None:
    sent = {name: send(ingest, tmp_path, name, contents) for name, contents, _, _ in _REFUSED}
    for name, _, code, said in _REFUSED:
        failed = ingest.until(sent[name], "failed", "done", "deciding")
        problem = failed["problem"]
        assert (name, failed["state"], problem["code"]) == (name, "failed", code)
        assert problem.items() >= said.items()
        assert all(problem[key] for key in ("detail", "detail_id", "next_step", "next_step_id"))
        assert "{" not in problem["detail_id"] + problem["next_step_id"]
        assert not any(cell in str(problem) for cell in (NIK, "SITI", "Dukuh", "BUDI", "Mawar"))
        assert failed["valid"] == failed["invalid"] == 0
    assert ingest.count("batch_row") == ingest.count("batch_chunk") == ingest.count("batch_work") == 0
    assert ingest.intake() == []
    assert uploads(ingest) == []
    # The worker goes on with the next file.
    good = send(ingest, tmp_path, "good", [registration()], dry_run="true")
    assert ingest.until(good, "dry_run_done", "failed")["state"] == "dry_run_done"


def test_damaged_rows_are_reported_each_with_its_place_and_the_others_are_judged(
    ingest: Ingest, tmp_path: Path
) -> None:
    long, failed, damaged = list(OTHER), list(OTHER), list(OTHER)
    long[5], failed[6], damaged[1] = "X" * (1 << 19), "#REF!", "B\x00DI"
    shifted = [*RECIPIENT[:5], "Dukuh", *RECIPIENT[5:]]
    titles: Rows = [["DAFTAR PENERIMA"], [], RECIPIENTS.columns]
    rows: Rows = [[3.31e15, *OTHER[1:]], long, [], failed, damaged, shifted, ["JUMLAH", "", "5"]]
    family = text([MEMBERS.columns, [OTHER[2], "", "WATI CONTOH", "#N/A", "P", "ISTRI", "", "", "", ""]]).encode()
    contents = [text([*titles, *rows]).encode("utf-16"), family]
    upload_id = send(ingest, tmp_path, "damaged", contents, dry_run="true")
    done = ingest.until(upload_id, "dry_run_done", "failed")
    assert (done["state"], done["rows"], done["valid"]) == ("dry_run_done", 5, 0)
    assert done["warnings"]["total_row_left_out"] == 1
    assert done["warnings"]["member_cell_unreadable"] == 4
    codes = {"nik_lost_digits", "cell_too_long", "cell_error", "cell_damaged", "cells_shifted"}
    assert codes <= done["first_reasons"].keys()
    report = csv.DictReader(io.StringIO(ingest.get(f"/batches/{upload_id}/rows.csv").content.decode("utf-8-sig")))
    found = [(row["BARIS_DI_BERKAS"], row["ALASAN_PERTAMA"], row["KOLOM_RUSAK"]) for row in report]
    assert found == [
        ("4", "nik_lost_digits", ""),
        ("5", "cell_too_long", "ALAMAT"),
        ("7", "cell_error", "RT"),
        ("8", "cell_damaged", "NAMA"),
        ("9", "cells_shifted", ""),
    ]
    assert ingest.get(f"/batches/{upload_id}/rejected.xlsx").status_code == 200
    assert ingest.intake() == []
