"""POST /commands, :answered and :identity: registry-ingest hands on what a person asks for, validated."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import psycopg
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from padan_events.commands import CommandRequest, CommandUnanswered, KeyRequest
from padan_events.commands.corrections import IdentityQuestion
from padan_runtime.http import json_response
from padan_runtime.problems import Problem, Text, Unavailable
from padan_runtime.service_tokens import ServiceVerifier

from padan_household.commands.deciding import Commands

Asked = TypeVar("Asked", bound=msgspec.Struct)


def router(commands: Commands, verifier: ServiceVerifier, whole: asyncio.Event) -> APIRouter:
    """The addresses. Nothing is answered before `whole` is set: the store may lack what Kafka holds."""
    routes = APIRouter()

    async def answer(request: Request, kind: type[Asked], work: Callable[[Asked], Any]) -> Response:
        verifier.one_of(request, "registry-ingest")
        if not whole.is_set():
            raise Unavailable("household")
        asked = _read(await request.body(), kind)
        try:
            return json_response(await run_in_threadpool(work, asked))
        except psycopg.OperationalError as error:
            raise Unavailable("household") from error

    @routes.post("/commands")
    async def command(request: Request) -> Response:
        return await answer(request, CommandRequest, commands.decide)

    @routes.post("/commands:answered")
    async def answered(request: Request) -> Response:
        return await answer(request, KeyRequest, lambda asked: commands.answered(asked) or CommandUnanswered())

    @routes.post("/commands:identity")
    async def identity(request: Request) -> Response:
        return await answer(request, IdentityQuestion, commands.identity)

    return routes


def _read(body: bytes, kind: type[Asked]) -> Asked:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError:
        # Its message may quote what came, so it does not go on.
        raise Problem(
            "request_invalid",
            422,
            Text("Isi permintaan bukan perintah.", "The body is not a command."),
            Text("Perbarui layanan pemanggil.", "Update the calling service."),
        ) from None
