"""Settings of the household service, beside those of every service."""

from padan_runtime.settings import ServiceSettings


class HouseholdSettings(ServiceSettings):
    """PADAN_KEYRING_URL and PADAN_KEYRING_OWNER_URL: the keyring's database, with its run-time role and its owner."""

    keyring_url: str
    keyring_owner_url: str
