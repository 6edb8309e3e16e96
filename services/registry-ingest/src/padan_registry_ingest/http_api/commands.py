"""POST /commands: what a person asks for is validated, decided by household, and answered."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response
from padan_events.commands import (
    CaseAccepted,
    CaseRefused,
    CasesDecided,
    Command,
    CommandOutcome,
    CommandRefused,
    CommandRequest,
    Fault,
    KeyRequest,
    VillageAccepted,
    VillageRefused,
    VillagesDecided,
)
from padan_runtime.http import json_response
from padan_runtime.logs import logger
from padan_runtime.problems import Problem, Text, Unavailable
from padan_runtime.service_tokens import ServiceVerifier

from padan_registry_ingest.commands.household import DecidingHousehold
from padan_registry_ingest.commands.validating import Validated, Validation, asks_registers, tidied_command
from padan_registry_ingest.domain.refusals import words_of
from padan_registry_ingest.http_api.batches import region_of
from padan_registry_ingest.matching.registers import RegisterError

_REQUESTS: Final = UUID("5c1f9c1a-4f0e-5b53-8f6b-0d5a3f3b7a10")
"""The namespace of questions to the registers."""
_KEY_LENGTH: Final = 200
_COMMAND: Final[msgspec.json.Decoder[Command]] = msgspec.json.Decoder(Command)


class CommandApi:
    """What the address needs. `keyed_hash` hides what a digest is of."""

    def __init__(
        self,
        verifier: ServiceVerifier,
        household: DecidingHousehold,
        validation: Validation,
        keyed_hash: Callable[[str], bytes],
    ) -> None:
        self._verifier, self._household, self._validation, self._hash = verifier, household, validation, keyed_hash

    def install(self, app: FastAPI) -> None:
        """Add the address."""
        router = APIRouter()
        router.add_api_route("/commands", self.command, methods=["POST"])
        app.include_router(router)

    async def command(self, request: Request) -> Response:
        """Answer a command. The same key with the same content is answered the same for ever."""
        region = region_of(self._verifier, request)
        actor, role, _ = (_required(request, f"padan-{name}") for name in ("actor", "role", "region"))
        # Hashed, for what it leads to is named after it: a key may be somebody's NIK.
        key = self._hash(f"key {actor} {_key(request)}").hex()
        command, version = tidied_command(_read(await request.body())), _version(request)
        tag = str(command.__struct_config__.tag)
        seen = "" if version is None else f"{version} "
        digest = self._hash(f"{tag} {seen}{msgspec.json.encode(command).decode()}")
        outcome = None
        if asks_registers(command):
            # First of all: no register is asked again for what was answered once. Without one to ask, household's
            # answer is the one kept as well, whatever the rules of today find wrong, and it is asked once.
            outcome = await self._household.answered(KeyRequest(actor=actor, idempotency_key=key, digest=digest))
        if outcome is None:
            validated = await self._validate(command, role, region, uuid5(_REQUESTS, key))
            asked_about = validated.asked_about
            outcome = await self._household.decide(
                CommandRequest(
                    actor=actor,
                    role=role,
                    region=region,
                    idempotency_key=key,
                    digest=digest,
                    command=validated.command,
                    version=validated.version if version is None else version,
                    found=validated.faults,
                    asked_about=None if asked_about is None else self._hash(asked_about),
                )
            )
        return _answer(tag, outcome)

    async def _validate(self, command: Command, role: str, region: str, request_id: UUID) -> Validated:
        try:
            return await self._validation.validate(command, role, region, request_id)
        except RegisterError as error:
            # It will not answer the next time either: somebody must look. The message names no person.
            logger().error("a register does not take a question", register=str(error))
            raise Unavailable(str(error).partition(":")[0]) from error


def _answer(command: str, outcome: CommandOutcome) -> Response:
    if isinstance(outcome, CommandRefused):
        raise refused(outcome.faults)
    if isinstance(outcome, CasesDecided):
        return json_response({"command": command, "cases": [_case(case) for case in outcome.cases]})
    if isinstance(outcome, VillagesDecided):
        return json_response({"command": command, "villages": [_village(village) for village in outcome.villages]})
    if isinstance(outcome, VillageAccepted):
        return json_response({"command": command, **_village(outcome)})
    return json_response(
        {
            "command": command,
            "household_id": outcome.household_id,
            "version": outcome.version,
            "events": outcome.events,
        }
    )


def _case(case: CaseAccepted | CaseRefused) -> dict[str, Any]:
    if isinstance(case, CaseRefused):
        reasons = [_reason(fault) for fault in case.faults]
        return {"household_id": case.household_id, "outcome": "refused", "reasons": reasons}
    return {"household_id": case.household_id, "outcome": "accepted", "version": case.version, "events": case.events}


def _village(village: VillageAccepted | VillageRefused) -> dict[str, Any]:
    if isinstance(village, VillageRefused):
        reasons = [_reason(fault) for fault in village.faults]
        return {"village": village.village, "outcome": "refused", "reasons": reasons}
    return {
        "village": village.village,
        "outcome": "accepted",
        "version": village.version,
        "events": village.events,
    }


def refused(faults: tuple[Fault, ...]) -> Problem:
    """The problem of a refused command: the first reason leads, and all are listed with the field they lie in."""
    first = words_of(faults[0].code)
    return Problem(
        first.code,
        first.status,
        Text(first.id, first.en),
        Text(first.next_id, first.next_en),
        reasons=[_reason(fault) for fault in faults],
    )


def _reason(fault: Fault) -> dict[str, Any]:
    words = words_of(fault.code)
    return {
        "code": words.code,
        "field": fault.field,
        "detail": words.en,
        "detail_id": words.id,
        "next_step": words.next_en,
        "next_step_id": words.next_id,
    }


def _required(request: Request, header: str) -> str:
    """A header that the gateway always sends. Raises `Problem`: without it nobody is asking."""
    value = request.headers.get(header)
    if not value:
        raise _invalid()
    return value


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if not 1 <= len(key) <= _KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise refused((Fault("idempotency_key_missing", "Idempotency-Key"),))
    return key


def _version(request: Request) -> int | None:
    """The version of the household as the sender saw it, where they said."""
    value = request.headers.get("padan-version")
    if value is None:
        return None
    if not value.isascii() or not value.isdigit():
        raise _invalid()
    return int(value)


def _read(body: bytes) -> Command:
    try:
        return _COMMAND.decode(body)
    except msgspec.MsgspecError:
        # Its message may quote what came, so it does not go on. The gateway has checked the form and said where.
        raise _invalid() from None


def _invalid() -> Problem:
    return Problem(
        "request_invalid",
        422,
        Text("Isian ini keliru.", "This is not right."),
        Text("Perbaiki isian itu, lalu kirim lagi.", "Correct it, then send again."),
    )
