"""A family is visited: photos, the place on the map, the criteria. All at once, or what is added and repaired later."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from padan_events.criteria import MEANINGS_2022, MEANINGS_BPS, Answer, Criterion2022, CriterionBps
from padan_events.evidence import PhotoKind
from padan_events.personal import MapPoint
from padan_events.telling import told

MOST_PHOTOS: Final = 20
MOST_SIMILAR: Final = 20
"""Of how many other households with the same photo is told: more make the reason to look no greater."""


def _named(meanings: Mapping[Any, tuple[str, str]]) -> msgspec.Meta:
    """Which criteria there are and what each means, for the JSON Schema: of keys it would say nothing."""
    named = [
        {"const": str(code), "title": english, "description": meant} for code, (meant, english) in meanings.items()
    ]
    return msgspec.Meta(extra_json_schema={"propertyNames": {"oneOf": named}, "minProperties": len(named)})


class PhotoFound(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What registry-ingest knows of a photo; never taken from a person. `latitude` and `longitude` are what the camera
    wrote into it, both or neither."""

    sha256: str
    similar_to: tuple[UUID, ...] = ()
    latitude: float | None = None
    longitude: float | None = None


class NamedPhoto(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A photo that was uploaded for this household before."""

    photo_id: UUID
    kind: PhotoKind
    found: Annotated[PhotoFound | None, told("Filled in by the service: what is sent here counts for nothing.")] = None


Photos = Annotated[tuple[NamedPhoto, ...], msgspec.Meta(max_length=MOST_PHOTOS)]
VisitedOn = Annotated[date, told("Local date of the visit.")]
Criteria2022 = Annotated[dict[Criterion2022, Answer], told("Each of the nine criteria of 2022."), _named(MEANINGS_2022)]
CriteriaBps = Annotated[dict[CriterionBps, Answer], told("Each of the fourteen criteria of BPS."), _named(MEANINGS_BPS)]
Place = Annotated[MapPoint, told("Where the house stands; of a family without shelter, where they stay.")]


class VerifyHousehold(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="verify_household", tag_field="command"
):
    """A family was visited and found as it was told. Takes photos of the house from outside and inside and of the
    family card: no house where `no_shelter` holds, no card where the family has none."""

    household_id: UUID
    visited_on: VisitedOn
    criteria_2022: Criteria2022
    criteria_bps: CriteriaBps
    photos: Photos
    map_point: Place


class AttachEvidence(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="attach_evidence", tag_field="command"
):
    """Photos that were uploaded before become evidence of a household."""

    household_id: UUID
    photos: Annotated[tuple[NamedPhoto, ...], msgspec.Meta(min_length=1, max_length=MOST_PHOTOS)]


class GeotagHousehold(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="geotag_household", tag_field="command"
):
    """The place of a household on the map is given, or given anew."""

    household_id: UUID
    map_point: Place


class AssessCircumstances(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="assess_circumstances", tag_field="command"
):
    """A family was asked about the criteria, or asked again."""

    household_id: UUID
    visited_on: VisitedOn
    criteria_2022: Criteria2022
    criteria_bps: CriteriaBps


FieldWork = VerifyHousehold | AttachEvidence | GeotagHousehold | AssessCircumstances
"""Commands of those who visit families."""
