"""Who follows a head or a caretaker who dies or leaves. Source of the rule: docs/domain.md, Death."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from padan_events.personal import Relationship

from padan_household.domain.asked import Known

OF_AGE: Final = 17
"""Years of age from which a person may head a family or receive its assistance."""

_SPOUSES: Final = frozenset({Relationship.HUSBAND, Relationship.WIFE})
_NO_FAMILY: Final = frozenset({Relationship.DOMESTIC_WORKER, Relationship.OTHER, None})


class _Candidate(NamedTuple):
    person_id: UUID
    relationship: Relationship | None
    born: date | None

    def eldest_first(self) -> tuple[date, UUID]:
        return self.born or date.max, self.person_id


def head_successor(known: Known, today: date, without: Collection[UUID] = ()) -> UUID | None:
    """Who becomes head after the one who stands there: the spouse, else the eldest child of age, else the eldest of
    age, relatives before others; None where nobody may, and a person has to settle it.

    `without` are members who leave together with the head. `known.persons` must be open.
    """
    candidates = [one for one in _candidates(known, without) if one.person_id != known.household.head]
    spouses = [one for one in candidates if one.relationship in _SPOUSES]
    adults = [one for one in candidates if _of_age(one, today)]
    children = [one for one in adults if one.relationship is Relationship.CHILD]
    relatives = [one for one in adults if one.relationship not in _NO_FAMILY]
    return _eldest(spouses) or _eldest(children) or _eldest(relatives) or _eldest(adults)


def caretaker_successor(known: Known, today: date, without: Collection[UUID] = ()) -> UUID | None:
    """Who becomes caretaker after the one who stands there: the spouse, else the head, else who would become head of
    those of age on the family card; None where nobody may. See `head_successor` for the arguments.

    The spouse is known of the head and of the head's spouse only: the card says how each is related to the head.
    """
    household = known.household
    caretaker = household.caretaker
    candidates = [one for one in _candidates(known, without) if one.person_id != caretaker]
    head = [one for one in candidates if one.person_id == household.head]
    spouses = [one for one in candidates if one.relationship in _SPOUSES]
    person = known.persons.get(caretaker)
    leaving = None if person is None or person.identity is None else person.identity.relationship
    if leaving in _SPOUSES:
        spouses = head or spouses
    elif caretaker != household.head:
        spouses = []
    return (
        _eldest(spouses)
        or _eldest(one for one in head if _of_age(one, today))
        or head_successor(known, today, {*without, caretaker})
    )


def known_minor(known: Known, person_id: UUID, today: date) -> bool:
    """Whether a member is known to be below that age. Of whom no birth date is known, nobody says so."""
    found = [one for one in _candidates(known, ()) if one.person_id == person_id and one.born is not None]
    return any(not _of_age(one, today) for one in found)


def too_young_to_head(known: Known, person_id: UUID, today: date, without: Collection[UUID] = ()) -> bool:
    """Whether a member is known to be below that age where somebody of age lives in the family: of children alone, one
    may be head. `without` are members of whom another household is made, or is left."""
    of_age = any(_of_age(one, today) for one in _candidates(known, {*without, person_id}))
    return of_age and known_minor(known, person_id, today)


def _candidates(known: Known, without: Collection[UUID]) -> list[_Candidate]:
    found = []
    for person_id in known.household.living:
        person = known.persons.get(person_id)
        if person_id in without or person is None or person.identity is None:
            continue
        year = known.household.members[person_id].birth_year
        # Of a person whose year alone is known, the last day of it: nobody is of age too early.
        born = person.identity.birth_date or (None if year is None else date(year, 12, 31))
        found.append(_Candidate(person_id, person.identity.relationship, born))
    return found


def _of_age(candidate: _Candidate, today: date) -> bool:
    born = candidate.born
    if born is None:
        return False
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day)) >= OF_AGE


def _eldest(candidates: Iterable[_Candidate]) -> UUID | None:
    return next((one.person_id for one in sorted(candidates, key=_Candidate.eldest_first)), None)
