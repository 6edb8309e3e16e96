"""The register as eligibility sees it: sealed household events on the real topic, and keys behind `/keys:batch`.

A peer, not a mock: real events over the real Kafka, real sealing, real service tokens over HTTP. Nobody in it exists.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from os import urandom
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec
import uvicorn
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, Request, Response
from padan_events import SHARDS, Event, encode, shard_of, type_of
from padan_events.effects import HouseholdFact
from padan_events.envelope import to_headers
from padan_events.evidence import CircumstancesAssessed
from padan_events.families import MemberMovedIn, MemberMovedOut, TransferReason
from padan_events.household import IdentityMatched, Proposed, SealedMember, WelfareRanked
from padan_events.intake import Origin
from padan_events.need_kinds import NeedKind
from padan_events.needs import InterventionDelivered, Need, NeedOutcome, NeedRecorded
from padan_events.personal import Agreement, Circumstances, PersonSensitive
from padan_events.topics import HOUSEHOLD_EVENTS
from padan_runtime.keys import HouseholdKeys, KeysRequest, KeysResponse, SubjectKeys
from padan_runtime.sealing import seal
from padan_runtime.service_tokens import ServiceVerifier

CHAIN = UUID("6f0d7c1e-58a1-5c3b-9a55-0f3c0a7b1a01")
RECORDED_AT = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)
"""Half past midnight of 2 March in Pati."""


class RegisterPeer:
    """Makes households and tells of them; each event has the next position of its shard."""

    def __init__(self) -> None:
        self.keys: dict[UUID, dict[UUID, bytes]] = {}
        self.erased: set[UUID] = set()
        self.url = ""
        self.answers = True
        self.asked = 0
        self._heads = [0] * SHARDS
        self._said: dict[UUID, int] = {}

    def propose(
        self, number: int, members: Sequence[PersonSensitive], *, regency: str = "3318", at: datetime = RECORDED_AT
    ) -> tuple[UUID, Event]:
        """A household came into the register; the first member is head and caretaker."""
        household_id = _household_id(number)
        event_id = uuid5(household_id, "1")
        keys = self.keys[household_id] = {household_id: urandom(32)}
        sealed = []
        for index, member in enumerate(members):
            person_id = uuid5(household_id, f"person:{index}")
            keys[person_id] = urandom(32)
            sealed.append(
                SealedMember(
                    person_id=person_id,
                    membership_seq=1,
                    identity=b"sealed for others",
                    sensitive=seal(keys[person_id], member, subject=person_id, event_id=event_id),
                )
            )
        data = Proposed(
            household_id=household_id,
            regency=regency,
            occurred_on=date(2026, 3, 1),
            caretaker=uuid5(household_id, "person:0"),
            head=uuid5(household_id, "person:0"),
            identity=b"sealed for others",
            members=tuple(sealed),
        )
        return household_id, self._event(household_id, data, at)

    def propose_on(self, shard: int, members: Sequence[PersonSensitive]) -> tuple[UUID, Event]:
        """A household of that shard comes into the register."""
        numbers = itertools.count(10_000)
        return self.propose(next(n for n in numbers if shard_of(str(_household_id(n))) == shard), members)

    def rank(self, household_id: UUID, decile: int, *, regency: str = "3318", at: datetime = RECORDED_AT) -> Event:
        """A household's decile became known."""
        data = WelfareRanked(
            household_id=household_id,
            regency=regency,
            decile=decile,
            occurred_on=date(2026, 3, 1),
            origin=Origin(CHAIN, 1),
        )
        return self._event(household_id, data, at)

    def match(self, household_id: UUID, *, at: datetime = RECORDED_AT) -> Event:
        """A member was matched with the civil registry."""
        data = IdentityMatched(
            household_id=household_id,
            regency="3318",
            person_id=uuid5(household_id, "person:0"),
            civil_status="active",
            agreement=Agreement(nik=True),
            matched_at="2026-03-01T17:00:00Z",
            request_id="r1",
        )
        return self._event(household_id, data, at)

    def happened(self, data: HouseholdFact, *, at: datetime = RECORDED_AT) -> Event:
        """Anything else that happened to a household."""
        return self._event(data.household_id, data, at)

    def assess(self, household_id: UUID, answers: Circumstances, *, at: datetime = RECORDED_AT) -> Event:
        """A family was asked about the criteria of poverty."""
        event_id = uuid5(household_id, f"{self._said.get(household_id, 0) + 1}")
        data = CircumstancesAssessed(
            household_id=household_id,
            regency="3318",
            occurred_on=date(2026, 3, 1),
            circumstances=seal(self.keys[household_id][household_id], answers, subject=household_id, event_id=event_id),
        )
        return self._event(household_id, data, at)

    def need(
        self, household_id: UUID, kind: NeedKind, person: int | None = None, *, at: datetime = RECORDED_AT
    ) -> Event:
        """A need of a member, by number, or of the household was recorded."""
        event_id = uuid5(household_id, f"{self._said.get(household_id, 0) + 1}")
        subject = household_id if person is None else uuid5(household_id, f"person:{person}")
        data = NeedRecorded(
            household_id=household_id,
            regency="3318",
            occurred_on=date(2026, 3, 1),
            need=seal(self.keys[household_id][subject], Need(kind), subject=subject, event_id=event_id),
            person_id=None if person is None else subject,
        )
        return self._event(household_id, data, at)

    def helped(self, need: Event, outcome: NeedOutcome = NeedOutcome.MET, *, at: datetime = RECORDED_AT) -> Event:
        """Something was done about a need."""
        data = InterventionDelivered(
            household_id=UUID(need.key),
            regency="3318",
            need_id=need.event_id,
            outcome=outcome,
            occurred_on=date(2026, 3, 1),
        )
        return self._event(data.household_id, data, at)

    def transfer(
        self, person_id: UUID, origin: UUID, there: UUID, member: PersonSensitive, *, seq: int = 2
    ) -> tuple[Event, Event]:
        """Somebody left a household for another: both sides, the origin's first."""
        of: Any = {
            "regency": "3318",
            "transfer_id": uuid5(person_id, f"transfer:{seq}"),
            "reason": TransferReason.OTHER,
            "occurred_on": date(2026, 3, 1),
        }
        sealed = self.sealed(there, person_id, member, seq)
        left = MemberMovedOut(**of, household_id=origin, person_id=person_id, membership_seq=seq, to=there)
        came = MemberMovedIn(**of, household_id=there, member=sealed, origin=origin)
        return self.happened(left), self.happened(came)

    def sealed(self, there: UUID, person_id: UUID, member: PersonSensitive, seq: int) -> SealedMember:
        """Who comes into a household, sealed for its next event."""
        key = self.keys[there].setdefault(person_id, urandom(32))
        event_id = uuid5(there, f"{self._said.get(there, 0) + 1}")
        return SealedMember(
            person_id=person_id,
            membership_seq=seq,
            identity=b"sealed for others",
            sensitive=seal(key, member, subject=person_id, event_id=event_id),
        )

    def poison(self, household_id: UUID) -> Event:
        """An event of a type that only a later version knows."""
        event = self.match(household_id)
        return msgspec.structs.replace(event, type="id.padan.household.of_tomorrow.v1")

    def _event(self, household_id: UUID, data: msgspec.Struct, at: datetime) -> Event:
        shard = shard_of(str(household_id))
        self._heads[shard] += 1
        version = self._said[household_id] = self._said.get(household_id, 0) + 1
        return Event(
            topic=HOUSEHOLD_EVENTS.name,
            shard=shard,
            pos=self._heads[shard],
            event_id=uuid5(household_id, f"{version}"),
            type=type_of(data).name,
            source="/padan/household",
            time=at,
            key=str(household_id),
            actor="service:registry-ingest",
            correlation_id=CHAIN,
            value=encode(data),
        )

    @asynccontextmanager
    async def serving(self, secrets: Path) -> AsyncIterator["RegisterPeer"]:
        """Serve the keys to eligibility, over HTTP, against its service token."""
        verifier = ServiceVerifier("household", (secrets / "services.jwks.json").read_bytes())
        app = FastAPI()

        @app.post("/keys:batch")
        async def keys(request: Request) -> Response:
            verifier.one_of(request, "eligibility")
            self.asked += 1
            if not self.answers:
                return Response(status_code=503)
            wanted = msgspec.json.decode(await request.body(), type=KeysRequest)
            return Response(msgspec.json.encode(self._answer(wanted)), media_type="application/json")

        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        try:
            yield self
        finally:
            server.should_exit = True
            await task

    def _answer(self, wanted: KeysRequest) -> KeysResponse:
        return KeysResponse(
            tuple(
                HouseholdKeys(
                    household_id,
                    tuple(
                        SubjectKeys(subject, sensitive=None if subject in self.erased else key)
                        for subject, key in self.keys.get(household_id, {}).items()
                    ),
                )
                for household_id in wanted.household_ids
            )
        )


def _household_id(number: int) -> UUID:
    return uuid5(CHAIN, f"household:{number}")


async def tell(kafka: str, events: Sequence[Event]) -> None:
    """Put events on Kafka, those of a shard in order."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True, linger_ms=5)
    await producer.start()
    try:
        sent = [
            await producer.send(e.topic, e.value, e.key.encode(), partition=e.shard, headers=to_headers(e))
            for e in events
        ]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()
