"""Why a row is invalid: stable codes in the order in which they are judged, with words and what to do.

The one place of these codes and texts. Source: the reasons' order is the domain's own; the first that holds is the
row's first reason, and all are listed. A set of reasons is an integer whose bit `n` stands for the n-th code, so the
lowest bit is the first reason.
"""

from typing import Final

import msgspec


class Reason(msgspec.Struct, frozen=True):
    """One reason: what is wrong and what to do, in Indonesian and English."""

    code: str
    id: str
    en: str
    next_id: str
    next_en: str


CATALOGUE: Final[tuple[Reason, ...]] = (
    Reason("column_missing", "Kolom wajib tidak ada dalam berkas.", "A required column is missing from the file.",
           "Tambahkan kolom itu seperti pada templat, lalu kirim lagi.",
           "Add the column as in the template and send again."),
    Reason("cells_shifted", "Isi baris ini lebih banyak daripada jumlah kolom, jadi mungkin bergeser ke kolom lain.",
           "This row has more cells than there are columns, so its content may have moved into other columns.",
           "Hapus tanda koma atau titik koma di dalam isi sel, atau kirim datanya sebagai berkas Excel (.xlsx).",
           "Remove commas or semicolons inside the cells, or send the data as an Excel file (.xlsx)."),
    Reason("cell_error", "Ada sel dengan rumus yang gagal atau belum dihitung (misalnya #REF!).",
           "A cell has a formula that failed or was never calculated (such as #REF!).",
           "Lihat nama kolomnya di KOLOM_RUSAK. Hapus rumus pada sel itu, lalu ketik isinya langsung.",
           "KOLOM_RUSAK names the column. Delete the formula in that cell and type the content itself."),
    Reason("cell_damaged", "Ada sel yang hurufnya rusak atau tidak terbaca.",
           "A cell holds characters that are damaged or cannot be read.",
           "Lihat nama kolomnya di KOLOM_RUSAK. Hapus isi sel itu, lalu ketik ulang.",
           "KOLOM_RUSAK names the column. Empty that cell and type it again."),
    Reason("cell_too_long", "Ada sel yang isinya terlalu panjang.", "The content of a cell is too long.",
           "Lihat nama kolomnya di KOLOM_RUSAK. Pendekkan isi sel itu; mungkin beberapa sel tertempel menjadi satu.",
           "KOLOM_RUSAK names the column. Shorten that cell; perhaps several cells were pasted into one."),
    Reason("name_missing", "Nama belum diisi.", "The name is missing.",
           "Isi nama seperti pada e-KTP.", "Enter the name as on the identity card."),
    Reason("nik_length", "NIK tidak terdiri dari 16 angka.", "The NIK does not have 16 digits.",
           "Salin lagi 16 angka NIK dari e-KTP atau kartu keluarga.",
           "Copy the 16 digits of the NIK again from the identity or family card."),
    Reason("nik_lost_digits", "NIK kosong, berisi selain angka, atau mungkin diubah Excel (misalnya 3,318E+15).",
           "The NIK is empty, holds more than digits, or Excel may have changed its digits (such as 3.318E+15).",
           "Ubah format kolom NIK menjadi Teks (Text), lalu ketik ulang 16 angka NIK.",
           "Format the NIK column as Text, then type the 16 digits of the NIK again."),
    Reason("nik_date", "Tanggal lahir di dalam NIK (angka ke-7 sampai ke-12) tidak mungkin ada.",
           "The birth date inside the NIK (digits 7 to 12) is impossible.",
           "Cocokkan NIK dengan e-KTP. Bila sudah sama, tanyakan ke Dukcapil.",
           "Compare the NIK with the identity card. If they are the same, ask the civil registry."),
    Reason("nik_serial", "Empat angka terakhir NIK adalah 0000.", "The last four digits of the NIK are 0000.",
           "Cocokkan NIK dengan e-KTP. Bila sudah sama, tanyakan ke Dukcapil.",
           "Compare the NIK with the identity card. If they are the same, ask the civil registry."),
    Reason("family_card_length", "Nomor KK tidak terdiri dari 16 angka.",
           "The family card number does not have 16 digits.",
           "Salin lagi 16 angka nomor KK. Bila keluarga belum punya KK, kosongkan.",
           "Copy the 16 digits of the family card again. If the family has no card, leave it empty."),
    Reason("too_many_members", "Ada lebih dari 50 anggota dengan nomor KK ini.",
           "More than 50 members have this family card number.",
           "Periksa kolom NO_KK pada lembar anggota. Satu KK hanya untuk satu keluarga.",
           "Check the column NO_KK in the sheet of members. One family card is for one family only."),
    Reason("region_unknown", "Kode wilayah tidak dikenal, atau di luar wilayah Anda.",
           "The region code is unknown, or outside your region.",
           "Isi KODE_WILAYAH dengan 10 angka kode desa/kelurahan dari Kemendagri (bukan kode BPS).",
           "Enter in KODE_WILAYAH the 10-digit Kemendagri code of the village (not the BPS code)."),
    Reason("birth_date_invalid",
           "Tanggal lahir kosong, tidak mungkin ada, atau tidak ditulis dengan urutan hari-bulan-tahun.",
           "The birth date is missing, impossible, or not written as day-month-year.",
           "Tulis hari, bulan, lalu tahun dengan empat angka, misalnya 17-08-1980.",
           "Write day, month, then the year with four digits, for example 17-08-1980."),
    Reason("duplicate_in_file", "NIK ini sudah ada di baris lain dalam berkas ini.",
           "This NIK is already in another row of this file.",
           "Bila orangnya sama, hapus baris ini. Bila orangnya lain, perbaiki NIK-nya.",
           "If it is the same person, delete this row. If it is another person, correct the NIK."),
    Reason("nik_unknown", "NIK tidak ditemukan di Dukcapil.", "The civil registry does not know this NIK.",
           "Cocokkan NIK dengan e-KTP. Bila sudah sama, minta orang ini datang ke Dukcapil.",
           "Compare the NIK with the identity card. If they are the same, ask the person to go to the civil registry."),
    Reason("deceased", "Menurut Dukcapil orang ini sudah meninggal.", "The civil registry says this person has died.",
           "Ajukan pengganti dari keluarga yang sama. Bila orangnya masih hidup, minta Dukcapil memperbaiki datanya.",
           "Name another recipient of the family. If the person is alive, have the civil registry correct its data."),
    Reason("moved_away", "Menurut Dukcapil orang ini sudah pindah.", "The civil registry says this person moved away.",
           "Minta desa tujuan mengusulkan keluarga ini.", "Ask the village of destination to propose the family."),
    Reason("identity_blocked", "Data orang ini diblokir Dukcapil karena belum merekam e-KTP.",
           "The civil registry has blocked this person's data because they were not recorded for an e-KTP.",
           "Minta orang ini merekam e-KTP di Dukcapil.",
           "Ask the person to be recorded for an e-KTP at the civil registry."),
    Reason("name_differs", "Nama berbeda dari data Dukcapil.", "The name differs from the civil registry's.",
           "Tulis nama persis seperti pada e-KTP.", "Write the name exactly as on the identity card."),
    Reason("birth_date_differs", "Tanggal lahir berbeda dari data Dukcapil.",
           "The birth date differs from the civil registry's.",
           "Tulis tanggal lahir seperti pada e-KTP.", "Write the birth date as on the identity card."),
    Reason("family_card_differs", "Nomor KK berbeda dari data Dukcapil.",
           "The family card number differs from the civil registry's.",
           "Tulis nomor KK dari kartu keluarga yang terbaru.", "Write the number of the latest family card."),
    Reason("duplicate_in_register", "NIK penerima atau salah satu anggotanya sudah tercatat di keluarga lain.",
           "The NIK of the recipient or of a member is already registered with another family.",
           "Periksa keluarga mana yang benar. Bila ada yang pindah atau pecah KK, laporkan ke dinas sosial.",
           "Check which family is right. If somebody moved or the family split, tell the social office."),
    Reason("family_card_duplicate", "Nomor KK ini sudah ada di baris lain dalam berkas ini.",
           "This family card number is already in another row of this file.",
           "Pilih satu penerima untuk KK ini, lalu hapus baris yang lain.",
           "Choose one recipient for this family card and delete the other row."),
    Reason("barred_occupation", "Orang ini tercatat sebagai ASN, TNI, Polri, atau petugas kesejahteraan sosial, "
           "jadi tidak boleh menerima.",
           "This person is recorded as a civil servant, soldier, police officer or welfare worker, "
           "and may not receive aid.",
           "Baris ini ditahan dan diperiksa dinas sosial. Data keluarga tidak berubah.",
           "The row is held, and the social office looks at it. The family's data is unchanged."),
    Reason("already_on_programme", "Orang ini sudah menerima program ini.", "This person is already on this programme.",
           "Tidak perlu diusulkan lagi.", "There is no need to propose again."),
    Reason("under_age", "Penerima belum cukup umur.", "The recipient is under age.",
           "Pilih penerima yang sudah dewasa dari keluarga yang sama.", "Choose an adult recipient of the family."),
    Reason("not_in_register", "Keluarga ini belum tercatat.", "This family is not in the register.",
           "Usulkan keluarga ini lebih dahulu.", "Propose the family first."),
    Reason("decile_too_high", "Desil bukan angka 1 sampai 10, atau terlalu tinggi untuk program ini.",
           "The decile is not a number from 1 to 10, or is too high for this programme.",
           "Cocokkan desil dengan data asalnya. Tulis angkanya saja, misalnya 3.",
           "Compare the decile with the data it comes from. Write only the number, for example 3."),
    Reason("account_opening_failed", "Rekening bank belum berhasil dibuka (gagal burekol).",
           "The bank account could not be opened.",
           "Tanyakan ke bank data apa yang kurang, lalu lengkapi.", "Ask the bank what is missing, and complete it."),
    Reason("account_check_failed", "Rekening tidak lolos pemeriksaan bank.",
           "The account did not pass the bank's check.",
           "Cocokkan nomor dan nama rekening dengan buku tabungan atau tanyakan ke bank.",
           "Compare the account's number and name with the bank book, or ask the bank."),
    Reason("already_registered", "Keluarga ini sudah tercatat dengan isi yang berbeda. Isi baris ini tidak dicatat.",
           "This family is in the register with different data. This row was not recorded.",
           "Hapus baris ini dari berkas. Bila datanya memang berubah, laporkan sebagai perubahan data keluarga.",
           "Delete this row from the file. If the data did change, report it as a change of the household's data."),
    Reason("dropped_by_operator", "Baris ini tidak dapat diolah dan dihentikan oleh pengelola sistem.",
           "This row could not be processed and was stopped by the people who run the system.",
           "Kirim baris ini sekali lagi. Bila terulang, hubungi pengelola sistem.",
           "Send this row once more. If it happens again, tell the people who run the system."),
    Reason("death_date_invalid",
           "Tanggal meninggal kosong, tidak mungkin ada, atau tidak ditulis dengan urutan hari-bulan-tahun.",
           "The date of death is missing, impossible, or not written as day-month-year.",
           "Tulis hari, bulan, lalu tahun dengan empat angka, misalnya 17-08-2025.",
           "Write day, month, then the year with four digits, for example 17-08-2025."),
    Reason("region_forbidden", "Keluarga orang ini tercatat di luar wilayah tugas Anda.",
           "This person's family is registered outside the region you work for.",
           "Minta dinas sosial di tempat keluarga itu tercatat untuk melaporkannya.",
           "Ask the social office where the family is registered to report it."),
    Reason("not_a_member", "Orang ini sudah tidak tercatat di keluarga itu, dan tidak ditemukan di keluarga lain.",
           "This person is not in that family any more, and is found in no other.",
           "Cocokkan NIK dengan e-KTP atau akta kematian, lalu kirim sekali lagi bila orang ini didaftarkan lagi.",
           "Compare the NIK with the card or certificate; send it again if the person is registered again."),
    Reason("recorded_dead", "Orang dengan NIK ini tercatat meninggal, di keluarga yang sudah tidak aktif di daftar.",
           "The person with this NIK is recorded as dead, in a family that is not active in the register any more.",
           "Hapus orang ini dari isian. Bila masih hidup, minta Dukcapil membatalkan laporan kematiannya, lalu kirim "
           "lagi.",
           "Leave this person out. If they are alive, have the civil registry take the death back, then send again."),
)  # fmt: skip

