"""What stands around a gateway in its tests: the services behind it as small real HTTP servers, an issuer, a client."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import httpx
import msgspec
import psycopg
import uvicorn
from fastapi import FastAPI, Request, Response
from gateway_given import PATI, Register
from joserfc import jwt
from joserfc.jwk import ECKey
from padan_events import SHARDS, Event
from padan_gateway.bootstrap import Gateway
from padan_gateway.views import repository
from padan_gateway.views.rows import decoded, fold
from padan_runtime.http import Health, create_app
from padan_runtime.keys import HouseholdKeys, KeysRequest, KeysResponse
from padan_runtime.service_tokens import ServiceIdentity, ServiceVerifier


class HouseholdPeer:
    """Serves keys, cuts and progress of a `Register`; counts what it was asked."""

    def __init__(self, register: Register, secrets: Path) -> None:
        self.register, self.asked = register, 0
        self.cut_heads: list[int] | None = None
        verifier = ServiceVerifier("household", (secrets / "services.jwks.json").read_bytes())
        self.app = create_app(title="household", health=Health())

        @self.app.post("/keys:batch")
        async def keys(request: Request) -> Response:
            verifier.one_of(request, "gateway")
            self.asked += 1
            wanted = msgspec.json.decode(await request.body(), type=KeysRequest).household_ids
            held = (HouseholdKeys(h, tuple(self.register.keys.get(h, {}).values())) for h in wanted)
            return Response(msgspec.json.encode(KeysResponse(tuple(held))), media_type="application/json")

        @self.app.get("/cut")
        async def cut(request: Request) -> dict[str, Any]:
            verifier.one_of(request, "gateway")
            heads = self.cut_heads or self.register.vector("household.events.v1")
            return {"heads": heads, "at": "2026-01-15T03:12:45.123456Z"}

        @self.app.get("/progress")
        async def progress() -> dict[str, Any]:
            heads = self.register.vector("household.events.v1")
            logs = {"household.events.v1": heads, "household.outcomes.v1": [0] * SHARDS}
            relayed = {"household.events.v1": [max(0, h - 1) for h in heads], "household.outcomes.v1": [0] * SHARDS}
            return {"heads": logs, "relayed": relayed, "readers": {}, "stopped": {}}


UPLOAD_ID = UUID("018f3c00-0000-4000-8000-000000000001")
PHOTO_ID = UUID("018f3c00-0000-4000-8000-000000000002")
PHOTO = {
    "photo_id": PHOTO_ID, "kind": "house_front", "received_at": "2026-01-15T03:00:00Z", "bytes": 3, "width": 1600,
    "height": 1200, "flagged": True,
}  # fmt: skip


class IngestPeer:
    """Takes uploads by stream and remembers what it got; answers a report and files."""

    def __init__(self, secrets: Path) -> None:
        self.received = 0
        self.headers: dict[str, str] = {}
        self.refusal: dict[str, Any] | None = None
        verifier = ServiceVerifier("registry-ingest", (secrets / "services.jwks.json").read_bytes())
        self.app = FastAPI()

        @self.app.post("/batches")
        async def upload(request: Request) -> Response:
            verifier.one_of(request, "gateway")
            self.headers = dict(request.headers)
            async for chunk in request.stream():
                self.received += len(chunk)
            if self.refusal is not None:
                return Response(
                    msgspec.json.encode(self.refusal), self.refusal["status"], media_type="application/problem+json"
                )
            return Response(
                msgspec.json.encode({"upload_id": self.headers["padan-upload-id"], "state": "received"}),
                202,
                media_type="application/json",
            )

        self.decided: dict[str, Any] = {}

        @self.app.post("/commands")
        async def command(request: Request) -> Response:
            verifier.one_of(request, "gateway")
            return Response(msgspec.json.encode(self.decided), media_type="application/json")

        @self.app.get("/batches/{upload_id}")
        async def batch(upload_id: UUID) -> dict[str, Any]:
            return {
                "upload_id": upload_id,
                "batch_id": None,
                "kind": "registration",
                "dry_run": False,
                "state": "done",
                "received_at": "2026-01-15T03:00:00Z",
                "rows": 2,
                "valid": 1,
                "invalid": 1,
                "first_reasons": {"nik_length": 1},
            }

        @self.app.post("/batches/{upload_id}/cancel")
        async def cancel(upload_id: UUID) -> Response:
            document = {"upload_id": upload_id, "state": "cancelling"}
            return Response(msgspec.json.encode(document), 202, media_type="application/json")

        self._take_pieces(verifier)
        self._check_lists(verifier)
        self._keep_photos(verifier)
        self._take_matches(verifier)

        @self.app.get("/batches/{upload_id}/rows.csv")
        async def rows(upload_id: UUID) -> Response:
            disposition = {"content-disposition": f'attachment; filename="{upload_id}.csv"'}
            return Response(b"NIK,reason\r\n" * 1000, media_type="text/csv", headers=disposition)

        @self.app.get("/templates/registration.xlsx")
        async def template() -> Response:
            return Response(b"PK template", media_type="application/vnd.openxmlformats-officedocument")

    def _take_matches(self, verifier: ServiceVerifier) -> None:
        """Lists of matches, of which is kept what was asked."""
        self.matches: list[list[dict[str, Any]]] = []

        @self.app.post("/register-matches")
        async def tell(request: Request) -> Response:
            verifier.one_of(request, "gateway")
            self.matches.append(msgspec.json.decode(await request.body())["matches"])
            told = [{"item": number, "state": "reported"} for number, _ in enumerate(self.matches[-1], start=1)]
            document = {"reported": len(told), "told_already": 0, "refused": 0, "matches": told}
            return Response(msgspec.json.encode(document), media_type="application/json")

    def _keep_photos(self, verifier: ServiceVerifier) -> None:
        """One photo of one household."""
        kept: dict[str, Any] = {}

        @self.app.post("/households/{household_id}/photos")
        async def attach(request: Request, household_id: UUID, kind: str) -> Response:
            verifier.one_of(request, "gateway")
            self.headers = dict(request.headers)
            kept[str(PHOTO_ID)] = await request.body()
            return Response(msgspec.json.encode(PHOTO | {"kind": kind}), 201, media_type="application/json")

        @self.app.get("/households/{household_id}/photos")
        async def listed(household_id: UUID) -> Response:
            return Response(msgspec.json.encode({"photos": [PHOTO] * len(kept)}), media_type="application/json")

        @self.app.get("/households/{household_id}/photos/{photo_id}")
        async def picture(household_id: UUID, photo_id: UUID) -> Response:
            if str(photo_id) not in kept:
                refusal = {
                    "type": "urn:padan:problem:photo_not_found", "title": "photo_not_found", "status": 404,
                    "code": "photo_not_found", "detail": "a", "detail_id": "b", "next_step": "c", "next_step_id": "d",
                }  # fmt: skip
                return Response(msgspec.json.encode(refusal), 404, media_type="application/problem+json")
            return Response(kept[str(photo_id)], media_type="image/jpeg")

    def _check_lists(self, verifier: ServiceVerifier) -> None:
        """Lists of which only what the gateway lets be shown is kept."""
        self.list_state, self.shows = "done", [""]

        @self.app.post("/list-checks")
        async def take(request: Request) -> Response:
            verifier.one_of(request, "gateway")
            self.shows.append(request.headers["padan-shows"])
            document = {"check_id": request.headers["padan-upload-id"], "state": "received"}
            return Response(msgspec.json.encode(document), 202, media_type="application/json")

        @self.app.get("/list-checks/{check_id}")
        async def check(request: Request, check_id: UUID) -> dict[str, Any]:
            self.shows.append(request.headers["padan-shows"])
            return {"check_id": check_id, "state": self.list_state, "rows": 7}

        @self.app.get("/list-checks/{check_id}/rows.csv")
        async def listed(request: Request) -> Response:
            self.shows.append(request.headers["padan-shows"])
            self.list_state = "done"
            return Response(b"NIK,HASIL\r\n", media_type="text/csv")

    def _take_pieces(self, verifier: ServiceVerifier) -> None:
        """Uploads in pieces, of which only how many bytes have come is kept."""
        lengths: dict[UUID, int] = {}

        def document(upload_id: UUID) -> Response:
            said = {
                "upload_id": upload_id,
                "offset": self.received,
                "length": lengths[upload_id],
                "expires_at": "2026-01-16T03:00:00Z",
            }
            return Response(msgspec.json.encode(said), media_type="application/json")

        @self.app.post("/uploads")
        async def begin(request: Request) -> Response:
            verifier.one_of(request, "gateway")
            self.headers = dict(request.headers)
            lengths[UPLOAD_ID] = int(request.headers["upload-length"])
            return document(UPLOAD_ID)

        @self.app.get("/uploads/{upload_id}")
        async def stands(upload_id: UUID) -> Response:
            return document(upload_id)

        @self.app.patch("/uploads/{upload_id}")
        async def piece(request: Request, upload_id: UUID) -> Response:
            self.headers = dict(request.headers)
            if int(request.headers["upload-offset"]) != self.received:
                refusal = {
                    "type": "urn:padan:problem:upload_offset_wrong", "title": "upload_offset_wrong", "status": 409,
                    "code": "upload_offset_wrong", "detail": "a", "detail_id": "b", "next_step": "c",
                    "next_step_id": "d", "offset": self.received,
                }  # fmt: skip
                return Response(msgspec.json.encode(refusal), 409, media_type="application/problem+json")
            async for part in request.stream():
                self.received += len(part)
            return document(upload_id)

        @self.app.delete("/uploads/{upload_id}")
        async def give_up(upload_id: UUID) -> Response:
            lengths.pop(upload_id)
            return Response(status_code=204)


class Signer:
    """Issues people's tokens as the development issuer does, and wrong ones."""

    def __init__(self, secrets: Path) -> None:
        self.key = ECKey.import_key(msgspec.json.decode((secrets / "issuer.key.json").read_bytes()))

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        valid = {
            "iss": "padan-development",
            "aud": "padan-gateway",
            "sub": "tester",
            "role": "social_office",
            "region": PATI,
            "iat": now,
            "exp": now + 600,
        }
        return {name: value for name, value in (valid | changed).items() if value is not None}

    def token(self, **changed: Any) -> str:
        return jwt.encode({"alg": "ES256", "kid": "padan-development"}, self.claims(**changed), self.key)

    def headers(self, role: str = "social_office", region: str = PATI, purpose: str | None = None) -> dict[str, str]:
        stated = {} if purpose is None else {"Padan-Purpose": purpose}
        return {"Authorization": f"Bearer {self.token(role=role, region=region)}", **stated}


