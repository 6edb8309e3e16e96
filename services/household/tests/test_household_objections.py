"""Objections to a recipient: answered in time or lapsed, appealed against once, and nobody learns whose they are."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from household_desk import OFFICE, VILLAGE, Desk
from household_given import Parts
from padan_events.commands import CommandAccepted
from padan_events.commands.cases import DeactivateHousehold, ReactivateHousehold
from padan_events.commands.objections import AppealObjection, ObjectionAnswer, RaiseObjection, ResolveObjection
from padan_events.objections import (
    ObjectionAppealed,
    ObjectionOutcome,
    ObjectionRaised,
    ObjectionReason,
    ObjectionResolved,
)
from padan_events.personal import MapPoint, Objector, Statement
from padan_events.tiers import DeactivateReason
from padan_household.domain.objections import MOST_OPEN
from padan_runtime.sealing import SealError, open_sealed

CITIZEN = ("citizen", VILLAGE)
PLACE = MapPoint(latitude=-6.75, longitude=111.03, accuracy_m=8.0, captured_at=datetime(2026, 3, 10, 3, 0, tzinfo=UTC))
WHO, TEXT = "user:the-neighbour", "Mereka punya dua mobil."


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts)


def objection(household: UUID, on_behalf_of: str | None = None) -> RaiseObjection:
    return RaiseObjection(
        household_id=household,
        reason=ObjectionReason.ABLE,
        text=TEXT,
        photo=uuid4(),
        map_point=PLACE,
        on_behalf_of=on_behalf_of,
    )


def raised(desk: Desk, household: UUID) -> UUID:
    outcome = desk.send(objection(household), CITIZEN, actor=WHO)
    assert isinstance(outcome, CommandAccepted), outcome
    return outcome.events[0].event_id


def answered(household: UUID, which: UUID, how: ObjectionAnswer = ObjectionAnswer.DISMISSED) -> ResolveObjection:
    return ResolveObjection(household_id=household, objection_id=which, outcome=how, note="Mobil itu milik orang lain.")


def appealed(household: UUID, which: UUID) -> AppealObjection:
    return AppealObjection(household_id=household, objection_id=which, text="Itu tidak benar.")


def resolved(desk: Desk) -> list[tuple[str, ObjectionOutcome]]:
    return [(event.actor, data.outcome) for event, data in desk.parts.facts() if isinstance(data, ObjectionResolved)]


def test_an_objection_is_answered_appealed_against_once_and_answered_by_somebody_else(desk: Desk) -> None:
    household = desk.recipient(1)
    which = raised(desk, household)
    assert desk.codes(desk.send(appealed(household, which), CITIZEN)) == ["objection_open"]
    assert desk.codes(desk.send(answered(household, uuid4()), OFFICE)) == ["objection_unknown"]
    assert desk.codes(desk.send(answered(household, which), OFFICE, actor="user:first")) == ["accepted"]
    assert desk.codes(desk.send(answered(household, which), OFFICE)) == ["objection_answered"]
    assert desk.codes(desk.send(appealed(household, which), CITIZEN, actor=WHO)) == ["accepted"]
    assert desk.codes(desk.send(appealed(household, which), CITIZEN)) == ["appealed_already"]
    last = answered(household, which, ObjectionAnswer.UPHELD)
    assert desk.codes(desk.send(last, OFFICE, actor="user:first")) == ["already_decided"]
    assert desk.codes(desk.send(last, OFFICE, actor="user:second")) == ["accepted"]
    assert desk.codes(desk.send(appealed(household, which), CITIZEN)) == ["appealed_already"]
    assert [outcome.value for _, outcome in resolved(desk)] == ["dismissed", "upheld"]
    assert desk.due() == []


def test_what_nobody_answers_lapses_and_an_appeal_that_comes_late_is_refused(desk: Desk) -> None:
    household = desk.recipient(1)
    which = raised(desk, household)
    desk.now += timedelta(days=3)
    later = raised(desk, household)
    desk.now += timedelta(days=11)
    assert desk.codes(desk.send(answered(household, which), OFFICE)) == ["objection_lapsed"]
    assert desk.deadlines.fire() == 1
    assert desk.deadlines.fire() == 0
    assert resolved(desk) == [("service:household", ObjectionOutcome.LAPSED)]
    assert desk.household(household).objections[later].due_at is not None
    desk.now += timedelta(days=14)
    assert desk.codes(desk.send(appealed(household, which), CITIZEN)) == ["appeal_too_late"]
    assert desk.deadlines.fire() == 1
    assert desk.codes(desk.send(appealed(household, later), CITIZEN)) == ["accepted"]


def test_whoever_answers_has_the_whole_time_again_once_the_household_is_back(desk: Desk) -> None:
    household = desk.recipient(1)
    which = raised(desk, household)
    gone = DeactivateHousehold(household_id=household, reason=DeactivateReason.ABROAD)
    assert desk.codes(desk.send(gone, OFFICE)) == ["accepted"]
    desk.now += timedelta(days=40)
    assert desk.deadlines.fire() == 0
    assert desk.codes(desk.send(ReactivateHousehold(household_id=household), OFFICE)) == ["accepted"]
    assert desk.deadlines.fire() == 0
    (until,) = (due_at for _, due_at in desk.due())
    assert desk.now + timedelta(days=14) <= until <= desk.now + timedelta(days=15)
    desk.now += timedelta(days=13)
    assert desk.codes(desk.send(answered(household, which), OFFICE)) == ["accepted"]
    assert [outcome.value for _, outcome in resolved(desk)] == ["dismissed"]


def test_only_who_lives_in_the_village_objects_and_not_without_end(desk: Desk) -> None:
    household = desk.recipient(1)
    for region in ("", "3318", "331804", "3318042006"):
        assert desk.codes(desk.send(objection(household), ("citizen", region))) == ["region_forbidden"]
    assert desk.codes(desk.send(objection(household), OFFICE)) == ["role_forbidden"]
    assert desk.codes(desk.send(objection(desk.propose(2)), CITIZEN)) == ["not_a_recipient"]
    for _ in range(MOST_OPEN):
        raised(desk, household)
    assert desk.codes(desk.send(objection(household), CITIZEN)) == ["too_many_objections"]


def test_nothing_that_is_told_names_who_objected(desk: Desk) -> None:
    household = desk.recipient(1)
    first = raised(desk, household)
    told = desk.send(objection(household, "Ibu Tetangga"), ("village_operator", VILLAGE), actor="user:the-operator")
    desk.send(answered(household, first), OFFICE)
    desk.send(appealed(household, first), CITIZEN, actor=WHO)
    own = [(event, data) for event, data in desk.parts.facts() if isinstance(data, ObjectionRaised | ObjectionAppealed)]
    assert [event.actor for event, _ in own] == ["service:household"] * 3
    for event, _ in own:
        clear = b"|".join(
            [event.value, event.key.encode(), event.actor.encode(), str(event.correlation_id).encode(),
             str(event.causation_id).encode(), event.type.encode()]
        )  # fmt: skip
        for word in (WHO, "the-neighbour", "the-operator", "Tetangga", "citizen", "village_operator", TEXT, "111.03"):
            assert word.encode() not in clear
    assert "neighbour" not in json.dumps(desk.kept_outcomes())
    assert isinstance(told, CommandAccepted)
    assert len({event.correlation_id for event, _ in own}) == 3  # nor does anything tie two of one person together


def test_who_may_open_it_finds_the_objector_and_nobody_with_another_key_does(desk: Desk) -> None:
    household = desk.recipient(1)
    desk.send(objection(household, "Ibu Tetangga"), ("village_operator", VILLAGE), actor="user:the-operator")
    ((event, data),) = ((e, d) for e, d in desk.parts.facts() if isinstance(d, ObjectionRaised))
    keys = desk.keys(household)
    assert keys.identity is not None
    assert keys.sensitive is not None
    found = open_sealed(keys.identity, data.objector, Objector, subject=household, event_id=event.event_id)
    assert found == Objector(account="user:the-operator", role="village_operator", on_behalf_of="Ibu Tetangga")
    said = open_sealed(keys.identity, data.statement, Statement, subject=household, event_id=event.event_id)
    assert said == Statement(text=TEXT, map_point=PLACE)
    with pytest.raises(SealError):
        open_sealed(keys.sensitive, data.objector, Objector, subject=household, event_id=event.event_id)