WARNINGS: Final[tuple[Reason, ...]] = (
    Reason("nik_birth_date_mismatch", "Tanggal lahir di dalam NIK berbeda dari kolom TGL_LAHIR.",
           "The birth date inside the NIK differs from the column TGL_LAHIR.",
           "Cocokkan keduanya dengan e-KTP. Bila e-KTP memang begitu, tidak perlu apa-apa.",
           "Compare both with the identity card. If the card says so too, there is nothing to do."),
    Reason("nik_sex_mismatch", "Jenis kelamin di dalam NIK berbeda dari kolom JENIS_KELAMIN.",
           "The sex inside the NIK differs from the column JENIS_KELAMIN.",
           "Cocokkan NIK dan jenis kelamin dengan e-KTP.", "Compare the NIK and the sex with the identity card."),
    Reason("nik_region_mismatch", "Kabupaten/kota di dalam NIK berbeda dari tempat tinggalnya.",
           "The regency inside the NIK differs from where the person lives.",
           "Bila orang ini memang pernah pindah, tidak perlu apa-apa. Bila tidak, cocokkan NIK dengan e-KTP.",
           "If the person has moved, there is nothing to do. If not, compare the NIK with the identity card."),
    Reason("member_nik_invalid", "NIK salah satu anggota keliru. Anggota itu dicatat tanpa NIK.",
           "The NIK of a member is wrong. The member is recorded without one.",
           "Cocokkan NIK anggota itu dengan KTP atau KK, lalu perbaiki.",
           "Compare that member's NIK with the identity or family card and correct it."),
    Reason("member_without_recipient",
           "Ada anggota yang NO_KK-nya tidak ada pada lembar penerima. Anggota itu tidak dicatat.",
           "A member's NO_KK is in no row of the sheet of recipients. The member is not recorded.",
           "Samakan NO_KK pada lembar anggota dengan NO_KK pada lembar penerima.",
           "Write the same NO_KK in the sheet of members as in the sheet of recipients."),
    Reason("member_unreadable",
           "Ada anggota tanpa nama, dengan NO_KK yang keliru, atau barisnya rusak. Anggota itu tidak dicatat.",
           "A member has no name or a wrong NO_KK, or the row is damaged. The member is not recorded.",
           "Isi nama anggota itu, lalu ketik 16 angka NO_KK dengan format Teks (Text).",
           "Enter that member's name, then type the 16 digits of NO_KK in the format Text."),
    Reason("member_cell_unreadable",
           "Ada sel pada lembar anggota yang rusak (rumus gagal, huruf rusak, atau terlalu panjang), atau tanggal "
           "lahir, jenis kelamin, atau hubungan yang tidak dikenali. Anggota itu dicatat tanpa isi sel tersebut.",
           "A cell in the sheet of members is damaged (failed formula, damaged letters, or too long), or a birth date, "
           "sex or relationship is not understood. The member is recorded without that cell.",
           "Ketik ulang isi sel itu pada lembar anggota: tanggal sebagai HH-BB-TTTT, L atau P, dan hubungan seperti "
           "pada templat.",
           "Type that cell again in the sheet of members: the date as DD-MM-YYYY, L or P, and the relationship as in "
           "the template."),
    Reason("total_row_left_out", "Baris JUMLAH atau TOTAL tidak dihitung sebagai penerima.",
           "A row that says JUMLAH or TOTAL is not counted as a recipient.",
           "Tidak perlu apa-apa. Bila baris itu memang seorang warga, isi NIK-nya.",
           "There is nothing to do. If that row is a person, enter the NIK."),
    Reason("hidden_sheet_left_out", "Ada lembar tersembunyi yang mirip lembar ini. Isinya tidak dibaca.",
           "A hidden sheet looks like this one. It was not read.",
           "Bila isinya diperlukan, klik kanan nama lembar, pilih Tampilkan (Unhide), lalu kirim lembar itu "
           "sebagai berkas sendiri.",
           "If it is needed, right-click a sheet's name, choose Unhide, and send that sheet as a file of its own."),
    Reason("sheet_left_out", "Ada lembar lain yang mirip. Yang dibaca hanya lembar dengan nama yang benar.",
           "Another sheet looks like this one. Only the one with the right name was read.",
           "Bila isinya diperlukan, kirim lembar itu sebagai berkas sendiri.",
           "If it is needed, send that sheet as a file of its own."),
)  # fmt: skip

