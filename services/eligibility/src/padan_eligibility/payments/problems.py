"""Why a payment list is not made, ordered or changed, and a result not taken, in both languages, and what to do."""

from typing import Final

from padan_runtime.problems import Text

RESULT_REASONS: Final[dict[str, tuple[Text, Text]]] = {
    "payment_line_unknown": (
        Text("Tidak ada baris dengan nomor itu di daftar ini.", "The list has no line of that number."),
        Text("Ambil lagi baris daftar, lalu periksa nomornya.", "Get the list's lines again and check the number."),
    ),
    "payment_step_not_allowed": (
        Text("Status ini tidak dapat mengikuti status sekarang.", "This status cannot follow the one the line has."),
        Text("Lihat status baris itu, lalu kirim hasil yang sesuai.", "See the line's status, then send what fits it."),
    ),
    "payment_result_differs": (
        Text("Hasil yang sama sudah diterima dengan isi lain.", "This result was given before with other content."),
        Text(
            "Hubungi pemilik program; yang pertama tetap berlaku.", "Ask the programme's owner; the first one stands."
        ),
    ),
    "payment_amount_differs": (
        Text("Jumlahnya bukan jumlah di baris itu.", "The amount is not the line's."),
        Text("Bayar dan laporkan jumlah yang tercantum di daftar.", "Pay and report the amount that the list names."),
    ),
    "payment_date_in_future": (
        Text("Tanggalnya belum tiba di daerah itu.", "The date has not come yet in that region."),
        Text("Laporkan tanggal saat hal itu terjadi.", "Report the date on which it happened."),
    ),
    "payment_date_before": (
        Text(
            "Tanggalnya sebelum baris itu didaftar atau diperintahkan.",
            "The date is before the line was listed or ordered, or before the result that it follows.",
        ),
        Text("Periksa tanggalnya, lalu kirim lagi.", "Check the date, then send again."),
    ),
    "payment_reason_invalid": (
        Text("Alasannya tidak sesuai untuk status ini.", "The reason does not fit the status."),
        Text(
            "Untuk excluded pakai: occupation, regionally_ineligible, deceased, data_incomplete, welfare_worker, "
            "place_ended.",
            "For excluded use: occupation, regionally_ineligible, deceased, data_incomplete, welfare_worker, "
            "place_ended.",
        ),
    ),
    "payment_reference_invalid": (
        Text("Nomor rujukan menyerupai NIK.", "The reference looks like a NIK."),
        Text("Pakai nomor transaksi bank tanpa 16 angka berurutan.", "Use a number of the bank's without 16 digits."),
    ),
}
"""Of a row of results, by code: what is wrong, what to do."""

