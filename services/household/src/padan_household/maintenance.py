"""The claims, for an operator's command `padan rebuild`."""

from padan_runtime.maintenance import Maintenance
from padan_runtime.settings import load

from padan_household.claims import rebuilding
from padan_household.keyring.keyring import Keyring
from padan_household.keyring.wrapping import KeyEncryption
from padan_household.settings import HouseholdSettings


def from_environment() -> Maintenance:
    """With the settings of the environment; ends the process (78) where one is wrong."""
    settings = load(HouseholdSettings)
    opened = Maintenance("household", settings)
    encryption = KeyEncryption(settings.secret("key-encryption.key"))
    opened.views = [rebuilding.view(Keyring(opened.database(settings.keyring_url), encryption))]
    return opened
