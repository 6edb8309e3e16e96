"""Who of the register may be the one somebody has just entered: told beside the answer to the command.

Not part of the answer that is kept for a key, which stays the same for ever: as the watermark, it tells of the views as
they stand when the answer is read. It comes after the command was decided, so that it refuses nothing, and within a
fixed time, so that it holds nothing up; who wants to know before entering anybody asks `persons:like`.
"""

import asyncio
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import BoundedSemaphore
from typing import Any, Final, NamedTuple
from uuid import UUID

from padan_events.commands import Command, ProposeHousehold
from padan_events.commands.families import AddMember
from padan_events.personal import ReportedMember
from padan_runtime.database import Database
from padan_runtime.logs import logger
from padan_runtime.sealing import keyed_hash
from psycopg import Connection, sql

from padan_gateway.domain.access import Action, Field, Purpose, may
from padan_gateway.domain.regions import Level, Scope
from padan_gateway.persons.like import MOST, YEARS, alike
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.tokens import Caller

_WITHIN_S: Final = 0.05
"""How much later than without it a command is answered, at most."""
_AT_ONCE: Final = 2
"""When more are asked for at once, they are answered without: many come in the days before the cut-off."""
_MOST_NAMES: Final = 10_000
"""Of one member, with how many names theirs is compared: 10,000 are born within three years in a regency of 250,000."""
_WIDE: Final = {Level.NATION, Level.PROVINCE, Level.REGENCY}

_NO_NIK: Final = "p.nik_hash IS NULL"
_BORN_THEN: Final = "(p.birth_date BETWEEN %(from)s AND %(to)s OR p.birth_date IS NULL)"
_SAME_DAY: Final = "p.nik_hash IS NOT NULL AND p.nik_hash <> %(nik_hash)b AND p.birth_date = %(born)s"


class _Row(NamedTuple):
    person_id: UUID
    household_id: UUID
    name: str
    birth_date: date | None
    ordinal: int
    version: int | None


class _Found(NamedTuple):
    member: int
    likeness: int
    person_id: UUID
    household_id: UUID


class _Entry(NamedTuple):
    """Members who were entered, the household they are in now, and its version since. `alone`: it is new."""

    members: Sequence[ReportedMember]
    household_id: UUID
    version: int
    alone: bool


class Similar:
    """Looks for them. `nik_hash_key` is the services' key to look a NIK up by."""

    def __init__(self, reader: Database, nik_hash_key: bytes) -> None:
        self._reader, self._nik_hash_key = reader, nik_hash_key
        self._threads, self._free = ThreadPoolExecutor(_AT_ONCE, "similar"), BoundedSemaphore(_AT_ONCE)

    async def told(self, command: Command, caller: Caller, accepted: dict[str, Any]) -> dict[str, Any]:
        """`similar` for the answer: nothing where nobody was entered, null where there was no time to look."""
        members = _entered(command)
        if not members or not may(caller.role, Action.LOOK_UP_PERSON):
            return {}
        alone = isinstance(command, ProposeHousehold)
        entry = _Entry(members, UUID(str(accepted["household_id"])), accepted["version"], alone)
        if not self._free.acquire(blocking=False):
            return {"similar": None}
        looking = asyncio.get_running_loop().run_in_executor(self._threads, self._looked, entry, caller)
        try:
            async with asyncio.timeout(_WITHIN_S):
                found = await asyncio.shield(looking)
        # The command was accepted: nothing that fails here may say otherwise.
        except Exception as error:
            logger().warning("nobody was looked for who is alike", error=type(error).__name__)
            return {"similar": None}
        return {"similar": [one._asdict() for one in found]}

    def _looked(self, entry: _Entry, caller: Caller) -> list[_Found]:
        try:
            return self._look(entry, caller)
        finally:
            self._free.release()

    def _look(self, entry: _Entry, caller: Caller) -> list[_Found]:
        """The likest, in a transaction under row-level security. Raises psycopg's errors."""
        with seen_by(self._reader, caller) as connection:
            connection.execute("SELECT set_config('statement_timeout', %s, true)", [f"{_WITHIN_S * 1_000:.0f}"])
            regency = _regency(connection, entry, caller.scope)
            found = [
                one
                for index, member in enumerate(entry.members)
                for one in _of_member(index, member, self._candidates(connection, regency, member, entry, caller.scope))
            ]
            likest = sorted(found, key=lambda one: (-one.likeness, one.member, one.person_id))[:MOST]
            if likest:
                # What the ids rest on are names; who enters a family verifies that it is not there.
                log_read(
                    connection,
                    caller,
                    Purpose.VERIFICATION,
                    Action.LOOK_UP_PERSON,
                    {Field.NAME},
                    households={one.household_id for one in likest},
                    persons={one.person_id for one in likest},
                )
        return likest

    def _candidates(
        self, connection: Connection[Any], regency: str | None, member: ReportedMember, entry: _Entry, scope: Scope
    ) -> Iterable[_Row]:
        """Who was born about then, or nobody knows when."""
        if regency is None:
            return ()
        places = {"regency": regency, **({} if scope.level in _WIDE else {scope.level.value: scope.code})}
        born = member.birth_date
        statement = sql.SQL(" UNION ALL ").join(_select(condition, places) for condition in _conditions(member))
        rows = connection.execute(
            statement,
            {
                **places,
                "most": _MOST_NAMES,
                "own": entry.household_id,
                "from": None if born is None else date(born.year - YEARS, 1, 1),
                "to": None if born is None else date(born.year + YEARS, 12, 31),
                "born": born,
                "sex": None if member.sex is None else member.sex.value,
                "nik_hash": b"" if member.nik is None else keyed_hash(self._nik_hash_key, member.nik),
            },
            binary=True,
        )
        return _others([_Row(*row) for row in rows], member, entry)


