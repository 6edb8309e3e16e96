"""Writing what was decided: the decisions that stand, the log, and what rounds of places take up."""

from collections.abc import Sequence
from typing import Any

from padan_runtime import log
from psycopg import Connection

from padan_eligibility.domain.facts import HouseholdFacts
from padan_eligibility.facts import standing
from padan_eligibility.facts.deciding import Basis, Taken
from padan_eligibility.places import repository as places
from padan_eligibility.places.pending import pending


def record(connection: Connection[Any], households: Sequence[tuple[Basis, HouseholdFacts]], taken: Taken) -> None:
    """Write it inside the surrounding transaction, which holds the households' rows; the log's heads are taken last."""
    write(connection, households, taken)
    if taken.entries:
        log.append(connection, taken.entries)


def write(connection: Connection[Any], households: Sequence[tuple[Basis, HouseholdFacts]], taken: Taken) -> None:
    """The same without the log: the caller appends the entries, as the last it does."""
    if programmes := places.programmes(connection):
        listed = places.listed(connection, [household.household_id for _, household in households])
        places.write_pending(connection, pending(households, taken.outcomes, programmes, listed))
    if taken.dates:
        standing.write_dates(connection, taken.dates)
    if taken.entries:
        standing.write_standing(connection, taken.standing)
