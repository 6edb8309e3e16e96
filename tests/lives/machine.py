"""Families whose lives take any turn that commands can give them."""

from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from padan_events.commands import Command, ProposeHousehold
from padan_events.commands.cases import (
    Approve,
    Case,
    DeactivateHousehold,
    Deliberate,
    Determine,
    ReactivateHousehold,
    RejectCases,
    ReturnCases,
    WithdrawHousehold,
)
from padan_events.commands.corrections import (
    CorrectMember,
    DisputedField,
    LinkIdentity,
    RecheckIdentity,
    ResolveConflict,
)
from padan_events.commands.families import MergeHouseholds
from padan_events.commands.objections import AppealObjection, ObjectionAnswer, RaiseObjection, ResolveObjection
from padan_events.commands.recipients import ConfirmRecipient, ProposeProgramme, Resign, VerifyRecipient
from padan_events.commands.relocations import AcceptRelocation, RefuseRelocation
from padan_events.commands.rounds import CloseRound, DeclareNoChange, OpenRounds
from padan_events.commands.verifying import AttachEvidence, GeotagHousehold
from padan_events.evidence import PhotoKind
from padan_events.objections import ObjectionReason
from padan_events.personal import Agreement, Match, Relationship, ReportedHousehold, ReportedMember, Sex, Source
from padan_events.recipients import VerificationResult
from padan_events.states import State
from padan_events.tiers import DeactivateReason, RejectReason, ReturnReason, WithdrawReason
from padan_household.domain.authority import MAY
from padan_household.domain.cut_off import update_month
from padan_household.domain.recipients import finding_of
from visit_given import PLACE, a_visit, found_photo

from lives.deaths import check_deaths
from lives.families import KINDS, some_command, some_duplicate
from lives.moves import RegistryShows, check_silence
from lives.readers import View
from lives.register import ACCEPTED, Register, cut_off_day

VILLAGES = ("3318042007", "3318042008", "3319012001", "5101012001")
ROLES = tuple(sorted(set().union(*MAY.values())))
ACTORS = ("user:one", "user:two", "user:three")
AtDestination = AcceptRelocation | RefuseRelocation


