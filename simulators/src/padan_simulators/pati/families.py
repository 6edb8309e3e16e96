"""Families of three to four people on average, with plausible ages, schools and disabilities."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from random import Random

from padan_simulators.pati.names import new_name
from padan_simulators.pati.numbers import NumberIssuer, neighbouring_districts, villages

REFERENCE_DATE = date(2026, 1, 1)
"""The day on which everyone's age is drawn: fixed, so that one seed gives the same people for ever."""

_DISABILITIES = ("fisik", "intelektual", "mental", "sensorik")
_STREETS = ("Jl. Melati", "Jl. Kenanga", "Dukuh Krajan", "Dukuh Ngemplak", "Jl. Pemuda", "Dukuh Karangsari")


@dataclass(slots=True)
class Person:
    """One generated person, as the civil registry knows them. `status` None: unknown to it."""

    nik: str
    name: str
    birth_date: date
    sex: str
    mother_name: str
    school: str = ""
    pregnant: bool = False
    disability: str = ""
    severe: bool = False
    status: str | None = "active"


@dataclass(slots=True)
class Member:
    """A person's place in a family; `written_nik` differs from the person's own where a clerk slipped."""

    person: Person
    relationship: str
    written_nik: str


@dataclass(slots=True)
class Family:
    """One family card with its members; `recipient` is the one who is to receive the aid."""

    card: str
    village: str
    address: str
    rt: str
    rw: str
    members: list[Member] = field(default_factory=list)
    recipient: Member = field(init=False)

    def add(self, person: Person, relationship: str) -> Member:
        """Take a person in, and return their place."""
        member = Member(person, relationship, person.nik)
        self.members.append(member)
        return member


class FamilyMaker:
    """Makes families whose people and numbers are all different from each other."""

    def __init__(self, rng: Random, numbers: NumberIssuer) -> None:
        self._rng = rng
        self.numbers = numbers
        self._reference = REFERENCE_DATE.toordinal()

    def person(self, district: str, age: float, sex: str, mother_name: str | None = None) -> Person:
        """Return a person of about `age` years; one in twelve was registered in another regency."""
        draw = self._rng.random
        birth_date = date.fromordinal(self._reference - int(age * 365.25) - 1)
        if draw() < 0.08:
            district = self._rng.choice(neighbouring_districts())
        # A NIK never changes when a birth date is corrected, so the two may differ: a warning only.
        registered_on = date.fromordinal(birth_date.toordinal() - 1) if draw() < 0.005 else birth_date
        person = Person(
            nik=self.numbers.nik(district, registered_on, sex),
            name=new_name(self._rng, sex),
            birth_date=birth_date,
            sex=sex,
            mother_name=mother_name or new_name(self._rng, "f"),
        )
        if 7 <= age < 19 and draw() < 0.94:
            person.school = "SD" if age < 13 else "SMP" if age < 16 else "SMA"
        if draw() < 0.03:
            person.disability = self._rng.choice(_DISABILITIES)
            person.severe = draw() < 0.4
        return person

    def empty(self) -> Family:
        """Return a family card in one of Pati's villages, nobody on it yet."""
        draw = self._rng.random
        village = self._rng.choice(villages())
        issued_on = date.fromordinal(self._reference - 1 - int(draw() * 5_000))
        return Family(
            card=self.numbers.family_card(village[:6], issued_on),
            village=village,
            address=f"{self._rng.choice(_STREETS)} No. {1 + int(draw() * 180)}",
            rt=f"{1 + int(draw() * 9):03d}",
            rw=f"{1 + int(draw() * 6):03d}",
        )

    def any_family(self) -> Family:
        """Return a family of any kind: parents with children, three generations, widowed, elderly."""
        draw = self._rng.random()
        if draw < 0.75:
            return self.parents(grandparent=draw < 0.15)
        family = self.empty()
        district = family.village[:6]
        if draw < 0.85:
            age = 28 + self._rng.random() * 28
            head = self.person(district, age, "f")
            family.recipient = family.add(head, "KEPALA KELUARGA")
            self._add_children(family, head, age)
        else:
            age = 62 + self._rng.random() * 22
            sex = "m" if draw < 0.94 or self._rng.random() < 0.3 else "f"
            family.recipient = family.add(self.person(district, age, sex), "KEPALA KELUARGA")
            if draw < 0.94:
                family.add(self.person(district, age - self._rng.random() * 6, "f"), "ISTRI")
        self._slip(family)
        return family

    def parents(self, *, grandparent: bool = False, grown_child: bool = False) -> Family:
        """Return two parents with children; `grown_child` adds one of 21 to 27 years as the last member."""
        family = self.empty()
        district = family.village[:6]
        wife_age = (48 if grown_child else 22) + self._rng.random() * (8 if grown_child else 32)
        head = family.add(self.person(district, wife_age + self._rng.random() * 6, "m"), "KEPALA KELUARGA")
        wife = family.add(self.person(district, wife_age, "f"), "ISTRI")
        family.recipient = wife if self._rng.random() < 0.55 else head
        if wife_age < 42 and not grown_child:
            wife.person.pregnant = self._rng.random() < 0.06
        self._add_children(family, wife.person, wife_age)
        if grandparent:
            age = wife_age + 22 + self._rng.random() * 8
            family.add(self.person(district, age, self._rng.choice("mf")), "ORANGTUA")
        if grown_child:
            age = 21 + self._rng.random() * 6
            sex = self._rng.choice("mf")
            family.add(self.person(district, age, sex, mother_name=wife.person.name), "ANAK")
        else:
            self._slip(family)
        return family

    def founded_by(self, person: Person) -> Family:
        """Return the young family of a grown child who left the parents' card; that child is its recipient."""
        family = self.empty()
        age = (self._reference - person.birth_date.toordinal()) / 365.25
        spouse = self.person(family.village[:6], age + self._rng.random(), "f" if person.sex == "m" else "m")
        husband, wife = (person, spouse) if person.sex == "m" else (spouse, person)
        places = [family.add(husband, "KEPALA KELUARGA"), family.add(wife, "ISTRI")]
        family.recipient = next(place for place in places if place.person is person)
        if self._rng.random() < 0.7:
            family.add(self.person(family.village[:6], self._rng.random() * 2, "f", wife.name), "ANAK")
        return family

    def _add_children(self, family: Family, mother: Person, mother_age: float) -> None:
        eldest = min(mother_age - 19, 24)
        for _ in range(self._rng.choice((1, 1, 2, 2, 2, 3, 3, 4))):
            age = self._rng.random() * eldest
            child = self.person(family.village[:6], age, self._rng.choice("mf"), mother.name)
            family.add(child, "ANAK")

    def _slip(self, family: Family) -> None:
        """Spoil the NIK of one member in about 1.5 % of families: a warning, never a reason."""
        others = [member for member in family.members if member is not family.recipient]
        if others and self._rng.random() < 0.015:
            member = self._rng.choice(others)
            nik = member.person.nik
            member.written_nik = self._rng.choice((nik[:-1], f"{nik[:8]}13{nik[10:]}"))
