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
        "Pilih berkasnya, lalu kirim lagi (isian 'file').",
        "Choose the file and send it again (field 'file').",
    ),
    "form_invalid": (
        422,
        "Ada isian yang keliru saat berkas dikirim.",
        "Something was filled in wrongly when the file was sent.",
        "Kirim lagi dari awal. Untuk pembuat aplikasi: file, members, dry_run (true/false), "
        "kind (auto/registration/ranking/deaths).",
        "Send again from the start. For developers: file, members, dry_run (true/false), "
        "kind (auto/registration/ranking/deaths).",
    ),
    "region_unknown": (
        422,
        "Kode wilayah pengirim tidak dikenal.",
        "The sender's region code is unknown.",
        "Pakai kode wilayah dari Kemendagri (2, 4, 6, atau 10 angka), bukan kode BPS.",
        "Use a Kemendagri region code (2, 4, 6 or 10 digits), not a BPS code.",
    ),
    "batch_not_found": (
        404,
        "Kiriman ini tidak ada.",
        "There is no such upload.",
        "Periksa nomor kiriman.",
        "Check the upload's number.",
    ),
    "report_not_ready": (
        409,
        "Laporan belum selesai.",
        "The report is not ready yet.",
        "Tunggu sampai pemeriksaan selesai, lalu buka lagi.",
        "Wait until the checks are done, then open it again.",
    ),
    "report_too_large": (
        422,
        "Baris yang ditolak terlalu banyak untuk satu berkas Excel.",
        "There are more rejected rows than one Excel file can hold.",
        "Unduh rows.csv: semua baris ada di sana.",
        "Download rows.csv: every row is in it.",
    ),
    "report_expired": (
        410,
        "Isi berkas ini sudah dihapus karena lewat 30 hari.",
        "The content of this file was deleted after 30 days.",
        "Jumlah baris menurut alasan masih dapat dilihat pada laporan kiriman.",
        "The numbers of rows by reason can still be seen in the report.",
    ),
    "file_expired": (
        410,
        "Berkas ini tidak selesai diolah dalam 30 hari, jadi isinya sudah dihapus.",
        "The file was not finished within 30 days, so its content was deleted.",
        "Kirim berkas itu sekali lagi.",
        "Send the file once more.",
    ),
    "file_lost": (
        500,
        "Berkas yang sudah kami terima tidak dapat dibuka lagi.",
        "The file that we received cannot be opened any more.",
        "Kirim berkas itu sekali lagi.",
        "Send the file once more.",
    ),
    "file_failed": (
        500,
        "Berkas tidak dapat diolah karena ada gangguan di sistem kami.",
        "The file could not be processed because something went wrong on our side.",
        "Kirim lagi. Bila terulang, hubungi pengelola sistem.",
        "Send it again. If it happens again, tell the people who run the system.",
    ),
    "reading_given_up": (
        422,
        "Sistem kami berhenti setiap kali membuka berkas ini.",
        "Our system stopped each time it opened this file.",
        "Bagi menjadi beberapa berkas yang lebih kecil, lalu kirim. Bila terulang, hubungi pengelola sistem.",
        "Split it into several smaller files and send those. If it happens again, tell the people who run the system.",
    ),
    "civil_registry_unavailable": (
        503,
        "Dukcapil belum menjawab.",
        "The civil registry does not answer.",
        "Tidak perlu mengirim lagi. Pemeriksaan berlanjut sendiri setelah ada jawaban.",
        "There is no need to send again. The checks go on by themselves once it answers.",
    ),
    "barred_register_unavailable": (
        503,
        "Daftar pekerjaan terlarang belum menjawab.",
        "The register of barred occupations does not answer.",
        "Tidak perlu mengirim lagi. Pemeriksaan berlanjut sendiri setelah ada jawaban.",
        "There is no need to send again. The checks go on by themselves once it answers.",
    ),
    "household_unavailable": (
        503,
        "Data keluarga sedang tidak dapat dibuka.",
        "The households' data cannot be opened at the moment.",
        "Tidak perlu mengirim lagi. Pemeriksaan berlanjut sendiri setelah ada jawaban.",
        "There is no need to send again. The checks go on by themselves once it answers.",
    ),
}