class Lives(RegistryShows):
    """Commands in any order, given by anybody. `peer`, where there is one, is given the same, and answers the same."""

    first_nik = 0

    def __init__(self) -> None:
        super().__init__()
        self.register = Register()
        self.views = [View(self.register), View(self.register)]
        self._keys = count(1)

    @property
    def households(self) -> list[UUID]:
        """By the order in which they came in."""
        return list(self.register.households)

    def give(self, command: Command, role: str, village: str, actor: str, version: int | None = None) -> list[str]:
        """Give a command; a refused one must change nothing."""
        before = {one: len(events) for one, events in self.register.streams.items()}, dict(self.register.claims)
        key = f"{self.first_nik}:{next(self._keys)}"
        region = "" if role == "ministry" else village[:4] if role in {"social_office", "approver"} else village
        asked: dict[str, Any] = {"role": role, "region": region, "actor": actor, "key": key, "version": version}
        codes = self.register.give(command, **asked)
        if ACCEPTED not in codes:
            after = {one: len(events) for one, events in self.register.streams.items()}, dict(self.register.claims)
            assert before == after, "a refused command changed something"
        if self.peer is not None:
            assert self.peer(command, now=self.register.now, **asked) == codes
        return codes

    @rule(
        niks=st.lists(st.integers(1, 9) | st.none(), min_size=1, max_size=4),
        village=st.sampled_from(VILLAGES),
        actor=st.sampled_from(ACTORS),
    )
    def propose(self, niks: list[int | None], village: str, actor: str) -> None:
        """A family; its people may stand in the register already."""
        members = tuple(
            ReportedMember(
                name=f"Orang {nik}",
                nik=None if nik is None else f"33180101018{self.first_nik + nik:05d}",
                birth_date=date(1960 + 12 * index, 1, 1),
                sex=Sex.FEMALE if index % 2 else Sex.MALE,
                relationship=(Relationship.HEAD, Relationship.WIFE, Relationship.CHILD, Relationship.CHILD)[index],
            )
            for index, nik in enumerate(niks)
        )
        self.give(
            ProposeHousehold(household=ReportedHousehold(village=village, members=members)),
            "village_operator",
            village,
            actor,
        )

    @precondition(lambda self: self.register.households)
    @rule(
        index=st.integers(0, 50),
        other=st.integers(0, 50),
        choice=st.integers(0, 19),
        role=st.sampled_from(ROLES),
        village=st.sampled_from(VILLAGES),
        actor=st.sampled_from(ACTORS),
        to=st.sampled_from(State),
        stale=st.booleans(),
    )
    def anything(
        self, index: int, other: int, choice: int, role: str, village: str, actor: str, to: State, *, stale: bool
    ) -> None:
        """Any command about any household, by anybody, from anywhere."""
        first, second = self.one(index), self.one(other)
        version = self.register.households[first].version - 1 if stale else None
        self.give(self._any(choice, first, second, to), role, village, actor, version)

    @precondition(lambda self: self.register.households)
    @rule(
        index=st.integers(0, 50),
        other=st.integers(0, 50),
        kind=st.integers(0, KINDS - 1),
        picked=st.lists(st.integers(0, 5), min_size=1, max_size=2, unique=True),
        nik=st.integers(1, 9) | st.none(),
        village=st.sampled_from(VILLAGES),
        role=st.sampled_from(("village_operator", "social_office")),
    )
    def belong(
        self, index: int, other: int, kind: int, picked: list[int], nik: int | None, village: str, role: str
    ) -> None:
        """People change household, and families move, mostly where those who may give the command say so."""
        first, second = self.one(index), self.one(other)
        members = list(self.register.households[second].members)
        if not members:
            return
        people = [members[one % len(members)] for one in picked]
        number = None if nik is None else f"33180101018{self.first_nik + nik:05d}"
        command = some_command(kind, first, second, people, village, number)
        known = self.register.known(command.household_id)  # type: ignore[union-attr]  # these name one household
        assert known is not None
        place = known.elsewhere if known.household.move_open and isinstance(command, AtDestination) else known.home
        absorbed = self.register.households[second] if isinstance(command, MergeHouseholds) else None
        codes = self.give(command, role, village if place is None else place.village, ACTORS[0])
        if absorbed is not None and codes == [ACCEPTED]:
            found = finding_of(absorbed) is None or finding_of(self.register.households[first]) is not None
            assert found, "what was found against a family vanished when it joined another"

    @precondition(lambda self: self.register.households)
    @rule(
        index=st.integers(0, 50),
        other=st.integers(0, 50),
        picked=st.tuples(st.integers(0, 5), st.integers(0, 5)),
        back=st.booleans(),
        region=st.sampled_from(("33", "33", "33", "3318", "")),
    )
    def settle(self, index: int, other: int, picked: tuple[int, int], region: str, *, back: bool) -> None:
        """Two records are of one person, or are not."""
        first, second = self.one(index), self.one(other)
        aside = self.register.households[second].duplicates
        back = back and bool(aside)
        kept, gone = list(self.register.households[first].members), list(self.register.households[second].members)
        if back:
            duplicate = list(aside)[picked[1] % len(aside)]
            person = aside[duplicate].kept
            first = next((one for one in self.households if person in self.register.households[one].members), first)
        elif kept and gone:
            person, duplicate = kept[picked[0] % len(kept)], gone[picked[1] % len(gone)]
        else:
            return
        command = some_duplicate(first, second, person, duplicate, back=back)
        self.give(command, "social_office", region, ACTORS[0])

    @precondition(lambda self: self.register.households)
    @rule(
        index=st.integers(0, 50),
        member=st.integers(0, 3),
        nik=st.integers(1, 9) | st.none(),
        agreement=st.builds(Agreement, nik=st.just(True), name=st.booleans(), birth_date=st.booleans()),
        actor=st.sampled_from(ACTORS),
        linked=st.booleans(),
    )
    def correct(
        self, index: int, member: int, nik: int | None, agreement: Agreement, actor: str, *, linked: bool
    ) -> None:
        """A NIK was recorded for the wrong person, or for nobody; a family may hold two of one record."""
        household_id = self.one(index)
        known = self.register.known(household_id)
        assert known is not None
        assert known.home is not None
        persons = list(known.persons)
        person = persons[member % len(persons)] if persons else household_id
        number = None if nik is None else f"33180101018{self.first_nik + nik:05d}"
        match = Match(request_id="asked", matched_at="2026-03-01", civil_status="active", agreement=agreement)
        of: dict[str, Any] = {"household_id": household_id, "person_id": person, "match": match}
        command: Command = CorrectMember(**of, source=Source.CITIZEN, nik=number, pregnant=linked)
        if linked and number is not None:
            command = LinkIdentity(**of, nik=number)
        elif linked:
            command = RecheckIdentity(**of)
        self.give(command, "village_operator", known.home.village, actor)
        settled = ResolveConflict(
            household_id=household_id, person_id=person, field=DisputedField.NAME, kept=Source.OPERATOR
        )
        self.give(settled, "social_office", known.home.village, actor)

    @precondition(lambda self: self.register.households)
    @rule(index=st.integers(0, 50), actor=st.sampled_from(ACTORS))
    def bring_on(self, index: int, actor: str) -> None:
        """Whoever's turn it is brings a case on."""
        household_id = self.one(index)
        known = self.register.known(household_id)
        assert known is not None
        assert known.home is not None
        cases = (Case(household_id),)
        command: Command
        for role, command in (
            ("village_head", Deliberate(cases=cases, held_on=date(2026, 3, 1), minutes_number="1")),
            ("facilitator", a_visit(household_id)),
            ("district_officer", Approve(cases=cases)),
            ("social_office", Approve(cases=cases)),
            ("approver", Approve(cases=cases)),
            ("ministry", Determine(cases=cases)),
        ):
            if self.give(command, role, known.home.village, actor) == [ACCEPTED]:
                return

    @rule(
        choice=st.integers(0, 2),
        role=st.sampled_from(("social_office", "village_operator", "village_head")),
        village=st.sampled_from(VILLAGES),
        actor=st.sampled_from(ACTORS),
    )
    def month(self, choice: int, role: str, village: str, actor: str) -> None:
        """A round is opened, answered or closed."""
        month = self._month(village)
        commands: tuple[Command, ...] = (
            OpenRounds(region="3318", month=month, villages=VILLAGES),
            DeclareNoChange(village=village, month=month),
            CloseRound(village=village, month=month),
        )
        self.give(commands[choice], role, village, actor)

    def _month(self, village: str) -> str:
        return update_month(self.register.now, None, village, cut_off_day(village))[0]

    def _of_recipient(self, household_id: UUID) -> tuple[Command, ...]:
        household = self.register.households[household_id]
        month = self._month(household.regency)
        objection = next(iter(household.objections), household_id)
        return (
            ProposeProgramme(household_id=household_id, programme="pkh"),
            VerifyRecipient(household_id=household_id, month=month, result=VerificationResult.NOT_ENTITLED),
            ConfirmRecipient(household_id=household_id, month=month, ends=True, note="benar"),
            Resign(household_id=household_id),
            Resign(household_id=household_id, confirmed_by_head=True, confirmed_on=date(2026, 3, 1)),
            RaiseObjection(household_id=household_id, reason=ObjectionReason.ABLE, text="mampu"),
            ResolveObjection(household_id=household_id, objection_id=objection, outcome=ObjectionAnswer.DISMISSED),
            AppealObjection(household_id=household_id, objection_id=objection, text="tidak benar"),
        )

    def _any(self, choice: int, first: UUID, second: UUID, to: State) -> Command:
        cases = (Case(first), Case(second))
        commands: tuple[Command, ...] = (
            Deliberate(cases=cases, held_on=date(2026, 3, 1), minutes_number="1"),
            Approve(cases=cases),
            Determine(cases=cases),
            ReturnCases(cases=cases, to=to, reasons=(ReturnReason.OTHER,), note="kurang"),
            RejectCases(cases=cases, reasons=(RejectReason.ABLE,)),
            WithdrawHousehold(household_id=first, reason=WithdrawReason.FAMILY_REQUEST),
            DeactivateHousehold(household_id=first, reason=DeactivateReason.ABROAD, note="pindah"),
            ReactivateHousehold(household_id=first),
            a_visit(first),
            AttachEvidence(household_id=first, photos=(found_photo(PhotoKind.OTHER, similar_to=(second,)),)),
            GeotagHousehold(household_id=first, map_point=PLACE),
            *self._of_recipient(first),
        )
        return commands[choice % len(commands)]

    @rule(days=st.integers(1, 20))
    def time_passes(self, days: int) -> None:
        """What comes due happens."""
        self.register.pass_time(timedelta(days=days))

    @rule(seed=st.integers(0, 1_000), view=st.integers(0, 1))
    def read(self, seed: int, view: int) -> None:
        """A reader goes on a little."""
        self.views[view].read_some(Random(seed))

    @invariant()
    def holds(self) -> None:
        """One holder a person, blocks that open, claims that their households know of."""
        self.register.check()
        check_deaths(self.register)

    def teardown(self) -> None:
        """At rest every view is the register, and every state can be told from its events."""
        for view in self.views:
            view.read_all()
            view.check_at_rest()
        for stream in self.register.streams.values():
            check_silence(stream)
            assert all(event.cause.actor and event.cause.correlation_id for event in stream)
            assert msgspec.json.encode([type(event.data).__name__ for event in stream])
