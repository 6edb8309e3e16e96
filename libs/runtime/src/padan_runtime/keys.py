"""The keyring seen from the services that may open blocks: keys by household, from a bounded cache."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import httpx
import msgspec

from padan_runtime import metrics
from padan_runtime.http_client import http_client
from padan_runtime.problems import Unavailable
from padan_runtime.service_tokens import ServiceIdentity

MOST_HOUSEHOLDS = 10_000
"""Households one request may ask for."""


class KeysRequest(msgspec.Struct, frozen=True):
    """Body of `POST /keys:batch`."""

    household_ids: tuple[UUID, ...]


class SubjectKeys(msgspec.Struct, frozen=True, omit_defaults=True):
    """The keys of one subject (a person or the household itself) that the caller may have; without any, they were
    destroyed: the subject was erased."""

    subject_id: UUID
    identity: bytes | None = None
    sensitive: bytes | None = None


class HouseholdKeys(msgspec.Struct, frozen=True):
    """The keys of a household's subjects. A subject that is not among them is not known to the keyring: its keys were
    never minted there, or a restore has lost them. That is no erasure."""

    household_id: UUID
    subjects: tuple[SubjectKeys, ...]


class KeysResponse(msgspec.Struct, frozen=True):
    """Answer of `POST /keys:batch`."""

    households: tuple[HouseholdKeys, ...]


class IntakeKey(msgspec.Struct, frozen=True):
    """Answer of `GET /intake-keys/{key_id}`: one day's key. `key_id` is the UTC day, YYYY-MM-DD."""

    key_id: str
    key: bytes


class IntakeKeyGoneError(LookupError):
    """An intake key that was destroyed after 30 days, or never was."""


class KeyUnknownError(LookupError):
    """The keyring does not know a subject: its keys were never minted there, or a restore has lost them. What was
    sealed for it cannot be read, and must not be taken for erased."""


def keys_of(household: Mapping[UUID, SubjectKeys], subject_id: UUID) -> SubjectKeys:
    """The keys of a subject of a household; without any where it was erased. Raises `KeyUnknownError`."""
    keys = household.get(subject_id)
    if keys is None:
        raise KeyUnknownError(str(subject_id))
    return keys


_INTAKE_DAYS = 30
_INTAKE_KEYS_KEPT = 2

_RESPONSE = msgspec.json.Decoder(KeysResponse)


class KeyClient:
    """Fetches keys from household in bulk and keeps those of the last `most` households in memory only."""

    def __init__(self, household_url: str, identity: ServiceIdentity, *, most: int = 20_000) -> None:
        self._identity, self._most = identity, most
        self._http = http_client(household_url, timeout_s=30)
        self._cache: OrderedDict[UUID, dict[UUID, SubjectKeys]] = OrderedDict()
        self._intake: dict[str, bytes] = {}

    async def of(self, household_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, SubjectKeys]]:
        """By household and subject, the keys this service may have. Raises `Unavailable`.

        A household with members added since it was cached is asked for anew by `forget`.
        """
        wanted = list(dict.fromkeys(household_ids))
        found = {h: self._cache[h] for h in wanted if h in self._cache}
        missing = [h for h in wanted if h not in found]
        for start in range(0, len(missing), MOST_HOUSEHOLDS):
            found |= await self._fetch(missing[start : start + MOST_HOUSEHOLDS])
        for household_id in wanted:
            self._cache[household_id] = found[household_id]
            self._cache.move_to_end(household_id)
        while len(self._cache) > self._most:
            self._cache.popitem(last=False)
        return found

    async def covering(self, wanted: Mapping[UUID, Iterable[UUID]]) -> dict[UUID, dict[UUID, SubjectKeys]]:
        """As `of`, for households with the subjects whose keys are needed: one that was cached before such a subject
        joined it is asked for anew. Raises `Unavailable`."""
        found = await self.of(wanted)
        stale = [one for one, subjects in wanted.items() if any(subject not in found[one] for subject in subjects)]
        if stale:
            self.forget(stale)
            found |= await self.of(stale)
        return found

    def forget(self, household_ids: Iterable[UUID]) -> None:
        """Drop cached keys, as after an erasure or a new member."""
        for household_id in household_ids:
            self._cache.pop(household_id, None)

    async def _fetch(self, household_ids: Sequence[UUID]) -> dict[UUID, dict[UUID, SubjectKeys]]:
        metrics.KEYS_FETCHED.inc(len(household_ids))
        answer = await self._request("POST", "/keys:batch", msgspec.json.encode(KeysRequest(tuple(household_ids))))
        keys = _RESPONSE.decode(answer)
        found: dict[UUID, dict[UUID, SubjectKeys]] = {h: {} for h in household_ids}
        for household in keys.households:
            found[household.household_id] = {subject.subject_id: subject for subject in household.subjects}
        return found

    async def intake_key(self, key_id: str) -> bytes:
        """The daily intake key, minted on the first request for today. Raises `Unavailable`, `IntakeKeyGoneError`.

        Few are kept, and none beyond the day on which it is destroyed.
        """
        if (datetime.now(UTC).date() - date.fromisoformat(key_id)).days > _INTAKE_DAYS:
            self._intake.pop(key_id, None)
            raise IntakeKeyGoneError(key_id)
        if key_id not in self._intake:
            answer = await self._request("GET", f"/intake-keys/{key_id}", None)
            self._intake[key_id] = msgspec.json.decode(answer, type=IntakeKey).key
            while len(self._intake) > _INTAKE_KEYS_KEPT:
                del self._intake[min(self._intake)]
            return msgspec.json.decode(answer, type=IntakeKey).key
        return self._intake[key_id]

    async def _request(self, method: str, path: str, body: bytes | None) -> bytes:
        try:
            response = await self._http.request(method, path, content=body, headers=self._identity.headers("household"))
        except httpx.HTTPError as error:
            raise Unavailable("household") from error
        if response.status_code == httpx.codes.NOT_FOUND:
            raise IntakeKeyGoneError(path)
        if not response.is_success:
            raise Unavailable("household")
        return response.content

    async def close(self) -> None:
        """Close the connections and drop every key."""
        self._cache.clear()
        self._intake.clear()
        await self._http.aclose()
