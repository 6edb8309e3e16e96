"""Families that commands are about: who is in them, and what must be known of them once everything rests."""

import io
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec
import polars as pl
from padan_household.domain import ids
from padan_household.domain.cut_off import CUT_OFF_DAY, update_month

_BORN_IN: Final = "510101"
"""Where NIKs say that these people were born: nobody of the files was."""


class Person(msgspec.Struct, frozen=True):
    """One of a family, as the civil registry knows them."""

    name: str
    born: date
    sex: str
    relationship: str


PEOPLE: Final = (
    Person("SUAMI CONTOH", date(1961, 3, 4), "m", "head"),
    Person("ISTRI CONTOH", date(1964, 8, 17), "f", "wife"),
    Person("ANAK CONTOH", date(1990, 11, 2), "m", "child"),
)


class Family(msgspec.Struct):
    """A family, or a village (whose code is then its `household`), and all that was acknowledged of it.

    `numbers`: by member, whose NIK is recorded for them. `events` are the types its stream must hold, in order, `told`
    those whose place was told: id, shard and position. `shown` is what the views must show, by name of a view.
    """

    name: str
    fate: str
    serial: int
    village: str
    near: str
    numbers: Mapping[int, int] = {}
    other: "Family | None" = None
    household: str = ""
    objection: str = ""
    need: str = ""
    photos: dict[str, str] = msgspec.field(default_factory=dict)
    events: list[str] = msgspec.field(default_factory=list)
    told: list[tuple[str, int, int]] = msgspec.field(default_factory=list)
    shown: dict[str, str] = msgspec.field(default_factory=dict)

    def person(self, index: int) -> str:
        """The id of a member."""
        return str(ids.person_id(UUID(self.household), index))

    def nik(self, index: int) -> str:
        """The NIK of a member: region, birth date (40 more for women), serial."""
        person = PEOPLE[index]
        day = person.born.day + (40 if person.sex == "f" else 0)
        return f"{_BORN_IN}{day:02d}{person.born:%m%y}{self.serial:04d}"

    def month(self) -> str:
        """The month whose round is open now. A campaign does not run over a cut-off."""
        return update_month(datetime.now(UTC), None, self.village, CUT_OFF_DAY)[0]

    def document(self) -> dict[str, Any]:
        """The family as it is proposed."""
        members: list[dict[str, Any]] = [
            {
                "name": person.name,
                "birth_date": str(person.born),
                "sex": person.sex,
                "relationship": person.relationship,
                **({"nik": self.nik(self.numbers[index])} if index in self.numbers else {}),
            }
            for index, person in enumerate(PEOPLE)
        ]
        return {"village": self.village, "members": members}

    def lived(self, events: Iterable[str], shown: Mapping[str, str]) -> None:
        """Something was acknowledged: what it led to, and what the views show from now on."""
        self.events += events
        self.shown |= {view: said.format(village=self.village, near=self.near) for view, said in shown.items()}


def registered(families: Iterable[Family]) -> bytes:
    """The people of these families who have a NIK, as the simulated civil registry takes them in."""
    people = [(family.nik(index), person) for family in families for index, person in enumerate(PEOPLE)]
    into = io.BytesIO()
    pl.DataFrame(
        {
            "nik": [nik for nik, _ in people],
            "name": [person.name for _, person in people],
            "birth_date": [person.born for _, person in people],
            "sex": [person.sex for _, person in people],
            "family_card_number": [f"{_BORN_IN}0101200001"] * len(people),
            "mother_name": ["IBU CONTOH"] * len(people),
            "status": ["active"] * len(people),
        }
    ).write_parquet(into)
    return into.getvalue()


def key(name: str, what: str) -> str:
    """An Idempotency-Key."""
    return str(uuid5(_KEYS, f"{name} {what}"))


_KEYS: Final = UUID("7a4f9d64-1c0b-5f5e-9f5f-3f6c1a0c5e11")
