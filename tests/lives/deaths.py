"""Deaths that the civil registry tells and takes back, and those that are reported and confirmed."""

from collections.abc import Callable
from datetime import date
from uuid import UUID, uuid5

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from padan_events.commands import Command
from padan_events.commands.cases import ReactivateHousehold
from padan_events.commands.corrections import CorrectMember
from padan_events.commands.dying import ConfirmDeath, RefuseDeathReport, ReportDeath
from padan_events.intake import DeathReported, Origin
from padan_events.local_date import local_date
from padan_events.personal import Source
from padan_household.commands.opening import nik_hashes_of
from padan_household.domain import dying
from padan_household.domain.refusals import Refusal
from padan_household.domain.stream import Cause

from lives.register import Register

Peer = Callable[..., list[str]]


def tell(register: Register, household_id: UUID, person_id: UUID, on: date, *, back: bool = False) -> None:
    """The civil registry says that a member of a household died, or takes it back."""
    report = DeathReported(
        household_id=household_id,
        person_id=person_id,
        occurred_on=on,
        source="crvs_feed",
        origin=Origin(household_id, 1),
        reversed=back,
    )
    held = [one for one in register.claims.values() if one.known_person == person_id]
    last = max(held, key=lambda one: one.membership_seq, default=None)
    holder = None if last is None else register.households[last.household_id]
    about = dying.decides(report, register.households.get(household_id), holder)
    known = None if about is None else register.known(about.id)
    assert known is not None
    claims = register.standing(nik_hashes_of([known]))
    facts = dying.told(report, known, local_date(register.now, known.household.regency), claims)
    assert not isinstance(facts, Refusal), facts
    cause = uuid5(person_id, f"{on}:{back}:{known.household.version}")
    register.write(list(facts), Cause("service:registry-ingest", cause))


def check_deaths(register: Register) -> None:
    """The dead of the register are those of its households, and nobody of them lives in another."""
    homes = register.households.values()
    dead = {(home.id, one) for home in homes for one, member in home.members.items() if member.died_on is not None}
    assert register.dead == dead, "a death that is kept otherwise than the household tells it"
    niks = {nik: claim.person_id for nik, claim in register.claims.items() if not claim.released}
    of_the_dead = {nik: one for nik, one in niks.items() if (register.claims[nik].household_id, one) in dead}
    for nik, person in register.niks_of_the_dead.items():
        claim = register.claims[nik]
        assert claim.known_person is not None or person in niks.values() or person not in {one for _, one in dead}, (
            "the NIK of somebody who has died was freed, and they have no other"
        )
    register.niks_of_the_dead = of_the_dead
    alive = {one for home in homes if not home.closed for one in home.living}
    assert alive.isdisjoint(person for _, person in dead), "somebody died in one household, and lives in another"


class Deaths(RuleBasedStateMachine):
    """Families some of whose members die."""

    peer: Peer | None = None
    register: Register

    def one(self, index: int) -> UUID:
        """Some household, by the order in which they came in."""
        households = list(self.register.households)
        return households[index % len(households)]

    def give(self, command: Command, role: str, village: str, actor: str, version: int | None = None) -> list[str]:
        """Give a command."""
        raise NotImplementedError

    @precondition(lambda self: self.register.households)
    @rule(
        index=st.integers(0, 50),
        member=st.integers(0, 5),
        choice=st.sampled_from(("told", "told", "taken back", "reported", "refused")),
        emptied=st.booleans(),
        back=st.booleans(),
    )
    def die(self, index: int, member: int, choice: str, *, emptied: bool, back: bool) -> None:
        """A death is told by the civil registry, or reported and confirmed; of some the NIK is to be emptied then, or
        the family taken up again."""
        household_id = self.one(index)
        household, known = self.register.households[household_id], self.register.known(household_id)
        assert known is not None
        assert known.home is not None
        if not household.members:
            return
        person, on = list(household.members)[member % len(household.members)], date(2026, 3, 1)
        if choice in {"told", "taken back"} and self.peer is None:  # no command: the store is told by another door
            tell(self.register, household_id, person, on, back=choice == "taken back")
        village = known.home.village
        self.give(
            ReportDeath(household_id=household_id, person_id=person, occurred_on=on, note="surat"),
            "village_operator", village, "user:one",
        )  # fmt: skip
        answer = RefuseDeathReport if choice == "refused" else ConfirmDeath
        self.give(answer(household_id=household_id, person_id=person), "social_office", village, "user:two")
        if emptied:
            emptying = CorrectMember(household_id=household_id, person_id=person, source=Source.OPERATOR, nik=None)
            self.give(emptying, "village_operator", village, "user:one")
        if back:
            self.give(ReactivateHousehold(household_id=household_id), "social_office", village, "user:three")
