"""What can be wrong with a file as a whole: stable codes, words and what to do, in both languages."""

from typing import Any, Final

from padan_registry_ingest.domain.reading_faults import READING_FAULTS


class FileFault(Exception):
    """A file cannot be worked with. `code` is stable; `extra` holds no cell of the file."""

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.code, self.extra = code, extra


# code: HTTP status, Indonesian, English, what to do in Indonesian, in English
FAULTS: Final[dict[str, tuple[int, str, str, str, str]]] = {
    **READING_FAULTS,
    "file_missing": (
        422,
        "Tidak ada berkas yang dikirim.",
        "No file was sent.",
        "Kirim berkas pada isian 'file'.",
        "Send the file in the field 'file'.",
    ),
    "form_invalid": (
        422,
        "Isian unggahan tidak sah.",
        "The upload form is not valid.",
        "Isian: file, members, dry_run (true/false), kind (auto/registration/ranking).",
        "Fields: file, members, dry_run (true/false), kind (auto/registration/ranking).",
    ),
    "region_unknown": (
        422,
        "Kode wilayah pengirim tidak dikenal.",
        "The sender's region code is unknown.",
        "Pakai kode wilayah Kemendagri 2, 4, 6 atau 10 angka.",
        "Use a Kemendagri region code of 2, 4, 6 or 10 digits.",
    ),
    "batch_not_found": (
        404,
        "Unggahan ini tidak ada.",
        "There is no such upload.",
        "Periksa nomor unggahan.",
        "Check the upload's id.",
    ),
    "report_not_ready": (
        409,
        "Laporan belum selesai.",
        "The report is not ready yet.",
        "Tunggu sampai pemeriksaan selesai.",
        "Wait until the checks are done.",
    ),
    "report_too_large": (
        422,
        "Baris yang ditolak terlalu banyak untuk satu berkas Excel.",
        "There are more rejected rows than one Excel file can hold.",
        "Unduh rows.csv: di sana semua baris ada.",
        "Download rows.csv: every row is in it.",
    ),
    "report_expired": (
        410,
        "Isi berkas ini sudah dimusnahkan setelah 30 hari.",
        "What the file held was destroyed after 30 days.",
        "Jumlah per alasan masih dapat dibaca.",
        "The counts by reason can still be read.",
    ),
    "file_expired": (
        410,
        "Berkas ini tidak selesai diolah dalam 30 hari dan isinya sudah dimusnahkan.",
        "The file was not worked off within 30 days, and what it held was destroyed.",
        "Kirim berkas sekali lagi.",
        "Send the file once more.",
    ),
    "file_lost": (
        500,
        "Berkas yang disimpan tidak dapat dibuka lagi.",
        "The stored file cannot be opened any more.",
        "Kirim berkas sekali lagi.",
        "Send the file once more.",
    ),
    "file_failed": (
        500,
        "Berkas tidak dapat diolah karena kesalahan sistem.",
        "The file could not be worked with because something went wrong on our side.",
        "Kirim lagi; bila berulang, hubungi pengelola.",
        "Send it again; if it repeats, tell the operators.",
    ),
    "civil_registry_unavailable": (
        503,
        "Dukcapil belum menjawab.",
        "The civil registry does not answer.",
        "Tidak perlu dikirim lagi: pekerjaan berlanjut sendiri begitu dijawab.",
        "Nothing needs to be sent again: the work goes on by itself once it answers.",
    ),
    "barred_register_unavailable": (
        503,
        "Daftar pekerjaan terlarang belum menjawab.",
        "The register of barred occupations does not answer.",
        "Tidak perlu dikirim lagi: pekerjaan berlanjut sendiri begitu dijawab.",
        "Nothing needs to be sent again: the work goes on by itself once it answers.",
    ),
    "household_unavailable": (
        503,
        "Layanan rumah tangga belum menjawab.",
        "The household service does not answer.",
        "Tidak perlu dikirim lagi: pekerjaan berlanjut sendiri begitu dijawab.",
        "Nothing needs to be sent again: the work goes on by itself once it answers.",
    ),
}
