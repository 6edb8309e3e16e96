"""The criteria of poverty: both lists whole, each code with a meaning, and the page for people tells the same."""

from pathlib import Path

import msgspec
from padan_events.commands.verifying import AssessCircumstances
from padan_events.criteria import MEANINGS_2022, MEANINGS_BPS, Criterion2022, CriterionBps

PAGE = Path(__file__).parents[3] / "docs/field-verification.md"


def test_each_criterion_of_both_lists_has_its_meaning_and_the_page_tells_it() -> None:
    assert (tuple(MEANINGS_2022), tuple(MEANINGS_BPS)) == (tuple(Criterion2022), tuple(CriterionBps))
    assert (len(Criterion2022), len(CriterionBps)) == (9, 14)
    told = [line for line in PAGE.read_text().splitlines() if line.startswith("| ") and "| `" in line]
    rows = [
        f"| {number} | `{code}` | {indonesian} | {english} |"
        for meanings in (MEANINGS_2022, MEANINGS_BPS)
        for number, (code, (indonesian, english)) in enumerate(meanings.items(), 1)
    ]
    assert [line for line in told if line[2].isdigit()] == rows


def test_the_schema_of_a_command_names_every_criterion() -> None:
    schema = msgspec.json.schema(AssessCircumstances)["$defs"]["AssessCircumstances"]["properties"]
    for name, criteria in (("criteria_2022", Criterion2022), ("criteria_bps", CriterionBps)):
        assert [key["const"] for key in schema[name]["propertyNames"]["oneOf"]] == [str(code) for code in criteria]
