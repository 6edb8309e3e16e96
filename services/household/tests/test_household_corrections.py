"""Corrections: a NIK that was recorded for the wrong person is free for its owner, who is another person."""

import random
import threading
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import msgspec
import padan_events
import pytest
from household_desk import OFFICE, VILLAGE, Desk
from household_given import NIK_HASH_KEY, Parts, a_family, a_nik
from msgspec import UNSET
from padan_events import Event
from padan_events.commands import CommandAccepted, CommandRefused, ProposeHousehold
from padan_events.commands.cases import DeactivateHousehold, ReactivateHousehold
from padan_events.commands.corrections import CorrectHousehold, CorrectMember
from padan_events.corrections import Detail, DetailsCorrected
from padan_events.personal import (
    Agreement,
    Disability,
    HouseholdIdentity,
    Match,
    PersonIdentity,
    PersonSensitive,
    Relationship,
    Source,
)
from padan_events.tiers import DeactivateReason
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_household.claims.changes import recorded
from padan_household.keyring.rights import Reach, Rights
from padan_runtime.sealing import keyed_hash, open_sealed

OPERATOR = ("village_operator", VILLAGE)
AGREES = Match(
    request_id="asked", matched_at="2026-03-10T04:00:00+00:00", civil_status="active",
    agreement=Agreement(nik=True, name=True, birth_date=True, sex=True),
)  # fmt: skip


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts)


