"""What is decided anew as time passes."""

from datetime import UTC, date, datetime
from uuid import uuid5

import msgspec
import pytest
from deciding_office import Office
from padan_eligibility.domain.school_years import known_until
from padan_eligibility.policies import packaged
from padan_eligibility.programmes.publishing import publish
from padan_events.eligibility import Outcome
from padan_events.personal import PersonSensitive, School

TODDLER = PersonSensitive(birth_date=date(2020, 6, 15))
"""Seven on 15 June 2027."""
ADULT = PersonSensitive(birth_date=date(1985, 5, 5))
MERAUKE, PATI, BADUNG = "9301", "3318", "5103"
PKH = next(one for one in packaged() if one.programme == "pkh")


def at(day: date, hour: int = 0) -> datetime:
    """That hour of that day in UTC; Jakarta is seven hours ahead, Jayapura nine."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


async def test_a_birthday_changes_a_decision_by_itself_once_and_in_its_own_zone(office: Office) -> None:
    west, proposed = office.register.propose(1, [ADULT, TODDLER], regency=PATI)
    east, there = office.register.propose(2, [ADULT, TODDLER], regency=MERAUKE)
    await office.read(proposed, there, office.register.rank(west, 1), office.register.rank(east, 1, regency=MERAUKE))
    assert [len(office.decided(one)) for one in (west, east)] == [1, 1]
    office.now = at(date(2027, 6, 14), 14)
    assert await office.due.look(office.stop) == 0, "23:00 in Merauke"
    office.now = at(date(2027, 6, 14), 15)
    assert await office.due.look(office.stop) == 1, "midnight there, and two hours before it in Pati"
    assert [len(office.decided(one)) for one in (west, east)] == [1, 2]
    office.now = at(date(2027, 7, 1))  # nobody was at work meanwhile
    assert await office.due.look(office.stop) == 1
    last = office.decided(west)[-1]
    assert (last.outcome, last.as_of) == (Outcome.NOT_ENTITLED, date(2027, 7, 1))
    assert await office.due.look(office.stop) == 0
    told, _ = office.log()[-1]
    assert told["caused_by"] is None
    assert told["chain"] == told["id"]


@pytest.mark.parametrize(
    ("school", "told_on", "until"),
    [
        (School.PRIMARY, date(2026, 3, 2), date(2031, 7, 1)),
        (School.PRIMARY, date(2026, 7, 1), date(2032, 7, 1)),
        (School.JUNIOR_SECONDARY, date(2026, 6, 30), date(2028, 7, 1)),
        (School.SENIOR_SECONDARY, date(2026, 12, 31), date(2029, 7, 1)),
    ],
)
def test_a_level_of_school_is_known_as_long_as_one_can_be_at_it(school: School, told_on: date, until: date) -> None:
    assert known_until(school, told_on) == until


async def test_a_pupil_whose_school_must_be_over_is_no_component_and_no_reason_to_refuse(office: Office) -> None:
    pupil = PersonSensitive(birth_date=date(2018, 1, 1), school=School.PRIMARY)
    household_id, proposed = office.register.propose(1, [ADULT, pupil], regency=PATI)
    await office.read(proposed, office.register.rank(household_id, 1))
    office.now = at(date(2031, 6, 30), 16)
    assert await office.due.look(office.stop) == 0, "23:00 in Pati, and the last day of the school year"
    office.now = at(date(2031, 6, 30), 17)
    assert await office.due.look(office.stop) == 1
    assert [(one.outcome, one.missing) for one in office.decided(household_id)] == [
        (Outcome.ENTITLED, ()),
        (Outcome.UNDETERMINED, ("school",)),
    ]
    assert await office.due.look(office.stop) == 0


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 3, 0, 2), (0, 1, 3, 2)])
@pytest.mark.parametrize("at_once", [True, False])
async def test_who_moves_tells_nothing_of_school(office: Office, order: tuple[int, ...], at_once: bool) -> None:
    pupil = PersonSensitive(birth_date=date(2014, 1, 1), school=School.PRIMARY)
    origin, told = office.register.propose(1, [ADULT, pupil], at=at(date(2021, 1, 4)))
    there, other = office.register.propose(2, [ADULT])
    moved = uuid5(origin, "person:1")
    events = (told, other, *office.register.transfer(moved, origin, there, pupil))
    batches = [[events[one] for one in order]] if at_once else [[events[one]] for one in order]
    for batch in batches:
        await office.read(*batch)
    with office.database.statement() as connection:
        rows = connection.execute("SELECT household_id, school_until FROM person_fact WHERE person_id = %s", [moved])
        assert rows.fetchall() == [(there, date(2026, 7, 1))]


async def test_an_event_that_comes_late_does_not_take_a_decision_back_to_the_day_before(office: Office) -> None:
    household_id, proposed = office.register.propose(1, [ADULT, TODDLER])
    await office.read(proposed, office.register.rank(household_id, 1))
    office.now = at(date(2027, 6, 14), 17)
    await office.due.look(office.stop)
    await office.read(office.register.rank(household_id, 2, at=at(date(2027, 6, 14), 16)))
    assert [(one.outcome, one.as_of.isoformat()) for one in office.decided(household_id)] == [
        (Outcome.ENTITLED, "2026-03-02"),
        (Outcome.NOT_ENTITLED, "2027-06-15"),
        (Outcome.NOT_ENTITLED, "2027-06-15"),
    ]


async def test_what_a_destroyed_key_hides_is_due_no_more(office: Office) -> None:
    household_id, proposed = office.register.propose(1, [ADULT, TODDLER])
    await office.read(proposed, office.register.rank(household_id, 1))
    office.register.erased.add(household_id)
    office.keys.forget([household_id])
    office.now = at(date(2027, 7, 1))
    assert await office.due.look(office.stop) == 0
    assert len(office.decided(household_id)) == 1
    with office.database.statement() as connection:
        assert connection.execute("SELECT max(next_change_on) FROM decision_current").fetchone() == (None,)


async def test_a_household_outside_a_policy_s_reach_is_not_looked_at_for_ever(office: Office) -> None:
    household_id, proposed = office.register.propose(1, [ADULT, PersonSensitive(birth_date=date(1957, 6, 15))])
    await office.read(proposed, office.register.rank(household_id, 5))
    assert [one.outcome for one in office.decided(household_id, "pati_elderly")] == [Outcome.NOT_ENTITLED]
    ends = msgspec.structs.replace(
        next(one for one in packaged() if one.programme == "pati_elderly"),
        version="2026.1",
        effective_until=date(2026, 12, 31),
    )
    publish(office.database, [ends])
    office.now = at(date(2027, 7, 1))
    await office.due.look(office.stop)
    assert await office.due.look(office.stop) == 0
    last = office.decided(household_id, "pati_elderly")[-1]
    assert (last.outcome, last.policy_version) == (Outcome.NOT_ENTITLED, "2026.1")
