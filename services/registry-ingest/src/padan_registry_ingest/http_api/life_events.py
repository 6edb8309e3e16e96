"""POST /crvs/notify: the civil registry tells of what happened; the gateway is the door outside."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from fastapi import APIRouter, FastAPI, Request, Response
from padan_runtime.database import Database
from padan_runtime.http import json_response
from padan_runtime.problems import Problem, Text
from padan_runtime.relay import hint
from padan_runtime.service_tokens import ServiceVerifier

from padan_registry_ingest.http_api.batches import actor_of, region_of
from padan_registry_ingest.life_events import receiving
from padan_registry_ingest.life_events.notified import MOST_BYTES, NotificationError, read_notification
from padan_registry_ingest.life_events.receiving import Received, Receiver, Sender

_WRONG = {
    "notification_malformed": (
        Text("Isi kiriman bukan notifikasi SPDCI CRVS 1.0.0.", "The body is not an SPDCI CRVS 1.0.0 notification."),
        Text("Periksa bentuknya pada docs/life-events.md.", "Check its form in docs/life-events.md."),
    ),
    "notification_encrypted": (
        Text("Notifikasi yang disandikan belum dapat dibaca.", "Encrypted notifications cannot be read."),
        Text("Kirim tanpa sandi: jalurnya sudah TLS.", "Send it unencrypted: the connection is TLS already."),
    ),
    "notification_too_large": (
        Text("Notifikasi ini terlalu besar.", "This notification is too large."),
        Text("Kirim paling banyak 1.000 peristiwa (1 MB).", "Send at most 1,000 events (1 MB)."),
    ),
}


class LifeEventApi:
    """What the address needs."""

    def __init__(self, database: Database, receiver: Receiver, verifier: ServiceVerifier) -> None:
        self._database, self._receiver, self._verifier = database, receiver, verifier

    def install(self, app: FastAPI) -> None:
        """Add the address."""
        router = APIRouter()
        router.add_api_route("/crvs/notify", self.notify, methods=["POST"])
        app.include_router(router)

    async def notify(self, request: Request) -> Response:
        """Take a notification; what the answer acknowledges is durable. Raises `Problem`, `Unavailable`."""
        region = region_of(self._verifier, request)
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                raise _problem("notification_too_large", 413)
        now = datetime.now(UTC)
        try:
            notification = read_notification(bytes(body), now)
        except NotificationError as error:
            raise _problem(error.code, 422) from None
        sender = Sender("crvs_notify", actor_of(request), region)
        received = await self._receiver.ready(sender, notification.told)
        await asyncio.to_thread(self._keep, received)
        receiving.count(received)
        return json_response(_acknowledged(notification.message_id, now))

    def _keep(self, received: Received) -> None:
        with self._database.transaction() as connection:
            appended = receiving.keep(connection, received)
        if appended:
            hint(self._database)


def _acknowledged(message_id: str, now: datetime) -> dict[str, Any]:
    """The specification's answer."""
    return {
        "message": {
            "ack_status": "ACK",
            "timestamp": now.isoformat(timespec="seconds"),
            "correlation_id": str(uuid5(NAMESPACE_URL, f"padan:crvs:notify:{message_id}")),
        }
    }


def _problem(code: str, status: int) -> Problem:
    detail, next_step = _WRONG[code]
    return Problem(code, status, detail, next_step)
