"""People's commands: families are proposed, deliberated in one call, and each meets a fate of its own, once."""

from collections import Counter
from random import Random
from typing import Any, Final
from uuid import UUID, uuid5

import httpx
import msgspec
from oracle import query

from faults.asking import Asking, Tries

_NAMESPACE: Final = UUID("7a4f9d64-1c0b-5f5e-9f5f-3f6c1a0c5e11")
_VILLAGE: Final = "3318042007"
FATES: Final = ("deliberated", "returned", "rejected", "withdrawn", "deactivated")


class Cases(msgspec.Struct):
    """Families without a card, whom no register outside is asked about, each with a fate."""

    name: str
    fates: tuple[str, ...]
    households: dict[int, str] = msgspec.field(default_factory=dict)
    tries: Tries = msgspec.field(default_factory=Tries)

    @property
    def ways(self) -> list[str]:
        """What it counts as."""
        return ["commands"]

    def send(self, asking: Asking) -> None:
        """Give every command until it is answered: under one key each, so that asking again does nothing twice."""
        for number in range(len(self.fates)):
            family = {"village": _VILLAGE, "members": [{"name": "TANPA KARTU"}, {"name": "ANAK CONTOH"}]}
            told = self._give(asking, f"propose {number}", {"command": "propose_household", "household": family})
            self.households[number] = told["household_id"]
        everybody = self._cases(range(len(self.fates)))
        minutes = {"command": "deliberate", "cases": everybody, "held_on": "2026-01-05", "minutes_number": "1/BA"}
        self._whole(self._give(asking, "deliberate", minutes, role="village_head"))
        facilitator = {"cases": self._of("returned"), "command": "return_cases", "to": "proposed"}
        self._whole(self._give(asking, "return", {**facilitator, "reasons": ["other"]}, role="facilitator"))
        rejected = {"cases": self._of("rejected"), "command": "reject_cases", "reasons": ["able"]}
        self._whole(self._give(asking, "reject", rejected, role="facilitator"))
        for fate, command, reason in (
            ("withdrawn", "withdraw_household", "family_request"),
            ("deactivated", "deactivate_household", "abroad"),
        ):
            for case in self._of(fate):
                one = {"command": command, "household_id": case["household_id"], "reason": reason}
                self._give(asking, f"{fate} {case['household_id']}", one)

    def _give(
        self, asking: Asking, what: str, command: dict[str, Any], *, role: str = "social_office"
    ) -> dict[str, Any]:
        if command.get("cases") == []:
            return {"refused": 0}
        key = str(uuid5(_NAMESPACE, f"{self.name} {what}"))

        def post(http: httpx.Client) -> httpx.Response:
            headers = {"Idempotency-Key": key, "Authorization": f"Bearer {asking.token(role)}"}
            return http.post("/v1/commands", json=command, headers=headers)

        answer = asking.ask(f"{self.name}: {what}", post)
        told: dict[str, Any] = answer.json()
        return told

    def _whole(self, told: dict[str, Any]) -> None:
        assert told["refused"] == 0, f"{self.name}: {told}"

    def _cases(self, numbers: Any) -> list[dict[str, str]]:
        return [{"household_id": self.households[number]} for number in numbers]

    def _of(self, fate: str) -> list[dict[str, str]]:
        return self._cases(number for number, one in enumerate(self.fates) if one == fate)

    def check(self, asking: Asking) -> None:
        """Each family stands once, where its fate has brought it. Raises `AssertionError`."""
        rows = query(
            asking.platform,
            "gateway",
            "SELECT household_id::text, state FROM household_view WHERE household_id::text = ANY(%s)",
            list(self.households.values()),
        )
        expected = {self.households[number]: fate for number, fate in enumerate(self.fates)}
        assert dict(rows) == expected, f"{self.name}: {Counter(state for _, state in rows)}"


def draw(name: str, random: Random) -> Cases:
    """Five to twenty-five families."""
    return Cases(name, tuple(random.choice(FATES) for _ in range(random.randrange(5, 26))))
