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
           "Tambahkan kolom sesuai templat.", "Add the column as in the template."),
    Reason("cells_shifted", "Baris ini berisi lebih banyak sel daripada kolomnya, jadi isinya mungkin bergeser.",
           "This row holds more cells than there are columns, so its cells may be shifted.",
           "Periksa tanda koma atau titik koma di dalam isi sel, atau simpan berkas sebagai Excel (.xlsx).",
           "Look for a comma or semicolon inside a cell, or save the file as Excel (.xlsx)."),
    Reason("cell_error", "Ada sel yang berisi rumus yang gagal atau belum dihitung (misalnya #REF!).",
           "A cell holds a formula that failed or was never calculated (such as #REF!).",
           "Ganti rumus itu dengan isinya, lalu kirim lagi.", "Type the content in the place of the formula."),
    Reason("cell_damaged", "Ada sel yang hurufnya rusak.", "A cell holds damaged characters.",
           "Hapus isi sel itu, lalu ketik ulang.", "Empty that cell and type it again."),
    Reason("cell_too_long", "Ada sel yang isinya terlalu panjang.", "A cell is too long.",
           "Pendekkan isi sel itu; mungkin beberapa sel tertempel menjadi satu.",
           "Shorten it; perhaps several cells were pasted into one."),
    Reason("name_missing", "Nama tidak diisi.", "The name is missing.",
           "Isi nama seperti pada e-KTP.", "Enter the name as on the identity card."),
    Reason("nik_length", "NIK tidak terdiri dari 16 angka.", "The NIK does not have 16 digits.",
           "Salin lagi 16 angka NIK dari e-KTP atau kartu keluarga.",
           "Copy the 16 digits of the NIK again from the identity or family card."),
    Reason("nik_lost_digits", "NIK kosong, berisi selain angka, atau rusak karena diketik sebagai bilangan.",
           "The NIK is empty, holds more than digits, or lost digits because it was typed as a number.",
           "Ubah format kolom NIK menjadi Teks, lalu ketik ulang NIK.",
           "Format the NIK column as Text, then type the NIK again."),
    Reason("nik_date", "Tanggal lahir di dalam NIK tidak mungkin ada.", "The birth date inside the NIK is impossible.",
           "Periksa angka ke-7 sampai ke-12 NIK pada e-KTP.", "Check digits 7 to 12 of the NIK on the identity card."),
    Reason("nik_serial", "Empat angka terakhir NIK adalah 0000.", "The last four digits of the NIK are 0000.",
           "Periksa empat angka terakhir NIK pada e-KTP.",
           "Check the last four digits of the NIK on the identity card."),
    Reason("family_card_length", "Nomor KK bukan 16 angka.", "The family card number does not have 16 digits.",
           "Salin lagi 16 angka nomor KK; kosongkan bila keluarga belum punya KK.",
           "Copy the 16 digits of the family card again; leave it empty where the family has none."),
    Reason("too_many_members", "Lebih dari 50 anggota pada satu nomor KK.",
           "More than 50 members have this family card number.",
           "Periksa NO_KK pada lembar anggota; satu KK memuat satu keluarga.",
           "Check NO_KK in the sheet of members; a family card holds one family."),
    Reason("region_unknown", "Kode wilayah tidak dikenal, atau di luar wilayah pengirim.",
           "The region code is unknown, or outside the sender's region.",
           "Isi kode desa/kelurahan 10 angka dari Kemendagri (bukan kode BPS) di wilayah Anda.",
           "Enter the 10-digit Kemendagri village code (not the BPS code) of a village in your region."),
    Reason("birth_date_invalid", "Tanggal lahir kosong, tidak mungkin, atau bukan HH-BB-TTTT.",
           "The birth date is missing, impossible, or not DD-MM-YYYY.",
           "Tulis tanggal lahir sebagai HH-BB-TTTT, misalnya 17-08-1980.",
           "Write the birth date as DD-MM-YYYY, for example 17-08-1980."),
    Reason("duplicate_in_file", "NIK ini sudah ada di baris lain berkas yang sama.",
           "This NIK stands in another row of the same file.",
           "Hapus baris ganda.", "Remove the repeated row."),
    Reason("nik_unknown", "NIK tidak ditemukan di Dukcapil.", "The civil registry does not know this NIK.",
           "Cocokkan NIK dengan e-KTP; bila benar, rujuk ke Dukcapil.",
           "Compare the NIK with the identity card; if it is right, refer the person to the civil registry."),
    Reason("deceased", "Menurut Dukcapil orang ini sudah meninggal.", "The civil registry says this person has died.",
           "Ajukan penggantinya dari keluarga yang sama, atau perbaiki data di Dukcapil.",
           "Name another recipient of the family, or have the civil registry corrected."),
    Reason("moved_away", "Menurut Dukcapil orang ini sudah pindah.", "The civil registry says this person moved away.",
           "Minta desa tujuan mengusulkan keluarga ini.", "Ask the village of destination to propose the family."),
    Reason("identity_blocked", "Data orang ini diblokir Dukcapil (belum rekam e-KTP).",
           "The civil registry has blocked this person's record (no e-KTP recording).",
           "Minta yang bersangkutan merekam e-KTP.", "Ask the person to have their e-KTP recorded."),
    Reason("name_differs", "Nama berbeda dari data Dukcapil.", "The name differs from the civil registry's.",
           "Tulis nama persis seperti e-KTP.", "Write the name exactly as on the identity card."),
    Reason("birth_date_differs", "Tanggal lahir berbeda dari data Dukcapil.",
           "The birth date differs from the civil registry's.",
           "Tulis tanggal lahir seperti e-KTP.", "Write the birth date as on the identity card."),
    Reason("family_card_differs", "Nomor KK berbeda dari data Dukcapil.",
           "The family card number differs from the civil registry's.",
           "Tulis nomor dari KK yang terbaru.", "Write the number of the latest family card."),
    Reason("duplicate_in_register", "NIK penerima atau anggotanya sudah tercatat di keluarga lain.",
           "The NIK of the recipient or of a member belongs to another household of the register.",
           "Periksa keluarga mana yang benar; laporkan pindah atau pecah KK bila perlu.",
           "Check which household is right; report a move or a split where needed."),
    Reason("family_card_duplicate", "Nomor KK ini sudah dipakai baris lain berkas yang sama.",
           "Another row of the same file has this family card number.",
           "Pilih satu penerima untuk satu KK.", "Choose one recipient for the family card."),
    Reason("barred_occupation", "Pekerjaan tidak boleh menerima (ASN, TNI, Polri, atau petugas kesejahteraan sosial).",
           "An occupation that may not receive aid (civil servant, army, police or welfare worker).",
           "Baris ditahan; dinas sosial memeriksa. Keluarga tidak berubah.",
           "The row is held for the social office to look at. The family is unchanged."),
    Reason("already_on_programme", "Sudah menerima program ini.", "Already on this programme.",
           "Tidak perlu diusulkan lagi.", "There is no need to propose again."),
    Reason("under_age", "Penerima belum cukup umur.", "The recipient is under age.",
           "Pilih penerima dewasa dari keluarga yang sama.", "Choose an adult recipient of the family."),
    Reason("not_in_register", "Keluarga belum tercatat.", "The household is not in the register.",
           "Usulkan keluarga ini lebih dahulu.", "Propose the household first."),
    Reason("decile_too_high", "Desil bukan bilangan 1 sampai 10, atau terlalu tinggi untuk program.",
           "The decile is not a whole number from 1 to 10, or is too high for the programme.",
           "Periksa desil pada sumbernya.", "Check the decile at its source."),
    Reason("account_opening_failed", "Pembukaan rekening gagal (gagal burekol).", "Opening the account failed.",
           "Lengkapi data yang diminta bank.", "Complete what the bank asks for."),
    Reason("account_check_failed", "Pemeriksaan rekening gagal.", "The check of the account failed.",
           "Cocokkan nomor dan nama rekening dengan bank.", "Compare the account's number and name with the bank."),
    Reason("already_registered", "Keluarga ini sudah tercatat; isi baris berbeda dari yang tercatat dan tidak diambil.",
           "This family is in the register; the row differs from what was registered and was not taken.",
           "Hapus baris ini dari berkas; ajukan perubahannya sebagai perubahan data keluarga.",
           "Take the row out of the file; have it changed as a change of the household's data."),
    Reason("dropped_by_operator", "Laporan ini tidak dapat diproses dan dihentikan oleh pengelola sistem.",
           "This report could not be processed and was dropped by the operators of the system.",
           "Kirim baris ini sekali lagi; bila berulang, hubungi pengelola.",
           "Send this row once more; if it repeats, tell the operators."),
)  # fmt: skip

