"""Reviews in the gateway: whose turn it is to whoever sees the family, which register to whoever may know."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from gateway_given import PATI, VILLAGES, household_id, person_id
from gateway_world import World
from padan_events import Event
from padan_events.reviews import (
    ForeignRegister,
    RegisterMatch,
    ReviewClosed,
    ReviewEscalated,
    ReviewFact,
    ReviewNote,
    ReviewOpened,
    ReviewOutcome,
    ReviewTier,
)
from padan_events.tiers import Determined
from padan_runtime.sealing import seal

LATE, TIMELY = date(2020, 5, 1), date(2999, 5, 1)
MATCH = RegisterMatch(register=ForeignRegister.COMPANY_REGISTER, reference="AHU-117", detail="direktur")


def review_id(row: int) -> UUID:
    return uuid5(household_id(row), "review")


def opened(world: World, row: int, due_on: date = LATE, **more: Any) -> Event:
    match_id, person = uuid4(), person_id(row, 0)
    key = world.register.keys[household_id(row)][person].identity
    assert key is not None
    fact = ReviewOpened(
        household_id=household_id(row),
        regency=PATI,
        review_id=review_id(row),
        person_id=person,
        match_id=match_id,
        match=seal(key, MATCH, subject=person, event_id=match_id),
        matched_on=date(2020, 3, 30),
        opened_on=date(2020, 4, 1),
        due_on=due_on,
        tier=ReviewTier.SOCIAL_OFFICE,
        reported_by="user:agency",
        **more,
    )
    return told(world, fact)


def told(world: World, fact: ReviewFact) -> Event:
    return world.register.told(fact.household_id, lambda _: fact)


def closed(world: World, row: int, outcome: ReviewOutcome, note: str | None = None) -> Event:
    household = household_id(row)
    key = world.register.keys[household][household].sensitive
    assert key is not None

    def made(event_id: UUID) -> ReviewClosed:
        return ReviewClosed(
            household_id=household,
            regency=PATI,
            review_id=review_id(row),
            outcome=outcome,
            closed_on=date(2020, 5, 20),
            tier=ReviewTier.PROVINCE,
            closed_by="user:wati",
            note=None if note is None else seal(key, ReviewNote(note), subject=household, event_id=event_id),
        )

    return world.register.told(household, made)


def reviews(world: World, query: str = "", **who: Any) -> list[Any]:
    answer = world.get(f"/v1/reviews{query}", **who)
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["reviews"]
    return found


def of_family(world: World, row: int, **who: Any) -> Any:
    answer = world.get(f"/v1/households/{household_id(row)}/eligibility", **who)
    assert answer.status_code == 200, answer.text
    return answer.json()["reviews"]


OF_THE_MATCH = ("person_id", "matched_on", "came_from", "finding")


def test_whom_a_review_is_of_and_when_is_for_who_may_know_the_finding_and_logged_as_it_is(world: World) -> None:
    world.put(world.register.propose(1))
    before = uuid4()
    world.put(opened(world, 1, TIMELY, came_from=before))
    whole = {"person_id": str(person_id(1, 0)), "matched_on": "2020-03-30", "came_from": str(before)}
    village: dict[str, Any] = {"region": VILLAGES[0], "purpose": "verification"}
    for who in (
        {},
        {"role": "village_operator", **village},
        {"role": "village_head", **village},
        {"role": "programme_owner", "purpose": "verification"},
    ):
        (one,) = of_family(world, 1, **who)
        assert [one[name] for name in OF_THE_MATCH] == [None] * 4, who
        assert (one["state"], one["tier"], one["due_on"]) == ("open", "social_office", TIMELY.isoformat())
    (one,) = reviews(world)
    assert [one[name] for name in OF_THE_MATCH] == [None] * 4
    assert not any("review" in entry[7] for entry in world.access_log())
    for role in ("social_office", "auditor"):
        for (one,) in (
            of_family(world, 1, role=role, purpose="verification"),
            reviews(world, role=role, purpose="verification"),
        ):
            assert {name: one[name] for name in whole} == whole
            assert one["finding"]["reference"] == "AHU-117"
    logged = [entry for entry in world.access_log() if "review" in entry[7]]
    assert [(entry[1], entry[4]) for entry in logged] == [
        (role, action) for role in ("social_office", "auditor") for action in ("read_eligibility", "read_reviews")
    ]
    assert all(person_id(1, 0) in entry[6] for entry in logged)


def test_a_family_s_review_is_told_beside_its_decisions_and_which_register_only_with_a_purpose(world: World) -> None:
    world.put(world.register.propose(1))
    world.put(opened(world, 1, TIMELY))
    (one,) = of_family(world, 1)
    assert (one["state"], one["tier"], one["finding"]) == ("open", "social_office", None)
    assert one["text_en"] == (
        "Under review by the social office until 2999-05-01. Nothing of the aid changes meanwhile."
    )
    assert one["text_id"].startswith("Sedang ditinjau oleh dinas sosial sampai 01-05-2999.")
    (shown,) = of_family(world, 1, purpose="verification")
    assert shown["finding"] == {
        "register": "company_register", "reference": "AHU-117", "detail": "direktur", "note": None, "photos": [],
    }  # fmt: skip
    (hidden,) = of_family(world, 1, role="village_operator", region=VILLAGES[0], purpose="verification")
    assert (hidden["state"], hidden["finding"]) == ("open", None)


def test_the_queue_is_of_the_caller_s_region_by_due_date_and_page_by_page(world: World) -> None:
    for row in range(1, 4):
        world.put(world.register.propose(row, village=VILLAGES[row % len(VILLAGES)]))
        world.put(opened(world, row, LATE + timedelta(days=5 - row)))
    world.put(world.register.propose(4))
    world.put(opened(world, 4, TIMELY))
    ordered = [str(review_id(row)) for row in (3, 2, 1)]
    assert [one["review_id"] for one in reviews(world)] == [*ordered, str(review_id(4))]
    assert [one["state"] for one in reviews(world)] == ["overdue"] * 3 + ["open"]
    assert [one["review_id"] for one in reviews(world, "?state=overdue")] == ordered
    page = world.get("/v1/reviews?limit=2").json()
    assert [one["review_id"] for one in page["reviews"]] == ordered[:2]
    rest = reviews(world, f"?limit=2&cursor={page['next_cursor']}")
    assert [one["review_id"] for one in rest] == [ordered[2], str(review_id(4))]
    assert reviews(world, region="6471") == []
    assert world.get("/v1/reviews?region=6471").status_code == 403
    assert world.get("/v1/reviews", role="village_operator", region=VILLAGES[0]).status_code == 403
    assert world.get("/v1/reviews?cursor=2020-02-31:" + ordered[0]).status_code == 422
    assert reviews(world, "?state=closed") == []


def test_it_goes_to_the_next_tier_is_closed_and_open_again(world: World) -> None:
    world.put(world.register.propose(1))
    world.put(opened(world, 1))
    passed = ReviewEscalated(
        household_id=household_id(1), regency=PATI, review_id=review_id(1), tier=ReviewTier.PROVINCE, due_on=TIMELY
    )
    world.put(told(world, passed))
    (one,) = reviews(world)
    assert (one["tier"], one["state"], one["due_on"]) == ("province", "open", TIMELY.isoformat())
    world.put(closed(world, 1, ReviewOutcome.FOUNDED, "Slip gaji diperiksa."))
    assert reviews(world) == []
    (one,) = reviews(world, "?state=closed", purpose="verification")
    assert (one["outcome"], one["closed_tier"], one["finding"]["note"]) == (
        "founded", "province", "Slip gaji diperiksa.",
    )  # fmt: skip
    assert one["text_en"] == "The review was closed on 2020-05-20: founded; the aid ends."
    world.put(closed(world, 1, ReviewOutcome.GONE), opened(world, 1, TIMELY))
    (one,) = reviews(world, purpose="verification")
    assert (one["state"], one["outcome"], one["finding"]["note"]) == ("open", None, None)


def test_of_somebody_whose_data_were_erased_nothing_of_the_match_is_shown(world: World) -> None:
    world.put(world.register.propose(1))
    world.put(opened(world, 1))
    person = person_id(1, 0)
    world.register.keys[household_id(1)][person] = type(world.register.keys[household_id(1)][person])(person)
    (one,) = reviews(world, purpose="verification")
    assert (one["finding"]["register"], one["finding"]["reference"]) == (None, None)


def test_a_family_whose_review_was_founded_is_not_counted_as_unserved(world: World) -> None:
    for row in (1, 2):
        world.put(world.register.propose(row))
        done = Determined(household_id=household_id(row), regency=PATI, update_month="2026-03")
        world.put(world.register.happened(done), world.register.decide(row))
    world.put(opened(world, 1))
    assert [one["families"] for one in world.get("/v1/unserved").json()["unserved"]] == [2]
    world.put(closed(world, 1, ReviewOutcome.FOUNDED))
    assert [one["families"] for one in world.get("/v1/unserved").json()["unserved"]] == [1]
    world.put(closed(world, 1, ReviewOutcome.UNFOUNDED))
    assert [one["families"] for one in world.get("/v1/unserved").json()["unserved"]] == [2]
