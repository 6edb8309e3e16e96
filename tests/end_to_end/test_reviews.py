"""A match with a foreign register, from an agency's list to the family's place, with processes killed between."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import polars as pl
from journeys import Stack
from oracle import check_everything, come_to_rest, on_kafka, query, wait_until
from padan_events import decode
from padan_events.places import PlaceReleased, Promoted
from padan_events.reviews import ReviewClosed
from padan_gateway.regions import villages_of
from village_given import Village, a_recipient

REGENCY = "3402"
"""A regency of which no other test has families."""
POLICY = """programme: aid_of_bantul
version: "2026.1"
effective_from: {day}
name: {{id: Bantuan Bantul, en: Aid of Bantul}}
owner: "3402"
source: invented for this test
place_needs: determined
criteria:
  - {{criterion: region_in, regions: ["3402"]}}
  - {{criterion: household_size_at_least, bound: 1}}
amount: {{reckoned: fixed, annual_idr: 600000}}
"""


class Bantul:
    """Families with places, and those who match and review them."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def send(self, path: str, body: Any, role: str, region: str = REGENCY, key: str | None = None) -> httpx.Response:
        with self.stack.http(role, region, subject=role) as http:
            headers = {"Idempotency-Key": key or str(uuid4()), "Padan-Purpose": "verification"}
            return http.post(path, json=body, headers=headers)

    def offers(self, places: int) -> None:
        """A programme of the regency, with so many places."""
        day = datetime.now(UTC).date().isoformat()
        with self.stack.http("programme_owner", REGENCY, "sari") as sari:
            drafted = sari.post("/v1/policies", content=POLICY.format(day=day).encode())
            assert drafted.status_code == 201, drafted.text
        with self.stack.http("programme_owner", REGENCY, "budi") as budi:
            for step, body in (("review", {"digest": drafted.json()["digest"]}), ("publish", None)):
                answer = budi.post(f"/v1/policies/aid_of_bantul/2026.1/{step}", json=body)
                assert answer.status_code == 200, answer.text
        quota = {"programme": "aid_of_bantul", "regency": REGENCY, "places": places}
        assert self.send("/v1/quotas", quota, "programme_owner").status_code == 200

    def seen(self, household: str, role: str = "social_office", purpose: str = "verification") -> Any:
        with self.stack.http(role, REGENCY) as http:
            answer = http.get(f"/v1/households/{household}/eligibility", headers={"Padan-Purpose": purpose})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def place(self, household: str) -> tuple[str, str | None] | None:
        found = [one for one in self.seen(household)["places"] if one["programme"] == "aid_of_bantul"]
        return (found[0]["status"], found[0]["reason"]) if found else None

    def review(self, household: str) -> Any:
        reviews = self.seen(household)["reviews"]
        return reviews[0] if reviews else None


def people(stack: Stack, folder: Path, number: int) -> list[dict[str, Any]]:
    """Whom the civil registry knows and no register bars."""
    batch = stack.invent(60, folder)
    barred = pl.read_parquet(batch.barred_register / "people.parquet")["nik"].to_list()
    known = pl.read_parquet(batch.civil_registry / "people.parquet").filter(
        (pl.col("status") == "active") & (pl.col("birth_date") < pl.date(1995, 1, 1)) & ~pl.col("nik").is_in(barred)
    )
    return [
        {"name": one["name"], "nik": one["nik"], "birth_date": str(one["birth_date"]), "sex": one["sex"]}
        for one in known[:number].to_dicts()
    ]


