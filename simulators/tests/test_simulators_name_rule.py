"""The civil registry's name rule, as its document states it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from padan_simulators.civil_registry.name_rule import name_parts, names_agree

RULE = Path(__file__).parents[2] / "docs" / "civil-registry-name-rule.md"


def documented_examples() -> list[tuple[str, ...]]:
    rows = [line.strip("|").split("|") for line in RULE.read_text().splitlines() if line.startswith("| ")]
    return [tuple(cell.strip() for cell in row) for row in rows if row[0].strip().isdigit()]


def test_the_rule_is_shown_by_twenty_examples() -> None:
    assert [example[0] for example in documented_examples()] == [str(n) for n in range(1, 21)]


@pytest.mark.parametrize("example", documented_examples(), ids=lambda example: f"example-{example[0]}")
def test_each_documented_example_is_answered_as_documented(example: tuple[str, ...]) -> None:
    _, written, registered, answer, _ = example
    assert answer in {"agrees", "differs"}
    assert names_agree(written, registered) is (answer == "agrees")
    assert names_agree(registered, written) is (answer == "agrees")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Prof. Dr. Ir. H. Budi", ("BUDI",)),
        ("Haji", ("HAJI",)),
        ("Nu'man", ("NUMAN",)),
        ("José Karsi", ("JOSE", "KARSI")),
        ("Siti-Aminah, A.Md.Keb.", ("SITI", "AMINAH")),
    ],
)
def test_only_the_parts_that_count_are_kept(name: str, parts: tuple[str, ...]) -> None:
    assert name_parts(name) == parts


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_can_be_compared_and_the_rule_has_no_direction(one: str, other: str) -> None:
    assert names_agree(one, other) is names_agree(other, one)


@given(st.lists(st.text("ABDEGIKLNRSTUWY", min_size=1, max_size=9), min_size=1, max_size=4).flatmap(st.permutations))
def test_a_name_agrees_with_itself_in_any_order(parts: list[str]) -> None:
    # Titles and degrees count by their place, so parts that could be one are left out.
    sorted_parts = sorted(parts)
    assume(name_parts(" ".join(parts)) == tuple(parts))
    assume(name_parts(" ".join(sorted_parts)) == tuple(sorted_parts))
    assert names_agree(" ".join(parts), " ".join(sorted_parts))
