"""What must not be reached by any row of commands: families without the living, heads who are dead, approvals and
corrections that are lost on the way. By the rules alone."""

from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from lives.deaths import tell
from lives.register import ACCEPTED, Register
from padan_events.commands import Command, ProposeHousehold
from padan_events.commands.cases import (
    Approve,
    Case,
    DeactivateHousehold,
    Deliberate,
    Determine,
    ReactivateHousehold,
    ReturnCases,
    WithdrawHousehold,
)
from padan_events.commands.corrections import CorrectHousehold, CorrectMember
from padan_events.commands.dying import ConfirmDeath, ReportDeath
from padan_events.commands.families import AddMember, Joining, MergeHouseholds, SetHead, SplitHousehold
from padan_events.commands.objections import AppealObjection, ObjectionAnswer, RaiseObjection, ResolveObjection
from padan_events.commands.recipients import ConfirmRecipient, ProposeProgramme, VerifyRecipient
from padan_events.commands.relocations import AcceptRelocation, Address, ReleaseRelocation, RequestRelocation
from padan_events.commands.rounds import OpenRounds
from padan_events.families import AddReason
from padan_events.objections import ObjectionReason
from padan_events.personal import Relationship, ReportedHousehold, ReportedMember, Source
from padan_events.recipients import VerificationResult
from padan_events.states import State
from padan_events.tiers import DeactivateReason, ReturnReason, WithdrawReason
from visit_given import a_visit

VILLAGE, THERE = "3318042007", "3374012003"
HEAD, WIFE, CHILD, PARENT = Relationship.HEAD, Relationship.WIFE, Relationship.CHILD, Relationship.PARENT
CARD, NEW_CARD = "3318010101200001", "3318010101260002"
_NIKS = count(1)


class Town:
    """A village with its officials, and the register."""

    def __init__(self) -> None:
        self.register = Register()
        self._keys = count(1)

    def give(self, command: Command, role: str = "village_operator", *, region: str = VILLAGE) -> str:
        """`accepted`, or the code of the refusal."""
        code = self.register.give(
            command, role=role, region=region[:4] if role in {"social_office", "approver"} else region,
            actor=f"user:{role}", key=str(next(self._keys)),
        )  # fmt: skip
        self.register.check()
        return code[0]

    def family(self, *members: tuple[Relationship, int]) -> UUID:
        """A family, by relationship and year of birth."""
        told = tuple(
            ReportedMember(
                name="Orang", nik=f"331801010180{next(_NIKS):04d}", birth_date=date(year, 6, 1), relationship=relation
            )
            for relation, year in members
        )
        reported = ReportedHousehold(village=VILLAGE, members=told, family_card_number=CARD)
        before = set(self.register.households)
        assert self.give(ProposeHousehold(household=reported)) == ACCEPTED
        (household_id,) = set(self.register.households) - before
        return household_id

    def people(self, household_id: UUID) -> list[UUID]:
        return list(self.register.households[household_id].members)

    def dies(self, household_id: UUID, person: UUID) -> None:
        told = ReportDeath(household_id=household_id, person_id=person, occurred_on=date(2026, 2, 1), note="surat")
        assert self.give(told) == ACCEPTED
        assert self.give(ConfirmDeath(household_id=household_id, person_id=person), "social_office") == ACCEPTED

    def goes_the_way(self, household_id: UUID, to: State = State.DETERMINED) -> None:
        cases = (Case(household_id),)
        for role, command in (
            ("village_head", Deliberate(cases=cases, held_on=date(2026, 3, 1), minutes_number="1")),
            ("facilitator", a_visit(household_id)),
            ("district_officer", Approve(cases=cases)),
            ("social_office", Approve(cases=cases)),
            ("approver", Approve(cases=cases)),
            ("ministry", Determine(cases=cases)),
        ):
            if self.register.households[household_id].state is not to:
                assert self.give(command, role, region="" if role == "ministry" else VILLAGE) == ACCEPTED

    def reactivated(self, household_id: UUID) -> str:
        return self.give(ReactivateHousehold(household_id=household_id), "social_office")


@pytest.fixture
def town() -> Town:
    return Town()


def withdraw(household_id: UUID) -> WithdrawHousehold:
    return WithdrawHousehold(household_id=household_id, reason=WithdrawReason.FAMILY_REQUEST)


def back_to(household_id: UUID, state: State) -> ReturnCases:
    return ReturnCases(cases=(Case(household_id),), to=state, reasons=(ReturnReason.OTHER,))


def corrected(household_id: UUID, person: UUID, **changed: Any) -> CorrectMember:
    return CorrectMember(household_id=household_id, person_id=person, source=Source.OPERATOR, **changed)


