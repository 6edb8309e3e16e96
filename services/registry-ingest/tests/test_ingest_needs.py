"""What is wrong by itself with commands about needs."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from padan_events.commands.needs import DeliverIntervention, RecordNeed, ReferNeed
from padan_events.need_kinds import MEANINGS_NEEDS, NeedKind
from padan_events.needs import NeedOutcome
from padan_registry_ingest.domain.cases import case_faults, tidied_case

NOW = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)
"""Half past midnight of the eleventh in Jayapura."""
OF: dict[str, Any] = {"household_id": uuid4(), "occurred_on": date(2026, 3, 11)}


def found(command: Any) -> list[tuple[str, str | None]]:
    return [(fault.code, fault.field) for fault in case_faults(tidied_case(command), NOW)]


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        (date(2026, 3, 11), []),
        (date(2026, 3, 12), [("date_in_future", "occurred_on")]),
        (date(1899, 12, 31), [("date_too_early", "occurred_on")]),
    ],
)
def test_what_has_not_happened_yet_is_refused(day: date, codes: list[tuple[str, str]]) -> None:
    of = {**OF, "occurred_on": day}
    assert found(RecordNeed(**of, kind=NeedKind.POOR)) == codes
    assert found(ReferNeed(**of, need_id=uuid4(), to="Puskesmas Contoh")) == codes
    assert found(DeliverIntervention(**of, need_id=uuid4(), outcome=NeedOutcome.MET)) == codes


def test_a_referral_says_to_whom() -> None:
    assert found(ReferNeed(**OF, need_id=uuid4(), to="  ")) == [("referral_missing", "to")]
    assert found(ReferNeed(**OF, need_id=uuid4(), to="a" * 101)) == [("text_too_long", "to")]


def test_there_are_26_kinds_each_with_a_name_in_both_languages() -> None:
    assert len(NeedKind) == 26
    assert set(MEANINGS_NEEDS) == set(NeedKind)
    assert all(all(names) for names in MEANINGS_NEEDS.values())
