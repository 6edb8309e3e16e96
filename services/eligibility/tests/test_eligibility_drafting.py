"""Two people publish a policy, on real servers: through the service's own addresses, as the gateway asks them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
from eligibility_worker import Worker
from kafka_peer import read_all, until
from padan_events import decode
from padan_events.eligibility import PolicyDrafted, PolicyPublished, PolicyReviewed
from padan_events.topics import PROGRAMME_EVENTS
from padan_runtime.service_tokens import ServiceIdentity

DOCUMENT = """programme: pati_elderly
version: "2026.1"
effective_from: TODAY
name: {id: Bantuan Lansia Pati, en: Aid for the elderly of Pati}
owner: "3318"
source: invented for this test
place_needs: determined
criteria:
  - {criterion: region_in, regions: ["3318"]}
  - {criterion: decile_at_most, bound: 2}
amount: {reckoned: fixed, annual_idr: 1200000}
"""


async def test_a_policy_goes_from_draft_to_review_to_publication_by_two_people(worker: Worker) -> None:
    kafka = worker.environment["PADAN_KAFKA"]
    secrets = Path(worker.environment["PADAN_SECRETS"])
    document = DOCUMENT.replace("TODAY", datetime.now(UTC).date().isoformat())
    worker.start()
    await worker.ready()

    async with httpx.AsyncClient(base_url=worker.url, trust_env=False, timeout=20) as http:

        async def ask(
            method: str, path: str, who: str = "sari", *, region: str = "3318", caller: str = "gateway", **sent: Any
        ) -> httpx.Response:
            key = (secrets.parent / caller / f"{caller}.key.json").read_bytes()
            headers = {
                **ServiceIdentity(caller, key).headers("eligibility"),
                "Padan-Actor": f"user:{who}",
                "Padan-Role": "programme_owner",
                "Padan-Region": region,
            }
            return await http.request(method, path, headers=headers, **sent)

        assert (await ask("GET", "/policies", caller="household")).json()["code"] == "service_forbidden"
        bad = await ask("POST", "/policies", content=document.replace("bound: 2", "bound: 11").encode())
        assert (bad.status_code, bad.headers["content-type"]) == (422, "application/problem+json")
        assert {name: bad.json()[name] for name in ("code", "line", "column", "allowed", "detail_id", "detail")} == {
            "code": "policy_invalid", "line": 10, "column": 40, "allowed": ["1 ... 10"],
            "detail_id": "Baris 10: harus `int` <= 10.", "detail": "Line 10: must be `int` <= 10.",
        }  # fmt: skip
        assert (await ask("POST", "/policies", content=b"\xff")).json()["code"] == "policy_invalid"
        elsewhere = await ask("POST", "/policies", region="3319", content=document.encode())
        assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "policy_not_yours")

        first = await ask("POST", "/policies", content=document.replace("bound: 2", "bound: 1").encode())
        assert (first.status_code, first.json()["state"]) == (201, "drafted")
        one = "/policies/pati_elderly/2026.1"
        agreed = {"digest": first.json()["digest"]}
        assert (await ask("POST", f"{one}/review", "budi", json=agreed)).json()["state"] == "reviewed"
        second = (await ask("POST", "/policies", content=document.encode())).json()
        assert second["state"] == "drafted", "another document needs a review of its own"
        assert (await ask("POST", "/policies", content=document.encode())).json() == second, "a retry"
        stale = await ask("POST", f"{one}/review", "budi", json=agreed)
        assert (stale.status_code, stale.json()["code"]) == (409, "policy_changed_since")
        agreed = {"digest": second["digest"]}
        own = await ask("POST", f"{one}/review", json=agreed)
        assert (own.status_code, own.json()["code"]) == (409, "second_person_needed")
        early = await ask("POST", f"{one}/publish", "budi")
        assert (early.status_code, early.json()["code"]) == (409, "policy_not_reviewed")
        for _ in range(2):
            assert (await ask("POST", f"{one}/review", "budi", json=agreed)).json()["state"] == "reviewed"
        assert (await ask("POST", f"{one}/publish")).json()["code"] == "second_person_needed"
        for _ in range(2):
            published = (await ask("POST", f"{one}/publish", "budi")).json()
            assert (published["state"], published["published_by"]) == ("published", "user:budi")
        again = await ask("POST", "/policies", content=document.encode())
        assert (again.status_code, again.json()["code"]) == (409, "policy_version_published")
        assert (await ask("POST", "/policies/pati_elderly/2026.9/publish", "budi")).status_code == 404

        kept = (await ask("GET", one)).json()
        assert (kept["drafted_by"], kept["reviewed_by"]) == ("user:sari", "user:budi")
        assert kept["document"]["criteria"][1] == {"criterion": "decile_at_most", "bound": 2}
        listed = (await ask("GET", "/policies")).json()["policies"]
        states = {(policy["programme"], policy["version"]): policy["state"] for policy in listed}
        assert states[("pkh", "2025.1")] == states[("pati_elderly", "2026.1")] == "published"

    async def told() -> list[Any]:
        events = [event for event in await read_all(kafka, PROGRAMME_EVENTS.name) if event.key == "pati_elderly"]
        return [event for event in events if decode(event.type, event.value).version == "2026.1"]  # type: ignore[attr-defined] # all have one

    async def all_told() -> bool:
        return len(await told()) == 5

    await until(all_told)
    chain = await told()
    kinds = [type(decode(event.type, event.value)) for event in chain]
    assert kinds == [PolicyDrafted, PolicyReviewed, PolicyDrafted, PolicyReviewed, PolicyPublished]
    assert [event.causation_id for event in chain] == [None, *(event.event_id for event in chain[:-1])]
    assert {event.correlation_id for event in chain} == {chain[0].event_id}
    assert [event.actor for event in chain] == [f"user:{who}" for who in ("sari", "budi", "sari", "budi", "budi")]

    with psycopg.connect(worker.environment["PADAN_DATABASE_URL"]) as connection:
        heads = connection.execute("SELECT sum(pos) FROM log_head WHERE topic = %s", [PROGRAMME_EVENTS.name]).fetchone()
    assert heads == (11,)

    async def read() -> bool:
        return bool((await worker.progress())["parked"]["eligibility.policies"] == 0)

    await until(read)
    assert await worker.stop() == 0
    worker.start()
    await worker.ready()
