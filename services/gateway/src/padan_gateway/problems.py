"""Every problem the gateway itself answers with: stable code, both languages, what to do next."""

from collections.abc import Callable, Sequence
from typing import Any

from padan_runtime.field_faults import FieldFault
from padan_runtime.problems import Problem, Text
from padan_runtime.problems import request_invalid as of_request
from padan_runtime.problems import service_unavailable as of_service
from pydantic import BaseModel, ConfigDict


class ProblemDocument(BaseModel):
    """An error for a person (RFC 9457): a stable code, what is wrong and what to do, in both languages."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    detail_id: str
    next_step: str
    next_step_id: str


def token_missing() -> Problem:
    return Problem(
        "token_missing",
        401,
        Text("Anda belum masuk.", "You are not signed in."),
        Text(
            "Masuk dahulu. Untuk pembuat aplikasi: header Authorization: Bearer <token>.",
            "Sign in first. For developers: the header Authorization: Bearer <token>.",
        ),
    )


def token_invalid() -> Problem:
    return Problem(
        "token_invalid",
        401,
        Text("Waktu masuk Anda sudah habis, atau tidak dikenali.", "Your sign-in has expired or is not recognized."),
        Text("Masuk lagi, lalu ulangi.", "Sign in again, then repeat what you did."),
    )


def role_forbidden() -> Problem:
    return Problem(
        "role_forbidden",
        403,
        Text("Akun Anda tidak berhak untuk ini.", "Your account has no right to this."),
        Text("Bila Anda memerlukannya, hubungi dinas sosial.", "If you need it, ask the social office."),
    )


def region_forbidden() -> Problem:
    return Problem(
        "region_forbidden",
        403,
        Text("Wilayah ini di luar wilayah tugas Anda.", "This region is outside the one you work for."),
        Text("Pilih wilayah di dalam wilayah tugas Anda.", "Choose a region inside your own."),
    )


def region_unknown() -> Problem:
    return Problem(
        "region_unknown",
        422,
        Text("Kode wilayah tidak dikenal.", "The region code is not known."),
        Text(
            "Pakai kode wilayah dari Kemendagri (2, 4, 6, atau 10 angka), atau ID untuk seluruh Indonesia.",
            "Use a Kemendagri region code (2, 4, 6 or 10 digits), or ID for the whole nation.",
        ),
    )


def purpose_missing() -> Problem:
    return Problem(
        "purpose_missing",
        403,
        Text(
            "Ini memuat data pribadi, dan tujuan Anda belum dipilih.",
            "This holds personal data, and you have not chosen a purpose.",
        ),
        Text(
            "Pilih tujuannya: pemeriksaan, perbaikan, pengaduan, pembayaran, atau audit. Untuk pembuat aplikasi: "
            "header Padan-Purpose: verification, correction, complaint, payment, audit.",
            "Choose verification, correction, complaint, payment or audit. For developers: the header Padan-Purpose.",
        ),
    )


def household_not_found() -> Problem:
    return Problem(
        "household_not_found",
        404,
        Text("Keluarga ini tidak ada di wilayah Anda.", "There is no such family in your region."),
        Text("Periksa nomor keluarga itu.", "Check the family's number."),
    )


def person_not_found() -> Problem:
    return Problem(
        "person_not_found",
        404,
        Text("NIK ini tidak tercatat di wilayah Anda.", "This NIK is not in the register of your region."),
        Text(
            "Cocokkan NIK dengan e-KTP. Bila sudah sama, usulkan keluarganya.",
            "Compare the NIK with the identity card. If they are the same, propose the family.",
        ),
    )


def batch_not_found() -> Problem:
    return Problem(
        "batch_not_found",
        404,
        Text("Kiriman ini tidak ada di wilayah Anda.", "There is no such upload in your region."),
        Text("Periksa nomor kiriman.", "Check the upload's number."),
    )


def check_not_found() -> Problem:
    return Problem(
        "check_not_found",
        404,
        Text("Pemeriksaan daftar ini tidak ada di wilayah Anda.", "There is no such check of a list in your region."),
        Text("Periksa nomor pemeriksaan.", "Check its number."),
    )


def report_not_ready() -> Problem:
    return Problem(
        "report_not_ready",
        409,
        Text("Laporan belum selesai.", "The report is not ready yet."),
        Text(
            "Tunggu sampai pemeriksaan selesai, lalu buka lagi.", "Wait until the checks are done, then open it again."
        ),
    )


def nik_invalid() -> Problem:
    return Problem(
        "nik_length",
        422,
        Text("NIK tidak terdiri dari 16 angka.", "The NIK does not have 16 digits."),
        Text("Tulis 16 angka NIK seperti pada e-KTP.", "Write the 16 digits as on the identity card."),
    )


def review_unknown() -> Problem:
    return Problem(
        "review_unknown",
        404,
        Text("Tidak ada peninjauan dengan id itu di wilayah Anda.", "There is no review with that id in your region."),
        Text("Lihat daftar peninjauan di wilayah Anda.", "See the list of reviews in your region."),
    )


def photo_unknown() -> Problem:
    return Problem(
        "photo_unknown",
        422,
        Text("Foto itu bukan foto keluarga ini.", "That is no photo of this household."),
        Text("Kirim fotonya dahulu untuk keluarga ini.", "Send the photo for this household first."),
    )


def round_not_found() -> Problem:
    return Problem(
        "round_not_found",
        404,
        Text("Verifikasi bulan ini belum dibuka di desa itu.", "The round of this month is not open in that village."),
        Text("Minta dinas sosial membukanya.", "Ask the social office to open it."),
    )


def cursor_invalid() -> Problem:
    return Problem(
        "cursor_invalid",
        422,
        Text("Halaman ini bukan halaman dari daftar ini.", "This page is not one of this list."),
        Text("Mulai lagi dari halaman pertama.", "Start again from the first page."),
    )


def position_invalid() -> Problem:
    return Problem(
        "position_invalid",
        422,
        Text("min_position harus berbentuk shard:posisi.", "min_position has the form shard:position."),
        Text("Pakai posisi dari jawaban sebelumnya.", "Use the position of an earlier answer."),
    )


def view_behind() -> Problem:
    return Problem(
        "view_behind",
        503,
        Text("Data terbaru belum muncul di sini.", "The newest data is not here yet."),
        Text("Tunggu sebentar, lalu coba lagi.", "Wait a moment, then try again."),
    )


def service_unavailable(service: str) -> Problem:
    """As `padan_runtime.problems` answers where another server does not."""
    return of_service(service)


def tus_version() -> Problem:
    return Problem(
        "tus_version",
        412,
        Text("Aplikasi Anda mengirim dengan cara yang tidak kami kenal.", "Your app sends in a way we do not know."),
        Text(
            "Perbarui aplikasi Anda. Untuk pembuat aplikasi: header Tus-Resumable: 1.0.0.",
            "Update your app. For developers: the header Tus-Resumable: 1.0.0.",
        ),
    )


def piece_type() -> Problem:
    return Problem(
        "piece_type",
        415,
        Text("Aplikasi Anda keliru mengirim potongan berkas.", "Your app sent the piece in the wrong way."),
        Text(
            "Perbarui aplikasi Anda. Untuk pembuat aplikasi: header Content-Type: application/offset+octet-stream.",
            "Update your app. For developers: the header Content-Type: application/offset+octet-stream.",
        ),
    )


def request_invalid(faults: Sequence[tuple[str, str] | FieldFault] = (("query.limit", "less_than_equal"),)) -> Problem:
    """Shape of what `padan_runtime.problems` answers to a request that does not fit its schema."""
    return of_request(faults)


def body_too_large(most: int = 2_000_000) -> Problem:
    return Problem(
        "body_too_large",
        413,
        Text(f"Kiriman ini lebih dari {most} byte.", f"The request has more than {most} bytes."),
        Text("Bagi kiriman ini menjadi beberapa.", "Send it in several parts."),
    )


SIGNED_IN: tuple[Callable[[], Problem], ...] = (token_missing, token_invalid, role_forbidden, region_unknown)
"""What any request with a token can come to."""


def responses(*problems: Callable[[], Problem]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses with an example for each problem, by status."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for make in problems:
        problem = make()
        answer = by_status.setdefault(
            problem.status,
            {
                "description": "",
                "content": {
                    "application/problem+json": {
                        "schema": {"$ref": "#/components/schemas/ProblemDocument"},
                        "examples": {},
                    }
                },
            },
        )
        answer["description"] = ", ".join(filter(None, [answer["description"], problem.code]))
        answer["content"]["application/problem+json"]["examples"][problem.code] = {"value": problem.document()}
    return by_status


def passed_through(
    codes: str = "file_too_large, not_a_spreadsheet, report_not_ready and others",
) -> dict[int | str, dict[str, Any]]:
    """OpenAPI response of a refusal that comes from the service behind, word for word."""
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    return {
        "default": {
            "description": f"Refused by registry-ingest: {codes}",
            "content": {"application/problem+json": {"schema": schema}},
        }
    }
