"""Whoever died in a household that has left the register is dead there: nobody enters them anew as living."""

from datetime import date
from importlib.resources import files
from typing import Any
from uuid import UUID

import pytest
from dying_given import ON, OPERATOR, Home, family
from household_desk import OFFICE, VILLAGE, Desk
from household_given import NIK_HASH_KEY, Parts, a_family, a_nik, household_id
from padan_events.commands import Command, CommandRefused, ProposeHousehold
from padan_events.commands.cases import DeactivateHousehold, ReactivateHousehold, WithdrawHousehold
from padan_events.commands.corrections import CorrectMember, IdentityQuestion, IdentityToMatch, LinkIdentity
from padan_events.commands.duplicates import MergeMembers
from padan_events.commands.dying import ReportDeath
from padan_events.commands.families import AddMember
from padan_events.families import AddReason
from padan_events.personal import Agreement, Match, Relationship, ReportedMember, Source
from padan_events.states import State
from padan_events.tiers import DeactivateReason, WithdrawReason
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_household.claims import repository as claims
from padan_household.claims.changes import recorded
from padan_household.claims.proposed import admitted, opened, take
from padan_household.claims.repository import ClaimRaceError
from padan_household.domain.proposing import Proposal
from padan_runtime.sealing import keyed_hash

HEAD, WIFE = Relationship.HEAD, Relationship.WIFE
AGREES = Match(
    request_id="asked", matched_at="2026-03-01", civil_status="active", agreement=Agreement(nik=True, name=True)
)


@pytest.fixture
def home(parts: Parts) -> Home:
    """A family of two with the NIKs 500 and 501: the head died, and then the family left the register."""
    home = Home(parts, family((HEAD, 1970), (WIFE, 1975)))
    assert home.told(0) == "accepted"
    leaves(home)
    return home


def leaves(home: Home) -> None:
    gone = DeactivateHousehold(household_id=home.id, reason=DeactivateReason.ABROAD)
    assert home.desk.codes(home.desk.send(gone, OFFICE)) == ["accepted"]


def refused(desk: Desk, command: Command, who: tuple[str, str] = OPERATOR) -> tuple[str, str | None, UUID | None]:
    """Code, field and holder of a refusal."""
    outcome = desk.send(command, who)
    assert isinstance(outcome, CommandRefused), outcome
    (fault,) = outcome.faults
    return fault.code, fault.field, outcome.holder


def the_dead(parts: Parts) -> list[tuple[Any, ...]]:
    with parts.database.transaction() as connection:
        return connection.execute("SELECT household_id, person_id FROM person_death ORDER BY 1, 2").fetchall()


def test_no_command_enters_them_anew(home: Home) -> None:
    desk = home.desk
    other = desk.propose(7, [a_nik(77), None])
    with_nik, without = desk.household(other).members
    anew = ProposeHousehold(household=a_family(8, [a_nik(88), a_nik(500)]))
    assert refused(desk, anew) == ("recorded_dead", "household.members.1.nik", home.id)
    born = ReportedMember(name="Anak", nik=a_nik(500), relationship=Relationship.CHILD)
    add = AddMember(household_id=other, member=born, reason=AddReason.OMITTED)
    assert refused(desk, add) == ("recorded_dead", "member.nik", home.id)
    link = LinkIdentity(household_id=other, person_id=without, nik=a_nik(500), match=AGREES)
    assert refused(desk, link) == ("recorded_dead", "nik", home.id)
    correct = CorrectMember(
        household_id=other, person_id=with_nik, nik=a_nik(500), source=Source.OPERATOR, match=AGREES
    )
    assert refused(desk, correct) == ("recorded_dead", "nik", home.id)
    assert desk.propose(9, [a_nik(501)]), "who lived when the family left may be proposed again"


def test_a_row_of_a_file_is_answered_alike(home: Home) -> None:
    report = home.parts.intake.household(3, a_family(3, [a_nik(33), a_nik(500)]))
    home.parts.decide(report)
    outcome = home.parts.outcomes()[report.event_id]
    assert (outcome.code, outcome.holder) == ("recorded_dead", home.id)
    assert household_id(3) not in home.parts.claims().values()