class Corrections:
    """Corrects members by their place in the family, and tells what the register holds."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.parts = desk, desk.parts

    def person(self, household: UUID, index: int = 0) -> UUID:
        return list(self.desk.household(household).members)[index]

    def correct(self, household: UUID, index: int = 0, **changed: Any) -> list[str]:
        nik = changed.get("nik", UNSET)
        told: dict[str, Any] = {"source": Source.OPERATOR, "match": AGREES if isinstance(nik, str) else None, **changed}
        person = self.person(household, index)
        return self.desk.codes(
            self.desk.send(CorrectMember(household_id=household, person_id=person, **told), OPERATOR)
        )  # fmt: skip

    def block(self, household: UUID, index: int, kind: type[Any]) -> Any:
        """A block of a member, opened."""
        (held,) = self.parts.keyring.of_households([household], Rights(Reach.ALL, Reach.ALL))
        keys = {subject.subject_id: subject for subject in held.subjects}
        if kind is HouseholdIdentity:
            one, subject = self.desk.household(household).identity, household
        else:
            subject = self.person(household, index)
            member = self.desk.household(household).members[subject]
            one = member.identity if kind is PersonIdentity else member.sensitive
        key = keys[subject].sensitive if kind is PersonSensitive else keys[subject].identity
        assert key is not None
        return open_sealed(key, one.block, kind, subject=subject, event_id=one.event_id)

    def claims(self) -> dict[bytes, tuple[Any, ...]]:
        with self.parts.database.transaction() as connection:
            return {row[0]: row for row in connection.execute("SELECT * FROM person_claim").fetchall()}

    def holder(self, nik: str) -> UUID | None:
        row = self.claims().get(keyed_hash(NIK_HASH_KEY, nik))
        return None if row is None or row[4] else row[1]

    def rebuilt(self, order: Sequence[Event]) -> dict[bytes, tuple[Any, ...]]:
        """The claims, made anew from the events in an order, one at a time."""
        with self.parts.database.transaction() as connection:
            connection.execute("DELETE FROM person_claim")
        for event in order:
            changes = recorded([event], self.parts.keyring)
            with self.parts.database.transaction() as connection:
                changes.apply(connection)
        return self.claims()


@pytest.fixture
def made(desk: Desk) -> Corrections:
    return Corrections(desk)


def test_a_corrected_nik_is_held_and_the_old_one_is_free_for_its_owner_who_is_another_person(made: Corrections) -> None:
    family = made.desk.propose(1, [a_nik(1), a_nik(2)])
    person = made.person(family)
    assert made.correct(family, nik=a_nik(9)) == ["accepted"]
    assert made.holder(a_nik(9)) == person
    assert made.holder(a_nik(1)) is None
    assert made.desk.household(family).members[person].membership_seq == 2
    identity = made.block(family, 0, PersonIdentity)
    assert (identity.nik, identity.nik_hash) == (a_nik(9), keyed_hash(NIK_HASH_KEY, a_nik(9)).hex())
    assert identity.sources == {"nik": Source.OPERATOR}
    owner = made.desk.propose(2, [a_nik(1)])
    assert made.person(owner) not in made.desk.household(family).members
    assert made.holder(a_nik(1)) == made.person(owner)
    taken = made.desk.send(ProposeHousehold(household=a_family(3, [a_nik(9)])), OPERATOR)
    assert isinstance(taken, CommandRefused)
    assert (taken.faults[0].code, taken.holder) == ("duplicate_in_register", family)


def test_a_nik_that_somebody_else_holds_is_not_taken(made: Corrections) -> None:
    family, other = made.desk.propose(1, [a_nik(1), a_nik(2)]), made.desk.propose(2, [a_nik(3)])
    before = made.claims()
    assert made.correct(family, nik=a_nik(3)) == ["duplicate_in_register"]
    assert made.correct(family, nik=a_nik(2)) == ["member_repeated"]
    assert made.claims() == before
    gone = DeactivateHousehold(household_id=other, reason=DeactivateReason.ABROAD)
    assert made.desk.codes(made.desk.send(gone, OFFICE)) == ["accepted"]
    assert made.correct(family, nik=a_nik(3)) == ["accepted"]
    assert made.holder(a_nik(3)) == made.person(family)
    back = made.desk.send(ReactivateHousehold(household_id=other), OFFICE)
    assert made.desk.codes(back) == ["duplicate_in_register"]


def test_two_niks_that_were_mixed_up_are_put_right(made: Corrections) -> None:
    family, other = made.desk.propose(1, [a_nik(1)]), made.desk.propose(2, [a_nik(2)])
    assert made.correct(family, nik=None) == ["accepted"]
    assert made.holder(a_nik(1)) is None
    assert made.correct(other, nik=a_nik(1)) == ["accepted"]
    assert (made.holder(a_nik(1)), made.holder(a_nik(2))) == (made.person(other), None)
    assert made.correct(family, nik=a_nik(2)) == ["nik_not_recorded"]


def test_a_correction_that_was_wrong_is_taken_back_by_another(made: Corrections) -> None:
    family = made.desk.propose(1, [a_nik(1)])
    assert made.correct(family, nik=a_nik(2)) == ["accepted"]
    assert made.correct(family, nik=a_nik(1)) == ["accepted"]
    assert (made.holder(a_nik(1)), made.holder(a_nik(2))) == (made.person(family), None)


def test_claims_come_out_the_same_in_whatever_order_the_shards_are_read(made: Corrections) -> None:
    for row in range(6):
        made.desk.propose(row, [a_nik(row)])
    families = {data.household_id for _, data in made.parts.facts()}
    for index, family in enumerate(sorted(families)):  # each gets another NIK, and some get back their first
        assert made.correct(family, nik=a_nik(50 + index)) == ["accepted"]
    for row in range(3):
        made.desk.propose(10 + row, [a_nik(row)])
    first = min(families)
    gone = DeactivateHousehold(household_id=first, reason=DeactivateReason.ABROAD)
    assert made.desk.codes(made.desk.send(gone, OFFICE)) == ["accepted"]
    made.desk.propose(20, [a_nik(50)])
    live, events = made.claims(), made.parts.read(HOUSEHOLD_EVENTS.name)
    shards = sorted({event.shard for event in events})
    assert len(shards) > 3
    for seed in range(6):
        order = random.Random(seed).sample(shards, len(shards)) if seed > 1 else shards[:: 1 if seed else -1]
        assert made.rebuilt([event for shard in order for event in events if event.shard == shard]) == live


def test_of_a_proposal_and_a_correction_that_claim_one_nik_at_once_one_is_refused(made: Corrections) -> None:
    families = [made.desk.propose(row, [a_nik(row)]) for row in range(8)]
    for family, number in zip(families, range(60, 68), strict=True):
        answers: list[str] = []

        def correct(family: UUID = family, number: int = number, answers: list[str] = answers) -> None:
            answers.extend(made.correct(family, nik=a_nik(number)))

        def propose(number: int = number, answers: list[str] = answers) -> None:
            proposal = ProposeHousehold(household=a_family(number, [a_nik(number)]))
            answers.extend(made.desk.codes(made.desk.send(proposal, OPERATOR)))

        threads = [threading.Thread(target=correct), threading.Thread(target=propose)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == ["accepted", "duplicate_in_register"]


def test_other_details_are_corrected_without_a_new_membership(made: Corrections) -> None:
    family = made.desk.propose(1)
    changed = {
        "name": "Nama Benar", "pregnant": True, "disabilities": (Disability.SENSORY,), "source": Source.CITIZEN,
        "birth_date": None,
    }  # fmt: skip
    assert made.correct(family, 1, **changed) == ["accepted"]
    event, data = made.parts.facts()[-1]
    assert isinstance(data, DetailsCorrected)
    assert data.fields == (Detail.NAME, Detail.BIRTH_DATE, Detail.CIRCUMSTANCES)
    assert data.member is not None
    assert (data.member.membership_seq, data.member.birth_year) == (1, None)
    for secret in (b"Nama Benar", b"pregnant", b"sensory", a_nik(5).encode()):
        assert secret not in event.value
    identity, sensitive = made.block(family, 1, PersonIdentity), made.block(family, 1, PersonSensitive)
    assert (identity.name, identity.birth_date, identity.nik) == ("Nama Benar", None, a_nik(5))
    assert identity.sources == {"name": Source.CITIZEN, "birth_date": Source.CITIZEN}
    assert (sensitive.pregnant, sensitive.disabilities, sensitive.birth_date) == (True, (Disability.SENSORY,), None)
    assert made.correct(family, 1, name="Nama Benar") == ["already_so"]


def test_a_family_has_one_head_and_another_is_named_when_the_first_was_wrong(made: Corrections) -> None:
    family = made.desk.propose(1)
    head, wife = made.person(family), made.person(family, 1)
    assert made.desk.household(family).head == head
    assert made.correct(family, 1, relationship=Relationship.HEAD) == ["head_named"]
    assert made.correct(family, 0, relationship=Relationship.HUSBAND) == ["accepted"]
    assert made.desk.household(family).head is None
    assert made.correct(family, 1, relationship=Relationship.HEAD) == ["accepted"]
    assert made.desk.household(family).head == wife


def test_of_two_heads_the_other_remains_when_one_is_corrected(made: Corrections) -> None:
    reported = a_family(1)
    members = tuple(msgspec.structs.replace(one, relationship=Relationship.HEAD) for one in reported.members[:2])
    proposal = ProposeHousehold(household=msgspec.structs.replace(reported, members=members))
    outcome = made.desk.send(proposal, OPERATOR)
    assert isinstance(outcome, CommandAccepted)
    family = outcome.household_id
    assert made.desk.household(family).head is None
    assert made.correct(family, 0, relationship=Relationship.CHILD) == ["accepted"]
    assert made.desk.household(family).head == made.person(family, 1)


def test_card_and_address_are_corrected_and_the_village_stays(made: Corrections) -> None:
    family = made.desk.propose(1)
    command = CorrectHousehold(
        household_id=family, source=Source.CITIZEN, family_card_number="3318010101200001", rt="009", rw=None
    )
    assert made.desk.codes(made.desk.send(command, OPERATOR)) == ["accepted"]
    event, data = made.parts.facts()[-1]
    assert isinstance(data, DetailsCorrected)
    assert data.fields == (Detail.FAMILY_CARD_NUMBER, Detail.ADDRESS)
    assert b"3318010101200001" not in event.value
    home = made.block(family, 0, HouseholdIdentity)
    assert (home.village, home.family_card_number, home.address) == (VILLAGE, "3318010101200001", "Jalan 1")
    assert (home.rt, home.rw) == ("009", None)
    assert home.family_card_hash == keyed_hash(NIK_HASH_KEY, "kk:3318010101200001").hex()
    assert made.desk.codes(made.desk.send(command, OPERATOR)) == ["already_so"]


def test_what_may_not_be_corrected_is_refused_and_changes_nothing(made: Corrections) -> None:
    family = made.desk.propose(1, [a_nik(1), None])
    person = made.person(family)
    named = CorrectMember(household_id=family, person_id=person, source=Source.OPERATOR, name="Lain")
    before = made.parts.read(HOUSEHOLD_EVENTS.name)
    for command, who, code in (
        (named, ("village_operator", "3318042008"), "region_forbidden"),
        (named, ("facilitator", VILLAGE), "role_forbidden"),
        (msgspec.structs.replace(named, household_id=uuid4()), OPERATOR, "household_unknown"),
        (msgspec.structs.replace(named, person_id=uuid4()), OPERATOR, "member_unknown"),
        (msgspec.structs.replace(named, name=UNSET), OPERATOR, "already_so"),
        (msgspec.structs.replace(named, nik=a_nik(7)), OPERATOR, "version_differs"),  # the registry was not asked
        (msgspec.structs.replace(named, person_id=made.person(family, 1), nik=a_nik(7)), OPERATOR, "nik_not_recorded"),
    ):
        assert made.desk.codes(made.desk.send(command, who)) == [code]
    assert made.parts.read(HOUSEHOLD_EVENTS.name) == before
    gone = DeactivateHousehold(household_id=family, reason=DeactivateReason.ABROAD)
    assert made.desk.codes(made.desk.send(gone, OFFICE)) == ["accepted"]
    assert made.desk.codes(made.desk.send(named, OPERATOR)) == ["household_closed"]


def test_the_answer_of_a_correction_is_the_same_for_ever(made: Corrections) -> None:
    family = made.desk.propose(1, [a_nik(1)])
    command = CorrectMember(
        household_id=family, person_id=made.person(family), source=Source.OPERATOR, nik=a_nik(2), match=AGREES
    )
    first = made.desk.send(command, OPERATOR, key="once")
    assert made.desk.send(command, OPERATOR, key="once") == first
    assert isinstance(first, CommandAccepted)
    types = [padan_events.type_of(data).name.split(".")[3] for _, data in made.parts.facts()[-2:]]
    assert types == ["details_corrected", "identity_matched"]