ALREADY_REGISTERED: Final = "already_registered"
"""Said of a row of a corrected file that differs from what was registered of it."""

MOST_MEMBERS: Final = 50
"""Members of one family card; beyond it a row is `too_many_members`. Ours: a report must fit into one message."""

BIT: Final[dict[str, int]] = {reason.code: 1 << n for n, reason in enumerate(CATALOGUE)}
WARNING_BIT: Final[dict[str, int]] = {warning.code: 1 << n for n, warning in enumerate(WARNINGS)}
BY_CODE: Final[dict[str, Reason]] = {reason.code: reason for reason in (*CATALOGUE, *WARNINGS)}


def codes(reasons: int) -> list[str]:
    """The codes of a set of reasons, in order."""
    return [reason.code for n, reason in enumerate(CATALOGUE) if reasons >> n & 1]


def warning_codes(warnings: int) -> list[str]:
    """The codes of a set of warnings, in order."""
    return [warning.code for n, warning in enumerate(WARNINGS) if warnings >> n & 1]


def bits(wanted: list[str]) -> int:
    """The set of the reasons with these codes; codes of no reason here are passed over."""
    total = 0
    for code in wanted:
        total |= BIT.get(code, 0)
    return total


def before(code: str) -> int:
    """The set of all reasons judged before `code`."""
    return BIT[code] - 1


def words(code: str) -> dict[str, str]:
    """`{"id", "en", "next_id", "next_en"}` of a reason or warning; of an unknown code, words that name it."""
    reason = BY_CODE.get(code) or Reason(
        code,
        f"Ditolak dengan kode {code}.",
        f"Refused with the code {code}.",
        "Tanyakan ke dinas sosial dengan menyebut kode itu.",
        "Ask the social office, and give them that code.",
    )
    return {"id": reason.id, "en": reason.en, "next_id": reason.next_id, "next_en": reason.next_en}
