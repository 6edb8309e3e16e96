"""Why a draft of a policy is refused, in both languages, and what to do."""

from typing import Final

from padan_runtime.problems import Problem, Text

from padan_eligibility.domain.policy_conditions import Text as Fault
from padan_eligibility.payments.problems import PAYMENT_REASONS
from padan_eligibility.periods.problems import REASONS as PERIOD_REASONS
from padan_eligibility.policies.circles import CircularDocumentError
from padan_eligibility.policies.reading import DocumentError
from padan_eligibility.reviews.problems import REVIEW_REASONS

NOT_TEXT: Final = Fault("bukan teks UTF-8", "not UTF-8 text")
REASONS: Final[dict[str, tuple[int, Text, Text]]] = {
    "policy_unknown": (
        404,
        Text("Tidak ada rancangan kebijakan dengan versi itu.", "There is no draft of that version."),
        Text("Periksa kode program dan versinya.", "Check the programme's code and the version."),
    ),
    "policy_not_yours": (
        403,
        Text("Program ini milik pihak atau daerah lain.", "This programme is another owner's."),
        Text(
            "Kebijakan disusun dan diterbitkan oleh pemilik program.",
            "Policies are drafted and published by the programme's owner.",
        ),
    ),
    "policy_version_published": (
        409,
        Text("Versi kebijakan ini sudah diterbitkan.", "This version of the policy is published already."),
        Text("Susun perubahan sebagai versi baru.", "Draft the change as a new version."),
    ),
    "policy_backdated": (
        422,
        Text("Tanggal mulai berlaku sudah lewat.", "The date from which it holds has passed."),
        Text("Pakai tanggal hari ini atau sesudahnya.", "Let it hold from today on, or later."),
    ),
    "second_person_needed": (
        409,
        Text("Rancangan ini Anda sendiri yang menyusun.", "You drafted this policy yourself."),
        Text(
            "Orang lain dari pemilik program harus memeriksa dan menerbitkannya.",
            "Somebody else of the programme's owner must review and publish it.",
        ),
    ),
    "policy_not_reviewed": (
        409,
        Text("Rancangan ini belum diperiksa.", "This draft has not been reviewed."),
        Text(
            "Orang lain dari pemilik program memeriksanya dahulu.",
            "Somebody else of the programme's owner reviews it first.",
        ),
    ),
    "policy_circular": (
        422,
        Text("Program ini akan bergantung pada dirinya sendiri.", "The programme would depend on itself."),
        Text(
            "Hapus syarat tempat itu, atau minta pemilik program lain mengubah kebijakannya.",
            "Drop that criterion, or ask the other programme's owner to change its policy.",
        ),
    ),
    "policy_changed_since": (
        409,
        Text("Rancangan ini sudah diganti sejak Anda membacanya.", "The draft was replaced since you read it."),
        Text("Baca rancangan yang terbaru, lalu periksa lagi.", "Read the latest draft, then review it again."),
    ),
}
"""By code: HTTP status, what is wrong, what to do. Of a policy."""
QUOTA_REASONS: Final[dict[str, tuple[int, Text, Text]]] = {
    "programme_unknown": (
        404,
        Text("Tidak ada program dengan kode itu.", "There is no programme with that code."),
        Text("Lihat kode program di daftar kebijakan.", "See the codes in the list of policies."),
    ),
    "region_unknown": (
        422,
        Text("Kode kabupaten/kota itu tidak dikenal.", "There is no regency or city with that code."),
        Text("Pakai kode Kemendagri empat angka.", "Use its four-digit Kemendagri code."),
    ),
    "quota_outside_programme": (
        422,
        Text("Program ini tidak berlaku di kabupaten/kota itu.", "The programme is not for that regency or city."),
        Text("Tetapkan kuota di wilayah program.", "Set quotas within the programme's regions."),
    ),
    "idempotency_key_reused": (
        422,
        Text("Idempotency-Key ini sudah dipakai untuk kuota lain.", "This Idempotency-Key was used for another quota."),
        Text("Pakai kunci baru untuk permintaan baru.", "Use a new key for a new request."),
    ),
    "facts_outdated": (
        409,
        Text(
            "Data keluarga yang sudah ditetapkan belum memuat tanggal penetapannya.",
            "Families are recorded from before the date of determination was kept.",
        ),
        Text(
            "Minta pengelola menjalankan `padan rebuild eligibility.facts`, lalu kirim lagi.",
            "Ask the people who run the system for `padan rebuild eligibility.facts`, then send again.",
        ),
    ),
    "quota_exceeds_nation": (
        409,
        Text(
            "Jumlah kuota kabupaten/kota akan melebihi kuota nasional.",
            "The regencies' quotas would come to more than the nation's.",
        ),
        Text(
            "Kurangi kuota daerah lain, atau naikkan kuota nasional dahulu.",
            "Lower another regency's, or raise the nation's first.",
        ),
    ),
}
"""The same, of a quota."""

RECOMPUTATION_REASONS: Final[dict[str, tuple[int, Text, Text]]] = {
    "recomputation_unknown": (
        404,
        Text("Tidak ada versi kebijakan yang terbit dengan kode itu.", "No such version of a policy was published."),
        Text("Lihat daftar hitung ulang.", "See the list of recomputations."),
    ),
    "recomputation_not_running": (
        409,
        Text("Hitung ulang ini tidak sedang berjalan.", "This recomputation is not under way."),
        Text("Lihat keadaannya di daftar hitung ulang.", "See its state in the list of recomputations."),
    ),
    "recomputation_not_paused": (
        409,
        Text("Hitung ulang ini tidak sedang dijeda.", "This recomputation is not paused."),
        Text("Lihat keadaannya di daftar hitung ulang.", "See its state in the list of recomputations."),
    ),
}
"""The same, of a recomputation."""


def refused(code: str) -> Problem:
    """The problem of a code."""
    every = REASONS | QUOTA_REASONS | RECOMPUTATION_REASONS | REVIEW_REASONS | PERIOD_REASONS | PAYMENT_REASONS
    status, detail, next_step = every[code]
    return Problem(code, status, detail, next_step)


def document_invalid(error: DocumentError) -> Problem:
    """A document that is no policy: where, what is wrong, and what may stand there; or one by which a programme would
    depend on itself, with the circle."""
    if isinstance(error, CircularDocumentError):
        status, _, next_step = REASONS["policy_circular"]
        return Problem(
            "policy_circular",
            status,
            Text(f"Baris {error.line}: {error.fault.id}.", f"Line {error.line}: {error.fault.en}."),
            next_step,
            line=error.line,
            column=error.column,
            circle=list(error.circle),
        )
    return Problem(
        "policy_invalid",
        422,
        Text(f"Baris {error.line}: {error.fault.id}.", f"Line {error.line}: {error.fault.en}."),
        Text("Perbaiki dokumennya, lalu kirim lagi.", "Correct the document, then send it again."),
        line=error.line,
        column=error.column,
        allowed=list(error.allowed),
    )


def request_malformed() -> Problem:
    """A request of another service that says too little."""
    return Problem(
        "service_request_malformed",
        400,
        Text("Permintaan layanan ini keliru.", "The service's request is malformed."),
        Text("Periksa layanan pemanggil.", "Check the calling service."),
    )
