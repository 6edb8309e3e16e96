"""The person index, for an operator's commands `padan reconcile` and `padan rebuild`."""

from padan_runtime.maintenance import Maintenance
from padan_runtime.settings import load

from padan_registry_ingest import SERVICE
from padan_registry_ingest.persons import rebuilding, reconciling
from padan_registry_ingest.settings import IngestSettings


def from_environment() -> Maintenance:
    """With the settings of the environment; ends the process (78) where one is wrong."""
    settings = load(IngestSettings)
    opened = Maintenance(SERVICE, settings)
    opened.views = [rebuilding.view(opened.keys(settings.household_url))]
    household = opened.store("household", settings.household_url)
    opened.reconciliations = [reconciling.reconciliation(opened.database(settings.database_url), household)]
    return opened
