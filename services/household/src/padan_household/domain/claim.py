"""Who holds a NIK, or held it until their household left the register."""

from uuid import UUID

import msgspec


class Claim(msgspec.Struct, frozen=True, order=True):
    """A person of a household holds the NIK of this keyed hash (32 bytes); `released`: the household has left since."""

    nik_hash: bytes
    person_id: UUID
    household_id: UUID
    membership_seq: int
    released: bool = False
