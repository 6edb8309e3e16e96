"""The feed over HTTP, and the doors by which a test or a demo makes things happen and has them told."""

from __future__ import annotations

import asyncio

import msgspec
from fastapi import FastAPI, Request, Response

from padan_simulators.civil_registry.feed import MOST_ENTRIES, Feed, Happenings
from padan_simulators.civil_registry.notifying import NotifyRequest, notify
from padan_simulators.register_server.faults import FaultGate
from padan_simulators.register_server.problems import RegisterError
from padan_simulators.register_server.server import decoded


def install(app: FastAPI, feed: Feed, gate: FaultGate) -> None:
    """Add `GET /feed`, `POST /simulator/feed` and `POST /simulator/notify`."""
    happenings = msgspec.json.Decoder(Happenings)
    notifications = msgspec.json.Decoder(NotifyRequest)
    encode = msgspec.json.Encoder().encode
    one_at_a_time = asyncio.Lock()

    def json(value: object) -> Response:
        return Response(encode(value), media_type="application/json")

    async def read(request: Request) -> Response:
        await gate.pass_through()
        after, limit = _number(request, "after", 0), _number(request, "limit", 100)
        return gate.spoil(feed.page(after, limit, gate.faults.wrong))

    async def happen(request: Request) -> Response:
        async with one_at_a_time:
            made = await asyncio.to_thread(feed.add, decoded(happenings, await request.body()).events)
        return json({"entries": made})

    async def tell(request: Request) -> Response:
        asked = decoded(notifications, await request.body())
        if not asked.cursors or not all(1 <= cursor <= len(feed.entries) for cursor in asked.cursors):
            raise RegisterError(422, "cursor_unknown", "the feed has no such entry")
        return json(await notify(asked, [feed.entries[cursor - 1] for cursor in asked.cursors]))

    app.add_api_route("/feed", read, methods=["GET"])
    app.add_api_route("/simulator/feed", happen, methods=["POST"])
    app.add_api_route("/simulator/notify", tell, methods=["POST"])


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 19) or (name == "limit" and int(text) > MOST_ENTRIES):
        raise RegisterError(422, "request_malformed", f"{name} is not such a number")
    return int(text)
