"""How what visits brought home is read and shown."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from padan_events.evidence import EvidenceFlag, PhotoKind
from psycopg import Connection
from psycopg.rows import dict_row
from pydantic import Field as Described

from padan_gateway.answers import Model
from padan_gateway.domain.access import Field, Right, right
from padan_gateway.domain.lens import Lens


class GeotagPart(Model):
    """Where the household lives, as a device measured it (WGS 84)."""

    latitude: float = Described(examples=[-6.7545])
    longitude: float = Described(examples=[111.0381])
    accuracy_m: float = Described(description="Radius in metres.", examples=[8.5])
    captured_at: datetime


class EvidencePart(Model):
    """A photo that is evidence; `GET /v1/households/ID/photos/PHOTO` shows it. `flags` are reasons to look again."""

    photo_id: UUID
    kind: PhotoKind
    flags: list[EvidenceFlag]
    attached_at: datetime


class AssessmentPart(Model):
    """When the family was last asked about the criteria of poverty. What it answered is sealed for decisions alone."""

    assessed_on: date
    assessed_at: datetime


class VisitParts(Model):
    """What visits brought home. What is null is not known, or not for the caller."""

    geotag: GeotagPart | None = Described(description="The newest map point; only with a purpose.")
    evidence: list[EvidencePart] | None = Described(description="By the time they were attached.")
    assessment: AssessmentPart | None


def read(connection: Connection[Any], household_id: UUID) -> tuple[Mapping[str, Any] | None, list[dict[str, Any]]]:
    """The visits of a household, and the photos that are evidence. Row-level security applies."""
    with connection.cursor(row_factory=dict_row) as cursor:
        visit = cursor.execute("SELECT * FROM visit_view WHERE household_id = %s", [household_id]).fetchone()
        evidence = cursor.execute(
            "SELECT photo_id, kind, flags, attached_at FROM evidence_view WHERE household_id = %s "
            "ORDER BY attached_at, photo_id",
            [household_id],
        ).fetchall()
    return visit, evidence


def shown(visit: Mapping[str, Any] | None, evidence: Sequence[Mapping[str, Any]], lens: Lens) -> dict[str, Any]:
    """As `VisitParts`. That a photo exists takes the right to see photos, but no purpose: it is not the picture."""
    visit = visit or {}
    may_look = right(lens.role, Field.PHOTO) is not Right.HIDDEN
    if not may_look:
        lens.hidden.add(Field.PHOTO)
    return {
        "geotag": lens.show(Field.GEOTAG, _part(visit, GeotagPart)),
        "evidence": list(evidence) if may_look else None,
        "assessment": lens.show(Field.DECISION, _part(visit, AssessmentPart)),
    }


def _part(visit: Mapping[str, Any], part: type[Model]) -> dict[str, Any] | None:
    values = {name: visit.get(name) for name in part.model_fields}
    return None if None in values.values() else values
