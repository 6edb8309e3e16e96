"""The views, for an operator's commands `padan reconcile` and `padan rebuild`."""

from padan_runtime.maintenance import Maintenance

from padan_gateway.settings import GatewaySettings, read_settings
from padan_gateway.views import rebuilding, reconciling


def of(settings: GatewaySettings) -> Maintenance:
    """With connections open; ends the process (78) where the service's key cannot be read."""
    household_url = str(settings.household_url)
    opened = Maintenance("gateway", settings)
    opened.views = [rebuilding.view(opened.keys(household_url, most=0))]
    household = opened.store("household", household_url)
    eligibility = opened.store("eligibility", str(settings.eligibility_url))
    opened.reconciliations = [
        reconciling.reconciliation(opened.database(settings.database_url), household, eligibility)
    ]
    return opened


def from_environment() -> Maintenance:
    """With the settings of the environment; ends the process (78) where one is wrong."""
    return of(read_settings())
