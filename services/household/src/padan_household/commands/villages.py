"""Commands about villages: their rounds are loaded, the rule decides, facts are written.

The events are recorded on behalf of this service: the village stands in them, and whose id stood beside it would have
told where the families live that this person works with. Who gave a command is kept with its answer.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final

from padan_events.commands import (
    AppendedEvent,
    CommandOutcome,
    CommandRefused,
    CommandRequest,
    Fault,
    VillageAccepted,
    VillageRefused,
    VillagesDecided,
)
from padan_events.commands.rounds import CloseRound, OpenRounds, VillageCommand
from padan_events.effects import VillageFact
from padan_events.rounds import stream_of
from psycopg import Connection

from padan_household.domain import ids, rounds
from padan_household.domain.authority import acts_in, role_may
from padan_household.domain.cut_off import CUT_OFF_DAY
from padan_household.domain.refusals import VERSION_DIFFERS, Refusal
from padan_household.domain.stream import Cause, HouseholdEvent
from padan_household.store.application import LoadedRounds, Register

ACTOR: Final = "service:household"


class Villages:
    """Decides by the rules of `domain.rounds`."""

    def __init__(self, register: Register, clock: Callable[[], datetime], cut_off_days: Mapping[str, int]) -> None:
        self._register, self._clock, self._cut_off_days = register, clock, cut_off_days

    def decide(self, connection: Connection[Any], request: CommandRequest, command: VillageCommand) -> CommandOutcome:
        """The answer, with what it leads to written. Raises the library's `IntegrityError` where somebody was first."""
        refusal = role_may(str(command.__struct_config__.tag), request.role)
        if refusal is not None:
            return CommandRefused(faults=(Fault(refusal.code),))
        if request.found:
            return CommandRefused(faults=request.found)
        villages = command.villages if isinstance(command, OpenRounds) else (command.village,)
        command_id = ids.command_id(request.actor, request.idempotency_key)
        causation_id = ids.request_id(command_id, request.digest)
        if isinstance(command, CloseRound):
            self._register.hold_rounds(villages, connection, alone=True)
        loaded = self._register.load_rounds(villages, causation_id, connection)
        results = [(one, self._decided(request, command, one)) for one in loaded]
        cause = Cause(ACTOR, command_id, causation_id)
        events = [
            HouseholdEvent(stream_of(one.rounds.village), one.rounds.version + 1 + index, data, cause)
            for one, result in results
            if isinstance(result, tuple)
            for index, data in enumerate(result)
        ]
        placed = iter(zip(events, self._register.appended(events, connection), strict=True))
        answers = [_answer(one, result, placed) for one, result in results]
        if isinstance(command, OpenRounds):
            return VillagesDecided(villages=tuple(answers))
        (answer,) = answers
        return CommandRefused(faults=answer.faults) if isinstance(answer, VillageRefused) else answer

    def _decided(
        self, request: CommandRequest, command: VillageCommand, loaded: LoadedRounds
    ) -> Refusal | tuple[VillageFact, ...]:
        if loaded.caused:  # the answer was lost in a restore; what it led to stands
            return ()
        held = loaded.rounds
        refusal = acts_in(request.region, held.village)
        if refusal is not None:
            return refusal
        if request.version is not None and request.version != held.version:
            return Refusal(VERSION_DIFFERS)
        asked = rounds.AskedOf(self._clock(), self._cut_off_days.get(held.village[:4], CUT_OFF_DAY))
        result = rounds.decide(command, held, asked)
        return result if isinstance(result, Refusal) else tuple(result)


def _answer(
    loaded: LoadedRounds,
    result: Refusal | tuple[VillageFact, ...],
    placed: Iterator[tuple[HouseholdEvent, AppendedEvent]],
) -> VillageAccepted | VillageRefused:
    village = loaded.rounds.village
    if isinstance(result, Refusal):
        return VillageRefused(village=village, faults=(Fault(result.code, result.field),))
    if loaded.caused:
        events = tuple(event for _, event in loaded.caused)
        return VillageAccepted(village=village, version=loaded.caused[-1][0], events=events)
    own = list(islice(placed, len(result)))
    return VillageAccepted(
        village=village, version=own[-1][0].originator_version, events=tuple(place for _, place in own)
    )
