"""Deaths that the civil registry reports, decided with what has to be opened of the families for it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from padan_events.intake import DeathReported
from padan_events.local_date import local_date
from padan_events.states import State
from padan_runtime.keys import SubjectKeys
from psycopg import Connection

from padan_household.claims import repository as claims
from padan_household.commands.opening import nik_hashes_of, opened
from padan_household.domain import dying
from padan_household.domain.asked import Known
from padan_household.domain.claim import Claim
from padan_household.domain.household import Household
from padan_household.intake.opening import Report
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.rights import Reach, Rights

_IDENTITIES: Final = Rights(Reach.ALL, Reach.NONE)


class Deaths:
    """Decides the deaths of one batch; the keys of all their families are fetched at once."""

    def __init__(self, connection: Connection[Any], keyring: Keyring, reports: Iterable[Report]) -> None:
        self._connection = connection
        wanted = {report.household_id for report in reports if isinstance(report.content, DeathReported)}
        self._keys: Mapping[UUID, dict[UUID, SubjectKeys]] = {
            held.household_id: {subject.subject_id: subject for subject in held.subjects}
            for held in (keyring.of_households(wanted, _IDENTITIES) if wanted else ())
        }

    def decide(self, report: Report, content: DeathReported, household: Household | None) -> dying.Facts:
        """What a report leads to, the household being as it stands now."""
        if household is None:
            return dying.told(content, None, content.occurred_on, {})
        known = opened(household, self._keys.get(household.id, {}), members=_concerns_others(content, household))
        today = local_date(report.event.time, household.regency)
        return dying.told(content, known, today, self._claims(content, known))

    def _claims(self, content: DeathReported, known: Known) -> Mapping[bytes, Claim]:
        """Held until the decision is written; where a household may stand again, nobody is to take its people now."""
        if not content.reversed or known.household.state is not State.DEACTIVATED:
            return {}
        hashes = nik_hashes_of([known])
        claims.lock(self._connection, hashes, ())
        return claims.standing(self._connection, hashes)


def _concerns_others(content: DeathReported, household: Household) -> bool:
    """Whether the others of the family have to be opened: somebody follows, or all of them come back."""
    return content.reversed or content.person_id in (household.head, household.caretaker)
