"""Settings of eligibility, from the environment."""

from pathlib import Path

from padan_runtime.schema import Schema
from padan_runtime.settings import DatabaseSettings, ServiceSettings

MIGRATIONS = ("padan_runtime", "padan_eligibility")


class EligibilitySettings(ServiceSettings):
    """Beside what every service is told: where household answers (PADAN_HOUSEHOLD_URL), and the folder that Faust
    calls its data directory (PADAN_FOLDER)."""

    household_url: str
    folder: Path


def schemas(settings: DatabaseSettings) -> list[Schema]:
    """The service's one database."""
    return [Schema(settings.database_url, settings.database_owner_url, MIGRATIONS)]
