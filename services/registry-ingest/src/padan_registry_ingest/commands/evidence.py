"""Which photos a command names, and of which families they have to be. What a visit brings home is in `visiting`."""

from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

import msgspec
from padan_events.commands import Command
from padan_events.commands.cases import Deliberate
from padan_events.commands.dying import ReportDeath
from padan_events.commands.objections import RaiseObjection
from padan_events.commands.recipients import VerifyRecipient, VerifyRecipients
from padan_events.evidence import PhotoKind


class EvidencePhoto(msgspec.Struct, frozen=True):
    """A photo in a field of a command; `kind`, where it has to show just that."""

    photo_id: UUID
    households: Collection[UUID]
    field: str
    kind: PhotoKind | None = None

    def stands_at(self, places: Mapping[UUID, tuple[UUID, PhotoKind]]) -> bool:
        """Whether it came for one of these families; `places` are household and kind of those that came."""
        household, kind = places.get(self.photo_id, (None, None))
        return household in self.households and self.kind in {None, kind}


def named_photos(command: Command) -> list[EvidencePhoto]:
    """The photos that a command names, as far as no visit is told by it."""
    return list(_named(command))


def _named(command: Command) -> Iterator[EvidencePhoto]:
    if isinstance(command, VerifyRecipient | RaiseObjection) and command.photo is not None:
        yield EvidencePhoto(command.photo, {command.household_id}, "photo")
    if isinstance(command, VerifyRecipients):
        for number, case in enumerate(command.cases):
            if case.photo is not None:
                yield EvidencePhoto(case.photo, {case.household_id}, f"cases.{number}.photo")
    if isinstance(command, ReportDeath):
        for number, photo_id in enumerate(command.photos):
            yield EvidencePhoto(photo_id, {command.household_id}, f"photos.{number}")
    if isinstance(command, Deliberate):
        households = {case.household_id for case in command.cases}
        for number, photo_id in enumerate(command.minutes_photos):
            yield EvidencePhoto(photo_id, households, f"minutes_photos.{number}", PhotoKind.MINUTES)