def test_a_household_without_a_living_member_is_not_taken_up_again(town: Town) -> None:
    stays, absorbed, alone = town.family((HEAD, 1970)), town.family((HEAD, 1970)), town.family((HEAD, 1940))
    assert town.give(MergeHouseholds(household_id=stays, absorbed=absorbed), "social_office") == ACCEPTED
    assert town.reactivated(absorbed) == "nobody_lives"
    town.dies(alone, town.people(alone)[0])
    assert town.register.households[alone].state is State.DEACTIVATED
    assert town.reactivated(alone) == "nobody_lives"


def test_what_was_reported_of_a_family_that_leaves_the_register_is_reported_anew_where_they_are(town: Town) -> None:
    household = town.family((HEAD, 1970), (WIFE, 1975))
    person = town.people(household)[0]
    told = ReportDeath(household_id=household, person_id=person, occurred_on=date(2026, 2, 1), note="surat")
    assert town.give(told) == ACCEPTED
    assert town.give(withdraw(household)) == ACCEPTED
    confirm = ConfirmDeath(household_id=household, person_id=person)
    assert town.give(confirm, "social_office") == "death_not_reported"


def test_nobody_dies_before_their_birth_nor_joins_a_family_before_it(town: Town) -> None:
    household = town.family((HEAD, 1970), (WIFE, 1975))
    wife = town.people(household)[1]
    told = ReportDeath(household_id=household, person_id=wife, occurred_on=date(1974, 12, 31), note="surat")
    assert town.give(told) == "date_before_birth"
    child = ReportedMember(name="Anak", birth_date=date(2026, 3, 1), relationship=CHILD)
    born = AddMember(household_id=household, member=child, reason=AddReason.BIRTH, occurred_on=date(2026, 2, 28))
    assert town.give(born) == "date_before_birth"
    assert town.give(ReportDeath(household_id=household, person_id=wife, occurred_on=date(2026, 2, 1), note="a")) == (
        ACCEPTED
    )
    on = date(1960, 1, 1)
    confirm = ConfirmDeath(household_id=household, person_id=wife, occurred_on=on)
    assert town.give(confirm, "social_office") == "date_before_birth"


def test_who_parts_with_a_child_does_not_leave_the_money_to_it(town: Town) -> None:
    household = town.family((HEAD, 1970), (WIFE, 1975), (CHILD, 2020))
    _, wife, child = town.people(household)
    joining = (Joining(wife, HEAD), Joining(child, CHILD))
    assert town.give(SplitHousehold(household_id=household, members=joining, caretaker=child)) == "under_age"
    assert town.give(SplitHousehold(household_id=household, members=joining, caretaker=wife)) == ACCEPTED


def test_a_part_of_a_returned_family_is_not_withdrawn_for_what_somebody_has_worked_on(town: Town) -> None:
    household = town.family((HEAD, 1970), (WIFE, 1975))
    assert town.give(back_to(household, State.PROPOSED), "village_head") == ACCEPTED
    wife = town.people(household)[1]
    split = SplitHousehold(household_id=household, members=(Joining(wife, HEAD),), caretaker=wife)
    assert town.give(split) == ACCEPTED
    town.register.pass_time(timedelta(days=15))
    assert [one.state for one in town.register.households.values()] == [State.RETURNED, State.RETURNED]


def test_who_was_chosen_as_head_stays_so_whatever_is_corrected_of_the_one_before(town: Town) -> None:
    household = town.family((HEAD, 1970), (WIFE, 1975), (CHILD, 2000))
    husband, wife, child = town.people(household)
    assert town.give(SetHead(household_id=household, person_id=wife)) == ACCEPTED
    assert town.give(corrected(household, wife, relationship=HEAD)) == ACCEPTED
    assert town.give(corrected(household, husband, relationship=PARENT)) == ACCEPTED
    assert town.register.households[household].head == wife
    assert town.give(corrected(household, child, relationship=HEAD)) == "head_named"
    town.dies(household, husband)
    assert town.give(corrected(household, husband, relationship=Relationship.HUSBAND)) == ACCEPTED
    assert town.register.households[household].head == wife


def test_the_dead_are_not_made_head_by_a_correction(town: Town) -> None:
    household = town.family((HEAD, 1970), (WIFE, 1975), (CHILD, 2020))
    husband, wife, child = town.people(household)
    town.dies(household, wife)
    town.dies(household, husband)
    assert town.register.households[household].head is None
    assert town.give(corrected(household, wife, relationship=HEAD)) == "member_unknown"
    assert town.give(corrected(household, husband, relationship=PARENT)) == ACCEPTED
    assert town.give(corrected(household, child, relationship=HEAD)) == ACCEPTED
    assert town.register.households[household].head == child


