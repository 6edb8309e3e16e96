"""The OpenAPI 3.1 document, and the index at the root."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from padan_gateway.answers import WATERMARK_HEADER
from padan_gateway.commands import forms
from padan_gateway.problems import ProblemDocument

DESCRIPTION: dict[str, Any] = {
    "summary": "The social registry's public door.",
    "description": (
        "Every answer carries a watermark: how far the views had come. Personal data are masked unless the role may "
        "see them and the request states why (`Padan-Purpose`); each such read is logged. Errors are problem documents "
        "(RFC 9457) with a stable `code` and words in Indonesian and English."
    ),
}


def install(app: FastAPI) -> None:
    """Make `/openapi.json` name the problem document and the watermark header everywhere they occur."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                description=app.description,
                routes=app.routes,
            )
            schemas = schema["components"]["schemas"]
            schemas |= forms.schemas()[1]
            schemas["ProblemDocument"] = ProblemDocument.model_json_schema()
            # FastAPI's own shape of a validation error is never sent: problems are.
            schemas.pop("HTTPValidationError", None)
            schemas.pop("ValidationError", None)
            for path in schema["paths"].values():
                for operation in path.values():
                    _settle(operation["responses"])
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def _settle(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if status.startswith("2"):
            response.setdefault("headers", {})[WATERMARK_HEADER] = {
                "description": "Everything household had accepted at this time is in the views.",
                "schema": {"type": "string", "format": "date-time"},
            }
        elif "application/json" in response.get("content", {}):
            content = response["content"]
            del content["application/json"]
            if not content:
                content["application/problem+json"] = {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}


def index(app: FastAPI) -> dict[str, Any]:
    """What there is, by address."""
    paths = app.openapi()["paths"]
    return {
        "name": "Padan",
        "openapi": "/openapi.json",
        "addresses": {
            f"{method.upper()} {path}": operation["summary"]
            for path, operations in paths.items()
            for method, operation in operations.items()
        },
    }
