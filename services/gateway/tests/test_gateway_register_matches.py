"""Telling of matches answers who is in the register: only with a purpose, and logged before anybody is asked."""

from collections.abc import Sequence
from typing import Any

import httpx
import psycopg
from gateway_given import VILLAGES, a_nik, household_id, person_id
from gateway_world import World, code

UNKNOWN = "3318014507800009"


def tell(
    world: World, *niks: str, role: str = "agency", region: str = "3318", purpose: str | None = "verification"
) -> httpx.Response:
    entry = {"register": "pension", "matched_on": "2026-01-05"}
    sent = [{**entry, "nik": nik, "reference": f"P-{number}"} for number, nik in enumerate(niks)]
    headers = world.signer.headers(role, region, purpose) | {"Idempotency-Key": "list"}
    return world.client.post("/v1/register-matches", json={"matches": sent}, headers=headers)


def asked_about(world: World) -> Sequence[int | None]:
    """How many people each logged read asked about."""
    with psycopg.connect(world.owner_url) as owner:
        owner.execute("ALTER TABLE access_log NO FORCE ROW LEVEL SECURITY")
        found = owner.execute("SELECT rows FROM access_log ORDER BY entry_id").fetchall()
        owner.rollback()
    return [rows for (rows,) in found]


def families(world: World) -> None:
    """Two of the regency, and one of another."""
    for row, village in ((1, VILLAGES[0]), (2, VILLAGES[0]), (3, "3319012001")):
        world.put(world.register.propose(row, village=village))


def test_without_a_purpose_nobody_is_asked_about_anyone(world: World) -> None:
    families(world)
    for role, region in (("agency", "3318"), ("programme_owner", "3318"), ("ministry", "ID")):
        assert code(tell(world, a_nik(1, 0), role=role, region=region, purpose=None)) == (403, "purpose_missing")
    assert code(tell(world, a_nik(1, 0), role="social_office")) == (403, "role_forbidden")
    assert world.ingest.matches == []
    assert world.access_log() == []


def test_who_asked_why_about_how_many_and_whom_it_found_is_logged(world: World) -> None:
    families(world)
    niks = (a_nik(1, 0), a_nik(1, 1), a_nik(3, 0), UNKNOWN)
    inside = ({household_id(1)}, {person_id(1, 0), person_id(1, 1)})
    everywhere = ({household_id(1), household_id(3)}, {person_id(1, 0), person_id(1, 1), person_id(3, 0)})
    expected: list[Any] = []
    for role, region, found in (
        ("agency", "3318", inside),
        ("programme_owner", "3318", inside),
        ("ministry", "ID", everywhere),
    ):
        answer = tell(world, *niks, role=role, region=region, purpose="audit")
        assert answer.status_code == 200, answer.text
        expected.append(("tester", role, region, "audit", "report_matches", *found, ["list_result"]))
    logged = [(*entry[:5], set(entry[5]), set(entry[6]), entry[7]) for entry in world.access_log()]
    assert logged == expected
    assert asked_about(world) == [len(niks)] * 3
    agency, owner, ministry = ([one.get("within") for one in matches] for matches in world.ingest.matches)
    assert agency == owner == [True, True, False, False]
    assert ministry == [None] * 4


def test_it_is_logged_before_it_is_asked(world: World) -> None:
    families(world)
    world.stop_ingest()
    assert code(tell(world, a_nik(2, 0))) == (503, "service_unavailable")
    (entry,) = world.access_log()
    assert (entry[4], list(entry[6])) == ("report_matches", [person_id(2, 0)])
