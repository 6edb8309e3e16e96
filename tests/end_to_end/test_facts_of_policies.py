"""Policies that ask for needs, for places in each other and for reviews, and that order their own list, on the whole
platform, with eligibility killed between."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import polars as pl
from journeys import Stack
from oracle import check_everything, come_to_rest, on_kafka, wait_until
from padan_events import decode
from padan_events.eligibility import Decided, Outcome
from padan_events.places import PlaceFact
from padan_gateway.regions import villages_of
from village_given import Village, a_recipient

REGENCY = "3404"
"""A regency of which no other test has families."""
_HEAD = """programme: {programme}
version: "2026.1"
effective_from: {day}
name: {{id: Bantuan Sleman, en: Aid of Sleman}}
owner: "3404"
source: invented for this test
place_needs: determined
amount: {{reckoned: fixed, annual_idr: 600000}}
{more}
criteria:
  - {{criterion: region_in, regions: ["3404"]}}
"""
SHELTER = """  - {criterion: has_need, kind: homeless}
"""
OTHERS = """  - criterion: none_of
    criteria:
      - {criterion: holds_place, programme: shelter_of_sleman}
      - {criterion: register_match, state: open}
"""


class Sleman:
    """Programmes of a regency, and those who act in it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def post(self, path: str, body: Any, role: str = "programme_owner", subject: str = "sari") -> httpx.Response:
        with self.stack.http(role, REGENCY, subject) as http:
            headers = {"Idempotency-Key": str(uuid4()), "Padan-Purpose": "verification"}
            if isinstance(body, bytes):
                return http.post(path, content=body, headers=headers)
            return http.post(path, json=body, headers=headers)

    def publish(self, programme: str, criteria: str, more: str = "") -> None:
        day = datetime.now(UTC).date().isoformat()
        document = _HEAD.format(programme=programme, day=day, more=more) + criteria
        drafted = self.post("/v1/policies", document.encode())
        assert drafted.status_code == 201, drafted.text
        for step, body in (("review", {"digest": drafted.json()["digest"]}), ("publish", None)):
            answer = self.post(f"/v1/policies/{programme}/2026.1/{step}", body, subject="budi")
            assert answer.status_code == 200, answer.text

    def seen(self, household: str) -> Any:
        with self.stack.http("social_office", REGENCY) as http:
            answer = http.get(f"/v1/households/{household}/eligibility", headers={"Padan-Purpose": "verification"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def outcome(self, household: str, programme: str) -> str | None:
        found = [one for one in self.seen(household)["decisions"] if one["programme"] == programme]
        return found[0]["outcome"] if found else None

    def place(self, household: str, programme: str) -> Any:
        found = [one for one in self.seen(household)["places"] if one["programme"] == programme]
        return found[0] if found else None


def test_needs_places_reviews_and_an_owner_s_order_decide_and_each_decision_names_why(
    stack: Stack, tmp_path: Path
) -> None:
    sleman, village, platform = Sleman(stack), Village(stack, villages_of(REGENCY)[0]), stack.platform
    batch = stack.invent(60, tmp_path)
    barred = pl.read_parquet(batch.barred_register / "people.parquet")["nik"].to_list()
    known = pl.read_parquet(batch.civil_registry / "people.parquet").filter(
        (pl.col("status") == "active") & (pl.col("birth_date") < pl.date(1995, 1, 1)) & ~pl.col("nik").is_in(barred)
    )
    people = [
        {"name": one["name"], "nik": one["nik"], "birth_date": str(one["birth_date"]), "sex": one["sex"]}
        for one in known[:3].to_dicts()
    ]
    small = a_recipient(village, people[0])[0]
    large = a_recipient(village, people[1], people[2])[0]
    come_to_rest(platform)

    sleman.publish("shelter_of_sleman", SHELTER, "answers_needs: [homeless]")
    sleman.publish("rice_of_sleman", OTHERS, "order: [{by: household_size, first: larger}]")
    circular = _HEAD.format(programme="shelter_of_sleman", day="2030-01-01", more="").replace("2026.1", "2030.1")
    circular += "  - {criterion: holds_place, programme: rice_of_sleman}\n"
    refused = sleman.post("/v1/policies", circular.encode())
    assert (refused.status_code, refused.json()["code"], refused.json()["line"]) == (422, "policy_circular", 12)
    assert refused.json()["circle"] == ["shelter_of_sleman", "rice_of_sleman", "shelter_of_sleman"]
    for programme in ("shelter_of_sleman", "rice_of_sleman"):
        quota = {"programme": programme, "regency": REGENCY, "places": 1}
        assert sleman.post("/v1/quotas", quota).status_code == 200
    wait_until(lambda: (sleman.place(large, "rice_of_sleman") or {}).get("status") == "held", "the larger family first")
    waits = sleman.place(small, "rice_of_sleman")
    assert (waits["status"], waits["ordered_by"]) == ("waiting", ["household_size"])
    assert "Order: household size, decile" in waits["text_en"]

    # A need gives the larger family a place in the shelter, and that takes its place in the other programme.
    need = {"command": "record_need", "household_id": large, "kind": "homeless", "occurred_on": "2026-01-05"}
    recorded = village.accepted("village_operator", need)["events"][0]["event_id"]
    platform.kill("eligibility")
    platform.wait_ready("eligibility")
    wait_until(lambda: (sleman.place(small, "rice_of_sleman") or {}).get("status") == "held", "the next is promoted")
    come_to_rest(platform)
    assert sleman.place(large, "rice_of_sleman")["reason"] == "not_entitled"
    assert sleman.place(large, "shelter_of_sleman")["status"] == "held"

    # A match opens a review of the other family; it is closed, and the decision comes back.
    match = {"nik": people[0]["nik"], "register": "company_register", "matched_on": "2026-01-05", "reference": "A-1"}
    told = sleman.post("/v1/register-matches", {"matches": [{**match, "detail": "direktur"}]}, "agency")
    assert told.json()["matches"][0]["state"] == "reported", told.text
    wait_until(lambda: sleman.outcome(small, "rice_of_sleman") == "not_entitled", "the review excludes")
    review = sleman.seen(small)["reviews"][0]["review_id"]
    closed = sleman.post(f"/v1/reviews/{review}/close", {"outcome": "unfounded", "note": ""}, "social_office", "budi")
    assert closed.status_code == 200, closed.text
    platform.kill("eligibility")
    platform.wait_ready("eligibility")
    wait_until(lambda: sleman.outcome(small, "rice_of_sleman") == "entitled", "the decision is taken again")

    met = {"command": "deliver_intervention", "household_id": large, "need_id": recorded, "outcome": "met"}
    village.accepted("facilitator", {**met, "occurred_on": "2026-01-09"})
    wait_until(lambda: sleman.outcome(large, "shelter_of_sleman") == "not_entitled", "the need is met")
    wait_until(lambda: sleman.outcome(large, "rice_of_sleman") == "entitled", "nothing excludes any more")
    come_to_rest(platform)
    events = {event.event_id: event for event in on_kafka(platform, "eligibility.events.v1")}
    decided = [
        (event, data)
        for event in events.values()
        if isinstance(data := decode(event.type, event.value), Decided) and data.programme == "rice_of_sleman"
    ]
    of_large = [one for one in decided if one[1].household_id == UUID(large)]
    assert [data.outcome for _, data in of_large] == [Outcome.ENTITLED, Outcome.NOT_ENTITLED, Outcome.ENTITLED]
    for event, data in of_large[1:]:
        (place,) = data.rests_on
        fact = decode(events[place].type, events[place].value)
        assert isinstance(fact, PlaceFact)
        assert (fact.programme, event.causation_id) == ("shelter_of_sleman", place)
    check_everything(platform)
