"""Writes facts that were decided: claims by hash first, then events under the heads' locks, then what comes due."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from padan_events.commands import AppendedEvent
from padan_events.effects import HouseholdFact
from psycopg import Connection

from padan_household.claims import repository as claims
from padan_household.claims.changes import Keys, changes_of
from padan_household.claims.repository import ClaimRaceError, TwoHoldersError
from padan_household.deadlines import repository as deadlines
from padan_household.domain.deadlines import deadlines_of
from padan_household.domain.household import Household
from padan_household.domain.stream import Cause, HouseholdEvent, evolve, follow_each
from padan_household.rounds import repository as recipients
from padan_household.store import snapshots
from padan_household.store.application import Register


def write(
    connection: Connection[Any],
    register: Register,
    households: Mapping[UUID, Household],
    facts: Sequence[HouseholdFact],
    *,
    cause: Cause,
    keys: Keys,
) -> list[tuple[HouseholdEvent, AppendedEvent]]:
    """Write facts as the next events of their households (`households`, as they stand); where each event stands.

    Raises `ClaimRaceError` and the library's `IntegrityError` where somebody was first: the transaction is lost.
    """
    events = follow_each(households, facts, cause)
    after: dict[UUID, Household] = {}
    for event in events:
        household_id = event.originator_id
        after[household_id] = evolve(after.get(household_id, households.get(household_id)), event)
    claimed = changes_of(((event.event_id, data) for event, data in zip(events, facts, strict=True)), keys)
    if claimed:
        try:
            # A NIK that one person gives up and another takes was held by its row since the decision looked at it.
            given_up = {one.nik_hash for one in claimed.taken if one.released}
            claims.secure(connection, [one for one in claimed.taken if one.nik_hash not in given_up])
            claimed.apply(connection)
        except TwoHoldersError as race:
            raise ClaimRaceError("a NIK was claimed meanwhile") from race
    places = register.appended(events, connection)
    deadlines.replace(connection, changed(households, after))
    recipients.follow(connection, households, after.values())
    snapshots.keep(connection, households, after.values())
    return list(zip(events, places, strict=True))


def changed(before: Mapping[UUID, Household], after: Mapping[UUID, Household]) -> dict[UUID, frozenset[Any]]:
    """What comes due from now on in those households of `after` in which something else did before."""
    found = {}
    for household_id, household in after.items():
        was = before.get(household_id)
        due = deadlines_of(household)
        if due != (frozenset() if was is None else deadlines_of(was)):
            found[household_id] = due
    return found