WARNINGS: Final[tuple[Reason, ...]] = (
    Reason("nik_birth_date_mismatch", "Tanggal lahir pada NIK berbeda dari yang tertulis.",
           "The birth date inside the NIK is another than the one written.",
           "Periksa; NIK tidak berubah walau tanggal lahir diperbaiki.",
           "Check it; a NIK stays the same when a birth date is corrected."),
    Reason("nik_sex_mismatch", "Jenis kelamin pada NIK berbeda dari yang tertulis.",
           "The sex inside the NIK is another than the one written.",
           "Periksa jenis kelamin.", "Check the sex."),
    Reason("nik_region_mismatch", "Kabupaten/kota pada NIK berbeda dari wilayah tinggal.",
           "The regency inside the NIK is another than where the person lives.",
           "Tidak perlu apa-apa bila orang ini memang pindah.", "Nothing to do where the person has moved."),
    Reason("member_nik_invalid", "NIK salah satu anggota tidak sah; anggota dicatat tanpa NIK.",
           "The NIK of a member is not valid; the member is recorded without one.",
           "Perbaiki NIK anggota itu.", "Correct that member's NIK."),
    Reason("member_without_recipient", "Anggota dengan NO_KK yang tidak ada pada lembar penerima; tidak dicatat.",
           "A member whose NO_KK stands in no recipient's row; not recorded.",
           "Samakan NO_KK anggota dengan NO_KK penerimanya.",
           "Write the member's NO_KK as in the recipient's row."),
    Reason("member_unreadable", "Anggota tanpa nama, dengan NO_KK yang tidak sah, atau barisnya rusak; tidak dicatat.",
           "A member without a name, whose NO_KK is not valid, or whose row is damaged; not recorded.",
           "Isi nama dan 16 angka NO_KK anggota itu sebagai teks.",
           "Enter that member's name, and the 16 digits of NO_KK as text."),
    Reason("member_cell_unreadable", "Ada sel anggota yang rusak (rumus gagal, huruf rusak, atau terlalu panjang); "
           "anggota dicatat tanpa isi sel itu.",
           "A cell of a member is damaged (a failed formula, damaged characters, or too long); the member is recorded "
           "without it.",
           "Perbaiki sel itu pada lembar anggota.", "Correct that cell in the sheet of members."),
    Reason("total_row_left_out", "Baris JUMLAH atau TOTAL tidak dihitung sebagai penerima.",
           "A row that says JUMLAH or TOTAL is not counted as a recipient.",
           "Tidak perlu apa-apa, kecuali baris itu memang seorang warga.",
           "Nothing to do, unless that row is a person."),
    Reason("hidden_sheet_left_out", "Ada lembar tersembunyi yang mirip lembar ini; isinya tidak dibaca.",
           "A hidden sheet looks like this one; it was not read.",
           "Bila isinya diperlukan, tampilkan lembar itu dan kirim sebagai berkas sendiri.",
           "If it is needed, show that sheet and send it as a file of its own."),
    Reason("sheet_left_out", "Ada lembar lain yang mirip; yang dibaca hanya lembar dengan nama yang diminta.",
           "Another sheet looks like this one; only the one with the right name was read.",
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
        "Hubungi dinas sosial.",
        "Ask the social office.",
    )
    return {"id": reason.id, "en": reason.en, "next_id": reason.next_id, "next_en": reason.next_en}
