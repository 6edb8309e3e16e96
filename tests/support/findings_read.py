"""Findings of payments by an independent reader: derived from the events on Kafka alone, without eligibility's code.

Written against docs/payments.md, as an auditor would.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from padan_events import Event, decode
from padan_events.duplicates import DuplicateMerged, Unmerged
from padan_events.effects import HouseholdFact
from padan_events.local_date import begins
from padan_events.payments import (
    Card,
    DisbursementHoldEnded,
    DisbursementListed,
    DisbursementResulted,
    Status,
)
from padan_events.places import PlaceAwarded, PlaceReleased, Promoted
from padan_events.reviews import ReviewClosed, ReviewOpened, ReviewOutcome

Finding = tuple[str, int]
"""Kind and line."""
_OUT = {Status.PAID, Status.WITHDRAWN, Status.NOT_WITHDRAWN}


class Line(msgspec.Struct, kw_only=True):
    """What the events of a line come to."""

    number: int
    household: UUID
    regency: str
    programme: str
    recipient: UUID
    status: Status = Status.LISTED
    paid_on: date | None = None
    paid: UUID | None = None
    card: tuple[Card, UUID] | None = None


class Household(msgspec.Struct):
    """Who is in it and who of them died: by person the date and the event, None where they live."""

    caretaker: UUID | None = None
    members: dict[UUID, tuple[date, UUID] | None] = {}


class Read:
    """Everything of the two topics that findings ask for, once each and in its order."""

    def __init__(self, events: Iterable[Event], list_id: UUID) -> None:
        self.lines: dict[int, Line] = {}
        self.households: dict[UUID, Household] = {}
        self.same: dict[UUID, tuple[UUID, UUID]] = {}
        self.places: dict[tuple[UUID, str], list[tuple[datetime, bool, UUID]]] = {}
        self.reviews: dict[UUID, tuple[UUID, UUID]] = {}
        self.founded: dict[UUID, list[tuple[datetime, bool, UUID]]] = {}
        self.gone: dict[tuple[UUID, UUID], datetime] = {}
        once = {(event.topic, event.event_id): event for event in events}
        for event in sorted(once.values(), key=lambda one: (one.topic, one.shard, one.pos)):
            data = decode(event.type, event.value)
            if isinstance(data, HouseholdFact):
                self._household(event, data)
            elif getattr(data, "list_id", None) == list_id:
                self._line(event, data)
            else:
                self._aid(event, data)

    def _household(self, event: Event, data: HouseholdFact) -> None:
        effects = data.effects()
        held = self.households.setdefault(data.household_id, Household(members={}))
        for member in effects.joined:
            held.members[member.person_id] = None
        for left in effects.left:
            held.members.pop(left.person_id, None)
            self.gone[data.household_id, left.person_id] = event.time
        for died in effects.died:
            held.members[died.person_id] = None if died.on is None else (died.on, event.event_id)
        if isinstance(effects.caretaker, UUID):
            held.caretaker = effects.caretaker
        if isinstance(data, DuplicateMerged) and data.household_id == data.duplicate_in:
            self.same[data.formerly] = (data.person_id, event.event_id)
        if isinstance(data, Unmerged):
            self.same.pop(data.formerly, None)

    def _line(self, event: Event, data: Any) -> None:
        match data:
            case DisbursementListed():
                self.lines[data.line] = Line(
                    number=data.line, household=data.household_id, regency=data.regency, programme=data.programme,
                    recipient=data.recipient,
                )  # fmt: skip
            case DisbursementHoldEnded():
                self.lines[data.line].recipient = data.recipient
            case DisbursementResulted():
                line = self.lines[data.line]
                if data.status is Status.PAID and line.status is not Status.PAID:
                    line.paid_on, line.paid = data.on, event.event_id
                line.status = data.status
                if data.card is not None:
                    line.card = (data.card, event.event_id)

    def _aid(self, event: Event, data: Any) -> None:
        match data:
            case PlaceAwarded() | Promoted() | PlaceReleased():
                held = not isinstance(data, PlaceReleased)
                of = self.places.setdefault((data.household_id, data.programme), [])
                of.append((event.time, held, event.event_id))
            case ReviewOpened():
                self.reviews[data.review_id] = (data.household_id, data.person_id)
            case ReviewClosed():
                of_review = self.founded.setdefault(data.review_id, [])
                of_review.append((event.time, data.outcome is ReviewOutcome.FOUNDED, event.event_id))

    def root(self, person: UUID) -> tuple[UUID, set[UUID]]:
        """Who a record is of, and the events that say so."""
        told: set[UUID] = set()
        while person in self.same:
            person, event = self.same[person]
            told.add(event)
        return person, told

    def dead(self, person: UUID) -> tuple[date, UUID] | None:
        """When somebody died, by the event that says so."""
        found = [held.members[person] for held in self.households.values() if person in held.members]
        return next((one for one in found if one is not None), None)


def derived(events: Iterable[Event], list_id: UUID) -> Mapping[Finding, set[UUID]]:
    """The findings of a list by the events of household and eligibility, repeats and all: by kind and line, the ids of
    those that prove each."""
    read = Read(events, list_id)
    found: dict[Finding, set[UUID]] = {}
    paid_to: dict[UUID, list[Line]] = {}
    for line in read.lines.values():
        if line.status not in _OUT or line.paid_on is None or line.paid is None:
            continue
        paid_to.setdefault(read.root(line.recipient)[0], []).append(line)
        for kind, proof in (
            ("paid_after_death", _death(read, line)),
            ("paid_without_place", _place(read, line)),
            ("paid_while_barred", _barred(read, line)),
            ("card_not_distributed", _card(line)),
        ):
            if proof is not None:
                found[kind, line.number] = {line.paid, *proof}
    for lines in paid_to.values():
        first, *again = sorted(lines, key=lambda line: (line.paid_on or date.max, line.number))
        for line in again:
            says = read.root(first.recipient)[1] | read.root(line.recipient)[1]
            found["paid_twice", line.number] = {one for one in (first.paid, line.paid) if one} | says
    return found


def _death(read: Read, line: Line) -> set[UUID] | None:
    assert line.paid_on is not None
    household = read.households[line.household]
    deaths = list(household.members.values())
    if deaths and household.caretaker in household.members and None not in deaths:
        last = max((one for one in deaths if one is not None), key=lambda one: one[0])
        if line.paid_on > last[0]:
            return {last[1]}
    died = read.dead(line.recipient)
    return {died[1]} if died is not None and line.paid_on > died[0] else None


def _place(read: Read, line: Line) -> set[UUID] | None:
    """Held at no moment of the day of the payment."""
    assert line.paid_on is not None
    day, after = begins(line.paid_on, line.regency), begins(line.paid_on + timedelta(days=1), line.regency)
    told = [one for one in read.places.get((line.household, line.programme), []) if one[0] < after]
    if not told:
        return set()
    at, held, event = told[-1]
    return None if held or at >= day else {event}


def _barred(read: Read, line: Line) -> set[UUID] | None:
    """A review of somebody who lived there on the day of the payment stood as founded when it began."""
    assert line.paid_on is not None
    day, proofs = begins(line.paid_on, line.regency), []
    for review, closings in read.founded.items():
        household, person = read.reviews[review]
        told = [one for one in closings if one[0] < day]
        died = read.dead(person)
        lived = died is None or died[0] >= line.paid_on
        there = person in read.households[household].members or read.gone[household, person] >= day
        if household == line.household and told and told[-1][1] and lived and there:
            proofs.append(told[-1][2])
    return {min(proofs)} if proofs else None


def _card(line: Line) -> set[UUID] | None:
    if line.card is None or line.card[0] is not Card.NOT_DISTRIBUTED:
        return None
    return {line.card[1]}
