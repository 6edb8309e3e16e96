"""What `padan simulate` prints and writes, as text that somebody has looked at."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

from padan_cli.simulate import simulate
from padan_cli.simulation_report import print_simulation, write_csv
from rich.console import Console
from typer import Typer
from typer.testing import CliRunner

GOLDEN = Path(__file__).parent / "golden" / "simulation.txt"


def compared(entitled: tuple[int, int], idr: tuple[int, int], **changes: int) -> dict[str, Any]:
    sides = [
        {
            "entitled": number, "not_entitled": 2_000_000 - number, "undetermined": 42_839, "annual_idr": annual,
            "ready": number - 100, "ready_annual_idr": annual - 300_000_000,
        }
        for number, annual in zip(entitled, idr, strict=True)
    ]  # fmt: skip
    every = dict.fromkeys(("wins", "loses", "more", "less", "opens", "same"), 0) | changes
    return {"families": 2_042_839, "before": sides[0], "after": sides[1], "changes": every}


PATI = compared((292_577, 361_095), (1_446_374_900_000, 2_762_372_600_000), wins=68_518)
SEMARANG = compared((1_000_000, 993_000), (5_000_000_000_000, 4_965_000_000_000), loses=7_000)


def region(code: str, name: str, part: dict[str, Any]) -> dict[str, Any]:
    return {"regency": {"code": code, "name": name}, **part}


FOUND: dict[str, Any] = {
    "programme": "pkh", "version": "2027.1", "version_in_force": "2025.1", "region": "33", "as_of": "2027-01-01",
    "period_id": None, "facts_at": "2026-11-20T03:00:00+00:00", "left_out": 0,
    "total": compared((1_292_577, 1_361_095), (6_446_374_900_000, 7_762_372_600_000), wins=75_518, loses=7_000),
    "by_region": [
        region("3318", "Kabupaten Pati", PATI),
        region("3374", "Kota Semarang", SEMARANG),
    ],
    "by_component": [
        {
            "code": "severe_disability", "members_before": 400_531, "members_after": 486_787,
            "name": {"id": "penyandang disabilitas berat", "en": "person with a severe disability"},
            "annual_idr_before": 961_274_400_000, "annual_idr_after": 1_168_288_800_000,
        },
    ],
    "ledgers": [
        {
            "regency": {"code": "3318", "name": "Kabupaten Pati"}, "quota_before": 250_000, "quota_after": 300_000,
            "places_before": 250_000, "places_after": 300_000, "waiting_before": 42_577, "waiting_after": 61_095,
            "excess_before": 0, "excess_after": 0, "annual_idr_before": 1, "annual_idr_after": 2,
        },
        {
            "regency": {"code": "3374", "name": "Kota Semarang"}, "quota_before": None, "quota_after": 0,
            "places_before": 0, "places_after": 0, "waiting_before": 0, "waiting_after": 993_000,
            "excess_before": 0, "excess_after": 0, "annual_idr_before": 0, "annual_idr_after": 0,
        },
    ],
    "goods_before": None, "goods_after": None,
    "named": [
        {
            "household_id": "018f3c00-0000-4000-8000-000000000001", "regency": "3318", "change": "wins",
            "annual_idr_before": None, "annual_idr_after": 2_400_000, "name": "=HYPERLINK(1)",
        }
    ],
}  # fmt: skip


def printed(found: dict[str, Any]) -> str:
    out = StringIO()
    print_simulation(found, Console(file=out, width=80, highlight=False))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def test_the_tables_fit_eighty_columns_in_both_languages() -> None:
    text = printed(FOUND)
    assert text == GOLDEN.read_text(encoding="utf-8")
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text


def test_no_number_of_the_whole_nation_is_dropped_in_eighty_columns() -> None:
    nation = compared((18_292_577, 20_361_095), (106_446_374_900_000, 9_762_372_600_000), wins=12_075_518, loses=7_123)
    place = FOUND["ledgers"][0] | {
        "regency": {"code": "7109", "name": "Kabupaten Kepulauan Siau Tagulandang Biaro"},
        **{f"{name}_before": 1_250_001 + at for at, name in enumerate(("quota", "places", "waiting", "excess"))},
        **{f"{name}_after": 2_250_001 + at for at, name in enumerate(("quota", "places", "waiting", "excess"))},
    }
    regions = [region("7109", "Kabupaten Kepulauan Siau Tagulandang Biaro", nation), region("3318", "Pati", PATI)]
    text = printed(FOUND | {"total": nation, "by_region": regions, "ledgers": [place]})
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    numbers = {
        "18,292,577", "20,361,095", "+2,068,518", "106,446,374,900,000", "9,762,372,600,000", "-96,684,002,300,000",
        "12,075,518", "7,123", "9,762,373", "-96,684,002", "400,531", "486,787", "1,168,289", "+207,014",
        *(f"{start + at:,}" for start in (1_250_001, 2_250_001) for at in range(4)),
    }  # fmt: skip
    assert numbers - set(text.split()) == set()


def test_aid_in_goods_is_told_by_its_quantity() -> None:
    goods = {"annual_quantity": 120, "unit": {"id": "kg beras", "en": "kg of rice"}}
    lines = printed(FOUND | {"goods_before": goods, "goods_after": goods, "total": compared((10, 30), (0, 0))})
    told = next(line for line in lines.splitlines() if "kg of rice" in line)
    assert told.split()[-3:] == ["1,200", "3,600", "+2,400"]


def test_the_csv_holds_every_part_and_no_formula(tmp_path: Path) -> None:
    file = tmp_path / "found.csv"
    write_csv(FOUND, file)
    assert file.stat().st_mode & 0o077 == 0
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["part"] for row in rows] == ["total", "region", "region", "component", "places", "places", "family"]
    assert (rows[1]["code"], rows[1]["entitled_before"], rows[1]["entitled_after"]) == ("3318", "292577", "361095")
    assert (rows[3]["members_after"], rows[3]["annual_idr_after"]) == ("486787", "1168288800000")
    assert (rows[4]["code"], rows[4]["quota_before"], rows[4]["waiting_after"]) == ("3318", "250000", "61095")
    assert (rows[6]["name"], rows[6]["change"]) == ("'=HYPERLINK(1)", "wins")


def test_a_document_that_is_no_policy_is_told_with_its_line_before_anybody_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("programme: pkh\nversion: twelve\n")
    app = Typer()
    app.command()(simulate)
    result = CliRunner().invoke(app, ["--policy", str(file)])
    assert result.exit_code == 1
    assert "bad.yaml:2:10:" in result.stderr
