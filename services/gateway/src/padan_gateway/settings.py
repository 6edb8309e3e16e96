"""Settings of the gateway."""

from padan_runtime.settings import ServiceSettings, fail, load
from pydantic import HttpUrl

DEVELOPMENT_ISSUER = "padan-development"


class GatewaySettings(ServiceSettings):
    """What the gateway is told on top of what every service is.

    `database_reader_url` is the database under row-level security, `token_issuer` whose tokens are trusted.
    """

    database_reader_url: str
    household_url: HttpUrl
    registry_ingest_url: HttpUrl
    eligibility_url: HttpUrl
    token_issuer: str = DEVELOPMENT_ISSUER


def read_settings() -> GatewaySettings:
    """The settings; ends the process with 78, naming what is wrong, where there is anything."""
    settings = load(GatewaySettings)
    if settings.environment == "production" and settings.token_issuer == DEVELOPMENT_ISSUER:
        fail("PADAN_TOKEN_ISSUER: the development issuer is not trusted in production")
    return settings
