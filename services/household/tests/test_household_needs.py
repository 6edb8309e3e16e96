"""What people need: recorded, referred, met; its kind stands nowhere in the clear."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from household_desk import DISTRICT, OFFICE, VILLAGE, Desk
from household_given import Parts
from padan_events.commands import CommandAccepted
from padan_events.commands.cases import DeactivateHousehold, ReactivateHousehold
from padan_events.commands.families import MergeHouseholds
from padan_events.commands.needs import DeliverIntervention, RecordNeed, ReferNeed
from padan_events.need_kinds import NeedKind
from padan_events.needs import InterventionDelivered, Need, NeedOutcome, NeedRecorded, Referral, Referred
from padan_events.personal import Note
from padan_events.tiers import DeactivateReason
from padan_household.keyring.rights import Reach, Rights
from padan_runtime.sealing import open_sealed

OPERATOR, FACILITATOR = ("village_operator", VILLAGE), ("facilitator", VILLAGE)
SEEN = date(2026, 3, 9)


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts)


def record(household: UUID, **given: Any) -> RecordNeed:
    return RecordNeed(**{"household_id": household, "kind": NeedKind.HOMELESS, "occurred_on": SEEN, **given})


def deliver(household: UUID, need: UUID, outcome: NeedOutcome = NeedOutcome.MET, **given: Any) -> DeliverIntervention:
    return DeliverIntervention(
        **{"household_id": household, "need_id": need, "outcome": outcome, "occurred_on": SEEN, **given}
    )


def refer(household: UUID, need: UUID, **given: Any) -> ReferNeed:
    return ReferNeed(
        **{"household_id": household, "need_id": need, "to": "Puskesmas Contoh", "occurred_on": SEEN, **given}
    )


def recorded(desk: Desk, command: RecordNeed) -> UUID:
    outcome = desk.send(command, OPERATOR)
    assert isinstance(outcome, CommandAccepted), outcome
    return outcome.events[0].event_id


def told(desk: Desk, *kinds: type) -> list[tuple[Any, Any]]:
    return [(event, data) for event, data in desk.parts.facts() if isinstance(data, kinds)]


def key_of(desk: Desk, household: UUID, subject: UUID) -> tuple[bytes | None, bytes | None]:
    (held,) = desk.parts.keyring.of_households([household], Rights(Reach.ALL, Reach.ALL))
    keys = next(one for one in held.subjects if one.subject_id == subject)
    return keys.identity, keys.sensitive


def test_a_need_goes_from_record_to_referral_to_what_was_done_and_is_sealed_for_whom_it_is_about(desk: Desk) -> None:
    household = desk.propose(1)
    person = next(iter(desk.household(household).members))
    need = recorded(desk, record(household, person_id=person, kind=NeedKind.PERSON_WITH_HIV, note="Butuh obat."))
    assert desk.codes(desk.send(refer(household, need), FACILITATOR)) == ["accepted"]
    assert desk.codes(desk.send(deliver(household, need, NeedOutcome.PARTLY), OFFICE)) == ["accepted"]
    assert desk.codes(desk.send(deliver(household, need, note="Selesai."), OFFICE)) == ["accepted"]
    for command in (refer(household, need), deliver(household, need, NeedOutcome.UNMET)):
        assert desk.codes(desk.send(command, OFFICE)) == ["need_met"]
    ((event, fact),) = told(desk, NeedRecorded)
    assert event.event_id == need
    assert b"hiv" not in event.value
    _, sensitive = key_of(desk, household, person)
    assert sensitive is not None
    assert open_sealed(sensitive, fact.need, Need, subject=person, event_id=need) == Need(NeedKind.PERSON_WITH_HIV)
    assert open_sealed(sensitive, fact.note, Note, subject=person, event_id=need).text == "Butuh obat."
    ((event, referred),) = told(desk, Referred)
    assert referred.need_id == need
    opened = open_sealed(sensitive, referred.referral, Referral, subject=person, event_id=event.event_id)
    assert opened.to == "Puskesmas Contoh"
    (_, partly), (event, met) = told(desk, InterventionDelivered)
    outcomes = [(one.need_id, one.outcome) for one in (partly, met)]
    assert outcomes == [(need, NeedOutcome.PARTLY), (need, NeedOutcome.MET)]
    assert partly.note is None
    assert open_sealed(sensitive, met.note, Note, subject=person, event_id=event.event_id).text == "Selesai."


def test_a_need_of_the_whole_family_is_sealed_under_the_family_s_own_key(desk: Desk) -> None:
    household = desk.propose(1)
    need = recorded(desk, record(household, note="Tidur di pasar."))
    ((_, fact),) = told(desk, NeedRecorded)
    _, sensitive = key_of(desk, household, household)
    assert fact.person_id is None
    assert sensitive is not None
    assert open_sealed(sensitive, fact.need, Need, subject=household, event_id=need) == Need(NeedKind.HOMELESS)
    assert open_sealed(sensitive, fact.note, Note, subject=household, event_id=need).text == "Tidur di pasar."


def test_the_same_kind_once_more_is_a_need_of_its_own_and_each_ends_by_itself(desk: Desk) -> None:
    household = desk.propose(1)
    first, second = recorded(desk, record(household)), recorded(desk, record(household))
    assert desk.codes(desk.send(deliver(household, first), OFFICE)) == ["accepted"]
    assert [desk.household(household).needs[one].met for one in (first, second)] == [True, False]


def test_what_cannot_be_is_refused(desk: Desk) -> None:
    household, other = desk.propose(1), desk.propose(2)
    need = recorded(desk, record(household))
    stranger = next(iter(desk.household(other).members))
    later = date(2026, 3, 11)
    for command, who, code in (
        (record(household, person_id=stranger), OPERATOR, "member_unknown"),
        (record(household, occurred_on=later), OPERATOR, "date_in_future"),
        (record(household), DISTRICT, "role_forbidden"),
        (record(household), ("village_operator", "3318042008"), "region_forbidden"),
        (refer(household, need), OPERATOR, "role_forbidden"),
        (refer(household, uuid4()), FACILITATOR, "need_unknown"),
        (refer(other, need), FACILITATOR, "need_unknown"),
        (deliver(household, need, occurred_on=later), OFFICE, "date_in_future"),
        (deliver(household, need), OPERATOR, "role_forbidden"),
    ):
        assert desk.codes(desk.send(command, who)) == [code], command
    gone = DeactivateHousehold(household_id=household, reason=DeactivateReason.LEFT_UNKNOWN)
    assert desk.codes(desk.send(gone, OFFICE)) == ["accepted"]
    for command in (record(household), refer(household, need), deliver(household, need)):
        assert desk.codes(desk.send(command, OFFICE)) == ["household_closed"]
    assert desk.codes(desk.send(ReactivateHousehold(household_id=household), OFFICE)) == ["accepted"]
    assert desk.codes(desk.send(deliver(household, need), OFFICE)) == ["accepted"]


def test_what_is_done_for_a_member_counts_after_the_family_was_merged_into_another(desk: Desk) -> None:
    absorbed, household = desk.propose(1), desk.propose(2)
    person = next(iter(desk.household(absorbed).members))
    need = recorded(desk, record(absorbed, person_id=person))
    of_all = recorded(desk, record(absorbed))
    merging = MergeHouseholds(household_id=household, absorbed=absorbed, occurred_on=SEEN)
    assert desk.codes(desk.send(merging, OFFICE)) == ["accepted"]
    assert person in desk.household(household).members
    for command, code in (
        (refer(absorbed, need), "household_closed"),
        (deliver(absorbed, of_all), "household_closed"),
        (deliver(absorbed, need, note="Selesai."), "accepted"),
        (deliver(absorbed, need), "need_met"),
    ):
        assert desk.codes(desk.send(command, OFFICE)) == [code]
    ((event, met),) = told(desk, InterventionDelivered)
    _, sensitive = key_of(desk, absorbed, person)
    assert sensitive is not None
    assert open_sealed(sensitive, met.note, Note, subject=person, event_id=event.event_id).text == "Selesai."


def test_the_answer_is_the_same_for_ever(desk: Desk) -> None:
    command = record(desk.propose(1))
    first = desk.send(command, OPERATOR, key="once")
    assert desk.send(command, OPERATOR, key="once") == first
    assert len(told(desk, NeedRecorded)) == 1