def test_a_case_returned_to_the_approval_of_its_regency_is_determined_for_the_same_month(town: Town) -> None:
    household = town.family((HEAD, 1970))
    town.goes_the_way(household, State.REGION_APPROVED)
    month = town.register.households[household].case.update_month
    assert town.give(back_to(household, State.REGION_APPROVED), "ministry", region="") == ACCEPTED
    assert town.give(Determine(cases=(Case(household),)), "ministry", region="") == ACCEPTED
    assert town.register.households[household].case.update_month == month
    earlier = town.family((HEAD, 1970))
    town.goes_the_way(earlier, State.REGION_APPROVED)
    assert town.give(back_to(earlier, State.OFFICE_APPROVED), "ministry", region="") == ACCEPTED
    assert town.register.households[earlier].case.update_month is None


def test_a_card_that_is_corrected_while_a_family_moves_goes_along(town: Town) -> None:
    household = town.family((HEAD, 1970))
    assert town.give(RequestRelocation(household_id=household, to=Address(village=THERE))) == ACCEPTED
    correct = CorrectHousehold(household_id=household, source=Source.OPERATOR, family_card_number=NEW_CARD)
    assert town.give(correct) == ACCEPTED
    assert town.give(ReleaseRelocation(household_id=household), "social_office") == ACCEPTED
    assert town.give(AcceptRelocation(household_id=household), region=THERE) == ACCEPTED
    home = town.register.known(household)
    assert home is not None
    assert home.home is not None
    assert (home.home.village, home.home.family_card_number) == (THERE, NEW_CARD)


def test_who_is_taken_up_again_has_a_living_head_moves_no_more_and_begins_anew(town: Town) -> None:
    household = town.family((HEAD, 1970), (WIFE, 1975))
    assert town.give(ProposeProgramme(household_id=household, programme="pkh")) == ACCEPTED
    assert town.give(RequestRelocation(household_id=household, to=Address(village=THERE))) == ACCEPTED
    assert town.give(ReleaseRelocation(household_id=household), "social_office") == ACCEPTED
    assert town.give(withdraw(household)) == ACCEPTED
    husband, wife = town.people(household)
    tell(town.register, household, husband, date(2026, 3, 1))
    assert town.reactivated(household) == ACCEPTED
    after = town.register.households[household]
    assert (after.head, after.caretaker, after.move_open) == (wife, wife, False)
    assert town.give(AcceptRelocation(household_id=household), region=VILLAGE) == "no_move_open"
    assert town.give(ProposeProgramme(household_id=household, programme="pkh")) == ACCEPTED


def test_where_the_earlier_of_two_deaths_is_taken_back_the_living_is_head_and_caretaker(town: Town) -> None:
    household = town.family((HEAD, 1970), (WIFE, 1975))
    husband, wife = town.people(household)
    tell(town.register, household, wife, date(2026, 3, 1))
    tell(town.register, household, husband, date(2026, 3, 2))
    assert town.register.households[household].closed
    tell(town.register, household, wife, date(2026, 3, 1), back=True)
    after = town.register.households[household]
    assert (after.state, after.living, after.head, after.caretaker) == (State.PROPOSED, (wife,), wife, wife)


def test_whose_assistance_was_ended_may_be_proposed_for_it_again(town: Town) -> None:
    household = town.family((HEAD, 1970))
    town.goes_the_way(household)
    propose = ProposeProgramme(household_id=household, programme="pkh")
    assert town.give(propose) == ACCEPTED
    month = OpenRounds(region=VILLAGE, month="2026-03", villages=(VILLAGE,))
    assert town.give(month, "social_office") == ACCEPTED
    answer = VerifyRecipient(household_id=household, month="2026-03", result=VerificationResult.NOT_ENTITLED)
    assert town.give(answer) == ACCEPTED
    assert town.give(propose) == "programme_repeated"
    assert town.give(ConfirmRecipient(household_id=household, month="2026-03", ends=True), "social_office") == ACCEPTED
    assert town.give(propose) == ACCEPTED


def test_of_a_family_that_has_left_the_register_nothing_is_appealed_against(town: Town) -> None:
    household = town.family((HEAD, 1970))
    town.goes_the_way(household)
    assert town.give(RaiseObjection(household_id=household, reason=ObjectionReason.ABLE, text="mampu")) == ACCEPTED
    (objection,) = town.register.households[household].objections
    resolve = ResolveObjection(
        household_id=household, objection_id=objection, outcome=ObjectionAnswer.DISMISSED, note="tidak terbukti"
    )
    assert town.give(resolve, "social_office") == ACCEPTED
    leave = DeactivateHousehold(household_id=household, reason=DeactivateReason.ABROAD)
    assert town.give(leave, "social_office") == ACCEPTED
    appeal = AppealObjection(household_id=household, objection_id=objection, text="tidak benar")
    assert town.give(appeal) == "household_closed"
