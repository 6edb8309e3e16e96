"""A command is validated: by itself first, and only where nothing is wrong with it by the registers outside."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from padan_events.commands import Command, Fault, ProposeHousehold
from padan_events.local_date import local_date
from padan_events.personal import Match

from padan_registry_ingest.domain import reasons
from padan_registry_ingest.domain.cases import case_faults, tidied_case
from padan_registry_ingest.domain.families import family_faults, tidied_family
from padan_registry_ingest.domain.matching import civil_reasons
from padan_registry_ingest.domain.proposals import faults_of, tidied
from padan_registry_ingest.matching.registers import BarredRegister, CivilQuestion, CivilRegistry
from padan_registry_ingest.validating.check import known_region

_PLACES = {
    "name_differs": "name",
    "birth_date_differs": "birth_date",
    "family_card_differs": "family_card_number",
}


class Validated(msgspec.Struct, frozen=True):
    """A command as it is decided on: with the civil registry's answer, all that is wrong with it, and whom registers
    were asked about."""

    command: Command
    faults: tuple[Fault, ...] = ()
    asked_about: str | None = None


def tidied_command(command: Command) -> Command:
    """The command as it was meant: without blanks around what was typed."""
    if isinstance(command, ProposeHousehold):
        return ProposeHousehold(household=tidied(command.household))
    tidy: Command = tidied_family(tidied_case(command))
    return tidy


class Validation:
    """Validates commands; of a family the registers are asked of the caretaker alone, no more than is needed."""

    def __init__(self, civil: CivilRegistry, barred: BarredRegister) -> None:
        self._civil, self._barred = civil, barred

    async def validate(self, command: Command, region: str, request_id: UUID) -> Validated:
        """All that is wrong with a command. `region` is where the asker acts: of whoever lives elsewhere nothing is
        asked, for household will refuse that anyway.

        Raises `Unavailable` and `RegisterError`: then nothing is known, and nothing was decided.
        """
        if not isinstance(command, ProposeHousehold):
            now = datetime.now(UTC)
            return Validated(command, (*case_faults(command, now), *family_faults(command, now)))
        household = command.household
        village = household.village
        if len(village) != 10 or not known_region(village):
            return Validated(command, (Fault("region_unknown", "household.village"),))
        faults = faults_of(household, local_date(datetime.now(UTC), village[:4]))
        if faults or not village.startswith(region):
            return Validated(command, tuple(faults))
        return await self._matched(command, str(request_id))

    async def _matched(self, command: ProposeHousehold, request_id: str) -> Validated:
        household = command.household
        person, place = household.members[household.caretaker], f"household.members.{household.caretaker}"
        if person.nik is None:  # not known to any register yet: to be joined to an identity later
            return Validated(command)
        question = CivilQuestion(person.nik, person.name, person.birth_date, person.sex, household.family_card_number)
        (answer,) = await self._civil.match(request_id, [question])
        if found := civil_reasons(answer):
            return Validated(command, tuple(_placed(reasons.codes(found), place)), person.nik)
        (barred,) = await self._barred.check(request_id, [person.nik])
        if barred:
            return Validated(command, (Fault("barred_occupation", f"{place}.nik"),), person.nik)
        match = Match(
            request_id=request_id,
            matched_at=datetime.now(UTC).isoformat(timespec="seconds"),
            civil_status=answer.status or "unknown",
            agreement=answer.agreement,
        )
        matched = ProposeHousehold(household=msgspec.structs.replace(household, match=match))
        return Validated(matched, asked_about=person.nik)


def _placed(codes: Iterable[str], place: str) -> Iterable[Fault]:
    for code in codes:
        name = _PLACES.get(code, "nik")
        yield Fault(code, f"household.{name}" if name == "family_card_number" else f"{place}.{name}")
