"""POST /register-matches: what foreign registers say of people of the register; the gateway is the door outside."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response
from padan_events.reviews import RegisterMatch
from padan_runtime.database import Database
from padan_runtime.keys import KeyClient
from padan_runtime.log import append
from padan_runtime.problems import Problem, Text
from padan_runtime.relay import hint
from padan_runtime.service_tokens import ServiceVerifier

from padan_registry_ingest.domain import reasons
from padan_registry_ingest.domain.refusals import words_of
from padan_registry_ingest.domain.register_matches import MOST_MATCHES, SentMatch, fault, report_id
from padan_registry_ingest.http_api.batches import actor_of, region_of
from padan_registry_ingest.register_matches import repository
from padan_registry_ingest.register_matches.reporting import Found, Teller, report

_JSON = "application/json"


class _Sent(msgspec.Struct, frozen=True):
    matches: Annotated[list[SentMatch], msgspec.Meta(min_length=1, max_length=MOST_MATCHES)]
    request: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class RegisterMatchApi:
    """What the address needs. `keyed_hash` finds a NIK in the person index, and hides what keys and digests are of."""

    def __init__(
        self, database: Database, keys: KeyClient, verifier: ServiceVerifier, keyed_hash: Callable[[str], bytes]
    ) -> None:
        self._database, self._keys, self._verifier, self._hash = database, keys, verifier, keyed_hash

    def install(self, app: FastAPI) -> None:
        """Add the address."""
        router = APIRouter()
        router.add_api_route("/register-matches", self.take, methods=["POST"])
        app.include_router(router)

    async def take(self, request: Request) -> Response:
        """Take matches; what the answer acknowledges is durable. Under the same key the answer is the same for ever.

        Raises `Problem`, `Unavailable`.
        """
        region = region_of(self._verifier, request)
        body = await request.body()
        try:
            sent = msgspec.json.decode(body, type=_Sent)
        except msgspec.MsgspecError:
            raise _malformed() from None  # its message may quote what came
        now = datetime.now(UTC)
        key_id = now.date().isoformat()
        teller = Teller(actor_of(request), region, "list", key_id, await self._keys.intake_key(key_id))
        answer, appended = await asyncio.to_thread(self._take, sent, teller, now)
        if appended:
            await asyncio.to_thread(hint, self._database)
        return Response(answer, media_type=_JSON)

    def _take(self, sent: _Sent, teller: Teller, now: datetime) -> tuple[bytes, bool]:
        key = self._hash(f"matches {teller.actor} {sent.request}")
        digest = self._hash(msgspec.json.encode([_content(one) for one in sent.matches]).decode())
        with self._database.transaction() as connection:
            repository.hold_key(connection, teller.actor, key)
            before = repository.answered(connection, teller.actor, key)
            if before is not None:
                if before[0] != digest:
                    raise _key_reused()
                return before[1], False
            faults = [fault(one, now) for one in sent.matches]
            hashes = [self._hash(one.nik) for one in sent.matches]
            known = repository.living(
                connection, [one for one, wrong in zip(hashes, faults, strict=True) if wrong is None]
            )
            found: list[Found | None] = []
            for number, (one, nik_hash) in enumerate(zip(sent.matches, hashes, strict=True)):
                person = known.get(nik_hash) if one.within and faults[number] is None else None
                if person is None:
                    faults[number] = faults[number] or "not_in_register"
                    found.append(None)
                    continue
                match = RegisterMatch(register=one.register, reference=one.reference, detail=one.detail)
                name = report_id(self._hash, nik_hash, one.register, one.reference)
                found.append(Found(name, person, match, one.matched_on))
            going = report(connection, [one for one in found if one is not None], teller)
            answer = msgspec.json.encode(_answer(found, faults, {entry.event_id for entry in going}))
            repository.keep_answer(connection, teller.actor, key, digest, answer)
            if going:
                append(connection, going)
        return answer, bool(going)


def _content(one: SentMatch) -> tuple[str, ...]:
    return (one.nik, one.register.value, one.reference, one.detail, one.matched_on.isoformat())


def _answer(found: Sequence[Found | None], faults: Sequence[str | None], fresh: set[Any]) -> dict[str, Any]:
    items = []
    for number, (one, code) in enumerate(zip(found, faults, strict=True), start=1):
        if one is None:
            assert code is not None
            items.append({"item": number, "state": "refused", "code": code, **_words(code)})
        else:
            # Of one that is named twice here, the second was told already too.
            state = "reported" if one.report_id in fresh else "told_already"
            fresh.discard(one.report_id)
            items.append({"item": number, "state": state})
    counted = Counter(str(item["state"]) for item in items)
    totals = {state: counted[state] for state in ("reported", "told_already", "refused")}
    return {**totals, "matches": items}


def _words(code: str) -> dict[str, str]:
    if code in reasons.BY_CODE:
        return reasons.words(code)
    words = words_of(code)
    return {"id": words.id, "en": words.en, "next_id": words.next_id, "next_en": words.next_en}


def _malformed() -> Problem:
    return Problem(
        "matches_malformed",
        422,
        Text("Isi kiriman bukan daftar kecocokan.", "The body is not a list of matches."),
        Text("Periksa bentuknya pada docs/reviews.md.", "Check its form in docs/reviews.md."),
    )


def _key_reused() -> Problem:
    return Problem(
        "idempotency_key_reused",
        422,
        Text("Idempotency-Key ini sudah dipakai untuk daftar lain.", "This Idempotency-Key was used for another list."),
        Text("Pakai kunci baru untuk daftar baru.", "Use a new key for a new list."),
    )
