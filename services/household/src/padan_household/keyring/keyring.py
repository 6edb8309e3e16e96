"""What the keyring does: mints keys in bulk, hands them out by household, keeps and destroys the intake keys."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

import msgspec
from padan_runtime.database import Database
from padan_runtime.keys import HouseholdKeys, SubjectKeys

from padan_household.keyring import repository
from padan_household.keyring.repository import WrappedKeys
from padan_household.keyring.rights import Rights
from padan_household.keyring.wrapping import IDENTITY, SENSITIVE, KeyEncryption, context_of, fresh_keys

INTAKE_KEY_DAYS: Final = 30
"""Days after which an intake key is destroyed: as long as registry.intake.v1 keeps its records."""


class KeyDestroyedError(LookupError):
    """The keys of a subject were destroyed: nothing is sealed for it any more."""


class KeyPair(msgspec.Struct, frozen=True):
    """The two keys of a subject, in clear, in memory only."""

    identity: bytes
    sensitive: bytes


class Keyring:
    """The keyring in its own database; each call is one committed transaction there."""

    def __init__(self, database: Database, encryption: KeyEncryption) -> None:
        self._database, self._encryption = database, encryption

    def mint(self, subjects: Sequence[tuple[UUID, UUID]]) -> dict[UUID, KeyPair]:
        """Keys for `(household_id, subject_id)`, by subject: new ones, and the old ones of those that have some.

        Committed before it returns, so that no event is ever stored whose keys are not. Keys that no event uses, left
        by a crash in between, harm nothing: whoever tries again gets them. Raises `KeyDestroyedError`.
        """
        if not subjects:
            return {}
        fresh = fresh_keys(2 * len(subjects))
        pairs = {
            subject: KeyPair(fresh[2 * index], fresh[2 * index + 1]) for index, (_, subject) in enumerate(subjects)
        }
        wrap = self._encryption.wrap
        wrapped = [
            WrappedKeys(
                household,
                subject,
                wrap(pairs[subject].identity, context_of(subject, IDENTITY)),
                wrap(pairs[subject].sensitive, context_of(subject, SENSITIVE)),
            )
            for household, subject in subjects
        ]
        with self._database.statement() as connection:
            if repository.insert_if_absent(connection, wrapped) == len(wrapped):
                return pairs
            stored = repository.kept(connection, subjects)
        ours = {keys.subject_id: keys for keys in wrapped}
        for keys in stored:
            if keys != ours[keys.subject_id]:
                pairs[keys.subject_id] = self._open_pair(keys)
        return pairs

    def _open_pair(self, keys: WrappedKeys) -> KeyPair:
        if keys.identity is None or keys.sensitive is None:
            raise KeyDestroyedError(str(keys.subject_id))
        unwrap = self._encryption.unwrap
        return KeyPair(
            unwrap(keys.identity, context_of(keys.subject_id, IDENTITY)),
            unwrap(keys.sensitive, context_of(keys.subject_id, SENSITIVE)),
        )

    def of_households(self, household_ids: Iterable[UUID], rights: Rights) -> tuple[HouseholdKeys, ...]:
        """Of each household that is known, the keys of its subjects as far as `rights` reach. A subject whose keys were
        destroyed is among them without any: one that is not among them has no row, and was never erased."""
        wanted = sorted(set(household_ids))
        with self._database.statement() as connection:
            rows = repository.of_households(connection, wanted, rights)
        return tuple(
            HouseholdKeys(household_id, tuple(map(self._open_allowed, run)))
            for household_id, run in groupby(rows, key=lambda row: row.household_id)
        )

    def _open_allowed(self, row: WrappedKeys) -> SubjectKeys:
        subject, unwrap = row.subject_id, self._encryption.unwrap
        return SubjectKeys(
            subject,
            None if row.identity is None else unwrap(row.identity, context_of(subject, IDENTITY)),
            None if row.sensitive is None else unwrap(row.sensitive, context_of(subject, SENSITIVE)),
        )

    def mint_intake_key(self, *, now: datetime) -> None:
        """See to it that the current UTC day has its key; of two who mint at once, one key stays."""
        day = now.astimezone(UTC).date()
        with self._database.transaction() as connection:
            if repository.intake_key(connection, day) is None:
                wrapped = self._encryption.wrap(fresh_keys(1)[0], _intake_context(day))
                repository.keep_intake_key(connection, day, wrapped)

    def intake_key(self, day: date, *, now: datetime) -> bytes | None:
        """The key of a UTC day, None where it has none or is more than 30 days ago.

        Never mints: who opens a report whose key is gone must learn just that, and not be given another key.
        """
        if day < now.astimezone(UTC).date() - timedelta(days=INTAKE_KEY_DAYS):
            return None
        with self._database.transaction() as connection:
            wrapped = repository.intake_key(connection, day)
        return None if wrapped is None else self._encryption.unwrap(wrapped, _intake_context(day))

    def destroy_old_intake_keys(self, *, now: datetime) -> int:
        """Destroy the intake keys of days more than 30 days ago, and with them what they sealed; return how many."""
        with self._database.transaction() as connection:
            return repository.destroy_intake_keys(
                connection, now.astimezone(UTC).date() - timedelta(days=INTAKE_KEY_DAYS)
            )

    def healthy(self) -> bool:
        """Whether the keyring's server answers."""
        return self._database.healthy()


def _intake_context(day: date) -> bytes:
    return b"intake" + day.isoformat().encode()
