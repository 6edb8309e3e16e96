"""Commands about households that stand in the register: they are opened, the rule decides, facts are written."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from padan_events.commands import (
    AppendedEvent,
    CaseAccepted,
    CaseRefused,
    CasesDecided,
    CommandAccepted,
    CommandOutcome,
    CommandRefused,
    CommandRequest,
    Fault,
)
from padan_events.commands.asked import CaseList
from padan_events.commands.cases import Case
from padan_events.commands.corrections import IdentityAnswer, IdentityQuestion, NobodyToMatch
from padan_events.effects import HouseholdFact
from padan_events.local_date import local_date
from padan_runtime.sealing import keyed_hash
from psycopg import Connection

from padan_household.claims import repository as claims
from padan_household.commands.opening import open_households
from padan_household.commands.villages import ACTOR
from padan_household.decisions.keys import HeldKeys
from padan_household.decisions.writing import write
from padan_household.domain import ids
from padan_household.domain.asked import Asked, Known
from padan_household.domain.authority import CITIZEN, acts_in, role_may
from padan_household.domain.corrections import to_match
from padan_household.domain.cut_off import CUT_OFF_DAY
from padan_household.domain.refusals import (
    CASE_REPEATED,
    HOUSEHOLD_ERASED,
    HOUSEHOLD_UNKNOWN,
    VERSION_DIFFERS,
    Refusal,
)
from padan_household.domain.rounds import Rounds
from padan_household.domain.rules import RULES
from padan_household.domain.stream import Cause, HouseholdEvent
from padan_household.keyring.keyring import KeyDestroyedError, Keyring
from padan_household.keyring.sealer import seal_for
from padan_household.store.application import Register


class Ruling:
    """Decides by the rules of `domain.rules`."""

    def __init__(
        self,
        register: Register,
        keyring: Keyring,
        nik_hash_key: bytes,
        clock: Callable[[], datetime],
        cut_off_days: Mapping[str, int],
    ) -> None:
        self._register, self._keyring, self._clock = register, keyring, clock
        self._nik_hash_key, self._cut_off_days = nik_hash_key, cut_off_days

    def decide(self, connection: Connection[Any], request: CommandRequest) -> CommandOutcome:
        """The answer, with what it leads to written. Raises as `decisions.writing.write`."""
        command: Any = request.command
        refusal = role_may(str(command.__struct_config__.tag), request.role)
        if refusal is not None:
            return CommandRefused(faults=(Fault(refusal.code),))
        if request.found:
            return CommandRefused(faults=request.found)
        decision = _Decision(self._register, self._keyring, request, connection, self._clock())
        decision.prepare(lambda nik: keyed_hash(self._nik_hash_key, nik), self._cut_off_days)
        return decision.written()

    def identity(self, connection: Connection[Any], asked: IdentityQuestion) -> IdentityAnswer:
        """Whom the civil registry has to be asked about before a command is decided: nobody where it will be refused,
        so that nothing is told of families outside the sender's region."""
        command: Any = asked.command
        if role_may(str(command.__struct_config__.tag), asked.role) is not None:
            return NobodyToMatch()
        household_id = command.household_id
        opened = open_households(connection, self._register, self._keyring, [household_id], household_id, members=True)
        known = opened.known.get(household_id)
        if known is None or known.home is None or acts_in(asked.region, known.home.village) is not None:
            return NobodyToMatch()
        return to_match(command, known)


