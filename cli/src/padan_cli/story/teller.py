"""Tells the story: each step is a request to the public door, and what the view then shows is said in words."""

import time
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import httpx
from padan_events.criteria import Criterion2022, CriterionBps
from padan_simulators.pictures import picture
from rich.console import Console
from rich.padding import Padding

from padan_cli.ingest import Gateway
from padan_cli.platform import Platform
from padan_cli.story import words
from padan_cli.story.people import WORKS_FOR
from padan_cli.tokens import issue

_WITHIN_S: Final = 60.0
_PURPOSE: Final = {"Padan-Purpose": "verification"}
_WHERE: Final = {"latitude": -6.7545, "longitude": 111.0381}


class StoryError(AssertionError):
    """A step did not come out as the story has it."""


class Teller:
    """Sends commands as whoever works there, and says what became of them."""

    def __init__(self, console: Console, platform: Platform) -> None:
        self._console, self._platform = console, platform
        self._number = 0
        self._reached: str | None = None
        self.sees = "social_office", "3318"
        """With whose eyes the views are shown: role and region."""

    def chapter(self, indonesian: str, english: str) -> None:
        """A heading."""
        self._number += 1
        self._console.print()
        self._console.rule(f"[bold]{self._number}. {indonesian}[/]", align="left")
        self._console.print(f"[dim]{' ' * len(str(self._number))}  {english}[/]", highlight=False)

    def http(self, role: str, region: str | None = None) -> httpx.Client:
        """A client of somebody in this role; each role is somebody else."""
        token = issue(self._platform.instance, role=role, region=region or WORKS_FOR[role], subject=f"story-{role}")
        return httpx.Client(
            base_url=self._platform.url("gateway"),
            headers={"Authorization": f"Bearer {token}"},
            timeout=90,
            trust_env=False,
        )

    def gateway(self, role: str) -> Gateway:
        """The gateway for files, as somebody in this role."""
        token = issue(self._platform.instance, role=role, region=WORKS_FOR[role], subject=f"story-{role}")
        return Gateway(self._platform.url("gateway"), token)

    def give(self, role: str, command: dict[str, Any], region: str | None = None) -> dict[str, Any]:
        """Give a command; what was answered. Raises `StoryError` where it was refused."""
        key = str(uuid5(NAMESPACE_URL, f"story:{self._number}:{role}:{command}"))
        with self.http(role, region) as http:
            answer = http.post("/v1/commands", json=command, headers={"Idempotency-Key": key})
        told: dict[str, Any] = answer.json()
        if not answer.is_success or told.get("refused"):
            raise StoryError(f"{command['command']}: {answer.status_code} {answer.text}")
        self._reached = told["min_position"] or self._reached
        self._step(f"[cyan]{words.role(role)}[/] · {words.command(command['command'])}")
        return told

    def refused(self, role: str, command: dict[str, Any], code: str) -> None:
        """Give a command that must be refused with this code, and say why it is."""
        with self.http(role) as http:
            key = str(uuid5(NAMESPACE_URL, f"story:no:{self._number}:{command}"))
            answer = http.post("/v1/commands", json=command, headers={"Idempotency-Key": key})
        told = answer.json()
        problem = told["cases"][0]["reasons"][0] if "cases" in told else told
        if problem["code"] != code:
            raise StoryError(f"{command['command']} should be refused as {code}: {answer.text}")
        self._step(f"[cyan]{words.role(role)}[/] · {words.command(command['command'])}")
        self._console.print(
            Padding(f"[red]ditolak / refused:[/] {problem['detail_id']}\n[dim]{problem['detail']}[/]", (0, 0, 0, 4)),
            highlight=False,
        )

    def visit(
        self, household_id: str, *, seed: int, poor: Collection[Criterion2022], region: str | None = None
    ) -> None:
        """The facilitator visits a family: photos, a map point, and which of the criteria of 2022 hold."""
        kinds = ("house_front", "house_inside", "family_card")
        photos = [self._photograph(household_id, kind, 10 * seed + n, region) for n, kind in enumerate(kinds)]
        now = datetime.now(UTC)
        command = {
            "command": "verify_household",
            "household_id": household_id,
            "visited_on": now.date().isoformat(),
            "criteria_2022": {one: "yes" if one in poor else "no" for one in Criterion2022},
            "criteria_bps": dict.fromkeys(CriterionBps, "unknown"),
            "photos": photos,
            "map_point": {**_WHERE, "accuracy_m": 8.5, "captured_at": now.isoformat()},
        }
        self.give("facilitator", command, region)

    def _photograph(self, household_id: str, kind: str, seed: int, region: str | None) -> dict[str, Any]:
        """A photo taken and sent; as a command names it."""
        with self.http("facilitator", region) as http:
            answer = http.post(
                f"/v1/households/{household_id}/photos",
                params={"kind": kind, "min_position": self._reached},
                content=picture(seed, **_WHERE),
                headers={"Content-Type": "image/jpeg"},
            )
        if not answer.is_success:
            raise StoryError(f"photo {kind}: {answer.text}")
        return {"photo_id": answer.json()["photo_id"], "kind": kind}

    def look(self, household_id: str) -> dict[str, Any]:
        """The household as the view shows it."""
        with self.http(*self.sees) as http:
            answer = http.get(
                f"/v1/households/{household_id}", params={"min_position": self._reached}, headers=_PURPOSE
            )
        if not answer.is_success:
            raise StoryError(f"household {household_id}: {answer.text}")
        seen: dict[str, Any] = answer.json()
        return seen

    def show(self, household_id: str, *, state: str, living: int) -> dict[str, Any]:
        """Say what the view shows. Raises `StoryError` where it is not what the story has it to be."""
        seen = self.look(household_id)
        self._say(seen)
        if (seen["state"], seen["member_count"]) != (state, living):
            raise StoryError(f"{seen['state']} with {seen['member_count']}, not {state} with {living}")
        return seen

    def wait(self, household_id: str, *, state: str, living: int) -> dict[str, Any]:
        """As `show`, once what comes from outside has come in."""
        deadline = time.monotonic() + _WITHIN_S
        with self._console.status("menunggu umpan Dukcapil / waiting for the civil registry's feed ..."):
            while (seen := self.look(household_id))["member_count"] != living or seen["state"] != state:
                if time.monotonic() > deadline:
                    raise StoryError(f"{seen['state']} with {seen['member_count']}, not {state} with {living}")
                time.sleep(0.2)  # the feed tells nobody when it has been read
        self._say(seen)
        return seen

    def set_quota(self, programme: str, regency: str, places: int) -> None:
        """The ministry sets how many places there may be. Raises `StoryError`."""
        form = {"programme": programme, "regency": regency, "places": places}
        with self.http("ministry") as http:
            answer = http.post("/v1/quotas", json=form, headers={"Idempotency-Key": f"story:{form}"})
        if not answer.is_success:
            raise StoryError(f"quota: {answer.text}")
        self._step(
            f"[cyan]{words.role('ministry')}[/] · kuota {programme.upper()} {regency}: {places} / sets the quota"
        )

    def place(self, household_id: str, programme: str, *, status: str, regency: str) -> None:
        """Say which place the family has, once a round has come to it. Raises `StoryError` where it has another."""
        deadline = time.monotonic() + _WITHIN_S
        found: dict[str, Any] | None = None
        with self._console.status("menunggu putaran alokasi / waiting for a round of places ..."):
            while found is None or (found["status"], found["regency"]) != (status, regency):
                if time.monotonic() > deadline:
                    raise StoryError(f"place in {programme}: {found}, not {status} in {regency}")
                with self.http(*self.sees) as http:
                    seen = http.get(f"/v1/households/{household_id}/eligibility").raise_for_status().json()
                found = next((one for one in seen["places"] if one["programme"] == programme), None)
                time.sleep(0.2)  # a round tells nobody when it has been held
        indonesian, english = words.place(found)
        self._console.print(Padding(f"{indonesian}\n[dim]{english}[/]", (0, 0, 0, 4)), highlight=False)

    def _step(self, told: str) -> None:
        self._console.print(Padding(told, (0, 0, 0, 2)), highlight=False)

    def _say(self, household: dict[str, Any]) -> None:
        indonesian, english = words.household(household)
        self._console.print(Padding(f"{indonesian}\n[dim]{english}[/]", (0, 0, 0, 4)), highlight=False)


def person(household: dict[str, Any], name: str) -> str:
    """The id of a member by name. Raises `StoryError`."""
    for member in household["members"]:
        if member["name"] == name:
            return str(member["person_id"])
    raise StoryError(f"{name} is not in the family")
