"""The batch report as registry-ingest writes it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Described

from padan_gateway.answers import WatermarkPart
from padan_gateway.problems import ProblemDocument

State = Literal[
    "received",
    "reading",
    "validating",
    "matching",
    "waiting_for_civil_registry",
    "reporting",
    "deciding",
    "done",
    "dry_run_done",
    "repeated",
    "failed",
    "cancelling",
    "cancelled",
]


class _Open(BaseModel):
    """The report may grow: fields are added, never changed."""

    model_config = ConfigDict(extra="allow")


class UploadAnswer(_Open):
    """A file was taken; follow it by its id."""

    upload_id: UUID
    state: State


class ProgressPart(_Open):
    """Where the stage under way stands, in rows."""

    stage: str
    done: int
    total: int


class CorrectionPart(_Open):
    """What a corrected file changed, in rows. `removed` rows stood in the file before and not in this one; those of
    them that are in the register (`removed_registered`) stay there."""

    of: UUID
    unchanged: int = Described(description="In the register already, the same in every cell: not registered again.")
    now_valid: int = Described(description="Were invalid and are valid now.")
    still_invalid: int
    changed_accepted: int = Described(description="In the register already, and changed: not taken.")
    new: int
    removed: int
    removed_registered: int


class BatchAnswer(_Open):
    """What became of a file: states, counts and the validity report."""

    upload_id: UUID
    batch_id: UUID | None = None
    kind: str = Described(examples=["registration"])
    dry_run: bool
    state: State
    repeat_of: UUID | None = None
    problem: ProblemDocument | None = None
    received_at: datetime
    finished_at: datetime | None = None
    rows: int | None = None
    reported_to: int | None = Described(default=None, description="The last row that was worked off.")
    valid: int | None = None
    invalid: int | None = None
    waiting: int | None = None
    matched: int | None = None
    progress: ProgressPart | None = None
    first_reasons: dict[str, int] | None = Described(default=None, examples=[{"nik_length": 1204}])
    every_reason: dict[str, int] | None = None
    warnings: dict[str, int] | None = None
    by_region: list[dict[str, Any]] | None = None
    reasons: dict[str, dict[str, str]] | None = None
    outcomes: dict[str, int] | None = None
    correction: CorrectionPart | None = None
    watermark: WatermarkPart


UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "anyOf": [{"required": ["file"]}, {"required": ["upload"]}],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "CSV or XLSX."},
                        "members": {
                            "type": "string",
                            "format": "binary",
                            "description": "The members' file that belongs to a CSV.",
                        },
                        "upload": {
                            "type": "string",
                            "format": "uuid",
                            "description": "Instead of `file`: one that came in pieces (/v1/uploads).",
                        },
                        "members_upload": {
                            "type": "string",
                            "format": "uuid",
                            "description": "Instead of `members`, likewise.",
                        },
                        "corrects": {
                            "type": "string",
                            "format": "uuid",
                            "description": "The earlier upload that this file corrects: only what changed is taken.",
                        },
                        "dry_run": {"type": "string", "enum": ["true", "false"], "default": "false"},
                        "kind": {
                            "type": "string",
                            "enum": ["auto", "registration", "ranking", "deaths"],
                            "default": "auto",
                        },
                    },
                }
            }
        },
    }
}
"""The upload's body for the OpenAPI document: the endpoint itself reads a stream and never the form."""
