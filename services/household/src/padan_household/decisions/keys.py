"""The keys at hand while a command is decided: those of the households that were opened, and new ones where needed."""

from collections.abc import Mapping
from uuid import UUID

from padan_runtime.keys import SubjectKeys

from padan_household.keyring.keyring import KeyDestroyedError, KeyPair, Keyring


class HeldKeys:
    """Keys by household and subject. Whoever has none in a household is given some, committed before they seal."""

    def __init__(self, keyring: Keyring, held: Mapping[UUID, Mapping[UUID, SubjectKeys]]) -> None:
        self._keyring = keyring
        self.held: dict[UUID, dict[UUID, SubjectKeys]] = {one: dict(subjects) for one, subjects in held.items()}

    def of(self, household_id: UUID, subject: UUID) -> KeyPair:
        """The two keys of a subject in a household. Raises `KeyDestroyedError`."""
        subjects = self.held.setdefault(household_id, {})
        keys = subjects.get(subject)
        if keys is None:
            pair = self._keyring.mint([(household_id, subject)])[subject]
            keys = subjects[subject] = SubjectKeys(subject, pair.identity, pair.sensitive)
        if keys.identity is None or keys.sensitive is None:
            raise KeyDestroyedError(str(subject))
        return KeyPair(keys.identity, keys.sensitive)
