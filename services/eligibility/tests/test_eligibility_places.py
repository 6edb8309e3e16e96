"""Rounds on a real PostgreSQL: from household events to places, waiting lists and their events."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from padan_cli.platform.pytest_plugin import MakeDatabase
from padan_eligibility.domain.allocation import Ledger, apply
from padan_eligibility.domain.drafts import Person, RefusedError
from padan_eligibility.facts.cuts import Cut
from padan_eligibility.places import repository
from padan_eligibility.programmes import repository as programmes
from padan_eligibility.programmes.policy_set import PolicySet
from padan_eligibility.simulation.messages import Work
from padan_eligibility.simulation.work import simulate
from padan_events import SHARDS, Event, decode
from padan_events.places import AllocationRoundClosed, PlaceAwarded, PlaceFact, PlaceReleased, Promoted, Waitlisted
from padan_events.recipients import (
    ProgrammeProposed,
    RecipientConfirmed,
    RecipientVerified,
    Resigned,
    VerificationResult,
)
from padan_events.states import State
from padan_events.tiers import Reactivated
from padan_events.topics import ELIGIBILITY_EVENTS
from padan_runtime import log
from padan_runtime.database import Database
from placing_office import Office
from register_peer import RECORDED_AT

ENTITLED_AGAIN: Any = {
    "month": "2026-04",
    "result": VerificationResult.ENTITLED,
    "occurred_on": date(2026, 4, 2),
}


@pytest.fixture
def office(make_database: MakeDatabase) -> Iterator[Office]:
    database = Database(make_database("eligibility").url, name="test")
    database.open()
    yield Office(database)
    database.close()


def kinds(facts: Sequence[tuple[Event, PlaceFact]]) -> list[tuple[type[PlaceFact], UUID]]:
    return [(type(fact), fact.household_id) for _, fact in facts]


def test_a_death_releases_a_place_and_promotes_the_next_and_each_event_names_its_cause(office: Office) -> None:
    second, first, third = office.determined(1, 2), office.determined(2, 1), office.determined(3, 3)
    assert office.round() == 0  # no quota, no place
    office.quota(2)
    assert office.round() == 4  # and that the round is closed
    assert kinds(office.facts()) == [(PlaceAwarded, first), (PlaceAwarded, second), (Waitlisted, third)]
    assert office.round() == 0
    death = office.ends(first)
    assert office.round() == 3
    (released, out), (promoted, comes) = office.facts()[-2:]
    assert isinstance(out, PlaceReleased)
    assert isinstance(comes, Promoted)
    assert (out.household_id, released.causation_id) == (first, death.event_id)
    assert (comes.household_id, promoted.causation_id, comes.because_of) == (third, *[released.event_id] * 2)


def test_the_ledger_is_what_its_events_fold_to_and_its_numbers_have_no_gap(office: Office) -> None:
    families = [office.determined(number, 1 + number % 3) for number in range(6)]
    office.quota(2)
    office.round()
    office.ends(families[0])
    office.quota(3)
    office.round()
    replayed = Ledger("pkh", "3318", 3)
    for _, fact in office.facts():
        apply(replayed, fact)
    stands = office.ledger()
    assert (replayed.places, replayed.waiting) == (stands.places, stands.waiting)
    with office.database.transaction() as connection:
        events = log.read_after(connection, ELIGIBILITY_EVENTS.name, "", dict.fromkeys(range(SHARDS), 0), 1_000)
    numbers = [
        data.ledger_seq
        for data in (decode(event.type, event.value) for event in events)
        if isinstance(data, PlaceFact | AllocationRoundClosed)
    ]
    assert sorted(numbers) == list(range(1, stands.seq + 1))


def test_what_lies_beyond_the_cut_waits_for_the_next_round(office: Office) -> None:
    office.determined(1, 1)
    office.quota(1)
    office.round()
    before = list(office.heads)
    late = office.determined(2, 1)
    cut = Cut(before, RECORDED_AT)
    assert office.allocator.hold("pkh", cut, []) == 0
    assert office.round() == 2
    assert kinds(office.facts())[-1] == (Waitlisted, late)


def test_a_quota_is_set_once_and_never_beyond_the_nation_s(office: Office) -> None:
    office.determined(1, 1)
    assert office.quota(5, request="a") == office.quota(5, request="a")
    office.quota(7, None)
    with pytest.raises(RefusedError, match="quota_exceeds_nation"):
        office.quota(3, "3319")
    with pytest.raises(RefusedError, match="quota_exceeds_nation"):
        office.quota(4, None)
    with pytest.raises(RefusedError, match="programme_unknown"):
        office.quota(1, programme="none")
    with pytest.raises(RefusedError, match="policy_not_yours"):
        office.quota(1, by=Person("user:regent", "programme_owner", "3318"))
    with pytest.raises(RefusedError, match="region_unknown"):
        office.quota(1, "9999")
    with pytest.raises(RefusedError, match="idempotency_key_reused"):
        office.quota(4, request="a")
    office.quota(2, "3319")
    office.round()
    assert (office.ledger().quota, office.ledger("3319").quota) == (5, 2)


def test_families_that_were_determined_before_the_first_quota_are_not_missed(office: Office) -> None:
    families = {office.determined(number, 1) for number in range(4)}
    gone = office.determined(9, 1)
    office.ends(gone)
    office.quota(10)
    office.round()
    assert set(office.ledger().places) == families


def test_families_of_a_regency_whose_quota_comes_later_are_not_missed(office: Office) -> None:
    office.determined(1, 1)
    there = office.determined(2, 1, regency="3319")
    office.quota(1)
    office.round()
    office.quota(1, "3319")
    office.round()
    assert set(office.ledger("3319").places) == {there}


def test_a_place_that_moves_where_no_quota_was_set_opens_the_list_there_for_all(office: Office) -> None:
    mover, resident = office.determined(1, 1), office.determined(2, 2, regency="3319")
    office.quota(1)
    office.round()
    office.take(office.moved(mover, "3319"))
    office.round()
    office.round()
    there = office.ledger("3319")
    assert (there.quota, set(there.places), set(there.waiting)) == (1, {mover}, {resident})
    assert office.ledger().quota == 0


def test_who_comes_back_keeps_the_date_of_its_determination(office: Office) -> None:
    family = office.determined(1, 1)
    before = office.facts_of(family)
    office.ends(family)
    back = Reactivated(household_id=family, regency="3318", occurred_on=date(2026, 3, 5), to=State.DETERMINED)
    office.take(office.register.happened(back, at=RECORDED_AT + timedelta(days=30)))
    assert office.facts_of(family).determined_on == before.determined_on == date(2026, 3, 2)


def test_the_nation_s_limit_counts_what_moved_where_it_is(office: Office) -> None:
    movers = [office.determined(number, 1) for number in (1, 2)]
    office.quota(4, None)
    office.quota(2)
    office.quota(2, "3319")
    office.round()
    office.take(*(office.moved(one, "3319") for one in movers))
    office.round()
    assert (office.ledger().quota, office.ledger("3319").quota) == (0, 4)
    with pytest.raises(RefusedError, match="quota_exceeds_nation"):
        office.quota(1, request="more than there are")


def test_a_quota_set_after_the_cut_is_for_the_next_round(office: Office) -> None:
    office.determined(1, 1)
    cut = asyncio.run(office.cut())
    with office.database.transaction() as connection:
        known = repository.untaken(connection)
    office.quota(1)
    assert office.allocator.hold("pkh", cut, known) == 0
    assert office.round() == 2


@pytest.mark.parametrize("ends", ["found_not_entitled", "resigned", "resigned_from_all"])
def test_what_ends_aid_ends_the_place_and_promotes_the_next(office: Office, ends: str) -> None:
    first, second = office.determined(1, 1), office.determined(2, 2)
    office.quota(1)
    office.round()
    of: Any = {"household_id": first, "regency": "3318"}
    told = {
        "found_not_entitled": RecipientConfirmed(**of, month="2026-03", ends=True),
        "resigned": Resigned(**of, programmes=("pkh",), confirmed_on=date(2026, 3, 3)),
        "resigned_from_all": Resigned(**of, confirmed_on=date(2026, 3, 3)),
    }[ends]
    office.take(office.register.happened(told))
    office.round()
    (_, released), (_, promoted) = office.facts()[-2:]
    assert isinstance(released, PlaceReleased)
    assert released.reason.value == ends.removesuffix("_from_all")
    assert (type(promoted), promoted.household_id) == (Promoted, second)
    anew = ProgrammeProposed(**of, programme="pkh", occurred_on=date(2026, 3, 4))
    back = RecipientVerified(**of, **ENTITLED_AGAIN) if ends == "found_not_entitled" else anew
    office.take(office.register.happened(back))
    office.round()
    assert kinds(office.facts())[-1] == (Waitlisted, first)


def test_quotas_between_policies_are_passed_over_page_by_page(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programmes, "_PER_SHARD", 2)
    for places in range(5):
        office.quota(places)
    fresh = PolicySet(office.database)
    fresh.refresh()
    assert fresh.in_force(date(2026, 3, 2)) == office.policies.in_force(date(2026, 3, 2)) != []


def test_the_ledger_of_a_simulated_quota_is_what_the_next_round_makes_of_it(office: Office) -> None:
    families = [office.determined(number, 1 + number % 4) for number in range(5)]
    office.quota(3)
    office.round()
    office.ends(families[0])

    def simulated(places: int) -> dict[str, int]:
        pkh = office.policies.latest("pkh")
        assert pkh is not None
        work = Work(
            database_url=office.database.url, within_s=60, before=pkh, after=pkh, region="33",
            as_of=date(2026, 3, 2), named=False, quotas={"3318": places},
        )  # fmt: skip
        (ledger,) = simulate(work).ledgers
        return msgspec.structs.asdict(ledger)

    lower, higher = simulated(1), simulated(4)
    assert (lower["quota_before"], lower["places_before"], lower["waiting_before"]) == (3, 3, 2)
    assert (lower["places_after"], lower["excess_after"]) == (2, 1)
    assert (higher["places_after"], higher["waiting_after"], higher["excess_after"]) == (4, 0, 0)
    office.quota(1, request="lower")
    office.round()
    held = office.ledger()
    assert (len(held.places), len(held.waiting)) == (lower["places_after"], lower["waiting_after"])
    assert simulated(4)["annual_idr_after"] == 4 * 3_000_000
