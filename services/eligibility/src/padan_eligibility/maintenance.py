"""The facts, for an operator's commands `padan reconcile` and `padan rebuild`."""

from padan_runtime.database import Database
from padan_runtime.keys import KeyClient
from padan_runtime.maintenance import Maintenance
from padan_runtime.reconciliation.asking import StoreClient
from padan_runtime.service_tokens import ServiceIdentity
from padan_runtime.settings import load

from padan_eligibility.facts import rebuilding
from padan_eligibility.reconciling import reconciliation
from padan_eligibility.settings import EligibilitySettings


def of(settings: EligibilitySettings) -> Maintenance:
    """With connections open."""
    identity = ServiceIdentity("eligibility", settings.secret("eligibility.key.json"))
    database = Database(settings.database_url, name="eligibility-maintenance", size=2)
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
        reconciliations=[reconciliation(database, household)],
        close=close,
    )


def from_environment() -> Maintenance:
    """With the settings of the environment; ends the process (78) where one is wrong."""
    return of(load(EligibilitySettings))