def code(response: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem, once it is seen to be complete."""
    document = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert all(document[text] for text in ("detail", "detail_id", "next_step", "next_step_id"))
    return response.status_code, document["code"]


@dataclass(frozen=True)
class World:
    """A gateway, what stands around it, and a client that speaks to it over HTTP."""

    gateway: Gateway
    register: Register
    household: HouseholdPeer
    household_url: str
    ingest: IngestPeer
    stop_ingest: Callable[[], None]
    signer: Signer
    client: httpx.Client
    owner_url: str
    secrets: Path

    def put(self, *events: Event) -> None:
        """Write events into the views as the projector does."""
        with self.gateway.writer.transaction() as connection:
            repository.write(connection, fold(decoded(events), self.register.keys))

    def get(
        self, path: str, *, role: str = "social_office", region: str = PATI, purpose: str | None = None
    ) -> httpx.Response:
        """A read as somebody with this role who acts for this region."""
        return self.client.get(path, headers=self.signer.headers(role, region, purpose))

    def access_log(self) -> Sequence[tuple[Any, ...]]:
        with psycopg.connect(self.owner_url) as owner:
            owner.execute("ALTER TABLE access_log NO FORCE ROW LEVEL SECURITY")
            logged = owner.execute(
                "SELECT subject, role, region, purpose, action, household_ids, person_ids, fields FROM access_log "
                "ORDER BY entry_id"
            ).fetchall()
            owner.rollback()
        return logged

    def as_owner(self, statement: LiteralString) -> None:
        with psycopg.connect(self.owner_url) as owner:
            owner.execute(statement)

    def identity(self) -> ServiceIdentity:
        """The gateway's own, to call its peers with."""
        return ServiceIdentity("gateway", (self.secrets / "gateway.key.json").read_bytes())


@contextlib.contextmanager
def serving(app: Any, *tasks: Any) -> Iterator[str]:
    """Serve an app from a thread, with a service's tasks on the same loop; gives its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=2))
    stopping = threading.Event()

    async def run() -> None:
        stop = asyncio.Event()
        running = [asyncio.create_task(_until_stopped(task(stop), stop)) for task in tasks]
        serve = asyncio.create_task(server.serve([listening]))
        await asyncio.to_thread(stopping.wait)
        stop.set()
        await asyncio.gather(*running)
        server.should_exit = True
        await serve

    thread = threading.Thread(target=asyncio.run, args=[run()])
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        stopping.set()
        thread.join()


async def _until_stopped(task: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
    try:
        await task
    finally:
        stop.set()
