"""Seals the blocks of events under the keys of their subjects."""

from collections.abc import Callable
from uuid import UUID

import msgspec
from padan_runtime import sealing

from padan_household.domain.sealed import Kind, Seal
from padan_household.keyring.keyring import KeyPair


def seal_for(key_of: Callable[[UUID, UUID], KeyPair]) -> Seal:
    """A function that seals with the keys that `key_of` has for a household and subject; it raises what that raises."""

    def seal(household_id: UUID, subject: UUID, kind: Kind, content: msgspec.Struct, event_id: UUID) -> bytes:
        pair = key_of(household_id, subject)
        key = pair.identity if kind == "identity" else pair.sensitive
        return sealing.seal(key, content, subject=subject, event_id=event_id)

    return seal
