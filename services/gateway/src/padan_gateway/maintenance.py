"""The views, for an operator's commands `padan reconcile` and `padan rebuild`."""

from padan_runtime.database import Database
from padan_runtime.keys import KeyClient
from padan_runtime.maintenance import Maintenance
from padan_runtime.reconciliation.asking import StoreClient
from padan_runtime.service_tokens import ServiceIdentity

from padan_gateway.settings import GatewaySettings, read_settings
from padan_gateway.views import rebuilding, reconciling


def of(settings: GatewaySettings) -> Maintenance:
    """With connections open."""
    identity = ServiceIdentity("gateway", settings.secret("gateway.key.json"))
    writer = Database(settings.database_url, name="gateway-maintenance", size=2)
    writer.open()
    keys = KeyClient(str(settings.household_url), identity, most=0)
    stores = [
        StoreClient("household", str(settings.household_url), identity),
        StoreClient("eligibility", str(settings.eligibility_url), identity),
    ]

    async def close() -> None:
        await keys.close()
        for store in stores:
            await store.close()
        writer.close()

    return Maintenance(
        url=settings.database_url,
        owner_url=settings.database_owner_url,
        kafka=settings.kafka_client,
        views=[rebuilding.view(keys)],
        reconciliations=[reconciling.reconciliation(writer, *stores)],
        close=close,
    )


def from_environment() -> Maintenance:
    """With the settings of the environment; ends the process (78) where one is wrong."""
    return of(read_settings())
