"""A family is proposed by a person."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from padan_events.commands import (
    KEY_REUSED,
    CommandAccepted,
    CommandOutcome,
    CommandRefused,
    CommandRequest,
    Fault,
    ProposeHousehold,
)
from padan_events.effects import HouseholdFact
from padan_events.local_date import local_date
from psycopg import Connection

from padan_household.claims import repository as claims
from padan_household.claims.proposed import admitted, nik_hashes, opened, subjects, take
from padan_household.domain import ids
from padan_household.domain.authority import acts_in, role_may
from padan_household.domain.claim import Claim
from padan_household.domain.household import Household
from padan_household.domain.proposing import Proposal, complete, propose
from padan_household.domain.refusals import DUPLICATE_IN_FILE, MEMBER_REPEATED, RECORDED_DEAD, Refusal
from padan_household.domain.stream import Cause, follow
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.sealer import seal_for
from padan_household.store.application import Loaded, Register

_PROPOSE: Final = "propose_household"
_UNKNOWN: Final = "region_unknown"


class Proposing:
    """Decides proposals."""

    def __init__(
        self, register: Register, keyring: Keyring, nik_hash_key: bytes, clock: Callable[[], datetime]
    ) -> None:
        self._register, self._keyring = register, keyring
        self._nik_hash_key, self._clock = nik_hash_key, clock

    def decide(self, connection: Connection[Any], request: CommandRequest, command: ProposeHousehold) -> CommandOutcome:
        """The answer, with what it leads to written."""
        refused = _forbidden(request, command.household.village)
        if refused is not None and any(fault.code == _UNKNOWN for fault in request.found):
            return refused  # where no region is, there is no local date
        command_id = ids.command_id(request.actor, request.idempotency_key)
        causation_id = ids.request_id(command_id, request.digest)
        cause = Cause(request.actor, command_id, causation_id)
        household_id = ids.proposed_household_id(command_id)
        regency = command.household.village[:4]
        proposal = opened(
            household_id,
            command.household,
            self._nik_hash_key,
            regency=regency,
            occurred_on=local_date(self._clock(), regency),
        )
        loaded = self._register.load_with_cause([household_id], causation_id, connection).get(household_id)
        if loaded is not None:
            return self._again(connection, loaded, proposal, cause)
        if refused is not None:
            return refused
        standing = claims.standing(connection, nik_hashes(proposal))
        entering = admitted(proposal, standing)
        if isinstance(entering, Refusal):
            return _not_admitted(proposal, entering, standing)
        keys = self._keyring.mint(subjects(entering))
        facts = propose(entering, seal_for(lambda _, subject: keys[subject]))
        take(connection, [entering])
        return self._appended(connection, household_id, None, facts, cause)

    def _again(self, connection: Connection[Any], loaded: Loaded, proposal: Proposal, cause: Cause) -> CommandOutcome:
        """The answer was lost in a restore, and the events it told of were taken back from Kafka, as far as they had
        come there; what of them had not is appended."""
        household = loaded.household
        assert cause.causation_id is not None
        if household.proposed_by != cause.causation_id:
            return KEY_REUSED
        missing = complete(household, cause.causation_id, proposal)
        more = self._appended(connection, household.id, household, missing, cause)
        return CommandAccepted(
            household_id=household.id,
            version=max(more.version, *(version for version, _ in loaded.caused)),
            events=(*(event for _, event in loaded.caused), *more.events),
        )

    def _appended(
        self,
        connection: Connection[Any],
        household_id: UUID,
        household: Household | None,
        facts: Sequence[HouseholdFact],
        cause: Cause,
    ) -> CommandAccepted:
        made = follow(household, household_id, facts, cause)
        return CommandAccepted(
            household_id=household_id,
            version=max((event.originator_version for event in made), default=0),
            events=self._register.appended(made, connection),
        )


def _forbidden(request: CommandRequest, village: str) -> CommandRefused | None:
    """For what a command is refused before the register is looked at. A village that does not exist is nobody's."""
    refusal = role_may(_PROPOSE, request.role)
    if refusal is None and all(fault.code != _UNKNOWN for fault in request.found):
        refusal = acts_in(request.region, village)
    if refusal is not None:
        return CommandRefused(faults=(Fault(refusal.code),))
    return CommandRefused(faults=request.found) if request.found else None


def _not_admitted(proposal: Proposal, refusal: Refusal, standing: Mapping[bytes, Claim]) -> CommandRefused:
    code = MEMBER_REPEATED if refusal.code == DUPLICATE_IN_FILE else refusal.code
    if code == RECORDED_DEAD:
        held = {nik for nik, claim in standing.items() if claim.of_the_dead}
    else:
        held = {nik for nik, claim in standing.items() if not claim.released}
    faults = tuple(
        Fault(code, f"household.members.{index}.nik")
        for index, nik_hash in enumerate(proposal.nik_hashes)
        if nik_hash in held
    )
    return CommandRefused(faults=faults or (Fault(code, "household.members"),), holder=refusal.holder)
