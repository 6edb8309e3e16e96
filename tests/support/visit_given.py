"""What a visit to a family brings home, as a person sends it."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from padan_events.commands.verifying import NamedPhoto, PhotoFound, VerifyHousehold
from padan_events.criteria import Answer, Criterion2022, CriterionBps
from padan_events.evidence import PhotoKind
from padan_events.personal import MapPoint

PLACE = MapPoint(
    latitude=-6.7545, longitude=111.0381, accuracy_m=8.5, captured_at=datetime(2026, 3, 10, 2, 30, tzinfo=UTC)
)
CRITERIA_2022 = dict.fromkeys(Criterion2022, Answer.NO) | {Criterion2022.FOOD_INSECURITY: Answer.YES}
CRITERIA_BPS = dict.fromkeys(CriterionBps, Answer.NO) | {CriterionBps.UNSAFE_WATER: Answer.UNKNOWN}
HOUSE = (PhotoKind.HOUSE_FRONT, PhotoKind.HOUSE_INSIDE)


def found_photo(kind: PhotoKind, **of: Any) -> NamedPhoto:
    """A photo with what registry-ingest knows of it; by default nothing is to be said against it."""
    photo_id: UUID = uuid5(NAMESPACE_OID, kind)
    return NamedPhoto(photo_id=photo_id, kind=kind, found=PhotoFound(**({"sha256": photo_id.hex * 2} | of)))


def a_visit(household_id: UUID, **changed: Any) -> VerifyHousehold:
    """A complete one."""
    given: dict[str, Any] = {
        "visited_on": date(2026, 3, 10),
        "criteria_2022": CRITERIA_2022,
        "criteria_bps": CRITERIA_BPS,
        "photos": tuple(map(found_photo, (*HOUSE, PhotoKind.FAMILY_CARD))),
        "map_point": PLACE,
    }
    return VerifyHousehold(household_id=household_id, **given | changed)
