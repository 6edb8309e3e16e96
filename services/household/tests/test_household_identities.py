"""People are joined to their identity and stay the same persons; what another source says of them is settled."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from household_desk import OFFICE, VILLAGE, Desk
from household_given import Parts, a_nik
from padan_events.commands import CommandRefused
from padan_events.commands.cases import DeactivateHousehold
from padan_events.commands.corrections import (
    CorrectMember,
    DisputedField,
    IdentityQuestion,
    IdentityToMatch,
    LinkIdentity,
    NeedsIdentity,
    NobodyToMatch,
    RecheckIdentity,
    ResolveConflict,
)
from padan_events.commands.families import AddMember, Joining, TransferMembers
from padan_events.corrections import ConflictResolved, IdentityLinked, IdentityUnmatched
from padan_events.families import AddReason, TransferReason
from padan_events.household import IdentityMatched
from padan_events.personal import Agreement, Match, Relationship, ReportedMember, Source
from padan_events.tiers import DeactivateReason

OPERATOR = ("village_operator", VILLAGE)
AGREES = Match(
    request_id="asked", matched_at="2026-03-10T04:00:00+00:00", civil_status="active",
    agreement=Agreement(nik=True, name=True, birth_date=True, sex=True),
)  # fmt: skip
DIFFERS = msgspec.structs.replace(AGREES, agreement=Agreement(nik=True, name=False, birth_date=False, sex=True))


@pytest.fixture
def desk(parts: Parts) -> Desk:
    return Desk(parts)


def member_of(desk: Desk, household: UUID, index: int = 0) -> dict[str, Any]:
    return {"household_id": household, "person_id": list(desk.household(household).members)[index]}


def told(desk: Desk, command: Any, who: tuple[str, str] = OPERATOR) -> str:
    (code,) = desk.codes(desk.send(command, who))
    return code


def last(desk: Desk, count: int = 1) -> list[Any]:
    """The last events of all, by the order in which they were decided."""
    return [data for _, data in sorted(desk.parts.facts(), key=lambda one: one[0].time)[-count:]]


def test_who_had_no_nik_gets_it_and_stays_the_same_person(desk: Desk) -> None:
    household = desk.propose(1, [a_nik(1), None])
    of = member_of(desk, household, 1)
    assert told(desk, LinkIdentity(**of, nik=a_nik(1), match=AGREES)) == "member_repeated"
    assert told(desk, LinkIdentity(**of, nik=a_nik(2), match=AGREES)) == "accepted"
    linked, matched = last(desk, 2)
    assert isinstance(linked, IdentityLinked)
    assert (linked.person_id, linked.member.membership_seq, linked.formerly) == (of["person_id"], 2, None)
    assert isinstance(matched, IdentityMatched)
    assert told(desk, LinkIdentity(**of, nik=a_nik(3), match=AGREES)) == "identity_linked"
    other = desk.propose(2, [None])
    taken = desk.send(LinkIdentity(**member_of(desk, other), nik=a_nik(2), match=AGREES), OPERATOR)
    assert isinstance(taken, CommandRefused)
    assert (taken.faults[0].code, taken.holder) == ("duplicate_in_register", household)


def test_whose_nik_stood_in_a_household_that_left_is_told_who_they_were_there(desk: Desk) -> None:
    gone, household = desk.propose(1, [a_nik(1)]), desk.propose(2, [None])
    before = member_of(desk, gone)["person_id"]
    ended = DeactivateHousehold(household_id=gone, reason=DeactivateReason.ABROAD)
    assert told(desk, ended, OFFICE) == "accepted"
    assert told(desk, LinkIdentity(**member_of(desk, household), nik=a_nik(1), match=AGREES)) == "accepted"
    linked = last(desk, 2)[0]
    assert (linked.formerly, linked.member.membership_seq) == (before, 2)


def test_a_conflict_stands_until_it_is_settled_and_opens_again_with_what_is_new(desk: Desk) -> None:
    household = desk.propose(1, [a_nik(1)])
    of = member_of(desk, household)
    recheck = RecheckIdentity(**of, match=DIFFERS)
    assert told(desk, recheck) == "accepted"
    (unmatched,) = last(desk)
    assert isinstance(unmatched, IdentityUnmatched)
    assert unmatched.conflicts == ("name", "birth_date")
    keep = ResolveConflict(**of, field=DisputedField.NAME, kept=Source.CITIZEN)
    assert told(desk, keep) == "role_forbidden"
    assert told(desk, msgspec.structs.replace(keep, kept=Source.CIVIL_REGISTRY), OFFICE) == "registry_kept"
    assert told(desk, msgspec.structs.replace(keep, field=DisputedField.SEX), OFFICE) == "no_conflict"
    assert told(desk, keep, OFFICE) == "accepted"
    assert last(desk) == [
        ConflictResolved(**of, regency="3318", field="name", kept=Source.CITIZEN),
    ]
    assert told(desk, keep, OFFICE) == "no_conflict"
    assert told(desk, recheck) == "accepted"
    assert last(desk)[0].conflicts == ("birth_date",)
    assert told(desk, CorrectMember(**of, source=Source.CITIZEN, name="Lain Lagi", match=DIFFERS)) == "accepted"
    assert last(desk)[0].conflicts == ("name", "birth_date")
    assert told(desk, RecheckIdentity(**of, match=AGREES)) == "accepted"
    assert desk.household(household).disputes.open_of(of["person_id"]) == frozenset()


def test_the_registry_is_asked_only_about_whom_the_sender_may_change(desk: Desk) -> None:
    household = desk.propose(1, [a_nik(1), None])
    of, without = member_of(desk, household), member_of(desk, household, 1)

    def asked(command: NeedsIdentity, role: str = "village_operator", region: str = VILLAGE) -> Any:
        return desk.commands.identity(IdentityQuestion(role=role, region=region, command=command))

    recheck = RecheckIdentity(**of)
    answer = asked(recheck)
    assert isinstance(answer, IdentityToMatch)
    assert (answer.nik, answer.must_agree, answer.caretaker, answer.version) == (a_nik(1), False, True, 2)
    for role, region in (("village_operator", "3318042008"), ("facilitator", VILLAGE), ("district_officer", "331804")):
        assert asked(recheck, role, region) == NobodyToMatch()
    for command in (
        RecheckIdentity(**without),
        RecheckIdentity(household_id=household, person_id=household),
        RecheckIdentity(household_id=of["person_id"], person_id=of["person_id"]),
        LinkIdentity(**of, nik=a_nik(2)),
        CorrectMember(**of, source=Source.CITIZEN, pregnant=True),
        CorrectMember(**of, source=Source.CITIZEN, nik=None),
        CorrectMember(**without, source=Source.CITIZEN, name="Lain"),
    ):
        assert asked(command) == NobodyToMatch()
    for nik in (None, a_nik(9)):
        add = AddMember(household_id=household, member=ReportedMember(name="Anak", nik=nik), reason=AddReason.OMITTED)
        joining = asked(add)
        assert joining == NobodyToMatch() if nik is None else (joining.nik, joining.must_agree) == (nik, False)
        assert asked(add, region="3318042008") == NobodyToMatch()
    assert asked(LinkIdentity(**without, nik=a_nik(2))).must_agree
    assert asked(CorrectMember(**of, source=Source.CIVIL_REGISTRY, name="Lain")).must_agree
    named = asked(CorrectMember(**of, source=Source.CITIZEN, name="Lain"))
    assert (named.name, named.must_agree) == ("Lain", False)


def test_who_left_a_family_and_is_held_by_nobody_any_more_may_come_back_into_it(desk: Desk) -> None:
    family, other = desk.propose(1, [a_nik(1), a_nik(2)]), desk.propose(2, [a_nik(3)])
    person = member_of(desk, family, 1)["person_id"]
    joining = (Joining(person, Relationship.CHILD),)
    moved = TransferMembers(household_id=other, origin=family, members=joining, reason=TransferReason.MARRIAGE)
    assert told(desk, moved) == "accepted"
    assert told(desk, DeactivateHousehold(household_id=other, reason=DeactivateReason.ABROAD), OFFICE) == "accepted"
    back = ReportedMember(name="Kembali", nik=a_nik(2))
    assert told(desk, AddMember(household_id=family, member=back, reason=AddReason.OMITTED)) == "accepted"
    assert desk.household(family).members[person].membership_seq == 3
