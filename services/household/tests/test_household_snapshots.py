"""A long life is read from its last snapshot on, and is the same life."""

from pathlib import Path
from uuid import UUID

import pytest
from household_desk import HEAD, Desk, cases
from household_given import Parts
from padan_events.commands import CasesDecided
from padan_events.commands.cases import ReturnCases
from padan_events.states import State
from padan_events.tiers import ReturnReason
from padan_household.store import snapshots


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts)


def a_long_life(desk: Desk) -> UUID:
    household = desk.propose(1)
    back = ReturnCases(cases=cases(household), to=State.PROPOSED, reasons=(ReturnReason.OTHER,))
    for _ in range(snapshots.EVERY):
        assert desk.codes(desk.send(back, HEAD)) == ["accepted"]
    return household


def kept(desk: Desk) -> list[tuple[int]]:
    with desk.parts.database.transaction() as connection:
        return connection.execute("SELECT version FROM household_snapshot").fetchall()


def test_a_household_read_from_its_snapshot_is_the_one_read_from_its_beginning(desk: Desk) -> None:
    household = a_long_life(desk)
    assert kept(desk) == [(snapshots.EVERY,)]
    short = desk.household(household)
    with desk.parts.database.transaction() as connection:
        assert snapshots.read(connection, [household])[household].version == snapshots.EVERY
        snapshots.drop(connection, [household])
    assert desk.household(household) == short
    assert short.version == snapshots.EVERY + 2


def test_a_snapshot_of_another_form_is_passed_over(desk: Desk) -> None:
    household = a_long_life(desk)
    before = desk.household(household)
    with desk.parts.database.transaction() as connection:
        connection.execute("UPDATE household_snapshot SET form = %s, state = %s", [bytes(32), b"{}"])
    assert desk.household(household) == before


def test_a_rule_that_is_mended_makes_another_form(tmp_path: Path) -> None:
    rule = tmp_path / "rule.py"
    rule.write_text("return None")
    before = snapshots.form_of(tmp_path)
    assert snapshots.form_of(tmp_path) == before
    rule.write_text("return 1")
    assert snapshots.form_of(tmp_path) != before
    assert snapshots.FORM not in {before, snapshots.form_of()}


def test_an_answer_lost_in_a_restore_is_found_again_before_the_snapshot(desk: Desk) -> None:
    household = desk.propose(1)
    back = ReturnCases(cases=cases(household), to=State.PROPOSED, reasons=(ReturnReason.OTHER,))
    first = desk.send(back, HEAD, key="early")
    for _ in range(snapshots.EVERY):
        desk.send(back, HEAD)
    with desk.parts.database.transaction() as connection:
        connection.execute("DELETE FROM command")
    again = desk.send(back, HEAD, key="early")
    assert isinstance(again, CasesDecided)
    assert again == first
