"""A death that an operator reports with evidence: confirmed, refused, left lying."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from dying_given import ON, Home, family
from household_desk import MINISTRY, OFFICE, VILLAGE
from household_given import Parts, a_family
from padan_events.commands.dying import ConfirmDeath, RefuseDeathReport, ReportDeath
from padan_events.dying import (
    DeathClaimed,
    DeathClaimLapsed,
    DeathClaimRefused,
    MemberDied,
    ToldBy,
)
from padan_events.families import CaretakerChanged, HeadChanged
from padan_events.personal import Relationship

HEAD, WIFE = Relationship.HEAD, Relationship.WIFE
OPERATOR = ("village_operator", VILLAGE)


def test_an_operator_s_report_holds_once_the_social_office_has_confirmed_it(parts: Parts) -> None:
    home = Home(parts, family((HEAD, 1970), (WIFE, 1975)))
    desk, person = home.desk, home.people[0]
    report = ReportDeath(household_id=home.id, person_id=person, occurred_on=ON, note="surat RT")
    assert desk.codes(desk.send(report, OPERATOR)) == ["accepted"]
    (claimed,) = home.new()
    assert isinstance(claimed, DeathClaimed)
    assert claimed.due_at == desk.now + timedelta(days=30)
    assert claimed.note is not None
    assert b"surat" not in claimed.note
    assert desk.household(home.id).living == tuple(home.people), "nothing has changed yet"
    assert desk.due() == [(home.id, claimed.due_at)]
    assert desk.codes(desk.send(report, OPERATOR)) == ["death_already_reported"]
    confirm = ConfirmDeath(household_id=home.id, person_id=person)
    assert desk.codes(desk.send(confirm, OPERATOR)) == ["role_forbidden"]
    assert desk.codes(desk.send(confirm, OFFICE)) == ["accepted"]
    assert [type(fact) for fact in home.new()] == [MemberDied, HeadChanged, CaretakerChanged]
    assert desk.due() == []
    assert desk.codes(desk.send(confirm, OFFICE)) == ["death_not_reported"]
    assert desk.codes(desk.send(report, OPERATOR)) == ["already_dead"]


def test_nobody_confirms_their_own_report(parts: Parts) -> None:
    home = Home(parts, a_family(1))
    of: dict[str, Any] = {"household_id": home.id, "person_id": home.people[1]}
    report = ReportDeath(**of, occurred_on=ON, photos=(UUID(int=1),))
    assert home.desk.codes(home.desk.send(report, OFFICE, actor="user:tini")) == ["accepted"]
    confirm = ConfirmDeath(**of, occurred_on=ON - timedelta(days=1))
    assert home.desk.codes(home.desk.send(confirm, OFFICE, actor="user:tini")) == ["own_report"]
    home.new()
    assert home.desk.codes(home.desk.send(confirm, OFFICE, actor="user:tono")) == ["accepted"]
    (died,) = home.new()
    assert (died.occurred_on, died.source) == (ON - timedelta(days=1), ToldBy.OPERATOR)


def test_a_report_is_refused_or_lapses_and_may_be_made_again(parts: Parts) -> None:
    home = Home(parts, a_family(1))
    of: dict[str, Any] = {"household_id": home.id, "person_id": home.people[1]}
    report, refuse = ReportDeath(**of, occurred_on=ON, note="kata tetangga"), RefuseDeathReport(**of, note="hidup")
    assert home.desk.codes(home.desk.send(refuse, OFFICE)) == ["death_not_reported"]
    home.desk.send(report, OPERATOR)
    assert home.desk.codes(home.desk.send(refuse, OFFICE)) == ["accepted"]
    assert [type(fact) for fact in home.new()] == [DeathClaimed, DeathClaimRefused]
    home.desk.send(report, OPERATOR)
    home.new()
    home.desk.now += timedelta(days=30)
    assert home.desk.deadlines.fire() == 1
    assert [type(fact) for fact in home.new()] == [DeathClaimLapsed]
    assert home.desk.deadlines.fire() == 0
    assert home.desk.codes(home.desk.send(report, OPERATOR)) == ["accepted"]


def test_what_the_civil_registry_says_settles_an_open_report(parts: Parts) -> None:
    home = Home(parts, a_family(1))
    home.desk.send(
        ReportDeath(household_id=home.id, person_id=home.people[1], occurred_on=ON, note="kata RT"), OPERATOR
    )
    assert home.told(1, ON + timedelta(days=1)) == "accepted"
    household = home.desk.household(home.id)
    assert household.members[home.people[1]].died_on == ON + timedelta(days=1)
    assert (household.death_claims, home.desk.due()) == ({}, [])


@pytest.mark.parametrize(
    ("changed", "who", "code"),
    [
        ({"person_id": UUID(int=3)}, OPERATOR, "member_unknown"),
        ({"occurred_on": date(2026, 3, 11)}, OPERATOR, "date_in_future"),
        ({"note": None}, OPERATOR, "evidence_missing"),
        ({}, ("village_operator", "3318042008"), "region_forbidden"),
        ({}, MINISTRY, "role_forbidden"),
    ],
)
def test_what_is_wrong_with_a_report_is_said_and_nothing_happens(
    parts: Parts, changed: dict[str, Any], who: tuple[str, str], code: str
) -> None:
    home = Home(parts, a_family(1))
    fields: dict[str, Any] = {
        "household_id": home.id,
        "person_id": home.people[1],
        "occurred_on": ON,
        "note": "kata RT",
    } | changed
    assert home.desk.codes(home.desk.send(ReportDeath(**fields), who)) == [code]
    assert home.new() == []
