"""What is wrong with what somebody brings home from a visit, by itself. Pure: photos are looked up by the caller."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.commands import Fault
from padan_events.commands.verifying import MOST_SIMILAR, FieldWork, NamedPhoto, PhotoFound
from padan_events.criteria import Criterion2022, CriterionBps
from padan_events.evidence import PhotoKind
from padan_events.personal import MapPoint

from padan_registry_ingest.domain.photos import PhotoFacts
from padan_registry_ingest.domain.texts import EARLIEST

WORST_ACCURACY_M: Final = 50.0
"""A point that may be further off than this does not say which house is meant (default)."""
_BOUNDS: Final = {"latitude": (-11.2, 6.3), "longitude": (94.7, 141.2)}
"""Indonesia, from Rote to Weh and from Weh to the border in Papua, with the sea around."""
_AHEAD: Final = timedelta(minutes=5)
"""How far the clock of a device may be ahead of ours."""
_EASTERNMOST: Final = timedelta(hours=9)
_LISTS: Final = {"criteria_2022": Criterion2022, "criteria_bps": CriterionBps}


def photos_of(command: FieldWork) -> tuple[NamedPhoto, ...]:
    """The photos a command names, none where it has no place for them."""
    photos: tuple[NamedPhoto, ...] = getattr(command, "photos", ())
    return photos


def tidied_visit(command: Any) -> Any:
    """The command as a person may send it: what is known of photos is not theirs to say."""
    if not isinstance(command, FieldWork) or not photos_of(command):
        return command
    photos = tuple(msgspec.structs.replace(photo, found=None) for photo in photos_of(command))
    return msgspec.structs.replace(command, photos=photos)


def with_found(command: FieldWork, facts: Mapping[UUID, PhotoFacts]) -> Any:
    """The command with what is known of its photos."""
    if not photos_of(command):
        return command
    photos = tuple(
        msgspec.structs.replace(photo, found=_found(facts[photo.photo_id]) if photo.photo_id in facts else None)
        for photo in photos_of(command)
    )
    return msgspec.structs.replace(command, photos=photos)


def _found(facts: PhotoFacts) -> PhotoFound:
    position = facts.details.position
    return PhotoFound(
        sha256=facts.sha256.hex(),
        similar_to=tuple(sorted(facts.similar)[:MOST_SIMILAR]),
        latitude=None if position is None else position.latitude,
        longitude=None if position is None else position.longitude,
    )


def visit_faults(command: FieldWork, now: datetime) -> list[Fault]:
    """All that is wrong, in the order of the form."""
    return list(_wrong(command, now))


def _wrong(command: Any, now: datetime) -> Iterator[Fault]:
    given = command.__struct_fields__
    if "visited_on" in given and command.visited_on > (now + _EASTERNMOST).date():  # which village, household knows
        yield Fault("date_in_future", "visited_on")
    if "visited_on" in given and command.visited_on < EARLIEST:
        yield Fault("date_too_early", "visited_on")
    for name, criteria in _LISTS.items():
        if name in given:
            answers = getattr(command, name)
            yield from (Fault("criterion_unanswered", f"{name}.{c}") for c in criteria if c not in answers)
    if "photos" in given:
        ids = [photo.photo_id for photo in command.photos]
        repeated = (index for index, photo_id in enumerate(ids) if photo_id in ids[:index])
        yield from (Fault("photo_repeated", f"photos.{index}.photo_id") for index in repeated)
    if "map_point" in given:
        yield from off_the_map(command.map_point, now)


def off_the_map(point: MapPoint, now: datetime) -> Iterator[Fault]:
    """What is wrong with a place on the map, in the field `map_point`."""
    for name, (least, most) in _BOUNDS.items():
        if not least <= getattr(point, name) <= most:
            yield Fault("position_outside", f"map_point.{name}")
    if not 0 < point.accuracy_m <= WORST_ACCURACY_M:
        yield Fault("position_inaccurate", "map_point.accuracy_m")
    if point.captured_at.tzinfo is None:
        yield Fault("time_without_zone", "map_point.captured_at")
    elif point.captured_at > now + _AHEAD:
        yield Fault("date_in_future", "map_point.captured_at")


def photo_faults(photos: Sequence[NamedPhoto], known: Mapping[UUID, PhotoKind]) -> list[Fault]:
    """Photos that are not this household's, or show something else; `known` are all photos of the household."""
    faults = []
    for index, photo in enumerate(photos):
        if photo.photo_id not in known:
            faults.append(Fault("photo_unknown", f"photos.{index}.photo_id"))
        elif known[photo.photo_id] != photo.kind:
            faults.append(Fault("photo_unknown", f"photos.{index}.kind"))
    return faults
