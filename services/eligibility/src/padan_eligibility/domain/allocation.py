"""Who gets a place: rounds over ledgers (a programme in a regency), a pure function of ledgers and what changed.

A round takes up what households' events up to a cut changed. Releases come first, then places go by rank to who waits;
whoever holds a place is never displaced. So after each round nobody waits while a place is free, and nobody was awarded
whom one who waits outranks. Source: docs/domain.md, Programmes (quota, order of the waiting list).
"""

from collections import deque
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

import msgspec
from padan_events.places import (
    PlaceAwarded,
    PlaceFact,
    PlaceReleased,
    Promoted,
    Rank,
    ReleaseReason,
    WaitingEnded,
    WaitingEndReason,
    Waitlisted,
)

_LEDGERS: Final = UUID("0f3c6c0e-6f0b-5d0a-9b5b-6a5f0f3a1d42")


class Standing(StrEnum):
    """What a household's decision and state say of a place. `out`: it left the register; `found_not_entitled`: its
    village's answer that it is not entitled any more was confirmed; `review_founded`: the review of a match with a
    foreign register found that aid ends; `resigned`: its head confirmed that it wants none.
    """

    ENTITLED = "entitled"
    UNDETERMINED = "undetermined"
    NOT_ENTITLED = "not_entitled"
    OUT = "out"
    FOUND_NOT_ENTITLED = "found_not_entitled"
    REVIEW_FOUNDED = "review_founded"
    RESIGNED = "resigned"


_ENDS: Final = {
    Standing.OUT: ReleaseReason.LEFT_THE_REGISTER,
    Standing.NOT_ENTITLED: ReleaseReason.NOT_ENTITLED,
    Standing.FOUND_NOT_ENTITLED: ReleaseReason.FOUND_NOT_ENTITLED,
    Standing.REVIEW_FOUNDED: ReleaseReason.REVIEW_FOUNDED,
    Standing.RESIGNED: ReleaseReason.RESIGNED,
}
"""Why a place ends, wherever the family lives. What is not known is no reason."""


class Candidate(msgspec.Struct, frozen=True):
    """A household as it stands after an event of it: `cause`."""

    regency: str
    standing: Standing
    rank: Rank
    cause: UUID

    @property
    def household_id(self) -> UUID:
        """Whose rank it is."""
        return self.rank.household_id


class Quota(msgspec.Struct, frozen=True):
    """Places that a ledger may have, set by the event `cause`."""

    places: int
    cause: UUID


class Ledger(msgspec.Struct):
    """A programme in a regency: places and waiting list by household. `quota` is None until one was set: it is not open
    then, and nobody is listed in it."""

    programme: str
    regency: str
    quota: int | None = None
    seq: int = 0
    places: dict[UUID, Rank] = msgspec.field(default_factory=dict)
    waiting: dict[UUID, Rank] = msgspec.field(default_factory=dict)

    @property
    def id(self) -> UUID:
        """Its id, the key of its rounds."""
        return uuid5(_LEDGERS, f"{self.programme}:{self.regency}")

    @property
    def free(self) -> int:
        """Places that may still be given; below 0 where a quota was lowered."""
        return (self.quota or 0) - len(self.places)

    def event_id(self, seq: int) -> UUID:
        """The id of its event of that number."""
        return uuid5(self.id, str(seq))


class Made(msgspec.Struct, frozen=True):
    """An event that a round leads to, and the one that led to it."""

    event_id: UUID
    fact: PlaceFact
    cause: UUID


def apply(ledger: Ledger, fact: PlaceFact) -> None:
    """What an event does to its ledger. Replay is this and nothing else."""
    match fact:
        case PlaceAwarded() | Promoted():
            ledger.waiting.pop(fact.household_id, None)
            ledger.places[fact.household_id] = fact.rank
            if isinstance(fact, PlaceAwarded) and fact.came_from is not None:
                ledger.quota = (ledger.quota or 0) + 1
        case Waitlisted():
            ledger.waiting[fact.household_id] = fact.rank
        case WaitingEnded():
            del ledger.waiting[fact.household_id]
        case PlaceReleased():
            del ledger.places[fact.household_id]
            if fact.went_to is not None:
                ledger.quota = max(0, (ledger.quota or 0) - 1)
    ledger.seq = fact.ledger_seq


