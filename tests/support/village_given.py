"""Everybody who acts for a village, through the one door, and a family that they bring the whole way."""

from typing import Any
from uuid import uuid4

import httpx
from journeys import Stack
from padan_events.criteria import Criterion2022, CriterionBps
from photos_given import photo

PHOTOS = (("house_front", 171), ("house_inside", 172))
REACH = {"district_officer": 6, "social_office": 4, "approver": 4, "ministry": 0}


class Village:
    """Everybody who acts for a village, each somebody else."""

    def __init__(self, stack: Stack, code: str) -> None:
        self._stack, self.code = stack, code

    def send(self, role: str, command: dict[str, Any], subject: str | None = None) -> httpx.Response:
        region = self.code[: REACH.get(role, 10)] or "ID"
        with self._stack.http(role, region, subject=subject or role) as http:
            return http.post("/v1/commands", json=command, headers={"Idempotency-Key": str(uuid4())})

    def accepted(self, role: str, command: dict[str, Any], subject: str | None = None) -> dict[str, Any]:
        answer = self.send(role, command, subject)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        assert told.get("refused", 0) == 0, told
        return told

    def attach(self, household: str, kind: str, number: int, position: str) -> dict[str, str]:
        with self._stack.http("facilitator", self.code) as http:
            answer = http.post(
                f"/v1/households/{household}/photos",
                params={"kind": kind, "min_position": position},
                content=photo(number),
                headers={"Content-Type": "image/jpeg"},
            )
        assert answer.status_code == 201, answer.text
        return {"photo_id": answer.json()["photo_id"], "kind": kind}


def a_recipient(village: Village, *members: dict[str, Any]) -> tuple[str, str]:
    """A family that went the whole way, and one of its photos."""
    family = {"command": "propose_household", "household": {"village": village.code, "members": list(members)}}
    household = village.accepted("village_operator", family)["household_id"]
    cases = [{"household_id": household}]
    minutes = {"command": "deliberate", "cases": cases, "held_on": "2026-01-05", "minutes_number": "141/08/BA/2026"}
    position = village.accepted("village_head", minutes)["min_position"]
    photos = [village.attach(household, kind, number, position) for kind, number in PHOTOS]
    place = {"latitude": -6.7545, "longitude": 111.0381, "accuracy_m": 8.5, "captured_at": "2026-01-08T02:00:00Z"}
    visit = {
        "command": "verify_household", "household_id": household, "visited_on": "2026-01-08", "photos": photos,
        "criteria_2022": dict.fromkeys(Criterion2022, "no"), "criteria_bps": dict.fromkeys(CriterionBps, "unknown"),
        "map_point": place,
    }  # fmt: skip
    village.accepted("facilitator", visit)
    for role in ("district_officer", "social_office", "approver"):
        village.accepted(role, {"command": "approve", "cases": cases})
    village.accepted("ministry", {"command": "determine", "cases": cases})
    return household, photos[0]["photo_id"]
