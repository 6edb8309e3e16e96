"""The generated files: workbooks or CSV pairs, the ranking, and what the two registers know."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from zlib import crc32

import polars as pl

from padan_simulators.pati.families import Member
from padan_simulators.pati.people import Population, registered_people
from padan_simulators.pati.rows import Row, indonesian_date
from padan_simulators.pati.workbook import Sheet, write_workbook

_RECIPIENT = "NIK NAMA NO_KK TGL_LAHIR JENIS_KELAMIN ALAMAT RT RW KODE_WILAYAH PEKERJAAN"
_MEMBER = "NO_KK NIK NAMA TGL_LAHIR JENIS_KELAMIN HUBUNGAN SEKOLAH HAMIL DISABILITAS BERAT"
RECIPIENT_COLUMNS, MEMBER_COLUMNS = _RECIPIENT.split(), _MEMBER.split()
_SEX = {"m": "L", "f": "P"}
_YES_NO = {True: "ya", False: "tidak"}
_Cells = tuple[str, ...]


def recipients_sheet(rows: list[Row]) -> Sheet:
    """Return `penerima`: one row a recipient."""
    cells: list[_Cells] = [
        (
            row.nik,
            row.name,
            row.card,
            row.birth_date,
            _SEX[row.recipient.person.sex],
            row.family.address,
            row.family.rt,
            row.family.rw,
            row.region,
            row.occupation,
        )
        for row in rows
    ]
    return _sheet("penerima", RECIPIENT_COLUMNS, cells, (row.nik_is_number for row in rows))


def members_sheet(rows: list[Row]) -> Sheet:
    """Return `anggota`: every member of every family once, the recipient as the row wrote them."""
    cells: list[_Cells] = []
    numbers: list[bool] = []
    for row in rows:
        if row.brings_members:
            for member in row.family.members:
                is_recipient = member is row.recipient
                cells.append(_member_cells(row, member, is_recipient=is_recipient))
                numbers.append(is_recipient and row.nik_is_number)
    return _sheet("anggota", MEMBER_COLUMNS, cells, numbers)


def _member_cells(row: Row, member: Member, *, is_recipient: bool) -> _Cells:
    person = member.person
    return (
        row.card,
        row.nik if is_recipient else member.written_nik,
        row.name if is_recipient else person.name,
        row.birth_date if is_recipient else indonesian_date(person.birth_date),
        _SEX[person.sex],
        member.relationship,
        person.school,
        _YES_NO[person.pregnant],
        person.disability,
        _YES_NO[person.severe],
    )


def _sheet(name: str, columns: list[str], cells: list[_Cells], is_number: Iterable[bool]) -> Sheet:
    frame = pl.DataFrame(cells, schema=dict.fromkeys(columns, pl.String), orient="row")
    return Sheet(name, frame, "NIK", pl.Series(list(is_number), dtype=pl.Boolean))


def write_registration(path: Path, rows: list[Row]) -> None:
    """Write one registration file as a workbook with both sheets."""
    write_workbook(path, [recipients_sheet(rows), members_sheet(rows)])


def write_registration_csv(folder: Path, rows: list[Row]) -> tuple[Path, Path]:
    """Write the pair penerima.csv and anggota.csv, in which a number shows as a spreadsheet saves it."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for sheet in (recipients_sheet(rows), members_sheet(rows)):
        saved = sheet.cells.with_columns(
            pl.when(sheet.is_number)
            .then(pl.col("NIK").map_elements(lambda nik: nik and _scientific(nik), return_dtype=pl.String))
            .otherwise(pl.col("NIK"))
            .alias("NIK")
        )
        saved = saved.with_columns(pl.all().replace("", None))  # an empty cell, not a quoted empty text
        paths.append(folder / f"{sheet.name}.csv")
        saved.write_csv(paths[-1])
    return paths[0], paths[1]


def _scientific(nik: str) -> str:
    return f"{int(nik):.5E}" if nik.isdigit() else nik


def write_ranking(path: Path, population: Population) -> None:
    """Write the ranking file: NIK and DESIL (1 poorest to 10), in order of NIK."""
    ranked = sorted(population.ranking.items())
    pl.DataFrame(ranked, schema={"NIK": pl.String, "DESIL": pl.Int8}, orient="row").write_csv(path)


def write_civil_registry(folder: Path, population: Population) -> None:
    """Write people.parquet as the civil-registry simulator loads it."""
    folder.mkdir(parents=True, exist_ok=True)
    people = [
        (nik, person.name, person.birth_date, person.sex, card, person.mother_name, person.status)
        for nik, (person, card) in registered_people(population).items()
    ]
    schema = {
        "nik": pl.String,
        "name": pl.String,
        "birth_date": pl.Date,
        "sex": pl.String,
        "family_card_number": pl.String,
        "mother_name": pl.String,
        "status": pl.String,
    }
    pl.DataFrame(people, schema=schema, orient="row").write_parquet(folder / "people.parquet")


def write_bpjs(folder: Path, population: Population) -> None:
    """Write people.parquet as the BPJS simulator loads it: of ten people that the civil registry knows seven are active
    participants, one was, and two are none; whom it knows to be dead BPJS has among the dead or has not heard of yet.
    """
    folder.mkdir(parents=True, exist_ok=True)
    participants = []
    for nik, (person, card) in registered_people(population).items():
        draw = crc32(nik.encode()) % 10  # of the NIK alone: the same whatever else is generated
        if draw >= 8:
            continue
        status = "nonaktif" if draw == 7 else "meninggal" if person.status == "deceased" and draw < 4 else "aktif"
        born = person.birth_date.strftime("%d-%m-%Y")
        participants.append((f"0{nik[4:]}", nik, card, person.name, _SEX[person.sex], born, status))
    columns = ("nomorkartu", "nik", "nomorkk", "nama", "jeniskelamin", "tanggallahir", "status")
    schema = dict.fromkeys(columns, pl.String)
    pl.DataFrame(participants, schema=schema, orient="row").write_parquet(folder / "people.parquet")


def write_barred_register(folder: Path, population: Population) -> None:
    """Write people.parquet as the barred-register simulator loads it."""
    folder.mkdir(parents=True, exist_ok=True)
    schema = {"nik": pl.String, "occupation": pl.String}
    barred = sorted(population.barred.items())
    pl.DataFrame(barred, schema=schema, orient="row").write_parquet(folder / "people.parquet")
