"""A command is validated: by itself first, and only where nothing is wrong with it by the registers outside."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from padan_events.commands import Command, Fault, ProposeHousehold
from padan_events.commands.corrections import (
    AboutIdentity,
    CorrectHousehold,
    CorrectMember,
    IdentityToMatch,
    LinkIdentity,
    NeedsIdentity,
    RecheckIdentity,
)
from padan_events.commands.families import AddMember
from padan_events.commands.relocations import RelocateHousehold, RequestRelocation
from padan_events.commands.rounds import VillageCommand
from padan_events.commands.verifying import FieldWork
from padan_events.local_date import local_date
from padan_events.personal import Match

from padan_registry_ingest.commands.evidence import named_photos
from padan_registry_ingest.commands.household import DecidingHousehold
from padan_registry_ingest.commands.villages import of_villages
from padan_registry_ingest.commands.visiting import visited
from padan_registry_ingest.domain import reasons
from padan_registry_ingest.domain.cases import case_faults, tidied_case
from padan_registry_ingest.domain.corrections import correction_faults, tidied_correction
from padan_registry_ingest.domain.families import family_faults, tidied_family
from padan_registry_ingest.domain.matching import CivilAnswer, civil_reasons
from padan_registry_ingest.domain.proposals import faults_of, tidied
from padan_registry_ingest.domain.visits import tidied_visit
from padan_registry_ingest.matching.registers import BarredRegister, CivilQuestion, CivilRegistry
from padan_registry_ingest.photos.album import Album
from padan_registry_ingest.validating.check import known_region

EASTERNMOST = timedelta(hours=9)
"""Ahead of UTC: where a family lives, household knows."""
_PLACES = {
    "name_differs": "name",
    "birth_date_differs": "birth_date",
    "family_card_differs": "family_card_number",
}


class Validated(msgspec.Struct, frozen=True):
    """A command as it is decided on: with the civil registry's answer, all that is wrong with it, whom registers were
    asked about, and the version of the household that these data are of."""

    command: Command
    faults: tuple[Fault, ...] = ()
    asked_about: str | None = None
    version: int | None = None


def tidied_command(command: Command) -> Command:
    """The command as it was meant: without blanks around what was typed."""
    if isinstance(command, ProposeHousehold):
        return ProposeHousehold(household=tidied(command.household))
    corrects = isinstance(command, AboutIdentity | CorrectHousehold)
    tidy: Command = tidied_correction(command) if corrects else tidied_visit(tidied_family(tidied_case(command)))
    return tidy


def asks_registers(command: Command) -> bool:
    """Whether registers outside may be asked before a command is decided; else its validation costs nothing."""
    if isinstance(command, ProposeHousehold):
        return any(member.nik is not None for member in command.household.members)
    return isinstance(command, NeedsIdentity)


class Validation:
    """Validates commands; of a family the registers are asked of the caretaker alone, and later of who joins it, no
    more than is needed."""

    def __init__(
        self, civil: CivilRegistry, barred: BarredRegister, household: DecidingHousehold, album: Album
    ) -> None:
        self._civil, self._barred, self._household, self._album = civil, barred, household, album

    async def validate(self, command: Command, role: str, region: str, request_id: UUID) -> Validated:
        """All that is wrong with a command. `region` is where the asker acts: of whoever lives elsewhere nothing is
        asked, for household will refuse that anyway.

        Raises `Unavailable` and `RegisterError`: then nothing is known, and nothing was decided.
        """
        if isinstance(command, CorrectMember | LinkIdentity | RecheckIdentity | CorrectHousehold):
            return await self._corrected(command, role, region, str(request_id))
        if isinstance(command, FieldWork):
            found, wrong = await visited(command, self._album)
            return Validated(found, tuple(wrong))
        if not isinstance(command, ProposeHousehold):
            return await self._of_register(command, role, region, str(request_id))
        household = command.household
        village = household.village
        if len(village) != 10 or not known_region(village):
            return Validated(command, (Fault("region_unknown", "household.village"),))
        faults = faults_of(household, local_date(datetime.now(UTC), village[:4]))
        if faults or not village.startswith(region):
            return Validated(command, tuple(faults))
        return await self._matched(command, str(request_id))

    async def _of_register(self, command: Command, role: str, region: str, request_id: str) -> Validated:
        validated = await self._by_itself(command, datetime.now(UTC))
        if isinstance(command, AddMember) and not validated.faults:
            return await self._added(command, role, region, request_id)
        return validated

    async def _by_itself(self, command: Command, now: datetime) -> Validated:
        """What no register is asked about."""
        wrong = (*_unknown_village(command), *case_faults(command, now), *family_faults(command, now))
        if isinstance(command, VillageCommand):
            filled, unknown = of_villages(command)
            return Validated(filled, (*unknown, *wrong))
        return Validated(command, (*wrong, *await self._unknown_photos(command)))

    async def _unknown_photos(self, command: Command) -> list[Fault]:
        """Photos that a command names as evidence, and that are not of the families it is about."""
        named = named_photos(command)
        if not named:
            return []
        places = await asyncio.to_thread(self._album.places, {photo.photo_id for photo in named})
        return [Fault("photo_unknown", photo.field) for photo in named if not photo.stands_at(places)]

    async def _matched(self, command: ProposeHousehold, request_id: str) -> Validated:
        household = command.household
        person, place = household.members[household.caretaker], f"household.members.{household.caretaker}"
        if person.nik is None:  # not known to any register yet: to be joined to an identity later
            return Validated(command)
        question = CivilQuestion(person.nik, person.name, person.birth_date, person.sex, household.family_card_number)
        (answer,) = await self._civil.match(request_id, [question])
        if found := civil_reasons(answer):
            return Validated(command, tuple(_placed(reasons.codes(found), place)), person.nik)
        if await self._is_barred(request_id, person.nik):
            return Validated(command, (Fault("barred_occupation", f"{place}.nik"),), person.nik)
        match = _match(request_id, answer)
        matched = ProposeHousehold(household=msgspec.structs.replace(household, match=match))
        return Validated(matched, asked_about=person.nik)

    async def _added(self, command: AddMember, role: str, region: str, request_id: str) -> Validated:
        """Whoever joins a family lives. Nothing else of them is held against the registry, as of every member of a
        family that is proposed."""
        person = await self._household.identity(command, role, region)
        if not isinstance(person, IdentityToMatch):
            return Validated(command)
        question = CivilQuestion(person.nik, person.name, person.birth_date, person.sex, None)
        (answer,) = await self._civil.match(request_id, [question])
        dead = (Fault("deceased", "member.nik"),) if answer.status == "deceased" else ()
        return Validated(command, dead, person.nik)

    async def _is_barred(self, request_id: str, nik: str) -> bool:
        (barred,) = await self._barred.check(request_id, [nik])
        return barred is not None

    async def _corrected(
        self, command: AboutIdentity | CorrectHousehold, role: str, region: str, request_id: str
    ) -> Validated:
        """A family of the register is asked about only where household says so: it knows where the family lives, and
        what the registry is to be asked. The family card is not asked about: it changes with many events of a life."""
        faults = correction_faults(command, (datetime.now(UTC) + EASTERNMOST).date())
        photo_id = None if isinstance(command, RecheckIdentity) else command.evidence
        if photo_id is not None:
            photos = await asyncio.to_thread(self._album.listed, command.household_id)
            if photo_id not in {photo.photo_id for photo in photos}:
                faults.append(Fault("photo_unknown", "evidence"))
        if faults or isinstance(command, CorrectHousehold):
            return Validated(command, tuple(faults))
        person = await self._household.identity(command, role, region)
        if not isinstance(person, IdentityToMatch):
            return Validated(command)
        (answer,) = await self._civil.match(
            request_id, [CivilQuestion(person.nik, person.name, person.birth_date, person.sex, None)]
        )
        if person.must_agree:
            # Of who has died in the register too, the registry says nothing else by that.
            known = reasons.BIT["deceased"] if person.died else 0
            if found := civil_reasons(answer) & ~known:
                faults = [Fault(code, _PLACES.get(code, "nik")) for code in reasons.codes(found)]
            elif person.caretaker and await self._is_barred(request_id, person.nik):
                faults = [Fault("barred_occupation", "nik")]
        matched = msgspec.structs.replace(command, match=_match(request_id, answer))
        return Validated(command if faults else matched, tuple(faults), person.nik, person.version)


def _match(request_id: str, answer: CivilAnswer) -> Match:
    """What may be kept of an answer."""
    return Match(
        request_id=request_id,
        matched_at=datetime.now(UTC).isoformat(timespec="seconds"),
        civil_status=answer.status or "unknown",
        agreement=answer.agreement if answer.found else msgspec.structs.replace(answer.agreement, nik=False),
    )


def _unknown_village(command: Command) -> Iterable[Fault]:
    if isinstance(command, RelocateHousehold | RequestRelocation):
        village = command.to.village
        if len(village) != 10 or not known_region(village):
            yield Fault("region_unknown", "to.village")


def _placed(codes: Iterable[str], place: str) -> Iterable[Fault]:
    for code in codes:
        name = _PLACES.get(code, "nik")
        yield Fault(code, f"household.{name}" if name == "family_card_number" else f"{place}.{name}")
