"""The monthly rounds of a village, as their events tell them. Source: docs/domain.md, Recipients are verified.

A stream of its own beside the households': a round is about a village, and no household knows of the others.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from padan_events.commands.rounds import CloseRound, DeclareNoChange, OpenRounds
from padan_events.effects import VillageFact
from padan_events.rounds import RoundAnswered, RoundClosed, RoundOpened

from padan_household.domain.cut_off import cut_off, update_month
from padan_household.domain.refusals import (
    MONTH_NOT_CURRENT,
    ROUND_ANSWERED,
    ROUND_CLOSED,
    ROUND_NOT_OPEN,
    ROUND_OPEN,
    Refusal,
)


class Round(msgspec.Struct, frozen=True):
    """The round of a month. It is late where it is neither answered nor closed at `due_at`; nothing happens then."""

    due_at: datetime
    answered: bool = False
    closed: bool = False


class Rounds(msgspec.Struct, frozen=True):
    """A village's rounds, by month. `version` is that of its last event, 0 before the first."""

    village: str
    version: int = 0
    months: Mapping[str, Round] = {}


class AskedOf(msgspec.Struct, frozen=True):
    """When a command about a village is given, and the last day of a month that counts there."""

    now: datetime
    cut_off_day: int


Facts = Sequence[VillageFact] | Refusal


def evolve(rounds: Rounds, version: int, data: VillageFact) -> Rounds:
    """The rounds after one more event. Raises `ValueError` for one that does not follow or is not known."""
    if version != rounds.version + 1:
        raise ValueError(f"{rounds.village}: version {version} where {rounds.version + 1} comes next")
    match data:
        case RoundOpened():
            now = Round(data.due_at)
        case RoundAnswered():
            now = msgspec.structs.replace(rounds.months[data.month], answered=True)
        case RoundClosed():
            now = msgspec.structs.replace(rounds.months[data.month], closed=True)
        case _:
            raise ValueError(f"a village has no event {type(data).__name__}")
    return Rounds(rounds.village, version, {**rounds.months, data.month: now})


def fold(village: str, events: Iterable[tuple[int, VillageFact]]) -> Rounds:
    """The rounds of a village after its events, each with its version."""
    rounds = Rounds(village)
    for version, data in events:
        rounds = evolve(rounds, version, data)
    return rounds


def _open(command: OpenRounds, rounds: Rounds, asked: AskedOf) -> Facts:
    if command.month in rounds.months:
        return Refusal(ROUND_OPEN)
    due_at = cut_off(command.month, rounds.village, asked.cut_off_day)
    return (RoundOpened(village=rounds.village, month=command.month, due_at=due_at),)


def _declare(command: DeclareNoChange, rounds: Rounds, _: AskedOf) -> Facts:
    the_round = rounds.months.get(command.month)
    if the_round is None:
        return Refusal(ROUND_NOT_OPEN)
    if the_round.closed:
        return Refusal(ROUND_CLOSED)
    if the_round.answered:
        return Refusal(ROUND_ANSWERED)
    return (RoundAnswered(village=rounds.village, month=command.month, no_change=True),)


def _close(command: CloseRound, rounds: Rounds, _: AskedOf) -> Facts:
    the_round = rounds.months.get(command.month)
    if the_round is None:
        return Refusal(ROUND_NOT_OPEN)
    if the_round.closed:
        return Refusal(ROUND_CLOSED)
    return (RoundClosed(village=rounds.village, month=command.month),)


_DECIDE: Final[Mapping[type, Callable[[Any, Rounds, AskedOf], Facts]]] = {
    OpenRounds: _open,
    DeclareNoChange: _declare,
    CloseRound: _close,
}


def decide(command: OpenRounds | DeclareNoChange | CloseRound, rounds: Rounds, asked: AskedOf) -> Facts:
    """What a command about a village leads to: only in its month, which ends with the cut-off."""
    if command.month != update_month(asked.now, None, rounds.village, asked.cut_off_day)[0]:
        return Refusal(MONTH_NOT_CURRENT, "month")
    return _DECIDE[type(command)](command, rounds, asked)