PAYMENT_REASONS: Final[dict[str, tuple[int, Text, Text]]] = {
    "payment_list_unknown": (
        404,
        Text("Daftar pembayaran itu tidak ada, atau bukan milik Anda.", "There is no such payment list, or not yours."),
        Text("Lihat daftar-daftar pembayaran.", "See the payment lists."),
    ),
    "payment_not_yours": (
        403,
        Text("Ini hanya untuk pemilik program.", "This is for the programme's owner alone."),
        Text("Minta pemilik program melakukannya.", "Ask the programme's owner."),
    ),
    "payment_not_bank": (
        403,
        Text(
            "Hasil hanya diberikan oleh bank penyalur daftar ini.", "Results are given by the bank of the list alone."
        ),
        Text("Masuk dengan akun bank yang ditunjuk.", "Sign in with the account of the bank that was named."),
    ),
    "payment_period_unfit": (
        409,
        Text(
            "Daftar pembayaran dibuat dari tahap salur yang sudah ditutup.",
            "A payment list is made of a disbursement stage that is closed.",
        ),
        Text("Tutup tahap salurnya dahulu.", "Close the disbursement stage first."),
    ),
    "payment_in_kind": (
        422,
        Text("Program ini tidak memberi uang.", "This programme gives no money."),
        Text("Daftar pembayaran hanya untuk bantuan uang.", "Payment lists are for aid in money."),
    ),
    "payment_list_exists": (
        409,
        Text(
            "Daftar tahap ini sudah dibuat dengan bank lain.", "The stage's list was made already, with another bank."
        ),
        Text("Lihat daftar-daftar pembayaran.", "See the payment lists."),
    ),
    "payment_list_incomplete": (
        409,
        Text("Daftar pembayaran ini masih disusun.", "This payment list is still being made."),
        Text("Tunggu sebentar, lalu coba lagi.", "Wait a moment, then try again."),
    ),
    "payment_order_underway": (
        409,
        Text("Perintah bayar daftar ini masih berjalan.", "An order of this list is under way."),
        Text("Tunggu sebentar, lalu coba lagi.", "Wait a moment, then try again."),
    ),
    "payment_facts_behind": (
        503,
        Text("Data keluarga belum selesai dibaca.", "The facts of families have not been read to the end."),
        Text("Tunggu sebentar, lalu coba lagi.", "Wait a moment, then try again."),
    ),
    "payment_facts_missing": (
        503,
        Text(
            "Data sebuah keluarga di daftar yang disegel tidak ada; daftar pembayaran menunggu.",
            "The facts of a family on the sealed list are missing; the payment list waits for them.",
        ),
        Text(
            "Minta operator sistem memeriksa fakta eligibility; setelah itu daftar dilanjutkan sendiri.",
            "Ask the system's operator to check eligibility's facts; then the list goes on by itself.",
        ),
    ),
    "payment_events_parked": (
        409,
        Text(
            "Ada peristiwa keluarga yang tertahan; daftar tidak diperintahkan bayar sebelum dibaca.",
            "Events of families wait parked; nothing is ordered before they are read.",
        ),
        Text("Minta operator sistem memeriksa `padan parked`.", "Ask the system's operator to look at `padan parked`."),
    ),
    "payment_key_reused": (
        422,
        Text("Idempotency-Key ini sudah dipakai untuk hal lain.", "This Idempotency-Key was used for something else."),
        Text("Pakai kunci baru untuk permintaan baru.", "Use a new key for a new request."),
    ),
    "payment_line_missing": (
        404,
        Text("Tidak ada baris dengan nomor itu di daftar ini.", "The list has no line of that number."),
        Text("Lihat baris-baris daftar itu.", "See the lines of the list."),
    ),
    "payment_line_over": (
        409,
        Text("Baris ini sudah dibayar atau dikeluarkan.", "This line was paid or excluded already."),
        Text("Tidak ada yang dapat ditahan lagi.", "There is nothing left to be held."),
    ),
    "payment_held": (
        409,
        Text("Pemilik program sudah menahan baris ini.", "The programme's owner holds this line already."),
        Text("Lepaskan dahulu untuk menahannya dengan cara lain.", "Release it first, to hold it otherwise."),
    ),
    "payment_note_invalid": (
        422,
        Text("Kode alasan menyerupai NIK.", "The code of the reason looks like a NIK."),
        Text("Pakai kode singkat, misalnya address_disputed.", "Use a short code, such as address_disputed."),
    ),
    "payment_not_held": (
        409,
        Text("Pemilik program tidak menahan baris ini.", "The programme's owner does not hold this line."),
        Text(
            "Penahanan lain berakhir sendiri, misalnya bila ada pengurus pengganti. Bila tidak akan ada pengurus, "
            "lepaskan dengan kode alasan.",
            "Other holds end by themselves, such as when there is a new caretaker. Where there will be none, release "
            "it with a code of why.",
        ),
    ),
    "payment_line_ordered": (
        409,
        Text("Baris ini sudah diperintahkan bayar.", "This line was ordered already, in the name of who is gone."),
        Text("Tunggu jawaban bank, lalu lepaskan.", "Wait until the bank has answered it, then release it."),
    ),
    "payment_nobody_left": (
        409,
        Text("Tidak ada anggota keluarga yang masih hidup.", "No member of the family is alive."),
        Text("Baris ini dikeluarkan saat perintah bayar berikutnya.", "The next order excludes the line."),
    ),
    "payment_until_past": (
        422,
        Text("Tanggal akhir penahanan sudah lewat.", "The last date of the hold has passed."),
        Text("Pakai tanggal hari ini atau sesudahnya.", "Use today's date or a later one."),
    ),
    "recovery_unknown": (
        404,
        Text("Tidak ada penagihan kembali dengan id itu.", "There is no recovery with that id."),
        Text("Lihat daftar penagihan kembali.", "See the recoveries."),
    ),
    "recovery_closed": (
        409,
        Text("Penagihan kembali ini sudah selesai.", "This recovery is closed."),
        Text("Lihat hasilnya di daftar penagihan kembali.", "See its outcome among the recoveries."),
    ),
    "recovery_amount_wrong": (
        422,
        Text("Jumlahnya tidak sesuai hasilnya.", "The amount does not fit the outcome."),
        Text(
            "Untuk `returned` lebih dari nol dan paling banyak jumlah penagihan; selain itu nol.",
            "For `returned` more than zero and at most what is claimed; otherwise zero.",
        ),
    ),
}
"""By code: HTTP status, what is wrong, what to do."""
