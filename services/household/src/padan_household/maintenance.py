"""The claims, for an operator's command `padan rebuild`."""

from padan_runtime.database import Database
from padan_runtime.maintenance import Maintenance
from padan_runtime.settings import load

from padan_household.claims import rebuilding
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.wrapping import KeyEncryption
from padan_household.settings import HouseholdSettings


def of(settings: HouseholdSettings) -> Maintenance:
    """With connections open."""
    keyring_database = Database(settings.keyring_url, name="keyring-maintenance", size=2)
    keyring_database.open()
    keyring = Keyring(keyring_database, KeyEncryption(settings.secret("key-encryption.key")))

    async def close() -> None:
        keyring_database.close()

    return Maintenance(
        url=settings.database_url,
        owner_url=settings.database_owner_url,
        kafka=settings.kafka_client,
        views=[rebuilding.view(keyring)],
        reconciliations=[],
        close=close,
    )


def from_environment() -> Maintenance:
    """With the settings of the environment; ends the process (78) where one is wrong."""
    return of(load(HouseholdSettings))
