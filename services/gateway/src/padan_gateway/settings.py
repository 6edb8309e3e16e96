"""Settings of the gateway."""

from padan_runtime.schema import Schema
from padan_runtime.settings import DatabaseSettings, ServiceSettings, fail, load
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


def schemas(settings: DatabaseSettings) -> list[Schema]:
    """The service's one database; what its reading role may see is for the migrations themselves to grant."""
    return [Schema(settings.database_url, settings.database_owner_url, ("padan_runtime", "padan_gateway"))]
