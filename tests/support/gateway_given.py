"""What the gateway's tests start from: a register of generated families whose events are sealed with their own keys,
and the services behind the gateway as small real HTTP servers."""

import asyncio
import contextlib
import os
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import httpx
import msgspec
import psycopg
import uvicorn
from fastapi import FastAPI, Request, Response
from joserfc import jwt
from joserfc.jwk import ECKey
from padan_events import SHARDS, Event, encode, shard_of, type_of
from padan_events.eligibility import Decided, Outcome
from padan_events.household import IdentityMatched, Proposed, SealedMember, WelfareRanked
from padan_events.intake import Origin, Position
from padan_events.personal import (
    Agreement,
    Criterion,
    Explanation,
    HouseholdIdentity,
    PersonIdentity,
    PersonSensitive,
    Relationship,
    Sex,
)
from padan_gateway.bootstrap import Gateway
from padan_gateway.views import repository
from padan_gateway.views.rows import decoded, fold
from padan_runtime.http import Health, create_app
from padan_runtime.keys import HouseholdKeys, KeysRequest, KeysResponse, SubjectKeys
from padan_runtime.sealing import keyed_hash, seal
from padan_runtime.service_tokens import ServiceVerifier

BATCH = uuid.uuid5(uuid.NAMESPACE_URL, "urn:padan:gateway-tests")
NIK_HASH_KEY = bytes(range(32))
TIME = datetime(2026, 1, 15, 3, 0, tzinfo=UTC)
PATI = "3318"
VILLAGES = ("3318042007", "3318042008", "3318012001")
ELSEWHERE = "3319012001"


def household_id(row: int) -> UUID:
    return uuid.uuid5(BATCH, f"household:{row}")


def person_id(row: int, index: int) -> UUID:
    return uuid.uuid5(household_id(row), f"person:{index}")


def a_nik(row: int, index: int) -> str:
    """A well-formed NIK of nobody."""
    return f"3318010101{80 + index:02d}{row % 9000 + 1:04d}"


