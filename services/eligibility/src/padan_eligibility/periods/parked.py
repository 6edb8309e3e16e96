"""Whether all events within a cut have been taken up that say something of a region."""

import re
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.topics import HOUSEHOLD_EVENTS
from psycopg import Connection

from padan_eligibility.domain.drafts import RefusedError
from padan_eligibility.domain.periods import Asked
from padan_eligibility.facts.cuts import Cut
from padan_eligibility.periods import repository

_HOUSEHOLD: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def check_parked(
    connection: Connection[Any], reader: str, asked: Asked, cut: Cut, code: str = "period_events_parked"
) -> None:
    """Raises `RefusedError` (`code`) where an event of the region waits parked."""
    waiting = repository.parked(connection, reader, HOUSEHOLD_EVENTS.name, cut.heads)
    if len(waiting) > repository.MOST_PARKED:
        raise RefusedError(code)  # those that were not looked at may be of this region
    told = [(UUID(key), _regency(value)) for key, value in waiting if _HOUSEHOLD.fullmatch(key)]
    lives = repository.regencies_of(connection, [household_id for household_id, _ in told])
    for household_id, said in told:
        of = {said, lives.get(household_id)} - {None}
        if not of or any(one.startswith(asked.prefix) for one in of if one is not None):
            raise RefusedError(code)


def _regency(value: bytes) -> str | None:
    """What an event that waits says of where the household lives."""
    try:
        return msgspec.json.decode(value, type=_Told).regency
    except msgspec.MsgspecError:
        return None


class _Told(msgspec.Struct):
    regency: str | None = None
