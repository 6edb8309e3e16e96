"""Every problem the gateway itself answers with: stable code, both languages, what to do next."""

from collections.abc import Callable
from typing import Any

from padan_runtime.problems import Problem, Text
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
        Text("Permintaan tanpa token masuk.", "The request carries no access token."),
        Text("Kirim header Authorization: Bearer <token>.", "Send the header Authorization: Bearer <token>."),
    )


def token_invalid() -> Problem:
    return Problem(
        "token_invalid",
        401,
        Text("Token tidak sah atau sudah kedaluwarsa.", "The token is not valid or has expired."),
        Text("Masuk kembali untuk mendapat token baru.", "Sign in again to get a new token."),
    )


def role_forbidden() -> Problem:
    return Problem(
        "role_forbidden",
        403,
        Text("Peran Anda tidak berhak atas ini.", "Your role has no right to this."),
        Text("Mintalah kepada dinas sosial di wilayah Anda.", "Ask the social office of your region."),
    )


def region_forbidden() -> Problem:
    return Problem(
        "region_forbidden",
        403,
        Text("Wilayah ini di luar wilayah tugas Anda.", "This region lies outside the one you act for."),
        Text("Pilih wilayah di dalam wilayah tugas Anda.", "Choose a region inside your own."),
    )


def region_unknown() -> Problem:
    return Problem(
        "region_unknown",
        422,
        Text("Kode wilayah tidak dikenal.", "The region code is not known."),
        Text(
            "Pakai kode Kemendagri 2, 4, 6 atau 10 angka, atau ID untuk nasional.",
            "Use a Kemendagri code of 2, 4, 6 or 10 digits, or ID for the nation.",
        ),
    )


def purpose_missing() -> Problem:
    return Problem(
        "purpose_missing",
        403,
        Text(
            "Ini memuat data pribadi; tujuannya belum disebut.", "This holds personal data, and no purpose is stated."
        ),
        Text(
            "Kirim header Padan-Purpose: verification, correction, complaint atau audit.",
            "Send the header Padan-Purpose: verification, correction, complaint or audit.",
        ),
    )


def household_not_found() -> Problem:
    return Problem(
        "household_not_found",
        404,
        Text("Keluarga ini tidak ada di wilayah Anda.", "There is no such household in your region."),
        Text("Periksa id keluarga.", "Check the household's id."),
    )


def person_not_found() -> Problem:
    return Problem(
        "person_not_found",
        404,
        Text("NIK ini tidak terdaftar di wilayah Anda.", "This NIK is not in the register of your region."),
        Text("Periksa NIK, atau usulkan keluarganya.", "Check the NIK, or propose the family."),
    )


def batch_not_found() -> Problem:
    return Problem(
        "batch_not_found",
        404,
        Text("Kiriman berkas ini tidak ada di wilayah Anda.", "There is no such batch in your region."),
        Text("Periksa nomor kiriman.", "Check the upload's id."),
    )


def check_not_found() -> Problem:
    return Problem(
        "check_not_found",
        404,
        Text("Pemeriksaan daftar ini tidak ada di wilayah Anda.", "There is no such check of a list in your region."),
        Text("Periksa nomor pemeriksaan.", "Check its id."),
    )


def nik_invalid() -> Problem:
    return Problem(
        "nik_length",
        422,
        Text("NIK harus 16 angka.", "A NIK has 16 digits."),
        Text("Tulis NIK seperti pada KTP.", "Write the NIK as it stands on the identity card."),
    )


def cursor_invalid() -> Problem:
    return Problem(
        "cursor_invalid",
        422,
        Text("Penanda halaman tidak sah untuk daftar ini.", "The cursor is not one of this list."),
        Text("Mulai lagi dari halaman pertama.", "Begin again with the first page."),
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
        Text("Data terbaru belum sampai di tampilan.", "The view has not reached that position yet."),
        Text("Coba lagi beberapa saat lagi.", "Try again in a moment."),
    )


def service_unavailable(service: str) -> Problem:
    return Problem(
        "service_unavailable",
        503,
        Text(f"Layanan {service} belum menjawab.", f"The service {service} does not answer."),
        Text("Coba lagi beberapa saat lagi.", "Try again in a moment."),
    )


def tus_version() -> Problem:
    return Problem(
        "tus_version",
        412,
        Text("Versi tus ini tidak dikenal.", "This version of tus is not spoken here."),
        Text("Kirim header Tus-Resumable: 1.0.0.", "Send the header Tus-Resumable: 1.0.0."),
    )


def piece_type() -> Problem:
    return Problem(
        "piece_type",
        415,
        Text("Potongan berkas dikirim dengan jenis isi yang lain.", "The piece came with another content type."),
        Text(
            "Kirim header Content-Type: application/offset+octet-stream.",
            "Send the header Content-Type: application/offset+octet-stream.",
        ),
    )


def request_invalid() -> Problem:
    """Shape of what `padan_runtime.problems` answers to a request that does not fit its schema."""
    return Problem(
        "request_invalid",
        422,
        Text("Isian tidak sah: query.limit.", "Not valid: query.limit."),
        Text("Perbaiki isian itu dan kirim lagi.", "Correct it and send again."),
        fields=[{"field": "query.limit", "error": "less_than_equal"}],
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
