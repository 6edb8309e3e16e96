"""Puts the base register and the batch together, so that each reason arises where the plan wants it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from padan_simulators.pati.families import Family, FamilyMaker, Person
from padan_simulators.pati.numbers import NumberIssuer
from padan_simulators.pati.plan import Expected
from padan_simulators.pati.rows import Row, RowWriter

OCCUPATION_CODES = ("civil_servant", "army", "police", "welfare_worker")
_DECILE_WEIGHTS = (18, 17, 14, 12, 10, 9, 7, 6, 4, 3)


@dataclass(slots=True)
class Population:
    """Everyone the generated files speak of. Rows stand in file order."""

    base: list[Row] = field(default_factory=list)
    batch: list[Row] = field(default_factory=list)
    barred: dict[str, str] = field(default_factory=dict)
    ranking: dict[str, int] = field(default_factory=dict)

    def families(self) -> Iterator[Family]:
        """Yield every family once; where a person left one for another, the family left behind comes first."""
        for row in (*self.base, *self.batch):
            if row.brings_members:
                yield row.family


def populate(plan: Expected, seed: int, serials_after: int = 0) -> Population:
    """Return the people and rows of a batch with the counts of `plan`; the same arguments give the same."""
    rng = Random(seed)
    maker = FamilyMaker(rng, NumberIssuer(serials_after))
    writer = RowWriter(rng, maker.numbers)
    population = Population()
    counts = dict(plan.by_first_reason)

    _base_register(population, maker, writer, plan.base_rows, counts.pop("duplicate_in_register"))
    duplicates = counts.pop("duplicate_in_file")
    card_duplicates = counts.pop("family_card_duplicate")
    valid = [writer.faithful(maker.parents()) for _ in range(min(card_duplicates, plan.valid))]
    valid += [writer.faithful(maker.any_family()) for _ in range(plan.valid - len(valid))]
    population.batch += valid
    _card_duplicates(population, rng, writer, valid, card_duplicates)
    _file_duplicates(population, rng, writer, valid[card_duplicates:] or valid, duplicates)
    for reason, count in counts.items():
        for _ in range(count):
            row = writer.faithful(maker.any_family())
            if reason == "barred_occupation":
                _bar(population, rng, row, first=True)
            else:
                writer.spoil(row, reason)
            population.batch.append(row)
    population.batch.sort(key=lambda row: row.position)
    _outsiders(population, rng, maker, plan.rows)
    _rank(population, rng)
    return population


def _base_register(population: Population, maker: FamilyMaker, writer: RowWriter, rows: int, duplicates: int) -> None:
    """Write the base file; the first `duplicates` families hold a grown child whose own family is in the batch.

    The civil registry knows that child on the new card, so nothing earlier than `duplicate_in_register`
    holds; only recipients are matched with it, so the parents' row stays valid.
    """
    for number in range(rows):
        family = maker.parents(grown_child=number < duplicates)
        population.base.append(writer.faithful(family))
        if number < duplicates:
            row = writer.faithful(maker.founded_by(family.members[-1].person))
            row.first_reason = "duplicate_in_register"
            population.batch.append(row)


def _card_duplicates(population: Population, rng: Random, writer: RowWriter, valid: list[Row], count: int) -> None:
    """Enter husband and wife of one card both; the later row is the duplicate."""
    for number in range(count):
        original = valid[number % len(valid)]
        head, wife = original.family.members[:2]
        wife.written_nik, head.written_nik = wife.person.nik, head.person.nik
        row = writer.faithful(original.family, wife if original.recipient is head else head)
        row.position = _after(rng, original)
        row.first_reason, row.brings_members = "family_card_duplicate", False
        population.batch.append(row)


def _file_duplicates(population: Population, rng: Random, writer: RowWriter, valid: list[Row], count: int) -> None:
    """Enter recipients a second time, in some groups a third.

    In every eighth group the first row carries a wrong name: the first OTHERWISE VALID row stays valid, so
    it is the earlier one that goes.
    """
    for number in range(count):
        original = valid[(number - number // 25) % len(valid)]
        row = writer.faithful(original.family, original.recipient)
        row.position = _after(rng, original)
        if number % 8 == 0:
            writer.also(row, "name_differs")
            row.position = original.position * rng.random()
        row.first_reason, row.brings_members = "duplicate_in_file", False
        population.batch.append(row)


def _after(rng: Random, row: Row) -> float:
    return row.position + (1 - row.position) * (0.001 + 0.999 * rng.random())


def _bar(population: Population, rng: Random, row: Row, *, first: bool) -> None:
    population.barred[row.recipient.person.nik] = rng.choice(OCCUPATION_CODES)
    if first:
        row.first_reason = "barred_occupation"


def _outsiders(population: Population, rng: Random, maker: FamilyMaker, rows: int) -> None:
    """Add what concerns nobody in the batch, and some rows that are barred beside an earlier reason."""
    for _ in range(max(2, rows // 50)):
        outsider = maker.person("331801", 25 + rng.random() * 40, rng.choice("mf"))
        population.barred[outsider.nik] = rng.choice(OCCUPATION_CODES)
        unknown = maker.person("331802", 25 + rng.random() * 40, rng.choice("mf"))
        population.ranking[unknown.nik] = rng.randrange(1, 11)
    for row in population.batch:
        if row.first_reason in {"deceased", "duplicate_in_register", "name_differs"} and rng.random() < 0.01:
            _bar(population, rng, row, first=False)


def _rank(population: Population, rng: Random) -> None:
    """Rank nine in ten of the valid households, by their recipient's NIK; the others stay undetermined."""
    deciles = range(1, 11)
    for row in (*population.base, *population.batch):
        if row.first_reason is None and rng.random() < 0.9:
            population.ranking[row.nik] = rng.choices(deciles, _DECILE_WEIGHTS)[0]


def registered_people(population: Population) -> dict[str, tuple[Person, str]]:
    """Return the civil registry's side: NIK to person and present family card, people unknown to it left out."""
    people: dict[str, tuple[Person, str]] = {}
    for family in population.families():
        for member in family.members:
            if member.person.status is not None:
                people[member.person.nik] = (member.person, family.card)
    return people
