"""A proposed family is validated: by itself first, and only where nothing is wrong with it by the registers outside."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from padan_events.commands import Fault
from padan_events.local_date import local_date
from padan_events.personal import Match, ReportedHousehold

from padan_registry_ingest.domain import reasons
from padan_registry_ingest.domain.matching import civil_reasons
from padan_registry_ingest.domain.proposals import faults_of
from padan_registry_ingest.matching.registers import BarredRegister, CivilQuestion, CivilRegistry
from padan_registry_ingest.validating.check import known_region

_PLACES = {
    "name_differs": "name",
    "birth_date_differs": "birth_date",
    "family_card_differs": "family_card_number",
}


class Validation:
    """Validates families; asks the registers of the caretaker alone, no more of the family than is needed."""

    def __init__(self, civil: CivilRegistry, barred: BarredRegister) -> None:
        self._civil, self._barred = civil, barred

    async def validate(
        self, household: ReportedHousehold, request_id: UUID
    ) -> tuple[ReportedHousehold, tuple[Fault, ...]]:
        """The family with the civil registry's answer, and all that is wrong with it.

        Raises `Unavailable` and `RegisterError`: then nothing is known, and nothing was decided.
        """
        if len(household.village) != 10 or not known_region(household.village):
            return household, (Fault("region_unknown", "household.village"),)
        faults = faults_of(household, local_date(datetime.now(UTC), household.village[:4]))
        if faults:
            return household, tuple(faults)
        return await self._matched(household, str(request_id))

    async def _matched(
        self, household: ReportedHousehold, request_id: str
    ) -> tuple[ReportedHousehold, tuple[Fault, ...]]:
        person, place = household.members[household.caretaker], f"household.members.{household.caretaker}"
        if person.nik is None:  # not known to any register yet: to be joined to an identity later
            return household, ()
        question = CivilQuestion(person.nik, person.name, person.birth_date, person.sex, household.family_card_number)
        (answer,) = await self._civil.match(request_id, [question])
        if found := civil_reasons(answer):
            return household, tuple(_placed(reasons.codes(found), place))
        (barred,) = await self._barred.check(request_id, [person.nik])
        if barred:
            return household, (Fault("barred_occupation", f"{place}.nik"),)
        match = Match(
            request_id=request_id,
            matched_at=datetime.now(UTC).isoformat(timespec="seconds"),
            civil_status=answer.status or "unknown",
            agreement=answer.agreement,
        )
        return msgspec.structs.replace(household, match=match), ()


def _placed(codes: Iterable[str], place: str) -> Iterable[Fault]:
    for code in codes:
        name = _PLACES.get(code, "nik")
        yield Fault(code, f"household.{name}" if name == "family_card_number" else f"{place}.{name}")
