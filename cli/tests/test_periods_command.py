"""What `padan periods difference` prints of two periods, in 80 columns."""

from io import StringIO
from typing import Any

from padan_cli.periods import print_difference
from rich.console import Console

REGENCY = {"code": "7109", "name": "Kabupaten Kepulauan Siau Tagulandang Biaro"}
FOUND: dict[str, Any] = {
    "before": {"kind": "disbursement_stage", "name": "2026-T1", "programme": "sembako"},
    "after": {"kind": "disbursement_stage", "name": "2026-T2", "programme": "sembako"},
    "regencies": [
        {
            "regency": REGENCY, "families_before": 1_292_577, "into": 101_234, "out": 102_345, "changed": 1_103_456,
            "families_after": 1_291_466, "amount_idr_before": 2_775_439_600_000, "amount_idr_after": 1_774_879_600_000,
        },
        {
            "regency": {"code": "3318", "name": "Kabupaten Pati"}, "families_before": 7, "into": 0, "out": 0,
            "changed": 0, "families_after": 7, "amount_idr_before": 0, "amount_idr_after": 0,
        },
    ],
}  # fmt: skip
ROWS: list[dict[str, Any]] = [
    *[{"change": "in", "why": "place_awarded", "fields": []}] * 1_234,
    *[{"change": "out", "why": "left_the_register_" * 6, "fields": []}] * 2_345,
    *[{"change": "changed", "why": "", "fields": ["decile", "programmes", "amount_idr", "regency", "state"] * 3}] * 13,
    {"change": "changed", "why": "", "fields": []},
]


def test_a_difference_fits_eighty_columns_and_drops_no_number() -> None:
    out = StringIO()
    print_difference(FOUND, ROWS, Console(file=out, width=80, highlight=False))
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    numbers = {"1,292,577", "101,234", "102,345", "1,103,456", "1,291,466", "-1,000,560,000,000"}
    numbers |= {"7", "1,234", "2,345", "13", "1"}
    assert numbers - set(text.split()) == set()
    assert "place_awarded" in text
    for title in ("sebelum → sesudah", "berubah", "changed", "families"):
        assert title in text, title
