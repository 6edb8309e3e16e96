"""Rounds of places, against what may never happen, over random families, moves, deaths and quotas."""

from collections import Counter
from datetime import date
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st
from padan_eligibility.domain.allocation import Candidate, Ledger, Made, Quota, Round, Standing, apply
from padan_events.places import OrderKey, PlaceAwarded, PlaceFact, PlaceReleased, Promoted, Rank, Waitlisted

PROGRAMME = "pkh"
REGENCIES = ("3318", "3319", "6471")
FAMILIES = [UUID(int=number) for number in range(1, 13)]

ranks = st.builds(
    lambda decile, unmet, day, family, own: Rank(
        decile, -unmet, date(2026, 1, day), family, tuple(OrderKey("household_size", value) for value in own)
    ),
    st.integers(1, 4),
    st.integers(0, 9),
    st.integers(1, 3),
    st.sampled_from(FAMILIES),
    st.lists(st.integers(-2, 0), max_size=2),
)
candidates = st.builds(Candidate, st.sampled_from(REGENCIES), st.sampled_from(list(Standing)), ranks, st.builds(uuid4))
rounds = st.lists(
    st.tuples(
        st.lists(candidates, max_size=8, unique_by=lambda one: one.household_id),
        st.dictionaries(st.sampled_from(REGENCIES), st.builds(Quota, st.integers(0, 4), st.builds(uuid4)), max_size=2),
    ),
    min_size=1,
    max_size=10,
)


class Books:
    """The ledgers as rounds leave them, and as whoever folds the events has them."""

    def __init__(self, moves_along: bool) -> None:
        self.ledgers = {regency: Ledger(PROGRAMME, regency) for regency in REGENCIES}
        self.replayed = {regency: Ledger(PROGRAMME, regency) for regency in REGENCIES}
        self.latest: dict[UUID, Candidate] = {}
        self.moves_along, self.number = moves_along, 0

    def close(self, changed: list[Candidate], quotas: dict[str, Quota]) -> list[Made]:
        self.number += 1
        self.latest |= {one.household_id: one for one in changed}
        made = Round(self.number, PROGRAMME, self.ledgers, moves_along=self.moves_along).run(changed, quotas)
        for regency, quota in quotas.items():
            self.replayed[regency].quota = quota.places
        for one in made:
            ledger = self.replayed[one.fact.regency]
            assert one.fact.ledger_seq == ledger.seq + 1
            waiting_before = dict(ledger.waiting)
            apply(ledger, one.fact)
            self._check_award(ledger, one.fact, waiting_before)
        assert self.replayed == self.ledgers
        return made

    @staticmethod
    def _check_award(ledger: Ledger, fact: PlaceFact, waiting_before: dict[UUID, Rank]) -> None:
        if isinstance(fact, Promoted) or (isinstance(fact, PlaceAwarded) and fact.came_from is None):
            assert len(ledger.places) <= (ledger.quota or 0), "an award exceeds the quota"
            others = [rank for family, rank in waiting_before.items() if family != fact.household_id]
            assert all(fact.rank < rank for rank in others), "one who waits was skipped"
        if isinstance(fact, Promoted):
            assert fact.household_id in waiting_before


@given(st.booleans(), rounds)
@settings(max_examples=600, deadline=None)
def test_rounds_keep_the_quota_and_the_order_and_name_their_causes(
    moves_along: bool, history: list[tuple[list[Candidate], dict[str, Quota]]]
) -> None:
    books = Books(moves_along)
    for changed, quotas in history:
        _causes_are_named(books.close(changed, quotas), quotas)
        _nobody_is_passed_over(books)


def _causes_are_named(made: list[Made], quotas: dict[str, Quota]) -> None:
    """Each promotion by a release or quota of its own ledger and round, and each release promotes once at most."""
    released = {one.event_id: one.fact for one in made if isinstance(one.fact, PlaceReleased)}
    used = Counter(one.fact.because_of for one in made if isinstance(one.fact, Promoted))
    for one in made:
        if not isinstance(one.fact, Promoted):
            continue
        release = released.get(one.fact.because_of)
        if release is None:
            assert one.fact.because_of == quotas[one.fact.regency].cause
        else:
            assert release.regency == one.fact.regency
            assert release.went_to is None
            assert used[one.fact.because_of] == 1


