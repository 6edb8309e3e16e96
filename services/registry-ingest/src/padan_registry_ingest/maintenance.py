"""The person index, for an operator's commands `padan reconcile` and `padan rebuild`."""

from padan_runtime.database import Database
from padan_runtime.keys import KeyClient
from padan_runtime.maintenance import Maintenance
from padan_runtime.reconciliation.asking import StoreClient
from padan_runtime.service_tokens import read_identity
from padan_runtime.settings import load

from padan_registry_ingest import SERVICE
from padan_registry_ingest.persons import rebuilding, reconciling
from padan_registry_ingest.settings import IngestSettings


def of(settings: IngestSettings) -> Maintenance:
    """With connections open."""
    identity, _ = read_identity(settings.secrets, SERVICE)
    database = Database(settings.database_url, name=f"{SERVICE}-maintenance", size=2)
    database.open()
    keys, household = (
        KeyClient(settings.household_url, identity),
        StoreClient("household", settings.household_url, identity),
    )

    async def close() -> None:
        await keys.close()
        await household.close()
        database.close()

    return Maintenance(
        url=settings.database_url,
        owner_url=settings.database_owner_url,
        kafka=settings.kafka_client,
        views=[rebuilding.view(keys)],
        reconciliations=[reconciling.reconciliation(database, household)],
        close=close,
    )


def from_environment() -> Maintenance:
    """With the settings of the environment; ends the process (78) where one is wrong."""
    return of(load(IngestSettings))
