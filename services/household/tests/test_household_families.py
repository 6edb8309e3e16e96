"""Who belongs to which household: members are added, families part and join, heads and caretakers follow."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from household_desk import OFFICE, VILLAGE, Desk
from household_given import NIK_HASH_KEY, Parts, a_family, a_nik
from padan_events import SHARDS, Event, decode
from padan_events.commands import CommandAccepted, CommandOutcome, CommandRefused, ProposeHousehold
from padan_events.commands.cases import ReactivateHousehold, WithdrawHousehold
from padan_events.commands.corrections import CorrectMember
from padan_events.commands.dying import ReportDeath
from padan_events.commands.families import (
    AddMember,
    Joining,
    MergeHouseholds,
    SetCaretaker,
    SetHead,
    SplitHousehold,
    TransferMembers,
)
from padan_events.families import AddReason, HeadChanged, Split, TransferReason
from padan_events.household import Proposed
from padan_events.personal import Relationship, ReportedMember, Source
from padan_events.states import State
from padan_events.tiers import Deactivated, WithdrawReason
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_household.claims.changes import recorded
from padan_household.claims.repository import ClaimRaceError, release, secure, standing
from padan_household.domain.claim import Claim
from padan_runtime import log
from padan_runtime.sealing import keyed_hash

OPERATOR = ("village_operator", VILLAGE)
CHILD, WIFE, HEAD = Relationship.CHILD, Relationship.WIFE, Relationship.HEAD


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts)


def members(desk: Desk, household_id: UUID) -> list[UUID]:
    return list(desk.household(household_id).members)


def accepted(outcome: CommandOutcome) -> CommandAccepted:
    assert isinstance(outcome, CommandAccepted), outcome
    return outcome


def refused(outcome: CommandOutcome) -> tuple[str, str | None]:
    assert isinstance(outcome, CommandRefused), outcome
    return outcome.faults[0].code, outcome.faults[0].field


def events(desk: Desk) -> list[Event]:
    with desk.parts.database.transaction() as connection:
        heads = dict.fromkeys(range(SHARDS), 0)
        return log.read_after(connection, HOUSEHOLD_EVENTS.name, "/padan/household", heads, 1_000)


def claim_of(desk: Desk, nik: str) -> Claim:
    nik_hash = keyed_hash(NIK_HASH_KEY, nik)
    with desk.parts.database.transaction() as connection:
        return standing(connection, [nik_hash])[nik_hash]


def newcomer(nik: str | None, relationship: Relationship = CHILD) -> ReportedMember:
    return ReportedMember(name="Anak Baru", nik=nik, birth_date=date(2026, 3, 1), relationship=relationship)


def birth(household_id: UUID, nik: str | None) -> AddMember:
    return AddMember(household_id=household_id, member=newcomer(nik), reason=AddReason.BIRTH)


def parting(household_id: UUID, *who: tuple[UUID, Relationship], caretaker: UUID | None = None) -> SplitHousehold:
    joining = tuple(Joining(*one) for one in who)
    return SplitHousehold(
        household_id=household_id,
        members=joining,
        caretaker=caretaker or joining[0].person_id,
        family_card_number="3318010101200009",
        address="Jalan Baru 1",
    )


def taking(desk: Desk, origin: UUID, to: UUID, *who: UUID) -> CommandOutcome:
    joining = tuple(Joining(one, WIFE) for one in who)
    command = TransferMembers(household_id=to, origin=origin, members=joining, reason=TransferReason.MARRIAGE)
    return desk.send(command, OPERATOR)


def test_a_child_is_born_into_a_family_and_its_nik_belongs_there(desk: Desk) -> None:
    household = desk.propose(1)
    accepted(desk.send(birth(household, a_nik(900)), OPERATOR))
    child = members(desk, household)[-1]
    assert desk.household(household).members[child].birth_year == 2026
    assert claim_of(desk, a_nik(900)) == Claim(keyed_hash(NIK_HASH_KEY, a_nik(900)), child, household, 1)
    accepted(desk.send(birth(household, None), OPERATOR))
    assert len(desk.household(household).living) == 6


def test_whoever_another_family_holds_is_not_added_and_its_holder_is_kept(desk: Desk) -> None:
    first, second = desk.propose(1), desk.propose(2)
    outcome = desk.send(birth(second, a_nik(4)), OPERATOR)
    assert refused(outcome) == ("duplicate_in_register", "member.nik")
    assert isinstance(outcome, CommandRefused)
    assert outcome.holder == first
    accepted(desk.send(WithdrawHousehold(household_id=first, reason=WithdrawReason.FAMILY_REQUEST), OPERATOR))
    before = claim_of(desk, a_nik(4))
    accepted(desk.send(birth(second, a_nik(4)), OPERATOR))
    after = claim_of(desk, a_nik(4))
    assert (after.person_id, after.membership_seq, after.household_id) == (before.person_id, 2, second)
    refusal = desk.send(ReactivateHousehold(household_id=first), OFFICE)
    assert refused(refusal) == ("duplicate_in_register", None)


def test_part_of_a_family_becomes_a_household_of_its_own_in_the_same_state(desk: Desk) -> None:
    origin = desk.propose(1)
    assert desk.deliberate(origin) == ["accepted"]
    people = members(desk, origin)
    command = parting(origin, (people[1], HEAD), (people[2], CHILD))
    outcome = accepted(desk.send(command, OPERATOR, key="split"))
    (new,) = {UUID(event.key) for event in events(desk)} - {origin}
    assert {event.household_id for event in outcome.events} == {origin, new}  # so the sender learns its id
    household = desk.household(new)
    assert household.state is State.DELIBERATED
    assert household.case == desk.household(origin).case
    assert (household.head, household.caretaker) == (people[1], people[1])
    assert {person: member.membership_seq for person, member in household.members.items()} == {
        people[1]: 2,
        people[2]: 2,
    }
    assert desk.household(origin).living == (people[0], people[3])
    assert {(one.household_id, one.membership_seq) for one in (claim_of(desk, a_nik(i)) for i in (5, 6))} == {(new, 2)}
    assert claim_of(desk, a_nik(4)).household_id == origin
    assert desk.send(command, OPERATOR, key="split") == outcome
    assert desk.codes(desk.send(birth(new, a_nik(901)), OPERATOR)) == ["accepted"]


def test_a_split_leaves_somebody_behind_and_has_one_head_and_a_caretaker_of_its_own(desk: Desk) -> None:
    origin = desk.propose(1)
    one, two, three, four = members(desk, origin)
    everyone = [(one, HEAD), (two, CHILD), (three, CHILD), (four, CHILD)]
    before = desk.household(origin)
    assert refused(desk.send(parting(origin, *everyone), OPERATOR)) == ("nobody_stays", "members")
    assert refused(desk.send(parting(origin, (two, CHILD)), OPERATOR)) == ("head_unclear", "members")
    assert refused(desk.send(parting(origin, (two, HEAD), (three, HEAD)), OPERATOR))[0] == "head_unclear"
    stranger = refused(desk.send(parting(origin, (two, HEAD), caretaker=one), OPERATOR))
    assert stranger == ("caretaker_unknown", "caretaker")
    twice = refused(desk.send(parting(origin, (two, HEAD), (two, CHILD)), OPERATOR))
    assert twice == ("member_unknown", "members.1.person_id")
    assert refused(desk.send(parting(origin, (uuid4(), HEAD)), OPERATOR))[0] == "member_unknown"
    assert desk.household(origin) == before


def test_where_the_head_parts_the_next_by_rule_follows_and_receives_for_the_family(desk: Desk) -> None:
    origin = desk.propose(1)
    people = members(desk, origin)
    accepted(desk.send(parting(origin, (people[0], HEAD)), OPERATOR))
    household = desk.household(origin)
    assert (household.head, household.caretaker) == (people[1], people[1])  # the eldest child, of 39
    accepted(desk.send(SetHead(household_id=origin, person_id=people[2]), OPERATOR))
    accepted(desk.send(SetCaretaker(household_id=origin, person_id=people[2]), OPERATOR))
    household = desk.household(origin)
    assert (household.head, household.caretaker) == (people[2], people[2])
    again = desk.send(SetHead(household_id=origin, person_id=people[2]), OPERATOR)
    assert refused(again) == ("already_so", "person_id")
    gone = desk.send(SetHead(household_id=origin, person_id=people[0]), OPERATOR)
    assert refused(gone) == ("member_unknown", "person_id")
    accepted(desk.send(birth(origin, None), OPERATOR))
    baby = members(desk, origin)[-1]
    assert refused(desk.send(SetCaretaker(household_id=origin, person_id=baby), OPERATOR)) == ("under_age", "person_id")


def test_a_child_is_head_of_children_alone(desk: Desk) -> None:
    adult = a_family(1)
    born = [date(1980, 1, 1), date(2012, 1, 1), date(2014, 1, 1), None]
    members_ = tuple(
        msgspec.structs.replace(one, birth_date=on) for one, on in zip(adult.members, born, strict=True)
    )  # fmt: skip
    proposed = desk.send(ProposeHousehold(household=msgspec.structs.replace(adult, members=members_)), OPERATOR)
    assert isinstance(proposed, CommandAccepted)
    family = proposed.household_id
    parent, elder, younger, unknown = members(desk, family)
    accepted(desk.send(SetHead(household_id=family, person_id=unknown), OPERATOR))
    accepted(desk.send(SetHead(household_id=family, person_id=parent), OPERATOR))
    headless = CorrectMember(household_id=family, person_id=parent, source=Source.CITIZEN, relationship=None)
    accepted(desk.send(headless, OPERATOR))
    named = CorrectMember(household_id=family, person_id=elder, source=Source.CITIZEN, relationship=HEAD)
    assert refused(desk.send(named, OPERATOR)) == ("head_under_age", "relationship")
    child = desk.send(SetHead(household_id=family, person_id=elder), OPERATOR)
    assert refused(child) == ("head_under_age", "person_id")
    together = parting(family, (elder, HEAD), (parent, CHILD), caretaker=parent)
    assert refused(desk.send(together, OPERATOR)) == ("head_under_age", "members")
    desk.parts.decide(desk.parts.intake.death(family, parent, date(2026, 2, 1)))
    accepted(desk.send(SetHead(household_id=family, person_id=younger), OPERATOR))
    accepted(desk.send(SetHead(household_id=family, person_id=elder), OPERATOR))


def test_who_marries_into_another_family_is_held_by_that_one_alone_and_may_return(desk: Desk) -> None:
    origin, to = desk.propose(1), desk.propose(2)
    bride = members(desk, origin)[1]
    accepted(taking(desk, origin, to, bride))
    assert bride not in desk.household(origin).members
    assert desk.household(to).members[bride].membership_seq == 2
    assert claim_of(desk, a_nik(5)) == Claim(keyed_hash(NIK_HASH_KEY, a_nik(5)), bride, to, 2)
    assert refused(taking(desk, origin, to, bride)) == ("member_unknown", "members.0.person_id")
    accepted(taking(desk, to, origin, bride))
    assert desk.household(origin).members[bride].membership_seq == 3
    assert claim_of(desk, a_nik(5)).household_id == origin
    assert refused(taking(desk, origin, origin, bride)) == ("same_household", "origin")
    assert refused(taking(desk, uuid4(), to, bride)) == ("household_unknown", "origin")
    assert refused(taking(desk, to, origin, *members(desk, to))) == ("nobody_stays", "members")


def test_the_village_that_takes_in_or_an_office_over_both_moves_people(desk: Desk) -> None:
    origin, to = desk.propose(1), desk.propose(2)
    command = TransferMembers(
        household_id=to,
        origin=origin,
        members=(Joining(members(desk, origin)[1], WIFE),),
        reason=TransferReason.ADOPTION,
    )
    elsewhere = "3318042008"
    assert refused(desk.send(command, ("village_operator", elsewhere))) == ("region_forbidden", None)
    assert refused(desk.send(command, ("social_office", "3319"))) == ("region_forbidden", None)
    assert refused(desk.send(command, ("district_officer", "331804"))) == ("role_forbidden", None)
    accepted(desk.send(command, OFFICE))


def test_a_village_takes_nobody_out_of_another_regency_by_itself(desk: Desk) -> None:
    origin, there = desk.propose(1), ("village_operator", "3374012003")
    family = msgspec.structs.replace(a_family(2, [a_nik(20), a_nik(21)]), village="3374012003")
    taken_in = desk.send(ProposeHousehold(household=family), there)
    assert isinstance(taken_in, CommandAccepted)
    command = TransferMembers(
        household_id=taken_in.household_id,
        origin=origin,
        members=(Joining(members(desk, origin)[1], WIFE),),
        reason=TransferReason.MARRIAGE,
    )
    assert refused(desk.send(command, there)) == ("origin_elsewhere", "origin")
    assert refused(desk.send(command, ("social_office", "3374"))) == ("region_forbidden", None)
    accepted(desk.send(command, ("social_office", "33")))


def test_two_families_become_one_and_the_other_leaves_the_register(desk: Desk) -> None:
    stays, goes = desk.propose(1), desk.propose(2)
    joined = members(desk, goes)
    command = MergeHouseholds(household_id=stays, absorbed=goes, members=(Joining(joined[0], Relationship.PARENT),))
    assert refused(desk.send(command, OPERATOR)) == ("role_forbidden", None)
    accepted(desk.send(command, OFFICE))
    assert set(joined) <= set(desk.household(stays).members)
    assert (desk.state(goes), desk.household(goes).members) == (State.DEACTIVATED, {})
    for index in range(3):
        claim = claim_of(desk, a_nik(8 + index))
        assert (claim.household_id, claim.membership_seq, claim.released) == (stays, 2, False)
    assert refused(desk.send(birth(goes, None), OPERATOR)) == ("household_closed", None)


def test_claims_are_the_same_whichever_side_of_a_transfer_is_read_first(desk: Desk) -> None:
    first, second, third = desk.propose(1), desk.propose(2), desk.propose(3)
    people = members(desk, first)
    accepted(taking(desk, first, second, people[1]))
    accepted(taking(desk, second, third, people[1]))
    accepted(desk.send(parting(first, (people[2], HEAD)), OPERATOR))
    accepted(desk.send(MergeHouseholds(household_id=third, absorbed=second), OFFICE))
    live = table(desk)
    by_shard: dict[int, list[Event]] = {}
    for event in events(desk):
        by_shard.setdefault(event.shard, []).append(event)
    assert len(by_shard) > 1
    for order in (sorted(by_shard), sorted(by_shard, reverse=True)):
        for batch in ([by_shard[shard] for shard in order], [[event for shard in order for event in by_shard[shard]]]):
            assert rebuilt(desk, batch) == live


def table(desk: Desk) -> list[tuple[object, ...]]:
    with desk.parts.database.transaction() as connection:
        return connection.execute("SELECT * FROM person_claim ORDER BY nik_hash").fetchall()


def rebuilt(desk: Desk, batches: Iterable[list[Event]]) -> list[tuple[object, ...]]:
    with desk.parts.database.transaction() as connection:
        connection.execute("DELETE FROM person_claim")
    for batch in batches:
        changes = recorded(batch, desk.parts.keyring)
        with desk.parts.database.transaction() as connection:
            changes.apply(connection)
    return table(desk)


def test_who_is_said_to_have_died_goes_nowhere_until_that_is_settled(desk: Desk) -> None:
    origin, to = desk.propose(1), desk.propose(2)
    person = members(desk, origin)[1]
    told = ReportDeath(household_id=origin, person_id=person, occurred_on=date(2026, 3, 9), note="dikubur kemarin")
    accepted(desk.send(told, OPERATOR))
    reported = ("death_already_reported", "members.0.person_id")
    assert refused(taking(desk, origin, to, person)) == reported
    assert refused(desk.send(parting(origin, (person, HEAD)), OPERATOR)) == reported
    merge = MergeHouseholds(household_id=to, absorbed=origin)
    assert refused(desk.send(merge, OFFICE)) == ("death_already_reported", "absorbed")
    desk.now += timedelta(days=31)
    assert desk.deadlines.fire() == 1
    accepted(taking(desk, origin, to, person))


def test_the_sides_of_a_split_name_each_other(desk: Desk) -> None:
    origin = desk.propose(1)
    people = members(desk, origin)
    accepted(desk.send(parting(origin, (people[0], HEAD)), OPERATOR))
    told = [decode(event.type, event.value) for event in events(desk)]
    (parted,) = [one for one in told if isinstance(one, Split)]
    (entered,) = [one for one in told if isinstance(one, Proposed) and one.split_from is not None]
    assert entered.split_from is not None
    assert (entered.split_from.household_id, entered.split_from.transfer_id) == (origin, parted.transfer_id)
    assert parted.into == entered.household_id
    assert [one.head for one in told if isinstance(one, HeadChanged)] == [people[1]]
    assert not [one for one in told if isinstance(one, Deactivated)]


def test_a_nik_that_others_took_and_left_since_it_was_looked_at_is_decided_anew(desk: Desk) -> None:
    household = desk.propose(1)
    stale = Claim(keyed_hash(NIK_HASH_KEY, a_nik(4)), uuid4(), uuid4(), 1)
    with desk.parts.database.transaction() as connection:
        connection.execute("UPDATE person_claim SET membership_seq = 2")
        release(connection, [household])
        with pytest.raises(ClaimRaceError):
            secure(connection, [stale])
        secure(connection, [msgspec.structs.replace(stale, membership_seq=3)])