def test_a_match_opens_a_review_that_ends_aid_only_once_somebody_found_it_founded(stack: Stack, tmp_path: Path) -> None:
    bantul, village = Bantul(stack), Village(stack, villages_of(REGENCY)[0])
    members = people(stack, tmp_path, 3)
    niks = {a_recipient(village, member)[0]: member["nik"] for member in members}
    come_to_rest(stack.platform)
    bantul.offers(2)
    wait_until(lambda: None not in [bantul.place(one) for one in niks], "everybody is on the list")
    holders = [one for one in niks if bantul.place(one) == ("held", None)]
    (waits,) = niks.keys() - set(holders)
    barred, cleaner = holders

    # An agency tells of both, and of somebody whom nobody knows; household is killed over it.
    entry = {"register": "company_register", "matched_on": "2026-01-05", "detail": "direktur"}
    sent = [{**entry, "nik": niks[one], "reference": f"AHU-{number}"} for number, one in enumerate(holders)]
    sent.append({**entry, "nik": "3402015203720009", "reference": "AHU-9"})
    told = bantul.send("/v1/register-matches", {"matches": sent}, "agency", key="list-1")
    stack.platform.kill("household")
    stack.platform.kill("eligibility")
    assert told.status_code == 200, told.text
    assert [one["state"] for one in told.json()["matches"]] == ["reported", "reported", "refused"]
    stack.platform.wait_ready("household")
    stack.platform.wait_ready("eligibility")
    again = bantul.send("/v1/register-matches", {"matches": sent}, "agency", key="list-1")
    assert again.json() == told.json()
    assert bantul.send("/v1/register-matches", {"matches": sent}, "agency").json()["told_already"] == 2
    other = bantul.stack
    with other.http("agency", "3318", subject="agency") as http:
        headers = {"Idempotency-Key": "x", "Padan-Purpose": "verification"}
        elsewhere = http.post("/v1/register-matches", json={"matches": sent}, headers=headers).json()
    assert {one["code"] for one in elsewhere["matches"]} == {"not_in_register"}
    wait_until(lambda: None not in [bantul.review(one) for one in holders], "both are under review")
    come_to_rest(stack.platform)
    for one in holders:
        review = bantul.review(one)
        assert (review["state"], review["tier"]) == ("open", "social_office")
        assert review["finding"]["register"] == "company_register"
        assert bantul.place(one) == ("held", None), "a match ends nothing"

    # The due date passes: the province's turn.
    which = bantul.review(barred)["review_id"]
    query(
        stack.platform, "eligibility",
        "UPDATE review SET due_on = '2026-01-31' WHERE review_id = %s RETURNING 1", which,
    )  # fmt: skip
    wait_until(lambda: bantul.review(barred)["tier"] == "province", "it is passed on")
    assert bantul.place(barred) == ("held", None)
    close = f"/v1/reviews/{which}/close"
    found = {"outcome": "founded", "note": "Tercatat sebagai direktur sejak 2019; diakui keluarga."}
    assert bantul.send(close, found, "social_office").json()["code"] == "review_passed_on"
    assert bantul.send(close, {"outcome": "founded"}, "province", "34").json()["code"] == "review_evidence_missing"
    bad = {**found, "photos": [str(uuid4())]}
    assert bantul.send(close, bad, "province", "34").json()["code"] == "photo_unknown"
    assert bantul.send(close, found, "social_office", "3318").json()["code"] == "review_unknown"
    assert bantul.send(close, found, "village_operator", village.code).status_code == 403
    closed = bantul.send(close, found, "province", "34", key="found")
    stack.platform.kill("eligibility")
    assert closed.status_code == 200, closed.text
    stack.platform.wait_ready("eligibility")
    assert bantul.send(close, found, "province", "34", key="found").json() == closed.json()
    wait_until(lambda: bantul.place(waits) == ("held", None), "the next on the list has the place")
    assert bantul.place(barred) == ("ended", "review_founded")

    # Cleaners are registered as directors: nothing of it.
    last = bantul.review(cleaner)["review_id"]
    unfounded = bantul.send(f"/v1/reviews/{last}/close", {"outcome": "unfounded"}, "social_office")
    assert unfounded.status_code == 200, unfounded.text
    wait_until(lambda: bantul.review(cleaner)["outcome"] == "unfounded", "it is closed")
    come_to_rest(stack.platform)
    assert bantul.place(cleaner) == ("held", None)
    # By id: a relay that was killed has sent some of them twice.
    told_once = {event.event_id: event for event in on_kafka(stack.platform, "eligibility.events.v1")}
    events = [(event, decode(event.type, event.value)) for event in told_once.values()]
    (ending,) = [event for event, data in events if isinstance(data, ReviewClosed) and str(data.household_id) == barred]
    (release,) = [
        event for event, data in events if isinstance(data, PlaceReleased) and str(data.household_id) == barred
    ]
    (promotion,) = [data for _, data in events if isinstance(data, Promoted) and str(data.household_id) == waits]
    assert (release.causation_id, promotion.because_of) == (ending.event_id, release.event_id)
    for topic in ("registry.intake.v1", "household.events.v1", "eligibility.events.v1"):
        for event in on_kafka(stack.platform, topic):
            for secret in ("company_register", "direktur", "AHU-", *niks.values()):
                assert secret.encode() not in event.value

    # The ministry decides otherwise: the family is on the list again.
    back = bantul.send(close, {"outcome": "unfounded"}, "ministry", "ID")
    assert back.status_code == 200, back.text
    wait_until(lambda: bantul.place(barred) == ("waiting", None), "it waits at its rank")
    come_to_rest(stack.platform)
    check_everything(stack.platform)
    with stack.http("province", "34") as http:
        listed = http.get("/v1/reviews", params={"state": "closed", "region": REGENCY}).json()
    assert {one["review_id"] for one in listed["reviews"]} == {which, last}
    assert {one["finding"] for one in listed["reviews"]} == {None}
