"""Why a command of a person is refused: stable codes with words and what to do, in both languages.

The one catalogue of these; docs/refusals.md is made from it. Where a row of a file is invalid for the same reason, the
words are those of `domain.reasons`.
"""

from typing import Final

import msgspec

from padan_registry_ingest.domain.reasons import BY_CODE, MOST_MEMBERS, words


class Words(msgspec.Struct, frozen=True):
    """One refusal: the HTTP status of an answer whose first reason it is, what is wrong, and what to do."""

    code: str
    status: int
    id: str
    en: str
    next_id: str
    next_en: str


def _as_in_files(status: int, *codes: str) -> tuple[Words, ...]:
    found = (BY_CODE[code] for code in codes)
    return tuple(Words(r.code, status, r.id, r.en, r.next_id, r.next_en) for r in found)


_OF_COMMANDS: Final = (
    Words("idempotency_key_missing", 400, "Kiriman ini tidak menyebut kuncinya, atau kuncinya terlalu panjang.",
          "The request names no key, or one that is too long.",
          "Perbarui aplikasi Anda. Untuk pembuat aplikasi: header Idempotency-Key, 1 sampai 200 huruf ASCII.",
          "Update your app. For developers: the header Idempotency-Key, 1 to 200 ASCII characters."),
    Words("idempotency_key_reused", 422, "Kunci kiriman ini sudah dipakai untuk isian yang lain.",
          "The key of this request was used for another one.",
          "Kirim sekali lagi dari awal. Untuk pembuat aplikasi: isian baru memerlukan Idempotency-Key baru.",
          "Send it again from the beginning. For developers: a new request takes a new Idempotency-Key."),
    Words("role_forbidden", 403, "Akun Anda tidak berhak melakukan ini.", "Your account has no right to do this.",
          "Bila Anda memerlukannya, hubungi dinas sosial.", "If you need it, ask the social office."),
    Words("region_forbidden", 403, "Desa ini di luar wilayah tugas Anda.",
          "This village is outside the region you work for.",
          "Minta petugas wilayah itu yang melakukannya.", "Ask whoever works for that region to do it."),
    Words("region_unknown", 422, "Kode desa/kelurahan tidak dikenal.", "The code of the village is not known.",
          "Pilih desa dari daftar. Untuk pembuat aplikasi: 10 angka kode Kemendagri (bukan kode BPS).",
          "Choose the village from the list. For developers: the 10-digit Kemendagri code (not the BPS code)."),
    Words("household_unknown", 404, "Keluarga ini tidak ada di daftar.", "There is no such family in the register.",
          "Periksa nomor keluarga itu.", "Check the family's number."),
    Words("household_erased", 409, "Data keluarga ini sudah dihapus atas permintaan.",
          "The data of this family were erased on request.",
          "Tidak ada yang dapat diubah lagi.", "Nothing of it can be changed any more."),
    Words("household_closed", 409, "Keluarga ini sudah tidak aktif di daftar.",
          "This family is not active in the register any more.",
          "Bila itu keliru, minta dinas sosial mengaktifkannya kembali.",
          "If that is wrong, ask the social office to reactivate it."),
    Words("version_differs", 412, "Data keluarga ini sudah diubah orang lain sesudah Anda membukanya.",
          "Somebody has changed this family since you looked at it.",
          "Buka lagi, periksa, lalu ulangi.", "Open it again, check, then repeat."),
    Words("not_its_turn", 409, "Usulan ini sekarang bukan di tahap Anda.", "It is not your tier's turn with this case.",
          "Lihat tahapnya di halaman keluarga itu.", "See on the family's page where the case stands."),
    Words("already_approved", 409, "Anda sudah menyetujui usulan ini di tahap lain.",
          "You have approved this case at another tier already.",
          "Orang lain harus memutuskan tahap ini.", "Somebody else must decide at this tier."),
    Words("not_earlier", 422, "Usulan hanya dapat dikembalikan ke tahap yang lebih awal.",
          "A case can only be returned to an earlier tier.",
          "Pilih tahap yang lebih awal.", "Choose an earlier tier."),
    Words("reason_reserved", 422, "Alasan ini hanya dicatat oleh sistem.", "Only the system records this reason.",
          "Pilih alasan lain.", "Choose another reason."),
    Words("still_in_register", 409, "Keluarga ini masih aktif di daftar.", "This family is still in the register.",
          "Tidak perlu diaktifkan kembali.", "There is nothing to reactivate."),
    Words("case_repeated", 422, "Keluarga ini disebut dua kali dalam satu kiriman.",
          "This family is named twice in one request.",
          "Yang pertama sudah diputuskan.", "The first one was decided."),
    Words("event_too_large", 413, "Isian ini terlalu banyak untuk satu kiriman.",
          "This is more than one command can hold.", "Bagi menjadi beberapa kiriman.", "Split it into several."),
    Words("already_dead", 409, "Orang ini sudah tercatat meninggal.", "This person is recorded as dead already.",
          "Tidak perlu dilaporkan lagi.", "There is no need to report it again."),
    Words("death_already_reported", 409, "Kematian orang ini sudah dilaporkan dan menunggu dinas sosial.",
          "This death was reported already and waits for the social office.",
          "Tunggu keputusan dinas sosial.", "Wait for the social office."),
    Words("death_not_reported", 409, "Tidak ada laporan kematian orang ini yang menunggu.",
          "No report of this person's death is waiting.",
          "Buka lagi data keluarga itu.", "Open the family again."),
    Words("own_report", 403, "Laporan sendiri tidak boleh dikonfirmasi sendiri.",
          "Nobody confirms their own report.", "Minta petugas dinas sosial yang lain.",
          "Ask another official of the social office."),
    Words("evidence_missing", 422, "Bukti kematian belum ada.", "There is no evidence of the death.",
          "Lampirkan foto surat kematian, atau tulis siapa yang memberi keterangan.",
          "Attach a photo of the certificate, or write who says so."),
    Words("date_in_future", 422, "Tanggal ini di masa depan.", "This date is in the future.",
          "Perbaiki tanggalnya, atau jam di perangkat Anda.", "Correct the date, or the clock of your device."),
    Words("time_without_zone", 422, "Waktu ini tidak menyebut zonanya.", "This time does not say its zone.",
          "Perbarui aplikasi Anda. Untuk pembuat aplikasi: waktu RFC 3339, seperti 2026-01-25T20:00:00+07:00.",
          "Update your app. For developers: a time of RFC 3339, such as 2026-01-25T20:00:00+07:00."),
    Words("minutes_number_invalid", 422, "Nomor berita acara tidak benar.", "This is no number of minutes.",
          "Tulis nomornya saja, paling panjang 60 huruf, seperti 141/07/BA/2026.",
          "Write the number only, at most 60 characters, such as 141/07/BA/2026."),
    Words("members_missing", 422, "Belum ada anggota keluarga.", "There are no members yet.",
          "Isi sedikitnya satu orang.", "Enter at least one person."),
    Words("too_many_members", 422, f"Anggota keluarga lebih dari {MOST_MEMBERS} orang.",
          f"The family has more than {MOST_MEMBERS} members.",
          "Satu usulan hanya untuk satu keluarga. Usulkan keluarga yang lain tersendiri.",
          "One proposal is for one family only. Propose other families by themselves."),
    Words("caretaker_unknown", 422, "Pengurus bukan salah satu anggota yang diisi.",
          "The caretaker is not one of the members given.",
          "Pilih pengurus dari anggota keluarga.", "Choose the caretaker among the members."),
    Words("member_repeated", 422, "NIK yang sama diisi untuk dua anggota.", "Two members have the same NIK.",
          "Bila orangnya sama, hapus satu. Bila orangnya lain, perbaiki NIK-nya.",
          "If it is the same person, remove one. If it is another person, correct the NIK."),
    Words("text_damaged", 422, "Ada huruf yang rusak atau tidak dapat dibaca.",
          "There are characters that are damaged or cannot be read.",
          "Hapus isian itu, lalu ketik ulang.", "Empty the field and type it again."),
    Words("text_too_long", 422, "Isian ini terlalu panjang.", "This is too long.",
          "Pendekkan isian itu.", "Shorten it."),
    Words("birth_date_invalid", 422, "Tanggal lahir tidak mungkin: sebelum tahun 1900 atau di masa depan.",
          "The birth date is impossible: before 1900 or in the future.",
          "Tulis tanggal lahir seperti pada e-KTP.", "Write the birth date as on the identity card."),
    Words("barred_occupation", 409, "Orang ini tercatat sebagai ASN, TNI, Polri, atau petugas kesejahteraan sosial, "
          "jadi tidak boleh menerima.",
          "This person is recorded as a civil servant, soldier, police officer or welfare worker, "
          "and may not receive aid.",
          "Bila catatan itu keliru, sampaikan buktinya ke dinas sosial.",
          "If that record is wrong, show the social office the proof."),
    Words("date_too_early", 422, "Tanggal ini terlalu lama: sebelum tahun 1900.", "This date is before 1900.",
          "Perbaiki tanggalnya.", "Correct the date."),
    Words("member_unknown", 409, "Orang ini bukan anggota keluarga itu yang masih hidup, atau disebut dua kali.",
          "This person is no living member of that family, or is named twice.",
          "Buka lagi halaman keluarga itu, lalu pilih dari anggotanya.",
          "Open the family's page again and choose among its members."),
    Words("nobody_stays", 409, "Tidak ada anggota yang tinggal di keluarga lama.",
          "Nobody would stay in the old family.",
          "Sisakan sedikitnya satu orang. Bila semua pindah: catat pindah alamat, atau minta dinas sosial "
          "menggabungkan kedua keluarga.",
          "Leave at least one person. If all of them go: record a move, or ask the social office to merge the "
          "families."),
    Words("head_unclear", 422, "Kepala keluarga harus tepat satu orang.", "A family has exactly one head.",
          "Pilih satu kepala untuk keluarga baru; siapa pun yang masuk ke keluarga yang sudah ada bukan kepala.",
          "Choose one head for a new family; whoever joins one that exists is not its head."),
    Words("same_household", 422, "Kedua keluarga itu sama.", "Both are the same family.",
          "Pilih keluarga yang lain.", "Choose another family."),
    Words("already_so", 409, "Memang sudah begitu; tidak ada yang berubah.", "It is so already; nothing changes.",
          "Tidak perlu apa-apa.", "There is nothing to do."),
    Words("under_age", 422, "Pengurus harus berumur 17 tahun atau lebih.", "A caretaker is 17 or older.",
          "Pilih anggota lain. Bila tidak ada yang dewasa, hubungi dinas sosial.",
          "Choose another member. If there is no adult, ask the social office."),
    Words("person_erased", 409, "Data orang ini sudah dihapus atas permintaan.",
          "The data of this person were erased on request.",
          "Tidak ada yang dapat diubah lagi.", "Nothing of it can be changed any more."),
    Words("nik_not_recorded", 409, "Orang ini belum punya NIK di daftar.", "No NIK is recorded for this person.",
          "Hubungkan orang ini dengan NIK-nya lebih dulu (link_identity).",
          "Join the person to their NIK first (link_identity)."),
    Words("identity_linked", 409, "Orang ini sudah punya NIK di daftar.", "This person has a NIK in the register.",
          "Bila NIK itu keliru, perbaiki (correct_member).", "If that NIK is wrong, correct it (correct_member)."),
    Words("head_named", 409, "Keluarga ini sudah punya kepala keluarga.", "The family has a head already.",
          "Perbaiki dulu hubungan kepala keluarga yang keliru.",
          "First correct the relationship of the head who was named wrongly."),
    Words("no_conflict", 409, "Tidak ada perbedaan data yang menunggu keputusan.",
          "There is no difference that waits to be settled.",
          "Lihat perbedaan yang ada di halaman keluarga itu.", "See on the family's page which differences there are."),
    Words("registry_kept", 422, "Bila data Dukcapil yang benar, data di daftar harus diperbaiki.",
          "Where the civil registry is right, the register has to be corrected.",
          "Perbaiki data anggota itu menurut Dukcapil (correct_member).",
          "Correct the member by the civil registry (correct_member)."),
    Words("criterion_unanswered", 422, "Pertanyaan ini belum dijawab.", "This question was not answered.",
          "Jawab ya, tidak, atau tidak tahu.", "Answer yes, no or unknown."),
    Words("photo_unknown", 422, "Foto ini belum dikirim untuk keluarga ini, atau jenisnya lain.",
          "This photo was not sent for this family, or is of another kind.",
          "Kirim dulu fotonya di halaman keluarga itu, lalu pilih lagi.",
          "Send the photo on the family's page first, then choose it again."),
    Words("photo_repeated", 422, "Foto ini dipilih dua kali.", "This photo was chosen twice.",
          "Pilih satu saja.", "Choose it once."),
    Words("photo_already_attached", 409, "Foto ini sudah menjadi bukti keluarga itu.",
          "These photos are evidence of this family already.",
          "Tidak perlu dikirim lagi.", "There is nothing to send."),
    Words("house_front_missing", 422, "Belum ada foto rumah dari depan.",
          "There is no photo of the house from outside.",
          "Foto rumah dari depan, dari atap sampai lantai. Bila keluarga tidak punya tempat berteduh, "
          "jawab ya pada pertanyaan pertama.",
          "Take the house from outside, from roof to floor. If the family has no shelter, "
          "answer yes to the first question."),
    Words("house_inside_missing", 422, "Belum ada foto bagian dalam rumah.",
          "There is no photo of the house from inside.",
          "Foto ruang di dalam rumah. Bila keluarga tidak punya tempat berteduh, jawab ya pada pertanyaan pertama.",
          "Take a room of the house. If the family has no shelter, answer yes to the first question."),
    Words("family_card_missing", 422, "Belum ada foto kartu keluarga (KK).", "There is no photo of the family card.",
          "Foto kartu keluarganya.", "Take a photo of the family card."),
    Words("position_outside", 422, "Titik lokasi ini di luar Indonesia.", "This place is outside Indonesia.",
          "Ambil lagi titik lokasi di tempat keluarga itu.", "Take the map point again where the family lives."),
    Words("position_inaccurate", 422, "Titik lokasi kurang teliti: harus dalam 50 meter.",
          "The map point is not accurate enough: it takes 50 metres.",
          "Keluar ke tempat terbuka, tunggu sebentar, lalu ambil lagi titik lokasinya.",
          "Go out into the open, wait a moment, and take the map point again."),
)  # fmt: skip

CATALOGUE: Final = (
    *_OF_COMMANDS,
    *_as_in_files(422, "name_missing", "nik_length", "nik_date", "nik_serial", "family_card_length"),
    *_as_in_files(
        409, "nik_unknown", "deceased", "moved_away", "identity_blocked", "name_differs", "birth_date_differs",
        "family_card_differs", "duplicate_in_register",
    ),
)  # fmt: skip

REFUSALS: Final = {refusal.code: refusal for refusal in CATALOGUE}


def words_of(code: str) -> Words:
    """The words of a refusal; of one that another version of the services knows, words that name it."""
    found = words(code)
    return REFUSALS.get(code) or Words(code, 409, found["id"], found["en"], found["next_id"], found["next_en"])
