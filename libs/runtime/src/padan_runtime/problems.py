"""Errors that reach a person: a stable code, what is wrong and what to do, in Indonesian and English (RFC 9457)."""

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from padan_runtime.field_faults import FieldFault, Text, of_form, sentence
from padan_runtime.logs import logger

__all__ = [
    "RESTARTING",
    "TYPE_PREFIX",
    "FieldFault",
    "Problem",
    "Text",
    "Unavailable",
    "install",
    "request_invalid",
    "response",
    "service_unavailable",
]

TYPE_PREFIX = "urn:padan:problem:"


class Problem(Exception):
    """An error for a person. `code` is stable, `status` the HTTP status, `next_step` what they can do."""

    def __init__(self, code: str, status: int, detail: Text, next_step: Text, **extra: Any) -> None:
        super().__init__(code)
        self.code, self.status, self.detail, self.next_step, self.extra = code, status, detail, next_step, extra

    def document(self) -> dict[str, Any]:
        """The problem as an `application/problem+json` document."""
        return {
            "type": TYPE_PREFIX + self.code,
            "title": self.code,
            "status": self.status,
            "code": self.code,
            "detail": self.detail.en,
            "detail_id": self.detail.id,
            "next_step": self.next_step.en,
            "next_step_id": self.next_step.id,
            **self.extra,
        }


RESTARTING = Problem(
    "service_restarting",
    503,
    Text("Sistem sedang dimulai ulang.", "The system is being restarted."),
    Text("Tunggu sebentar, lalu coba lagi.", "Wait a moment, then try again."),
)


class Unavailable(Exception):
    """Another server did not answer; the same work may go through later. Names the server only."""


def response(problem: Problem) -> Response:
    """The HTTP answer of a problem."""
    headers = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "5"}, 503: {"Retry-After": "5"}}
    return Response(
        msgspec.json.encode(problem.document()),
        problem.status,
        headers.get(problem.status),
        media_type="application/problem+json",
    )


def request_invalid(faults: Sequence[tuple[str, str] | FieldFault]) -> Problem:
    """A request that does not fit its schema: the fields, each with what is wrong with it."""
    found = [fault if isinstance(fault, FieldFault) else FieldFault(*fault) for fault in faults]
    return Problem(
        "request_invalid",
        422,
        sentence(found),
        Text("Perbaiki isian itu, lalu kirim lagi.", "Correct it, then send again."),
        fields=[fault.document() for fault in found],
    )


_OUTSIDE = {
    "civil_registry": Text("Dukcapil belum menjawab.", "The civil registry does not answer."),
    "barred_register": Text(
        "Daftar ASN, TNI, dan Polri belum menjawab.", "The register of barred occupations does not answer."
    ),
}


def service_unavailable(service: str) -> Problem:
    """Another server did not answer. `service` is said as it is, so that whoever asked for it can say so, too."""
    inside = Text(f"Bagian sistem {service} belum menjawab.", f"The service {service} does not answer.")
    return Problem(
        "service_unavailable",
        503,
        _OUTSIDE.get(service, inside),
        Text("Tunggu sebentar, lalu coba lagi.", "Wait a moment, then try again."),
        service=service,
    )


_HTTP = {
    404: ("not_found", Text("Alamat ini tidak ada.", "There is nothing at this address."),
          Text("Periksa alamat di dokumentasi API.", "Check the address in the API documentation.")),
    405: ("method_not_allowed", Text("Metode ini tidak berlaku di sini.", "This method does not apply here."),
          Text("Periksa metode di dokumentasi API.", "Check the method in the API documentation.")),
}  # fmt: skip


def install(app: FastAPI) -> None:
    """Answer every error of `app` as problem+json; an unexpected one is logged by type and place only."""

    @app.exception_handler(Problem)
    async def known(_: Request, error: Problem) -> Response:
        return response(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        return response(request_invalid([of_form(fault) for fault in error.errors()]))

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> Response:
        code, detail, step = _HTTP.get(
            error.status_code,
            (f"http_{error.status_code}", Text("Permintaan ditolak.", "The request was refused."),
             Text("Periksa dokumentasi API.", "Check the API documentation.")),
        )  # fmt: skip
        return response(Problem(code, error.status_code, detail, step))

    @app.exception_handler(Unavailable)
    async def away(_: Request, error: Unavailable) -> Response:
        return response(service_unavailable(str(error)))

    @app.exception_handler(Exception)
    async def unexpected(_: Request, error: Exception) -> Response:
        logger().error("unexpected error", exc_info=error)
        return response(
            Problem(
                "internal_error",
                500,
                Text("Ada gangguan di sistem kami.", "Something went wrong on our side."),
                Text(
                    "Coba lagi. Bila terulang, hubungi pengelola sistem.",
                    "Try again. If it happens again, tell the people who run the system.",
                ),
            )
        )
