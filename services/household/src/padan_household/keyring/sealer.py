"""Seals the blocks of a household's first event under the keys that were minted for it."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from padan_runtime import sealing

from padan_household.domain import ids
from padan_household.domain.household import FIRST_VERSION
from padan_household.domain.proposing import Kind, Seal
from padan_household.keyring.keyring import KeyPair


def seal_for(keys: Mapping[UUID, KeyPair], household_id: UUID) -> Seal:
    """A function that seals for the subjects in `keys`, bound to the event that will carry the blocks."""
    event_id = ids.event_id(household_id, FIRST_VERSION)

    def seal(subject: UUID, kind: Kind, content: msgspec.Struct) -> bytes:
        pair = keys[subject]
        key = pair.identity if kind == "identity" else pair.sensitive
        return sealing.seal(key, content, subject=subject, event_id=event_id)

    return seal
