"""What visits brought home, in the views: photos by household, the newest map point, when the criteria were asked."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from padan_events import Event
from padan_events.evidence import CircumstancesAssessed, EvidenceAttached, Geotagged
from padan_events.personal import MapPoint
from padan_runtime.sealing import open_sealed
from psycopg import Connection


class EvidenceRow(msgspec.Struct):
    """A photo as it was attached last."""

    kind: str
    flags: list[str]
    attached_at: datetime


class VisitRow(msgspec.Struct):
    """What a batch says of the visits of one household; what is None stays as it is. `place` None with `geotagged_at`:
    its key was destroyed."""

    place: MapPoint | None = None
    geotagged_at: datetime | None = None
    assessed_on: date | None = None
    assessed_at: datetime | None = None


class Visits(msgspec.Struct):
    """Everything one batch comes to: evidence by household and photo, the rest by household."""

    evidence: dict[tuple[UUID, UUID], EvidenceRow] = {}
    visits: dict[UUID, VisitRow] = {}

    def fold(self, event: Event, data: msgspec.Struct, key: bytes | None) -> None:
        """Apply one event; `key` is that of the household's identity. Raises `SealError`."""
        match data:
            case EvidenceAttached():
                flags = [flag.value for flag in data.flags]
                row = EvidenceRow(data.kind.value, flags, event.time)
                self.evidence[data.household_id, data.photo_id] = row
            case Geotagged():
                visit = self._of(data.household_id)
                visit.geotagged_at, visit.place = event.time, None
                if key is not None:
                    visit.place = open_sealed(
                        key, data.position, MapPoint, subject=data.household_id, event_id=event.event_id
                    )
            case CircumstancesAssessed():
                visit = self._of(data.household_id)
                visit.assessed_on, visit.assessed_at = data.occurred_on, event.time

    def _of(self, household_id: UUID) -> VisitRow:
        return self.visits.setdefault(household_id, VisitRow())


_EVIDENCE = (
    "INSERT INTO evidence_view (household_id, photo_id, kind, flags, attached_at) VALUES (%s, %s, %s, %s, %s) "
    "ON CONFLICT (household_id, photo_id) DO UPDATE SET kind = EXCLUDED.kind, flags = EXCLUDED.flags, "
    "attached_at = EXCLUDED.attached_at"
)
_PLACE = ("latitude", "longitude", "accuracy_m", "captured_at")
_VISIT = (
    f"INSERT INTO visit_view AS v (household_id, {', '.join(_PLACE)}, geotagged_at, assessed_on, assessed_at) "  # noqa: S608  # constants
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (household_id) DO UPDATE SET "
    + ", ".join(f"{c} = CASE WHEN EXCLUDED.geotagged_at IS NULL THEN v.{c} ELSE EXCLUDED.{c} END" for c in _PLACE)
    + ", geotagged_at = coalesce(EXCLUDED.geotagged_at, v.geotagged_at), "
    "assessed_on = coalesce(EXCLUDED.assessed_on, v.assessed_on), "
    "assessed_at = coalesce(EXCLUDED.assessed_at, v.assessed_at)"
)


def write(connection: Connection[Any], visits: Visits) -> None:
    """Write a batch's visits inside the caller's transaction."""
    with connection.cursor() as cursor:
        if visits.evidence:
            cursor.executemany(
                _EVIDENCE,
                [(*ids, row.kind, row.flags, row.attached_at) for ids, row in visits.evidence.items()],
            )
        if visits.visits:
            cursor.executemany(_VISIT, [_visit(household, row) for household, row in visits.visits.items()])


def _visit(household_id: UUID, row: VisitRow) -> tuple[Any, ...]:
    place: tuple[Any, ...] = (None,) * len(_PLACE)
    if row.place is not None:
        place = tuple(getattr(row.place, column) for column in _PLACE)
    return household_id, *place, row.geotagged_at, row.assessed_on, row.assessed_at
