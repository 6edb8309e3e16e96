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
from time import monotonic
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
_REST_S: Final = 1.0
"""Nobody is looked for so long after there was no time: a busy machine is not kept busy with what comes too late."""
_MOST_NAMES: Final = 10_000
"""Of one member, with how many names theirs is compared: 10,000 are born within three years in a regency of 250,000."""
_WIDE: Final = {Level.NATION, Level.PROVINCE, Level.REGENCY}

_NO_NIK: Final = "p.nik_hash IS NULL"
_BORN_THEN: Final = "(p.birth_date BETWEEN %(from)s AND %(to)s OR p.birth_date IS NULL)"
_SAME_DAY: Final = "p.nik_hash IS NOT NULL AND p.nik_hash <> %(nik_hash)b AND p.birth_date = %(born)s"


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
        self._rests_until = 0.0

    async def told(self, command: Command, caller: Caller, accepted: dict[str, Any]) -> dict[str, Any]:
        """`similar` for the answer: nothing where nobody was entered, null where there was no time to look."""
        members = _entered(command)
        if not members or not may(caller.role, Action.LOOK_UP_PERSON):
            return {}
        alone = isinstance(command, ProposeHousehold)
        entry = _Entry(members, UUID(str(accepted["household_id"])), accepted["version"], alone)
        if monotonic() < self._rests_until or not self._free.acquire(blocking=False):
            return {"similar": None}
        looking = asyncio.get_running_loop().run_in_executor(self._threads, self._looked, entry, caller)
        try:
            async with asyncio.timeout(_WITHIN_S):
                found = await asyncio.shield(looking)
        # The command was accepted: nothing that fails here may say otherwise.
        except Exception as error:
            self._rests_until = monotonic() + _REST_S
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
                for index in range(len(entry.members))
                for one in self._alike(connection, regency, index, entry, caller.scope)
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

    def _alike(
        self, connection: Connection[Any], regency: str | None, index: int, entry: _Entry, scope: Scope
    ) -> Iterable[_Found]:
        """Among those who were born about then, or nobody knows when."""
        if regency is None:
            return
        member = entry.members[index]
        own = _own(connection, entry, member)
        places = {"regency": regency, **({} if scope.level in _WIDE else {scope.level.value: scope.code})}
        born = member.birth_date
        statement = sql.SQL(" UNION ALL ").join(_select(condition, places) for condition in _conditions(member))
        rows = connection.execute(
            statement,
            {
                **places,
                "most": _MOST_NAMES,
                "from": None if born is None else date(born.year - YEARS, 1, 1),
                "to": None if born is None else date(born.year + YEARS, 12, 31),
                "born": born,
                "sex": None if member.sex is None else member.sex.value,
                "nik_hash": b"" if member.nik is None else keyed_hash(self._nik_hash_key, member.nik),
            },
            binary=True,
        ).fetchall()
        for row, likeness in alike(member.name, [row[0] for row in rows], MOST + len(own)):
            _, person_id, household_id = rows[row]
            if person_id not in own:
                yield _Found(index, likeness, person_id, household_id)


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
        "(SELECT p.name, p.person_id, p.household_id FROM person_view p WHERE {places} AND p.name IS NOT NULL "
        "AND {condition} AND (%(sex)s::text IS NULL OR p.sex IS NULL OR p.sex = %(sex)s) LIMIT %(most)s)"
    ).format(places=sql.SQL(" AND ").join(of_place), condition=sql.SQL(condition))


def _own(connection: Connection[Any], entry: _Entry, member: ReportedMember) -> set[UUID]:
    """Whom this very command entered, where the views hold them by now."""
    rows = connection.execute(
        "SELECT p.person_id, p.name, p.birth_date, h.version FROM person_view p JOIN household_view h USING "
        "(household_id) WHERE p.household_id = %b ORDER BY p.ordinal DESC",
        [entry.household_id],
    ).fetchall()
    if entry.alone:
        return {row[0] for row in rows}
    last = next(
        (
            person_id
            for person_id, name, born, version in rows
            if version >= entry.version
            and name is not None
            and (name.split(), born) == (member.name.split(), member.birth_date)
        ),
        None,
    )
    return set() if last is None else {last}
