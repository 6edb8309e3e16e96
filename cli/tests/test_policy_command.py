"""`padan policy` as a person runs it: a document is valid, or its fault is told with its line, in both languages."""

from pathlib import Path

import pytest
from padan_cli.policy import policies
from typer.testing import CliRunner, Result

GOOD = """programme: aid_of_pati
version: "2026.1"
effective_from: 2026-01-01
name: {id: Bantuan Pati, en: Aid of Pati}
owner: "3318"
source: a regulation of the regent
place_needs: determined
criteria:
  - {criterion: region_in, regions: ["3318"]}
  - {criterion: decile_at_most, bound: 2}
amount: {reckoned: fixed, annual_idr: 1200000}
"""


def check(folder: Path, document: bytes) -> Result:
    file = folder / "aid.yaml"
    file.write_bytes(document)
    return CliRunner().invoke(policies, ["check", str(file)])


def test_a_valid_policy_is_called_so_in_both_languages(tmp_path: Path) -> None:
    result = check(tmp_path, GOOD.encode())
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "aid_of_pati 2026.1: kebijakan yang sah, berlaku sejak 2026-01-01",
        "aid_of_pati 2026.1: a valid policy, in force from 2026-01-01",
    ]
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            GOOD.replace("bound: 2", "bound: 11").encode(),
            [
                "aid.yaml:10:40: harus `int` <= 10",
                "aid.yaml:10:40: must be `int` <= 10",
                "  boleh / allowed: 1 ... 10",
            ],
        ),
        (
            GOOD.replace("1200000", "0").encode(),
            [
                "aid.yaml:11:39: harus `int` >= 1",
                "aid.yaml:11:39: must be `int` >= 1",
                "  boleh / allowed: 1 ...",
            ],
        ),
        (
            GOOD.replace(
                "{criterion: decile_at_most, bound: 2}", "{criterion: holds_place, programme: aid_of_pati}"
            ).encode(),
            [
                "aid.yaml:10:41: program ini akan bergantung pada dirinya sendiri: aid_of_pati > aid_of_pati",
                "aid.yaml:10:41: the programme would depend on itself: aid_of_pati > aid_of_pati",
            ],
        ),
        (b"\xff\xfe", ["aid.yaml: bukan teks UTF-8", "aid.yaml: not UTF-8 text"]),
    ],
)
def test_a_fault_is_told_with_its_place_and_what_is_allowed(tmp_path: Path, document: bytes, said: list[str]) -> None:
    result = check(tmp_path, document)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == said
