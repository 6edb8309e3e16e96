"""Who follows a head or a caretaker: the order of the rule, and who is left out."""

from datetime import date
from uuid import UUID, uuid5

from padan_events.personal import PersonIdentity, Relationship
from padan_events.states import State
from padan_household.domain.asked import Known, Person
from padan_household.domain.household import Household, Member, Sealed
from padan_household.domain.succession import caretaker_successor, head_successor

HOUSEHOLD = UUID("6f3a1c58-0d1e-4d7e-8a52-3c2f7d1d9a10")
TODAY = date(2026, 7, 1)
SEALED = Sealed(b"", HOUSEHOLD)

HEAD, WIFE, CHILD, GRANDCHILD, WORKER = (
    Relationship.HEAD,
    Relationship.WIFE,
    Relationship.CHILD,
    Relationship.GRANDCHILD,
    Relationship.DOMESTIC_WORKER,
)


def who(index: int) -> UUID:
    return uuid5(HOUSEHOLD, str(index))


def family(*people: tuple[Relationship | None, date | None], caretaker: int = 0, dead: tuple[int, ...] = ()) -> Known:
    """A family in which the first is the head."""
    members = {
        who(index): Member(
            membership_seq=1, identity=SEALED, sensitive=SEALED, died_on=TODAY if index in dead else None
        )
        for index in range(len(people))
    }
    persons = {
        who(index): Person(PersonIdentity(name="x", relationship=relationship, birth_date=born), None)
        for index, (relationship, born) in enumerate(people)
    }
    household = Household(
        id=HOUSEHOLD,
        version=1,
        state=State.PROPOSED,
        regency="3318",
        caretaker=who(caretaker),
        head=who(0),
        identity=SEALED,
        members=members,
    )
    return Known(household=household, home=None, persons=persons)


BORN = date(1980, 1, 1)
SEVENTEEN, SIXTEEN = date(2009, 7, 1), date(2009, 7, 2)


def test_the_spouse_then_the_eldest_child_of_age_then_the_eldest_of_age_becomes_head() -> None:
    everyone = [
        (HEAD, BORN),
        (GRANDCHILD, date(1970, 1, 1)),
        (CHILD, SEVENTEEN),
        (CHILD, date(2001, 1, 1)),
        (WIFE, BORN),
    ]
    assert head_successor(family(*everyone), TODAY) == who(4)
    assert head_successor(family(*everyone), TODAY, {who(4)}) == who(3)
    assert head_successor(family(*everyone, dead=(4,)), TODAY) == who(3)
    assert head_successor(family(*everyone), TODAY, {who(4), who(3)}) == who(2)
    assert head_successor(family(*everyone), TODAY, {who(4), who(3), who(2)}) == who(1)


def test_nobody_below_seventeen_or_of_unknown_age_becomes_head_and_relatives_come_before_others() -> None:
    assert head_successor(family((HEAD, BORN), (CHILD, SIXTEEN), (CHILD, None)), TODAY) is None
    assert head_successor(family((HEAD, BORN), (CHILD, SEVENTEEN)), TODAY) == who(1)
    assert head_successor(family((HEAD, BORN), (WORKER, date(1950, 1, 1)), (GRANDCHILD, SEVENTEEN)), TODAY) == who(2)
    assert head_successor(family((HEAD, BORN), (WORKER, date(1950, 1, 1))), TODAY) == who(1)


def test_a_caretaker_is_followed_by_the_spouse_else_by_the_head_else_by_another_of_age() -> None:
    people = [(HEAD, BORN), (WIFE, BORN), (CHILD, SEVENTEEN)]
    assert caretaker_successor(family(*people, caretaker=0), TODAY) == who(1)
    assert caretaker_successor(family(*people, caretaker=1), TODAY) == who(0)
    assert caretaker_successor(family(*people, caretaker=1), TODAY, {who(0)}) == who(2)
    assert caretaker_successor(family(*people, caretaker=2), TODAY) == who(0)
    assert caretaker_successor(family((HEAD, BORN), (CHILD, SIXTEEN)), TODAY) is None
    assert caretaker_successor(family((HEAD, BORN), (WIFE, BORN), dead=(1,)), TODAY) is None