class Register:
    """Plays household and eligibility: mints keys, seals, and numbers the events of each topic and shard."""

    def __init__(self) -> None:
        self.keys: dict[UUID, dict[UUID, SubjectKeys]] = {}
        self.heads: Counter[tuple[str, int]] = Counter()
        self._versions: Counter[UUID] = Counter()

    def propose(
        self, row: int, *, village: str = VILLAGES[0], members: int = 3, joining: Sequence[tuple[UUID, int]] = ()
    ) -> Event:
        """A household of `members` of its own and of `joining` (person id, membership_seq) from elsewhere."""
        subject = household_id(row)
        event_id = self._next_id(subject)
        persons = [(person_id(row, index), 1) for index in range(members)] + list(joining)
        keys = self.keys.setdefault(subject, {})
        for known in (subject, *(person for person, _ in persons)):
            keys[known] = SubjectKeys(known, os.urandom(32), os.urandom(32))
        identity = HouseholdIdentity(
            village=village, family_card_number=f"3318{row:012d}", address=f"Jalan {row}", rt="001", rw="002"
        )
        return self._event(
            Proposed(
                household_id=subject,
                regency=village[:4],
                occurred_on=TIME.date(),
                caretaker=persons[0][0],
                head=persons[0][0],
                identity=seal(_key(keys[subject].identity), identity, subject=subject, event_id=event_id),
                members=tuple(
                    self._member(row, index, person, seq, keys[person], event_id)
                    for index, (person, seq) in enumerate(persons)
                ),
                origin=Origin(BATCH, row),
            ),
            subject,
            event_id,
        )

    @staticmethod
    def _member(row: int, index: int, person: UUID, seq: int, keys: SubjectKeys, event_id: UUID) -> SealedMember:
        nik = a_nik(row, index)
        born, sex = date(1980 + index, 5, 17), Sex.FEMALE if index % 2 else Sex.MALE
        identity = PersonIdentity(
            name=f"Orang {row} Anggota{index}",
            nik=nik,
            nik_hash=keyed_hash(NIK_HASH_KEY, nik).hex(),
            birth_date=born,
            sex=sex,
            relationship=Relationship.CHILD if index else Relationship.HEAD,
        )
        return SealedMember(
            person_id=person,
            membership_seq=seq,
            identity=seal(_key(keys.identity), identity, subject=person, event_id=event_id),
            sensitive=seal(_key(keys.sensitive), PersonSensitive(birth_date=born), subject=person, event_id=event_id),
            birth_year=born.year,
        )

    def match(self, row: int) -> Event:
        subject = household_id(row)
        data = IdentityMatched(
            household_id=subject,
            regency=PATI,
            person_id=person_id(row, 0),
            civil_status="active",
            agreement=Agreement(nik=True, name=True, birth_date=False),
            matched_at="2026-01-15T02:59:00Z",
            request_id=f"request-{row}",
        )
        return self._event(data, subject, self._next_id(subject))

    def rank(self, row: int, decile: int) -> Event:
        subject = household_id(row)
        data = WelfareRanked(
            household_id=subject, regency=PATI, decile=decile, occurred_on=TIME.date(), origin=Origin(BATCH, row)
        )
        return self._event(data, subject, self._next_id(subject))

    def decide(self, row: int, programme: str = "pkh", *, outcome: Outcome = Outcome.ENTITLED, facts: int = 1) -> Event:
        """A decision; its household must have keys, as eligibility could not have sealed it otherwise."""
        subject = household_id(row)
        keys = self.keys.setdefault(subject, {}).setdefault(
            subject, SubjectKeys(subject, os.urandom(32), os.urandom(32))
        )
        shard = shard_of(str(subject))
        event_id = uuid.uuid5(subject, f"{programme}:{shard}:{facts}:{outcome}")
        explanation = Explanation(
            criteria=(
                Criterion(
                    code="decile", fact="2", bound="<= 4", holds=True, text_id="Desil 2.", text_en="Decile 2 of 10."
                ),
            ),
            summary_id=f"Keluarga {row} berhak.",
            summary_en=f"Family {row} is entitled.",
        )
        data = Decided(
            household_id=subject,
            regency=PATI,
            programme=programme,
            outcome=outcome,
            state="proposed",
            policy_version="1",
            facts=Position(shard, facts),
            as_of=TIME.date(),
            explanation=seal(_key(keys.sensitive), explanation, subject=subject, event_id=event_id),
            annual_idr=3_000_000 if outcome is Outcome.ENTITLED else None,
            missing=("decile",) if outcome is Outcome.UNDETERMINED else (),
        )
        return self._event(data, subject, event_id)

    def _next_id(self, subject: UUID) -> UUID:
        self._versions[subject] += 1
        return uuid.uuid5(subject, str(self._versions[subject]))

    def _event(self, data: msgspec.Struct, subject: UUID, event_id: UUID) -> Event:
        declared = type_of(data)
        shard = shard_of(str(subject))
        self.heads[declared.topic.name, shard] += 1
        return Event(
            topic=declared.topic.name,
            shard=shard,
            pos=self.heads[declared.topic.name, shard],
            event_id=event_id,
            type=declared.name,
            source=f"/padan/{declared.topic.owner}",
            time=TIME,
            key=str(subject),
            actor=f"service:{declared.topic.owner}",
            correlation_id=BATCH,
            value=encode(data),
        )

    def vector(self, topic: str) -> list[int]:
        return [self.heads[topic, shard] for shard in range(SHARDS)]


def _key(key: bytes | None) -> bytes:
    assert key is not None
    return key


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
                msgspec.json.encode({"upload_id": UPLOAD_ID, "state": "received"}), 202, media_type="application/json"
            )

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

        @self.app.get("/batches/{upload_id}/rows.csv")
        async def rows(upload_id: UUID) -> Response:
            disposition = {"content-disposition": f'attachment; filename="{upload_id}.csv"'}
            return Response(b"NIK,reason\r\n" * 1000, media_type="text/csv", headers=disposition)

        @self.app.get("/templates/registration.xlsx")
        async def template() -> Response:
            return Response(b"PK template", media_type="application/vnd.openxmlformats-officedocument")


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


class World:
    """A gateway, what stands around it, and a client that speaks to it over HTTP."""

    def __init__(
        self, gateway: Gateway, register: Register, household: HouseholdPeer, ingest: IngestPeer, signer: Signer,
        client: httpx.Client, owner_url: str,
    ) -> None:  # fmt: skip
        self.gateway, self.register, self.household, self.ingest = gateway, register, household, ingest
        self.signer, self.client, self.owner_url = signer, client, owner_url

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