class Round:
    """One round of a programme. `ledgers` are those that it may touch, by regency; `moves_along` says whether a place
    goes along with whoever moves, as a national programme's does."""

    def __init__(self, number: int, programme: str, ledgers: Mapping[str, Ledger], *, moves_along: bool) -> None:
        self._number, self._programme, self._moves_along = number, programme, moves_along
        self.ledgers = dict(ledgers)
        self.made: list[Made] = []
        self._freed: dict[str, deque[UUID]] = {}

    def run(self, candidates: Iterable[Candidate], quotas: Mapping[str, Quota]) -> list[Made]:
        """What comes of it, in order. `candidates` are the households whose events it takes up, each once, as they
        stand; `quotas` those set since the last round, by regency."""
        ordered = sorted(candidates, key=lambda one: one.rank)
        for regency, quota in sorted(quotas.items()):
            ledger = self._ledger(regency)
            # As many as may be promoted by it: a quota may be set a thousand times larger than the list.
            more = min(quota.places - (ledger.quota or 0), len(ledger.waiting))
            self._freed.setdefault(regency, deque()).extend([quota.cause] * max(0, more))
            ledger.quota = quota.places
        for candidate in ordered:
            self._leave(candidate)
        fresh: dict[str, dict[UUID, Candidate]] = {}
        for candidate in ordered:
            self._enter(candidate, fresh)
        for regency in sorted(self.ledgers):
            self._award(self.ledgers[regency], fresh.get(regency, {}))
        return self.made

    def _ledger(self, regency: str) -> Ledger:
        return self.ledgers.setdefault(regency, Ledger(self._programme, regency))

    def _leave(self, candidate: Candidate) -> None:
        """End what the household holds and can hold no longer, wherever that is."""
        for regency in sorted(self.ledgers):
            ledger = self.ledgers[regency]
            if candidate.household_id in ledger.places:
                self._leave_place(ledger, candidate)
            elif candidate.household_id in ledger.waiting:
                reason = _waits_no_longer(candidate, regency)
                if reason is not None:
                    self._made(ledger, WaitingEnded, candidate.household_id, candidate.cause, reason=reason)

    def _leave_place(self, ledger: Ledger, candidate: Candidate) -> None:
        if candidate.standing in _ENDS:
            reason = _ENDS[candidate.standing]
        elif candidate.regency == ledger.regency:
            return
        elif self._moves_along:
            released = self._made(
                ledger,
                PlaceReleased,
                candidate.household_id,
                candidate.cause,
                reason=ReleaseReason.MOVED_ALONG,
                went_to=candidate.regency,
            )
            there = self._ledger(candidate.regency)
            self._made(
                there, PlaceAwarded, candidate.household_id, released, rank=candidate.rank, came_from=ledger.regency
            )
            return
        else:
            reason = ReleaseReason.MOVED
        released = self._made(ledger, PlaceReleased, candidate.household_id, candidate.cause, reason=reason)
        self._freed.setdefault(ledger.regency, deque()).append(released)

    def _enter(self, candidate: Candidate, fresh: dict[str, dict[UUID, Candidate]]) -> None:
        """Whoever is entitled stands for a place; who waits already and ranks otherwise now is listed anew."""
        ledger = self.ledgers.get(candidate.regency)
        if candidate.standing is not Standing.ENTITLED or ledger is None or ledger.quota is None:
            return
        household_id = candidate.household_id
        if household_id in ledger.places:
            return
        if household_id not in ledger.waiting:
            fresh.setdefault(candidate.regency, {})[household_id] = candidate
        elif ledger.waiting[household_id] != candidate.rank:
            self._made(ledger, Waitlisted, household_id, candidate.cause, rank=candidate.rank)

    def _award(self, ledger: Ledger, fresh: Mapping[UUID, Candidate]) -> None:
        ranks = {**ledger.waiting, **{household_id: one.rank for household_id, one in fresh.items()}}
        order = sorted(ranks.values())
        freed = self._freed.get(ledger.regency, deque())
        for rank in order[: max(0, ledger.free)]:
            candidate = fresh.get(rank.household_id)
            if candidate is None:
                cause = freed.popleft()
                self._made(ledger, Promoted, rank.household_id, cause, rank=rank, because_of=cause)
            else:
                self._made(ledger, PlaceAwarded, rank.household_id, candidate.cause, rank=rank)
        for rank in order:
            if rank.household_id in fresh and rank.household_id not in ledger.places:
                cause = fresh[rank.household_id].cause
                self._made(ledger, Waitlisted, rank.household_id, cause, rank=rank)

    def _made(self, ledger: Ledger, kind: type[PlaceFact], household_id: UUID, cause: UUID, **data: object) -> UUID:
        fact = kind(
            household_id=household_id,
            regency=ledger.regency,
            programme=self._programme,
            ledger_seq=ledger.seq + 1,
            round=self._number,
            **data,
        )
        apply(ledger, fact)
        made = Made(ledger.event_id(fact.ledger_seq), fact, cause)
        self.made.append(made)
        return made.event_id


def _waits_no_longer(candidate: Candidate, regency: str) -> WaitingEndReason | None:
    if candidate.standing in _ENDS:
        return WaitingEndReason(_ENDS[candidate.standing].value)
    if candidate.standing is Standing.UNDETERMINED:
        return WaitingEndReason.UNDETERMINED
    return None if candidate.regency == regency else WaitingEndReason.MOVED
