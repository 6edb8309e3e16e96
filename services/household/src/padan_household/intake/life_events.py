"""Deaths and moves that the civil registry reports, and matches of other registers, decided with what has to be opened
of the families for it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from padan_events.intake import DeathReported
from padan_events.local_date import local_date
from padan_events.states import State
from padan_runtime import sealing
from padan_runtime.keys import SubjectKeys, keys_of
from psycopg import Connection

from padan_household.claims import repository as claims
from padan_household.claims.proposed import claims_of
from padan_household.commands.opening import nik_hashes_of, opened
from padan_household.domain import dying, register_matches, registry_moves
from padan_household.domain.asked import Known
from padan_household.domain.claim import Claim
from padan_household.domain.household import Household
from padan_household.domain.proposing import Proposal
from padan_household.domain.refusals import PERSON_ERASED, Refusal
from padan_household.domain.register_matches import ReportedMatch
from padan_household.domain.registry_moves import RegistryMove
from padan_household.domain.sealed import Kind
from padan_household.intake.opening import Report
from padan_household.keyring.keyring import KeyDestroyedError, Keyring
from padan_household.keyring.rights import Reach, Rights
from padan_household.store.application import Register

_IDENTITIES: Final = Rights(Reach.ALL, Reach.NONE)
LifeEvent = DeathReported | RegistryMove | ReportedMatch
"""What a register tells of a person, who need not be in the household any more that it names."""


class LifeEvents:
    """Decides the deaths, moves and matches of one batch, each where the person is by then; the keys of all their
    families are fetched at once.

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
        reported = [report.content for report in reports if isinstance(report.content, LifeEvent)]
        self._meant = _meant(reported, households)
        told = [self._of(one) for one in reported]
        self._holders = _holders(connection, register, told, households)
        persons = {one.person_id for one in told}
        wanted = {
            *(one.household_id for one in told),
            *self._holders.values(),
            *(one.household_id for one in entering.values() if not persons.isdisjoint(one.person_ids)),
        }
        self._keys: Mapping[UUID, dict[UUID, SubjectKeys]] = {
            held.household_id: {subject.subject_id: subject for subject in held.subjects}
            for held in (keyring.of_households(wanted, _IDENTITIES) if told else ())
        }

    def entered(self, proposal: Proposal) -> None:
        """A household was proposed: what comes behind it in the batch finds its people there."""
        self._holders |= dict.fromkeys(proposal.person_ids, proposal.household_id)

    def where(self, content: LifeEvent, households: Mapping[UUID, Household]) -> Household | None:
        """The household that a report is about, as it stands now."""
        content = self._of(content)
        holder = self._holders.get(content.person_id)
        held = None if holder is None else households.get(holder)
        named = households.get(content.household_id)
        if isinstance(content, RegistryMove):
            return registry_moves.decides(content, named, held)
        if isinstance(content, ReportedMatch):
            return register_matches.decides(content, named, held)
        return dying.decides(content, named, held)

    def decide(self, report: Report, content: LifeEvent, household: Household | None) -> dying.Facts:
        """What a report leads to, the household being the one that it is about."""
        content = self._of(content)
        if isinstance(content, RegistryMove):
            return self._moved(content, household)
        if isinstance(content, ReportedMatch):
            return self._matched(content, household)
        if household is None:
            return dying.told(content, None, content.occurred_on, {})
        known = opened(household, self._keys.get(household.id, {}), members=_concerns_others(content, household))
        today = local_date(report.event.time, household.regency)
        return dying.told(content, known, today, self._claims(content, known))

    def _of(self, content: LifeEvent) -> LifeEvent:
        """The report, of the person that it is about."""
        person = self._meant.get((content.household_id, content.person_id))
        return content if person is None else msgspec.structs.replace(content, person_id=person)

    def _moved(self, content: RegistryMove, household: Household | None) -> dying.Facts:
        known = None
        if household is not None:
            known = opened(household, self._keys.get(household.id, {}), members=False, seen=True)
        try:
            return registry_moves.told(content, known, self._seal)
        except KeyDestroyedError:
            return Refusal(PERSON_ERASED)

    def _matched(self, content: ReportedMatch, household: Household | None) -> dying.Facts:
        known = None
        if household is not None:
            known = opened(household, self._keys.get(household.id, {}), members=False)
        try:
            return register_matches.told(content, known, self._seal)
        except KeyDestroyedError:
            return Refusal(PERSON_ERASED)

    def _seal(self, household: UUID, subject: UUID, _: Kind, content: msgspec.Struct, event_id: UUID) -> bytes:
        key = keys_of(self._keys.get(household, {}), subject).identity
        if key is None:
            raise KeyDestroyedError(str(subject))
        return sealing.seal(key, content, subject=subject, event_id=event_id)

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


def _meant(told: Iterable[LifeEvent], households: Mapping[UUID, Household]) -> Mapping[tuple[UUID, UUID], UUID]:
    """By household and person that a report names, who it is about: the record it names was merged meanwhile."""
    named = ((one.household_id, one.person_id, households.get(one.household_id)) for one in told)
    return {
        (household_id, person): household.duplicates[person].kept
        for household_id, person, household in named
        if household is not None and person in household.duplicates
    }


def _holders(
    connection: Connection[Any],
    register: Register,
    told: Sequence[LifeEvent],
    households: dict[UUID, Household],
) -> dict[UUID, UUID]:
    """By person the household that holds them, loaded. Whoever is not where their report says, or may be proposed anew
    because that household has left, is held until the decision is written, so that they are not moved on between
    looking and loading."""
    found = claims.of_persons(connection, [one.person_id for one in told]) if told else {}
    moved = {
        claim.person_id: claim.nik_hash
        for one in told
        if (claim := found.get(one.person_id)) is not None and not _is_where_named(claim, one, households)
    }
    if moved:
        claims.lock(connection, moved.values(), ())
        again = claims.of_persons(connection, moved)
        found = {person: claim for person, claim in found.items() if person not in moved} | again
        households |= register.load({claim.household_id for claim in again.values()}, connection)
    return {person: claim.household_id for person, claim in found.items()}


def _is_where_named(claim: Claim, told: LifeEvent, households: Mapping[UUID, Household]) -> bool:
    named = households.get(told.household_id)
    return named is not None and not named.closed and claim.household_id == named.id and told.person_id in named.members


def _concerns_others(content: DeathReported, household: Household) -> bool:
    """Whether the others of the family have to be opened: somebody follows, or all of them come back."""
    return content.reversed or content.person_id in (household.head, household.caretaker)
