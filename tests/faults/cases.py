"""People's commands: families are proposed, deliberated in one call, and each meets a fate of its own, once."""

from random import Random
from typing import Any, Final
from uuid import UUID, uuid5

import httpx
import msgspec
from oracle import query

from faults.asking import Asking, Tries

_NAMESPACE: Final = UUID("7a4f9d64-1c0b-5f5e-9f5f-3f6c1a0c5e11")
_VILLAGE: Final = "3318042007"
_OPERATOR: Final = "village_operator"
_NEXT_VILLAGE: Final = "3318042008"
FATES: Final = (
    "deliberated", "returned", "rejected", "withdrawn", "deactivated", "grown", "moved", "split", "ranked_head",
)  # fmt: skip
_STATES: Final = {"grown": "deliberated", "moved": "deliberated", "split": "deliberated", "ranked_head": "deliberated"}
_LIVING: Final = {"grown": 3, "split": 1}


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

        for number, fate in enumerate(self.fates):
            self._live(asking, self.households[number], fate)

    def _live(self, asking: Asking, household: str, fate: str) -> None:
        """What happens to a family that is on the list."""
        one = {"household_id": household}
        if fate == "grown":
            born = {"member": {"name": "BAYI CONTOH"}, "reason": "birth"}
            self._give(asking, f"add {household}", {"command": "add_member", **one, **born})
        elif fate == "moved":
            to = {"village": _NEXT_VILLAGE, "address": "Jalan Contoh"}
            self._give(asking, f"move {household}", {"command": "relocate_household", **one, "to": to}, role=_OPERATOR)
        elif fate in {"split", "ranked_head"}:
            child = self._members(asking, household)[-1]
            if fate == "split":
                apart = {"members": [{"person_id": child, "relationship": "head"}], "caretaker": child}
                self._give(asking, f"split {household}", {"command": "split_household", **one, **apart})
            else:
                self._give(asking, f"head {household}", {"command": "set_head", **one, "person_id": child})

    @staticmethod
    def _members(asking: Asking, household: str) -> list[str]:
        """Who is in a family, once the view shows it."""
        answer = asking.ask(
            f"household {household}",
            lambda http: http.get(f"/v1/households/{household}"),
            again=frozenset({"household_not_found"}),
        )
        return [member["person_id"] for member in answer.json()["members"]]

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
            "SELECT household_id::text, state, village, (SELECT count(*) FROM person_view p "
            "WHERE p.household_id = h.household_id) FROM household_view h WHERE household_id::text = ANY(%s)",
            list(self.households.values()),
        )
        expected = {
            self.households[number]: (
                _STATES.get(fate, fate),
                _NEXT_VILLAGE if fate == "moved" else _VILLAGE,
                _LIVING.get(fate, 2),
            )
            for number, fate in enumerate(self.fates)
        }
        found = {household: tuple(rest) for household, *rest in rows}
        wrong = {one: (found.get(one), right) for one, right in expected.items() if found.get(one) != right}
        assert not wrong, f"{self.name}: {wrong}"


def draw(name: str, random: Random) -> Cases:
    """Five to twenty-five families."""
    return Cases(name, tuple(random.choice(FATES) for _ in range(random.randrange(5, 26))))
