"""What becomes of families: by name, the turns of a life, in their order."""

from collections.abc import Iterable, Mapping
from random import Random
from typing import Final

import msgspec

from faults.families import Family
from faults.turns.cases import (
    BY_DISTRICT,
    BY_OFFICE,
    BY_REGION,
    DEACTIVATE,
    DELIBERATE,
    DETERMINE,
    PROPOSE,
    PROPOSE_KNOWN,
    REACTIVATE,
    REJECT,
    RETURN,
    TOO_EARLY,
    WITHDRAW,
)
from faults.turns.families import (
    BORN,
    BY_FEED,
    BY_FILE,
    BY_NOTICE,
    CARETAKER,
    CLAIM,
    DIFFER,
    HEAD,
    LINK,
    LINKED,
    LIVES,
    MARRY,
    MERGE,
    MOURN,
    NOBODYS_HEAD,
    PART,
    READDRESS,
    RECHECK,
    RECOGNIZE,
    SETTLE,
    TWICE,
    TWO_AFTER_ALL,
    UNCLAIMED,
)
from faults.turns.moves import ASK_TO_GO, KEEP_OUT, LET_GO, MOVE, NOT_YET, OBJECT, STAY, TAKE_IN
from faults.turns.needs import HALF_HELPED, HELPED, NEED, NO_NEED, REFER
from faults.turns.recipients import (
    ANSWER,
    ANSWER_MANY,
    APPEAL,
    ASK_TO_LEAVE,
    CLOSE_ROUND,
    CONFIRM,
    CONFIRM_MANY,
    DISMISS,
    LEAVE,
    NO_CHANGE,
    NO_RECIPIENT,
    OPEN_AGAIN,
    OPEN_ROUND,
    PROGRAMME,
    PROGRAMME_AGAIN,
    RAISE,
    UPHOLD,
)
from faults.turns.turn import Turn
from faults.turns.visits import ASSESS, ATTACH, GEOTAG, NOTHING_SEEN, VISIT


class Fate(msgspec.Struct, frozen=True):
    """The turns of a family: None is one at which nothing happens to it.

    `numbers`: by member, whose NIK is recorded for them; nobody's: a family without a card. `other`: the fate of a
    family that it meets.
    """

    turns: tuple[Turn | None, ...]
    numbers: Mapping[int, int] = {}
    other: str = ""


_LISTED: Final = (PROPOSE, DELIBERATE)
_KNOWN: Final = (PROPOSE_KNOWN, DELIBERATE)
_RECIPIENT: Final = (*_LISTED, VISIT, BY_DISTRICT, BY_OFFICE, BY_REGION, DETERMINE)
_BOTH: Final = {0: 0, 1: 1}
VILLAGE: Final = "the village"
"""No family, but the round of the village: open before anybody is answered for, closed behind that."""

FATES: Final[Mapping[str, Fate]] = {
    VILLAGE: Fate((OPEN_ROUND, OPEN_AGAIN, *[None] * 7, NO_CHANGE, CLOSE_ROUND)),
    "deliberated": Fate((*_LISTED, TOO_EARLY)),
    "returned": Fate((*_LISTED, RETURN)),
    "rejected": Fate((*_LISTED, REJECT)),
    "withdrawn": Fate((*_LISTED, WITHDRAW)),
    "deactivated": Fate((*_KNOWN, DEACTIVATE), _BOTH),
    "taken up again": Fate((*_KNOWN, WITHDRAW, REACTIVATE, DELIBERATE), _BOTH),
    "visited": Fate((*_LISTED, NOTHING_SEEN, ATTACH, GEOTAG, ASSESS, READDRESS)),
    "determined": Fate(_RECIPIENT),
    "answered for": Fate((*_RECIPIENT, ANSWER, CONFIRM)),
    "answered for at once": Fate((*_RECIPIENT, ANSWER_MANY, CONFIRM_MANY)),
    "objected to": Fate((PROPOSE, NO_RECIPIENT, *_RECIPIENT[1:], RAISE, DISMISS, APPEAL, UPHOLD)),
    "resigned": Fate((*_LISTED, PROGRAMME, PROGRAMME_AGAIN, ASK_TO_LEAVE, LEAVE)),
    "in need": Fate((*_LISTED, NEED, REFER, HALF_HELPED, HELPED, NO_NEED)),
    "grown": Fate((*_LISTED, BORN)),
    "parted": Fate((*_KNOWN, NOBODYS_HEAD, PART), {0: 0, 2: 2}),
    "led anew": Fate((*_LISTED, HEAD, CARETAKER)),
    "bereft": Fate(_LISTED),
    "married": Fate((*_LISTED, None, MARRY), other="bereft"),
    "absorbed": Fate(_KNOWN, _BOTH),
    "merged": Fate((*_KNOWN, None, MERGE), _BOTH, other="absorbed"),
    "of a second record": Fate(_KNOWN, _BOTH),
    "recorded twice": Fate((*_LISTED, None, TWICE), other="of a second record"),
    "of another person": Fate(_KNOWN, _BOTH),
    "two after all": Fate((*_LISTED, None, TWICE, TWO_AFTER_ALL), other="of another person"),
    "corrected": Fate((PROPOSE_KNOWN, RECOGNIZE, LINK, LINKED, DIFFER, SETTLE, RECHECK), {0: 0, 1: 2}),
    "mourning": Fate((*_LISTED, UNCLAIMED, CLAIM, MOURN)),
    "alive": Fate((*_LISTED, CLAIM, LIVES)),
    "dead by the feed": Fate((PROPOSE_KNOWN, BY_FEED), _BOTH),
    "dead by notice": Fate((PROPOSE_KNOWN, BY_NOTICE), _BOTH),
    "dead by a file": Fate((PROPOSE_KNOWN, BY_FILE), _BOTH),
    "moved": Fate((*_LISTED, MOVE)),
    "moved back": Fate((*_LISTED, MOVE, OBJECT)),
    "moved away": Fate((*_LISTED, ASK_TO_GO, NOT_YET, LET_GO, TAKE_IN)),
    "not let in": Fate((*_LISTED, ASK_TO_GO, LET_GO, KEEP_OUT)),
    "staying": Fate((*_LISTED, ASK_TO_GO, STAY)),
}
ALONE: Final = tuple(fate for fate in FATES if fate not in {VILLAGE, *(each.other for each in FATES.values())})
"""Those that are drawn by themselves."""


def draw(name: str, number: int, villages: tuple[str, str], random: Random) -> list[Family]:
    """The families of a round, each with a fate of its own, and their village. `number` is that of the round."""
    return families(name, number, villages, random.sample(ALONE, random.randrange(8, len(ALONE) + 1)))


def families(name: str, number: int, villages: tuple[str, str], wanted: Iterable[str]) -> list[Family]:
    """The village, and families with these fates, each behind the one that it meets."""
    village, near = villages
    found = [Family(name, VILLAGE, 0, village, near, household=village)]
    for fate in wanted:
        other = None
        for each in filter(None, (FATES[fate].other, fate)):
            serial = number * _SERIALS_EACH + len(found)
            other = Family(name, each, serial, village, near, FATES[each].numbers, other)
            found.append(other)
    return found


_SERIALS_EACH: Final = 40
"""NIKs end in a serial of four digits, and no round has as many families."""
