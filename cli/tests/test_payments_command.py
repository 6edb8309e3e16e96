"""A bank's file of results: what can be read of it, what is told of the rest, and how both look in 80 columns."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from padan_cli.csv_files import write_csv
from padan_cli.payments import payments
from padan_cli.payments_results import COLUMNS, Row, read_rows, refused, write_refused
from padan_cli.payments_tables import show_answers, show_recoveries
from padan_cli.platform import PlatformError
from rich.console import Console
from typer.testing import CliRunner


def rows_of(folder: Path, text: str) -> list[Row]:
    file = folder / "results.csv"
    file.write_text(text, encoding="utf-8")
    return read_rows(file)


def test_the_template_is_a_file_of_results(tmp_path: Path) -> None:
    printed = CliRunner().invoke(payments, ["template"])
    assert printed.exit_code == 0
    rows = rows_of(tmp_path, printed.stdout)
    assert [row.result for row in rows] == [
        {"line": 1, "status": "account_checked", "on": "2026-03-02"},
        {"line": 2, "status": "account_failed", "on": "2026-03-02", "reason": "account_blocked"},
        {
            "line": 1, "status": "paid", "on": "2026-03-10", "amount_idr": 600_000, "reference": "TRX/2026/0001",
            "card": "distributed",
        },
        {"line": 1, "status": "withdrawn", "on": "2026-03-12"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "line,status,on\n7,paid,2026-03-10\n",
        "\ufeffLINE;Status;on\r\n7;paid;10-03-2026\r\n\r\n",
        "on,line,status,card\n2026-03-10,7,paid,\n",
    ],
    ids=["plain", "as a spreadsheet of Indonesia saves it", "another order"],
)
def test_a_file_is_read_as_programs_save_it(tmp_path: Path, text: str) -> None:
    (row,) = rows_of(tmp_path, text)
    assert row.result == {"line": 7, "status": "paid", "on": "2026-03-10"}


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ("0,paid,2026-03-10,,,,", "line"),
        (",paid,2026-03-10,,,,", "line"),
        ("1,ordered,2026-03-10,,,,", "status"),
        ("1,PAID,2026-03-10,,,,", "status"),
        ("1,paid,2026-02-30,,,,", "on"),
        ("1,paid,,,,,", "on"),
        ("1,paid,2026-03-10,600.000,,,", "amount_idr"),
        ("1,paid,2026-03-10,-5,,,", "amount_idr"),
        ("1,paid,2026-03-10,,Ibu Sri,,", "reason"),
        ("1,paid,2026-03-10,,,TRX 1,", "reference"),
        ("1,paid,2026-03-10,,,,yes", "card"),
        ("1,paid", "on"),
    ],
)
def test_a_cell_that_is_wrong_is_refused_with_its_column_and_spoils_no_other_row(
    tmp_path: Path, cells: str, column: str
) -> None:
    first, wrong, last = rows_of(tmp_path, f"{','.join(COLUMNS)}\n1,paid,2026-03-10\n{cells}\n2,paid,2026-03-10\n")
    assert first.result is not None
    assert last.result is not None
    assert wrong.result is None
    assert (wrong.answer["answer"], wrong.answer["code"]) == ("refused", "result_cell_wrong")
    assert column in wrong.answer["en"]
    assert column in wrong.answer["id"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it lacks the columns line, status, on"),
        ("line,status\n", "it lacks the column on."),
        ("line,status,on,amout_idr\n", "the column amout_idr is not known"),
        ("line,status,on,amout_idr,extra\n", "the columns amout_idr, extra are not known"),
        ("line,status,on,on\n", "a column stands there twice"),
    ],
)
def test_a_file_that_is_none_is_told_so_in_both_languages(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PlatformError) as raised:
        rows_of(tmp_path, text)
    assert raised.value.code == "results_unreadable"
    assert said in str(raised.value)
    assert "Berkas hasil tidak terbaca" in str(raised.value)


@pytest.mark.parametrize("text", ["line,status,on\n", "line;status;on\r\n\r\n;;\r\n"])
def test_a_file_with_a_header_alone_is_told_to_have_no_rows(tmp_path: Path, text: str) -> None:
    with pytest.raises(PlatformError) as raised:
        rows_of(tmp_path, text)
    assert raised.value.code == "results_empty"
    assert "no row" in raised.value.english
    assert "tidak memuat satu baris pun" in raised.value.indonesian


def test_text_that_is_not_utf_8_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "results.csv"
    file.write_bytes(b"line,status,on\n1,paid,2026-03-10,\xff\n")
    with pytest.raises(PlatformError, match="not UTF-8"):
        read_rows(file)


def test_what_was_refused_can_be_put_right_and_sent_as_it_is(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "line,status,on,reference\n1,paid,2026-03-10,-7\n2,paid,31/03/2026,x\n")
    words = {"id": "Belum diperintahkan.", "en": "Not ordered.", "next_id": "Tunggu.", "next_en": "Wait."}
    rows[0].answer = {"line": 1, "answer": "refused", "code": "payment_step_not_allowed", **words}
    beside = tmp_path / "results.refused.csv"
    write_refused(refused(rows), beside)
    assert beside.stat().st_mode & 0o777 == 0o600
    with beside.open(encoding="utf-8-sig", newline="") as opened:
        told = list(csv.DictReader(opened))
    assert [one["code"] for one in told] == ["payment_step_not_allowed", "result_cell_wrong"]
    assert (told[0]["why_id"], told[0]["next_step_en"]) == ("Belum diperintahkan.", "Wait.")
    assert "2026-03-31 or 31-03-2026" in told[1]["next_step_en"]
    again = read_rows(beside)
    assert again[0].result == rows[0].result == {"line": 1, "status": "paid", "on": "2026-03-10", "reference": "-7"}
    assert again[1].answer["code"] == "result_cell_wrong"


def test_half_a_file_is_never_left_in_the_place_of_a_whole_one(tmp_path: Path) -> None:
    file = tmp_path / "lines.csv"
    assert write_csv(file, ("line",), [{"line": 1}]) == 1
    whole = file.read_bytes()

    def rows() -> Iterator[dict[str, int]]:
        yield {"line": 2}
        raise PlatformError("gateway_unreachable", "Tidak menjawab.", "It does not answer.")

    with pytest.raises(PlatformError):
        write_csv(file, ("line",), rows())
    assert file.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [file]


def test_the_closing_table_fits_80_columns_and_says_each_refusal_once_in_both_languages() -> None:
    words = {"id": "Statusnya " * 12, "en": "The status " * 12, "next_id": "Lihat.", "next_en": "Look."}
    wrong = {"answer": "refused", "code": "payment_step_not_allowed", **words}
    answers = [{"answer": "taken"}] * 1_204 + [{"answer": "taken_already"}] * 3 + [wrong] * 2
    written = io.StringIO()
    show_answers(Console(file=written, width=80), [Row({}, None, answer) for answer in answers])
    said = written.getvalue()
    assert max(map(len, said.splitlines())) <= 80
    for text in ("1,204", "diterima / taken", "sudah pernah diterima / taken already", "ditolak / refused"):
        assert text in said
    assert said.count("payment_step_not_allowed") == 1


def test_cells_that_are_wrong_are_counted_column_by_column(tmp_path: Path) -> None:
    wrong = "1,nope,2026-03-10,,,,\n2,paid,yesterday,,,,\n3,paid,2026-03-10,600.000,,,\n4,paid,today,,,,\n"
    rows = rows_of(tmp_path, f"{','.join(COLUMNS)}\n{wrong}")
    written = io.StringIO()
    show_answers(Console(file=written, width=80), rows)
    said = [" ".join(line.split()) for line in written.getvalue().splitlines()]
    assert [line for line in said if "result_cell_wrong" in line] == [
        "2 result_cell_wrong", "1 result_cell_wrong", "1 result_cell_wrong",
    ]  # fmt: skip
    for column in ("status", "on", "amount_idr"):
        assert any(line.startswith(f"What stands in the column {column} is wrong.") for line in said), column


def test_the_total_of_recoveries_is_labelled_in_both_languages() -> None:
    one = {
        "reason": "paid_twice", "outcome": None, "programme": "sembako", "stage": "2026-T1", "line": 7,
        "regency": {"code": "3318", "name": "Kabupaten Pati"}, "recovery_id": "7f3c", "amount_idr": 600_000,
    }  # fmt: skip
    written = io.StringIO()
    show_recoveries(Console(file=written, width=80), [one, one])
    said = [" ".join(line.split()) for line in written.getvalue().splitlines()]
    assert "semuanya / all: 2 1,200,000" in said
