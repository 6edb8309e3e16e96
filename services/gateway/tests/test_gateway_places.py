"""Places and waiting lists, as the gateway shows them."""

from datetime import date
from typing import Any
from uuid import UUID

from gateway_given import PATI, VILLAGES, household_id
from gateway_world import World
from padan_events import Event
from padan_events.places import (
    AllocationRoundClosed,
    OrderKey,
    PlaceAwarded,
    PlaceFact,
    PlaceReleased,
    Rank,
    ReleaseReason,
    Waitlisted,
)
from padan_events.tiers import Determined

LEDGER = UUID("0f3c6c0e-6f0b-5d0a-9b5b-6a5f0f3a1d42")


def about(row: int, kind: type[PlaceFact], seq: int, **data: Any) -> PlaceFact:
    return kind(household_id=household_id(row), regency=PATI, programme="pkh", ledger_seq=seq, round=1, **data)


def rank(row: int, decile: int, met: int = 0) -> Rank:
    return Rank(decile, -met, date(2026, 3, 2), household_id(row))


def told(world: World, fact: PlaceFact) -> Event:
    return world.register.told(fact.household_id, lambda _: fact)


def closed(world: World, *, quota: int, places: int, waiting: int, seq: int = 9) -> Event:
    data = AllocationRoundClosed(
        ledger_id=LEDGER,
        programme="pkh",
        regency=PATI,
        round=1,
        ledger_seq=seq,
        cut=(0,) * 24,
        as_of=date(2026, 3, 2),
        quota=quota,
        places=places,
        waiting=waiting,
    )
    return world.register.told(LEDGER, lambda _: data)


def place(world: World, row: int, region: str = PATI, *, purpose: str | None = None) -> Any:
    answer = world.get(f"/v1/households/{household_id(row)}/eligibility", region=region, purpose=purpose)
    assert answer.status_code == 200, answer.text
    return answer.json()["places"]


def test_a_family_sees_its_rank_among_all_of_the_regency_and_why(world: World) -> None:
    """Also where those before it live in villages that the caller sees nothing of."""
    for row in range(1, 5):
        world.put(world.register.propose(row, village=VILLAGES[row % len(VILLAGES)]))
    world.put(
        told(world, about(1, PlaceAwarded, 1, rank=rank(1, 1))),
        told(world, about(2, Waitlisted, 2, rank=rank(2, 2, met=3))),
        told(world, about(3, Waitlisted, 3, rank=rank(3, 2, met=5))),
        told(world, about(4, Waitlisted, 4, rank=rank(4, 1))),
        closed(world, quota=1, places=1, waiting=3),
    )
    (held,) = place(world, 1)
    assert (held["status"], held["rank"], held["quota"]) == ("held", None, 1)
    (last,) = place(world, 2, VILLAGES[2])
    assert (last["status"], last["rank"], last["on_the_list"]) == ("waiting", 3, 3)
    assert last["text_en"].startswith("Number 3 of 3 on the waiting list: decile 2, determined on 2026-03-02.")
    assert last["text_id"].startswith("Nomor 3 dari 3 dalam daftar tunggu: desil 2, ditetapkan 02-03-2026.")
    assert last["criteria_met"] is None  # of sealed answers: with a purpose, and for who may read explanations
    world.put(world.register.decide(2))
    (opened,) = place(world, 2, purpose="verification")
    assert opened["criteria_met"] == 3
    assert "decile 2, 3 of 9 criteria, determined on" in opened["text_en"]
    assert [place(world, row)[0]["rank"] for row in (4, 3)] == [1, 2]


def test_the_list_is_in_order_page_by_page_and_each_office_sees_its_own_families_in_it(world: World) -> None:
    for row in range(1, 5):
        world.put(world.register.propose(row, village=VILLAGES[row % len(VILLAGES)]))
    world.put(*(told(world, about(row, Waitlisted, row, rank=rank(row, 5 - row))) for row in range(1, 5)))
    path = f"/v1/places/pkh/{PATI}/waiting"

    def families(query: str, region: str = PATI) -> list[tuple[str, int]]:
        answer = world.get(f"{path}{query}", region=region)
        assert answer.status_code == 200, answer.text
        return [(one["household_id"], one["rank"]) for one in answer.json()["families"]]

    ordered = [(str(household_id(row)), 5 - row) for row in (4, 3, 2, 1)]
    assert families("") == ordered
    assert families("?limit=2") == ordered[:2]
    cursor = world.get(f"{path}?limit=2").json()["next_cursor"]
    world.put(told(world, about(3, PlaceAwarded, 5, rank=rank(3, 2))))  # the last of the page waits no longer
    assert families(f"?limit=2&cursor={cursor}") == [(family, place - 1) for family, place in ordered[2:]]
    ordered = [(family, max(1, place - 1)) for family, place in ordered if family != str(household_id(3))]
    own = [one for one in ordered if one[0] in {str(household_id(row)) for row in (1,)}]
    assert [one for one in families("", VILLAGES[1]) if one in own] == own
    assert families("", "6471") == []
    for bad in ("1", "1:0:2026-02-01:" + ordered[0][0], str(household_id(9))):
        assert world.get(f"{path}?cursor={bad}").status_code == 422


