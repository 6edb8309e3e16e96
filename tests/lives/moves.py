"""What the civil registry shows of moves, in any order with everything else; and what a silent destination comes to."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from itertools import count
from uuid import UUID, uuid5

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from msgspec import UNSET
from msgspec.structs import replace
from padan_events.commands.relocations import Address, ReleaseRelocation, RequestRelocation
from padan_events.effects import HouseholdFact
from padan_events.intake import Origin
from padan_events.personal import HouseholdIdentity, ShownPlace
from padan_events.relocations import (
    RelocationAccepted,
    RelocationCancelled,
    RelocationExpired,
    RelocationRefused,
    RelocationReleased,
    RelocationRequested,
    RelocationSeen,
)
from padan_events.states import CLOSED
from padan_household.domain.household import Sealed
from padan_household.domain.registry_moves import RegistryMove
from padan_household.domain.stream import HouseholdEvent

from lives.deaths import Deaths
from lives.keys import read

DESTINATION = "3374012003"
PLACES = ("3318042007", "3318042008", "3374012003", "3374012004")
_REPORTS = UUID(int=7)
ShownTo = Callable[[RegistryMove, datetime], str]


class RegistryShows(Deaths):
    """`shown_to`, where there is one, is told the same, and decides the same."""

    shown_to: ShownTo | None = None

    def __init__(self) -> None:
        super().__init__()
        self._entries = count(1)

    def shows(self, household_id: UUID, person: UUID, village: str, on: date) -> None:
        """The civil registry shows a person in a village."""
        number = next(self._entries)
        report = RegistryMove(
            household_id=household_id,
            person_id=person,
            village=village,
            occurred_on=on,
            source="crvs_feed",
            origin=Origin(uuid5(_REPORTS, str(number)), number),
        )
        # Of a record that was merged it is told of the person who it turned out to be, as the intake has it.
        meant = self.register.households[household_id].duplicates.get(person)
        code = self.register.shown(report if meant is None else replace(report, person_id=meant.kept))
        if self.shown_to is not None:
            assert self.shown_to(report, self.register.now) == code

    @precondition(lambda self: self.register.households)
    @rule(
        index=st.integers(0, 50),
        named=st.integers(0, 50),
        member=st.integers(0, 3),
        village=st.sampled_from(PLACES),
        day=st.integers(1, 4),
    )
    def registry_shows(self, index: int, named: int, member: int, village: str, day: int) -> None:
        """Somebody somewhere, told of the household that holds them or of another one."""
        households = list(self.register.households)
        people = list(self.register.households[households[index % len(households)]].members)
        if people:
            person = people[member % len(people)]
            self.shows(households[named % len(households)], person, village, date(2026, 3, day))

    @precondition(lambda self: self.register.households)
    @rule(
        index=st.integers(0, 50),
        village=st.none() | st.sampled_from(PLACES),
        before=st.booleans(),
        released=st.booleans(),
    )
    def silence(self, index: int, village: str | None, *, before: bool, released: bool) -> None:
        """A family asks to move, and the destination says nothing; the registry may show its head somewhere."""
        households = list(self.register.households)
        household_id = households[index % len(households)]
        known = self.register.known(household_id)
        assert known is not None
        assert known.home is not None
        head, office = known.household.head, known.home.village[:4]

        def told() -> None:
            if village is not None and head is not None:
                self.shows(household_id, head, village, date(2026, 3, 5))

        if before:
            told()
        request = RequestRelocation(household_id=household_id, to=Address(village=DESTINATION))
        self.give(request, "social_office", office, "user:one")
        if released:
            self.give(ReleaseRelocation(household_id=household_id), "social_office", office, "user:one")
        if not before:
            told()
        self.register.pass_time(timedelta(days=30))


def check_silence(stream: Sequence[HouseholdEvent]) -> None:
    """By its events alone: a silent destination took a family in exactly where the origin had let it go and the civil
    registry showed the head last in the village it wanted to move to. Raises `AssertionError`."""
    seen: dict[UUID, str] = {}
    to, released = None, False
    head: UUID | None = None
    caretaker: UUID | None = None
    dead = set[UUID]()
    for event in stream:
        data, own = event.data, event.originator_id
        assert isinstance(data, HouseholdFact)
        who = head or caretaker
        shown = None if who is None or who in dead else seen.get(who)
        expected = released and to is not None and shown == to
        match data:
            case RelocationRequested():
                to, released = _village(data.destination, event), False
            case RelocationReleased():
                released = True
            case RelocationSeen():
                place = read(Sealed(data.place, event.event_id), own, data.person_id, "identity", ShownPlace)
                seen[data.person_id] = place.village
            case RelocationAccepted() | RelocationRefused() | RelocationCancelled() | RelocationExpired():
                if isinstance(data, RelocationExpired) or (isinstance(data, RelocationAccepted) and data.silent):
                    assert isinstance(data, RelocationAccepted) == expected
                to, released = None, False
        effects = data.effects()
        head = head if effects.head is UNSET else effects.head
        caretaker = caretaker if effects.caretaker is UNSET else effects.caretaker
        dead = (dead | {one.person_id for one in effects.died if one.on}) - {
            one.person_id for one in effects.died if not one.on
        }
        for left in effects.left:
            seen.pop(left.person_id, None)
        if effects.state in CLOSED:
            seen.clear()


def _village(destination: bytes, event: HouseholdEvent) -> str:
    own = event.originator_id
    home = read(Sealed(destination, event.event_id), own, own, "identity", HouseholdIdentity)
    assert isinstance(home, HouseholdIdentity)
    return home.village
