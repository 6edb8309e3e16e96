"""The round of each month is opened by itself in every village that holds recipients."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from uuid import UUID, uuid4

import msgspec
import pytest
from household_desk import OFFICE, VILLAGE, Desk
from household_given import Parts, a_family
from padan_events.commands import CommandAccepted, ProposeHousehold
from padan_events.commands.cases import DeactivateHousehold, ReactivateHousehold
from padan_events.commands.families import Joining, SplitHousehold
from padan_events.commands.relocations import Address, RelocateHousehold
from padan_events.commands.rounds import CloseRound, OpenRounds
from padan_events.personal import Relationship
from padan_events.rounds import RoundOpened, stream_of
from padan_events.tiers import DeactivateReason, Determined
from padan_household.decisions.writing import write
from padan_household.domain.stream import Cause
from padan_household.rounds import repository
from padan_household.rounds.opening import MonthlyOpening

OTHER, EARLY, EAST = "3318042008", "3319012001", "9401012001"
"""Of another village; of a regency whose months end on the 20th; of a province two hours ahead."""
FIRST = datetime(2026, 3, 31, 17, 0, tzinfo=UTC)
"""When April begins in Java."""


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts)


def opening(desk: Desk, opens_on: int = 1) -> MonthlyOpening:
    parts = desk.parts
    return MonthlyOpening(
        parts.database, parts.register, parts.keyring, lambda: desk.now, cut_off_days={"3319": 20}, opens_on=opens_on
    )


def determined(desk: Desk, row: int, village: str) -> UUID:
    """A recipient of a village."""
    family = msgspec.structs.replace(a_family(row), village=village)
    outcome = desk.send(ProposeHousehold(household=family), ("village_operator", village))
    assert isinstance(outcome, CommandAccepted), outcome
    with desk.parts.database.transaction() as connection:
        held = desk.parts.register.load([outcome.household_id], connection)
        fact = Determined(household_id=outcome.household_id, regency=village[:4], update_month="2026-03")
        write(connection, desk.parts.register, held, [fact], cause=Cause("user:ministry", uuid4()), keys={})
    return outcome.household_id


def rounds(desk: Desk) -> list[tuple[str, str]]:
    """The rounds that were opened, by month and village."""
    return sorted((data.month, data.village) for _, data in desk.parts.facts() if isinstance(data, RoundOpened))


def test_each_month_begins_where_there_are_recipients_and_nowhere_else(desk: Desk) -> None:
    for row, village in enumerate((VILLAGE, VILLAGE, OTHER, EARLY), start=1):
        determined(desk, row, village)
    desk.propose(9)  # a case that is not determined
    desk.now = FIRST - timedelta(seconds=1)
    assert opening(desk).open_due() == 0, "March is over, and April has not begun"
    desk.now = FIRST
    assert opening(desk).open_due() == 3
    april = [("2026-04", VILLAGE), ("2026-04", OTHER), ("2026-04", EARLY)]
    assert rounds(desk) == april
    assert opening(desk).open_due() == 0
    told = [(event, data) for event, data in desk.parts.facts() if isinstance(data, RoundOpened)]
    assert {event.actor for event, _ in told} == {"service:household"}
    assert {event.event_id for event, _ in told} == {desk.event_id(stream_of(village), 1) for _, village in april}
    assert {data.village: data.due_at.day for _, data in told} == {VILLAGE: 25, OTHER: 25, EARLY: 20}
    desk.now = datetime(2026, 5, 3, tzinfo=UTC)
    assert opening(desk).open_due() == 3
    assert rounds(desk) == [*april, *(("2026-05", village) for _, village in april)]


def test_it_is_the_local_date_that_counts(desk: Desk) -> None:
    determined(desk, 1, VILLAGE)
    determined(desk, 2, EAST)
    desk.now = FIRST - timedelta(hours=2)
    assert (opening(desk).open_due(), rounds(desk)) == (1, [("2026-04", EAST)])
    desk.now = FIRST
    assert (opening(desk).open_due(), len(rounds(desk))) == (1, 2)


def test_nothing_is_lost_when_nobody_ran_on_the_first_and_a_month_that_is_over_is_not_opened(desk: Desk) -> None:
    determined(desk, 1, VILLAGE)
    determined(desk, 2, EARLY)
    desk.now = datetime(2026, 4, 22, tzinfo=UTC)
    assert (opening(desk).open_due(), rounds(desk)) == (1, [("2026-04", VILLAGE)])
    desk.now = datetime(2026, 5, 26, tzinfo=UTC)
    assert opening(desk).open_due() == 0
    desk.now = datetime(2026, 6, 1, tzinfo=UTC)
    assert opening(desk).open_due() == 2


def test_another_day_may_be_set(desk: Desk) -> None:
    determined(desk, 1, VILLAGE)
    desk.now = datetime(2026, 4, 4, 16, 59, tzinfo=UTC)
    assert opening(desk, opens_on=5).open_due() == 0
    desk.now += timedelta(minutes=1)
    assert opening(desk, opens_on=5).open_due() == 1


def test_a_round_that_was_opened_by_hand_is_left_alone(desk: Desk) -> None:
    determined(desk, 1, VILLAGE)
    determined(desk, 2, OTHER)
    desk.now = FIRST - timedelta(days=3)  # the month begins with the cut-off of the one before
    by_hand = OpenRounds(region="3318", month="2026-04", villages=(VILLAGE,))
    assert desk.codes(desk.send(by_hand, OFFICE)) == ["accepted"]
    closed = CloseRound(village=VILLAGE, month="2026-04")
    assert desk.codes(desk.send(closed, ("village_head", VILLAGE))) == ["accepted"]
    desk.now = FIRST
    assert opening(desk).open_due() == 1
    assert rounds(desk) == [("2026-04", VILLAGE), ("2026-04", OTHER)]
    both = OpenRounds(region="3318", month="2026-04", villages=(VILLAGE, OTHER))
    assert desk.codes(desk.send(both, OFFICE)) == ["round_open", "round_open"]


def test_it_follows_where_recipients_live_and_who_is_none_any_more(desk: Desk) -> None:
    moves, leaves, splits, returns = (determined(desk, row, VILLAGE) for row in range(1, 5))
    operator = ("village_operator", VILLAGE)
    child = list(desk.household(splits).members)[1]
    for command, who in (
        (RelocateHousehold(household_id=moves, to=Address(village=OTHER)), operator),
        (DeactivateHousehold(household_id=leaves, reason=DeactivateReason.ABROAD, note="pindah"), OFFICE),
        (SplitHousehold(household_id=splits, members=(Joining(child, Relationship.HEAD),), caretaker=child), operator),
        (DeactivateHousehold(household_id=splits, reason=DeactivateReason.ABROAD, note="pindah"), OFFICE),
        (DeactivateHousehold(household_id=returns, reason=DeactivateReason.ABROAD, note="pindah"), OFFICE),
        (ReactivateHousehold(household_id=returns), OFFICE),
    ):
        assert desk.codes(desk.send(command, who)) == ["accepted"]
    (new,) = {data.household_id for _, data in desk.parts.facts() if data.effects().joined} - {
        moves,
        leaves,
        splits,
        returns,
    }
    assert recipients(desk) == {moves: "3318", new: "3318"}
    desk.now = FIRST
    assert opening(desk).open_due() == 2
    assert rounds(desk) == [("2026-04", VILLAGE), ("2026-04", OTHER)]


def test_of_several_processes_one_opens(desk: Desk) -> None:
    for row in range(1, 13):
        determined(desk, row, (VILLAGE, OTHER, EARLY, EAST)[row % 4])
    desk.now = FIRST
    with ThreadPoolExecutor(4) as threads:
        opened = [each.result(60) for each in [threads.submit(opening(desk).open_due) for _ in range(4)]]
    assert (sum(opened), len(rounds(desk))) == (4, 4)
    assert opening(desk).open_due() == 0


def test_ended_in_the_middle_it_is_done_again_as_a_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    determined(desk, 1, VILLAGE)
    desk.now = FIRST

    def ends(*_: object) -> None:
        raise RuntimeError("ended")

    with monkeypatch.context() as patched:
        patched.setattr(repository, "note_opened", ends)
        with pytest.raises(RuntimeError, match="ended"):
            opening(desk).open_due()
    assert rounds(desk) == []
    assert (opening(desk).open_due(), rounds(desk)) == (1, [("2026-04", VILLAGE)])


def recipients(desk: Desk) -> dict[UUID, str]:
    with desk.parts.database.transaction() as connection:
        return dict(connection.execute("SELECT household_id, regency FROM recipient").fetchall())


def test_a_store_that_stood_before_gets_its_recipients_from_its_events(desk: Desk) -> None:
    stays, leaves, splits, returned = (determined(desk, row, VILLAGE) for row in range(1, 5))
    desk.propose(9)
    child = list(desk.household(splits).members)[1]
    split = SplitHousehold(household_id=splits, members=(Joining(child, Relationship.HEAD),), caretaker=child)
    gone = DeactivateHousehold(household_id=leaves, reason=DeactivateReason.ABROAD, note="pindah")
    assert desk.codes(desk.send(split, ("village_operator", VILLAGE))) == ["accepted"]
    assert desk.codes(desk.send(gone, OFFICE)) == ["accepted"]
    for person in desk.household(returned).members:  # the last death ends it, and taken back it stands where it stood
        desk.parts.decide(desk.parts.intake.death(returned, person, date(2026, 3, 1)))
    back = desk.parts.intake.death(returned, person, date(2026, 3, 1), reversed=True)
    assert returned not in recipients(desk)
    desk.parts.decide(back)
    before = recipients(desk)
    assert len(before) == 4
    assert {stays, splits, returned} < before.keys()
    migration = files("padan_household.migrations").joinpath("0050_recipients.sql").read_text()
    backfill = migration[migration.index("INSERT INTO recipient") :]
    with desk.parts.database.transaction() as connection:
        connection.execute("DELETE FROM recipient")
        connection.execute(backfill.encode())
    assert recipients(desk) == before
