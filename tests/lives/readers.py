"""A view that reads the shards as it likes: effects are all it knows of events."""

from random import Random
from uuid import UUID

import msgspec
from msgspec import UNSET
from padan_events.effects import HouseholdFact
from padan_events.states import State

from lives.register import Register


class SeenPerson(msgspec.Struct, frozen=True):
    """Whom a person belongs to."""

    household_id: UUID
    membership_seq: int
    dead: bool = False


class View:
    """Each person has one row and so one holder, whatever was read of which shard."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._read: dict[int, int] = {}
        self.states: dict[UUID, State] = {}
        self.caretakers: dict[UUID, UUID] = {}
        self.heads: dict[UUID, UUID | None] = {}
        self.persons: dict[UUID, SeenPerson] = {}

    def read_some(self, random: Random) -> None:
        """Read a part of one shard."""
        behind = [shard for shard, log in self._register.shards.items() if self._read.get(shard, 0) < len(log)]
        if behind:
            shard = random.choice(sorted(behind))
            self._read_up_to(shard, random.randint(self._read.get(shard, 0) + 1, len(self._register.shards[shard])))

    def read_all(self) -> None:
        """Read all there is."""
        for shard, log in self._register.shards.items():
            self._read_up_to(shard, len(log))

    def _read_up_to(self, shard: int, end: int) -> None:
        for _, data in self._register.shards[shard][self._read.get(shard, 0) : end]:
            self._fold(data)
        self._read[shard] = end

    def _fold(self, data: HouseholdFact) -> None:
        effects, household_id = data.effects(), data.household_id
        if effects.state is not None:
            self.states[household_id] = effects.state
        if effects.caretaker is not UNSET:
            self.caretakers[household_id] = effects.caretaker
        if effects.head is not UNSET:
            self.heads[household_id] = effects.head
        joined = {one.person_id for one in effects.joined}
        moves = [(one.person_id, one.membership_seq, household_id) for one in (*effects.joined, *effects.changed)]
        for person_id, seq, holder in (*moves, *((one.person_id, one.membership_seq, one.to) for one in effects.left)):
            held = self.persons.get(person_id)
            if held is None or held.membership_seq < seq:
                # Only the living join: a death that was told of them before is of another household.
                stays = held is not None and person_id not in joined and holder == held.household_id
                self.persons[person_id] = SeenPerson(
                    holder, seq, dead=held.dead if held is not None and stays else False
                )
        for died in effects.died:
            held = self.persons[died.person_id]
            if held.membership_seq <= died.membership_seq:
                self.persons[died.person_id] = msgspec.structs.replace(held, dead=died.on is not None)

    def check_at_rest(self) -> None:
        """Once all is read, the view is the register. Raises `AssertionError`."""
        for household_id, household in self._register.households.items():
            assert self.states[household_id] is household.state
            assert self.caretakers[household_id] == household.caretaker
            assert self.heads[household_id] == household.head
            held = {person for person, seen in self.persons.items() if seen.household_id == household_id}
            assert held <= household.members.keys(), "a view has somebody whom the household has not"
            for person, member in household.members.items():
                seen = self.persons[person]
                # Of a household that left the register somebody may have been proposed anew.
                assert household.closed or seen.household_id == household_id, "a view lacks a member"
                if seen.household_id == household_id:
                    assert (seen.membership_seq, seen.dead) == (member.membership_seq, member.died_on is not None)
