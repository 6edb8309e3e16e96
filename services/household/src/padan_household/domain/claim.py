"""Who holds a NIK, or held it until their household left the register."""

from uuid import UUID

import msgspec
from padan_events.effects import NOBODY

__all__ = ["NOBODY", "Claim", "freed"]


class Claim(msgspec.Struct, frozen=True, order=True):
    """A person of a household holds the NIK of this keyed hash (32 bytes); `released`: the household has left since, or
    the NIK turned out to be somebody else's (then both are `NOBODY`: whoever claims it next is a new person). Of the
    claims on one NIK that with the largest `membership_seq` counts. `died`: as that household's record says."""

    nik_hash: bytes
    person_id: UUID
    household_id: UUID
    membership_seq: int
    released: bool = False
    died: bool = False

    @property
    def of_the_dead(self) -> bool:
        """Whether the household that recorded the person's death has left the register: nobody enters them as living,
        until that death is taken back."""
        return self.released and self.died

    @property
    def known_person(self) -> UUID | None:
        """The person who holds the NIK, or held it last; None where whoever did was somebody else."""
        return None if self.person_id == NOBODY else self.person_id


def freed(nik_hash: bytes, membership_seq: int) -> Claim:
    """Of a NIK that turned out to be somebody else's than the person's who held it."""
    return Claim(nik_hash, NOBODY, NOBODY, membership_seq, released=True)
