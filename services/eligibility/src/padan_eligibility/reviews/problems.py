"""Why a review is not closed, in both languages, and what to do."""

from typing import Final

from padan_runtime.problems import Text

REVIEW_REASONS: Final[dict[str, tuple[int, Text, Text]]] = {
    "review_unknown": (
        404,
        Text("Tidak ada peninjauan dengan id itu.", "There is no review with that id."),
        Text("Lihat daftar peninjauan di wilayah Anda.", "See the list of reviews in your region."),
    ),
    "review_not_yours": (
        403,
        Text(
            "Peninjauan ini milik dinas sosial wilayah lain.", "This review is for the social office of another region."
        ),
        Text(
            "Peninjauan ditutup oleh dinas sosial wilayah keluarga, provinsinya, atau kementerian.",
            "A review is closed by the social office where the family lives, by its province, or by the ministry.",
        ),
    ),
    "review_passed_on": (
        403,
        Text(
            "Tenggatnya lewat; peninjauan ini sudah pindah ke tingkat di atas.",
            "It was late, and went to a higher tier.",
        ),
        Text("Sampaikan temuan Anda ke tingkat itu.", "Tell that tier what you found."),
    ),
    "review_own_report": (
        403,
        Text("Kecocokan ini Anda sendiri yang melaporkan.", "You passed this match on yourself."),
        Text("Orang lain harus memutuskannya.", "Somebody else has to decide on it."),
    ),
    "review_gone": (
        409,
        Text(
            "Peninjauan ini selesai sendiri: orangnya bukan anggota lagi, atau keluarganya keluar dari data.",
            "This review ended by itself: the person is no member any more, or the household has left the register.",
        ),
        Text("Tidak ada yang perlu dilakukan.", "Nothing has to be done."),
    ),
    "review_closed": (
        409,
        Text("Peninjauan ini sudah ditutup.", "This review is closed."),
        Text(
            "Hanya tingkat di atas yang menutupnya yang dapat memutuskan lain (di kementerian: orang lain).",
            "Only a tier above the one that closed it can decide otherwise (at the ministry: somebody else).",
        ),
    ),
    "review_evidence_missing": (
        422,
        Text("Bantuan tidak diakhiri tanpa bukti.", "Aid is not ended without evidence."),
        Text("Tulis apa yang ditemukan, atau sebutkan foto.", "Say what was found, or name photos."),
    ),
    "review_key_reused": (
        422,
        Text("Idempotency-Key ini sudah dipakai untuk hal lain.", "This Idempotency-Key was used for something else."),
        Text("Pakai kunci baru untuk permintaan baru.", "Use a new key for a new request."),
    ),
    "household_erased": (
        409,
        Text("Data keluarga ini sudah dihapus.", "This family's data were erased."),
        Text("Tutup tanpa catatan.", "Close it without a note."),
    ),
}
"""By code: HTTP status, what is wrong, what to do."""
