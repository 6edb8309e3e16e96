"""The HTTP side that the register simulators share, and how one runs."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

import msgspec
import uvicorn
from fastapi import FastAPI, Request, Response

from padan_simulators.register_server.faults import FaultGate, Faults
from padan_simulators.register_server.people_folder import PeopleFolder
from padan_simulators.register_server.problems import RegisterError, answer_with_problem, request_malformed
from padan_simulators.register_server.settings import CONFIGURATION_ERROR, RegisterSettings, settings_or_exit

Question = TypeVar("Question")
BuildApp = Callable[[RegisterSettings], FastAPI]


def register_app(
    people: PeopleFolder[Any],
    *,
    path: str,
    question_type: type[Question],
    answer: Callable[[Question], msgspec.Struct],
    gate: FaultGate,
) -> FastAPI:
    """Return a register that answers `path`, takes in people, fails on request (`gate`) and tells its health.

    Bodies go through msgspec and not through pydantic: a batch holds up to 1,000 items.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(RegisterError, answer_with_problem)
    questions = msgspec.json.Decoder(question_type)
    fault_bodies = msgspec.json.Decoder(Faults)
    encode = msgspec.json.Encoder().encode
    one_at_a_time = asyncio.Lock()

    def json(value: object, status: int = 200) -> Response:
        return Response(encode(value), status, media_type="application/json")

    async def answer_batch(request: Request) -> Response:
        await gate.pass_through()
        return gate.spoil(encode(answer(decoded(questions, await request.body()))))

    async def take_people(request: Request) -> Response:
        async with one_at_a_time:
            taken = await asyncio.to_thread(people.add, await request.body())
        return json({"taken": taken, "people": len(people.entries)})

    async def set_faults(request: Request) -> Response:
        gate.set(decoded(fault_bodies, await request.body()))
        return json(gate.faults)

    async def live() -> Response:
        return json({"status": "live"})

    async def ready() -> Response:
        if gate.faults.down:
            raise RegisterError(503, "register_unavailable", "told to be down")
        return json({"status": "ready", "people": len(people.entries)})

    app.add_api_route(path, answer_batch, methods=["POST"])
    app.add_api_route("/simulator/people", take_people, methods=["POST"])
    app.add_api_route("/simulator/faults", set_faults, methods=["POST"])
    app.add_api_route("/livez", live, methods=["GET"])
    app.add_api_route("/readyz", ready, methods=["GET"])
    return app


def decoded(decoder: msgspec.json.Decoder[Question], body: bytes) -> Question:
    """What a body says. Raises `RegisterError` request_malformed."""
    try:
        return decoder.decode(body)
    except msgspec.DecodeError as error:
        raise request_malformed(error) from error


def run(build_app: BuildApp) -> None:
    """Run a register until SIGTERM or SIGINT, then finish the open requests and exit with status 0.

    No access log: bodies hold personal data, and what is never written cannot leak.
    """
    # uvicorn raises the signal again once it has drained; without a handler that would end in status 143.
    signal.signal(signal.SIGTERM, _exit_in_peace)
    signal.signal(signal.SIGINT, _exit_in_peace)
    settings = settings_or_exit()
    try:
        app = build_app(settings)
    except RegisterError as error:
        print(f"PADAN_FOLDER: {error.detail}", file=sys.stderr)
        raise SystemExit(CONFIGURATION_ERROR) from error
    # The people stay: walking 150,000 of them in a full collection made one batch in forty take 104 ms, not 12.
    gc.freeze()
    uvicorn.run(app, host=settings.http_host, port=settings.http_port, access_log=False, log_level="warning")


def _exit_in_peace(signal_number: int, frame: FrameType | None) -> None:
    del signal_number, frame
    raise SystemExit(0)
