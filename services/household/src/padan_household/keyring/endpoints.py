"""POST /keys:batch and GET /intake-keys/{day}: keys for the services that may have them."""

from datetime import UTC, date, datetime

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from padan_runtime import metrics
from padan_runtime.http import json_response
from padan_runtime.keys import MOST_HOUSEHOLDS, HouseholdKeys, IntakeKey, KeysRequest, KeysResponse
from padan_runtime.problems import Problem, Text
from padan_runtime.service_tokens import ServiceVerifier

from padan_household.keyring.keyring import Keyring
from padan_household.keyring.rights import RIGHTS

_REQUEST = msgspec.json.Decoder(KeysRequest)


def router(keyring: Keyring, verifier: ServiceVerifier) -> APIRouter:
    """The keyring's addresses."""
    routes = APIRouter()

    @routes.post("/keys:batch")
    async def keys_batch(request: Request) -> Response:
        caller = verifier.one_of(request, *RIGHTS)
        wanted = _read(await request.body())

        def answer() -> Response:
            households = keyring.of_households(wanted.household_ids, RIGHTS[caller])
            _count(caller, households)
            return json_response(KeysResponse(households))

        return await run_in_threadpool(answer)

    @routes.get("/intake-keys/{day}")
    def intake_key(request: Request, day: str) -> Response:
        verifier.one_of(request, "registry-ingest")
        wanted, now = _day(day), datetime.now(UTC)
        if wanted == now.date():
            keyring.mint_intake_key(now=now)
        key = keyring.intake_key(wanted, now=now)
        if key is None:
            raise Problem(
                "intake_key_unknown",
                404,
                Text("Tidak ada kunci untuk hari itu.", "There is no key for that day."),
                Text(
                    "Mintalah kunci hari ini (UTC); kunci dihancurkan setelah 30 hari.",
                    "Ask for the key of the current UTC day; keys are destroyed after 30 days.",
                ),
            )
        return json_response(IntakeKey(day, key))

    return routes


def _read(body: bytes) -> KeysRequest:
    try:
        wanted = _REQUEST.decode(body)
    except msgspec.MsgspecError as error:
        raise Problem(
            "request_invalid",
            422,
            Text("Isi permintaan bukan daftar id rumah tangga.", "The body is not a list of household ids."),
            Text('Kirim {"household_ids": [...]}.', 'Send {"household_ids": [...]}.'),
        ) from error
    if len(wanted.household_ids) > MOST_HOUSEHOLDS:
        raise Problem(
            "too_many_households",
            413,
            Text(f"Paling banyak {MOST_HOUSEHOLDS} rumah tangga.", f"At most {MOST_HOUSEHOLDS} households."),
            Text("Bagi permintaan ini.", "Split the request."),
        )
    return wanted


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise Problem(
            "request_invalid",
            422,
            Text("Hari tidak ditulis sebagai YYYY-MM-DD.", "The day is not written as YYYY-MM-DD."),
            Text("Perbaiki hari itu.", "Correct the day."),
        )
    return day


def _count(caller: str, households: tuple[HouseholdKeys, ...]) -> None:
    for kind in ("identity", "sensitive"):
        served = sum(getattr(subject, kind) is not None for household in households for subject in household.subjects)
        if served:
            metrics.KEYS_SERVED.labels(caller, kind).inc(served)
