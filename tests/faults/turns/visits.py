"""Families are visited."""

from typing import Any, Final

from padan_events.criteria import Criterion2022, CriterionBps

from faults.families import Family
from faults.turns.turn import DISTRICT, FACILITATOR, Turn

_HOUSE: Final = ("house_front", "house_inside")


def place() -> dict[str, Any]:
    at = "2026-01-08T02:00:00Z"
    return {"map_point": {"latitude": -6.7545, "longitude": 111.0381, "accuracy_m": 8.5, "captured_at": at}}


def asked() -> dict[str, Any]:
    criteria = {"criteria_2022": dict.fromkeys(Criterion2022, "no"), "criteria_bps": dict.fromkeys(CriterionBps, "no")}
    return {"visited_on": "2026-01-08", **criteria}


def named(family: Family, *kinds: str) -> dict[str, Any]:
    return {"photos": [{"photo_id": family.photos[kind], "kind": kind} for kind in kinds]}


VISIT = Turn(
    command="verify_household",
    role=FACILITATOR,
    fields=lambda family: {**asked(), **place(), **named(family, *_HOUSE)},
    photos=_HOUSE,
    events=("evidence_attached", "evidence_attached", "geotagged", "circumstances_assessed", "verified"),
    shown={"state": "verified", "decided on": "verified", "photos": "2", "visit": "placed 2026-01-08"},
)
NOTHING_SEEN = Turn(
    command="verify_household",
    role=FACILITATOR,
    fields=lambda _: {**asked(), **place(), "photos": []},
    code="house_front_missing",
)
ATTACH = Turn(
    command="attach_evidence",
    role=DISTRICT,
    fields=lambda family: named(family, "other"),
    photos=("other",),
    events=("evidence_attached",),
    shown={"photos": "1"},
)
GEOTAG = Turn(
    command="geotag_household",
    role=FACILITATOR,
    fields=lambda _: place(),
    events=("geotagged",),
    shown={"visit": "placed"},
)
ASSESS = Turn(
    command="assess_circumstances",
    role=FACILITATOR,
    fields=lambda _: asked(),
    events=("circumstances_assessed",),
    shown={"visit": "placed 2026-01-08"},
)
