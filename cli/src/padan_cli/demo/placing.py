"""Who holds a place and who waits, and why: some families go through every tier, a quota is set that is too small for
them, and one of them resigns."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final

import msgspec
from padan_events.criteria import Criterion2022
from rich.console import Console
from rich.progress import track

from padan_cli.ingest import Gateway
from padan_cli.platform import Platform
from padan_cli.story.teller import StoryError, Teller

PROGRAMME: Final = "pkh"
FAMILIES: Final = 6
WAITING: Final = 2
"""Of them, how many the quota is too small for."""
_WITHIN_S: Final = 60.0
_HARDSHIPS: Final = tuple(Criterion2022)[1:]
"""Without the first, which is that the family has no shelter: such a family has no house to photograph."""


class Family(msgspec.Struct):
    """A family of the batch, and its place before and after another one resigned."""

    household_id: str
    name: str
    village: str
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}


class Placed(msgspec.Struct, frozen=True):
    """Families in the order of their determination, the quota, and who resigned."""

    families: list[Family]
    quota: int
    resigned: str

    @property
    def by_rank(self) -> list[Family]:
        """Who was given a place first, then who waits, each in the order of the list."""
        return sorted(
            self.families,
            key=lambda one: (one.before["status"], one.before["decile"] or 11, -one.before["criteria_met"]),
        )


def candidates(gateway: Gateway, region: str, looked_at: int) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Families of a region, each with its decisions: `looked_at` of them, and more until enough are entitled."""
    cursor, seen, entitled = "", 0, 0
    while seen < looked_at or entitled < FAMILIES:
        page = gateway.get(f"/v1/households?region={region}&limit={looked_at}{cursor}")
        for household in page["households"]:
            path = f"/v1/households/{household['household_id']}/eligibility"
            decisions = gateway.get(path, purpose="verification")["decisions"]
            seen, entitled = seen + 1, entitled + is_entitled(decisions)
            yield household, decisions
        if page["next_cursor"] is None:
            return
        cursor = f"&cursor={page['next_cursor']}"


def is_entitled(decisions: Sequence[dict[str, Any]]) -> bool:
    """Whether a family is entitled to the programme of which places are given."""
    return any((one["programme"], one["outcome"]) == (PROGRAMME, "entitled") for one in decisions)


def give_places(console: Console, platform: Platform, gateway: Gateway, region: str, ids: Sequence[str]) -> Placed:
    """Take families to their determination, set the quota, and let the family that ranks first resign.

    Raises `StoryError` where a command is refused, or no round gives the places.
    """
    teller = Teller(Console(quiet=True), platform)
    families = [_family(gateway, household_id) for household_id in ids]
    for number, family in enumerate(track(families, "deliberated, visited, photographed", console=console)):
        _visited(teller, family, number)
    with console.status("approved tier by tier, and determined ..."):
        _determined(teller, families, region)
        quota = len(families) - WAITING
        teller.set_quota(PROGRAMME, region, quota)
    with console.status("a round of places ..."):
        _until(lambda: _look(gateway, families, "before", held=quota))
        leaving = next(family for family in families if family.before["status"] == "held")
        teller.give("village_operator", _resignation(leaving), region=leaving.village)
        _until(lambda: _look(gateway, families, "after", held=quota) and leaving.after["status"] == "ended")
    return Placed(families, quota, leaving.household_id)


def _family(gateway: Gateway, household_id: str) -> Family:
    masked = gateway.get(f"/v1/households/{household_id}")
    shown = gateway.get(f"/v1/households/{household_id}", purpose="verification")
    return Family(household_id, masked["caretaker_name"], shown["place"]["village"]["code"])


def _visited(teller: Teller, family: Family, number: int) -> None:
    today = datetime.now(UTC).date().isoformat()
    minutes = {"held_on": today, "minutes_number": f"141/{number + 1:02}/BA/{today[:4]}"}
    teller.give("village_head", {"command": "deliberate", "cases": _cases([family]), **minutes}, region=family.village)
    # As many hardships as leave an order: of one decile, who has more of them comes first.
    hard = set(_HARDSHIPS[: 1 + number % len(_HARDSHIPS)])
    teller.visit(family.household_id, seed=100 + number, poor=hard, region=family.village)


def _determined(teller: Teller, families: Sequence[Family], region: str) -> None:
    by_district = groupby(sorted(families, key=lambda one: one.village), key=lambda one: one.village[:6])
    for district, own in by_district:
        teller.give("district_officer", {"command": "approve", "cases": _cases(list(own))}, region=district)
    for role in ("social_office", "approver"):
        teller.give(role, {"command": "approve", "cases": _cases(families)}, region=region)
    teller.give("ministry", {"command": "determine", "cases": _cases(families)})


def _cases(families: Sequence[Family]) -> list[dict[str, str]]:
    return [{"household_id": family.household_id} for family in families]


def _resignation(family: Family) -> dict[str, Any]:
    confirmed = {"confirmed_by_head": True, "confirmed_on": datetime.now(UTC).date().isoformat()}
    return {"command": "resign", "household_id": family.household_id, "programmes": [PROGRAMME], **confirmed}


def _look(gateway: Gateway, families: Sequence[Family], when: str, *, held: int) -> bool:
    """Whether each family has a place or waits for one, and as many as the quota hold one."""
    for family in families:
        told = gateway.get(f"/v1/households/{family.household_id}/eligibility", purpose="verification")["places"]
        setattr(family, when, next((one for one in told if one["programme"] == PROGRAMME), {}))
    found = [getattr(family, when).get("status") for family in families]
    return all(found) and found.count("held") == held


def _until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WITHIN_S
    while not reached():
        if time.monotonic() > deadline:
            raise StoryError(f"no round gave the places within {_WITHIN_S:.0f} s")
        time.sleep(0.3)  # a round tells nobody when it has been held
