"""Facts, places, reviews and payments, for an operator's commands `padan reconcile` and `padan rebuild`."""

from padan_runtime.maintenance import Maintenance
from padan_runtime.settings import load

from padan_eligibility.facts import rebuilding as facts
from padan_eligibility.payments import rebuilding as payments
from padan_eligibility.places import rebuilding as places
from padan_eligibility.reconciling import reconciliation
from padan_eligibility.reviews import rebuilding as reviews
from padan_eligibility.settings import EligibilitySettings


def from_environment() -> Maintenance:
    """With the settings of the environment; ends the process (78) where one is wrong."""
    settings = load(EligibilitySettings)
    opened = Maintenance("eligibility", settings)
    keys = opened.keys(settings.household_url)
    opened.views = [facts.view(keys), places.view(), reviews.view(), payments.view()]
    household = opened.store("household", settings.household_url)
    opened.reconciliations = [reconciliation(opened.database(settings.database_url), household)]
    return opened
