"""Policy documents as people write them: a fault is told with its line, in both languages, and what is allowed."""

from pathlib import Path

import pytest
from padan_eligibility.facts_page import page
from padan_eligibility.policies.reading import MOST_BYTES, DocumentError, read_document

GOOD = """programme: lansia_pati
version: "2026.1"
effective_from: 2026-01-01
name: {id: Bantuan Lansia, en: Aid for the elderly}
owner: "3318"
source: a regulation of the regent
place_needs: determined
criteria:
  - {criterion: region_in, regions: ["3318"]}
  - criterion: any_of
    criteria:
      - {criterion: decile_at_most, bound: 2}
      - {criterion: poverty_2022, code: no_shelter}
  - criterion: members_at_least
    bound: 1
    name: {id: lansia, en: elderly}
    when: {fact: age_within, from_years: 60}
amount: {reckoned: fixed, annual_idr: 1200000}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "says", "allowed"),
    [
        ("poverty_2022,", "poor,", 13, "`poor` tidak dikenal", "poverty_2022"),
        ("bound: 2}", "bound: 11}", 12, "harus `int` <= 10", "1 ... 10"),
        ("bound: 2}", "bounds: 2}", 12, "kolom `bounds` tidak dikenal", "bound"),
        ("code: no_shelter", "code: no_roof", 13, "`no_roof` tidak dikenal", "no_shelter"),
        ("from_years: 60", "from_years: sixty", 17, "harus `int`, bukan `str`", "0 ... 150"),
        ("from_years: 60", "from_years: 60, to_years: 5", 17, "di bawah", "0 ... 150"),
        ("fact: age_within", "fact: income", 17, "`income` tidak dikenal", "age_within"),
        ('regions: ["3318"]', 'regions: ["Pati"]', 9, "harus `str`", "[0-9]"),
        ("owner:", "Owner:", 1, "kolom `Owner` tidak dikenal", "owner"),
        ("source: a regulation of the regent\n", "", 1, "kolom `source` belum ada", "source"),
        ("place_needs: determined", "place_needs: blessed", 7, "`blessed` tidak dikenal", "determined"),
        ("2026-01-01", "soon", 3, "", "YYYY-MM-DD"),
        ("reckoned: fixed", "reckoned: guessed", 18, "`guessed` tidak dikenal", "by_components"),
        ('owner: "3318"', "owner: Pati", 5, "harus `str`", "[a-z]"),
        ('regions: ["3318"]', 'regions: ["3318", "3319"]', 9, "`3319` di luar wilayah pemilik", "[0-9]"),
        ('regions: ["3318"]', 'regions: ["33"]', 9, "`33` di luar wilayah pemilik", "[0-9]"),
        ('  - {criterion: region_in, regions: ["3318"]}\n', "", 9, "`region_in` harus ada", "criterion: region_in"),
        (
            "      - {criterion: decile_at_most, bound: 2}",
            '      - {criterion: region_in, regions: ["5171"]}',
            12,
            "`5171` di luar",
            "[0-9]",
        ),
        ("place_needs:", "effective_until: 2025-12-31\nplace_needs:", 7, "sebelum `effective_from`", "YYYY-MM-DD"),
        ("annual_idr: 1200000", "annual_idr: 0", 18, "harus `int` >= 1", "1 ..."),
        ("bound: 1\n", "bound: 1\n    bound: 2\n", 16, "ditulis dua kali", ""),
        ("bound: 1\n", "bound: [\n", 17, "bukan YAML", ""),
        ("name: {id: lansia, en: elderly}", "name: &x {id: lansia, en: elderly}\n    other: *x", 17, "rujukan", ""),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_is_allowed(
    old: str, new: str, line: int, says: str, allowed: str
) -> None:
    assert read_document(GOOD).programme == "lansia_pati"
    assert old in GOOD
    with pytest.raises(DocumentError) as refused:
        read_document(GOOD.replace(old, new, 1))
    error = refused.value
    assert error.line == line, error
    assert says in error.fault.id
    assert error.fault.en
    assert not allowed or any(allowed in one for one in error.allowed), error.allowed


@pytest.mark.parametrize("text", ["", "- 1\n", "a\n", "a: b: c\n", "\x00", "x" * (MOST_BYTES + 1), "--- 1\n--- 2\n"])
def test_what_is_no_document_at_all_is_refused(text: str) -> None:
    with pytest.raises(DocumentError) as refused:
        read_document(text)
    assert refused.value.line >= 1


def test_the_page_of_facts_is_what_the_types_say() -> None:
    written = Path(__file__).parents[3] / "docs" / "facts.md"
    assert written.read_text(encoding="utf-8") == page()
