"""The rules by themselves, without a server: who may enter the register, what the events say, how they fold."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import msgspec
import pytest
from household_given import BATCH_ID, REGENCY, a_family, a_nik, household_id
from hypothesis import given
from hypothesis import strategies as st
from padan_events.household import IdentityMatched, Proposed, WelfareRanked
from padan_events.intake import Origin, RankingReported
from padan_events.local_date import local_date
from padan_events.personal import HouseholdIdentity, PersonIdentity, PersonSensitive, Relationship, ReportedHousehold
from padan_events.states import State
from padan_household.domain import ids
from padan_household.domain.household import Household
from padan_household.domain.proposing import Proposal, admit, propose
from padan_household.domain.ranking import rank
from padan_household.domain.refusals import Refusal
from padan_household.domain.sealed import Kind
from padan_household.domain.stream import Cause, HouseholdEvent, OutOfOrderError, evolve, fold, follow

CAUSE = Cause("service:registry-ingest", BATCH_ID, uuid4())


def a_hash(nik: str) -> bytes:
    return nik.encode().ljust(32, b"\0")


def a_proposal(row: int, family: ReportedHousehold | None = None) -> Proposal:
    family = family or a_family(row)
    return Proposal(
        household_id=household_id(row),
        regency=REGENCY,
        origin=Origin(BATCH_ID, row),
        occurred_on=date(2026, 1, 5),
        reported=family,
        person_ids=tuple(ids.person_id(household_id(row), index) for index in range(len(family.members))),
        nik_hashes=tuple(None if member.nik is None else a_hash(member.nik) for member in family.members),
    )


def in_clear(_: UUID, subject: UUID, kind: Kind, content: msgspec.Struct, event_id: UUID) -> bytes:
    """A seal that hides nothing, so that a test can read what was sealed for whom."""
    del event_id
    return msgspec.json.encode([str(subject), kind, content])


def proposed(row: int, family: ReportedHousehold | None = None) -> Household:
    proposal = a_proposal(row, family)
    household = fold(follow(None, proposal.household_id, propose(proposal, in_clear), CAUSE))
    assert household is not None
    return household


def a_ranking(row: int, decile: int, on: date = date(2026, 2, 1)) -> RankingReported:
    return RankingReported(household_id=household_id(row), decile=decile, occurred_on=on, origin=Origin(BATCH_ID, row))


def test_a_reported_family_stands_in_the_register_as_proposed() -> None:
    household = proposed(1)
    assert household.state is State.PROPOSED
    held = {person: member.membership_seq for person, member in household.members.items()}
    assert held == {ids.person_id(household_id(1), index): 1 for index in range(4)}
    assert household.caretaker == household.head == ids.person_id(household_id(1), 0)
    assert household.matched == {household.caretaker}
    assert (household.version, household.decile, household.proposed_by) == (2, None, CAUSE.causation_id)


def test_what_eligibility_may_open_names_nobody() -> None:
    first, *_ = propose(a_proposal(1), in_clear)
    assert isinstance(first, Proposed)
    for index, member in enumerate(first.members):
        subject, kind, content = msgspec.json.decode(member.sensitive)
        assert (subject, kind) == (str(member.person_id), "sensitive")
        assert set(content) <= set(PersonSensitive.__struct_fields__)
        assert not {"name", "nik", "nik_hash"} & set(content)
        subject, kind, content = msgspec.json.decode(member.identity)
        assert (subject, kind) == (str(member.person_id), "identity")
        identity = msgspec.convert(content, PersonIdentity)
        assert identity.nik is not None
        assert identity.nik_hash == a_hash(identity.nik).hex()
        assert member.birth_year == 1980 + 7 * index
    subject, kind, content = msgspec.json.decode(first.identity)
    assert (subject, kind) == (str(household_id(1)), "identity")
    assert msgspec.convert(content, HouseholdIdentity).village == "3318042007"


def test_a_family_whom_the_civil_registry_was_not_asked_about_is_not_matched() -> None:
    facts = propose(a_proposal(1, a_family(1, matched=False)), in_clear)
    assert [type(fact) for fact in facts] == [Proposed]


@pytest.mark.parametrize("heads", [0, 2])
def test_a_family_without_one_head_is_flagged(heads: int) -> None:
    family = a_family(1)
    members = tuple(
        msgspec.structs.replace(member, relationship=Relationship.HEAD if index < heads else Relationship.OTHER_FAMILY)
        for index, member in enumerate(family.members)
    )
    assert proposed(1, msgspec.structs.replace(family, members=members)).head is None


@pytest.mark.parametrize("caretaker", [-1, 4])
def test_a_report_without_caretaker_is_no_report(caretaker: int) -> None:
    with pytest.raises(ValueError, match="caretaker"):
        proposed(1, msgspec.structs.replace(a_family(1), caretaker=caretaker))


def test_a_member_held_by_another_household_keeps_the_family_out_and_names_the_holder() -> None:
    holder = household_id(9)
    assert admit(a_proposal(1, a_family(1, [a_nik(1), None, a_nik(3)])), {a_hash(a_nik(3)): holder}) == Refusal(
        "duplicate_in_register", holder=holder
    )


def test_a_household_does_not_stand_in_its_own_way() -> None:
    assert admit(a_proposal(1), {a_hash(a_nik(4)): household_id(1)}) is None


def test_members_without_nik_claim_nothing() -> None:
    assert admit(a_proposal(1, a_family(1, [None, None])), {}) is None


def test_the_same_nik_twice_in_one_family_is_a_duplicate_in_the_file() -> None:
    family = a_family(1, [a_nik(1), a_nik(2), a_nik(1)])
    assert admit(a_proposal(1, family), {a_hash(a_nik(2)): household_id(9)}) == Refusal("duplicate_in_file")


def test_a_ranking_counts_when_the_decile_changes_and_only_then() -> None:
    household = proposed(1)
    facts = rank(household, a_ranking(1, 3))
    assert not isinstance(facts, Refusal)
    assert [type(fact) for fact in facts] == [WelfareRanked]
    ranked = fold(follow(household, household.id, facts, CAUSE), household)
    assert ranked is not None
    assert ranked.decile == 3
    assert rank(ranked, a_ranking(1, 3)) == ()
    assert rank(ranked, a_ranking(1, 4)) != ()


def test_a_ranking_older_than_the_one_that_counts_changes_nothing() -> None:
    household = proposed(1)
    facts = rank(household, a_ranking(1, 3))
    assert not isinstance(facts, Refusal)
    ranked = fold(follow(household, household.id, facts, CAUSE), household)
    assert ranked is not None
    assert ranked.ranked_on == date(2026, 2, 1)
    assert rank(ranked, a_ranking(1, 4, date(2026, 1, 31))) == ()
    assert rank(ranked, a_ranking(1, 4, date(2026, 2, 1))) != ()


def test_a_late_ranking_of_an_earlier_month_does_not_undo_a_newer_one_that_changed_nothing() -> None:
    household = proposed(1)
    for on, decile in ((date(2026, 2, 1), 3), (date(2026, 5, 1), 3)):
        facts = rank(household, a_ranking(1, decile, on))
        assert not isinstance(facts, Refusal)
        household = fold(follow(household, household.id, facts, CAUSE), household) or household
    assert (household.decile, household.ranked_on) == (3, date(2026, 5, 1))
    assert rank(household, a_ranking(1, 7, date(2026, 4, 1))) == ()
    assert rank(household, a_ranking(1, 3, date(2026, 5, 1))) == (), "told twice"


def test_a_ranking_of_a_household_nobody_knows_is_refused() -> None:
    assert rank(None, a_ranking(1, 3)) == Refusal("not_in_register")


@given(st.lists(st.integers(1, 10), max_size=12), st.data())
def test_the_fold_of_the_events_is_the_state_however_they_are_cut(deciles: list[int], data: st.DataObject) -> None:
    household, events = None, list[HouseholdEvent]()
    fresh = follow(None, household_id(1), propose(a_proposal(1), in_clear), CAUSE)
    household, events = fold(fresh), fresh
    for decile in deciles:
        facts = rank(household, a_ranking(1, decile))
        assert not isinstance(facts, Refusal)
        following = follow(household, household_id(1), facts, CAUSE)
        household, events = fold(following, household), events + following
    cut = data.draw(st.integers(0, len(events)))
    assert fold(events) == household == fold(events[cut:], fold(events[:cut]))
    assert household is not None
    assert household.decile == (deciles[-1] if deciles else None)
    assert [event.originator_version for event in events] == list(range(1, household.version + 1))
    assert len({event.event_id for event in events}) == len(events)


def test_events_out_of_order_are_not_folded() -> None:
    first, second = follow(None, household_id(1), propose(a_proposal(1), in_clear), CAUSE)
    assert isinstance(second.data, IdentityMatched)
    for events in ([second], [first, first], [msgspec.structs.replace(second, originator_version=1)]):
        with pytest.raises(OutOfOrderError):
            fold(events)
    with pytest.raises(OutOfOrderError):
        evolve(fold([first]), msgspec.structs.replace(first, originator_version=2))


@pytest.mark.parametrize(("regency", "day"), [("3318", 4), ("5171", 5), ("9171", 5), ("1171", 4)])
def test_the_day_is_the_one_on_the_calendar_of_the_place(regency: str, day: int) -> None:
    assert local_date(datetime(2026, 1, 4, 16, 30, tzinfo=UTC), regency) == date(2026, 1, day)