def test_who_is_entitled_and_unserved_is_counted_with_what_it_would_cost(world: World) -> None:
    for row in range(1, 4):
        world.put(world.register.propose(row, village=VILLAGES[0]))
        done = Determined(household_id=household_id(row), regency=PATI, update_month="2026-03")
        world.put(world.register.happened(done), world.register.decide(row))
    world.put(told(world, about(1, PlaceAwarded, 1, rank=rank(1, 1))))
    world.put(told(world, about(2, Waitlisted, 2, rank=rank(2, 1))))
    answer = world.get("/v1/unserved")
    assert answer.json()["unserved"] == [{"programme": "pkh", "regency": PATI, "families": 2, "annual_idr": 6_000_000}]
    assert world.get("/v1/unserved?region=6471").status_code == 403
    assert world.get("/v1/unserved", region="6471").json()["unserved"] == []


def test_a_place_that_ended_says_why_and_numbers_are_for_every_office(world: World) -> None:
    world.put(world.register.propose(1, village=VILLAGES[0]))
    world.put(told(world, about(1, PlaceAwarded, 1, rank=rank(1, 1))))
    world.put(
        told(world, about(1, PlaceReleased, 2, reason=ReleaseReason.LEFT_THE_REGISTER)),
        closed(world, quota=1, places=4, waiting=0),
    )
    (ended,) = place(world, 1)
    assert (ended["status"], ended["reason"], ended["rank"]) == ("ended", "left_the_register", None)
    assert ended["text_en"] == "Ended: the family left the register."
    answer = world.get("/v1/places?programme=pkh", region="6471")
    (ledger,) = answer.json()["ledgers"]
    assert (ledger["quota"], ledger["places"], ledger["excess"]) == (1, 4, 3)


def test_a_quota_is_for_the_programme_s_owner_and_no_office_of_a_region(world: World) -> None:
    headers = {**world.signer.headers("social_office", PATI, None), "Idempotency-Key": "1"}
    answer = world.client.post("/v1/quotas", json={"programme": "pkh", "regency": PATI, "places": 1}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_forbidden")


def test_a_programme_s_own_order_comes_first_and_is_told_in_words(world: World) -> None:
    def own(row: int, decile: int, elderly: int, size: int) -> Rank:
        order = (OrderKey("component:elderly", -elderly), OrderKey("household_size", -size))
        return Rank(decile, -1, date(2026, 3, 2), household_id(row), order, "2026.1")

    for row in range(1, 5):
        world.put(world.register.propose(row, village=VILLAGES[0]))
    ranks = [own(1, 1, 0, 4), own(2, 9, 2, 1), own(3, 8, 1, 5), own(4, 7, 1, 3)]
    world.put(*(told(world, about(n, Waitlisted, n, rank=one)) for n, one in enumerate(ranks, 1)))
    path = f"/v1/places/pkh/{PATI}/waiting"
    ordered = [str(household_id(row)) for row in (2, 3, 4, 1)]
    first = world.get(f"{path}?limit=2").json()
    assert [one["household_id"] for one in first["families"]] == ordered[:2]
    assert first["next_cursor"] == ordered[1], "no number of a family stands in an address"
    second = world.get(f"{path}?limit=2&cursor={first['next_cursor']}").json()
    assert [(one["household_id"], one["rank"]) for one in second["families"]] == [(ordered[2], 3), (ordered[3], 4)]
    (third,) = place(world, 4)
    assert (third["rank"], third["ordered_by"]) == (3, ["component:elderly", "household_size"])
    assert "list: household size 3, decile 7, determined" in third["text_en"]
    by = "component elderly, household size, decile, criteria, then date of determination."
    assert third["text_en"].endswith(f"Order: {by}")
    by = "komponen elderly, jumlah anggota, desil, kriteria, lalu tanggal penetapan."
    assert third["text_id"].endswith(f"Urutan: {by}")
    world.put(world.register.decide(4))
    (opened,) = place(world, 4, purpose="verification")
    assert "list: component elderly 1, household size 3, decile 7, 1 of 9 criteria" in opened["text_en"]
