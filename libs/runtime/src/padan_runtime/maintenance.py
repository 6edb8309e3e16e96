"""A service's projections as an operator's command meets them: outside of the service, with the service's settings."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import cached_property

from padan_runtime.database import Database
from padan_runtime.keys import KeyClient
from padan_runtime.rebuild.view import View
from padan_runtime.reconciliation.asking import Reconciliation, StoreClient
from padan_runtime.service_tokens import ServiceIdentity
from padan_runtime.settings import ServiceSettings


class Maintenance:
    """What can be reconciled and rebuilt with the settings of `service`. Close it at the end."""

    def __init__(self, service: str, settings: ServiceSettings) -> None:
        self._service, self._settings = service, settings
        self.url, self.owner_url, self.kafka = settings.database_url, settings.database_owner_url, settings.kafka_client
        self.views: Sequence[View] = ()
        self.reconciliations: Sequence[Reconciliation] = ()
        self._opened = AsyncExitStack()

    @cached_property
    def _identity(self) -> ServiceIdentity:
        return ServiceIdentity(self._service, self._settings.secret(f"{self._service}.key.json"))

    def database(self, url: str) -> Database:
        """One of the service's databases, open."""
        database = Database(url, name=f"{self._service}-maintenance", size=2)
        database.open()
        self._opened.callback(database.close)
        return database

    def keys(self, household_url: str, *, most: int = 20_000) -> KeyClient:
        """The keyring, as the service sees it; ends the process (78) where the service's key cannot be read."""
        keys = KeyClient(household_url, self._identity, most=most)
        self._opened.push_async_callback(keys.close)
        return keys

    def store(self, service: str, url: str) -> StoreClient:
        """The store of another service; ends the process (78) where this one's key cannot be read."""
        store = StoreClient(service, url, self._identity)
        self._opened.push_async_callback(store.close)
        return store

    async def close(self) -> None:
        """Close what was opened."""
        await self._opened.aclose()
