"""What is wrong by itself with commands of the round and of objections; every refusal of household has words."""

import sys
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from padan_events.commands.cases import Case, Deliberate
from padan_events.commands.objections import RaiseObjection
from padan_events.commands.recipients import AnsweredCase, ProposeProgramme, Resign, VerifyRecipient, VerifyRecipients
from padan_events.commands.rounds import CloseRound, OpenRounds
from padan_events.objections import ObjectionReason
from padan_events.personal import MapPoint
from padan_events.recipients import NotEntitledReason, VerificationResult
from padan_household.commands import ruling
from padan_household.domain import authority, rounds
from padan_household.domain import refusals as of_household
from padan_household.domain.rules import RULES
from padan_registry_ingest.commands.villages import of_villages
from padan_registry_ingest.domain.cases import case_faults, tidied_case
from padan_registry_ingest.domain.refusals import REFUSALS

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
HOUSEHOLD = uuid4()


def found(command: Any) -> list[tuple[str, str | None]]:
    return [(fault.code, fault.field) for fault in case_faults(tidied_case(command), NOW)]


def verification(**given: Any) -> VerifyRecipient:
    return VerifyRecipient(**{"household_id": HOUSEHOLD, "month": "2026-03", **given})


def objection(**given: Any) -> RaiseObjection:
    return RaiseObjection(
        **{"household_id": HOUSEHOLD, "reason": ObjectionReason.ABLE, "text": "Punya dua mobil.", **given}
    )


@pytest.mark.parametrize("month", ["2026-13", "2026-3", "1999-01", "2026-03\n", "２０２６-03"])
def test_a_month_is_a_year_and_a_month(month: str) -> None:
    assert found(CloseRound(village="3318042007", month=month)) == [("month_invalid", "month")]


@pytest.mark.parametrize("code", ["PKH", "p", "siti contoh", "3318014107900001", "a" * 41])
def test_a_code_of_a_programme_can_name_nobody(code: str) -> None:
    assert found(ProposeProgramme(household_id=HOUSEHOLD, programme=code)) == [("programme_invalid", "programme")]
    assert found(Resign(household_id=HOUSEHOLD, programmes=("pkh", code))) == [("programme_invalid", "programmes.1")]


def test_not_entitled_takes_a_reason_and_a_photo_and_entitled_takes_none() -> None:
    gone = VerificationResult.NOT_ENTITLED
    assert found(verification(result=gone)) == [("reason_missing", "reason"), ("photo_missing", "photo")]
    assert found(verification(result=gone, reason=NotEntitledReason.MOVED, photo=uuid4())) == []
    assert found(verification(result=VerificationResult.ENTITLED)) == []
    assert found(verification(result=VerificationResult.ENTITLED, photo=uuid4())) == [("reason_not_needed", "photo")]
    many = VerifyRecipients(
        month="2026-3",
        cases=(
            AnsweredCase(household_id=HOUSEHOLD, result=VerificationResult.ENTITLED),
            AnsweredCase(household_id=HOUSEHOLD, result=gone, photo=uuid4()),
        ),
    )
    assert found(many) == [("month_invalid", "month"), ("reason_missing", "cases.1.reason")]


def test_a_confirmation_has_its_date() -> None:
    assert found(Resign(household_id=HOUSEHOLD, confirmed_by_head=True)) == [("confirmation_unclear", "confirmed_on")]
    late = Resign(household_id=HOUSEHOLD, confirmed_by_head=True, confirmed_on=date(2026, 3, 11))
    assert found(late) == [("date_in_future", "confirmed_on")]
    early = Resign(household_id=HOUSEHOLD, confirmed_by_head=True, confirmed_on=date(1026, 3, 9))
    assert found(early) == [("date_too_early", "confirmed_on")]


def test_a_deliberation_was_held_in_our_time() -> None:
    def held(on: date) -> list[tuple[str, str | None]]:
        return found(Deliberate(cases=(Case(HOUSEHOLD),), held_on=on, minutes_number="141/07/BA/2026"))

    assert held(date(2026, 3, 10)) == []
    assert held(date(2026, 3, 11)) == [("date_in_future", "held_on")]
    assert held(date(226, 3, 10)) == [("date_too_early", "held_on")]


def test_an_objection_says_something_and_lies_in_the_country() -> None:
    assert found(objection()) == []
    assert found(objection(text="  ")) == [("text_missing", "text")]
    assert found(objection(text="x" * 1_001)) == [("text_too_long", "text")]
    assert found(objection(on_behalf_of="x" * 101)) == [("text_too_long", "on_behalf_of")]
    here = MapPoint(latitude=-6.75, longitude=111.03, accuracy_m=8.0, captured_at=NOW)
    assert found(objection(map_point=here)) == []
    far = msgspec.structs.replace(here, longitude=13.4)
    assert found(objection(map_point=far)) == [("position_outside", "map_point.longitude")]


def test_the_villages_of_a_region_are_filled_in_whatever_was_sent() -> None:
    regency, faults = of_villages(OpenRounds(region="3318", month="2026-03", villages=("3319012001",)))
    assert isinstance(regency, OpenRounds)
    assert faults == ()
    assert len(regency.villages) == len(set(regency.villages)) == 406
    assert all(len(village) == 10 and village.startswith("3318") for village in regency.villages)
    one, _ = of_villages(OpenRounds(region="3318042007", month="2026-03"))
    assert isinstance(one, OpenRounds)
    assert one.villages == ("3318042007",)
    for region in ("", "33", "ID", "3399", "331804200"):
        empty, faults = of_villages(OpenRounds(region=region, month="2026-03", villages=("3318042007",)))
        assert isinstance(empty, OpenRounds)
        assert (empty.villages, [fault.code for fault in faults]) == ((), ["region_unknown"])
    for village in ("3318", "3318042999"):
        _, faults = of_villages(CloseRound(village=village, month="2026-03"))
        assert [fault.code for fault in faults] == ["region_unknown"]


def test_every_refusal_of_household_has_words() -> None:
    known = {value for name, value in vars(of_household).items() if name.isupper() and isinstance(value, str)}
    rules = {sys.modules[rule.decide.__module__] for rule in RULES.values()} | {rounds, authority, ruling}
    named = {value for one in rules for name, value in vars(one).items() if name.isupper() and isinstance(value, str)}
    assert len(named & known) > 25
    assert named & known <= REFUSALS.keys()
