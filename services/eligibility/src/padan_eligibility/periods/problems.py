"""Why a period is not opened, closed or shown, in both languages, and what to do."""

from typing import Final

from padan_runtime.problems import Text

REASONS: Final[dict[str, tuple[int, Text, Text]]] = {
    "period_unknown": (
        404,
        Text("Periode itu tidak ada, atau bukan di wilayah Anda.", "There is no such period, or not in your region."),
        Text("Lihat daftar periode.", "See the list of periods."),
    ),
    "period_places_wrong": (
        409,
        Text(
            "Ada keluarga yang sudah keluar dari data tetapi masih tercatat mendapat tempat.",
            "Families that have left the register are still written as holding a place.",
        ),
        Text(
            "Daftar tidak disegel. Minta operator sistem menjalankan `padan rebuild eligibility.places --verify`.",
            "The list is not sealed. Ask the system's operator to run `padan rebuild eligibility.places --verify`.",
        ),
    ),
    "period_name_invalid": (
        422,
        Text("Nama periode tidak sesuai jenisnya.", "The name does not fit the kind of period."),
        Text(
            "Pakai 2026-11 (bulan pemutakhiran), 2026-H2 (data semester) atau 2026-T1 sampai 2026-T4 (tahap salur).",
            "Use 2026-11 (update month), 2026-H2 (half-year set) or 2026-T1 to 2026-T4 (disbursement stage).",
        ),
    ),
    "period_programme_misplaced": (
        422,
        Text(
            "Hanya tahap salur yang memuat program, dan harus memuatnya.",
            "A disbursement stage names its programme, and no other kind does.",
        ),
        Text("Tambahkan atau hapus kode program.", "Add the programme's code, or take it out."),
    ),
    "period_region_wrong": (
        422,
        Text("Tahap salur mencakup seluruh wilayah program.", "A stage is of all its programme's region."),
        Text("Hapus kode wilayah.", "Leave the region out."),
    ),
    "period_not_yours": (
        403,
        Text("Periode ini milik pihak atau daerah lain.", "This period is another office's."),
        Text(
            "Tahap salur ditutup pemilik program; bulan dan semester oleh dinas sosial, provinsi (semester) atau "
            "kementerian untuk wilayahnya sendiri.",
            "A programme's owner closes its stages; social office, province (half-year sets) and ministry those of "
            "their own region.",
        ),
    ),
    "period_not_over": (
        409,
        Text("Periode ini belum berakhir menurut waktu setempat.", "The period is not over yet by local time."),
        Text(
            "Bulan ditutup mulai tanggal 1 bulan berikutnya; semester mulai 1 Juli atau 1 Desember.",
            "A month is closed from the first of the next one; a half-year set from 1 July or 1 December.",
        ),
    ),
    "period_closed": (
        409,
        Text("Periode ini sudah ditutup.", "The period is closed already."),
        Text("Lihat daftarnya yang tersegel.", "See its sealed list."),
    ),
    "period_not_closed": (
        409,
        Text("Periode ini belum ditutup, jadi belum ada daftarnya.", "The period is not closed, and has no list yet."),
        Text("Tutup periodenya dahulu.", "Close it first."),
    ),
    "period_later_closed": (
        409,
        Text("Periode sesudahnya sudah ditutup.", "A later period is closed already."),
        Text("Periode ditutup menurut urutannya.", "Periods are closed in their order."),
    ),
    "period_earlier_open": (
        409,
        Text("Periode sebelumnya masih terbuka.", "An earlier period is still open."),
        Text("Tutup yang lebih awal dahulu.", "Close the earlier one first."),
    ),
    "period_facts_behind": (
        409,
        Text(
            "Data belum sampai pada saat penutupan, atau terus berubah; tidak ada yang ditutup.",
            "The facts have not come to the cut in time; nothing was closed.",
        ),
        Text("Coba lagi dalam beberapa menit dengan kunci yang sama.", "Try again in some minutes, with the same key."),
    ),
    "period_events_parked": (
        409,
        Text(
            "Ada peristiwa keluarga wilayah ini yang tertahan; daftar tanpa itu akan keliru.",
            "Events of families of this region are parked: a list without them would be wrong.",
        ),
        Text(
            "Minta pengelola menjalankan `padan parked list`, lalu tutup lagi.",
            "Ask the people who run the system for `padan parked list`, then close again.",
        ),
    ),
    "period_key_reused": (
        422,
        Text("Idempotency-Key ini sudah dipakai untuk periode lain.", "This Idempotency-Key closed another period."),
        Text("Pakai kunci baru untuk permintaan baru.", "Use a new key for a new request."),
    ),
    "periods_not_alike": (
        422,
        Text(
            "Kedua periode berbeda jenis, wilayah atau programnya.",
            "The two periods differ in kind, region or programme.",
        ),
        Text("Bandingkan periode yang sejenis.", "Compare two of the same kind, region and programme."),
    ),
}
"""By code: HTTP status, what is wrong, what to do."""