class _Decision:
    """One command being decided, case by case; what it leads to is written at once."""

    def __init__(
        self,
        register: Register,
        keyring: Keyring,
        request: CommandRequest,
        connection: Connection[Any],
        now: datetime,
    ) -> None:
        self._register, self._keyring, self._request = register, keyring, request
        self._connection, self._now = connection, now
        command: Any = request.command
        self._rule, self._many = RULES[type(command)], isinstance(command, CaseList)
        self._cases: tuple[Case, ...] = command.cases if self._many else (Case(command.household_id, request.version),)
        self._command_id = ids.command_id(request.actor, request.idempotency_key)
        unnamed = self._rule.unnamed or request.role == CITIZEN
        self._cause = Cause(
            ACTOR if unnamed else request.actor, self._command_id, ids.request_id(self._command_id, request.digest)
        )

    def prepare(self, nik_hash: Callable[[str], bytes], cut_off_days: Mapping[str, int]) -> None:
        """Open what the command names, and hold the claims it is about."""
        command, rule = self._request.command, self._rule
        named = [*(case.household_id for case in self._cases), *rule.others(command)]
        self._opened = open_households(
            self._connection,
            self._register,
            self._keyring,
            named,
            self._cause.causation_id or self._command_id,
            members=rule.opens_members,
            duplicates=rule.opens_duplicates,
            geotag=rule.opens_geotag,
        )
        self._rounds = self._held_rounds() if rule.asks_rounds else {}
        self._keys = HeldKeys(self._keyring, self._opened.keys)
        self._nik_hash, self._cut_off_days = nik_hash, cut_off_days
        hashes = {nik_hash(nik) for nik in rule.niks(command)}
        if rule.claims_members:
            hashes |= self._opened.nik_hashes()
        if hashes:
            claims.lock(self._connection, hashes, ())
        self._claims = claims.standing(self._connection, hashes) if hashes else {}

    def _held_rounds(self) -> dict[str, Rounds]:
        """The rounds of the villages in which the households live; nobody closes them meanwhile."""
        villages = {known.home.village for known in self._opened.known.values() if known.home is not None}
        self._register.hold_rounds(villages, self._connection)
        loaded = self._register.load_rounds(villages, self._command_id, self._connection)
        return {one.rounds.village: one.rounds for one in loaded}

    def written(self) -> CommandOutcome:
        """Decide each case, and write."""
        decided = self._decided()
        households = {household_id: one.household for household_id, one in self._opened.loaded.items()}
        facts = [fact for _, result in decided if isinstance(result, list) for fact in result]
        appended = iter(
            write(self._connection, self._register, households, facts, cause=self._cause, keys=self._keys.held)
        )
        answers: list[CaseAccepted | CaseRefused] = []
        holder: UUID | None = None
        for household_id, result in decided:
            if isinstance(result, Refusal):
                answers.append(CaseRefused(household_id=household_id, faults=(Fault(result.code, result.field),)))
                holder = result.holder
            elif isinstance(result, CaseAccepted):
                answers.append(result)
            else:
                answers.append(
                    _accepted(household_id, households[household_id].version, list(islice(appended, len(result))))
                )
        if self._many:
            return CasesDecided(cases=tuple(answers))
        (answer,) = answers
        if isinstance(answer, CaseRefused):
            return CommandRefused(faults=answer.faults, holder=holder)
        return CommandAccepted(household_id=answer.household_id, version=answer.version, events=answer.events)

    def _decided(self) -> list[tuple[UUID, Refusal | CaseAccepted | list[HouseholdFact]]]:
        decided: list[tuple[UUID, Refusal | CaseAccepted | list[HouseholdFact]]] = []
        seen = set()
        for case in self._cases:
            repeated = case.household_id in seen
            seen.add(case.household_id)
            decided.append((case.household_id, Refusal(CASE_REPEATED) if repeated else self._case(case)))
        return decided

    def _case(self, case: Case) -> Refusal | CaseAccepted | list[HouseholdFact]:
        loaded = self._opened.loaded.get(case.household_id)
        if loaded is not None and loaded.caused:  # the answer was lost in a restore; what it led to stands
            return CaseAccepted(
                household_id=case.household_id,
                version=loaded.caused[-1][0],
                events=tuple(event for _, event in loaded.caused),
            )
        known = self._opened.known.get(case.household_id)
        if known is None or known.home is None:
            return Refusal(HOUSEHOLD_UNKNOWN if known is None else HOUSEHOLD_ERASED)
        if case.version is not None and case.version != known.household.version:
            return Refusal(VERSION_DIFFERS)
        command, asked = self._request.command, self._asked(known, case)
        try:
            result = self._rule.may_act(command, known, asked) or self._rule.decide(command, known, asked)
        except KeyDestroyedError:
            return Refusal(HOUSEHOLD_ERASED)
        return result if isinstance(result, Refusal) else list(result)

    def _asked(self, known: Known, case: Case) -> Asked:
        request, regency = self._request, known.household.regency
        return Asked(
            actor=request.actor,
            role=request.role,
            region=request.region,
            now=self._now,
            today=local_date(self._now, regency),
            command_id=self._command_id,
            seal=seal_for(self._keys.of),
            nik_hash=self._nik_hash,
            claims=self._claims,
            others=self._opened.known,
            cut_off_day=self._cut_off_days.get(regency, CUT_OFF_DAY),
            rounds=None if known.home is None else self._rounds.get(known.home.village),
            case=case,
        )


def _accepted(
    household_id: UUID, version: int, appended: Sequence[tuple[HouseholdEvent, AppendedEvent]]
) -> CaseAccepted:
    own = (event.originator_version for event, _ in appended if event.originator_id == household_id)
    return CaseAccepted(
        household_id=household_id, version=max(own, default=version), events=tuple(place for _, place in appended)
    )
