"""Answers the questions of lists from the views, as their senders see them; after a crash it goes on where it was."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec
from padan_runtime.database import Database
from padan_runtime.list_questions import Question, Questions
from padan_runtime.logs import logger
from padan_runtime.problems import Unavailable
from padan_runtime.projector import TRANSIENT

from padan_gateway.batches.passthrough import on_behalf_of
from padan_gateway.domain.access import Action, Field, Purpose, Role
from padan_gateway.domain.list_matching import Found, Registered, result, shown_to
from padan_gateway.domain.regions import Scope
from padan_gateway.downstream import Refused
from padan_gateway.households.endpoints import within
from padan_gateway.list_check import repository
from padan_gateway.list_check.repository import Open
from padan_gateway.parts import Parts
from padan_gateway.signin.context import log_read, seen_by
from padan_gateway.signin.tokens import Caller

_POLL_S: Final = 0.5
_IDLE_S: Final = 10.0
_AFTER_ERROR_S: Final = 3.0
_NEVER_CAME: Final = timedelta(hours=1)


class ListChecks:
    """Works off the lists that have been sent. `wake` it when there is a new one."""

    def __init__(self, parts: Parts, writer: Database) -> None:
        self._parts, self._writer = parts, writer
        self.wake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        stopped = asyncio.create_task(stop.wait())
        while not stop.is_set():
            timeout = await self._work_all(stop)
            waking = asyncio.create_task(self.wake.wait())
            await asyncio.wait({waking, stopped}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            waking.cancel()
            self.wake.clear()
        stopped.cancel()

    async def _work_all(self, stop: asyncio.Event) -> float:
        """Work on all that are open; answers when to look again, in seconds."""
        try:
            checks = await asyncio.to_thread(self._open)
        except TRANSIENT:
            return _AFTER_ERROR_S
        again = _POLL_S if checks else _IDLE_S
        for check in checks:
            try:
                await self._work(check, stop)
            except (*TRANSIENT, Refused) as error:
                logger().warning("a list waits", check_id=str(check.check_id), error=type(error).__name__)
                again = _AFTER_ERROR_S
        return again

    async def _work(self, check: Open, stop: asyncio.Event) -> None:
        caller = Caller(check.subject, Role(check.role), Scope.of(check.region))
        path, headers, logged = f"/list-checks/{check.check_id}", on_behalf_of(caller), check.logged
        while not stop.is_set():
            try:
                asked = msgspec.convert(await self._parts.registry_ingest.json(f"{path}/questions", headers), Questions)
            except Refused as error:
                if error.status == httpx.codes.NOT_FOUND and check.sent_at < datetime.now(UTC) - _NEVER_CAME:
                    await asyncio.to_thread(self._end, check.check_id)
                elif error.status != httpx.codes.NOT_FOUND:
                    raise
                return
            if asked.state in ("done", "failed"):
                await asyncio.to_thread(self._end, check.check_id)
            if asked.state != "checking":
                return
            purpose = Purpose(check.purpose)
            if not logged:
                await asyncio.to_thread(self._log, check.check_id, caller, purpose, asked.rows)
                logged = True
            shown = shown_to(caller.role, purpose)
            found = await asyncio.to_thread(self._look_up, caller, asked.items, shown)
            await self._answer(path, headers, asked.after, found)

    async def _answer(self, path: str, headers: dict[str, str], after: int, found: list[Found]) -> None:
        body = msgspec.json.encode({"after": after, "items": found})

        async def content() -> Any:
            yield body

        sent = await self._parts.registry_ingest.send("POST", f"{path}/answers", headers, content())
        try:
            await sent.aread()
        except httpx.HTTPError as error:
            raise Unavailable("registry-ingest") from error
        finally:
            await sent.aclose()

    def _open(self) -> list[Open]:
        with self._writer.transaction() as connection:
            return repository.still_open(connection)

    def _end(self, check_id: UUID) -> None:
        with self._writer.transaction() as connection:
            repository.ended(connection, check_id)

    def _log(self, check_id: UUID, caller: Caller, purpose: Purpose, rows: int) -> None:
        """One entry for the whole list, committed before the first of its people is read."""
        with seen_by(self._parts.reader, caller) as connection:
            if repository.logged(connection, check_id):
                fields = shown_to(caller.role, purpose)
                log_read(connection, caller, purpose, Action.CHECK_LIST, fields, upload_id=check_id, rows=rows)

    def _look_up(self, caller: Caller, items: Sequence[Question], shown: frozenset[Field]) -> list[Found]:
        with seen_by(self._parts.reader, caller) as connection:
            people = repository.people(connection, [one.nik_hash for one in items])
        registered = {
            bytes(person["nik_hash"]): Registered(
                person["name"], person["birth_date"], person["decile"], dead=person["dead"]
            )
            for person in people
            if within(caller, person)
        }
        return [
            result(
                one.row,
                one.name,
                one.birth_date,
                person=registered.get(one.nik_hash),
                elsewhere=one.known,
                dead=one.dead,
                shown=shown,
            )
            for one in items
        ]
