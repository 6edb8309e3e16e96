"""Settings of the household service, beside those of every service."""

from typing import Annotated

from padan_runtime.schema import Schema
from padan_runtime.settings import DatabaseSettings, ServiceSettings
from pydantic import Field

from padan_household.domain.cut_off import OPENING_DAY

_Regency = Annotated[str, Field(pattern="^[0-9]{4}$")]
_Day = Annotated[int, Field(ge=1, le=27)]


class HouseholdDatabases(DatabaseSettings):
    """PADAN_KEYRING_URL and PADAN_KEYRING_OWNER_URL: the keyring's database, with its run-time role and its owner."""

    keyring_url: str
    keyring_owner_url: str | None = None


class HouseholdSettings(HouseholdDatabases, ServiceSettings):
    """What every service is told, the keyring's database, and PADAN_CUT_OFF_DAYS: by regency, the last day of its
    update month where that is not the 25th, as JSON, such as {"3318": 20}; PADAN_ROUNDS_OPEN_ON: the day of a month on
    which the rounds of its villages are opened, 1 where it is not said."""

    cut_off_days: dict[_Regency, _Day] = Field(default_factory=dict)
    rounds_open_on: _Day = OPENING_DAY


def schemas(settings: HouseholdDatabases) -> list[Schema]:
    """The store and the keyring: two databases, which need not be on one server."""
    return [
        Schema(settings.database_url, settings.database_owner_url, ("padan_runtime", "padan_household")),
        Schema(
            settings.keyring_url,
            settings.keyring_owner_url,
            ("padan_household.keyring",),
            owner_variable="PADAN_KEYRING_OWNER_URL",
        ),
    ]
