"""Opens what arrived: sealed reports become proposals, moves and matches; rankings and deaths stay as they are."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import msgspec
import padan_events
from padan_events import Event
from padan_events.intake import DeathReported, HouseholdReported, MatchReported, MoveReported, Origin, RankingReported
from padan_events.local_date import local_date
from padan_events.personal import ReportedHousehold, ShownPlace
from padan_events.reviews import RegisterMatch
from padan_runtime import sealing

from padan_household.claims.proposed import opened
from padan_household.domain import ids
from padan_household.domain.proposing import Proposal
from padan_household.domain.register_matches import ReportedMatch
from padan_household.domain.registry_moves import RegistryMove
from padan_household.keyring.keyring import Keyring


class IntakeKeyGoneError(LookupError):
    """A report came later than its key lived: it can no longer be opened."""


Content = Proposal | RankingReported | DeathReported | RegistryMove | ReportedMatch
"""What a report says, opened."""


class Report(msgspec.Struct, frozen=True):
    """A report as it is decided: the event it came in and what it says."""

    event: Event
    content: Content
    outcome_id: UUID
    origin: Origin

    @property
    def household_id(self) -> UUID:
        """The household it is about."""
        return self.content.household_id


class Told(msgspec.Struct, frozen=True):
    """What every report says in the clear, of whatever type it is."""

    household_id: UUID
    origin: Origin


def told_of(event: Event) -> Told | None:
    """The household and row a report is about, where that much of it can be read."""
    try:
        return msgspec.json.decode(event.value, type=Told)
    except (msgspec.MsgspecError, UnicodeError):
        return None


def _now() -> datetime:
    return datetime.now(UTC)


class Opener:
    """Opens reports. `nik_hash_key` is the key of the services under which NIKs are looked up."""

    def __init__(self, keyring: Keyring, nik_hash_key: bytes, clock: Callable[[], datetime] = _now) -> None:
        self._keyring, self._nik_hash_key, self._clock = keyring, nik_hash_key, clock

    def open(self, events: Sequence[Event]) -> list[Report]:
        """The reports in these events, in order.

        Raises `IntakeKeyGoneError`, `SealError`, and `TypeError` for a type that does not belong here.
        """
        # Asked anew for each batch, so that a destroyed key lives on in no memory.
        intake_keys: dict[str, bytes] = {}
        return [self._report(event, intake_keys) for event in events]

    def _report(self, event: Event, intake_keys: dict[str, bytes]) -> Report:
        data = padan_events.decode(event.type, event.value)
        content: Content
        match data:
            case HouseholdReported():
                content = self._proposal(event, data, self._key(data.key_id, intake_keys))
            case MoveReported():
                content = self._move(event, data, self._key(data.key_id, intake_keys))
            case MatchReported():
                content = self._match(event, data, self._key(data.key_id, intake_keys))
            case RankingReported() | DeathReported():
                content = data
            case _:
                raise TypeError(f"{event.type} does not belong on {event.topic}")
        return Report(event, content, ids.outcome_id(event.event_id), data.origin)

    def _proposal(self, event: Event, data: HouseholdReported, key: bytes) -> Proposal:
        reported = sealing.open_sealed(
            key, data.sealed, ReportedHousehold, subject=data.household_id, event_id=event.event_id
        )
        return opened(
            data.household_id,
            reported,
            self._nik_hash_key,
            regency=data.regency,
            occurred_on=local_date(event.time, data.regency),
            origin=data.origin,
        )

    @staticmethod
    def _move(event: Event, data: MoveReported, key: bytes) -> RegistryMove:
        shown = sealing.open_sealed(key, data.sealed, ShownPlace, subject=event.event_id, event_id=event.event_id)
        return RegistryMove(
            household_id=data.household_id,
            person_id=data.person_id,
            village=shown.village,
            occurred_on=data.occurred_on,
            source=data.source,
            origin=data.origin,
            region=data.region,
        )

    @staticmethod
    def _match(event: Event, data: MatchReported, key: bytes) -> ReportedMatch:
        return ReportedMatch(
            household_id=data.household_id,
            person_id=data.person_id,
            match_id=event.event_id,
            match=sealing.open_sealed(key, data.sealed, RegisterMatch, subject=event.event_id, event_id=event.event_id),
            matched_on=data.matched_on,
            origin=data.origin,
            region=data.region,
        )

    def _key(self, key_id: str, held: dict[str, bytes]) -> bytes:
        key = held.get(key_id)
        if key is None:
            key = held[key_id] = self._intake_key(key_id)
        return key

    def _intake_key(self, key_id: str) -> bytes:
        key = self._keyring.intake_key(date.fromisoformat(key_id), now=self._clock())
        if key is None:
            raise IntakeKeyGoneError(key_id)
        return key