def test_who_is_in_two_reports_of_one_batch_is_dead_in_both(home: Home) -> None:
    both = [home.parts.intake.household(row, a_family(row, [a_nik(500)])) for row in (3, 4)]
    home.parts.decide(*both)
    assert [home.parts.outcome(one) for one in both] == ["recorded_dead"] * 2


def test_a_death_that_is_taken_back_frees_them_and_they_are_the_person_they_were(home: Home) -> None:
    assert home.told(0, back=True) == "accepted"
    assert home.state is State.DEACTIVATED
    again = home.desk.propose(8, [a_nik(500)])
    assert list(home.desk.household(again).members) == home.people[:1]


def test_a_household_that_is_taken_up_again_holds_its_dead_as_before(home: Home) -> None:
    back = ReactivateHousehold(household_id=home.id)
    assert home.desk.codes(home.desk.send(back, OFFICE)) == ["accepted"]
    anew = ProposeHousehold(household=a_family(8, [a_nik(500)]))
    assert refused(home.desk, anew)[0] == "duplicate_in_register"
    assert home.told(0, back=True) == "accepted"
    leaves(home)
    assert home.desk.propose(8, [a_nik(500)])


def test_who_dies_after_the_family_has_left_is_dead_too(home: Home) -> None:
    assert home.told(1) == "accepted"
    assert refused(home.desk, ProposeHousehold(household=a_family(8, [a_nik(501)])))[0] == "recorded_dead"


def test_whoever_looked_before_the_death_was_told_does_not_enter_them(home: Home) -> None:
    proposal = opened(
        UUID(int=5), a_family(8, [a_nik(501)]), NIK_HASH_KEY, regency="3318", occurred_on=date(2026, 3, 10)
    )
    with home.parts.database.transaction() as connection:
        entering = admitted(proposal, claims.standing(connection, [keyed_hash(NIK_HASH_KEY, a_nik(501))]))
        assert isinstance(entering, Proposal)
    assert home.told(1) == "accepted"
    with pytest.raises(ClaimRaceError), home.parts.database.transaction() as connection:
        take(connection, [entering])


def test_of_a_corrected_nik_the_new_one_is_the_dead_person_s_and_the_old_one_free(parts: Parts) -> None:
    home = Home(parts, family((HEAD, 1970), (WIFE, 1975)))
    home.told(0)
    correct = CorrectMember(
        household_id=home.id, person_id=home.people[0], nik=a_nik(99), source=Source.OPERATOR, match=AGREES
    )
    assert home.desk.codes(home.desk.send(correct, OPERATOR)) == ["accepted"]
    leaves(home)
    assert refused(home.desk, ProposeHousehold(household=a_family(8, [a_nik(99)])))[0] == "recorded_dead"
    assert home.desk.propose(9, [a_nik(500)])


def test_the_nik_of_who_has_died_is_replaced_and_never_emptied(parts: Parts) -> None:
    home = Home(parts, family((HEAD, 1970), (WIFE, 1975)))
    of: dict[str, Any] = {"household_id": home.id, "person_id": home.people[0], "source": Source.OPERATOR}
    emptied = CorrectMember(**of, nik=None)
    reported = ReportDeath(household_id=home.id, person_id=home.people[0], occurred_on=ON, note="surat")
    assert home.desk.codes(home.desk.send(reported, OPERATOR)) == ["accepted"]
    assert refused(home.desk, emptied) == ("death_already_reported", "nik", None)
    home.told(0)
    before = claimed(parts)
    assert refused(home.desk, emptied) == ("nik_of_the_dead", "nik", None)
    assert claimed(parts) == before
    asked = home.desk.commands.identity(
        IdentityQuestion(role=OPERATOR[0], region=VILLAGE, command=CorrectMember(**of, nik=a_nik(99)))
    )
    assert isinstance(asked, IdentityToMatch)
    assert asked.died, "so the civil registry may have them dead as well"

    assert home.desk.codes(home.desk.send(CorrectMember(**of, nik=a_nik(99), match=AGREES), OPERATOR)) == ["accepted"]
    assert home.desk.propose(9, [a_nik(500)]), "the wrong one is free at once"
    assert refused(home.desk, ProposeHousehold(household=a_family(8, [a_nik(99)])))[0] == "duplicate_in_register"
    held = claimed(parts)
    rebuilt(parts)
    assert claimed(parts) == held

    assert home.told(0, back=True) == "accepted"
    assert home.desk.codes(home.desk.send(emptied, OPERATOR)) == ["accepted"], "of who lives it may be emptied"


