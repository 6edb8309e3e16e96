"""What a register simulator refuses, as problem+json (RFC 9457) with a stable code and no personal data."""

from __future__ import annotations

import msgspec
from fastapi import Request, Response


class RegisterError(Exception):
    """A refusal: HTTP status, stable code, and a text that never repeats what was sent."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail


def request_malformed(error: msgspec.DecodeError) -> RegisterError:
    """Return the refusal of a body that is not the request expected, naming where, not what.

    msgspec's own text can quote the value it found, which here may be a name or a NIK.
    """
    _, separator, where = str(error).rpartition(" - at ")
    return RegisterError(
        422, "request_malformed", f"unexpected value at {where}" if separator else "not the JSON expected"
    )


async def answer_with_problem(_: Request, error: Exception) -> Response:
    """Turn a RegisterError into its answer."""
    assert isinstance(error, RegisterError)
    body = {
        "type": "about:blank",
        "status": error.status,
        "code": error.code,
        "title": error.code,
        "detail": error.detail,
    }
    headers = {"Retry-After": "1"} if error.status == 503 else None
    return Response(msgspec.json.encode(body), error.status, headers, "application/problem+json")
