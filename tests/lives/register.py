"""A register in memory: the real rules, the real fold, the real changes of claims, keys that are derived.

What stands around them is modelled as `commands.ruling` and `decisions.writing` have it, so that a run on the real
store can be held against one here, command by command.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
from padan_events.commands import Command, ProposeHousehold
from padan_events.commands.asked import CaseList
from padan_events.commands.cases import Case
from padan_events.commands.rounds import OpenRounds, VillageCommand
from padan_events.effects import HouseholdFact
from padan_events.local_date import local_date
from padan_events.personal import HouseholdIdentity, MapPoint, ShownPlace
from padan_household.claims.changes import ClaimChanges, changes_of
from padan_household.claims.proposed import admitted, opened
from padan_household.commands.opening import nik_hashes_of
from padan_household.domain import ids, registry_moves
from padan_household.domain.asked import Asked, Known
from padan_household.domain.authority import CITIZEN, acts_in, role_may
from padan_household.domain.claim import Claim
from padan_household.domain.cut_off import CUT_OFF_DAY
from padan_household.domain.deadlines import come_due, deadlines_of
from padan_household.domain.household import Household
from padan_household.domain.proposing import propose
from padan_household.domain.refusals import CASE_REPEATED, HOUSEHOLD_UNKNOWN, VERSION_DIFFERS, Refusal
from padan_household.domain.registry_moves import RegistryMove
from padan_household.domain.relocating import destination
from padan_household.domain.rounds import AskedOf, Rounds
from padan_household.domain.rounds import decide as decide_of_village
from padan_household.domain.rounds import evolve as evolve_rounds
from padan_household.domain.rules import RULES
from padan_household.domain.stream import Cause, HouseholdEvent, evolve, fold, follow_each
from padan_household.store.mapper import shard_of
from padan_runtime.sealing import keyed_hash

from lives.keys import Keyring, opened_person, read, seal_all

NIK_HASH_KEY = bytes(range(32))
ACCEPTED = "accepted"


class Register:
    """Everything that was accepted, and who holds which NIK."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
        self.streams: dict[UUID, list[HouseholdEvent]] = {}
        self.households: dict[UUID, Household] = {}
        self.claims: dict[bytes, Claim] = {}
        self.dead: set[tuple[UUID, UUID]] = set()
        self.niks_of_the_dead: dict[bytes, UUID] = {}
        self.rounds: dict[str, Rounds] = {}
        self.shards: dict[int, list[tuple[UUID, HouseholdFact]]] = {}

    def give(
        self, command: Command, *, role: str, region: str, actor: str, key: str, version: int | None = None
    ) -> list[str]:
        """By case, `accepted` or the code of its refusal."""
        command_id = ids.command_id(actor, key)
        cause = Cause(actor, command_id, ids.request_id(command_id, msgspec.json.encode(command)))
        if isinstance(command, ProposeHousehold):
            return [self._propose(command, role, region, cause)]
        refusal = role_may(str(command.__struct_config__.tag), role)
        if refusal is not None:
            return [refusal.code]
        if isinstance(command, VillageCommand):
            return self._of_villages(command, region)
        recorded = cause
        if role == CITIZEN or RULES[type(command)].unnamed:
            recorded = msgspec.structs.replace(cause, actor="service:household")
        many = isinstance(command, CaseList)
        cases = command.cases if many else (Case(command.household_id, version),)  # type: ignore[union-attr]  # see Ruling
        codes, facts, seen = [], list[HouseholdFact](), set[UUID]()
        for case in cases:
            found = (
                Refusal(CASE_REPEATED)
                if case.household_id in seen
                else self._decide(command, case, role=role, region=region, cause=cause)
            )
            seen.add(case.household_id)
            codes.append(found.code if isinstance(found, Refusal) else ACCEPTED)
            facts += [] if isinstance(found, Refusal) else found
        self.write(facts, recorded)
        return codes

    def _decide(
        self, command: Any, case: Case, *, role: str, region: str, cause: Cause
    ) -> Refusal | list[HouseholdFact]:
        rule, known = RULES[type(command)], self.known(case.household_id)
        if known is None:
            return Refusal(HOUSEHOLD_UNKNOWN)
        if case.version is not None and case.version != known.household.version:
            return Refusal(VERSION_DIFFERS)
        named, aside = (*rule.others(command), case.household_id), rule.opens_duplicates
        others = {one: other for one in named if (other := self.known(one, duplicates=aside)) is not None}
        known = others[case.household_id]
        asked = Asked(
            actor=cause.actor,
            role=role,
            region=region,
            now=self.now,
            today=local_date(self.now, known.household.regency),
            command_id=cause.correlation_id,
            seal=seal_all,
            nik_hash=nik_hash,
            claims=self._standing(rule, command, others),
            others=others,
            cut_off_day=cut_off_day(known.household.regency),
            rounds=None if known.home is None else self.rounds.get(known.home.village),
            case=case,
        )
        found = rule.may_act(command, known, asked) or rule.decide(command, known, asked)
        return found if isinstance(found, Refusal) else list(found)

    def _of_villages(self, command: VillageCommand, region: str) -> list[str]:
        codes = []
        for village in command.villages if isinstance(command, OpenRounds) else (command.village,):
            held = self.rounds.get(village, Rounds(village))
            refusal = acts_in(region, village)
            found = refusal or decide_of_village(command, held, AskedOf(self.now, cut_off_day(village)))
            if not isinstance(found, Refusal):
                for data in found:
                    held = self.rounds[village] = evolve_rounds(held, held.version + 1, data)
            codes.append(found.code if isinstance(found, Refusal) else ACCEPTED)
        return codes

    def _standing(self, rule: Any, command: Any, opened_: Mapping[UUID, Known]) -> dict[bytes, Claim]:
        hashes = {nik_hash(nik) for nik in rule.niks(command)}
        if rule.claims_members:
            hashes |= nik_hashes_of(opened_.values())
        return self.standing(hashes)

    def standing(self, hashes: Iterable[bytes]) -> dict[bytes, Claim]:
        """The claims on these NIKs, as `claims.repository.standing` has them."""
        held = {one: self.claims[one] for one in hashes if one in self.claims}
        return {
            one: msgspec.structs.replace(claim, died=(claim.household_id, claim.person_id) in self.dead)
            for one, claim in held.items()
        }

    def known(self, household_id: UUID, *, duplicates: bool = False) -> Known | None:
        """A household, opened; with the records kept aside, where they are asked for."""
        household = self.households.get(household_id)
        if household is None:
            return None
        home = read(household.identity, household.id, household.id, "identity", HouseholdIdentity)
        aside = household.duplicates if duplicates else {}
        geotag = None
        if household.field.geotag is not None:
            geotag = read(household.field.geotag, household.id, household.id, "identity", MapPoint)
        move = household.relocation
        elsewhere = (
            None
            if move is None
            else destination(
                household, read(move.place, household.id, household.id, "identity", HouseholdIdentity), home
            )
        )
        seen = {
            person_id: read(one.place, household.id, person_id, "identity", ShownPlace)
            for person_id, one in household.seen.items()
        }
        return Known(
            household=household,
            home=home,
            persons={one: opened_person(member, household.id, one) for one, member in household.members.items()},
            geotag=geotag,
            elsewhere=elsewhere,
            duplicates={one: opened_person(kept.member, household.id, one) for one, kept in aside.items()},
            seen=seen,
        )

    def _propose(self, command: ProposeHousehold, role: str, region: str, cause: Cause) -> str:
        household_id = ids.proposed_household_id(cause.correlation_id)
        village = command.household.village
        refusal = role_may("propose_household", role) or acts_in(region, village)
        if refusal is not None:
            return refusal.code
        proposal = opened(
            household_id,
            command.household,
            NIK_HASH_KEY,
            regency=village[:4],
            occurred_on=local_date(self.now, village[:4]),
        )
        entering = admitted(proposal, self.standing(one for one in proposal.nik_hashes if one is not None))
        if isinstance(entering, Refusal):
            return {"duplicate_in_file": "member_repeated"}.get(entering.code, entering.code)
        self.write(list(propose(entering, seal_all)), cause)
        return ACCEPTED

    def pass_time(self, by: timedelta) -> list[UUID]:
        """Time goes on, and what comes due happens; in which households."""
        self.now += by
        fired = []
        while due := sorted(
            (one.at, household_id, one.kind)
            for household_id, household in self.households.items()
            for one in deadlines_of(household)
            if one.at <= self.now
        ):
            at, household_id, kind = due[0]
            cause = Cause("service:household", uuid5(household_id, f"deadline:{kind}:{at.isoformat()}"))
            known = self.known(household_id)
            assert known is not None
            self.write(list(come_due(known, kind, seal_all)), cause)
            fired.append(household_id)
        return fired

    def shown(self, report: RegistryMove) -> str:
        """The civil registry shows a person somewhere, as the intake decides it; `accepted`, or the code of the
        refusal."""
        claims = [one for one in self.claims.values() if one.known_person == report.person_id]
        last = max(claims, key=lambda one: one.membership_seq, default=None)
        holder = None if last is None else self.households[last.household_id]
        about = registry_moves.decides(report, self.households.get(report.household_id), holder)
        found = registry_moves.told(report, None if about is None else self.known(about.id), seal_all)
        if isinstance(found, Refusal):
            return found.code
        self.write(list(found), Cause("service:registry-ingest", report.origin.batch_id))
        return ACCEPTED

    def write(self, facts: list[HouseholdFact], cause: Cause) -> None:
        """Write what was decided: the next events of their households, and what they change of the claims."""
        events = follow_each(self.households, facts, cause)
        for event, data in zip(events, facts, strict=True):
            household_id = event.originator_id
            self.households[household_id] = evolve(self.households.get(household_id), event)
            self.streams.setdefault(household_id, []).append(event)
            self.shards.setdefault(shard_of(household_id), []).append((event.event_id, data))
        pairs = ((event.event_id, data) for event, data in zip(events, facts, strict=True))
        changes = changes_of(pairs, Keyring())
        apply(changes, self.claims)
        self.dead = (self.dead - changes.died.keys()) | {one for one, died in changes.died.items() if died}

    def check(self) -> None:
        """What must hold at every instant. Raises `AssertionError`."""
        holders, niks = dict[UUID, UUID](), dict[str, UUID]()
        for household_id, household in self.households.items():
            assert fold(self.streams[household_id]) == household, "a fold of events that is not the state"
            for person in household.members:
                assert person not in holders or household.closed or self.households[holders[person]].closed, (
                    f"{person} is held twice"
                )
                if not household.closed:
                    holders[person] = household_id
            assert household.closed or household.living, "a household of nobody who lives"
            assert household.closed or household.head in (None, *household.living), "a head who does not live here"
            approvals = list(household.case.approvals.values())
            assert len(set(approvals)) == len(approvals), "one person approved a case twice"
            known = self.known(household_id)  # every block is bound to the event that carries it
            if known is not None and not household.closed:
                niks |= {
                    person.identity.nik_hash: one
                    for one, person in known.persons.items()
                    if person.identity is not None and person.identity.nik_hash is not None
                }
        for household in self.households.values():
            assert not household.duplicates.keys() & holders.keys(), "a record that was merged is held by a family"
        claimed = {nik.hex(): claim.person_id for nik, claim in self.claims.items() if not claim.released}
        assert niks == claimed, "a NIK that is not held by the person whose it is said to be"
        for claim in self.claims.values():
            if claim.known_person is None:
                continue
            holder = self.households[claim.household_id]
            assert claim.released == holder.closed, "a claim that its household knows nothing of"
            if not claim.released and claim.person_id in holder.members:
                assert holder.members[claim.person_id].membership_seq <= claim.membership_seq


def cut_off_day(code: str) -> int:
    """As the desk of the real store has it."""
    return {"3319": 20}.get(code[:4], CUT_OFF_DAY)


def nik_hash(nik: str) -> bytes:
    """As household's `Ruling` has it."""
    return keyed_hash(NIK_HASH_KEY, nik)


def apply(changes: ClaimChanges, claims: dict[bytes, Claim]) -> None:
    """As `ClaimChanges.apply` does in PostgreSQL: the larger `membership_seq` wins; then who left, or came back."""
    for claim in sorted(changes.taken, key=lambda one: one.membership_seq):
        held = claims.get(claim.nik_hash)
        if held is None or held.membership_seq < claim.membership_seq:
            claims[claim.nik_hash] = claim
        else:
            clash = held.membership_seq == claim.membership_seq and held.household_id != claim.household_id
            assert not clash, "two households hold a NIK by the same right"
    for nik, claim in claims.items():
        released = changes.released.get(claim.household_id)
        if released is not None:
            claims[nik] = msgspec.structs.replace(claim, released=released)
