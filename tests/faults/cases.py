"""People's commands: each until it is answered, under one key; once everything rests, asked again and looked at."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from random import Random
from typing import Any, Final, get_args

import httpx
import msgspec
from padan_events.commands import Command
from padan_events.commands.asked import CaseList
from padan_events.commands.rounds import VillageCommand
from photos_given import encoded, exif, scene

from faults import acknowledged, fates
from faults.asking import Asking, Tries
from faults.deaths import DOORS
from faults.families import Family, key
from faults.turns.turn import CITIZEN, MINISTRY, Turn


def _tags(union: Any) -> frozenset[str]:
    return frozenset(str(one.__struct_config__.tag) for one in get_args(union))


COMMANDS: Final = _tags(Command)
_MANY: Final = _tags(CaseList)
_OF_VILLAGES: Final = _tags(VillageCommand)
_PROPOSE: Final = "propose_household"
_SMALL: Final = (480, 360)
_PASSING: Final = frozenset({"watermark", "similar"})
"""What an answer tells of the register as it stands, and not of what became of the command."""


class Given(msgspec.Struct, frozen=True):
    """A command as it was sent, and how it was answered: the status, and the answer without what passes."""

    turn: Turn
    region: str
    key: str
    body: dict[str, Any]
    answer: tuple[int, dict[str, Any]]


class Cases(msgspec.Struct):
    """Families, each with a fate; in `given` every command that was answered."""

    name: str
    families: list[Family]
    given: list[Given] = msgspec.field(default_factory=list)
    tries: Tries = msgspec.field(default_factory=Tries)

    @property
    def ways(self) -> list[str]:
        """What it counts as: each command by itself."""
        return [f"{given.turn.command} refused" if given.turn.code else given.turn.command for given in self.given]

    def send(self, asking: Asking) -> None:
        """Everything that happens to these families: the first turn of each, then the second of each ..."""
        for number, (turn, families) in enumerate(_in_turn(self.families)):
            if turn.door:
                for family in families:
                    DOORS[turn.door](asking, family)
                    family.lived(turn.events, turn.shown)
            elif turn.command in _MANY:
                self._give(asking, turn, families, key(self.name, f"{number}"))
            else:
                for family in families:
                    self._take_photos(asking, turn, family)
                    self._give(asking, turn, [family], key(self.name, f"{number} {family.serial}"))

    def check(self, asking: Asking) -> None:
        """The same keys are answered the same, and nothing more came of it. Raises `AssertionError`."""
        for given in self.given:
            answer = _ask(asking, given.turn, given.region, given.key, given.body)
            assert answer == given.answer, (
                f"{self.name}: {given.body} was answered {given.answer}, and the same key {answer}"
            )
        acknowledged.check(asking.platform, self.name, self.families)

    def _give(self, asking: Asking, turn: Turn, families: Sequence[Family], named: str) -> None:
        first = families[0]
        body = {"command": turn.command, **turn.fields(first)}
        if turn.command in _MANY:
            body["cases"] = [{"household_id": family.household, **turn.case(family)} for family in families]
        elif turn.command not in {_PROPOSE, *_OF_VILLAGES}:
            body["household_id"] = first.household
        region = turn.region or {MINISTRY: "ID", CITIZEN: first.village}.get(turn.role, first.village[:4])
        answer = _ask(asking, turn, region, named, body)
        self.given.append(Given(turn, region, named, body, answer))
        status, document = answer
        for family, outcome in zip(families, _outcomes(document), strict=True):
            if turn.code:
                codes = [reason["code"] for reason in outcome.get("reasons", [outcome])]
                assert codes == [turn.code], f"{family.fate}: {turn.command} is answered {status} {outcome}"
            else:
                _accepted(turn, family, outcome)

    @staticmethod
    def _take_photos(asking: Asking, turn: Turn, family: Family) -> None:
        facilitator = {"Authorization": f"Bearer {asking.token('facilitator')}", "Content-Type": "image/jpeg"}
        for kind in turn.photos:
            address = f"/v1/households/{family.household}/photos?kind={kind}"

            def post(http: httpx.Client, address: str = address, kind: str = kind) -> httpx.Response:
                return http.post(address, content=_picture(f"{family.name} {kind}"), headers=facilitator)

            not_yet = frozenset({"household_not_found"})  # until the view shows it
            answer = asking.ask(f"{kind} of {family.household}", post, again=not_yet)
            family.photos[kind] = str(answer.json()["photo_id"])


def draw(name: str, number: int, villages: tuple[str, str], random: Random) -> Cases:
    """The commands of a round."""
    return Cases(name, fates.draw(name, number, villages, random))


def _in_turn(families: Iterable[Family]) -> Iterator[tuple[Turn, list[Family]]]:
    """Turns in their order, each with all the families that come to it at once."""
    lives = [[(turn, family) for turn in fates.FATES[family.fate].turns] for family in families]
    for at_once in zip_longest(*lives):
        found: dict[int, tuple[Turn, list[Family]]] = {}
        for each in at_once:
            if each is not None and each[0] is not None:
                found.setdefault(id(each[0]), (each[0], []))[1].append(each[1])
        yield from found.values()


def _ask(asking: Asking, turn: Turn, region: str, named: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    token = asking.token(turn.role, region, turn.person)
    headers = {"Idempotency-Key": named, "Authorization": f"Bearer {token}"}

    def post(http: httpx.Client) -> httpx.Response:
        return http.post("/v1/commands", json=body, headers=headers)

    answer = asking.ask(turn.command, post, answers=frozenset({turn.code} - {""}))
    return answer.status_code, {name: said for name, said in answer.json().items() if name not in _PASSING}


def _outcomes(document: dict[str, Any]) -> list[dict[str, Any]]:
    """What became of each case or village, or of the one household or village."""
    return list(document.get("cases") or document.get("villages") or [document])


def _accepted(turn: Turn, family: Family, outcome: dict[str, Any]) -> None:
    assert outcome.get("outcome", "accepted") == "accepted", f"{family.fate}: {turn.command} is answered {outcome}"
    if turn.command == _PROPOSE:
        family.household = str(outcome["household_id"])
    family.lived(turn.events, turn.shown)
    if family.other is not None:
        family.other.lived(turn.others, turn.others_shown)
    assert outcome["version"] == len(family.events), f"{family.fate}: {turn.command} led to {outcome}"
    told = [(each["event_id"], each["shard"], each["pos"]) for each in outcome.get("events", [])]
    family.told += told
    if turn.command == "raise_objection":
        family.objection = told[0][0]
    if turn.command == "record_need":
        family.need = told[0][0]


def _picture(of: str) -> bytes:
    """Of all the houses of a round the same: they are flagged, and nothing is refused for it."""
    seed = Random(of).randrange(1 << 30)
    return encoded(scene(seed, _SMALL), "JPEG", quality=80, exif=exif())