def _entered(command: Command) -> Sequence[ReportedMember]:
    if isinstance(command, ProposeHousehold):
        return command.household.members
    return (command.member,) if isinstance(command, AddMember) else ()


def _regency(connection: Connection[Any], entry: _Entry, scope: Scope) -> str | None:
    """The regency of the sender; for whoever works for more than one, that of the family, where the views have it."""
    if scope.level not in _WIDE or scope.level is Level.REGENCY:
        return scope.code[:4]
    row = connection.execute(
        "SELECT regency FROM household_view WHERE household_id = %b", [entry.household_id]
    ).fetchone()
    return None if row is None else row[0]


def _conditions(member: ReportedMember) -> tuple[str, ...]:
    """Two with two NIKs are two people, unless they were born on the same day: then one may be mistyped."""
    if member.birth_date is None:
        return (_NO_NIK,)
    return (_BORN_THEN,) if member.nik is None else (f"{_NO_NIK} AND {_BORN_THEN}", _SAME_DAY)


def _select(condition: str, places: Iterable[str]) -> sql.Composed:
    of_place = (sql.SQL("p.{} = {}").format(sql.Identifier(one), sql.Placeholder(one)) for one in places)
    return sql.SQL(
        "(SELECT p.person_id, p.household_id, p.name, p.birth_date, p.ordinal, (SELECT version FROM household_view "
        "WHERE household_id = %(own)b) FROM person_view p WHERE {places} AND p.name IS NOT NULL AND {condition} "
        "AND (%(sex)s::text IS NULL OR p.sex IS NULL OR p.sex = %(sex)s) LIMIT %(most)s)"
    ).format(places=sql.SQL(" AND ").join(of_place), condition=sql.SQL(condition))


def _others(rows: list[_Row], member: ReportedMember, entry: _Entry) -> list[_Row]:
    """Without whom this very command entered, where the views hold them by now."""
    if entry.alone:
        return [row for row in rows if row.household_id != entry.household_id]
    if not rows or (rows[0].version or 0) < entry.version:
        return rows
    own = [
        row
        for row in rows
        if row.household_id == entry.household_id
        and (row.name.split(), row.birth_date) == (member.name.split(), member.birth_date)
    ]
    last = max(own, key=lambda row: row.ordinal, default=None)
    return [row for row in rows if row is not last]


def _of_member(index: int, member: ReportedMember, rows: Iterable[_Row]) -> Iterable[_Found]:
    by_person = {row.person_id: row for row in rows}
    names = {person_id: row.name for person_id, row in by_person.items()}
    for person_id, likeness in alike(member.name, names):
        yield _Found(index, likeness, person_id, by_person[person_id].household_id)
