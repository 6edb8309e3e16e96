"""The columns of the files: a contract with everybody who sends one (docs/registration-file.md)."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
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
DEATHS: Final = Sheet("kematian", ("NIK", "TANGGAL_MENINGGAL"))
LIST: Final = Sheet("daftar", ("NIK",))
LIST_ALSO: Final = ("NAMA", "TGL_LAHIR")
"""What a list to check may say besides."""

NUMBERS: Final = ("NIK", "NO_KK")
"""Columns that a spreadsheet damages when it keeps them as numbers; `<name>_IS_NUMBER` says of each cell whether."""

CONTRACT: Final = tuple(dict.fromkeys((*RECIPIENTS.columns, *MEMBERS.columns, *RANKING.columns, *DEATHS.columns)))
"""Every column of any sheet, once."""

KINDS: Final = ("registration", "ranking", "deaths")
ALONE: Final = {"ranking": RANKING, "deaths": DEATHS}
"""The kinds of file that are one sheet: no members belong to it, and no later file corrects it."""
DATES: Final = ("TGL_LAHIR", "TANGGAL_MENINGGAL")
"""Columns that hold a day."""

MOST_COLUMNS: Final = 256
"""Filled cells of one row of a header; ours: no form of this field has more than some dozens."""

LONGEST: Final = {"NAMA": 200, "ALAMAT": 500, "PEKERJAAN": 200}
"""Characters a cell may hold. Ours: with `MOST_MEMBERS` of them a report stays far below what one message may hold."""
LONGEST_OTHER: Final = 64
"""The same of every other column."""

# Names of one column in the forms in use. Keys are the contract's; values as `normal_header` writes them.
_ALSO_CALLED: Final[dict[str, str]] = {
    "NIK": "NO_NIK NOMOR_NIK NOMOR_INDUK_KEPENDUDUKAN NO_INDUK_KEPENDUDUKAN NOMOR_INDUK_KEPENDUDUKAN_NIK NO_KTP "
    "NOMOR_KTP NIK_KTP NO_E_KTP NOMOR_E_KTP KTP NIK_PENERIMA NIK_ANGGOTA NIK_KPM NIK_ANGGOTA_KELUARGA",
    "NAMA": "NAMA_LENGKAP NAMA_PENERIMA NAMA_PENERIMA_MANFAAT NAMA_ANGGOTA NAMA_ANGGOTA_KELUARGA NAMA_KPM NAMA_KTP "
    "NAMA_SESUAI_KTP NAMA_LENGKAP_SESUAI_KTP",
    "NO_KK": "KK NKK NOKK NOMOR_KK NO_KARTU_KELUARGA NOMOR_KARTU_KELUARGA NOMOR_KARTU_KELUARGA_KK",
    "TGL_LAHIR": "TANGGAL_LAHIR TGLLAHIR TGL_LHR TANGGAL_KELAHIRAN",
    "JENIS_KELAMIN": "JK L_P P_L KELAMIN JNS_KELAMIN JENKEL JENIS_KELAMIN_L_P JK_L_P",
    "ALAMAT": "ALAMAT_LENGKAP ALAMAT_RUMAH ALAMAT_KTP ALAMAT_SESUAI_KTP",
    "RT": "NO_RT NOMOR_RT",
    "RW": "NO_RW NOMOR_RW",
    "KODE_WILAYAH": "KODE_DESA KODE_KELURAHAN KODE_DESA_KELURAHAN KODE_KELURAHAN_DESA KODE_DESA_KEL KODE_KEL_DESA "
    "KODE_KEMENDAGRI KODE_DESA_KEMENDAGRI KODE_WILAYAH_DESA KODE_WILAYAH_KEMENDAGRI KODE_WIL KD_DESA KD_KELURAHAN",
    "PEKERJAAN": "JENIS_PEKERJAAN",
    "HUBUNGAN": "HUBUNGAN_KELUARGA HUBUNGAN_DALAM_KELUARGA STATUS_HUBUNGAN STATUS_HUBUNGAN_KELUARGA SHDK "
    "STATUS_HUBUNGAN_DALAM_KELUARGA HUB_KELUARGA STATUS_DALAM_KELUARGA HUBUNGAN_DENGAN_KEPALA_KELUARGA",
    "SEKOLAH": "JENJANG_SEKOLAH TINGKAT_SEKOLAH",
    "HAMIL": "STATUS_HAMIL KEHAMILAN SEDANG_HAMIL IBU_HAMIL",
    "DISABILITAS": "JENIS_DISABILITAS RAGAM_DISABILITAS",
    "BERAT": "DISABILITAS_BERAT",
    "TANGGAL_MENINGGAL": "TGL_MENINGGAL TANGGAL_MENINGGAL_DUNIA TGL_MENINGGAL_DUNIA TANGGAL_KEMATIAN TGL_KEMATIAN "
    "TANGGAL_WAFAT TGL_WAFAT",
    "DESIL": "DESIL_KESEJAHTERAAN DESIL_DTSEN PERINGKAT_DESIL",
}

BY_NAME: Final[dict[str, str]] = {
    name: column for column in CONTRACT for name in (column, *_ALSO_CALLED.get(column, "").split())
}
"""The contract's column by each of its names."""

