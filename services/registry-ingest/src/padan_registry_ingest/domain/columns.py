"""The columns of the files: a contract with everybody who sends one (docs/registration-file.md)."""

from typing import Final

import msgspec


class Sheet(msgspec.Struct, frozen=True):
    """One sheet of a file: its name, the columns it must have, in the order of the template."""

    name: str
    columns: tuple[str, ...]


RECIPIENTS: Final = Sheet(
    "penerima",
    ("NIK", "NAMA", "NO_KK", "TGL_LAHIR", "JENIS_KELAMIN", "ALAMAT", "RT", "RW", "KODE_WILAYAH", "PEKERJAAN"),
)
MEMBERS: Final = Sheet(
    "anggota",
    ("NO_KK", "NIK", "NAMA", "TGL_LAHIR", "JENIS_KELAMIN", "HUBUNGAN", "SEKOLAH", "HAMIL", "DISABILITAS", "BERAT"),
)
RANKING: Final = Sheet("ranking", ("NIK", "DESIL"))

NUMBERS: Final = ("NIK", "NO_KK")
"""Columns that a spreadsheet damages when it keeps them as numbers; `<name>_IS_NUMBER` says of each cell whether."""

KINDS: Final = ("registration", "ranking")


def normal_header(text: str) -> str:
    """A header as the contract writes it: upper case, words joined by one underscore."""
    return "_".join(text.replace("\ufeff", "").replace("_", " ").replace(".", " ").split()).upper()


def kind_of(headers: list[str]) -> str:
    """Whether a first sheet with these headers is a ranking (it has DESIL and no NAMA) or a registration."""
    return "ranking" if "DESIL" in headers and "NAMA" not in headers else "registration"