def _nobody_is_passed_over(books: Books) -> None:
    for regency, ledger in books.ledgers.items():
        assert ledger.free <= 0 or not ledger.waiting, "somebody waits beside a free place"
        assert not ledger.places.keys() & ledger.waiting.keys()
        for family in ledger.waiting:
            assert books.latest[family].regency == regency
            assert books.latest[family].standing is Standing.ENTITLED
            assert books.latest[family].rank == ledger.waiting[family]
    held = Counter(family for ledger in books.ledgers.values() for family in (*ledger.places, *ledger.waiting))
    assert not held or max(held.values()) == 1, "a family stands in two ledgers"
    for family in held:
        assert books.latest[family].standing in {Standing.ENTITLED, Standing.UNDETERMINED}


def rank(number: int, decile: int = 1) -> Rank:
    return Rank(decile, 0, date(2026, 1, 1), UUID(int=number))


def candidate(number: int, decile: int = 1, standing: Standing = Standing.ENTITLED, regency: str = "3318") -> Candidate:
    return Candidate(regency, standing, rank(number, decile), uuid4())


def facts(made: list[Made]) -> list[tuple[type[PlaceFact], int]]:
    return [(type(one.fact), one.fact.household_id.int) for one in made]


def test_a_death_releases_a_place_and_the_next_of_the_same_regency_is_promoted_because_of_it() -> None:
    books = Books(moves_along=True)
    quota = {"3318": Quota(2, uuid4())}
    first = books.close([candidate(1), candidate(2), candidate(3, 2), candidate(4, 3)], quota)
    assert facts(first) == [(PlaceAwarded, 1), (PlaceAwarded, 2), (Waitlisted, 3), (Waitlisted, 4)]
    death = candidate(1, standing=Standing.OUT)
    released, promoted = books.close([death], {})
    assert (released.fact.household_id.int, released.cause) == (1, death.cause)
    assert isinstance(promoted.fact, Promoted)
    assert (promoted.fact.household_id.int, promoted.fact.because_of) == (3, released.event_id)


def test_who_holds_a_place_is_not_displaced_by_who_is_poorer() -> None:
    books = Books(moves_along=True)
    books.close([candidate(1, 4)], {"3318": Quota(1, uuid4())})
    assert facts(books.close([candidate(2, 1)], {})) == [(Waitlisted, 2)]


def test_a_lower_quota_ends_no_place_and_stops_promotion_until_fewer_hold_one() -> None:
    books = Books(moves_along=True)
    books.close([candidate(number) for number in range(1, 5)], {"3318": Quota(3, uuid4())})
    assert facts(books.close([], {"3318": Quota(1, uuid4())})) == []
    assert books.ledgers["3318"].free == -2
    out = [candidate(number, standing=Standing.OUT) for number in (1, 2)]
    assert facts(books.close(out, {})) == [(PlaceReleased, 1), (PlaceReleased, 2)]
    assert facts(books.close([candidate(3, standing=Standing.OUT)], {})) == [(PlaceReleased, 3), (Promoted, 4)]


def test_a_decision_that_became_undetermined_ends_no_place() -> None:
    books = Books(moves_along=True)
    books.close([candidate(1)], {"3318": Quota(1, uuid4())})
    assert books.close([candidate(1, standing=Standing.UNDETERMINED)], {}) == []


def test_a_national_place_moves_along_with_its_quota_and_a_regional_one_ends() -> None:
    for moves_along, places, quotas in ((True, [{2}, {1}], [1, 1]), (False, [{2, 3}, set()], [2, None])):
        books = Books(moves_along)
        books.close([candidate(1), candidate(2), candidate(3, 2)], {"3318": Quota(2, uuid4())})
        books.close([candidate(1, regency="3319")], {})
        there = [books.ledgers["3318"], books.ledgers["3319"]]
        assert [{family.int for family in ledger.places} for ledger in there] == places
        assert [ledger.quota for ledger in there] == quotas