_OTHER: Final = (
    "NO NOMOR NO_URUT NOMOR_URUT KETERANGAN CATATAN PROVINSI KABUPATEN KOTA KABUPATEN_KOTA KECAMATAN DESA KELURAHAN "
    "DESA_KELURAHAN KELURAHAN_DESA DUSUN RT_RW TEMPAT_LAHIR TEMPAT_TANGGAL_LAHIR TTL TEMPAT_TGL_LAHIR UMUR USIA AGAMA "
    "STATUS STATUS_KAWIN STATUS_PERKAWINAN PENDIDIKAN NO_HP NOMOR_HP NO_TELEPON KEPALA_KELUARGA NAMA_KEPALA_KELUARGA "
    "NAMA_IBU NAMA_IBU_KANDUNG PENGHASILAN JUMLAH_ANGGOTA BANTUAN PROGRAM BARIS ALASAN TINDAKAN"
)
OTHER_HEADERS: Final = frozenset(_OTHER.split())
"""Words that head columns the contract does not know: they may be shown, because they cannot be somebody's data."""

_BRACKETS: Final = re.compile(r"\([^)]*\)|\[[^]]*\]")
_NO_WORD: Final = re.compile(r"[\W_]+")


def normal_header(text: str) -> str:
    """A header as the contract writes it: upper case, words joined by one underscore."""
    return _NO_WORD.sub("_", unicodedata.normalize("NFKC", text).upper()).strip("_")


def column_of(text: str) -> str | None:
    """The contract's column that a header means, None where it means none. What stands in brackets may be left out."""
    if len(text) > 100:
        return None
    return BY_NAME.get(normal_header(text)) or BY_NAME.get(normal_header(_BRACKETS.sub(" ", text)))


def known_header(text: str) -> str | None:
    """The word that heads columns, ours or another, which this is; None where it is none.

    It may be shown: unlike the text itself, which can hold anything in brackets.
    """
    for said in (text, _BRACKETS.sub(" ", text)) if len(text) <= 100 else ():
        word = normal_header(said)
        if word in BY_NAME or word in OTHER_HEADERS:
            return word if word in CONTRACT else word.replace("_", " ")
    return None


def near(text: str, wanted: Iterable[str]) -> str | None:
    """The column of `wanted` that a header nearly names ("TANGAL LAHIR"), or None."""
    names = {name: column for name, column in BY_NAME.items() if column in set(wanted)}
    close = get_close_matches(normal_header(text[:100]), names, n=1, cutoff=0.75)
    return names[close[0]] if close else None


def letter(index: int) -> str:
    """The letters that a spreadsheet shows above a column, counted from 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def kind_of(headers: Iterable[str]) -> str:
    """Whether a first sheet with these headers is a ranking (it has DESIL and no NAMA), a file of deaths (it has
    TANGGAL_MENINGGAL and no village), or a registration."""
    found = set(headers)
    if "TANGGAL_MENINGGAL" in found and "KODE_WILAYAH" not in found:
        return "deaths"
    return "ranking" if "DESIL" in found and "NAMA" not in found else "registration"
