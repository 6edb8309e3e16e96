"""All SQL over recipient and round_opening."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from padan_events.states import State
from psycopg import Connection

from padan_household.domain.household import Household

NOBODY = UUID(int=0)


def follow(connection: Connection[Any], before: Mapping[UUID, Household], after: Iterable[Household]) -> None:
    """Note who is a recipient from now on, who is none any more, and who has moved to another regency."""
    changed = {one.id: regency for one in after if (regency := _recipient_in(one)) != _recipient_in(before.get(one.id))}
    if changed:
        replace(connection, changed)


def replace(connection: Connection[Any], regencies: Mapping[UUID, str | None]) -> None:
    """These households are recipients in a regency, or none (None)."""
    gone = sorted(household for household, regency in regencies.items() if regency is None)
    if gone:
        connection.execute("DELETE FROM recipient WHERE household_id = ANY(%b::uuid[])", [gone])
    there = sorted((household, regency) for household, regency in regencies.items() if regency is not None)
    if there:
        connection.execute(
            "INSERT INTO recipient (household_id, regency) "
            "SELECT * FROM unnest(%(households)b::uuid[], %(regencies)b::text[]) "
            "ON CONFLICT (household_id) DO UPDATE SET regency = EXCLUDED.regency",
            {"households": [household for household, _ in there], "regencies": [regency for _, regency in there]},
        )


def regencies_of(households: Iterable[Household]) -> dict[UUID, str | None]:
    """By household, where it is a recipient, None where it is none."""
    return {one.id: _recipient_in(one) for one in households}


def _recipient_in(household: Household | None) -> str | None:
    return household.regency if household is not None and household.state is State.DETERMINED else None


def take_province(connection: Connection[Any], month: str, province: str) -> bool:
    """Whether a province's rounds of a month are still to be opened, and nobody else is about it; until the transaction
    ends nobody else will be."""
    row = connection.execute(
        "SELECT pg_try_advisory_xact_lock(hashtext('round_opening'), hashtext(%s))", [f"{month} {province}"]
    ).fetchone()
    # A statement of its own: what the holder before has written is not in the snapshot of the one that took the lock.
    return row is not None and bool(row[0]) and (month, province) not in opened(connection, [month])


def opened(connection: Connection[Any], months: Sequence[str]) -> set[tuple[str, str]]:
    """The months and provinces that are done, of these months."""
    return set(
        connection.execute("SELECT month, province FROM round_opening WHERE month = ANY(%s)", [list(months)]).fetchall()
    )


def recipients(
    connection: Connection[Any], province: str, after: tuple[str, UUID], most: int
) -> list[tuple[str, UUID]]:
    """Recipients of a province behind one of them, by regency and id."""
    return connection.execute(
        "SELECT regency, household_id FROM recipient WHERE (regency, household_id) > (%s, %s) AND regency < %s "
        "ORDER BY regency, household_id LIMIT %s",
        [*after, f"{province}a", most],
    ).fetchall()


def note_opened(connection: Connection[Any], month: str, province: str, villages: int) -> None:
    """A province is done for a month."""
    connection.execute(
        "INSERT INTO round_opening (month, province, villages) VALUES (%s, %s, %s)", [month, province, villages]
    )
