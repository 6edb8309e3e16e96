"""Deaths that the civil registry reports, decided with what has to be opened of the families for it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.intake import DeathReported
from padan_events.local_date import local_date
from padan_events.states import State
from padan_runtime.keys import SubjectKeys
from psycopg import Connection

from padan_household.claims import repository as claims
from padan_household.claims.proposed import claims_of
from padan_household.commands.opening import nik_hashes_of, opened
from padan_household.domain import dying
from padan_household.domain.asked import Known
from padan_household.domain.claim import Claim
from padan_household.domain.household import Household
from padan_household.domain.proposing import Proposal
from padan_household.intake.opening import Report
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.rights import Reach, Rights
from padan_household.store.application import Register

_IDENTITIES: Final = Rights(Reach.ALL, Reach.NONE)


class Deaths:
    """Decides the deaths of one batch, each where the person is by then; the keys of all their families are fetched at
    once.

    `households`, as they stand, gets those that hold people who have moved. `entering` are the households that this
    batch proposes, by id.
    """

    def __init__(
        self,
        connection: Connection[Any],
        keyring: Keyring,
        register: Register,
        reports: Iterable[Report],
        *,
        households: dict[UUID, Household],
        entering: Mapping[UUID, Proposal],
    ) -> None:
        self._connection, self._entering = connection, entering
        told = [report.content for report in reports if isinstance(report.content, DeathReported)]
        self._meant = _meant(told, households)
        deaths = [self._of(death) for death in told]
        self._holders = _holders(connection, register, deaths, households)
        persons = {death.person_id for death in deaths}
        wanted = {
            *(death.household_id for death in deaths),
            *self._holders.values(),
            *(one.household_id for one in entering.values() if not persons.isdisjoint(one.person_ids)),
        }
        self._keys: Mapping[UUID, dict[UUID, SubjectKeys]] = {
            held.household_id: {subject.subject_id: subject for subject in held.subjects}
            for held in (keyring.of_households(wanted, _IDENTITIES) if deaths else ())
        }

    def entered(self, proposal: Proposal) -> None:
        """A household was proposed: what comes behind it in the batch finds its people there."""
        self._holders |= dict.fromkeys(proposal.person_ids, proposal.household_id)

    def where(self, content: DeathReported, households: Mapping[UUID, Household]) -> Household | None:
        """The household that a report is about, as it stands now."""
        content = self._of(content)
        holder = self._holders.get(content.person_id)
        held = None if holder is None else households.get(holder)
        return dying.decides(content, households.get(content.household_id), held)

    def decide(self, report: Report, content: DeathReported, household: Household | None) -> dying.Facts:
        """What a report leads to, the household being the one that it is about."""
        content = self._of(content)
        if household is None:
            return dying.told(content, None, content.occurred_on, {})
        known = opened(household, self._keys.get(household.id, {}), members=_concerns_others(content, household))
        today = local_date(report.event.time, household.regency)
        return dying.told(content, known, today, self._claims(content, known))

    def _of(self, content: DeathReported) -> DeathReported:
        """The report, of the person that it is about."""
        person = self._meant.get((content.household_id, content.person_id))
        return content if person is None else msgspec.structs.replace(content, person_id=person)

    def _claims(self, content: DeathReported, known: Known) -> Mapping[bytes, Claim]:
        """Held until the decision is written; where a household may stand again, nobody is to take its people now, and
        nobody of this batch has."""
        if not content.reversed or known.household.state is not State.DEACTIVATED:
            return {}
        hashes = nik_hashes_of([known])
        claims.lock(self._connection, hashes, ())
        taken = (claim for proposal in self._entering.values() for claim in claims_of(proposal))
        return claims.standing(self._connection, hashes) | {
            claim.nik_hash: claim for claim in taken if claim.nik_hash in hashes
        }


def _meant(deaths: Iterable[DeathReported], households: Mapping[UUID, Household]) -> Mapping[tuple[UUID, UUID], UUID]:
    """By household and person that a report names, who it is about: the record it names was merged meanwhile."""
    named = ((death.household_id, death.person_id, households.get(death.household_id)) for death in deaths)
    return {
        (household_id, person): household.duplicates[person].kept
        for household_id, person, household in named
        if household is not None and person in household.duplicates
    }


def _holders(
    connection: Connection[Any],
    register: Register,
    deaths: Sequence[DeathReported],
    households: dict[UUID, Household],
) -> dict[UUID, UUID]:
    """By person the household that holds them, loaded. Whoever is not where their report says is held until the
    decision is written, so that they are not moved on between looking and loading."""
    found = claims.of_persons(connection, [death.person_id for death in deaths]) if deaths else {}
    moved = {
        claim.person_id: claim.nik_hash
        for death in deaths
        if (claim := found.get(death.person_id)) is not None and not _is_where_named(claim, death, households)
    }
    if moved:
        claims.lock(connection, moved.values(), ())
        again = claims.of_persons(connection, moved)
        found = {person: claim for person, claim in found.items() if person not in moved} | again
        households |= register.load({claim.household_id for claim in again.values()}, connection)
    return {person: claim.household_id for person, claim in found.items()}


def _is_where_named(claim: Claim, death: DeathReported, households: Mapping[UUID, Household]) -> bool:
    named = households.get(death.household_id)
    return named is not None and claim.household_id == named.id and death.person_id in named.members


def _concerns_others(content: DeathReported, household: Household) -> bool:
    """Whether the others of the family have to be opened: somebody follows, or all of them come back."""
    return content.reversed or content.person_id in (household.head, household.caretaker)
