"""A person recorded twice becomes one; where that was an error, two again. One NIK, one person, at every step."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from household_desk import OFFICE, VILLAGE, Desk
from household_given import NIK_HASH_KEY, Parts, a_family, a_nik
from padan_events import decode
from padan_events.commands import Command, CommandAccepted, CommandRefused, ProposeHousehold
from padan_events.commands.cases import DeactivateHousehold, ReactivateHousehold
from padan_events.commands.corrections import CorrectMember, LinkIdentity
from padan_events.commands.duplicates import MergeMembers, UnmergeMembers
from padan_events.commands.dying import ReportDeath
from padan_events.commands.families import Joining, TransferMembers
from padan_events.commands.relocations import Address, RequestRelocation
from padan_events.duplicates import DuplicateMerged, Unmerged
from padan_events.effects import NOBODY
from padan_events.families import CaretakerChanged, HeadChanged, TransferReason
from padan_events.intake import Accepted
from padan_events.personal import Agreement, Match, Relationship, Source
from padan_events.states import State
from padan_events.tiers import Deactivated, DeactivateReason, Reactivated
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_household.claims.changes import recorded
from padan_household.claims.repository import standing
from padan_household.commands.opening import open_households
from padan_household.domain.asked import Person
from padan_household.domain.claim import Claim
from padan_runtime.sealing import keyed_hash

OPERATOR = ("village_operator", VILLAGE)
AGREES = Match(
    request_id="asked", matched_at="2026-03-10T04:00:00+00:00", civil_status="active",
    agreement=Agreement(nik=True, name=True, birth_date=True, sex=True),
)  # fmt: skip


@dataclass
class Record:
    """A record of a person: where it stands, and whose it is."""

    household: UUID
    person: UUID


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts)


def told(desk: Desk, command: Command, who: tuple[str, str] = OFFICE) -> tuple[str, str | None]:
    outcome = desk.send(command, who)
    if isinstance(outcome, CommandRefused):
        return outcome.faults[0].code, outcome.faults[0].field
    assert isinstance(outcome, CommandAccepted), outcome
    return "accepted", None


OK = ("accepted", None)


def record(desk: Desk, household: UUID, index: int = 0) -> Record:
    return Record(household, list(desk.household(household).members)[index])


def merging(kept: Record, gone: Record) -> MergeMembers:
    return MergeMembers(
        household_id=kept.household, person_id=kept.person, duplicate_in=gone.household, duplicate=gone.person
    )


def parting(kept: Record, gone: Record) -> UnmergeMembers:
    return UnmergeMembers(
        household_id=kept.household, person_id=kept.person, duplicate_in=gone.household, duplicate=gone.person
    )


def claim_of(desk: Desk, nik: str) -> Claim:
    nik_hash = keyed_hash(NIK_HASH_KEY, nik)
    with desk.parts.database.transaction() as connection:
        return standing(connection, [nik_hash])[nik_hash]


def holder(desk: Desk, nik: str) -> tuple[UUID, UUID, bool]:
    claim = claim_of(desk, nik)
    return claim.household_id, claim.person_id, claim.released


def person(desk: Desk, of: Record) -> Person:
    """What the newest blocks of a member say, opened."""
    with desk.parts.database.transaction() as connection:
        opened = open_households(
            connection, desk.parts.register, desk.parts.keyring, [of.household], of.household, members=True
        )
    return opened.known[of.household].persons[of.person]


def nik(desk: Desk, of: Record) -> str | None:
    identity = person(desk, of).identity
    assert identity is not None
    return identity.nik


def rebuilt(desk: Desk) -> None:
    """Claims that are made anew of the events, the shards in any order, are those that stand."""
    events, kept = desk.parts.read(HOUSEHOLD_EVENTS.name), "SELECT * FROM person_claim ORDER BY nik_hash"
    for order in (1, -1):
        with desk.parts.database.transaction() as connection:
            before = connection.execute(kept).fetchall()
            connection.execute("DELETE FROM person_claim")
            for shard in sorted({event.shard for event in events})[::order]:
                recorded([one for one in events if one.shard == shard], desk.parts.keyring).apply(connection)
            assert connection.execute(kept).fetchall() == before


def last(desk: Desk, count: int) -> list[Any]:
    facts = sorted(desk.parts.facts(), key=lambda one: one[0].time)
    return [data for _, data in facts[-count:]]


def test_a_nik_that_only_the_other_record_had_is_the_persons_from_then_on(desk: Desk) -> None:
    kept, gone = record(desk, desk.propose(1, [a_nik(1), None]), 1), record(desk, desk.propose(2, [a_nik(2), a_nik(3)]))
    other = record(desk, gone.household, 1)
    link = LinkIdentity(household_id=kept.household, person_id=kept.person, nik=a_nik(2), match=AGREES)
    assert told(desk, link, OPERATOR) == ("duplicate_in_register", "nik")
    assert told(desk, merging(kept, gone)) == OK
    assert holder(desk, a_nik(2)) == (kept.household, kept.person, False)
    assert nik(desk, kept) == a_nik(2)
    assert person(desk, kept).identity.sources == {"nik": Source.OPERATOR}  # type: ignore[union-attr]  # just opened
    left = desk.household(gone.household)
    assert (left.state, left.living) == (State.PROPOSED, (other.person,))
    assert (left.head, left.caretaker) == (other.person, other.person)
    here, there = (data for data in last(desk, 4) if isinstance(data, DuplicateMerged))
    assert here.transfer_id == there.transfer_id
    assert {(one.person_id, one.formerly) for one in (here, there)} == {(kept.person, gone.person)}
    gone_from = {left.to for one in (here, there) for left in one.effects().left}
    assert gone_from == {NOBODY}
    assert {type(one) for one in last(desk, 4)} == {DuplicateMerged, HeadChanged, CaretakerChanged}
    assert told(desk, link, OPERATOR) == ("identity_linked", "nik")
    assert desk.codes(desk.send(merging(kept, gone), OFFICE)) == ["member_unknown"]
    rebuilt(desk)


def test_the_same_key_is_answered_the_same_and_merges_once(desk: Desk) -> None:
    kept, gone = record(desk, desk.propose(1, [None, None])), record(desk, desk.propose(2))
    first = desk.send(merging(kept, gone), OFFICE, key="once")
    count = len(desk.parts.facts())
    assert desk.send(merging(kept, gone), OFFICE, key="once") == first
    assert len(desk.parts.facts()) == count
    assert isinstance(first, CommandAccepted)
    assert first.household_id == kept.household
    assert first.version == desk.household(kept.household).version


def test_a_household_of_which_nobody_else_is_left_leaves_the_register(desk: Desk) -> None:
    kept, gone = record(desk, desk.propose(1, [None])), record(desk, desk.propose(2, [a_nik(2)]))
    assert told(desk, merging(kept, gone)) == OK
    assert desk.state(gone.household) is State.DEACTIVATED
    (ended,) = (data for data in last(desk, 3) if isinstance(data, Deactivated))
    assert ended.reason is DeactivateReason.DUPLICATE_MERGED
    by_hand = DeactivateHousehold(household_id=kept.household, reason=DeactivateReason.DUPLICATE_MERGED)
    assert told(desk, by_hand) == ("reason_reserved", "reason")
    assert holder(desk, a_nik(2)) == (kept.household, kept.person, False)
    assert told(desk, ReactivateHousehold(household_id=gone.household)) == ("nobody_lives", None)
    assert holder(desk, a_nik(2)) == (kept.household, kept.person, False)
    rebuilt(desk)


def test_in_one_family_the_record_that_stays_is_head_and_caretaker(desk: Desk) -> None:
    household = desk.propose(1, [a_nik(1), None, a_nik(3)])
    gone, kept = record(desk, household), record(desk, household, 1)
    assert told(desk, merging(kept, gone)) == OK
    after = desk.household(household)
    assert (after.head, after.caretaker, len(after.living)) == (kept.person, kept.person, 2)
    assert holder(desk, a_nik(1)) == (household, kept.person, False)
    assert nik(desk, kept) == a_nik(1)
    (merged,) = (data for data in last(desk, 3) if isinstance(data, DuplicateMerged))
    assert merged.kept_in == merged.duplicate_in == household
    assert told(desk, parting(kept, gone)) == OK
    assert holder(desk, a_nik(1)) == (household, gone.person, False)
    assert (nik(desk, kept), nik(desk, gone)) == (None, a_nik(1))
    rebuilt(desk)


def test_what_cannot_be_one_person_or_is_not_settled_is_refused(desk: Desk) -> None:
    first, second = desk.propose(1, [a_nik(1), None, None]), desk.propose(2, [a_nik(5), None, None])
    kept, gone = record(desk, first, 1), record(desk, second)
    assert told(desk, merging(record(desk, first), gone)) == ("two_niks", "duplicate")
    assert told(desk, merging(kept, kept)) == ("same_person", "duplicate")
    assert told(desk, merging(kept, Record(uuid4(), gone.person))) == ("household_unknown", "duplicate_in")
    assert told(desk, merging(kept, Record(second, uuid4()))) == ("member_unknown", "duplicate")
    assert told(desk, merging(Record(first, gone.person), gone)) == ("same_person", "duplicate")
    assert told(desk, merging(Record(first, uuid4()), gone)) == ("member_unknown", "person_id")
    assert told(desk, merging(kept, gone), OPERATOR) == ("role_forbidden", None)
    assert told(desk, merging(kept, gone), ("social_office", "3319")) == ("region_forbidden", None)
    assert told(desk, parting(kept, gone)) == ("not_merged", "duplicate")
    claimed = ReportDeath(household_id=second, person_id=gone.person, occurred_on=date(2026, 3, 1), note="tetangga")
    assert told(desk, claimed, OPERATOR) == OK
    assert told(desk, merging(kept, gone)) == ("death_already_reported", "duplicate")
    desk.parts.decide(desk.parts.intake.death(second, gone.person, date(2026, 3, 1)))
    assert told(desk, merging(kept, gone)) == ("already_dead", "duplicate")
    assert told(desk, merging(record(desk, second, 1), Record(second, gone.person))) == ("already_dead", "duplicate")
    moves = RequestRelocation(household_id=second, to=Address(village="3374012003"))
    assert told(desk, moves, OPERATOR) == OK
    assert told(desk, merging(kept, record(desk, second, 1))) == ("move_open", "duplicate_in")
    ended = DeactivateHousehold(household_id=second, reason=DeactivateReason.ABROAD)
    assert told(desk, ended) == OK
    assert told(desk, merging(kept, record(desk, second, 1))) == ("household_closed", "duplicate_in")
    assert told(desk, merging(record(desk, second, 1), kept)) == ("household_closed", None)
    assert not desk.household(second).duplicates


def test_decided_in_error_they_are_two_people_again_and_the_household_stands(desk: Desk) -> None:
    kept, gone = record(desk, desk.propose(1, [None, a_nik(1)])), record(desk, desk.propose(2, [a_nik(2)]))
    desk.deliberate(gone.household)
    before = person(desk, gone)
    assert told(desk, merging(kept, gone)) == OK
    assert told(desk, parting(Record(kept.household, uuid4()), gone)) == ("not_merged", "duplicate")
    assert told(desk, parting(kept, gone), OPERATOR) == ("role_forbidden", None)
    assert told(desk, parting(kept, gone), ("social_office", "3319")) == ("region_forbidden", None)
    assert told(desk, parting(kept, gone)) == OK
    back = desk.household(gone.household)
    assert (back.state, back.living, back.duplicates) == (State.DELIBERATED, (gone.person,), {})
    assert person(desk, gone) == before
    assert (nik(desk, kept), holder(desk, a_nik(2))) == (None, (gone.household, gone.person, False))
    assert {type(one) for one in last(desk, 3)} == {Unmerged, Reactivated}
    assert told(desk, parting(kept, gone)) == ("not_merged", "duplicate")
    rebuilt(desk)
    assert told(desk, merging(gone, kept)) == OK
    assert desk.household(kept.household).living == (record(desk, kept.household).person,)
    rebuilt(desk)


def test_where_the_person_has_gone_on_the_nik_is_taken_from_them_there(desk: Desk) -> None:
    kept, gone = record(desk, desk.propose(1, [None, a_nik(1)])), record(desk, desk.propose(2, [a_nik(2), a_nik(3)]))
    third = desk.propose(3)
    assert told(desk, merging(kept, gone)) == OK
    goes = TransferMembers(
        household_id=third, origin=kept.household, reason=TransferReason.MARRIAGE,
        members=(Joining(kept.person, Relationship.WIFE),),
    )  # fmt: skip
    assert told(desk, goes) == OK
    assert told(desk, parting(kept, gone)) == ("member_unknown", "person_id")
    moved = Record(third, kept.person)
    assert told(desk, parting(moved, gone)) == OK
    assert holder(desk, a_nik(2)) == (gone.household, gone.person, False)
    assert (nik(desk, moved), nik(desk, gone)) == (None, a_nik(2))
    rebuilt(desk)


@pytest.mark.parametrize("taken", [False, True])
def test_a_nik_that_was_corrected_meanwhile_is_theirs_if_nobody_else_has_it(desk: Desk, taken: bool) -> None:
    kept, gone = record(desk, desk.propose(1, [None, a_nik(1)])), record(desk, desk.propose(2, [a_nik(2), a_nik(3)]))
    assert told(desk, merging(kept, gone)) == OK
    empty = CorrectMember(household_id=kept.household, person_id=kept.person, source=Source.OPERATOR, nik=None)
    assert told(desk, empty, OPERATOR) == OK
    other = record(desk, desk.propose(4, [a_nik(2)])) if taken else gone
    assert told(desk, parting(kept, gone)) == OK
    assert holder(desk, a_nik(2)) == (other.household, other.person, False)
    assert nik(desk, gone) == (None if taken else a_nik(2))
    rebuilt(desk)


def test_the_dead_of_a_household_that_was_merged_away_are_not_recorded_anew_and_it_may_stand_again(desk: Desk) -> None:
    kept, gone = record(desk, desk.propose(1, [None, a_nik(1)])), record(desk, desk.propose(2, [a_nik(2), a_nik(3)]))
    dead = record(desk, gone.household, 1)
    desk.parts.decide(desk.parts.intake.death(gone.household, dead.person, date(2026, 3, 1)))
    assert told(desk, merging(kept, gone)) == OK
    assert desk.state(gone.household) is State.DEACTIVATED
    refused = desk.send(ProposeHousehold(household=a_family(4, [a_nik(3)])), OPERATOR)
    assert isinstance(refused, CommandRefused)
    assert (refused.faults[0].code, refused.holder) == ("recorded_dead", gone.household)
    assert told(desk, parting(kept, gone)) == OK
    assert desk.household(gone.household).members[dead.person].died_on == date(2026, 3, 1)


def test_a_death_told_of_the_other_record_is_the_persons(desk: Desk) -> None:
    kept, gone = record(desk, desk.propose(1, [None, a_nik(1)])), record(desk, desk.propose(2, [a_nik(2), a_nik(3)]))
    report = desk.parts.intake.death(gone.household, gone.person, date(2026, 3, 1))
    assert told(desk, merging(kept, gone)) == OK
    desk.parts.decide(report)
    assert isinstance(desk.parts.outcomes()[report.event_id], Accepted)
    assert desk.household(kept.household).members[kept.person].died_on == date(2026, 3, 1)
    assert told(desk, parting(kept, gone)) == OK  # they are two; a reversal is another matter
    assert desk.household(gone.household).members[gone.person].died_on is None


def test_nothing_of_the_persons_is_in_the_clear(desk: Desk) -> None:
    kept, gone = record(desk, desk.propose(1, [None, a_nik(1)])), record(desk, desk.propose(2, [a_nik(2), a_nik(3)]))
    assert told(desk, merging(kept, gone)) == OK
    assert told(desk, parting(kept, gone)) == OK
    events = [event for event in desk.parts.read(HOUSEHOLD_EVENTS.name) if "merged" in event.type]
    assert len(events) == 4
    for event in events:
        assert isinstance(decode(event.type, event.value), DuplicateMerged | Unmerged)
        for secret in (a_nik(2), keyed_hash(NIK_HASH_KEY, a_nik(2)).hex(), "Orang"):
            assert secret.encode() not in event.value