def claimed(parts: Parts) -> list[tuple[Any, ...]]:
    with parts.database.transaction() as connection:
        return connection.execute("SELECT * FROM person_claim ORDER BY nik_hash").fetchall()


def rebuilt(parts: Parts) -> None:
    """The claims and the dead are read anew from the store."""
    with parts.database.transaction() as connection:
        connection.execute("DELETE FROM person_claim")
        connection.execute("DELETE FROM person_death")
        recorded(parts.read(HOUSEHOLD_EVENTS.name), parts.keyring).apply(connection)


def test_the_nik_of_a_second_record_is_the_dead_person_s(parts: Parts) -> None:
    home = Home(parts, a_family(1, [None, a_nik(2)]))
    second = home.desk.propose(2, [a_nik(20), a_nik(21)])
    merge = MergeMembers(
        household_id=home.id,
        person_id=home.people[0],
        duplicate_in=second,
        duplicate=next(iter(home.desk.household(second).members)),
    )
    assert home.desk.codes(home.desk.send(merge, OFFICE)) == ["accepted"]
    home.told(0)
    leaves(home)
    assert refused(home.desk, ProposeHousehold(household=a_family(8, [a_nik(20)])))[0] == "recorded_dead"


def test_who_came_back_from_a_family_that_had_left_is_dead_only_where_they_died(parts: Parts) -> None:
    old = Home(parts, a_family(1, [a_nik(1), a_nik(2)]))
    leave = WithdrawHousehold(household_id=old.id, reason=WithdrawReason.FAMILY_REQUEST)
    assert old.desk.codes(old.desk.send(leave, OPERATOR)) == ["accepted"]
    new = Home(parts, a_family(2, [a_nik(1), a_nik(3)]))
    assert old.told(0) == "accepted"
    assert the_dead(parts) == [(new.id, old.people[0])]
    leaves(new)
    assert refused(new.desk, ProposeHousehold(household=a_family(8, [a_nik(1)])))[2] == new.id
    assert old.desk.propose(9, [a_nik(2)])


def test_the_dead_rebuilt_in_any_order_and_by_the_migration_are_those_that_stand(home: Home) -> None:
    lives = Home(home.parts, a_family(2, [a_nik(1), a_nik(2)]))
    lives.told(0)
    lives.told(1)
    lives.told(0, back=True)
    before = the_dead(home.parts)
    assert before == sorted([(home.id, home.people[0]), (lives.id, lives.people[1])])
    events = home.parts.read(HOUSEHOLD_EVENTS.name)
    for order in (1, -1):
        with home.parts.database.transaction() as connection:
            connection.execute("DELETE FROM person_claim")
            connection.execute("DELETE FROM person_death")
            for shard in sorted({event.shard for event in events})[::order]:
                recorded([one for one in events if one.shard == shard], home.parts.keyring).apply(connection)
        assert the_dead(home.parts) == before
    migration = files("padan_household.migrations").joinpath("0060_deaths.sql").read_text()
    with home.parts.database.transaction() as connection:
        connection.execute("DELETE FROM person_death")
        connection.execute(migration[migration.index("INSERT INTO person_death") :].encode())
    assert the_dead(home.parts) == before
    assert refused(home.desk, ProposeHousehold(household=a_family(8, [a_nik(500)])))[1:] == (
        "household.members.0.nik",
        home.id,
    )
    assert home.desk.codes(home.desk.send(WithdrawHousehold(
        household_id=lives.id, reason=WithdrawReason.FAMILY_REQUEST), ("village_operator", VILLAGE)
    )) == ["accepted"]  # fmt: skip
    assert home.desk.propose(9, [a_nik(1)])
