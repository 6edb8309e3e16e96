"""A whole family moves: within its regency at once, to another one with release and acceptance."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from dying_given import Home
from household_desk import OFFICE, VILLAGE, Desk
from household_given import NIK_HASH_KEY, Parts, a_family, a_nik
from padan_events.commands import Command, CommandAccepted, CommandOutcome, CommandRefused
from padan_events.commands.cases import WithdrawHousehold
from padan_events.commands.corrections import CorrectHousehold
from padan_events.commands.families import Joining, SplitHousehold
from padan_events.commands.relocations import (
    AcceptRelocation,
    Address,
    CancelRelocation,
    ObjectRelocation,
    RefuseRelocation,
    ReleaseRelocation,
    RelocateHousehold,
    RequestRelocation,
)
from padan_events.personal import HouseholdIdentity, Relationship, Source
from padan_events.relocations import MoveRefusal, RelocationAccepted, RelocationExpired, RelocationRequested
from padan_events.states import State
from padan_events.tiers import WithdrawReason
from padan_household.commands.opening import open_households
from padan_runtime.sealing import keyed_hash

OPERATOR, NEIGHBOUR = ("village_operator", VILLAGE), ("village_operator", "3318042008")
THERE, THERE_OFFICE = ("village_operator", "3374012003"), ("social_office", "3374")
CARD = "3374010101260001"


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts)


def home(desk: Desk, household_id: UUID) -> HouseholdIdentity:
    """Where it lives, opened from its newest block."""
    with desk.parts.database.transaction() as connection:
        found = open_households(
            connection, desk.parts.register, desk.parts.keyring, [household_id], household_id, members=False
        ).known[household_id]
    assert found.home is not None
    return found.home


def outcome_of(outcome: CommandOutcome) -> str:
    if isinstance(outcome, CommandRefused):
        return outcome.faults[0].code
    assert isinstance(outcome, CommandAccepted)
    return "accepted"


def send(desk: Desk, command: Command, who: tuple[str, str]) -> str:
    return outcome_of(desk.send(command, who))


def to(village: str, card: str | None = None) -> Address:
    return Address(village=village, address="Jalan Tujuan 5", rt="003", rw="004", family_card_number=card)


def moving(desk: Desk, household_id: UUID) -> None:
    """Requested and released."""
    assert send(desk, RequestRelocation(household_id=household_id, to=to(THERE[1])), OPERATOR) == "accepted"
    assert send(desk, ReleaseRelocation(household_id=household_id), OFFICE) == "accepted"


def facts(desk: Desk, kind: type) -> list[object]:
    return [data for _, data in desk.parts.facts() if isinstance(data, kind)]


def test_a_move_within_the_regency_holds_at_once_and_keeps_card_and_state(desk: Desk) -> None:
    household = desk.propose(1)
    desk.deliberate(household)
    before = home(desk, household)
    assert send(desk, RelocateHousehold(household_id=household, to=to("3318042008")), OPERATOR) == "accepted"
    after = home(desk, household)
    assert (after.village, after.address, after.rt) == ("3318042008", "Jalan Tujuan 5", "003")
    assert after.family_card_hash == before.family_card_hash
    assert desk.state(household) is State.DELIBERATED
    assert send(desk, RelocateHousehold(household_id=household, to=to("3318042008")), OPERATOR) == "region_forbidden"
    assert send(desk, RelocateHousehold(household_id=household, to=to("3318042008")), NEIGHBOUR) == "same_place"
    assert send(desk, RelocateHousehold(household_id=household, to=to("3374012003")), NEIGHBOUR) == "other_regency"


def test_the_destination_objects_within_fourteen_days_and_the_family_is_back(desk: Desk) -> None:
    first, second = desk.propose(1), desk.propose(2)
    before = home(desk, first)
    objection = ObjectRelocation(household_id=first, reason=MoveRefusal.NOT_ARRIVED, note="tidak ada")
    assert send(desk, objection, OPERATOR) == "no_move_open"
    for household in (first, second):
        assert send(desk, RelocateHousehold(household_id=household, to=to("3318042008")), OPERATOR) == "accepted"
    assert send(desk, objection, OPERATOR) == "region_forbidden"
    assert send(desk, objection, NEIGHBOUR) == "accepted"
    assert home(desk, first) == before
    assert send(desk, objection, OPERATOR) == "no_move_open"
    desk.now += timedelta(days=14, seconds=1)
    late = ObjectRelocation(household_id=second, reason=MoveRefusal.NOT_ARRIVED)
    assert send(desk, late, NEIGHBOUR) == "objection_late"
    assert home(desk, second).village == "3318042008"


@pytest.mark.parametrize("corrected", [True, False])
def test_a_card_that_was_corrected_since_the_move_is_not_undone_by_an_objection(desk: Desk, corrected: bool) -> None:
    household, village = desk.propose(1), "3318042008"
    before, right = home(desk, household), "3318010101260005"
    moved = RelocateHousehold(household_id=household, to=to(village, "3318010101260004"))
    assert send(desk, moved, OPERATOR) == "accepted"
    correction = CorrectHousehold(household_id=household, source=Source.CITIZEN, address="Jalan Benar 5")
    if corrected:
        correction = msgspec.structs.replace(correction, family_card_number=right)
    assert send(desk, correction, NEIGHBOUR) == "accepted"
    objection = ObjectRelocation(household_id=household, reason=MoveRefusal.NOT_ARRIVED)
    assert send(desk, objection, NEIGHBOUR) == "accepted"
    after = home(desk, household)
    if corrected:
        card_hash = keyed_hash(NIK_HASH_KEY, f"kk:{right}").hex()
        before = msgspec.structs.replace(before, family_card_number=right, family_card_hash=card_hash)
    assert after == before


def test_a_move_to_another_regency_is_released_and_accepted_and_until_then_the_origin_holds_all(desk: Desk) -> None:
    household = desk.propose(1)
    before, people = home(desk, household), desk.household(household).members.keys()
    request = RequestRelocation(household_id=household, to=to(THERE[1]))
    accept = AcceptRelocation(household_id=household, family_card_number=CARD)
    assert send(desk, RequestRelocation(household_id=household, to=to("3318042008")), OPERATOR) == "same_regency"
    assert send(desk, request, THERE) == "region_forbidden"
    assert send(desk, accept, THERE) == "region_forbidden"
    assert send(desk, request, OPERATOR) == "accepted"
    assert send(desk, request, OPERATOR) == "move_open"
    assert send(desk, accept, THERE) == "not_released"
    assert send(desk, ReleaseRelocation(household_id=household), THERE_OFFICE) == "region_forbidden"
    assert send(desk, ReleaseRelocation(household_id=household), OFFICE) == "accepted"
    assert (home(desk, household), desk.household(household).regency) == (before, "3318")
    assert send(desk, accept, ("village_operator", "3374012004")) == "region_forbidden"
    assert send(desk, accept, OPERATOR) == "region_forbidden"
    assert send(desk, accept, THERE) == "accepted"
    after, moved = home(desk, household), desk.household(household)
    assert (after.village, moved.regency, moved.relocation) == (THERE[1], "3374", None)
    assert after.family_card_hash == keyed_hash(NIK_HASH_KEY, "kk:" + CARD).hex()
    assert moved.members.keys() == people
    assert send(desk, accept, THERE) == "no_move_open"
    assert desk.due() == []
    (told,) = facts(desk, RelocationRequested)
    assert isinstance(told, RelocationRequested)
    assert THERE[1].encode() not in told.destination  # the village is part of the address: sealed
    assert [one.from_regency for one in facts(desk, RelocationAccepted) if isinstance(one, RelocationAccepted)] == [
        "3318"
    ]


def test_the_destination_refuses_or_the_origin_cancels_and_all_is_as_before(desk: Desk) -> None:
    household = desk.propose(1)
    before = home(desk, household)
    refuse = RefuseRelocation(household_id=household, reason=MoveRefusal.NOT_RESIDENT, note="bukan warga")
    moving(desk, household)
    assert send(desk, refuse, OPERATOR) == "region_forbidden"
    assert send(desk, refuse, THERE_OFFICE) == "accepted"
    assert send(desk, CancelRelocation(household_id=household), OPERATOR) == "no_move_open"
    moving(desk, household)
    assert send(desk, CancelRelocation(household_id=household), OPERATOR) == "accepted"
    assert (home(desk, household), desk.household(household).relocation) == (before, None)
    assert desk.due() == []


def test_a_move_that_nobody_decides_on_goes_back_to_the_origin(desk: Desk) -> None:
    household = desk.propose(1)
    before = home(desk, household)
    assert send(desk, RequestRelocation(household_id=household, to=to(THERE[1])), OPERATOR) == "accepted"
    desk.now += timedelta(days=29)
    assert send(desk, ReleaseRelocation(household_id=household), OFFICE) == "accepted"
    desk.now += timedelta(days=29)
    assert desk.deadlines.fire() == 0  # the destination has 30 days of its own
    desk.now += timedelta(days=1)
    assert desk.deadlines.fire() == 1
    assert len(facts(desk, RelocationExpired)) == 1
    assert (home(desk, household), desk.household(household).relocation, desk.due()) == (before, None, [])
    assert send(desk, AcceptRelocation(household_id=household), THERE) == "region_forbidden"


def test_families_do_not_part_while_a_move_is_open_and_one_that_leaves_the_register_moves_no_more(desk: Desk) -> None:
    household = desk.propose(1)
    moving(desk, household)
    child = list(desk.household(household).members)[1]
    part = SplitHousehold(household_id=household, members=(Joining(child, Relationship.HEAD),), caretaker=child)
    assert send(desk, part, OPERATOR) == "move_open"
    gone = WithdrawHousehold(household_id=household, reason=WithdrawReason.FAMILY_REQUEST)
    assert send(desk, gone, OPERATOR) == "accepted"
    assert send(desk, AcceptRelocation(household_id=household), THERE) == "household_closed"
    assert desk.due() == []


def test_whoever_decides_on_a_move_has_the_whole_time_again_once_the_family_is_back(parts: Parts) -> None:
    """Whose only member had died and lives after all. A household that the office takes up again moves no more."""
    family = Home(parts, a_family(1, [a_nik(1)]))
    desk = family.desk
    moving(desk, family.id)
    assert family.told(0) == "accepted"
    desk.now += timedelta(days=40)
    assert desk.deadlines.fire() == 0
    parts.intake.time = desk.now
    assert family.told(0, back=True) == "accepted"
    assert desk.household(family.id).move_open
    assert desk.deadlines.fire() == 0, "what nobody could decide on has not come due"
    (until,) = (due_at for _, due_at in desk.due())
    assert desk.now + timedelta(days=30) <= until <= desk.now + timedelta(days=31)
    desk.now += timedelta(days=29)
    assert send(desk, AcceptRelocation(household_id=family.id), THERE) == "accepted"
    assert home(desk, family.id).village == THERE[1]


def test_a_time_that_is_longer_anyway_stays_as_it_is(parts: Parts) -> None:
    family = Home(parts, a_family(1, [a_nik(1)]))
    moving(family.desk, family.id)
    before = family.desk.due()
    parts.intake.time = family.desk.now - timedelta(days=60)  # the report came late
    family.told(0)
    family.told(0, back=True)
    assert family.desk.due() == before
